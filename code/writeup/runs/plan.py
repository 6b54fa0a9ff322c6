"""Which runs a report needs, which of them are recorded and current, and how to compute the others.

Imports no torch until something has to be trained: judging freshness and rendering need none.
"""

import contextlib
import importlib
import importlib.util
import platform
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assignment3 import config as configuration
from assignment3.config import Config
from writeup.errors import UserError
from writeup.identity import fingerprint
from writeup.results import store as results
from writeup.results.store import Result
from writeup.runs import parallel

HERE = Path(__file__).parent
DATA = {"digits": "mnist", "text_cnn": "sst2", "siamese": "att_faces", "cvae": "mnist", "gan": "mnist"}
JUDGE_SEED = 0
KIB_PER_MIB = 1024 if platform.system() == "Linux" else 1024**2  # macOS counts in bytes
TIMINGS = "bench", "growth", "quality"
# so that no core idles at the end
LONGEST_FIRST = "gan_tuned", "gan", "text_cnn_tuned", "text_cnn", "cvae_tuned", "cvae", "siamese"


class TorchMissing(Exception):
    """Something has to be trained, and the extra `train` is not installed."""


@dataclass(frozen=True)
class Run:
    """One part with one seed: its identity and where its result lies."""

    part: str
    seed: int
    fingerprint: str
    folder: Path  # where a fresh result goes
    recorded: Path  # where a current one was found; else `folder`

    @property
    def current(self) -> bool:
        return results.recorded_fingerprint(self.recorded) == self.fingerprint

    @property
    def exists(self) -> bool:
        return results.recorded_fingerprint(self.recorded) is not None


def module_name(part: str) -> str:
    """The module that computes `part`; a tuned variant of a part shares the part's module."""
    return part.removesuffix("_tuned")


def plan(config: Config, stores: Sequence[Path], parts: Sequence[str] = configuration.PARTS) -> list[Run]:
    """The runs of `parts`. A current result may lie in any folder of `stores`; new ones go to the first."""
    sources = {part: source_digest(part) for part in parts}
    runs = []
    for part in parts:
        for seed in range(config.seeds[part]):
            identity = _identity(config, part, seed, sources[part])
            places = [store / part / f"seed-{seed}" for store in stores]
            found = next((p for p in places if results.recorded_fingerprint(p) == identity), places[0])
            runs.append(Run(part, seed, identity, places[0], found))
    return runs


def _identity(config: Config, part: str, seed: int, source: str) -> str:
    return fingerprint.fingerprint(
        config=configuration.as_json(config, part),
        source=source,
        data=data_digest(config.data, DATA[module_name(part)]),
        seed=seed,
    )


def source_digest(part: str) -> str:
    """Digest of the source that computes `part`; the configuration enters the fingerprint by its values."""
    return fingerprint.source_digest(HERE / f"{module_name(part)}.py", without=frozenset({"config"}))


def timing_identity(name: str) -> str:
    """Fingerprint of one of TIMINGS, which the report prints."""
    modules = {"bench": "benchmark", "quality": "equal_epochs"}
    return _timing(modules[name], configuration.PRESETS["full"]) if name in modules else growth_identity()


def _timing(module: str, config: Config) -> str:
    """Fingerprint of a comparison with the plain loops: its source with all that it runs, settings, data."""
    parts = ("text_cnn", "siamese", "cvae", "gan")
    return fingerprint.fingerprint(
        config={part: configuration.as_json(config, part)[part] for part in parts},
        # The command line and the search for results shape no timing; the data enter by their digests.
        source=fingerprint.source_digest(
            HERE / f"{module}.py", without=frozenset({"config", "runs", "command", "datasets", "standins"})
        ),
        data=fingerprint.digest(sorted(data_digest("real", DATA[part]) for part in parts)),
        seed=0,
    )


def growth_identity() -> str:
    """Fingerprint of the measurement of growing costs: its own source, for it times the whole program."""
    return fingerprint.digest(fingerprint.bare_source((HERE / "growth.py").read_text(encoding="utf-8")))


def data_digest(kind: str, name: str) -> str:
    """Digest of the canonical content: known in advance, since only verified data are ever used."""
    from assignment3.data import datasets, standins

    return datasets.DIGESTS[name] if kind == "real" else standins.digest(name)


def load_data(kind: str, name: str, data_dir: Path | None) -> Any:
    """The data set `name`, real (verified) or generated."""
    from assignment3.data import datasets, standins

    return getattr(datasets, name)(data_dir) if kind == "real" else getattr(standins, name)()


