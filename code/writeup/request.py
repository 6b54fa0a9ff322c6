"""What was asked for, as one frozen object, and what follows from it: settings, seeds, parts, folders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from writeup.declare import Part, Preset, Report
from writeup.errors import UsageError, UserError


@dataclass(frozen=True)
class Request:
    """What was asked for, and the folders that follow from it."""

    report: Report
    verb: str
    preset: str
    configs: Mapping[str, Any]  # of parts and timings, by name
    seeds: Mapping[str, int]
    parts: tuple[Part, ...]
    data_dir: Path | None
    engine: str
    allow_stale: bool
    explain: bool
    record: bool
    runs: int | None  # how many are verified, where none is named
    targets: tuple[str, ...]
    out: Path  # the report and its figures
    stores: tuple[Path, ...]  # folders of recorded results; new ones go to the first
    jobs: int | None  # runs side by side; None: as many as suit the machine
    dask: str | None  # address of a Dask scheduler whose workers train in place of this machine
    wait: bool = True  # for another build in this clone
    pdf: Path | None = None  # what is graded in place of the report, by which rubric, and the points to reach
    rubric: Path | None = None
    minimum: float | None = None
    handed_in: frozenset[str] = frozenset()  # the parts of the report that is handed in; empty: all
    recipe: tuple[str, ...] = ()  # options by which the same report is rendered elsewhere
    declared: str = ""  # where the declaration stands, and the words as they were typed
    words: tuple[str, ...] = ()
    port: int | None = None  # of watch
    quiet: bool = False
    verbose: bool = False
    tolerance: float | None = None  # of diff; None: the spread over the seeds
    exit_code: bool = False
    marked: bool = False

    @property
    def writes(self) -> bool:
        """Whether it writes below report/, where one is at work at a time."""
        return self.verb in ("report", "train", "adopt", "archive") or self.record

    @property
    def whole(self) -> bool:
        """Whether it holds all the parts that the preset has."""
        return {part.name for part in self.parts} >= names(self.report, self.preset)

    @property
    def stem(self) -> str:
        """The report's file name: one that holds some parts only never takes the whole one's place."""
        needed = {need.name for part in self.parts for need in part.all_needs.values()}
        chosen = [part.name for part in self.parts if part.name not in needed]
        wanted = self.handed_in or {part.name for part in self.report.parts}
        return "report" if {part.name for part in self.parts} >= wanted else "report-" + "-".join(chosen)

    @property
    def shape(self) -> Preset:
        return self.report.presets[self.preset]


def preset_configs(report: Report, preset: str) -> dict[str, Any]:
    """The settings of every part and timing in a preset; UserError lists the presets that there are."""
    if preset not in report.presets:
        raise UserError(f"unknown preset {preset!r}; allowed: {', '.join(report.presets)}")
    changes = report.presets[preset].changes
    configs = {one.name: one.config for one in report.items}
    return {name: replace(config, **changes.get(name, {})) for name, config in configs.items()}


def seeds(report: Report, preset: str, asked: int | None) -> dict[str, int]:
    """Runs of each part; what other parts need has one, so that they all need the same."""
    if asked is not None and not 1 <= asked <= 100:
        raise UserError(f"--seeds {asked}: allowed: 1 to 100")
    needed = {need.name for part in report.parts for need in part.all_needs.values()}
    wanted = asked or report.presets[preset].seeds
    return {part.name: 1 if part.name in needed else wanted or part.seeds for part in report.parts}


def names(report: Report, preset: str) -> set[str]:
    """Of the parts that a preset has."""
    return {part.name for part in report.parts} - set(report.presets[preset].without)


def parts(report: Report, only: Sequence[str]) -> tuple[Part, ...]:
    """Those asked for, in the report's order, and what they need."""
    names = [part.name for part in report.parts]
    for name in only:
        if name not in names:
            raise UsageError(f"--only {name}: unknown part; allowed: {', '.join(names)}")
    wanted = set(only)
    todo = [report.part(name) for name in wanted]
    while todo:
        needs = todo.pop().all_needs.values()
        wanted |= {part.name for part in needs}
        todo += needs
    return tuple(part for part in report.parts if part.name in wanted)


def data_dir(text: str | None) -> Path | None:
    if not text:
        return None
    path = Path(text).expanduser().absolute()
    if not path.is_dir():
        raise UserError(f"data directory {text}: no such folder; see --data-dir and DATA_DIR")
    return path


def stores(report: Report, preset: str, custom: bool) -> tuple[Path, ...]:
    """Overridden fields never touch a preset's recorded results, but use those that still match."""
    folder = report.output
    first = preset == next(iter(report.presets))
    base = (folder if first else folder / preset) / "results"
    return (folder / f"{preset}-custom" / "results", base) if custom else (base,)
