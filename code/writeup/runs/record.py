"""What makes a result: the data are loaded, a part is trained and evaluated, and what it found is encoded.

This module and `writeup.training` are all of the engine that can change a recorded number, and all of it that
enters a fingerprint (`identity.closure.RECORDING`). Anything that could change a number has to stand here.
What is called elsewhere keeps and describes: what comes back from there is used only if its digest, taken
here, is that of what went.
"""

import contextlib
import dataclasses
import hashlib
import io
import numbers
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from writeup import settings
from writeup.declare import Data, Part, resolve
from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.identity.fingerprint import digest
from writeup.results import store
from writeup.results.store import Result
from writeup.runs import checkpoints, provenance, weights
from writeup.runs.plan import JUDGED_BY, Run

Weights = Mapping[str, "np.ndarray[Any, Any]"]
Columns = Mapping[str, list[Any]]


@dataclass(frozen=True)
class Trained:
    """What the train stage of a part leaves: weights by name, and what was seen on the way.

    The other fields are those of `Findings`; the evaluation takes from them what the report shows.
    """

    weights: Weights
    scalars: Mapping[str, float] = field(default_factory=dict)
    logs: Mapping[str, Columns] = field(default_factory=dict)
    arrays: Mapping[str, "np.ndarray[Any, Any]"] = field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """Another part's trained weights with its configuration, for the part that needs it."""

    config: Any
    weights: Weights


@dataclass(frozen=True)
class Findings:
    """What the evaluate stage of a part found.

    scalars: name -> number. tables, logs: name -> columns, each a list of int, float or str (one type a
    column), all of equal length. arrays: name -> numpy array (no object dtype).
    """

    scalars: Mapping[str, float]
    tables: Mapping[str, Columns] = field(default_factory=dict)
    logs: Mapping[str, Columns] = field(default_factory=dict)
    arrays: Mapping[str, "np.ndarray[Any, Any]"] = field(default_factory=dict)


Roles = Mapping[str, Model]


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
    cache: Path | None = None  # the folder of what was trained; None: the user's


def load(data: Data, standin: bool, data_dir: Path | None) -> Any:
    """A data set, generated or real; what is handed out has the declared digest, whatever loaded it."""
    if data.generated(standin):
        return resolve(data.standin)()
    found = resolve(data.load)(data_dir)
    if (sha256 := resolve(data.digest)(found)) != data.sha256:
        raise UserError(
            f"{data.name}: what {data.load} loaded has sha256 {sha256[:12]}, declared {data.sha256[:12]}"
        )
    return found


def executed(config: Any) -> Any:
    """`config` as a run gets it: what is decided where it runs is decided."""
    return dataclasses.replace(config, **settings.execution(config))


def train(part: Part, config: Any, data: Any, *, seed: int, roles: Roles) -> Trained:
    """Train: the part's own function, with the models that its training needs."""
    trained: Trained = resolve(f"{part.code}:train")(executed(config), data, seed=seed, **roles)
    return trained


def evaluate(part: Part, config: Any, data: Any, trained: Trained, *, seed: int, roles: Roles) -> Result:
    """Evaluate: what the part's own function finds, under the part's name and seed."""
    found = resolve(f"{part.code}:evaluate")(executed(config), data, trained, seed=seed, **roles)
    return Result(
        part=part.name,
        seed=seed,
        scalars=found.scalars,
        tables=found.tables,
        logs=found.logs,
        arrays=found.arrays,
    )


def compute(run: Run, means: Means, train_roles: Roles, roles: Roles) -> Result:
    """Train, unless the cache has the weights, and evaluate; the result bears its provenance."""
    begun = provenance.started(means.root)
    try:
        data = load(run.part.data, run.standin, means.data_dir)
    except UserError as error:
        reasons = "; ".join(run.why()[:3]) or "asked for anew"
        raise UserError(f"{run.name} is not current ({reasons}) and cannot be trained: {error}") from None
    trained, trained_in = training(run, data, means, train_roles)
    evaluating = provenance.started(means.root)
    result = evaluate(run.part, run.config, data, trained, seed=run.seed, roles=roles)
    evaluated_in = provenance.finished(evaluating, run.packages)
    known = run.record | {"weights": weights_digest(trained.weights)}
    known |= provenance.of_run(trained_in, evaluated_in, begun)
    return dataclasses.replace(result, provenance=known)


def training(run: Run, data: Any, means: Means, roles: Roles) -> tuple[Trained, dict[str, Any]]:
    """The outcome of the train stage, from the cache or made now and kept there; and its circumstances."""
    path = weights.place(run.part.name, run.seed, run.train.fingerprint, means.cache)
    if not means.anew and (known := kept(path)):
        return known
    begun = provenance.started(means.root)
    how = {"executed": settings.execution(run.config)}
    folder = checkpoints.place(path) if means.keep else None
    here = provenance.finished(begun, run.packages) | how
    with checkpoints.kept_in(folder, here, anew=means.anew) as place:
        trained = train(run.part, run.config, data, seed=run.seed, roles=roles)
        circumstances = provenance.finished(begun, run.packages) | how | checkpoints.told(place)
        if means.keep:
            keep(trained, path, circumstances)
    return trained, circumstances


