"""The text of each output is compared with the source: nothing that the source says may be missing.

The rules of an engine are not trusted: they can replace any text by another. Every number and every word of
the source must occur in the output as often; of mathematics, listings and logs the numbers alone.
"""

import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from writeup.errors import UserError
from writeup.page.elements import environments
from writeup.page.source.latex import OPTIONS

NUMBER = re.compile(r"\d+(?:\.\d+)?")
WORD = re.compile(r"[A-Za-z]{4,}")  # shorter words occur within others
UNPRINTED = re.compile(  # commands whose arguments name something or lay something out
    rf"(?<!\\)%[^\n]*|\\includegraphics({OPTIONS})?\{{[^{{}}]*\}}"
    r"|\\(label|cref|Cref|ref|eqref|pageref|hypertarget|hyperlink|href|url|input|setcounter|textcolor"
    r"|rowcolor|color|vspace|hspace|needspace|pagestyle|thispagestyle)\*?(\[[^\]]*\])?\{[^{}]*\}"
    r"|\\(multicolumn|cmidrule(\([lr]*\))?)\{[^{}]*\}|\\multirow(\[\w\])?\{[^{}]*\}\{[^{}]*\}"
    r"|\\(?!item\b|begin\b)[A-Za-z]+\*?\[[^\]]*\]|\\\\\[[^\]]*\]"
    rf"|\\(begin|end)\{{({'|'.join(environments('headed'))})\}}"  # its option is printed
    r"|\\(begin|end)\{[^{}]*\}(\[[^\]]*\])?(\{([lcr|@]|[pmb]\{[^{}]*\}|[\d.]*\\(text|line)width)+\})?"
)
MARK = re.compile(r"\\newcommand\{\\pagemark\}\{(?P<text>[^{}\n]*)\}")
BOXES = re.compile(r"\\begin\{(lstlisting|verbatim)\}.*?\\end\{\1\}", re.DOTALL)
LISTED = re.compile(r"(\\begin\{lstlisting\})\[[^\n]*")
UNTYPESET = re.compile(r"\\texttt\{(U\+[0-9A-F]+)\}")  # printed for a letter that the fonts lack
SET_APART = re.compile(r"(?:<code>|`)((?:U\+[0-9A-F]{4,6})+)(?:</code>|`)")  # the same in HTML and Markdown
AGAIN = re.compile(r"\\endfirsthead.*?\\endhead", re.DOTALL)  # the head that a table repeats on its next page
MATHS = re.compile(
    r"(?<!\\)\$[^$]*\$|\\\(.*?\\\)|(?<!\\)\\\[.*?\\\]|\\begin\{(align|equation|gather|multline)\*?\}.*?\\end\{\1\*?\}",
    re.DOTALL,
)
ACCENTED = re.compile(r"[A-Za-z]*\\['`^\"~=.cHuv]\{?\\?[A-Za-z]\}?[A-Za-z]*")


def check(tex: str, pdf: bytes, name: str) -> None:
    """UserError names what the source `name` says and the PDF does not."""
    pages = _pages(pdf)
    if (mark := MARK.search(tex)) and mark["text"]:
        sought = _letters(mark["text"])
        bare = [k for k, page in enumerate(pages, 1) if sought not in _letters(page)]
        if bare:
            said = f"page {bare[0]} of the typeset PDF does not bear the mark {mark['text']!r}"
            raise UserError(f"{name}: {said}")
    compare(tex, "\n".join(pages), name, "typeset PDF", "a rule of the engine")


def compare(tex: str, shown: str, name: str, form: str, culprit: str) -> None:
    """UserError names what the source `name` says and the text of one of its forms does not."""
    body = AGAIN.sub("", tex[max(0, tex.find(r"\begin{document}")) :])
    if lacking := list(_lacking(body, unicodedata.normalize("NFKC", shown))):
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        raise UserError(
            f"{name}: the {form} does not say what the source says: {', '.join(lacking[:3])}{more}; "
            f"{culprit} puts other text in its place"
        )


def joined(page: str) -> str:
    """HTML or Markdown in which a code point that is printed for a missing letter touches its neighbours, as
    in a PDF: a digit that follows it then belongs to its number in every output.
    """
    return SET_APART.sub(r"\1", page)


def _lacking(body: str, shown: str) -> Iterator[str]:
    body = unicodedata.normalize("NFKC", LISTED.sub(r"\1", body))  # as the pages are
    body = UNTYPESET.sub(r"\1", body)
    there = Counter(NUMBER.findall(shown))
    for number, times in Counter(NUMBER.findall(UNPRINTED.sub(" ", body))).items():
        if there[number] < times:
            yield f"the number {number} ({there[number]} of {times} times)"
    prose = MATHS.sub(" ", BOXES.sub(" ", body))
    prose = re.sub(r"\\[A-Za-z]+", " ", ACCENTED.sub(" ", UNPRINTED.sub(" ", prose)))
    letters = _letters(shown)  # words broken at the end of a line are whole again
    for word, times in Counter(WORD.findall(prose)).items():
        if (seen := letters.count(word)) < times:
            yield f"{word!r} ({seen} of {times} times)"


def _letters(text: str) -> str:
    return re.sub(r"[^A-Za-z]", "", text)


def _pages(pdf: bytes) -> list[str]:
    """The text of each page; bold digits and ligatures as plain characters."""
    import pypdfium2

    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return [unicodedata.normalize("NFKC", page) for page in pages]
