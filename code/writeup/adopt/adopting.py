"""Adoption: results recorded by another version of the code stand where both versions compute the same.

Both run the probe (`writeup.adopt.probe`), each by its own `build.py`. A run is adopted when commit REF
holds it current, its settings, data and seed are today's, every number of its part's probe is the same to
the last bit, and every definition that changed since REF ran in the probe. A setting that only one version
has is judged by the probe. The result keeps a record of it.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from writeup import settings
from writeup.errors import UserError
from writeup.identity.closure import Code, Untraceable, digest_of
from writeup.identity.fingerprint import digest
from writeup.results import store
from writeup.runs.plan import Run

if TYPE_CHECKING:
    from writeup.build import Build

Probe = Mapping[str, Any]


def adopt(build: "Build", ref: str) -> None:
    """Adopt what may be adopted, and say of each other run why not. UserError where none may be."""
    commit, tree = checkout(build.request.report.root, ref)
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
            archive.extractall(there / "tree", filter="data")
        forms = written(there / "tree" / "code")
        print(f"  what {commit} computes", flush=True)
        before = run_probe(there / "tree", build, there / "before.json")
        print("  what this version computes", flush=True)
        now = run_probe(build.request.report.root, build, there / "now.json")
    adopted, refused, done = 0, 0, set[str]()
    while True:
        # What others need comes first: with its weights their identities are known.
        todo = [run for run in build.runs if not run.waits_for and run.name not in done]
        if not todo:
            break
        for run in todo:
            done.add(run.name)
            if run.current:
                continue
            if reasons := list(objections(run, before, now, forms)):
                refused += 1
                print(f"{run.name}: not adopted: {'; '.join(reasons[:3])}")
            else:
                adopted += 1
                _record(run, commit, before, now)
                print(f"{run.name}: adopted")
        build = type(build)(build.request)
    for run in build.runs:
        if run.name not in done:
            refused += 1
            print(f"{run.name}: not adopted: {run.why()[0]}")
    print(f"{adopted} adopted, {refused} not")
    if refused and not adopted:
        raise UserError(f"nothing recorded by {ref} can be adopted")


def checkout(root: Path, ref: str) -> tuple[str, bytes]:
    """The commit that `ref` names (12 digits), and its tree as a tar archive."""

    def git(*words: str) -> bytes:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, timeout=300)
        if done.returncode:
            raise UserError(f"adopt {ref}: git says: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    commit = git("rev-parse", "--short=12", "--verify", f"{ref}^{{commit}}").decode().strip()
    return commit, git("archive", "--format=tar", commit)


def run_probe(tree: Path, build: "Build", file: Path) -> Probe:
    """The probe of the version in the folder `tree`, in a process and with a thread of its own."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    environment.pop("PYTHONPATH", None)
    if build.request.data_dir:
        environment["DATA_DIR"] = str(build.request.data_dir)
    command = [sys.executable, "build.py", "probe", str(file)]
    done = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, encoding="utf-8", errors="replace"
    )
    if done.returncode or not file.is_file():
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise UserError(f"the probe of {tree} failed: {last}")
    found: Probe = json.loads(file.read_text(encoding="utf-8"))
    return found


def written(folder: Path) -> set[tuple[str, str]]:
    """Name and digest of every definition in the packages below `folder`, whatever reaches it."""
    code = Code({path.parent.name: path.parent for path in folder.glob("*/__init__.py")})
    found = set()
    for package, root in code.packages.items():
        for path in root.rglob("*.py"):
            name = ".".join([package, *path.relative_to(root).with_suffix("").parts]).removesuffix(
                ".__init__"
            )
            try:
                module = code.module(name)
                names = module.definitions if module else {}
            except Untraceable:
                continue  # what this version's tracer does not understand is taken for changed
            for one in names:
                with suppress(Untraceable):
                    items = code.form((name, one))
                    form = [item if isinstance(item, str) else code.named(item) for item in items]
                    found.add((one, digest_of(form)))
    return found


def objections(run: Run, before: Probe, now: Probe, forms: Container[tuple[str, str]]) -> Iterator[str]:
    """Why a run may not be adopted, a text each."""
    there = before["runs"].get(f"{run.part.name}/{run.seed}")
    if there is None or not there["current"]:
        yield "not current there"
        return
    if there["fingerprint"] != run.peek.fingerprint:
        yield "another result lies here than there"
    if other := different(there["config"], settings.identity(run.config)):
        yield f"other settings: {', '.join(other)}"
    if there["data"] != run.train.inputs["data"]["sha256"]:
        yield "other data"
    ours, theirs = dict(now["parts"][run.part.name]), dict(before["parts"].get(run.part.name, {}))
    theirs["whole"] = {
        seed: found for seed, found in theirs.get("whole", {}).items() if seed in ours["whole"]
    }
    settled = different(theirs.pop("config", {}), ours.pop("config", {}))
    if settled or ours != theirs:
        differences = [*settled, *_differences(theirs, ours)]
        yield f"the probe differs: {', '.join(differences[:4])}"
    for label in sorted(changed(run, there, forms)):
        if missed := now["idle"][run.part.name].get(label):
            yield f"{label} changed and did not run in the probe (line {missed[0]})"


def different(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The settings that both versions have, with different values."""
    return [name for name in before if name in now and before[name] != now[name]]


def _differences(before: Mapping[str, Any], now: Mapping[str, Any], name: str = "") -> Iterator[str]:
    for key in sorted({*before, *now}):
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, f"{name}{key}.")
        elif old != new:
            yield f"{name}{key}"


def changed(run: Run, there: Mapping[str, Any], forms: Container[tuple[str, str]]) -> set[str]:
    """The definitions of both stages that are not written there as they are here, under the same name."""
    labels: set[str] = set()
    for name, stage in (("train", run.train), ("evaluate", run.evaluate)):
        if there.get("code", {}).get(name) == stage.inputs["code"]:
            continue
        definitions = stage.inputs["definitions"]
        theirs = there.get("definitions", {}).get(name, {})
        different = {
            label
            for label, found in definitions.items()
            if theirs.get(label) != found and (label.rpartition(".")[2], found) not in forms
        }
        labels |= different or set(definitions)  # calls may lead elsewhere although no form changed
    return labels


def _record(run: Run, commit: str, before: Probe, now: Probe) -> None:
    """Put the result under today's identity, with the record of its adoption; its data stay as they are."""
    old = dict(store.load(run.recorded).provenance)
    key = f"{run.part.name}/{run.seed}"
    record = {
        "ref": commit,
        "fingerprint": old["fingerprint"],
        "probe": digest(now["parts"][run.part.name]),
        "definitions": before["runs"][key].get("definitions"),
        "before": old.get("adopted"),
    }
    known = {name: value for name, value in old.items() if name not in ("config", "data", "source")}
    settled = old.get("train", {}).get("config", {})
    how = {name: settled[name] for name in settings.execution_names(run.config) if name in settled}
    known |= {"executed": how} if how else {}
    weights = {"weights": found} if (found := old.get("weights") or before["weights"].get(key)) else {}
    store.stamp(known | run.record | weights | {"adopted": record}, run.recorded)
