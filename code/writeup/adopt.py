"""Adoption: results recorded by another version of the code stand where both versions compute the same.

Both versions write a probe, by their own `build.py`: digests of what each part computes, run whole at the
size of a preset with generated data and two seeds, and trained for twenty steps on the real data at its real
shapes, in one process with one thread; and the lines of its definitions that did not run for that. A run is
adopted when commit REF holds it current, its settings, data and seed are today's, every number of its part's
probe is the same to the last bit, and every definition that is not as recorded ran in the probe. A setting
that only one version has is judged by the probe. The result keeps a record of it, and the cache finds what
was trained.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from writeup import commits, settings
from writeup.build import Build
from writeup.declare import Part
from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.identity.fingerprint import changes, digest
from writeup.request import Request
from writeup.results import store
from writeup.runs import execute, progress, provenance, record, weights
from writeup.runs.plan import Run, entries

SEEDS, STEPS = 2, 20
Probe = Mapping[str, Any]


def adopt(build: Build, ref: str) -> None:
    """Adopt what may be adopted, and say of each other run why not. UserError where none may be."""
    root = build.request.report.root
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(2) as aside:
        there = Path(name)
        commit = commits.lay_down(root, ref, there)
        print(f"  what {commit} and this version compute", flush=True)
        before, now = aside.map(partial(_probed, build), (there, root))
    adopted, refused = 0, dict[str, str]()
    # What others need comes first: with its weights their identities are known.
    while todo := [run for run in build.runs if not run.current and run.name not in refused]:
        for run in [run for run in todo if not run.waits_for] or todo:
            if run.waits_for or run.part.program:  # no probe says what another program computes
                reasons = run.why()[:1]
            else:
                reasons = list(objections(run, before, now))
            if reasons:
                refused[run.name] = "; ".join(reasons[:3])
            else:
                adopted += 1
                _record(build, run, commit, now)
            print(f"{run.name}: {f'not adopted: {refused[run.name]}' if reasons else 'adopted'}")
        build = Build(build.request)
    print(f"{adopted} adopted, {len(refused)} not")
    if refused and not adopted:
        raise UserError(f"nothing recorded by {ref} can be adopted")


def _probed(build: Build, tree: Path) -> Probe:
    """The probe of the version in the folder `tree`, in a process and with a thread of its own."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    if build.request.data_dir:
        environment["DATA_DIR"] = str(build.request.data_dir)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "probe.json")
        command = [sys.executable, "build.py", "probe", str(file)]
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True)
        if done.returncode or not file.is_file():
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["no word"]
            raise UserError(f"the probe of {tree} failed: {said[-1]}")
        found: Probe = json.loads(file.read_bytes())
        return found


def objections(run: Run, before: Probe, now: Probe) -> Iterator[str]:
    """Why a run may not be adopted, a text each."""
    there = before["runs"].get(f"{run.part.name}/{run.seed}")
    if there is None or not there["current"]:
        yield "not current there"
        return
    if there["fingerprint"] != run.peek.fingerprint:
        yield "another result lies here than there"
    known = run.peek.provenance
    sides = known["train"], run.record["train"]
    both = sides[0]["config"].keys() & sides[1]["config"].keys()
    was, is_now = (
        {name: one[name] for name in ("data", "seed")} | {name: one["config"][name] for name in both}
        for one in sides
    )
    yield from (f"other settings: {line}" for line in changes(was, is_now))
    ours, theirs = (probe["parts"].get(run.part.name, {}) for probe in (now, before))
    if differences := list(_differences(theirs, ours)):
        yield f"the probe differs: {', '.join(differences[:4])}"
    for name, stage in (("train", run.train), ("evaluate", run.evaluate)):
        there = store.definitions(run.recorded.parents[1], known[name]["code"]) or {}
        forms = {(label.rpartition(".")[2], form) for label, form in there.items()}  # it may have moved
        for label, form in stage.closure.manifest.items():
            missed = now["idle"][run.part.name].get(label)
            if missed and (label.rpartition(".")[2], form) not in forms:
                yield f"{label} changed and did not run in the probe (line {missed[0]})"


def _differences(theirs: Any, ours: Any, name: str = "") -> Iterator[str]:
    """The names of what this version computes that the other did not compute alike, or not at all."""
    if not isinstance(ours, Mapping):
        yield from [name] if ours != theirs else []
        return
    for key, value in ours.items():
        other = theirs.get(key) if isinstance(theirs, Mapping) else None
        yield from _differences(other, value, f"{name}.{key}".lstrip("."))


