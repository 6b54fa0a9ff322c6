"""What this version of the code computes, in short, as digests: two versions that agree may share results.

Every part that is asked for is run whole at the size of the preset with generated data, with its own flags
and two seeds, by the very functions that compute a recorded run, and trained for twenty steps on the real
data at its real shapes; all in one thread. Which lines of the definitions ran is noted too: a definition
that did not run is no evidence.
"""

import ast
import contextlib
import hashlib
import io
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from writeup import settings, steps
from writeup.declare import Part
from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.identity.closure import Closure, Code, Place
from writeup.request import Request
from writeup.results import store
from writeup.runs import progress, record, weights
from writeup.runs.plan import Run, evaluate_entries, train_entries

if TYPE_CHECKING:
    from writeup.build import Build

SEEDS = 2
STEPS = 20
NOT_TIMED = "seconds"  # scalars with this in their name are timings


class _Enough(Exception):
    """So many steps were taken."""


def write(build: "Build", file: Path) -> None:
    """Run the probe and write to `file`: recorded runs, what each part computed, what of its code ran."""
    try:
        import coverage
    except ImportError:
        raise UserError("the probe needs the package coverage: pip install -e '.[test]'") from None
    ran = coverage.Coverage(data_file=None, source=[str(folder) for folder in build.code.packages.values()])
    ran.start()
    try:
        parts = _probe(build)
    finally:
        ran.stop()
    lines = {Path(name): set(ran.get_data().lines(name) or ()) for name in ran.get_data().measured_files()}
    idle = {part.name: _idle(build.code, part, lines) for part in build.request.parts}
    found = {
        "runs": {f"{run.part.name}/{run.seed}": _recorded(run) for run in build.runs},
        "weights": {f"{run.part.name}/{run.seed}": run.weights for run in build.runs if run.weights},
        "parts": parts,
        "idle": idle,
    }
    write_atomically(file, json.dumps(found, indent=1).encode())


def _recorded(run: Run) -> dict[str, Any]:
    """A recorded run: is it current, and what are its inputs."""
    both = {"train": run.train, "evaluate": run.evaluate}
    return {
        "current": run.current,
        "fingerprint": run.peek.fingerprint,
        "config": settings.identity(run.config),
        "data": run.train.inputs["data"]["sha256"],
        "code": {name: stage.inputs["code"] for name, stage in both.items()},
        "definitions": {name: dict(stage.inputs["definitions"]) for name, stage in both.items()},
    }


def _probe(build: "Build") -> dict[str, Any]:
    report, data_dir = build.request.report, build.request.data_dir
    generated = [name for name, preset in report.presets.items() if preset.standins]
    preset = generated[0] if generated else build.request.preset
    real = {part.data.name: record.load(part.data, False, data_dir) for part in build.request.parts}
    with tempfile.TemporaryDirectory() as name, _kept_in(Path(name) / "weights"), _states() as states:
        data = str(data_dir) if data_dir else None
        only = [part.name for part in build.request.parts]
        request = Request.of(report, preset=preset, seeds=SEEDS, only=only, data_dir=data, jobs=0)
        request = replace(request, stores=(Path(name) / "results",))
        one_thread()
        found = _trained(type(build)(request), states)
        small = type(build)(request)
        for part in request.parts:
            needs = part.train_needs.items()
            models = {role: record.model_of(need, small.runs, _means(small)) for role, need in needs}
            config = build.request.configs[part.name]
            steps = first_steps(part, config, real[part.data.name], models)
            found[part.name] |= {"config": settings.identity(request.configs[part.name]), "steps": steps}
    return found


def _trained(build: "Build", states: Mapping[tuple[str, int], str]) -> dict[str, Any]:
    """What every part left, when what is missing was computed."""
    with contextlib.redirect_stdout(io.StringIO()):
        steps.train(build)
    done = type(build)(build.request)
    parts = done.request.parts
    return {part.name: _whole([run for run in done.runs if run.part is part], states) for part in parts}


def _means(build: "Build") -> record.Means:
    return record.Means(build.request.report.root, build.request.data_dir)


def _whole(runs: Sequence[Run], states: Mapping[tuple[str, int], str]) -> dict[str, Any]:
    """What the runs of a part at small size left: weights, random state, numbers, recorded files; by seed."""
    found = {}
    for run in runs:
        kept = weights.kept(weights.place(run.part.name, run.seed, run.train.fingerprint))
        assert kept is not None
        result = store.load(run.recorded)
        document = json.loads((run.recorded / store.FILE).read_text(encoding="utf-8"))
        found[str(run.seed)] = {
            "weights": weights_digest(kept.trained.weights),
            "random": states[run.part.name, run.seed],
            "scalars": {name: value for name, value in result.scalars.items() if NOT_TIMED not in name},
            "files": sorted(document["sha256"].values()),
        }
    return {"whole": found}


