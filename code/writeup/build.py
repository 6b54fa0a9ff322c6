"""A request with what is recorded for it, and where everything lies."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from writeup.declare import Claim, Figure, Made, Shown, Timing
from writeup.errors import UserError
from writeup.identity.closure import Code
from writeup.identity.inert import INERT
from writeup.request import Request
from writeup.results import store
from writeup.runs.plan import Planner, Run


@dataclass(frozen=True, eq=False)
class Build:
    """A request with what is recorded for it, and the paths of what is made of that."""

    request: Request

    @cached_property
    def code(self) -> Code:
        """The source of the engine and of the packages beside the project's declaration."""
        folder = self.request.report.root / "code"
        own = {path.parent.name: path.parent for path in sorted(folder.glob("*/__init__.py"))}
        engine = {"writeup": Path(__file__).parent}
        inert = {**INERT, **self.request.report.inert}
        return Code({**own, **engine}, inert, self.request.report.output / ".cache" / "code.json")

    @cached_property
    def planner(self) -> Planner:
        return Planner(self.code, self.request.stores)

    @cached_property
    def runs(self) -> list[Run]:
        request = self.request
        return self.planner.runs(request.parts, request.configs, request.seeds, request.shape.standins)

    @cached_property
    def pending(self) -> list[Run]:
        """The runs that have to be computed before the report can be rendered."""
        stale_will_do = self.request.allow_stale
        return [run for run in self.runs if not (run.current or (stale_will_do and run.exists))]

    @cached_property
    def timings(self) -> dict[str, "RecordedTiming"]:
        """The recorded timings by name; only the first preset, with all its parts, shows them."""
        request, found = self.request, {}
        shown = request.whole and request.preset == next(iter(request.report.presets))
        for timing in request.report.timings if shown else ():
            peeks = {folder: store.peek(folder) for folder in self.timing_folders(timing)}
            for peek in peeks.values():
                if peek.trouble:  # a section must not vanish from the page because its record was altered
                    raise UserError(peek.trouble)
            there = [folder for folder, peek in peeks.items() if peek.fingerprint is not None]
            if there:
                last, *others = sorted(there, key=lambda one: peeks[one].provenance["date"], reverse=True)
                declared = {one.name: one.config for one in self.request.report.items}
                stage = self.planner.timing(timing, timing.config, declared, self.runs)
                current = peeks[last].fingerprint == stage.fingerprint
                found[timing.name] = RecordedTiming(last, current, tuple(others))
        return found

    def folders(self, shown: Shown) -> list[Path]:
        """Where the results of a part, seed by seed, or of a timing, the last first, lie; none where it was
        not asked for.
        """
        if isinstance(shown, Timing):
            return self.timings[shown.name].folders if shown.name in self.timings else []
        return [run.recorded for run in self.runs if run.part.name == shown.name]

    def shows(self, item: Figure | Made | Claim) -> bool:
        """Whether the results that an item is made of first are there."""
        return not item.of or bool(self.folders(item.of[0]))

    @cached_property
    def stale(self) -> set[str]:
        """Parts and timings that are rendered although their records do not match the code."""
        parts = {run.part.name for run in self.runs if not run.current}
        return parts | {name for name, recorded in self.timings.items() if not recorded.current}

    @cached_property
    def figures(self) -> list[Figure]:
        """The figures whose results are there."""
        return [figure for figure in self.request.report.figures if self.shows(figure)]

    def path(self, suffix: str) -> Path:
        """The report in one of its forms."""
        return self.request.out / f"{self.request.stem}{suffix}"

    @property
    def state(self) -> Path:
        """What was made from what, see `writeup.graph`."""
        return self.request.out / f".{self.request.stem}.state.json"

    def figure(self, figure: Figure, suffix: str) -> Path:
        return self.request.out / "figures" / f"{figure.name}{suffix}"

    @property
    def proofs(self) -> Path:
        return self.request.out / "proofs.json"

    def shared(self, name: str) -> Path:
        """The folder of a result of no preset: "proofs" (the mutation test), "ties" or a timing."""
        return self.request.report.results / name / "seed-0"

    def timing_folder(self, timing: Timing, processor: str) -> Path:
        """Where a timing made on such a processor is recorded."""
        return self.request.report.results / timing.name / (processor if timing.per_processor else "seed-0")

    def timing_folders(self, timing: Timing) -> list[Path]:
        """Where records of a timing may lie: one place, or one for each processor."""
        if not timing.per_processor:
            return [self.shared(timing.name)]
        return sorted(
            path.parent for path in (self.request.report.results / timing.name).glob(f"*/{store.FILE}")
        )


@dataclass(frozen=True)
class RecordedTiming:
    """Where the last record of a timing lies, whether it timed today's code, and where the records of other
    processors lie, the last first.
    """

    folder: Path
    current: bool
    others: tuple[Path, ...] = ()

    @property
    def folders(self) -> list[Path]:
        return [self.folder, *self.others]
