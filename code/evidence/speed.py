"""Our training beside plain PyTorch loops: how much faster, and what of the machine's peak it reaches.

The rate reached is that of the operations in our own matrix products and convolutions, forward and backward.
The peak beside it is the best rate of a product of two square matrices in this run; all is in float32. The
record names every kind of processor that it was measured on, with the figures of the last time on each.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from evidence import contest
from evidence.clock import say, seconds_of
from evidence.contest import Contest
from evidence.contests import Training, contests
from evidence.homework import Homework
from evidence.settings import Bench, train
from writeup import settings
from writeup.declare import Report, resolve
from writeup.results import store
from writeup.runs.record import Findings, Trained
from writeup.training import device

__all__ = "evaluate", "train"
PRODUCTS = {"aten::mm", "aten::addmm", "aten::bmm"}  # besides convolutions


def evaluate(config: Bench, data: Homework, trained: Trained, *, seed: int) -> Findings:
    """The contests of all parts in turns, the first round to warm up; then ours under the profiler."""
    chosen = contests(data, config)
    gflop: dict[str, tuple[float, float]] = {}
    rates: list[float] = []

    def count(one: Contest) -> None:
        gflop[one.part] = gflop_of(one.plain), gflop_of(one.ours)

    def multiply() -> None:
        rates.append(square_gflops(config.matrix, config.products))

    times = contest.in_turns(chosen, config.rounds, warm_up=count, after_each=multiply, finish=synchronise)
    peak = max(rates)
    scalars = {"peak_fp32_gflops": peak, "rounds": config.rounds - 1.0}
    for one in chosen:
        say(f"profile: {one.part}")
        values = contest.figures(times[one.part])
        values |= figures(one, values, gflop[one.part], peak)
        scalars |= {f"{one.part}/{name}": value for name, value in values.items()}
    ratios = {one.part: scalars[f"{one.part}/ratio"] for one in chosen}
    found = machines({"peak": peak, **ratios}, earlier(config))
    scalars |= {f"{part}/ratio_worst": min(found[part]) for part in ratios}
    parts = {"part": [one.part for one in chosen], "unit": [one.unit for one in chosen]}
    return Findings(scalars, {"rounds": contest.table(times), "parts": parts, "machines": found})


def earlier(config: Bench) -> Mapping[str, Sequence[Any]]:
    """The machines that the last record with these settings names; none where there is no such record."""
    folder = evidence().results / "bench" / "seed-0"
    known = store.peek(folder).provenance
    if known.get("evaluate", {}).get("config") != settings.identity(config):
        return {}
    return store.load(folder).tables["machines"]


def machines(measured: Mapping[str, float], before: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """What was measured here, then what was measured on every other kind of processor: a row each."""
    # By name: what they say of the machine and the moment changes nothing that is measured.
    processor, machine, started = (
        resolve(f"writeup.runs.provenance:{name}") for name in ("processor", "machine", "started")
    )
    begun = started(evidence().root)
    row = {"processor": processor(), "machine": machine(), "date": begun["date"], "commit": begun["commit"]}
    row |= measured
    others = [k for k, name in enumerate(before.get("processor", ())) if name != row["processor"]]
    return {name: [value, *(before[name][k] for k in others)] for name, value in row.items()}


def evidence() -> Report:
    """This report, by name: what else it declares is no part of the measurement."""
    found: Any = resolve("evidence.report:REPORT")
    assert isinstance(found, Report)
    return found


def figures(
    one: Training, timed: dict[str, float], gflop: tuple[float, float], peak: float
) -> dict[str, float]:
    """What is recorded besides the times; gflop per unit of plain and ours, peak in GFLOP/s."""
    plain, ours = gflop
    products, adam, products_ms = time_shares(one.sample or one.ours)
    rate = 1000 * ours / timed["ours_ms"]
    return {
        "plain_gflop": plain,
        "ours_gflop": ours,
        "gflops": rate,
        "peak_share": 100 * rate / peak,
        "products_percent": products,
        "adam_percent": adam,
        "products_peak_share": 100 * 1000 * ours / products_ms / peak,
    }


def synchronise() -> None:
    """Wait for the GPU, where there is one."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def gflop_of(work: Callable[[], float]) -> float:
    """1e9 floating-point operations per unit in matrix products and convolutions."""
    with FlopCounterMode(display=False) as counter:
        done = work()
    return float(counter.get_total_flops()) / 1e9 / done


def square_gflops(side: int, products: int) -> float:
    """Rate of `products` products of two side x side matrices."""
    a, b = (torch.rand(side, side, device=device()) for _ in range(2))
    out = a @ b

    def multiply() -> int:
        for _ in range(products):
            torch.mm(a, b, out=out)
        return products

    seconds, done = seconds_of(multiply, synchronise)
    return 2 * side**3 * done / seconds / 1e9


def time_shares(work: Callable[[], float]) -> tuple[float, float, float]:
    """Of a run of `work` under the profiler: percent of its time in products (convolutions are) and in Adam;
    milliseconds in products per unit.
    """
    on_gpu = torch.cuda.is_available()
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # else it reports on standard error that there is no GPU
    activities = [ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * on_gpu
    with profile(activities=activities, acc_events=True) as profiler:
        seconds, done = seconds_of(work, synchronise)
    products = adam = 0.0
    for event in profiler.key_averages():
        spent = (event.self_device_time_total if on_gpu else event.self_cpu_time_total) / 1e6
        if event.key in PRODUCTS or (event.key.startswith("aten::") and "conv" in event.key):
            products += spent
        elif event.key.startswith("aten::_fused_adam"):
            adam += spent
    return 100 * products / seconds, 100 * adam / seconds, 1000 * products / done