@contextlib.contextmanager
def _kept_in(folder: Path) -> Iterator[None]:
    """Trainings are kept in a folder of the probe's own."""
    before = weights.folder
    weights.folder = lambda: folder
    try:
        yield
    finally:
        weights.folder = before


@contextlib.contextmanager
def _states() -> Iterator[dict[tuple[str, int], str]]:
    """The global random state that each training leaves, by part and seed."""
    states: dict[tuple[str, int], str] = {}
    train = record.train

    def watched(part: Part, config: Any, data: Any, *, seed: int, roles: record.Roles) -> Any:
        trained = train(part, config, data, seed=seed, roles=roles)
        states[part.name, seed] = random_state()
        return trained

    record.train = watched
    try:
        yield states
    finally:
        record.train = train


def one_thread() -> None:
    """Sums in one order only: with several threads their number would count."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


def random_state() -> str:
    """Digest of the global random state that a training leaves."""
    if torch := sys.modules.get("torch"):
        return _sha(torch.get_rng_state().numpy().tobytes())
    state: Any = np.random.get_state(legacy=False)
    return _sha(state["state"]["key"].tobytes())


def weights_digest(arrays: Mapping[str, "np.ndarray[Any, Any]"]) -> str:
    """Of the values of all weights, whatever their names and order: names may change with the code."""
    return _sha("".join(sorted(_sha(np.ascontiguousarray(a).tobytes()) for a in arrays.values())).encode())


def first_steps(part: Part, config: Any, data: Any, roles: record.Roles) -> str:
    """Digest of the losses of the first steps at real shapes, and of the random state after them."""
    losses: list[str] = []
    one_thread()
    with _observing(losses), contextlib.suppress(_Enough):
        record.train(part, config, data, seed=0, roles=roles)
    state = sys.modules["torch"].get_rng_state().numpy().tobytes() if "torch" in sys.modules else b""
    return _sha(" ".join(losses).encode() + state)


@contextlib.contextmanager
def _observing(losses: list[str]) -> Iterator[None]:
    """Keep the losses of STEPS steps, then stop; a part without `writeup.training` has none and goes on."""

    def hear(run: str, event: progress.Event) -> None:
        if isinstance(event, progress.Step) and event.loss is not None:
            losses.append(event.loss.hex())
            if len(losses) == STEPS:
                raise _Enough

    with progress.heard_by(hear):
        yield


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- what ran ---


def closures(code: Code, part: Part, standin: bool = False) -> dict[str, Closure]:
    """What the stages of a part reach."""
    return {
        "train": code.closure(*train_entries(part, standin)),
        "evaluate": code.closure(*evaluate_entries(part, standin)),
    }


def _idle(code: Code, part: Part, lines: Mapping[Path, set[int]]) -> dict[str, list[int]]:
    """By definition that a part reaches, the lines that did not run; those that ran whole are left out."""
    found = {}
    for closure in closures(code, part).values():
        for label, place in closure.places.items():
            path = code.file(place[0])
            assert path is not None
            if missed := sorted(_missed(path, place, lines.get(path, set()))):
                found[label] = missed
    return found


def _missed(path: Path, place: Place, ran: set[int]) -> Iterator[int]:
    """Lines of statements of a function or class that did not run; a constant ran when it was imported."""
    for node in ast.parse(path.read_bytes()).body:
        if getattr(node, "name", None) == place[1]:
            for inner in ast.walk(node):
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from _missed_in(inner.body, ran)


def _missed_in(body: list[ast.stmt], ran: set[int]) -> Iterator[int]:
    for node in body:
        constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if constant or isinstance(node, ast.Raise | ast.Pass | ast.Global | ast.Nonlocal | ast.AnnAssign):
            continue  # an error is no result
        inner: list[list[ast.stmt]] = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
        inner += [handler.body for handler in getattr(node, "handlers", [])]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = []  # visited by themselves
        first = inner[0][0].lineno - 1 if inner and inner[0] else node.end_lineno or node.lineno
        if not ran & set(range(node.lineno, max(first, node.lineno) + 1)):
            yield node.lineno
        for block in inner:
            if not (block and isinstance(block[-1], ast.Raise)):  # what ends in an error gives no result
                yield from _missed_in(block, ran)
