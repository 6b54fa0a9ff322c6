"""Our training beside plain PyTorch loops on the same machine, in one process, in turns: `make bench`.

A round runs the plain loop of a part for a few steps, then ours. Both are timed per unit of work, so that
they need not do equally much of it; the ratio is taken within each round, since a machine's speed drifts
between them. The first round warms up and counts floating-point operations; it enters no figure.

The rate reached is that of the operations in our own matrix products and convolutions, forward and backward.
The peak beside it is the best rate of a product of two square matrices of the same precision in this run.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import torch
from rich import box
from rich.console import Console
from rich.table import Table
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from assignment3 import config as configuration
from assignment3.bench.contests import WORK, Contest, contests
from assignment3.config import Config
from writeup import training
from writeup.errors import UserError
from writeup.results import store as results
from writeup.results.store import Result
from writeup.runs import plan as runs

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("text_cnn", "siamese", "cvae", "gan")
MATRIX = 2048  # side of the matrices whose product gives the peak
PRODUCTS = {"aten::mm", "aten::addmm", "aten::bmm"}  # besides convolutions


class Times(NamedTuple):
    """One round: milliseconds per unit."""

    plain: float
    ours: float

    @property
    def ratio(self) -> float:
        return self.plain / self.ours


class Ratio(NamedTuple):
    """Plain time / our time over the rounds."""

    median: float
    low: float
    high: float


def ratio(rounds: Sequence[Times]) -> Ratio:
    """Median, least and greatest ratio of the rounds."""
    found = [times.ratio for times in rounds]
    return Ratio(median(found), min(found), max(found))


# --- measuring ---


def seconds_of(work: Callable[[], float]) -> tuple[float, float]:
    """Seconds that `work` takes, on a GPU to its end, and what it returns."""
    _synchronise()
    start = time.perf_counter()
    done = work()
    _synchronise()
    return time.perf_counter() - start, done


def _synchronise() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def gflop_of(work: Callable[[], float]) -> float:
    """1e9 floating-point operations per unit in matrix products and convolutions."""
    with FlopCounterMode(display=False) as counter:
        done = work()
    return float(counter.get_total_flops()) / 1e9 / done


def square_gflops(precision: str, side: int, products: int = 3) -> float:
    """Rate of `products` products of two side x side matrices."""
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    a, b = (torch.rand(side, side, device=training.device()).to(dtype) for _ in range(2))
    out = a @ b

    def multiply() -> float:
        for _ in range(products):
            torch.mm(a, b, out=out)
        return products

    seconds, done = seconds_of(multiply)
    return 2 * side**3 * done / seconds / 1e9


def time_shares(work: Callable[[], float]) -> tuple[float, float, float]:
    """Of a run of `work` under the profiler: percent of its time in products (convolutions are) and in Adam;
    milliseconds in products per unit.
    """
    on_gpu = torch.cuda.is_available()
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # else it reports on standard error that there is no GPU
    activities = [ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * on_gpu
    with profile(activities=activities, acc_events=True) as profiler:
        seconds, done = seconds_of(work)
    products = adam = 0.0
    for event in profiler.key_averages():
        spent = (event.self_device_time_total if on_gpu else event.self_cpu_time_total) / 1e6
        if event.key in PRODUCTS or (event.key.startswith("aten::") and "conv" in event.key):
            products += spent
        elif event.key.startswith("aten::_fused_adam"):
            adam += spent
    return 100 * products / seconds, 100 * adam / seconds, 1000 * products / done


def measure(
    chosen: Sequence[Contest],
    *,
    rounds: int,
    side: int = MATRIX,
    say: Callable[[str], None] = lambda line: None,
) -> Result:
    """Run all contests for so many rounds, the first to warm up, and profile ours once."""
    if rounds < 2:
        raise UserError(f"--rounds {rounds}: allowed: 2 or more, for the first is a warm-up")
    gflop: dict[str, tuple[float, float]] = {}
    for contest in chosen:
        say(f"warm-up: {contest.part}")
        gflop[contest.part] = gflop_of(contest.plain), gflop_of(contest.ours)
    times: dict[str, list[Times]] = {contest.part: [] for contest in chosen}
    rates: dict[str, list[float]] = {"fp32": [], "bf16": []}
    for number in range(1, rounds):
        for contest in chosen:
            say(f"round {number} of {rounds - 1}: {contest.part}")
            row = [1000 * seconds / done for seconds, done in map(seconds_of, (contest.plain, contest.ours))]
            times[contest.part].append(Times(*row))
            for precision, found in rates.items():
                found.append(square_gflops(precision, side))
    peaks = {precision: max(found) for precision, found in rates.items()}
    scalars = {f"peak_{precision}_gflops": peak for precision, peak in peaks.items()} | {
        "rounds": rounds - 1.0
    }
    for contest in chosen:
        say(f"profile: {contest.part}")
        scalars |= figures(contest, times[contest.part], gflop[contest.part], peaks[contest.precision])
    return Result("bench", 0, scalars, {"rounds": _rounds(times), "parts": _parts(chosen)})


def figures(
    contest: Contest, rounds: Sequence[Times], gflop: tuple[float, float], peak: float
) -> dict[str, float]:
    """What is recorded of one contest; gflop per unit of plain and ours, peak in GFLOP/s."""
    plain, ours = (median(column) for column in zip(*rounds, strict=True))
    products, adam, products_ms = time_shares(contest.ours)
    found = ratio(rounds)
    values = {
        "ratio": found.median,
        "ratio_low": found.low,
        "ratio_high": found.high,
        "plain_ms": plain,
        "ours_ms": ours,
        "plain_gflop": gflop[0],
        "ours_gflop": gflop[1],
        "gflops": 1000 * gflop[1] / ours,
        "peak_share": 100 * 1000 * gflop[1] / ours / peak,
        "products_percent": products,
        "adam_percent": adam,
        "products_peak_share": 100 * 1000 * gflop[1] / products_ms / peak,
    }
    if contest.images_per_unit:  # per image embedded in place of per pair
        plain_images, our_images = contest.images_per_unit
        values["ratio_per_image"] = found.median * our_images / plain_images
    return {f"{contest.part}/{name}": value for name, value in values.items()}


def _rounds(times: Mapping[str, Sequence[Times]]) -> dict[str, list[Any]]:
    rows = [(part, i, *row) for part, some in times.items() for i, row in enumerate(some, 1)]
    names = ("part", "round", "plain_ms", "ours_ms")
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _parts(chosen: Sequence[Contest]) -> dict[str, list[Any]]:
    return {name: [getattr(contest, name) for contest in chosen] for name in ("part", "unit", "precision")}


# --- data, record, command line ---


def data_folder(option: str | None) -> Path | None:
    """The folder of --data-dir or of the variable DATA_DIR, which must be there."""
    folder = option or os.environ.get("DATA_DIR")
    path = Path(folder).expanduser() if folder else None
    if path is not None and not path.is_dir():
        raise UserError(f"data directory {folder}: no such folder; see --data-dir and DATA_DIR")
    return path


def load(
    parts: Sequence[str], data_dir: Path | None, say: Callable[[str], None]
) -> tuple[dict[str, Any], bool]:
    """The data sets of `parts` by name, a generated one in place of one that is missing; are all real?"""
    found, real = {}, True
    for name in dict.fromkeys(runs.DATA[part] for part in parts):
        try:
            found[name] = runs.load_data("real", name, data_dir)
        except UserError as error:
            say(f"generated stand-ins take the place of {name}: {error}")
            found[name], real = runs.load_data("standin", name, None), False
    return found, real


def provenance(config: Config, seconds: float) -> dict[str, Any]:
    """Where, when and from what the figures came."""
    return {"fingerprint": runs.timing_identity("bench")} | runs.circumstances(ROOT, seconds)


COLUMNS = {  # of the tables for a terminal
    "plain time / our time": {
        "plain ms": "plain_ms",
        "our ms": "ours_ms",
        "ratio": "ratio",
        "least": "ratio_low",
        "most": "ratio_high",
    },
    "our work per unit; shares of peak and of time in percent": {
        "GFLOP": "ours_gflop",
        "GFLOP/s": "gflops",
        "of peak": "peak_share",
        "products": "products_percent",
        "Adam": "adam_percent",
    },
}


def show(result: Result, console: Console) -> None:
    """Print the figures."""
    v = result.scalars
    parts = result.tables["parts"]
    for (title, columns), described in zip(COLUMNS.items(), ("unit", "precision"), strict=True):
        shown = Table(title=title, box=box.SIMPLE, title_justify="left")
        shown.add_column("part")
        shown.add_column("per" if described == "unit" else "in")
        for head in columns:
            shown.add_column(head, justify="right")
        for part, description in zip(parts["part"], parts[described], strict=True):
            shown.add_row(part, description, *(f"{v[f'{part}/{name}']:.3g}" for name in columns.values()))
        console.print(shown)
    peaks = f"{v['peak_fp32_gflops']:.0f} GFLOP/s fp32, {v['peak_bf16_gflops']:.0f} bf16"
    console.print(f"peak: {peaks}; medians of {v['rounds']:.0f} rounds", highlight=False)
    if "siamese/ratio_per_image" in v:
        ratio = f"{v['siamese/ratio_per_image']:.2f}"
        console.print(
            f"Siamese: our pairs share their images; ratio per image embedded: {ratio}", highlight=False
        )


def main(words: Sequence[str]) -> int:
    """Carry out the command line; the exit status."""
    parser = argparse.ArgumentParser(prog="benchmark", description=__doc__, allow_abbrev=False)
    parser.add_argument("--data-dir", help="where the data lie (also: the variable DATA_DIR)")
    parser.add_argument("--rounds", type=int, default=5, help="the first is a warm-up (default: 5)")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part alone; may be repeated")
    parser.add_argument("--record", action="store_true", help="save the figures for the report")
    options = parser.parse_args(words)
    console = Console(stderr=True)
    try:
        run(options, lambda line: console.print(line, style="dim", highlight=False))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing was recorded", file=sys.stderr)
        return 130
    return 0


def run(options: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Measure, print and, where asked, record."""
    parts = tuple(part for part in PARTS if part in (options.only or PARTS))
    if options.record and parts != PARTS:
        raise UserError("--record keeps all parts together: leave --only out")
    data_dir = data_folder(options.data_dir)
    data, real = load(parts, data_dir, say)
    if options.record and not real:
        raise UserError("--record needs the real data: python build.py data fetches them")
    config = configuration.preset("full")
    start = time.perf_counter()
    result = measure(contests(config, data, WORK, parts), rounds=options.rounds, say=say)
    show(result, Console())
    if options.record:
        result = replace(result, provenance=provenance(config, time.perf_counter() - start))
        target = ROOT / "report" / "results" / "bench" / "seed-0"
        results.save(result, target)
        print(f"recorded in {target.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