def _record(build: Build, run: Run, commit: str, now: Probe) -> None:
    """Put the result under today's identity, with the record of its adoption; its data stay as they are."""
    old = store.load(run.recorded).provenance
    config = old["train"]["config"]
    settled = {name: config[name] for name in settings.execution_names(run.config) if name in config}
    adopted = {"ref": commit, "fingerprint": old["fingerprint"], "before": old.get("adopted")}
    known = {
        **old,
        "executed": settled or old.get("executed", {}),
        "margins": provenance.margins(build.request.report.claims, run.part.name, old),
        "adopted": adopted | {"probe": digest(now["parts"][run.part.name])},
    }
    store.stamp(known | run.record, run.recorded)
    store.keep_definitions(run.recorded.parents[1], run.definitions)
    trained = digest(old["train"]), run.train.fingerprint
    before, after = (weights.place(run.part.name, run.seed, one) for one in trained)
    if before.is_file() and not after.exists():
        write_atomically(after, before.read_bytes())


class _Enough(Exception):
    """So many steps were taken."""


def write_probe(build: Build, file: Path) -> None:
    """Write what is recorded, what each part computes, and which lines of its code did not run for that."""
    try:
        import coverage
    except ImportError:
        raise UserError("the probe needs the package coverage: pip install -e '.[test]'") from None
    ran = coverage.Coverage(data_file=None, include=[f"{one}/*" for one in build.code.packages.values()])
    ran.exclude(r"^\s*raise\b")  # an error gives no result
    with ran.collect():
        parts = _computed(build)
    with tempfile.TemporaryDirectory() as folder:
        ran.json_report(outfile=f"{folder}/lines.json")
        lines = json.loads(Path(folder, "lines.json").read_bytes())["files"]
    missing = {Path(name).resolve(): found["functions"] for name, found in lines.items()}
    runs = {
        f"{run.part.name}/{run.seed}": {"current": run.current, "fingerprint": run.peek.fingerprint}
        for run in build.runs
    }
    idle = {part.name: _idle(build, part, missing) for part in build.request.parts}
    write_atomically(file, json.dumps({"runs": runs, "parts": parts, "idle": idle}).encode())


def _computed(build: Build) -> dict[str, Any]:
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

        def replan() -> tuple[list[Run], list[Run]]:
            build = Build(request)
            return build.pending, build.runs

        for run, result in execute.compute_all(*replan(), means, Build(request).code, replan):
            record.save(result, run.folder)
        runs = Build(request).runs
        real = cache(partial(record.load, standin=False, data_dir=asked.data_dir))
        found: dict[str, Any] = {part.name: {"whole": {}} for part in request.parts}
        for run in runs:
            models = {role: record.model_of(need, runs, means) for role, need in run.part.train_needs.items()}
            part = found[run.part.name]
            part["whole"][str(run.seed)] = _left(run, means)
            if run.seed == 0:
                config = asked.configs[run.part.name]
                part["steps"] = _first_steps(run.part, config, models, real(run.part.data))
        return found


def _left(run: Run, means: record.Means) -> dict[str, Any]:
    """What a run left: weights, numbers, recorded files."""
    known = record.kept(weights.place(run.part.name, run.seed, run.train.fingerprint, means.cache))
    assert known is not None
    arrays, scalars = known[0].weights.values(), store.load(run.recorded).scalars
    files = [path for path in run.recorded.iterdir() if path.name != store.FILE]
    return {
        # Of the values alone, whatever their names and order: names may change with the code.
        "weights": _sha("".join(sorted(_sha(one.tobytes()) for one in arrays)).encode()),
        "scalars": {name: value for name, value in scalars.items() if store.TIMED not in name},
        "files": sorted(_sha(path.read_bytes()) for path in files),
    }


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
    torch = sys.modules.get("torch")
    state: Any = torch.get_rng_state().numpy() if torch else np.random.get_state(legacy=False)["state"]["key"]
    return _sha(" ".join(losses).encode() + bytes(state.tobytes()))


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _idle(build: Build, part: Part, missing: dict[Path, Any]) -> dict[str, list[int]]:
    """By definition that a part reaches, the lines that did not run and raise no error, if there are any."""
    found: dict[str, list[int]] = {}
    for of_stage in entries(part, False):
        for label, (module, name) in build.code.closure(*of_stage, recording=True).places.items():
            path = build.code.file(module)
            assert path is not None
            for function, lines in missing.get(path.resolve(), {}).items():
                if f"{function}.".startswith(f"{name}.") and lines["missing_lines"]:
                    found[label] = sorted({*found.get(label, []), *lines["missing_lines"]})
    return found
