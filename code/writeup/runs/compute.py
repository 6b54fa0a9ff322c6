"""Compute one run: data, training, evaluation."""

import contextlib
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from writeup import settings
from writeup.declare import Data, Part, resolve
from writeup.errors import UserError
from writeup.results.store import Model, Result, Trained
from writeup.runs import checkpoints, provenance, stages, weights
from writeup.runs.plan import JUDGED_BY, Run


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
