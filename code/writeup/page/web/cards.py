"""The cards of one page, made ready for its HTML: what opens which, and their text, LaTeX in it converted."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import jinja2
from markupsafe import Markup

from writeup.files import beside, read_text
from writeup.page.source.formats import LINK
from writeup.proofs import record

_CARDS = beside(__file__, "cards.html.j2")
_NAMED = re.compile(r"\\[cC]ref\{([^{}]*)\}")
_STEP = re.compile(r'popovertarget="step-proof-(.+)-\d+"')
METHODS = {
    "symbolic": "proved",
    "numerical": "numbers alone bear it out",
    "definition": "by definition, nothing to prove",
    "substitution": "numbers put in, nothing to prove",
}
SECTIONS = (  # name, title, and what has to be there
    ("steps", "Every line and its check", "derivations"),
    ("equivalent", "Altered versions that are true", "equivalent"),
    ("provenance", "Every run", "runs"),
)


class Deck:
    """told: of `cards.collect`; {} for a page without cards. What is LaTeX in them is converted in between:
    `snippets` gives it out, and `told_in` takes its HTML, in the same order.
    """

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.told = dict(told)
        links = dict.fromkeys(link[1] for link in LINK.finditer(self.page))
        self.opened = [card for card in links if not card.startswith("step:")]  # by the numbers of the page
        self._snippets: dict[str, str] = {}
        derivations = self.told.get("derivations", {}).values()
        lines = {step["label"]: step for one in derivations for step in one["steps"] if step["label"]}
        for one in derivations:
            one["chip"] = record.summary(one["steps"])
            for before, step in pairwise([None, *one["steps"]]):
                left = step["lhs"] or (before["rhs"] if before else "")
                step["line"] = f"{left} {step['relation']} {step['rhs']}"
                step["points"] = [{**some, "count": len(some["points"])} for some in step["tried"]]
                named = [lines[label] for label in _NAMED.findall(step["rule"]) if label in lines]
                step["uses"] = [*([before] if before and not step["lhs"] else []), *named]
        self.sections = [
            (name, title, f"<!--{name}-->") for name, title, needed in SECTIONS if self.told.get(needed)
        ]

    @property
    def page(self) -> str:
        """The source with links to the cards; "" for a page without cards."""
        return str(self.told.get("page", ""))

    def id(self, card: str) -> str:
        """The identifier of a card in the page."""
        step = card.removeprefix("step:")
        return f"step-{step}" if step != card else card.replace(" ", "+")

    def has(self, kind: str, name: str) -> bool:
        """Whether there is a card of this figure or table."""
        return name in self.told.get(kind, {})

    def derivation_of(self, html: str) -> str:
        """The derivation whose step a button opens; "" where it opens none."""
        match = _STEP.search(html)
        return match[1] if match and match[1] in self.told.get("derivations", {}) else ""

    def chip(self, name: str) -> tuple[str, str]:
        """What is proved of a derivation, in short, and its card."""
        return self.told["derivations"][name]["chip"], f"derivation-{name}"

    def snippets(self) -> list[str]:
        """All LaTeX in the cards."""
        if self.told:
            for name in ("cards", *(name for name, _, _ in self.sections)):
                self._render(name)
        return list(self._snippets)

    def told_in(self, fragments: list[str]) -> None:
        """The HTML of the snippets."""
        self._snippets = dict(zip(self._snippets, fragments, strict=True))

    def cards(self) -> str:
        return self._render("cards") if self.told else ""

    def section(self, name: str) -> str:
        return self._render(name)

    def _render(self, name: str) -> str:
        names = {
            "snippets": self._snippets,
            "told": self.told,
            "opened": {self.id(card): card for card in self.opened},
            "methods": METHODS,
            "of_parts": self._of_parts,
            "of_figure": lambda one: [{"run": run} for some in one["of"] for run in some["runs"]],
        }
        return str(getattr(_template().make_module(names), name)())

    def _of_parts(self, parts: list[str]) -> list[dict[str, str]]:
        return [{"run": name} for name, run in self.told["runs"].items() if run["part"] in parts]


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["letters"] = letters
    environment.filters["tex"] = _tex
    return environment.from_string(read_text(_CARDS))


@jinja2.pass_context
def _tex(context: jinja2.runtime.Context, latex: object) -> Markup:
    """The HTML of a piece of LaTeX; before it is known, the piece is noted."""
    return Markup(context["snippets"].setdefault(str(latex), ""))


def letters(text: str) -> str:
    r"""The name of a point with Greek letters as such: "μ = 2.3" for "\mu = 2.3"."""

    def letter(found: re.Match[str]) -> str:
        case = "CAPITAL" if found[1][0].isupper() else "SMALL"
        try:
            return unicodedata.lookup(f"GREEK {case} LETTER {found[1].upper()}")
        except KeyError:
            return found[0]

    return re.sub(r"\\(?:var)?([A-Za-z]+)", letter, text)
