"""Where and when a result was computed: what is true of the machine and the moment, not of the result."""

import importlib.metadata
import os
import platform
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from writeup.declare import Claim
from writeup.runs import seen

KIB_PER_MIB = 1024 if platform.system() == "Linux" else 1024**2  # macOS counts in bytes
WHO = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
COSTS = "seconds", "processor_seconds", "peak_memory_mib"
ELSEWHERE = {  # of a run that somebody else made: nothing of it is known but when it was read
    **dict.fromkeys(("commit", "machine"), "not computed here"),
    **dict.fromkeys(COSTS, 0),
    "versions": {},
    "trained": {},
    "evaluated": {},
    "seen": seen.merged(),
}
CPUINFO = Path("/proc/cpuinfo")


def started(root: Path) -> dict[str, Any]:
    """Commit and time, taken when the work starts: the code that runs is the code of this moment."""
    return {
        "commit": commit(root),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "clock": time.perf_counter(),
        "busy": _busy(),
        "root": root,
        "notes": seen.begin(),
    }


def finished(start: Mapping[str, Any], packages: Iterable[str]) -> dict[str, Any]:
    """The circumstances of what began at `start` (of `started`) and ends now, in this process.

    packages: the modules of others that it used, whose versions are told.
    """
    torch = sys.modules.get("torch")
    return {
        "commit": start["commit"],
        "date": start["date"],
        "seconds": round(time.perf_counter() - start["clock"], 1),
        "processor_seconds": round(_busy() - start["busy"], 1),
        "versions": versions(packages),
        "machine": machine(),
        "threads": torch.get_num_threads() if torch else 1,
        "seen": start["notes"].told(start["root"]),
        "peak_memory_mib": max(resource.getrusage(who).ru_maxrss for who in WHO) // KIB_PER_MIB,  # so far
    }


def _busy() -> float:
    """Seconds of processor time of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


def of_run(
    trained: Mapping[str, Any], evaluated: Mapping[str, Any], begun: Mapping[str, Any]
) -> dict[str, Any]:
    """What a record says of its run. trained, evaluated: of `finished`; the training may be an earlier one.

    What each of them cost is told apart; None: not known. The largest process is the process so far.
    """
    parts = {
        "trained": {name: trained.get(name) for name in COSTS},
        "evaluated": {name: evaluated[name] for name in ("date", *COSTS)} | {"commit": begun["commit"]},
    }
    if differ(trained["versions"], evaluated["versions"]):
        parts["evaluated"]["versions"] = evaluated["versions"]
    for name in ("machine", "threads"):
        if trained.get(name) != evaluated.get(name):
            parts["evaluated"][name] = evaluated[name]
    costs = list(zip(*([part[name] for name in COSTS] for part in parts.values()), strict=True))
    seconds, busy = (None if None in pair else round(sum(pair), 1) for pair in costs[:2])
    whole = dict(zip(COSTS, (seconds, busy, max(filter(None, costs[2]))), strict=True))
    used = seen.merged(trained.get("seen", {}), evaluated.get("seen", {}))
    return {**trained, **whole, **parts, "seen": used}


def margins(claims: Sequence[Claim], part: str, before: Mapping[str, Any]) -> dict[str, float]:
    """The margins of the claims that compare a part, as they stood when it was recorded first.

    before: the provenance of the result that this one replaces.
    """
    now = {one.name: one.measure.margin for one in claims if part in (item.name for item in one.of)}
    return {name: before.get("margins", {}).get(name, margin) for name, margin in now.items()}


def versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of Python and of packages, as they are installed here, by the names to install them by."""
    found = {"python": platform.python_version()}
    for package in sorted(packages):
        for name in _distributions(package):
            found[name] = importlib.metadata.version(name)
    return found


def differ(recorded: Mapping[str, str], others: Mapping[str, str]) -> list[str]:
    """The versions that are not the same, of those in both: "torch 2.9.0, here 2.9.1"."""
    return [
        f"{name} {version}, here {others[name]}"
        for name, version in recorded.items()
        if others.get(name, version) not in (version, version.partition("+")[0])
    ]


def installed(recorded: Mapping[str, str]) -> dict[str, str]:
    """Which versions of these are installed here; "none" where none is."""
    found = {"python": platform.python_version()}
    for name in recorded.keys() - found.keys():
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "none"
    return found


def _distributions(package: str) -> list[str]:
    """What has to be installed for a module; nothing where that is not known."""
    try:
        importlib.metadata.version(package)
        return [package]
    except importlib.metadata.PackageNotFoundError:
        return list(dict.fromkeys(importlib.metadata.packages_distributions().get(package, [])))


def commit(root: Path) -> str:
    """The commit of the working tree; + where tracked files differ from it, but for what a build writes."""

    try:
        changed = _git(root, "status", "--porcelain", "-uno", "--", ".", ":(exclude)report")
        return _git(root, "rev-parse", "--short=12", "HEAD").strip() + ("+" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(root: Path, *words: str) -> str:
    ran = subprocess.run(["git", "-C", str(root), *words], capture_output=True, check=True, timeout=60)
    return ran.stdout.decode(errors="replace")


def marked(known: Mapping[str, Any], root: Path, files: Sequence[Path]) -> dict[str, Any]:
    """A record whose commit bears a + where one of the files that were used is not in it as it is."""
    names = sorted({os.path.relpath(path.resolve(), root.resolve()) for path in files})
    names = [name for name in names if not name.startswith(os.pardir) and (root / name).is_file()]

    try:
        tree = (one.partition("\t") for one in _git(root, "ls-tree", "-z", "HEAD", "--", *names).split("\0"))
        committed = {name: about.split()[-1] for about, _, name in tree if name}
        same = [committed.get(name) for name in names] == _git(root, "hash-object", "--", *names).split()
    except (OSError, subprocess.SubprocessError):
        return dict(known)
    return dict(known) if same else {**known, "commit": str(known["commit"]).removesuffix("+") + "+"}


def machine() -> str:
    """The processor (and GPU) in words, without the host's name."""
    gpu = _gpu()
    return f"{_cpu()[0]}, {os.cpu_count()} cores{', ' if gpu else ''}{gpu}"


def processor() -> str:
    """The kind of processor (and GPU) as the name of a folder: "amd-epyc-bf16".

    One with instructions for products in bfloat16 is another kind than one of the same name without.
    """
    name, flags = _cpu()
    name = re.sub(r"\((R|TM|C)\)|@.*|\b(CPU|Processor)\b|\b\d+-Core\b", " ", name, flags=re.IGNORECASE)
    products = next((short for flag, short in BF16_FLAGS.items() if flag in flags), "")
    words = re.findall(r"[a-z0-9]+", " ".join((name, products, _gpu())).lower())
    return "-".join(words) or "unknown"


BF16_FLAGS = {"amx_bf16": "amx", "avx512_bf16": "bf16", "bf16": "bf16"}  # of /proc/cpuinfo; the last is Arm's


def _cpu() -> tuple[str, set[str]]:
    """Name and instruction flags of the processor; no flags where the system does not list them."""
    name, flags = platform.processor() or platform.machine(), set[str]()
    if CPUINFO.is_file():
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
        found = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        name = found.get("model name", name)
        flags = set(found.get("flags", found.get("Features", "")).split())
    return name, flags


def _gpu() -> str:
    torch = sys.modules.get("torch")
    return str(torch.cuda.get_device_name()) if torch and torch.cuda.is_available() else ""
