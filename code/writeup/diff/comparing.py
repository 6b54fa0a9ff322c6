"""What differs between two versions of recorded results: numbers, verdicts, figures, and what caused it.

Today's claims and tests judge both, and today's functions draw both: what differs is due to the results.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from writeup.declare import Claim, Figure, resolve
from writeup.diff.versions import Version
from writeup.identity.fingerprint import changes
from writeup.page.context import Recorded
from writeup.page.source import assembly
from writeup.page.source.claims import statements
from writeup.request import Request
from writeup.results import values
from writeup.results.store import Result
from writeup.results.values import Value


@dataclass(frozen=True)
class Number:
    """A recorded number in both versions; None in a version that lacks it."""

    name: str
    old: Value | None
    new: Value | None
    state: Literal["moved", "within", "new", "gone"]


@dataclass(frozen=True)
class Verdict:
    """A claim whose verdicts differ; "" is no verdict."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Picture:
    """A figure that differs: both versions as SVG ("" is none), or why one cannot be drawn."""

    name: str
    old: str
    new: str
    trouble: str = ""


@dataclass(frozen=True)
class Difference:
    """All that differs between `old` and `new`, which are names of versions. rule: what "within" means.
    causes: by part.
    """

    old: str
    new: str
    rule: str
    numbers: Sequence[Number]
    verdicts: Sequence[Verdict]
    pictures: Sequence[Picture]
    causes: Mapping[str, Sequence[str]]

    @property
    def matters(self) -> str:
        """What exceeds `rule`, in words; "" if nothing does."""
        moved, verdicts = sum(one.state != "within" for one in self.numbers), len(self.verdicts)
        numbers = f"{moved} number{'s' * (moved != 1)} beyond {self.rule}" if moved else ""
        claims = f"{verdicts} verdict{'s' * (verdicts != 1)}" if verdicts else ""
        return " and ".join(filter(None, (numbers, claims)))


def compare(request: Request, old: Version, new: Version, tolerance: float | None) -> Difference:
    """All that differs. tolerance: as of `numbers`."""
    places = {**old.contents, **new.contents}
    touched = dict.fromkeys(one[0] for one in places if old.contents.get(one) != new.contents.get(one))
    spread = "the larger standard deviation over the seeds"
    return Difference(
        old=old.name,
        new=new.name,
        rule=spread if tolerance is None else f"{tolerance:g} of the larger value",
        numbers=numbers(values.of(old.results.values()), values.of(new.results.values()), tolerance),
        verdicts=list(_verdicts(request, old, new)),
        pictures=list(_pictures(request.report.figures, old, new, touched)),
        causes={part: list(_causes(part, old, new)) for part in touched},
    )


def numbers(old: Mapping[str, Value], new: Mapping[str, Value], tolerance: float | None) -> list[Number]:
    """The numbers that differ. "within": the means differ by no more than the larger of the two standard
    deviations over the seeds or, if it is given, `tolerance` times the larger mean.
    """
    found = []
    for name in {**old, **new}:
        a, b = old.get(name), new.get(name)
        if a is None or b is None:
            found.append(Number(name, a, b, "gone" if b is None else "new"))
        elif (a.mean, a.std, a.runs) != (b.mean, b.std, b.runs):
            allowed = max(a.std, b.std)
            if tolerance is not None:
                allowed = tolerance * max(abs(a.mean), abs(b.mean))
            found.append(Number(name, a, b, "within" if abs(b.mean - a.mean) <= allowed else "moved"))
    return found


def _verdicts(request: Request, old: Version, new: Version) -> Iterator[Verdict]:
    """Both by today's rules. A claim that the old results cannot answer has no verdict."""
    before, now = _judged(request, old), _judged(request, new)
    for claim in request.report.claims:
        a, b = before.get(claim.name, ""), now.get(claim.name, "")
        if a != b:
            yield Verdict(claim.name, a, b)


def _judged(request: Request, version: Version) -> dict[str, str]:
    everything = version.by_part

    def recorded(claim: Claim) -> Recorded | None:
        there = not claim.of or claim.of[0].name in everything
        return assembly.recorded_of(claim.of, everything, {}, request.configs) if there else None

    def answered(claim: Claim) -> bool:
        try:
            found = recorded(claim)
            return found is not None and resolve(claim.test)(found, claim) is not None
        except Exception:  # a test may raise anything on results that it was not written for
            return False

    found = statements([claim for claim in request.report.claims if answered(claim)], recorded)
    return {one.claim.name: one.comparison.verdict for some in found.values() for one in some.values()}


def _pictures(
    figures: Sequence[Figure], old: Version, new: Version, touched: Mapping[str, Any]
) -> Iterator[Picture]:
    """The figures that today's functions draw differently because a result changed."""
    for figure in figures:
        if {one.name for one in figure.of} & touched.keys():
            (before, why), (now, why_now) = _drawn(figure, old), _drawn(figure, new)
            if before != now or why or why_now:
                yield Picture(figure.name, before, now, why or why_now)


def _drawn(figure: Figure, version: Version) -> tuple[str, str]:
    """The SVG, or why it cannot be drawn; neither if the figure's first results are missing."""
    from writeup.page import figures

    runs = [version.by_part.get(one.name, []) for one in figure.of]
    if not runs[0]:
        return "", ""
    try:
        drawn = resolve(figure.draw)(*assembly.drawn(figure, runs))
    except Exception as error:  # results that it was not written for
        return "", f"cannot be drawn of the results of {version.name}: {type(error).__name__}: {error}"
    with tempfile.TemporaryDirectory() as folder:
        figures.save(drawn, Path(folder) / figure.name)
        return (Path(folder) / f"{figure.name}.svg").read_text(encoding="utf-8"), ""


def _causes(part: str, old: Version, new: Version) -> Iterator[str]:
    """What differs between the records of how a part's results were made, inputs to machine: a line each,
    with the seeds it holds for.
    """
    places = [place for place in {**old.results, **new.results} if place[0] == part]
    lines: dict[str, list[str]] = {}
    for place in places:
        for line in why(old.results.get(place), new.results.get(place)):
            lines.setdefault(line, []).append(place[1].replace("-", " "))
    for line, seeds in lines.items():
        yield line if len(seeds) == len(places) else f"{line} ({', '.join(seeds)})"


def why(old: Result | None, new: Result | None) -> Iterator[str]:
    """What differs between the records of two results of the same part and seed."""
    if old is None or new is None:
        yield "recorded" if old is None else "no longer recorded"
        return
    before, now = old.provenance, new.provenance
    if before == now:  # another seed's record differs
        return
    same = before.get("fingerprint") == now.get("fingerprint")
    if not same and not ("evaluate" in before and "evaluate" in now):
        yield "other inputs, which one of the records does not name"
        return
    lines = [
        line
        for stage in ("train", "evaluate")
        for line in changes(before.get(stage) or {}, now.get(stage) or {})
        if not line.startswith(("code:", "train:"))  # digests over what is named line by line
    ]
    if not lines and not same:
        lines = ["definitions call each other in another way"]
    if not lines:
        others = ("commit", "machine", "threads", "versions", "executed")  # may change the last digits
        lines = ["the same inputs, computed again"]
        lines += [f"{n}: {before.get(n)} -> {now.get(n)}" for n in others if before.get(n) != now.get(n)]
    yield from dict.fromkeys(lines)
