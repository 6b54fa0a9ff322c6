"""Compute all that is not recorded: in which order, where, and what is refused before the first run."""

import contextlib
import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from pathlib import Path
from typing import Any

from writeup import settings, trouble
from writeup.declare import Part, resolve
from writeup.errors import PackageMissing, UserError
from writeup.identity.closure import Code
from writeup.results import store
from writeup.results.store import Result
from writeup.runs import checkpoints, executors, program, progress, provenance, record, seen
from writeup.runs.plan import Run, entries


def refuse_impossible(runs: Sequence[Run], declared: Mapping[str, Any], data_dir: Path | None) -> None:
    """UserError names the first field that cannot be what it is, of the runs with other settings than the
    `declared` ones of the preset: those are tried by tests, and their data need not be loaded twice.
    """
    asked = {run.part.name: run for run in runs if run.config != declared[run.part.name]}
    for name, run in asked.items():
        if not run.part.possible:
            continue
        data = record.load(run.part.data, run.standin, data_dir)
        for field, allowed in resolve(run.part.possible)(run.config, data):
            value = getattr(run.config, field)
            raise UserError(f"{name}.{field}: {value!r} cannot be; allowed: {allowed}")


Replan = Callable[[], tuple[Sequence[Run], Sequence[Run]]]
Call = tuple[Any, ...]  # of `_compute_aside`; the run first


def compute_all(
    pending: Sequence[Run],
    planned: Sequence[Run],
    means: record.Means,
    code: Code,
    replan: Replan = lambda: ((), ()),
    meanwhile: Callable[[], None] = lambda: None,
    hear: progress.Hearer = progress.nobody,
    threads: int | None = None,
) -> Iterator[tuple[Run, Result]]:
    """Compute `pending`, each by itself, side by side; yields a run with its result as soon as it is there.

    planned: all runs, among them those whose weights the pending ones need. A run that needs another pending
    one begins when that is done: `replan` then gives what is pending and planned now, for the new weights
    enter the identities. What others need comes first, then what needed it, and of each the longest, by the
    seconds that their last records took, so that no core idles at the end. meanwhile: what is done beside the
    first of them. hear: is told how far they are.

    Raises UserError: at once where code of a part or `meanwhile` raises, and nothing more is computed; at the
    end where runs lost their process, for the others go on.
    """
    if not pending:
        meanwhile()
        return
    _need_packages(pending)
    checkpoints.forget()
    needed = {need.name for run in pending for need in run.part.all_needs.values()}
    jobs = means.jobs
    if jobs is None:
        torch = sys.modules.get("torch")
        jobs = 1 if torch and torch.cuda.is_available() else min(executors.cores(), len(pending))
    here = jobs == 0 and not means.dask
    at_once = sys.maxsize if means.dask else max(1, jobs)
    imported = list(dict.fromkeys(run.part.code for run in pending))
    if "torch" in sys.modules:
        imported.append("torch._dynamo")  # takes seconds, which torch puts off until an optimizer is made
    begun: set[str] = set()
    under_way: dict[Future[Result], Run] = {}
    lost: list[str] = []

    def calls(pending: Sequence[Run], planned: Sequence[Run]) -> list[Call]:
        """Those that can begin now."""
        unfinished = {run.part.name for run in pending}
        ready = [
            run
            for run in pending
            if run.name not in begun and not unfinished & {need.name for need in run.part.all_needs.values()}
        ]
        begun.update(run.name for run in ready)
        needs = {need.name: need for run in ready for need in run.part.all_needs.values()}
        models = {}
        for name, need in needs.items():
            with progress.heard_by(hear, run=name):
                models[name] = record.model_of(need, planned, means)
        ready.sort(key=lambda run: (run.part.name not in needed, -_last_seconds(run, means.root)))
        aside = not here and not means.dask
        roles = [[_roles(of, models) for of in (run.part.train_needs, run.part.needs)] for run in ready]
        return [(run, means, *of, code.packages, aside) for run, of in zip(ready, roles, strict=True)]

    waiting = calls(pending, planned)
    if here:  # where a run is made as soon as it is submitted
        meanwhile()
    with executors.opened(jobs, means.dask, imported, hear, threads) as executor:

        def fill() -> None:
            while waiting and len(under_way) < at_once:
                call = waiting.pop(0)
                under_way[executor.submit(_compute_aside, *call)] = call[0]

        fill()
        if not here:
            meanwhile()
        while under_way:
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                run = under_way.pop(future)
                hear(run.name, None)
                try:
                    yield run, future.result()
                except executors.Lost as error:
                    lost.append(f"{run.name}: {error}")
                else:
                    waiting[:0] = calls(*replan()) if run.part.name in needed else []
                fill()
    if lost:
        raise UserError("; ".join(lost))


