"""Builds killed at random moments of every phase, and said again: each ends as one that was left alone."""

import random
import shutil
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from evidence.faults import builds, project
from evidence.faults.builds import Outcome, Way
from evidence.trials import Trial
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


def tried(old: Path, root: Path, count: int, seed: int) -> Iterator[Trial]:
    """So many kills. old: a project whose report is whole, though of other settings and another text."""
    trained = old.with_name(
        "trained"
    )  # with the new results, so that the later phases need not wait for them
    with project.copy(old, root):
        before = project.whole(root)
        alone = _alone(root)
        after = project.whole(root)
        shutil.copytree(old, trained)
        for name in ("report/results", "cache"):
            shutil.rmtree(trained / name)
            shutil.copytree(root / name, trained / name)
    with project.copy(trained, root):
        late = [(trained, span) for span in spans(_alone(root)) if span[0] not in EARLY]
    phases = [(old, span) for span in spans(alone) if span[0] in EARLY] + late
    for number in range(count):
        start, (_, begin, end) = phases[number % len(phases)]
        trial, attempt = None, 0
        while not trial:  # a build that ended before it was to be killed is no kill
            name = f"{seed} kill {number} {attempt}"
            at, attempt = random.Random(name).uniform(begin, end), attempt + 1
            way = Way(kill=at, signal=SIGNALS[number % len(SIGNALS)])
            trial = killed(name, start, root, way, before, after)
        yield trial


def _alone(root: Path) -> Outcome:
    """A build that nobody disturbs."""
    if (alone := builds.run(root)).status:
        raise UserError(f"faults: a build that nobody disturbs fails: {alone.err.strip()}")
    return alone


def killed(
    name: str, start: Path, root: Path, way: Way, before: project.Digests, after: project.Digests
) -> Trial | None:
    """What became of one kill; None where it came too late."""
    with project.copy(start, root):
        ended = builds.run(root, way)
        if ended.status == 0:
            return None
        wrong = _not_whole(root, before, after)
        if ended.left:
            wrong = "processes lived on"
        if way.signal == signal.SIGINT and (ended.status != 130 or ended.err.count("\n") != 1):
            wrong = f"interrupted, it said: {' '.join(ended.err.split())}"
        again = builds.run(root, replace(way, kill=None))
        if again.status:
            wrong = wrong or f"said again, it fails: {again.err.strip()}"
        elif project.whole(root) != after:
            wrong = wrong or "said again, it ends otherwise"
    at = phase(ended.lines)
    return Trial(f"{name}, {at}, {signal.Signals(way.signal).name}", wrong, at)


def _not_whole(root: Path, before: project.Digests, after: project.Digests) -> str:
    """What is neither as it was nor as it is to be."""
    try:
        now = project.whole(root)
    except UserError as error:
        return f"left half a result: {error}"
    bad = [name for name in before if now.get(name) not in (before[name], after.get(name))]
    return f"left {bad[0]} neither old nor new" if bad else ""
