"""What differs between two versions of recorded results: numbers, verdicts, figures, and what caused it.

Today's claims and tests judge both, and today's functions draw both: what differs is due to the results.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from writeup.declare import Claim, Figure, resolve
from writeup.diff.versions import Version
from writeup.identity.fingerprint import changes
from writeup.page.context import Recorded
from writeup.page.source import assembly
from writeup.page.source.claims import statements
from writeup.results.store import Result
from writeup.results.values import Value

if TYPE_CHECKING:
    from writeup.request import Request

State = Literal["moved", "within", "new", "gone"]


@dataclass(frozen=True)
class Number:
    """A recorded number in both versions; None in a version that lacks it."""

    name: str
    old: Value | None
    new: Value | None
    state: State

    @property
    def difference(self) -> float | None:
        return None if self.old is None or self.new is None else self.new.mean - self.old.mean


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


@dataclass(frozen=True)
class Verdict:
    """A claim whose verdicts differ; "" is no verdict."""

    name: str
    old: str
    new: str


def verdicts(request: "Request", old: Version, new: Version) -> list[Verdict]:
    """Both by today's rules. A claim that the old results cannot answer has no verdict."""
    before, now = _verdicts(request, old), _verdicts(request, new)
    names = (claim.name for claim in request.report.claims)
    pairs = ((name, before.get(name, ""), now.get(name, "")) for name in names)
    return [Verdict(name, a, b) for name, a, b in pairs if a != b]


def _verdicts(request: "Request", version: Version) -> dict[str, str]:
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

    claims = [claim for claim in request.report.claims if answered(claim)]
    found = statements(claims, recorded)
    return {one.claim.name: one.comparison.verdict for some in found.values() for one in some.values()}


@dataclass(frozen=True)
class Picture:
    """A figure that differs: both versions as SVG, or why one cannot be drawn."""

    name: str
    old: str
    new: str
    trouble: str = ""


def pictures(request: "Request", old: Version, new: Version) -> list[Picture]:
    """The figures that today's functions draw differently because a result changed."""
    touched = {part for part, _ in {**old.contents, **new.contents}}
    touched = {part for part in touched if _contents(old, part) != _contents(new, part)}
    found = []
    for figure in request.report.figures:
        if not {one.name for one in figure.of} & touched:
            continue
        (before, why), (now, why_now) = _drawn(figure, old), _drawn(figure, new)
        if before != now or why or why_now:
            found.append(Picture(figure.name, before, now, why or why_now))
    return found


def _contents(version: Version, part: str) -> dict[str, str]:
    return {place: content for (one, place), content in version.contents.items() if one == part}


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


def causes(old: Version, new: Version) -> dict[str, list[str]]:
    """By part, what differs between the records of how its results were made, inputs to machine: a line each,
    with the seeds it holds for. Parts whose results are the same are left out.
    """
    found: dict[str, list[str]] = {}
    parts = dict.fromkeys(part for part, _ in {**old.contents, **new.contents})
    for part in parts:
        if _contents(old, part) == _contents(new, part):
            continue
        before, now = (_by_seed(one.by_part.get(part, [])) for one in (old, new))
        lines: dict[str, list[str]] = {}
        for place in {**before, **now}:
            for line in _why(before.get(place), now.get(place)):
                lines.setdefault(line, []).append(place)
        both = len({**before, **now})
        found[part] = [
            line if len(places) == both else f"{line} ({', '.join(places)})" for line, places in lines.items()
        ]
    return found


def _by_seed(results: Sequence[Result]) -> dict[str, Result]:
    return {f"seed {one.seed}": one for one in results}


def _why(old: Result | None, new: Result | None) -> Iterator[str]:
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
        lines = ["the same inputs, computed again"]
        lines += [f"{name}: {before.get(name)} -> {now.get(name)}" for name in _other(before, now)]
    yield from dict.fromkeys(lines)


def _other(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Circumstances outside the identity that may still change the last digits."""
    for name in ("commit", "machine", "threads", "versions", "executed"):
        if before.get(name) != now.get(name):
            yield name
