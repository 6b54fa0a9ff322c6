"""A request with what is recorded for it, and where everything lies."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from writeup.declare import Claim, Figure, Made, Part
from writeup.identity.closure import ENGINE, Code, sources
from writeup.request import Request
from writeup.runs.plan import Planner, Run


@dataclass(frozen=True, eq=False)
class Build:
    """A request with what is recorded for it, and the paths of what is made of that."""

    request: Request

    @cached_property
    def code(self) -> Code:
        """The source of the engine and of the packages beside the project's declaration."""
        report = self.request.report
        return Code(sources(report.root) | {ENGINE: Path(__file__).parent})

    @cached_property
    def planner(self) -> Planner:
        return Planner(self.code, self.request.stores, self.request.report.root)

    @cached_property
    def runs(self) -> list[Run]:
        request = self.request
        return self.planner.runs(request.parts, request.configs, request.seeds, request.shape.standins)

    @cached_property
    def pending(self) -> list[Run]:
        """The runs that have to be computed before the report can be rendered."""
        stale_will_do = self.request.allow_stale
        return [run for run in self.runs if not (run.current or (stale_will_do and run.exists))]

    def folders(self, part: Part) -> list[Path]:
        """Where the results of a part lie, seed by seed; none if it was not asked for."""
        return [run.recorded for run in self.runs if run.part.name == part.name]

    def shows(self, item: Figure | Made | Claim) -> bool:
        """Whether the results that an item is made of first are there."""
        return not item.of or bool(self.folders(item.of[0]))

    @cached_property
    def stale(self) -> set[str]:
        """Parts that are rendered although their records do not match the code."""
        return {run.part.name for run in self.runs if not run.current}

    @cached_property
    def figures(self) -> list[Figure]:
        """The figures whose results are there."""
        return [figure for figure in self.request.report.figures if self.shows(figure)]

    def path(self, suffix: str) -> Path:
        """The report in one of its forms."""
        return self.request.out / f"{self.request.stem}{suffix}"

    @property
    def forms(self) -> list[str]:
        """The suffixes of the forms that are made."""
        return [f".{form}" for form in self.request.report.forms]

    @property
    def state(self) -> Path:
        """What was made from what, see `writeup.graph`."""
        return self.request.out / f".{self.request.stem}.state.json"

    def figure(self, figure: Figure, suffix: str) -> Path:
        return self.request.out / "figures" / f"{figure.name}{suffix}"

    @property
    def answers(self) -> Path:
        """The right answers, with which the proofs are compared; there need not be any."""
        return self.request.report.source / "answers.toml"

    @property
    def proofs(self) -> Path:
        return self.request.out / "proofs.json"

    def shared(self, name: str) -> Path:
        """The folder of a result of no preset: "proofs" (the mutation test) or "ties"."""
        return self.request.report.results / name / "seed-0"
