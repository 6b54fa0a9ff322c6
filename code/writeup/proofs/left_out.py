"""References to lines of derivations that a page does not print, as where their part is not handed in."""

import re
from collections.abc import Iterable, Mapping
from typing import Any


def named(text: str, page: str, derivations: Iterable[Mapping[str, Any]]) -> str:
    """`text` with the title of the derivation in place of each reference to a line that `page` has not."""
    titles = {step["label"]: one["title"] for one in derivations for step in one["steps"] if step["label"]}
    absent = {label: title for label, title in titles.items() if f"\\label{{{label}}}" not in page}

    def title(found: re.Match[str]) -> str:
        return f"\\emph{{{absent[found[1]]}}}" if found[1] in absent else found[0]

    return re.sub(r"\\[cC]ref\{([^{}]*)\}", title, text) if absent else text
