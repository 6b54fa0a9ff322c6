"""Builds killed at random moments of every phase, and said again: each ends as one that was left alone."""

import random
import shutil
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evidence.clock import say
from evidence.faults import builds, digests, subject
from evidence.faults.builds import Outcome, Way
from writeup.errors import UserError

START = "start"
EARLY = START, "prove", "train", "mutate"
SIGNALS = signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT  # by turns
Span = tuple[str, float, float]


def phase(lines: Sequence[tuple[float, str]]) -> str:
    """What a build was at when it had printed these lines."""
    return next((name for _, line in reversed(lines) if (name := _begins(line))), START)


def _begins(line: str) -> str:
    """The phase that begins with a line: a task of the build, or the training."""
    if " seed " in line:
        return "train"
    name = line.strip().partition(":")[0]
    return name if line[:2] == "  " and line[2:3].isalpha() and " " not in name else ""


def spans(whole: Outcome) -> list[Span]:
    """The phases of a build that was left alone, each with its beginning and its end in seconds."""
    begun: list[tuple[str, float]] = [(START, 0.0)]
    for at, line in whole.lines:
        name = _begins(line)
        if name and name != begun[-1][0]:
            begun.append((name, at))
    ends = [at for _, at in begun[1:]] + [whole.seconds]
    return [(name, at, end) for (name, at), end in zip(begun, ends, strict=True)]


def tried(old: Path, root: Path, count: int, seed: int) -> list[dict[str, Any]]:
    """A row a kill. old: a project whose report is whole, though of other settings and another text."""
    trained = old.with_name("trained")
    with subject.copy(old, root):
        before = digests.whole(root)
        alone = builds.run(root)
        if alone.status:
            raise UserError(f"faults: a build that nobody disturbs fails: {alone.err.strip()}")
        after, phases = digests.whole(root), spans(alone)
        _trained(old, root, trained)
    with subject.copy(trained, root):
        phases = [span for span in phases if span[0] in EARLY] + [
            span for span in spans(builds.run(root)) if span[0] not in EARLY
        ]
    rows = []
    for number in range(count):
        _, begin, end = phases[number % len(phases)]
        row: dict[str, Any] = {}
        attempt = 0
        while not row:  # a build that ended before it was to be killed is no kill
            name = f"{seed} kill {number} {attempt}"
            at, attempt = random.Random(name).uniform(begin, end), attempt + 1
            row = _one(
                old if phases[number % len(phases)][0] in EARLY else trained,
                root,
                Way(kill=at, signal=SIGNALS[number % len(SIGNALS)]),
                before,
                after,
            )
        rows.append({"seed": name} | row)
        say(", ".join(map(str, rows[-1].values())))
    return rows


def _trained(old: Path, built: Path, target: Path) -> None:
    """The project `old` with the results of `built`, so that the later phases need not wait for these."""
    shutil.copytree(old, target)
    for name in ("report/results", "cache"):
        shutil.rmtree(target / name)
        shutil.copytree(built / name, target / name)


def _one(old: Path, root: Path, way: Way, before: digests.Digests, after: digests.Digests) -> dict[str, Any]:
    """What became of one kill; nothing where it came too late."""
    with subject.copy(old, root):
        killed = builds.run(root, way)
        if killed.status == 0:
            return {}
        wrong = _not_whole(root, before, after)
        if killed.left:
            wrong = "processes lived on"
        if way.signal == signal.SIGINT and (killed.status != 130 or killed.err.count("\n") != 1):
            wrong = f"interrupted, it said: {' '.join(killed.err.split())}"
        again = builds.run(root, replace(way, kill=None))
        if again.status:
            wrong = wrong or f"said again, it fails: {again.err.strip()}"
        elif digests.whole(root) != after:
            wrong = wrong or "said again, it ends otherwise"
    return {"phase": phase(killed.lines), "signal": signal.Signals(way.signal).name, "wrong": wrong}


def _not_whole(root: Path, before: digests.Digests, after: digests.Digests) -> str:
    """What is neither as it was nor as it is to be."""
    try:
        now = digests.whole(root)
    except UserError as error:
        return f"left half a result: {error}"
    bad = [name for name in before if now.get(name) not in (before[name], after.get(name))]
    return f"left {bad[0]} neither old nor new" if bad else ""