def _last_seconds(run: Run, root: Path) -> float:
    """Of the run itself; where it has no record, of the first preset's, which tells long parts from short."""
    first = root / "report" / "results" / run.part.name / f"seed-{run.seed}"
    known = run.peek.provenance or store.peek(first).provenance
    return float(known.get("seconds", 1e9))


def _need_packages(pending: Sequence[Run]) -> None:
    for run in pending:
        try:
            resolve(f"{run.part.code}:train")
        except ModuleNotFoundError as error:
            raise PackageMissing(
                f"{run.name} has to be trained and {error.name} is not installed: make train installs it"
            ) from None


def _roles(needs: Mapping[str, Part], models: Mapping[str, record.Model]) -> dict[str, record.Model]:
    return {role: models[part.name] for role, part in needs.items()}


def _compute_aside(
    run: Run,
    means: record.Means,
    train_roles: record.Roles,
    roles: record.Roles,
    packages: Mapping[str, Path],
    aside: bool,
) -> Result:
    """`compute`, perhaps on another machine, where the code may differ. aside: in a process that is heard."""
    code = Code(_here(packages))
    entered = entries(run.part, run.standin)
    for stage, of_stage in zip((run.train, run.evaluate), entered, strict=True):
        if code.closure(*of_stage, recording=True).digest != stage.inputs["code"]:
            raise UserError(f"{run.name}: this worker has other code; install the same version on it")
    loaded = frozenset(sys.modules)
    with progress.heard_by(run=run.name), progress.lines_told() if aside else contextlib.nullcontext():
        progress.tell(progress.BEGUN)
        with program.under_way(run.part, means.root):
            result = _described(run, lambda: record.compute(run, means, train_roles, roles))
    if run.imported:
        return replace(result, provenance={**result.provenance, **provenance.ELSEWHERE})
    followed = code.closure(*entered[0], *entered[1], recording=True)
    used = seen.merged()  # a program of its own reads what it is given
    if not run.part.program:
        beside = seen.beside(run.part, code, followed, means.root, loaded)
        used = seen.merged(result.provenance.get("seen", {}), beside)
    files = [code.file(module) for module, _ in followed.places.values()]
    files += [means.root / name for name in (*used["files"], *run.train.inputs.get("reads", ()))]
    known = provenance.marked(result.provenance, means.root, [path for path in files if path])
    return replace(result, provenance={**known, "seen": used})


def _described(run: Run, work: Callable[[], Result]) -> Result:
    """What `work` gives; if code of the part raises, a UserError says which run, what and where."""
    declared = settings.plain(run.part.config)
    changed = [f"{n} = {v!r}" for n, v in settings.plain(run.config).items() if v != declared.get(n)]
    given = f" with {', '.join(changed)}" if changed else ""
    with (
        trouble.told(f"{run.name} cannot be computed{given}"),
        warnings.catch_warnings(record=True) as warned,
    ):
        found = work()
    # Of a run that fails its error says why; where it does not, each warning is a line.
    for text in dict.fromkeys(f"{one.category.__name__}: {one.message}" for one in warned):
        progress.tell(trouble.one_line(text))
    return found


def _here(packages: Iterable[str]) -> dict[str, Path]:
    """Our packages and modules as this process imports them."""
    specs = {name: importlib.util.find_spec(name) for name in packages}
    found = {
        name: [*(one.submodule_search_locations or ()), one.origin] for name, one in specs.items() if one
    }
    return {name: Path(str(places[0])) for name, places in found.items()}
