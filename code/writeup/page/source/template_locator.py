"""Which line of a template a line of report.tex came from: found when something is wrong there, by rendering
the templates once more with a mark in each line of their text.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from writeup.page.source import templating

OPEN, CLOSE = "\ue000", "\ue001"  # for private use: they mean nothing, and no template has them
MARK = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")


class _Marked(Extension):
    """Puts the template's name and the line in front of each line of its text."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            if token.type == "data":
                lines = token.value.split("\n")
                marks = (f"{OPEN}{stream.name}:{token.lineno + k}{CLOSE}" for k in range(len(lines)))
                text = "\n".join(f"{mark}{line}" for mark, line in zip(marks, lines, strict=True))
                token = Token(token.lineno, token.type, text)
            yield token


def find(
    folder: Path,
    template: str,
    context: Mapping[str, Any],
    filled: Callable[[str], str],
    text: str,
    line: int,
) -> str:
    """`templates/section.tex.j2:12`, from which the `line` (from 1) of `text` came; "" where it is not known.

    text: what the template gives without marks, by `filled`. Spaces and capitals may differ with them.
    """
    env = templating.environment(folder)
    env.add_extension(_Marked)
    try:
        marked = filled(env.get_template(template).render(context))
    except Exception:  # a message that lacks a place is better than another message
        return ""
    lines = text.split("\n")
    before = len("".join("\n".join(lines[: line - 1]).split()))
    wanted = "".join(text.split())
    place, seen = "", 0
    for index, piece in enumerate(MARK.split(marked)):
        if index % 2:
            place = f"{folder.name}/{piece}"
            continue
        letters = "".join(piece.split())
        if wanted[seen : seen + len(letters)].casefold() != letters.casefold():
            return ""
        seen += len(letters)
        if seen > before:
            return place
    return ""