def compute_all(
    pending: Sequence[Run],
    config: Config,
    data_dir: Path | None,
    root: Path,
    *,
    jobs: int | None,
    dask: str | None,
) -> Iterator[tuple[Run, Result]]:
    """Compute `pending`, each by itself, side by side; yields a run with its result as soon as it is there.

    jobs: processes of this machine; None: one per core, or one alone with a GPU. The judge comes first, and
    all samples are judged by the same one, wherever they are made.
    """
    if not pending:
        return
    if importlib.util.find_spec("torch") is None:
        raise TorchMissing(pending[0].part)
    import torch

    for run in (run for run in pending if run.part == configuration.JUDGE):
        yield run, compute(run, config, data_dir, root)
    rest = sorted((run for run in pending if run.part != configuration.JUDGE), key=_longest_first)
    if not rest:
        return
    judged = [run for run in rest if configuration.JUDGE in configuration.DEPENDS.get(run.part, ())]
    model = judge(config, data_dir) if judged else None
    if jobs is None:
        jobs = 1 if torch.cuda.is_available() else min(parallel.cores(), len(rest))
    calls = [(run, config, data_dir, root, model if run in judged else None, jobs > 1) for run in rest]
    yield from parallel.unordered(_compute_aside, calls, jobs=jobs, dask=dask)


def _longest_first(run: Run) -> tuple[int, int]:
    return LONGEST_FIRST.index(run.part), run.seed


def _compute_aside(
    run: Run, config: Config, data_dir: Path | None, root: Path, model: Any, among_others: bool
) -> tuple[Run, Result]:
    """`compute` in a process beside others, perhaps on another machine, where the code may differ."""
    if _identity(config, run.part, run.seed, source_digest(run.part)) != run.fingerprint:
        raise UserError(
            f"{run.part} seed {run.seed}: this worker has other code; install the same version on it"
        )
    with parallel.prefixed(f"[{run.part} {run.seed}] ") if among_others else contextlib.nullcontext():
        return run, compute(run, config, data_dir, root, model)


def compute(run: Run, config: Config, data_dir: Path | None, root: Path, model: Any = None) -> Result:
    """Train and evaluate one part with one seed; the result bears its provenance, nothing is written yet.

    model: the judge, where the part needs one; it is found or trained where none is given.
    """
    from writeup import training

    try:
        data = load_data(config.data, DATA[module_name(run.part)], data_dir)
    except UserError as error:
        raise stale_message(run, str(error)) from None
    part_config = getattr(config, run.part)
    module = importlib.import_module(f"assignment3.{module_name(run.part)}")
    extra: dict[str, Any] = {}
    if run.part == "digits":
        extra["keep"] = lambda model: training.save_weights(model, judge_weights(config))
    if "digits" in configuration.DEPENDS.get(run.part, ()):
        extra["judge"] = model or judge(config, data_dir)
    start = time.perf_counter()
    result: Result = module.run(part_config, data, seed=run.seed, **extra)
    seconds = time.perf_counter() - start
    return replace(result, part=run.part, provenance=provenance(run, config, seconds, root))


def judge(config: Config, data_dir: Path | None) -> Any:
    """The digit classifier: its weights from the user's cache, or trained now and kept there."""
    from assignment3.parts import digits
    from writeup import training

    model = digits.build(config.digits)
    if not training.load_weights(model, judge_weights(config)):
        data = load_data(config.data, DATA[configuration.JUDGE], data_dir)
        model = digits.train(config.digits, data, seed=JUDGE_SEED)
        training.save_weights(model, judge_weights(config))
    return model.eval()


def judge_weights(config: Config) -> Path:
    """Where the judge's weights are kept: in the user's cache, under the fingerprint of its run."""
    from assignment3.data import datasets

    (run,) = plan(config, [Path()], ["digits"])
    return datasets.cache_dir() / "weights" / f"digits-{run.fingerprint[:16]}.safetensors"


def provenance(run: Run, config: Config, seconds: float, root: Path) -> dict[str, Any]:
    """What is needed to compute the result again, and where and when it was computed."""
    return {
        "fingerprint": run.fingerprint,
        "config": configuration.as_json(config, run.part),
        "data": {"name": DATA[module_name(run.part)], "kind": config.data}
        | {"sha256": data_digest(config.data, DATA[module_name(run.part)])},
        "source": source_digest(run.part),
    } | circumstances(root, seconds)


def circumstances(root: Path, seconds: float) -> dict[str, Any]:
    """On what machine, with which versions and threads a result was computed; and its stamp."""
    import numpy
    import torch

    return {
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": numpy.__version__,
        },
        "machine": machine(),
        "threads": torch.get_num_threads(),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KIB_PER_MIB,  # so far
    } | stamp(root, seconds)


def stamp(root: Path, seconds: float) -> dict[str, Any]:
    """From which commit a result was computed, when, and in how many seconds."""
    return {
        "commit": commit(root),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "seconds": round(seconds, 1),
    }


def commit(root: Path) -> str:
    """The commit of the working tree, with + where tracked files differ from it; "unknown" outside git."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def machine() -> str:
    """The processor (and GPU) in words, without the host's name."""
    import os

    import torch

    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(errors="replace").splitlines()
        name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{name}, {os.cpu_count()} cores{gpu}"


def stale_message(run: Run, why: str) -> UserError:
    """The one line for a result that is not current and cannot be computed here."""
    state = "stale (code, configuration or data changed)" if run.exists else "not recorded"
    return UserError(f"{run.part} seed {run.seed} is {state} and cannot be trained: {why}")