def model_of(part: Part, planned: Sequence[Run], means: Means) -> Model:
    """The weights of a part that others need: those of its recorded result, and no others.

    Where the cache lacks them they are trained again; if they then differ from the recorded ones, nothing may
    be computed with them, for figures of two judges do not compare.
    """
    run = next(run for run in planned if run.part.name == part.name and run.seed == JUDGED_BY)
    roles = {role: model_of(needed, planned, means) for role, needed in part.train_needs.items()}
    data = load(part.data, run.standin, means.data_dir)
    with _threads(run.peek.provenance.get("threads")):
        trained, _ = training(run, data, dataclasses.replace(means, anew=False, keep=True), roles)
    found = weights_digest(trained.weights)
    if found != run.weights:
        weights.place(part.name, run.seed, run.train.fingerprint, means.cache).unlink(missing_ok=True)
        raise UserError(
            f"{run.name}, trained again here, has other weights ({found[:12]}) than its recorded result "
            f"({str(run.weights)[:12]}); figures of both would not compare: "
            f"python build.py train computes it and all that needs it anew"
        )
    return Model(executed(run.config), trained.weights)


@contextlib.contextmanager
def _threads(recorded: int | None) -> Iterator[None]:
    """Sums in the order in which they were added up for the record: as many threads have a part of them."""
    torch = sys.modules.get("torch") if recorded else None
    before = torch.get_num_threads() if torch else 1
    if torch:
        torch.set_num_threads(recorded)
    try:
        yield
    finally:
        if torch:
            torch.set_num_threads(before)


# --- what was trained, in the cache ---


WEIGHT, ARRAY = "weight/", "array/"


def keep(trained: Trained, path: Path, circumstances: Mapping[str, Any]) -> None:
    """Write a training to the cache, with the circumstances under which it was made."""
    arrays = {f"{WEIGHT}{name}": array for name, array in trained.weights.items()}
    arrays |= {f"{ARRAY}{name}": array for name, array in trained.arrays.items()}
    told = {
        "scalars": dict(trained.scalars),
        "logs": {name: dict(columns) for name, columns in trained.logs.items()},
        "order": [list(trained.weights), list(trained.arrays)],
        "circumstances": dict(circumstances),
        "sha256": trained_digest(trained),
    }
    weights.write(path, arrays, told)


def kept(path: Path) -> tuple[Trained, dict[str, Any]] | None:
    """A training from the cache, and its circumstances; None if it is missing or is not what was written."""
    found = weights.read(path)
    if found is None:
        return None
    arrays, told = found
    trained = Trained(
        weights={name: arrays[WEIGHT + name] for name in told["order"][0]},
        scalars=told["scalars"],
        logs=told["logs"],
        arrays={name: arrays[ARRAY + name] for name in told["order"][1]},
    )
    genuine = trained_digest(trained) == told["sha256"]
    return (trained, told["circumstances"]) if genuine else None


def weights_digest(weights: Weights) -> str:
    """sha256 (hex) of names, types, shapes and values: equal weights, equal digest, whatever their order."""
    found = hashlib.sha256()
    for name, array in sorted(weights.items()):
        whole = np.ascontiguousarray(array)
        found.update(f"{name}:{whole.dtype.str}:{whole.shape}\n".encode() + whole.tobytes())
    return found.hexdigest()


def trained_digest(trained: Trained) -> str:
    """sha256 (hex) of all that a training left."""
    plain = {"scalars": dict(trained.scalars), "logs": {k: dict(v) for k, v in trained.logs.items()}}
    return digest([weights_digest(trained.weights), weights_digest(trained.arrays), plain])


# --- the record ---


def save(result: Result, folder: Path) -> None:
    """Write `result` to `folder`; what was there stays valid until the last step."""
    document, files = encode(result)
    for name, data in files.items():
        write_atomically(folder / name, data)
    store.write(document, result.provenance, folder)
    for path in folder.iterdir():
        if path.is_file() and path.name not in files and path.name != store.FILE:
            path.unlink()


def encode(result: Result) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The content of `result.json` but for the provenance, and that of the other files, by name."""
    for name, value in result.scalars.items():
        if not np.isfinite(value):
            raise UserError(
                f"{result.part}/{name}: {value} is no finite number; the run went wrong, not saved"
            )
    files: dict[str, bytes] = {}
    index: dict[str, dict[str, Any]] = {"tables": {}, "logs": {}}
    for kind, frames in (("tables", result.tables), ("logs", result.logs)):
        for name, columns in frames.items():
            data = _csv(columns)
            file = store.named(name, data, "csv")
            index[kind][name] = {"file": file, "types": {c: _type(v) for c, v in columns.items()}}
            files[file] = data
    if result.arrays:
        data = _npz(result.arrays)
        files[store.named("arrays", data, "npz")] = data
    document = {
        "format": store.FORMAT,
        "part": result.part,
        "seed": result.seed,
        "scalars": {name: float(value) for name, value in result.scalars.items()},
        "index": index,
        "arrays": next((name for name in files if name.endswith(".npz")), None),
        "files": store.digest_of(files),
    }
    return document, files


def _csv(columns: Mapping[str, list[Any]]) -> bytes:
    import pandas as pd

    text: str = pd.DataFrame(columns).to_csv(
        index=False, lineterminator="\n", float_format="%.8g", na_rep="nan"
    )
    return text.encode()


def _type(values: list[Any]) -> str:
    # numpy's numbers are registered with these; bool is Integral too, but reads better as text.
    if any(isinstance(v, bool | str) for v in values):
        return "str"
    return "int" if all(isinstance(v, numbers.Integral) for v in values) else "float"


def _npz(arrays: Mapping[str, "np.ndarray[Any, Any]"]) -> bytes:
    for name, array in arrays.items():
        if array.dtype == object:
            raise TypeError(f"array {name} has object dtype and would need pickle")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **dict(arrays))  # type: ignore[arg-type]
    return buffer.getvalue()
