"""The verb `verify`: compute recorded runs again, in full, and say what came out as recorded.

Seals and digests show that a record was changed; that it was made up from the start, only this shows.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from writeup import settings
from writeup.errors import UserError
from writeup.runs import execute, executors, progress, record, verified
from writeup.runs.plan import Run
from writeup.verify.judging import judge

if TYPE_CHECKING:
    from writeup.build import Build


def verify(
    build: "Build",
    names: Sequence[str],
    count: int,
    *,
    keep: bool,
    into: Path | None = None,
    hear: progress.Hearer = progress.nobody,
) -> None:
    """Verify the runs named, or `count` at random, and print what is found; UserError if one is not as
    recorded, or not as an earlier verdict of this machine says that it came out.

    keep: record the verdicts among the results. into: a folder that what came out is kept in, as results.
    hear: is told how far they are.
    """
    request = build.request
    chosen = asked(build.runs, names, count)
    print(f"  computed again: {', '.join(run.name for run in chosen)}", flush=True)
    recorded = [run.peek.result() for run in build.runs if run.current]
    place = verified.folder(request.report.results)
    earlier = verified.kept(place, build.runs)
    wrong = []
    for threads, group in _groups(chosen):
        jobs = max(1, executors.cores() // threads) if request.jobs is None else request.jobs
        means = record.Means(request.report.root, request.data_dir, jobs, anew=True, keep=False)
        again = [as_recorded(run, run.peek.provenance.get("executed", {})) for run in group]
        for run, result in execute.compute_all(
            again, build.runs, means, build.code, hear=hear, threads=threads
        ):
            before = next(one for one in recorded if (one.part, one.seed) == (run.part.name, run.seed))
            verdict = judge(result, before, recorded)
            for line in verdict.lines():
                print(f"    {line}", flush=True)
            name = f"{run.part.name} seed {run.seed}"
            wrong += [f"{name}: {one}" for one in verdict.wrong]
            if contradicted := verified.contradicted(verdict.row(), result.provenance, earlier):
                wrong.append(f"{name}: {contradicted}")
            if into:
                record.save(result, into / run.part.name / f"seed-{run.seed}")
            if keep:
                verified.record(place, verdict.row(), build.runs, result.provenance)
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise UserError(
            f"not as recorded: {wrong[0]}{more}; restore the result from git or train the part again"
        )


def asked(runs: Sequence[Run], names: Sequence[str], count: int) -> list[Run]:
    """The runs named ("descent", all of its seeds, or "descent/0"), or `count` of the current ones at random.

    Only what is recorded and current can be verified: the code that would compute it again is today's.
    """
    current = [run for run in runs if run.current and not run.imported]
    if not (names or current):
        raise UserError("verify: no run that was computed here is current; python build.py status says why")
    if not names:
        chosen = random.SystemRandom().sample(range(len(current)), min(count, len(current)))
        return [current[number] for number in sorted(chosen)]
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


def _groups(runs: Sequence[Run]) -> Iterator[tuple[int, list[Run]]]:
    """Runs and the threads of their records, which can change the last bits; what others need comes first."""
    needed = {need.name for run in runs for need in run.part.all_needs.values()}

    def turn(run: Run) -> tuple[bool, int]:
        return run.part.name not in needed, int(run.peek.provenance.get("threads", 1))

    for (_, threads), group in groupby(sorted(runs, key=turn), turn):
        yield threads, list(group)


def as_recorded(run: Run, executed: Mapping[str, Any]) -> Run:
    """The run with the execution settings of its record, for example its precision."""
    names = settings.execution_names(run.config)
    how = {name: value for name, value in executed.items() if name in names}
    return replace(run, config=replace(run.config, **how))
