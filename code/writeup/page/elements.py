"""The elements of a page in one table: a row says all that LaTeX, typst, HTML and Markdown need to know.

A new element is a row. Only one with a look of its own needs a function in `pdf/article.typ` and a rule in
`web/page.css`; both bear the name of its form or of the element. `docs/add-an-element.md` shows how.

Forms, as an element stands in pandoc's tree (`source/normalise.py`), from which every output is written:
heading    pandoc's Header
display    Span(class equation), or Div(class derivation)
figure     pandoc's Figure: the caption below
table      pandoc's Table: the caption above
captioned  Div(classes captioned, NAME) of the caption's paragraph and the contents
headed     Div(classes headed, NAME) whose first paragraph begins with the head: "Theorem 1 (Jensen)."
box        Div(class NAME), without a number
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Form = Literal["heading", "display", "figure", "table", "captioned", "headed", "box"]


@dataclass(frozen=True)
class Element:
    """name: the word that \\cref prints, the class in HTML and typst, and, unless `environments` says
    otherwise, the environment in LaTeX.
    """

    name: str
    form: Form
    environments: tuple[str, ...] = ()
    plural: str = ""  # unless it ends in s
    numbered: bool = True
    brackets: bool = False  # around its number
    part_of: str = ""  # what it is counted within, by letters: figure 1a
    floats: bool = False  # it may move to where pages break better; a listing not in LaTeX
    italic: bool = False  # the text below its head
    built_in: bool = False  # LaTeX or a package defines the environment

    @property
    def word(self) -> str:
        """Its name at the beginning of a caption or head."""
        return self.name.capitalize()

    @property
    def several(self) -> str:
        """The word for more than one."""
        return self.plural or f"{self.name}s"

    @property
    def latex(self) -> str:
        """Its definition. `\\csuse` hides a theorem from pandoc, which would number it by itself."""
        names = (
            f"\\crefname{{{self.name}}}{{{self.name}}}{{{self.several}}}"
            f"\\Crefname{{{self.name}}}{{{self.word}}}{{{self.several.capitalize()}}}"
        )
        if self.form == "captioned":
            return names if self.built_in else f"\\DeclareCaptionType{{{self.name}}}[{self.word}]\n{names}"
        if self.form == "headed" and not self.built_in:
            style = "plain" if self.italic else "definition"
            new = f"\\csuse{{newtheorem}}{{{self.name}}}{{{self.word}}}"
            return f"\\csuse{{theoremstyle}}{{{style}}}{new}\n{names}"
        return ""


ELEMENTS = {
    element.name: element
    for element in (
        Element("section", "heading", built_in=True),
        Element("appendix", "heading", plural="appendices", built_in=True),
        Element("equation", "display", ("equation", "align"), brackets=True, built_in=True),
        Element("figure", "figure", floats=True, built_in=True),
        Element("subfigure", "figure", part_of="figure", built_in=True),
        Element("table", "table", ("table", "longtable"), floats=True, built_in=True),
        Element("listing", "captioned", ("lstlisting",), floats=True, built_in=True),
        Element("algorithm", "captioned", floats=True),
        Element("theorem", "headed", italic=True),
        Element("lemma", "headed", italic=True),
        Element("definition", "headed"),
        Element("proof", "headed", numbered=False, built_in=True),
        Element("answer", "box", numbered=False),
        Element("supplement", "box", numbered=False),
    )
}


def environments(*forms: Form, built_in: bool | None = None) -> Iterator[str]:
    """The environments of LaTeX for the elements of these forms."""
    for element in ELEMENTS.values():
        if element.form in forms and built_in in (None, element.built_in):
            yield from element.environments or (element.name,)


CAPTIONS = "|".join(  # a pattern: the words that captions begin with
    element.word
    for element in ELEMENTS.values()
    if element.form in {"figure", "table", "captioned"} and not element.part_of
)


def definitions() -> str:
    """The end of LaTeX's preamble: what defines the elements."""
    return "".join(f"{element.latex}\n" for element in ELEMENTS.values() if element.latex)
