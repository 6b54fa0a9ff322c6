"""What this version of the code computes, in short, as digests: two versions that agree may share results.

Every part is run whole at the size of a preset with generated data, with two seeds, as a recorded run is, and
once cut off after its first round and taken up again. It is trained for twenty steps on the real data at its
real shapes. All of it takes place in one process with one thread. Which lines of the definitions ran is noted
too: a definition that did not run is no evidence.
"""

import ast
import contextlib
import hashlib
import json
import sys
import tempfile
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from writeup.build import Build
from writeup.declare import Part
from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.request import Request
from writeup.results import store
from writeup.runs import checkpoints, execute, progress, record, weights
from writeup.runs.plan import Run, evaluate_entries, train_entries

SEEDS = 2
STEPS = 20
NOT_TIMED = "seconds"  # scalars with this in their name are timings


class _Enough(Exception):
    """So many steps were taken."""


def write(build: Build, file: Path) -> None:
    """Write what is recorded, what each part computes, and which lines of its code did not run for that."""
    try:
        import coverage
    except ImportError:
        raise UserError("the probe needs the package coverage: pip install -e '.[test]'") from None
    ran = coverage.Coverage(data_file=None, include=[f"{one}/*" for one in build.code.packages.values()])
    with ran.collect():
        parts = _parts(build)
    with tempfile.TemporaryDirectory() as folder:
        ran.json_report(outfile=f"{folder}/lines.json")
        lines = json.loads(Path(folder, "lines.json").read_bytes())["files"]
    missing = {Path(name).resolve(): found["functions"] for name, found in lines.items()}
    found = {
        "runs": {
            f"{run.part.name}/{run.seed}": {"current": run.current, "fingerprint": run.peek.fingerprint}
            for run in build.runs
        },
        "parts": parts,
        "idle": {part.name: _idle(build, part, missing) for part in build.request.parts},
    }
    write_atomically(file, json.dumps(found, indent=1).encode())


def _parts(build: Build) -> dict[str, Any]:
    """What each part that was asked for computes."""
    asked, report = build.request, build.request.report
    names = [part.name for part in asked.parts if not part.program]
    if not names:
        return {}
    small = next((name for name, preset in report.presets.items() if preset.standins), asked.preset)
    request = Request.of(report, preset=small, seeds=SEEDS, only=names)
    with tempfile.TemporaryDirectory() as name:
        request = replace(request, stores=(Path(name, "results"),), data_dir=asked.data_dir)
        means = record.Means(report.root, asked.data_dir, jobs=0, cache=Path(name, "weights"))
        runs = _computed(request, means)
        real = cache(partial(record.load, standin=False, data_dir=asked.data_dir))
        found: dict[str, Any] = {part.name: {"whole": {}} for part in request.parts}
        for run in runs:
            models = {role: record.model_of(need, runs, means) for role, need in run.part.train_needs.items()}
            part = found[run.part.name]
            part["whole"][str(run.seed)] = _left(run, means) | {"random": _resumed(run, models, means)}
            if run.seed == 0:
                config = asked.configs[run.part.name]
                part["steps"] = _first_steps(run.part, config, models, real(run.part.data))
        return found


def _computed(request: Request, means: record.Means) -> list[Run]:
    """All runs of a request, recorded."""

    def replan() -> tuple[list[Run], list[Run]]:
        build = Build(request)
        return build.pending, build.runs

    for run, result in execute.compute_all(*replan(), means, Build(request).code, replan):
        record.save(result, run.folder)
    return Build(request).runs


def _left(run: Run, means: record.Means) -> dict[str, Any]:
    """What a run left: weights, numbers, recorded files."""
    kept, scalars = _kept(run, means), store.load(run.recorded).scalars
    files = [path for path in run.recorded.iterdir() if path.name != store.FILE]
    return {
        # Of the values alone, whatever their names and order: names may change with the code.
        "weights": _sha("".join(sorted(_sha(one.tobytes()) for one in kept.weights.values())).encode()),
        "scalars": {name: value for name, value in scalars.items() if NOT_TIMED not in name},
        "files": sorted(_sha(path.read_bytes()) for path in files),
    }


def _kept(run: Run, means: record.Means) -> record.Trained:
    """What a training left but for what it measured of itself."""
    known = record.kept(weights.place(run.part.name, run.seed, run.train.fingerprint, means.cache))
    assert known is not None
    return _untimed(known[0])


def _untimed(trained: record.Trained) -> record.Trained:
    return replace(trained, scalars={k: v for k, v in trained.scalars.items() if NOT_TIMED not in k})


def _resumed(run: Run, roles: record.Roles, means: record.Means) -> str:
    """The random state that a training leaves that is cut off and taken up again.

    UserError if it leaves anything else than one that is not; a part without rounds is not cut off.
    """
    data = record.load(run.part.data, run.standin, means.data_dir)

    def train(limit: float) -> record.Trained:
        with checkpoints.kept_in(run.folder / "parts", {}, first=0.0, share=np.inf, limit=limit):
            return record.train(run.part, run.config, data, seed=run.seed, roles=roles)

    with contextlib.suppress(checkpoints.CutOff):
        train(1)
    again, whole = map(record.trained_digest, (_untimed(train(np.inf)), _kept(run, means)))
    if again != whole:
        raise UserError(f"{run.name}: a training that is cut off and taken up again ends otherwise")
    return _sha(_random_state())


def _first_steps(part: Part, config: Any, roles: record.Roles, data: Any) -> str:
    """Digest of the losses of the first steps at real shapes, and of the random state after them.

    A part without `writeup.training` tells no losses, and is trained to its end.
    """
    losses: list[str] = []

    def hear(run: str, event: progress.Event) -> None:
        if isinstance(event, progress.Step) and event.loss is not None:
            losses.append(event.loss.hex())
            if len(losses) == STEPS:
                raise _Enough

    with progress.heard_by(hear), contextlib.suppress(_Enough):
        record.train(part, config, data, seed=0, roles=roles)
    return _sha(" ".join(losses).encode() + _random_state())


def _random_state() -> bytes:
    torch = sys.modules.get("torch")
    state: Any = torch.get_rng_state().numpy() if torch else np.random.get_state(legacy=False)["state"]["key"]
    return bytes(state.tobytes())


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _idle(build: Build, part: Part, missing: dict[Path, Any]) -> dict[str, list[int]]:
    """By definition that a part reaches, the lines that did not run and are no error, if there are any."""
    found: dict[str, list[int]] = {}
    for entries in (train_entries(part, False), evaluate_entries(part, False)):
        for label, (module, name) in build.code.closure(*entries, recording=True).places.items():
            path = build.code.file(module)
            assert path is not None
            for function, lines in missing.get(path.resolve(), {}).items():
                left = set(lines["missing_lines"]) - _errors(path)
                if f"{function}.".startswith(f"{name}.") and left:
                    found[label] = sorted({*found.get(label, []), *left})
    return found


def _errors(path: Path) -> set[int]:
    """The lines of blocks that end in an error, which gives no result."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        for block in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(block, list) and block and isinstance(block[-1], ast.Raise):
                first = node if isinstance(node, ast.ExceptHandler) else block[0]
                lines.update(range(first.lineno, (block[-1].end_lineno or 0) + 1))
    return lines
