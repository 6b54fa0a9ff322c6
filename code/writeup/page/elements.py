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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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

    def latex(self, spoken: "Language") -> str:
        """Its definition. `\\csuse` hides a theorem from pandoc, which would number it by itself."""
        one, several, word = spoken.named(self.name), spoken.named(self.name, 2), spoken.head(self.name)
        upper = several[:1].upper() + several[1:]
        names = (
            f"\\crefname{{{self.name}}}{{{one}}}{{{several}}}\\Crefname{{{self.name}}}{{{word}}}{{{upper}}}"
        )
        if self.form == "captioned":
            return names if self.built_in else f"\\DeclareCaptionType{{{self.name}}}[{word}]\n{names}"
        if self.form == "headed" and not self.built_in:
            style = "plain" if self.italic else "definition"
            new = f"\\csuse{{newtheorem}}{{{self.name}}}{{{word}}}"
            return f"\\csuse{{theoremstyle}}{{{style}}}{new}\n{names}"
        return names if self.name in spoken.names else ""


@dataclass(frozen=True)
class Language:
    """The words that a page says by itself. names: of elements, one and several, if they are not the
    element's own. latex: of commands of LaTeX.
    """

    tag: str
    both: str = " and "
    upto: str = " to "
    lastly: str = ", and "
    abstract: str = "Abstract"
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    latex: Mapping[str, str] = field(default_factory=dict)

    def named(self, kind: str, number: int = 1) -> str:
        """The word for so many of a kind, within a sentence."""
        element = ELEMENTS[kind]
        one, several = self.names.get(kind, (element.name, element.plural or f"{element.name}s"))
        return one if number == 1 else several

    def head(self, kind: str) -> str:
        """The same at the beginning of a caption or head."""
        word = self.named(kind)
        return word[:1].upper() + word[1:]


_GERMAN = {
    "section": ("Abschnitt", "Abschnitte"),
    "appendix": ("Anhang", "Anhänge"),
    "equation": ("Gleichung", "Gleichungen"),
    "figure": ("Abbildung", "Abbildungen"),
    "subfigure": ("Abbildung", "Abbildungen"),
    "table": ("Tabelle", "Tabellen"),
    "listing": ("Listing", "Listings"),
    "algorithm": ("Algorithmus", "Algorithmen"),
    "theorem": ("Satz", "Sätze"),
    "lemma": ("Lemma", "Lemmata"),
    "definition": ("Definition", "Definitionen"),
    "proof": ("Beweis", "Beweise"),
}
LANGUAGES = {
    "en": Language("en"),
    "de": Language(
        "de",
        both=" und ",
        upto=" bis ",
        lastly=" und ",
        abstract="Zusammenfassung",
        names=_GERMAN,
        latex={
            "abstractname": "Zusammenfassung",
            "contentsname": "Inhalt",
            "crefrangeconjunction": " bis~",
            "crefpairconjunction": " und~",
            "creflastconjunction": " und~",
            "crefpairgroupconjunction": " und ",
            "creflastgroupconjunction": " und ",
        },
    ),
}


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


def definitions(language: str = "en") -> str:
    """The end of LaTeX's preamble: what defines the elements, and their words if these are not English."""
    spoken = LANGUAGES[language]
    defined = "".join(f"{text}\n" for element in ELEMENTS.values() if (text := element.latex(spoken)))
    if language == "en":
        return defined
    heads = {"figurename": "figure", "tablename": "table", "proofname": "proof", "lstlistingname": "listing"}
    texts = {"pagelanguage": language, **spoken.latex} | {n: spoken.head(kind) for n, kind in heads.items()}
    return defined + "".join(rf"\def\{name}{{{text}}}" + "\n" for name, text in texts.items())
