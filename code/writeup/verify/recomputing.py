"""The verb `verify`: compute recorded runs again, in full, and say what came out as recorded.

Seals and digests show that a record was changed; that it was made up from the start, only this shows. A
number is as recorded to the last bit; or within what one more seed might give, as on another machine, which
adds up in another order; or wrong; or beyond judgement, on another machine and with fewer than three runs.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from writeup import settings
from writeup.errors import UserError
from writeup.results import store
from writeup.results.store import Result
from writeup.runs import execute, executors, progress, provenance, record, verified
from writeup.runs.plan import Run

if TYPE_CHECKING:
    from writeup.build import Build

NOT_COMPARED = "seconds"  # numbers with this in their name are timings
FEWEST = 3  # recorded runs whose spread says anything: from two, chance alone makes it as small as it likes
LEVEL = 0.01  # the chance that another seed of the same part has any number that is called wrong


@dataclass(frozen=True)
class Verdict:
    """What became of the numbers of one run; data: whether tables, logs and arrays are the same too."""

    part: str
    seed: int
    fingerprint: str
    recorded_on: str  # the machine
    identical: int
    within: int
    unjudged: int
    wrong: tuple[str, ...]
    weights: bool
    data: bool

    @property
    def numbers(self) -> int:
        return self.identical + self.within + self.unjudged + len(self.wrong)

    def row(self) -> dict[str, Any]:
        """What is recorded of it."""
        return {
            "part": self.part,
            "seed": self.seed,
            "fingerprint": self.fingerprint,
            "recorded_on": self.recorded_on,
            "numbers": self.numbers,
            "identical": self.identical,
            "within": self.within,
            "unjudged": self.unjudged,
            "wrong": len(self.wrong),
            "weights": int(self.weights),
            "data": int(self.data),
        }

    def line(self) -> str:
        """What a person reads of it."""
        text = f"{self.part} seed {self.seed}: {self.identical} of {self.numbers} numbers are bit-identical"
        if self.within:
            text += f", {self.within} within the spread over seeds"
        if self.unjudged:
            text += f", {self.unjudged} differ, and too few runs are recorded to judge by their spread"
        if self.wrong:
            text += f", {len(self.wrong)} wrong: {'; '.join(self.wrong[:3])}"
        same = [what for what, is_so in (("weights", self.weights), ("data", self.data)) if is_so]
        return f"{text}; {' and '.join(same) or 'neither weights nor data'} as recorded"


def verify(
    build: "Build", names: Sequence[str], count: int, *, keep: bool, hear: progress.Hearer = progress.nobody
) -> None:
    """Verify the runs named, or `count` at random, and print a line for each; UserError if one is wrong.

    keep: record the verdicts among the results. hear: is told how far they are.
    """
    request = build.request
    chosen = asked(build.runs, names, count)
    print(f"  computed again: {', '.join(run.name for run in chosen)}", flush=True)
    jobs = side_by_side(chosen) if request.jobs is None else request.jobs
    means = record.Means(request.report.root, request.data_dir, jobs, anew=True, keep=False)
    verdicts = []
    first = needed_by_others(chosen)
    for group in (first, [run for run in chosen if run not in first]):
        again = [as_recorded(run) for run in group]
        for run, result in execute.compute_all(again, build.runs, means, build.code, hear=hear):
            verdict = compare(result, run, of_part(build.runs, run))
            verdicts.append(verdict)
            print(f"    {verdict.line()}", flush=True)
            if keep:
                place = verified.folder(request.report.results)
                verified.record(place, verdict.row(), build.runs, result.provenance)
    if wrong := [verdict for verdict in verdicts if verdict.wrong]:
        raise UserError(f"{wrong[0].line()}; restore the result from git or train the part again")


def asked(runs: Sequence[Run], names: Sequence[str], count: int) -> list[Run]:
    """The runs named ("descent", all of its seeds, or "descent/0"), or `count` of the current ones at random.

    Only what is recorded and current can be verified: the code that would compute it again is today's.
    """
    current = [run for run in runs if run.current and not run.imported]
    if not names:
        if not current:
            raise UserError(
                "verify: no run that was computed here is current; python build.py status says why"
            )
        chosen = random.SystemRandom().sample(current, min(count, len(current)))
        return [run for run in current if run in chosen]
    found = []
    for name in names:
        those = [run for run in runs if name in (run.part.name, f"{run.part.name}/{run.seed}")]
        if not those:
            parts = dict.fromkeys(run.part.name for run in runs)
            raise UserError(f"verify {name}: unknown; allowed: PART or PART/SEED, of {', '.join(parts)}")
        for run in those:
            if run.imported:
                raise UserError(f"verify {name}: {run.name} was not computed here, so nothing can verify it")
            if not run.current:
                raise UserError(f"verify {name}: {run.name} is not current; {run.why()[0]}")
        found += those
    return [run for run in runs if run in found]


def needed_by_others(runs: Sequence[Run]) -> list[Run]:
    """The runs whose weights other runs need."""
    needed = {need.name for run in runs for need in run.part.all_needs.values()}
    return [run for run in runs if run.part.name in needed]


def as_recorded(run: Run) -> Run:
    """The run with the execution settings of its record, for example its precision."""
    how = {
        name: value
        for name, value in run.peek.provenance.get("executed", {}).items()
        if name in settings.execution_names(run.config)
    }
    return replace(run, config=replace(run.config, **how))


def side_by_side(runs: Sequence[Run]) -> int:
    """How many processes at once leave each the threads of its record, which can change the last bits."""
    most = max(int(run.peek.provenance.get("threads", 1)) for run in runs)
    return max(1, executors.cores() // most)


def of_part(runs: Sequence[Run], run: Run) -> list[Result]:
    """The recorded results of all seeds of a part."""
    return [store.load(one.recorded) for one in runs if one.part.name == run.part.name and one.current]


def compare(again: Result, run: Run, recorded: Sequence[Result]) -> Verdict:
    """`again` beside the recorded result of the same seed; recorded: those of all seeds.

    The spread is that of the other seeds and of the run computed now: a made-up number does not widen it.
    """
    before = next(result for result in recorded if result.seed == again.seed)
    names = [name for name in {**before.scalars, **again.scalars} if NOT_COMPARED not in name]
    beyond = len(recorded) < FEWEST and not alike(again.provenance, before.provenance)
    identical, within, unjudged, wrong = 0, 0, 0, []
    for name in names:
        old, new = before.scalars.get(name), again.scalars.get(name)
        others = [one.scalars[name] for one in recorded if one is not before and name in one.scalars]
        if old == new:
            identical += 1
        elif old is None or new is None:
            wrong.append(f"{name} is recorded as {old} and came out as {new}")
        elif beyond:
            unjudged += 1
        elif in_spread(old, [*others, float(new)], LEVEL / len(names)):
            within += 1
        else:
            wrong.append(f"{name} is recorded as {old} and came out as {new}")
    weights = before.provenance.get("weights") == again.provenance.get("weights")
    data = record.encode(before)[1].keys() == record.encode(again)[1].keys()  # names bear digests
    machine = str(before.provenance.get("machine", ""))
    return Verdict(
        again.part,
        again.seed,
        run.fingerprint,
        machine,
        identical,
        within,
        unjudged,
        tuple(wrong),
        weights,
        data,
    )


def alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether what may change the last bits was the same: processor and GPU, threads, versions."""
    same = all(one.get(name) == other.get(name) for name in ("machine", "threads"))
    return same and not provenance.differ(one.get("versions", {}), other.get("versions", {}))


def in_spread(value: float, values: Sequence[float], level: float) -> bool:
    """Whether `value` lies in the prediction interval of normal `values` at probability 1 - level.

    Never if all values are equal.
    """
    from scipy.special import stdtrit

    n = len(values)
    deviation = float(np.std(values, ddof=1)) if n > 1 else 0.0
    if not deviation:
        return False
    half = float(stdtrit(n - 1, 1 - level / 2)) * deviation * float(np.sqrt(1 + 1 / n))
    return abs(value - float(np.mean(values))) <= half
