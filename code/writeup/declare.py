"""What a report says of itself: data, parts, figures, tables, claims, proofs. Plain and frozen; does no work.

A declaration names functions by strings, "package.module:function", so that it is read without importing
what computes: a report is rendered without torch.
"""

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, make_dataclass, replace
from pathlib import Path
from typing import Any, Literal

from writeup.errors import UserError


def _plain(kind: str, *names: str) -> None:
    """Raise UserError for a name that could be no file's: below which nothing would lie where it should."""
    for name in names:
        if not re.fullmatch(r"\w[\w.-]{0,99}", name):
            raise UserError(f"{kind} {name!r}: allowed: a letter, then up to 99 letters, digits, _, - and .")


@dataclass(frozen=True, eq=False)
class Data:
    """A data set. load(data_dir) -> object, digest(object) -> sha256 (hex) of its content.

    What is handed to a part has this `sha256`: it is computed from the very object. standin() makes a
    generated set of the same type; of it the code that makes it is the identity. source: a
    `writeup.data.find.Source`, for those that can be downloaded. A report that makes up its data declares
    the `standin` alone.
    """

    name: str
    load: str = ""
    digest: str = ""
    sha256: str = ""
    standin: str = ""
    source: str = ""

    def generated(self, standin: bool) -> bool:
        """Whether `standin` makes the data: because a preset wants that, or since none can be loaded."""
        return standin or not self.load


@dataclass(frozen=True, eq=False)
class Program:
    """What makes the results of a part that no function makes; see `Command` and `Imported`.

    command: how it is started. reads: patterns of the project's files that it reads. results: the JSON and
    CSV files that it leaves, see `writeup.runs.program`. folders: where these lie, a run each, if somebody
    else made them; there is no command then.
    """

    command: str = ""
    reads: Sequence[str] = ()
    results: Sequence[str] = ()
    folders: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Part:
    """Something trained and measured, once per seed, by two functions of the module `code`:

        train(config, data, *, seed, **roles) -> Trained
        evaluate(config, data, trained, *, seed, **roles) -> Findings

    train_needs, needs: other parts whose trained weights (of seed 0) the stages take, each as a `Model` under
    the keyword that is its key; `needs` are those of the evaluation.

    possible(config, data) yields what settings cannot be, each as (field, what it would have to be); it is
    asked before a run with settings that no preset has is computed, and is no part of a result's identity.

    derive(result) -> {name: number} computes those scalars again that follow from a result's own arrays and
    tables; a result whose scalars differ from that is refused.
    """

    name: str
    config: Any
    data: Data
    code: str
    seeds: int = 1
    needs: Mapping[str, "Part"] = field(default_factory=dict)
    train_needs: Mapping[str, "Part"] = field(default_factory=dict)
    derive: str = ""
    possible: str = ""
    program: Program | None = None

    def __post_init__(self) -> None:
        _plain("part", self.name)

    def variant(self, name: str, *, seeds: int | None = None, **changes: Any) -> "Part":
        """The same part with other settings, as `part_name`."""
        config = replace(self.config, **changes)
        return replace(self, name=f"{self.name}_{name}", config=config, seeds=seeds or self.seeds)

    @property
    def all_needs(self) -> dict[str, "Part"]:
        return {**self.train_needs, **self.needs}


def Command(
    name: str,
    command: str,
    *,
    reads: Sequence[str] = (),
    results: str | Sequence[str] = "metrics.json",
    settings: Mapping[str, Any] | None = None,
    seeds: int = 1,
    derive: str = "",
) -> Part:
    """A part that any program computes: Command("net", "python train.py --seed {seed} --rate {rate}", ...).

    The command runs once per seed, in a folder of its own that holds what it reads and takes what it writes:
    the files of the project that match `reads`, such as "lib/**/*.py", and those that the command names.
    {seed}, {out} (that folder) and the names of `settings` are filled in. The command, these files and the
    settings are the identity of its results.
    """
    files = (results,) if isinstance(results, str) else tuple(results)
    program = Program(command, tuple(reads), files)
    return Part(name, config_of(settings or {}), _FILES, _PROGRAM, seeds, derive=derive, program=program)


def Imported(
    name: str,
    folders: Sequence[str | Path],
    *,
    results: str | Sequence[str] = "metrics.json",
    derive: str = "",
) -> Part:
    """A part whose runs exist already: a folder each, below the project's own, with the files `results`.

    They are not computed here, and the page says so.
    """
    files = (results,) if isinstance(results, str) else tuple(results)
    program = Program(results=files, folders=tuple(map(str, folders)))
    return Part(name, config_of({}), _FILES, _PROGRAM, len(folders), derive=derive, program=program)


_PROGRAM = "writeup.runs.program"
_FILES = Data("the files it reads", standin=f"{_PROGRAM}:none")


def config_of(values: Mapping[str, Any]) -> Any:
    """Settings with these fields and values: a frozen dataclass that another process can unpickle."""
    hints = {name: type(value) for name, value in values.items()}
    again = {"__reduce__": lambda self: (config_of, (vars(self),))}
    return make_dataclass("Settings", list(hints.items()), frozen=True, namespace=again)(**values)


