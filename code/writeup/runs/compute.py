"""Compute what is not recorded: data, training, evaluation, several runs side by side."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from writeup import settings, trouble
from writeup.declare import Data, Part, resolve
from writeup.errors import UserError
from writeup.identity.closure import Code
from writeup.results import store
from writeup.results.store import Model, Result, Trained
from writeup.runs import checkpoints, parallel, provenance, stages, weights
from writeup.runs.plan import JUDGED_BY, Run, evaluate_entries, train_entries


class Missing(UserError):
    """Something has to be trained, and a package for it is not installed."""

    status = 3


@dataclass(frozen=True)
class Means:
    """With what runs are computed."""

    root: Path
    data_dir: Path | None = None
    # processes of this machine; 0: this one; None: one per core, or one alone with a GPU
    jobs: int | None = None
    dask: str | None = None  # address of a scheduler whose workers compute instead
    anew: bool = False  # train again although the cache has the weights
    keep: bool = True  # what was trained, in the cache


def load(data: Data, standin: bool, data_dir: Path | None) -> Any:
    """A data set, generated or real; what is handed out has the declared digest, whatever loaded it."""
    if data.generated(standin):
        return resolve(data.standin)()
    found = resolve(data.load)(data_dir)
    if (digest := resolve(data.digest)(found)) != data.sha256:
        raise UserError(
            f"{data.name}: what {data.load} loaded has sha256 {digest[:12]}, declared {data.sha256[:12]}"
        )
    return found


Replan = Callable[[], tuple[Sequence[Run], Sequence[Run]]]


def compute_all(
    pending: Sequence[Run],
    planned: Sequence[Run],
    means: Means,
    code: Code,
    replan: Replan = lambda: ((), ()),
    meanwhile: Callable[[], None] = parallel.idle,
) -> Iterator[tuple[Run, Result]]:
    """Compute `pending`, each by itself, side by side; yields a run with its result as soon as it is there.

    planned: all runs, among them those whose weights the pending ones need. A run that needs another pending
    one begins when that is done: `replan` then gives what is pending and planned now, for the new weights
    enter the identities. What others need comes first, then what needed it, and of each the longest, by the
    seconds that their last records took, so that no core idles at the end. meanwhile: what is done beside the
    first of them; where it raises, nothing more is computed.
    """
    if not pending:
        meanwhile()
        return
    _need_packages(pending)
    checkpoints.forget()
    needed = {need.name for run in pending for need in run.part.all_needs.values()}
    jobs = means.jobs
    if jobs is None:
        jobs = 1 if _has_gpu() else min(parallel.cores(), len(pending))
    begun: set[str] = set()

    def calls(pending: Sequence[Run], planned: Sequence[Run]) -> list[parallel.Call]:
        unfinished = {run.part.name for run in pending}
        ready = [
            run
            for run in pending
            if run.name not in begun and not unfinished & {need.name for need in run.part.all_needs.values()}
        ]
        begun.update(run.name for run in ready)
        models = {
            need.name: model_of(need, planned, means) for run in ready for need in run.part.all_needs.values()
        }
        ready.sort(key=lambda run: (run.part.name not in needed, -_last_seconds(run, means.root)))
        return [
            (
                run,
                means,
                _roles(run.part.train_needs, models),
                _roles(run.part.needs, models),
                code.packages,
                code.inert,
                code.cache,
                jobs > 1,
            )
            for run in ready
        ]

    def more(found: tuple[Run, Result]) -> list[parallel.Call]:
        return calls(*replan()) if found[0].part.name in needed else []

    yield from parallel.unordered(
        _compute_aside,
        calls(pending, planned),
        jobs=jobs,
        dask=means.dask,
        more=more,
        imported=list(dict.fromkeys(run.part.code for run in pending)),
        meanwhile=meanwhile,
    )


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
            raise Missing(
                f"{run.name} has to be trained and {error.name} is not installed: make train installs it"
            ) from None


def _has_gpu() -> bool:
    torch = sys.modules.get("torch")
    return bool(torch and torch.cuda.is_available())


def _roles(needs: Mapping[str, Part], models: Mapping[str, Model]) -> dict[str, Model]:
    return {role: models[part.name] for role, part in needs.items()}


def _compute_aside(
    run: Run,
    means: Means,
    train_roles: stages.Roles,
    roles: stages.Roles,
    packages: Mapping[str, Path],
    inert: Mapping[str, str],
    cache: Path | None,
    among_others: bool,
) -> tuple[Run, Result]:
    """`compute` in a process beside others, perhaps on another machine, where the code may differ."""
    code = Code(_here(packages), inert, cache)
    entered = train_entries(run.part, run.standin), evaluate_entries(run.part, run.standin)
    for stage, entries in zip((run.train, run.evaluate), entered, strict=True):
        if code.closure(*entries).digest != stage.inputs["code"]:
            raise UserError(f"{run.name}: this worker has other code; install the same version on it")
    kept = weights.place(run.part.name, run.seed, run.train.fingerprint)
    if means.anew and means.keep:
        weights.unseal(kept)
    with parallel.prefixed(f"[{run.part.name} {run.seed}] ") if among_others else contextlib.nullcontext():
        result = _described(run, lambda: compute(run, means, train_roles, roles))
    if means.keep:
        weights.seal(kept)
    return run, result


def _described(run: Run, work: Callable[[], Result]) -> Result:
    """What `work` gives; where code of the part raises, a UserError says which run, what and where."""
    try:
        return work()
    except (UserError, OSError, MemoryError):
        raise
    except Exception as error:
        changed = [
            f"{name} = {value!r}"
            for name, value in settings.plain(run.config).items()
            if value != settings.plain(run.part.config).get(name)
        ]
        given = f" with {', '.join(changed)}" if changed else ""
        raise UserError(f"{run.name} cannot be computed{given}: {trouble.described(error)}") from error


def _here(packages: Mapping[str, Path]) -> dict[str, Path]:
    """The folders of our packages as this process imports them."""
    import importlib.util

    found = {name: importlib.util.find_spec(name) for name in packages}
    return {
        name: Path(next(iter(spec.submodule_search_locations)))
        for name, spec in found.items()
        if spec is not None and spec.submodule_search_locations
    }


def compute(run: Run, means: Means, train_roles: stages.Roles, roles: stages.Roles) -> Result:
    """Train, unless the cache has the weights, and evaluate; the result bears its provenance."""
    begun = provenance.started(means.root)
    try:
        data = load(run.part.data, run.standin, means.data_dir)
    except UserError as error:
        raise cannot(run, str(error)) from None
    trained, circumstances = training(run, data, means, train_roles, begun)
    evaluating = provenance.started(means.root) | {"commit": begun["commit"]}
    result = stages.evaluate(run.part, run.config, data, trained, seed=run.seed, roles=roles)
    evaluated = provenance.finished(evaluating)
    known = run.record | {"weights": weights.weights_digest(trained.weights)} | circumstances
    known["seconds"] = round(circumstances["seconds"] + evaluated["seconds"], 1)
    known["peak_memory_mib"] = max(circumstances["peak_memory_mib"], evaluated["peak_memory_mib"])
    known["evaluated"] = {name: evaluated[name] for name in ("commit", "date", "seconds")}
    return replace(result, provenance=known)


def training(
    run: Run, data: Any, means: Means, roles: stages.Roles, begun: Mapping[str, Any]
) -> tuple[Trained, dict[str, Any]]:
    """The outcome of the train stage, from the cache or made now and kept there; and its circumstances."""
    path = weights.place(run.part.name, run.seed, run.train.fingerprint)
    kept = None if means.anew else weights.kept(path)
    if kept is not None and weights.trained_digest(kept.trained) == kept.sha256:
        return kept.trained, kept.circumstances
    begun = dict(begun) | {"clock": time.perf_counter()}
    executed = {"executed": settings.execution(run.config)}
    folder = checkpoints.place(path) if means.keep else None
    with checkpoints.kept_in(folder, provenance.finished(begun) | executed, anew=means.anew) as place:
        trained = stages.train(run.part, run.config, data, seed=run.seed, roles=roles)
        circumstances = provenance.finished(begun) | executed | checkpoints.told(place)
        if means.keep:
            weights.keep(trained, path, circumstances)
    return trained, circumstances


def model_of(part: Part, planned: Sequence[Run], means: Means) -> Model:
    """The weights of a part that others need: those of its recorded result, and no others.

    Where the cache lacks them they are trained again; if they then differ from the recorded ones, nothing may
    be computed with them, for figures of two judges do not compare.
    """
    run = next(run for run in planned if run.part.name == part.name and run.seed == JUDGED_BY)
    roles = {role: model_of(needed, planned, means) for role, needed in part.train_needs.items()}
    data = load(part.data, run.standin, means.data_dir)
    keeping = replace(means, anew=False, keep=True)
    with _threads(run.peek.provenance.get("threads")):
        trained, _ = training(run, data, keeping, roles, provenance.started(means.root))
    found = weights.weights_digest(trained.weights)
    if found != run.weights:
        weights.place(part.name, run.seed, run.train.fingerprint).unlink(missing_ok=True)
        raise UserError(
            f"{run.name}, trained again here, has other weights ({found[:12]}) than its recorded result "
            f"({str(run.weights)[:12]}); figures of both would not compare: "
            f"python build.py train computes it and all that needs it anew"
        )
    return Model(settings.executed(run.config), trained.weights)


@contextlib.contextmanager
def _threads(recorded: int | None) -> Iterator[None]:
    """Sums in the order in which they were added up for the record: as many threads have a part of them."""
    torch = sys.modules.get("torch")
    if torch is None or recorded is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(recorded)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def cannot(run: Run, why: str) -> UserError:
    """The one line for a result that is not current and cannot be computed here."""
    reasons = "; ".join(run.why()[:3]) or "asked for anew"
    return UserError(f"{run.name} is not current ({reasons}) and cannot be trained: {why}")
