"""What the templates of a report see, and what its own functions are handed.

`docs/templates.md`, the manual for authors of templates, is made of the docstrings below: `make docs`.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, fields
from typing import Any, NotRequired, TypedDict

from writeup.declare import Claim, Measure
from writeup.errors import UserError
from writeup.page.source.citations import Citations
from writeup.page.source.formats import Table, Tex
from writeup.results import values
from writeup.results.compare import Comparison
from writeup.results.store import Result


class RunsBehind(TypedDict):
    """The runs of one part behind a figure or a table, for its caption."""

    part: str
    """The part's name."""
    runs: int
    """How many runs it has."""
    seed: NotRequired[int]
    """The seed of the run that is shown, if one stands for all: the one nearest to the median."""
    by: NotRequired[str]
    """The number whose median that is."""


class RunRow(TypedDict):
    """One recorded run, for the list of them."""

    part: str
    """The part's name."""
    seed: str
    """The seed of its generators."""
    fingerprint: str
    """The first ten digits of its identity."""
    data: str
    """The data with the first ten digits of their digest."""
    dataset: str
    """The name of the data alone."""
    machine: str
    """The processor or the accelerator that computed it."""
    commit: str
    """The commit of the code that computed it."""
    date: str
    """The day, as 2026-01-31."""
    seconds: float
    """How long it took."""


@dataclass(frozen=True)
class Statement:
    """What a template prints of a claim; its words are LaTeX."""

    claim: Claim
    """What was declared."""
    comparison: Comparison
    """What was found: `verdict` ("better", "worse", "equivalent", "undecided" and so on), `difference`, its
    interval from `low` to `high`, `p`, `means` and `counts` of both sides.
    """

    @property
    def measure(self) -> Measure:
        """What is compared, its unit, and the margin."""
        return self.claim.measure

    @property
    def a(self) -> Tex:
        """The words for the first side."""
        return Tex(self.claim.words[0])

    @property
    def b(self) -> Tex:
        """The words for the second side."""
        return Tex(self.claim.words[1])

    def says(self, difference: Tex) -> Tex:
        """The declared sentence for the side that is better; only where the verdict is that one is."""
        verdict = self.comparison.verdict
        if verdict not in ("better", "worse"):
            raise UserError(f"claim {self.claim.name}: the verdict is {verdict!r}, so neither side is better")
        better, worse = (self.a, self.b) if verdict == "better" else (self.b, self.a)
        filled = {"better": better, "worse": worse, "difference": difference}
        text = self.measure.says
        for name, words in filled.items():
            text = text.replace(f"<{name}>", words)
        return Tex(text)


@dataclass(frozen=True)
class Context:
    """What templates see, each under its own name."""

    meta: Mapping[str, str | Mapping[str, str]]
    """The title page: what `assignment.toml` says, as `meta.title` or `meta.questions.pairs`."""
    preamble: Tex
    """The LaTeX of every report: packages, colours, environments. It stands below the `\\documentclass`."""
    pagemark: str
    """What each page bears if this is not the full report; the value of `\\pagemark`."""
    standins: bool
    """Whether stand-ins take the place of the data."""
    parts: Sequence[str]
    """The names of the parts that this report shows."""
    stale: Set[str]
    """Parts that are shown although their records do not match the code."""
    config: Mapping[str, Any]
    """The settings of each part: `config.descent.rate`."""
    v: values.Values
    """Every recorded number: `v["descent/error"] | spread`. It has `mean`, `std` (over the runs), `runs`."""
    results: Mapping[str, Sequence[Result]]
    """The runs of each part, in the order of their seeds, with `scalars`, `tables`, `logs` and `arrays`."""
    claims: Mapping[str, Mapping[str, Statement]]
    """The declared comparisons: `claims.descent["penalty"]` for the claim "descent/penalty"."""
    rule: Mapping[str, float]
    """By which claims are decided: `alpha`, the error rate of a problem, and `least_runs` of a side."""
    tables: Mapping[str, Table]
    """The declared tables, with `head`, `rows` and `align`, what `booktabs` takes."""
    notes: Mapping[str, Any]
    """The declared notes. Each stands under its own name besides: `<< quoted.error | fixed >>`."""
    alts: Mapping[str, str]
    """What is said in place of each figure to readers who do not see it."""
    shown: Mapping[str, Sequence[RunsBehind]]
    """The runs behind each figure, table and note."""
    proofs: Mapping[str, Mapping[str, Any]]
    """The checked derivations, with `title`, `steps` and `assumptions`; see `derivation`."""
    proof_counts: Mapping[str, int]
    """How many `steps` were checked, how many hold `for_all`, `for_cases` or `at_points`, and the rest."""
    tied: Sequence[Mapping[str, Any]]
    """The functions of the code whose values were compared with an expression that is proved."""
    provenance: Sequence[RunRow]
    """Every run."""
    origins: Table
    """The runs in a row a part: fingerprints, data, machines, the last day."""
    adoptions: Sequence[Mapping[str, Any]]
    """The commits (`ref`) from which runs were adopted, and how many `runs`."""
    machines: Sequence[str]
    """Each machine with its versions and how it was used, in words."""
    citations: Citations
    """The entries of `references.bib`, which the page cites by `\\cite`, `\\citep` and `\\citet`."""
    listing: Callable[[str, Sequence[str]], str]
    """`listing(part, names)`: the source of these definitions in the module of a part, or in a module."""

    def names(self) -> dict[str, Any]:
        """All of this by name, as templates see it."""
        return {**self.notes, **{one.name: getattr(self, one.name) for one in fields(self)}}


@dataclass(frozen=True)
class Recorded:
    """The results that one table, claim or note is made of: those it is declared `of`, and no others."""

    results: Mapping[str, Sequence[Result]]
    """The runs of each part, in the order of their seeds."""
    v: values.Values
    """Their numbers by name."""
    claims: Mapping[str, Mapping[str, Statement]] = field(default_factory=dict)
    """The declared comparisons, as templates see them; none while claims are tested."""
    configs: Mapping[str, Any] = field(default_factory=dict)
    """The settings of the parts, and of the others that the declaration names."""
    typical: Mapping[str, Result] = field(default_factory=dict)
    """Of each part the run that stands for all, where the declaration says by which number."""