@dataclass(frozen=True, eq=False)
class Figure:
    """draw(*runs) -> matplotlib Figure; an argument for each of `of`: its runs in order of their seeds.

    alt(*runs) -> what a sighted reader takes from it, in words and recorded numbers, for who cannot see it.
    typical: a number by which one run is chosen, the one nearest to its median, and handed out alone.
    live(*runs) -> what a reader of the HTML moves below it, a `writeup.page.live.Live`.
    """

    name: str
    draw: str
    of: Sequence[Part]
    typical: str = ""
    alt: str = field(kw_only=True)
    live: str = ""

    def __post_init__(self) -> None:
        _plain("figure", self.name)


@dataclass(frozen=True, eq=False)
class Made:
    """What `make(recorded)` makes of the results of `of`, and of no others, for the templates.

    recorded: `writeup.page.context.Recorded`. It is left out where the first of `of` did not run. typical: a
    number by which of each part one run is chosen, the one nearest to its median, as `recorded.typical`.
    """

    name: str
    make: str
    of: Sequence[Part] = ()
    typical: str = ""

    def __post_init__(self) -> None:
        _plain(type(self).__name__.lower(), self.name)


class Table(Made):
    """A table: make(recorded) -> writeup.page.source.formats.Table."""


@dataclass(frozen=True)
class Measure:
    """What claims compare, in words (LaTeX), and from where on a difference is relevant.

    value: the recorded number. margin: the smallest relevant difference, declared before the runs are seen:
    what equivalence and non-inferiority are held against. what: follows "the". says: the sentence where one
    side is better, with <better>, <worse> and <difference>. unit: of a difference; suffix: of the figures.
    """

    value: str
    margin: float
    what: str
    says: str
    better: Literal["higher", "lower"] = "higher"
    unit: str = ""
    suffix: str = ""
    digits: int = 2


Side = tuple[Part, str]  # what ran, and the name of a variant within its results ("" where there is one)


@dataclass(frozen=True, eq=False)
class Claim:
    """One comparison of `a` with `b`, by name "problem/rest". The claims of a problem share one error rate.

    kind: what the claim asks; its verdict answers that and nothing else. primary: one of the few that its
    problem is run for; the others are tested behind these. Both are declared before the runs. words: LaTeX
    for both sides. test(recorded, claim) -> writeup.results.compare.Comparison, or None where a side has no
    results. also: other results that the test needs.
    """

    name: str
    a: Side
    b: Side
    measure: Measure
    words: tuple[str, str]
    test: str = "writeup.page.source.claims:over_seeds"
    also: Sequence[Part] = ()
    kind: Literal["difference", "equivalence", "non-inferiority"] = "difference"
    primary: bool = False

    @property
    def of(self) -> list[Part]:
        return list(dict.fromkeys([self.a[0], self.b[0], *self.also]))

    @property
    def group(self) -> str:
        return self.name.partition("/")[0]

    @property
    def rest(self) -> str:
        return self.name.partition("/")[2]


class Note(Made):
    """Anything else that templates print: make(recorded) -> value, under `name`."""


@dataclass(frozen=True, eq=False)
class Tie:
    """A function of the code that computes what a derivation proves, compared before a page is made.

    function: what is tied. proved: a `writeup.proofs.ties.Proved`. computed(points) -> numbers, by calling
    the function; only this one may need torch.
    """

    function: str
    proved: str
    computed: str


@dataclass(frozen=True)
class Preset:
    """One size of the whole: settings that differ from the parts' own, by part; runs a part; what data.

    without: the names of parts that it leaves out, and with them what is made of them first. mark: stands on
    every page, so that nobody takes it for the full report.
    """

    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seeds: int | None = None  # of every part; None: each part's own
    standins: bool = False
    without: Sequence[str] = ()
    mark: str = ""


@dataclass(frozen=True, eq=False)
class Report:
    """The table of contents of a report.

    root: the project's folder. templates: the folder below it that holds the page's source. folder: the one
    that takes the results and what is made of them. others: further reports of the project, by where they
    are declared; the verb `values` prints theirs too. forms: what is made of the page. engine: what makes the
    PDF, "embedded" or "latexmk"; a document class of one's own needs the latter, and the PDF as the one form.
    """

    root: Path
    parts: Sequence[Part]
    presets: Mapping[str, Preset] = field(default_factory=lambda: {"full": Preset()})
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    claims: Sequence[Claim] = ()
    notes: Sequence[Note] = ()
    proofs: Sequence[str] = ()  # derivations, in the order in which they are printed
    ties: Sequence[Tie] = ()
    template: str = "report.tex.j2"
    templates: str = "templates"
    folder: str = "report"
    forms: Sequence[Literal["pdf", "html", "md"]] = ("pdf", "html", "md")
    engine: Literal["embedded", "latexmk"] = "embedded"
    others: Sequence[str] = ()

    def __post_init__(self) -> None:
        _plain("preset", *self.presets)
        _plain("folder", *self.templates.split("/"), *self.folder.split("/"))

    @property
    def source(self) -> Path:
        """The folder of the templates."""
        return self.root / self.templates

    @property
    def output(self) -> Path:
        """The folder of the results and of what is made of them."""
        return self.root / self.folder

    @property
    def results(self) -> Path:
        """The folder of the first preset's results."""
        return self.output / "results"

    def part(self, name: str) -> Part:
        return next(part for part in self.parts if part.name == name)


def resolve(reference: str) -> Callable[..., Any]:
    """The function (or object) that a declaration names."""
    module, _, name = reference.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found
