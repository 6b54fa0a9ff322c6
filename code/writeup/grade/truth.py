"""What a report may say: its tables, figures, claims, logs and proofs, made anew from the recorded results.

Nothing of an earlier build is read: not the page, not the figures, not the record of the proofs. These are
made in a folder of their own, by the functions that the declaration names.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from writeup import settings, trouble
from writeup.declare import Figure, resolve
from writeup.errors import UserError
from writeup.page.context import Context, Statement
from writeup.page.source.formats import Table
from writeup.results import integrity
from writeup.results.store import Result
from writeup.results.values import Value

Number = float | Value
Grey = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True, eq=False)
class Truth:
    """seen: what templates would see; proofs run again."""

    build: Any
    seen: Context
    folder: Path  # in which figures are drawn

    @cached_property
    def names(self) -> Mapping[str, Any]:
        return self.seen.names()

    @property
    def proofs(self) -> Mapping[str, Any]:
        return self.seen.proofs

    @property
    def tables(self) -> Mapping[str, Table]:
        return self.seen.tables

    @cached_property
    def claims(self) -> dict[str, Statement]:
        return {one.claim.name: one for group in self.seen.claims.values() for one in group.values()}

    @property
    def results(self) -> Mapping[str, Sequence[Result]]:
        return self.seen.results

    @cached_property
    def notes(self) -> dict[str, Any]:
        return dict(self.seen.notes)

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """Every number that may be printed, by name: values, `config.part.field`, notes, counts of proofs."""
        found: dict[str, Number] = dict(self.names["v"])
        for part, config in self.names["config"].items():
            found.update(_leaves(f"config/{part}", settings.plain(config)))
        for name, note in self.notes.items():
            found.update(_leaves(name, note))
        for name in ("proof_counts", "rule", "adoptions"):
            found.update(_leaves(name, self.names[name]))
        for one in self.claims.values():
            found[f"margin/{one.claim.name}"] = one.measure.margin
        for name in self.names["parts"]:
            found[f"runs/{name}"] = float(len(self.results.get(name, ())))
        found["parts"] = float(len(self.names["parts"]))
        found["peak_memory"] = float(self.names["peak_memory"])
        return found

    @cached_property
    def strings(self) -> set[str]:
        """Fingerprints, digests, commits, dates and versions: what provenance prints besides numbers."""
        return {text for runs in self.results.values() for run in runs for text in _texts(run.provenance)}

    def figure(self, name: str) -> Figure | None:
        return next((one for one in self.build.request.report.figures if one.name == name), None)

    def drawn(self, name: str) -> Path:
        """The figure as PDF, drawn anew from the recorded arrays."""
        from writeup.page import figures
        from writeup.page.source import assembly

        figure = self.figure(name)
        assert figure is not None
        path = self.folder / "figures" / name
        if not path.with_suffix(".pdf").is_file():
            runs = (
                integrity.load_checked(self.build.folders(one), assembly.derived(self.build))
                for one in figure.of
            )
            with trouble.told(f"figure {name} cannot be drawn"):
                anew = resolve(figure.draw)(*assembly.drawn(figure, runs))
            figures.save(anew, path)
        return path.with_suffix(".pdf")

    def runs_of(self, name: str) -> str:
        """What a caption may say in brackets of the runs behind it: part, runs, the seed shown."""
        return "; ".join(
            f"{one['part']}: seed {one['seed']}, of {one['runs']} runs"
            if "seed" in one
            else f"{one['part']}: {one['runs']} runs"
            for one in self.names["shown"].get(name, ())
            if not one["measured"]
        )


def establish(build: Any, folder: Path) -> Truth:
    """The truth behind a build, made in a folder. UserError where results are missing or altered."""
    from writeup.page.source import assembly
    from writeup.proofs import record

    if pending := [run.name for run in build.runs if not run.exists]:
        more = f" and {len(pending) - 1} more" if len(pending) > 1 else ""
        raise UserError(
            f"grade: {pending[0]}{more} not recorded; python build.py report computes what is missing"
        )
    anew = type(build)(replace(build.request, out=folder))
    identities = {
        name: anew.code.closure(name, "writeup.proofs.check:check").digest
        for name in anew.request.report.proofs
    }
    try:
        record.check(identities, anew.proofs)
    except UserError as error:
        raise UserError(f"grade: a proof does not hold: {error}") from None
    return Truth(anew, assembly.context(anew), folder)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Number]]:
    if isinstance(value, Value | float | int) and not isinstance(value, bool):
        yield name, value if isinstance(value, Value) else float(value)
    elif isinstance(value, str) and value.isdigit():  # a class by its name
        yield name, float(value)
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _leaves(f"{name}/{key}", one)
    elif is_dataclass(value) and not isinstance(value, type):
        for key, one in asdict(value).items():
            yield from _leaves(f"{name}/{key}", one)
    elif isinstance(value, list | tuple):
        for k, one in enumerate(value):
            yield from _leaves(f"{name}/{k}", one)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
