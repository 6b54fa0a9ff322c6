"""Where and when a result was computed: what is true of the machine and the moment, not of the result."""

import importlib.metadata
import os
import platform
import re
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

KIB_PER_MIB = 1024 if platform.system() == "Linux" else 1024**2  # macOS counts in bytes
VERSIONS = "numpy", "torch"
CPUINFO = Path("/proc/cpuinfo")


def started(root: Path) -> dict[str, Any]:
    """Commit and time, taken when the work starts: the code that runs is the code of this moment."""
    return {
        "commit": commit(root),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "clock": time.perf_counter(),
        "busy": time.process_time(),
    }


def finished(start: dict[str, Any]) -> dict[str, Any]:
    """The circumstances of what began at `start` (of `started`) and ends now, in this process."""
    torch = sys.modules.get("torch")
    return {
        "commit": start["commit"],
        "date": start["date"],
        "seconds": round(time.perf_counter() - start["clock"], 1),
        "processor_seconds": round(time.process_time() - start["busy"], 1),
        "versions": {"python": platform.python_version()} | _versions(),
        "machine": machine(),
        "threads": torch.get_num_threads() if torch else 1,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KIB_PER_MIB,  # so far
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in VERSIONS:
        if name in sys.modules:
            found[name] = str(getattr(sys.modules[name], "__version__", "")) or importlib.metadata.version(
                name
            )
    return found


def commit(root: Path) -> str:
    """The commit of the working tree; + where tracked files differ from it, but for what a build writes."""

    def git(*words: str) -> str:
        return (
            subprocess.run(["git", "-C", str(root), *words], capture_output=True, check=True, timeout=10)
            .stdout.decode(errors="replace")
            .strip()
        )

    try:
        changed = git("status", "--porcelain", "-uno", "--", ".", ":(exclude)report")
        return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


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
