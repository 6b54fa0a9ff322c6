"""Where and when a result was computed: what is true of the machine and the moment, not of the result."""

import importlib.metadata
import os
import platform
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

KIB_PER_MIB = 1024 if platform.system() == "Linux" else 1024**2  # macOS counts in bytes
VERSIONS = "numpy", "torch"


def started(root: Path) -> dict[str, Any]:
    """Commit and time, taken when the work starts: the code that runs is the code of this moment."""
    return {
        "commit": commit(root),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "clock": time.perf_counter(),
    }


def finished(start: dict[str, Any]) -> dict[str, Any]:
    """The circumstances of what began at `start` (of `started`) and ends now, in this process."""
    torch = sys.modules.get("torch")
    return {
        "commit": start["commit"],
        "date": start["date"],
        "seconds": round(time.perf_counter() - start["clock"], 1),
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
        return subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()

    try:
        changed = git("status", "--porcelain", "-uno", "--", ".", ":(exclude)report")
        return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def machine() -> str:
    """The processor (and GPU) in words, without the host's name."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    torch = sys.modules.get("torch")
    gpu = f", {torch.cuda.get_device_name()}" if torch and torch.cuda.is_available() else ""
    return f"{name}, {os.cpu_count()} cores{gpu}"
