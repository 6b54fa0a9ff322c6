"""Text that wants to be more than text, and readers of what becomes of it that share no code with it."""

import re
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import strategies as st
from markdown_it import MarkdownIt

from writeup.files import read_text
from writeup.page.source import latex

PREAMBLE = Path(latex.__file__).with_name("preamble.tex")
ATTACKS = [
    r"\input{/etc/passwd}",
    r"\write18{touch /tmp/hostile}",
    r"\immediate\write18{ls}",
    r"\end{document}",
    r"\def\x{\x}\x",
    r"\href{javascript:alert(1)}{x}",
    r"\catcode`\%=12",
    "^^5cinput",
    r'#read("/etc/passwd")',
    '#include "/etc/passwd"',
    "#{panic()}",
    "*bold* _emph_ `raw` $x$ <label> @ref // comment /* c */",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "![a](file:///etc/passwd)",
    "&lt;b&gt; &#60;i&#62; &amp;",
    "<!-- --> <![CDATA[ ]]> <?php ?>",
    "javascript:alert(1)",
    "https://example.org/x",
    "<< 1/0 >> <% include 'x' %> <# #>",
    "''quoted'' ,,low,, ``back`` -- --- ?` !` << >>",
    "~^_%$&#{}\\\\\\[1em]\\",
    "- item\n+ item\n1. item\n# head\n> quote\n| a | b |\n    code",
    "\u202egnp.exe\u202c \u200b\ufeff \x00\x01\x1b[31m\x7f\x85",
    "中文 العربية हिन्दी 😀 e\u0301 ŧ ſ \xad \xa0",
]
PIECES = st.sampled_from([*ATTACKS, *"\\{}$&#%_~^<>\"'`-,*[]()!@=/|+.:; \n\t", "\\begin{", "\\]", "\\}"])
TEXTS = st.one_of(
    st.text(max_size=40), st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=8).map("".join)
)
TYPESET = set(map(chr, (*range(0x20, 0x7F), *range(0xA1, 0x180)))) | set("–—‘’“”…€†‡•‰™")
UNSEEN = set("ĦħĸĿŀŉŦŧſ\xad")


def expected(text: str) -> str:
    """What a reader should see of it: itself, or U+ and its number in place of what the fonts lack."""
    seen = (c if c in TYPESET - UNSEEN or c in "\n\t" else f"U+{ord(c):04X}" for c in text)
    return normal("".join(seen))


def normal(text: str) -> str:
    """Spaces as TeX has them, and one kind of apostrophe."""
    return " ".join(text.replace("’", "'").replace("‘", "'").split())


def document(body: str) -> str:
    return (
        "\\documentclass{article}\n\\newcommand{\\pagemark}{}\n"
        f"{read_text(PREAMBLE)}\n\\title{{Hostile text}}\n\\author{{A. Author}}\n"
        f"\\begin{{document}}\n{body}\n\\end{{document}}\n"
    )


def between(text: str) -> list[str]:
    """What stands between the marks <<number and >> of each paragraph, in the order of the numbers."""
    found = re.findall(r"QQ(\d+)QQ(.*?)ZZ\1ZZ", text, re.DOTALL)
    return [normal(inside) for _, inside in sorted(found, key=lambda one: int(one[0]))]


def marked(number: int, tex: str) -> str:
    return f"QQ{number}QQ {tex} ZZ{number}ZZ"


class Seen(HTMLParser):
    """The text of an HTML page, and every tag and attribute by name."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags, self.attributes = "", set[str](), list[tuple[str, str]]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def seen_in_markdown(page: str) -> Seen:
    """What a Markdown reader that is not pandoc makes of it, raw HTML let through."""
    return Seen(MarkdownIt("commonmark", {"html": True}).enable("table").render(page))
