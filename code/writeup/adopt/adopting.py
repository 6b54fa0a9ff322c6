"""Adoption: results recorded by another version of the code stand where both versions compute the same.

Both run the probe (`writeup.adopt.probe`), each by its own `build.py`. A run is adopted when commit REF holds
it current, its settings, data and seed are today's, every number of its part's probe is the same to the last
bit, and every definition that changed since REF ran in the probe. A setting that only one version has is
judged by the probe. The result keeps a record of it, and the cache finds what was trained.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Container, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from writeup import settings
from writeup.build import Build
from writeup.errors import UserError
from writeup.identity.closure import ENGINE, Code, Untraceable, sources
from writeup.identity.fingerprint import changes, digest
from writeup.results import store
from writeup.runs import provenance, weights
from writeup.runs.plan import Run

Probe = Mapping[str, Any]


def adopt(build: Build, ref: str) -> None:
    """Adopt what may be adopted, and say of each other run why not. UserError where none may be."""
    root = build.request.report.root
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(2) as aside:
        there = Path(name)
        commit = _checked_out(root, ref, there)
        forms = written(there)
        print(f"  what {commit} and this version compute", flush=True)
        before, now = aside.map(partial(_probed, build), (there, root))
    adopted, refused = 0, dict[str, str]()
    # What others need comes first: with its weights their identities are known.
    while todo := [run for run in build.runs if not run.current and run.name not in refused]:
        for run in [run for run in todo if not run.waits_for] or todo:
            if run.waits_for or run.part.program:  # no probe says what another program computes
                reasons = run.why()[:1]
            else:
                reasons = list(objections(run, before, now, forms))
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


def _checked_out(root: Path, ref: str, folder: Path) -> str:
    """Lay down the tree of the commit that `ref` names in a folder; its first 12 digits."""

    def git(*words: str) -> bytes:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, timeout=300)
        if done.returncode:
            raise UserError(f"adopt {ref}: git says: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    commit = git("rev-parse", "--short=12", "--verify", f"{ref}^{{commit}}").decode().strip()
    with tarfile.open(fileobj=io.BytesIO(git("archive", "--format=tar", commit))) as archive:
        archive.extractall(folder, filter="data")
    return commit


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


def written(root: Path) -> set[tuple[str, str]]:
    """Name and digest of every definition in a version's sources; what cannot be followed is left out."""
    engine = {ENGINE: Path(__file__).parents[1]}  # today's, where the version has no engine of its own
    code, found = Code(engine | sources(root)), set[tuple[str, str]]()
    for package, folder in code.packages.items():
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join([package, *parts]).removesuffix(".__init__")
            with suppress(Untraceable):
                module = code.module(name)
                for one in module.definitions if module else ():
                    with suppress(Untraceable):
                        found.add((one, code.manifest((name, one))))
    return found


def objections(run: Run, before: Probe, now: Probe, forms: Container[tuple[str, str]]) -> Iterator[str]:
    """Why a run may not be adopted, a text each."""
    there = before["runs"].get(f"{run.part.name}/{run.seed}")
    if there is None or not there["current"]:
        yield "not current there"
        return
    if there["fingerprint"] != run.peek.fingerprint:
        yield "another result lies here than there"
    was, is_now = (known["train"] for known in (run.peek.provenance, run.record))
    both = was["config"].keys() & is_now["config"].keys()
    was, is_now = (
        {name: one[name] for name in ("data", "seed")} | {name: one["config"][name] for name in both}
        for one in (was, is_now)
    )
    yield from (f"other settings: {line}" for line in changes(was, is_now))
    ours, theirs = (probe["parts"].get(run.part.name, {}) for probe in (now, before))
    if differences := list(_differences(theirs, ours)):
        yield f"the probe differs: {', '.join(differences[:4])}"
    for stage in (run.train, run.evaluate):
        for label, form in stage.closure.manifest.items():
            changed = (label.rpartition(".")[2], form) not in forms
            if changed and (missed := now["idle"][run.part.name].get(label)):
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
    settled = {
        name: old["train"]["config"][name]
        for name in settings.execution_names(run.config)
        if name in old["train"]["config"]
    }
    known = {name: value for name, value in old.items() if name != "training"} | {
        "executed": settled or old.get("executed", {}),
        "margins": provenance.margins(build.request.report.claims, run.part.name, old),
        "adopted": {
            "ref": commit,
            "fingerprint": old["fingerprint"],
            "probe": digest(now["parts"][run.part.name]),
            "before": old.get("adopted"),
        },
    }
    store.stamp(known | run.record, run.recorded)
    store.keep_definitions(run.recorded.parents[1], run.definitions)
    places = (digest(old["train"]), run.train.fingerprint)
    before, after = (weights.place(run.part.name, run.seed, fingerprint) for fingerprint in places)
    if before.is_file() and not after.exists():
        _rewrite(before, after)


def _rewrite(before: Path, after: Path) -> None:
    """Keep a training under another fingerprint. Its file may have had no digest of its own."""
    from safetensors import safe_open

    with safe_open(before, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        weights.write(after, arrays, json.loads(file.metadata()["record"]))
