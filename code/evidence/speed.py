"""Our training beside plain PyTorch loops: how much faster, and how near to the machine's limit.

All is in float32 and in one thread. The limit is a roofline: a step does at least the operations of our own
matrix products and convolutions, forward and backward, at the best rate of a product of two square matrices,
and it reads at least each weight, its gradient and its two moments and writes weight and moments back, at the
best rate of a copy in memory. Both rates are measured in this run; the longer of the two times is the least
that a step can take. The record names every kind of processor that it was measured on, with the figures of
the last time on each.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from evidence import contest
from evidence.clock import say, spent
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
ADAM_BYTES = 4 * 7  # of a weight and step: four float32 read, three written


def evaluate(config: Bench, data: Homework, trained: Trained, *, seed: int) -> Findings:
    """The contests of all parts in turns, the first round to warm up; then ours under the profiler."""
    chosen = contests(data, config)
    gflop: dict[str, tuple[float, float]] = {}
    rates: list[float] = []
    copies: list[float] = []

    def count(one: Contest) -> None:
        gflop[one.part] = gflop_of(one.plain), gflop_of(one.ours)

    def multiply() -> None:
        rates.append(square_gflops(config.matrix, config.products))
        copies.append(copy_gbytes(config.matrix))

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times = contest.in_turns(
            chosen,
            config.rounds,
            warm_up=count,
            after_each=multiply,
            finish=synchronise,
            on_gpu=torch.cuda.is_available(),
        )
        peak, memory = max(rates), max(copies)
        scalars = {"peak_fp32_gflops": peak, "memory_gbytes": memory, "rounds": config.rounds - 1.0}
        for one in chosen:
            say(f"profile: {one.part}")
            values = contest.figures(times[one.part])
            values |= figures(one, values, gflop[one.part], peak, memory)
            scalars |= {f"{one.part}/{name}": value for name, value in values.items()}
    finally:
        torch.set_num_threads(threads)
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
    one: Training, timed: dict[str, float], gflop: tuple[float, float], peak: float, memory: float
) -> dict[str, float]:
    """What is recorded besides the times; gflop per unit of plain and ours, peak in GFLOP/s,
    memory in GB/s.
    """
    plain, ours = gflop
    gbytes = ADAM_BYTES * one.updates / 1e9
    least = 1000 * max(ours / peak, gbytes / memory)
    products, adam, products_ms = time_shares(one.sample or one.ours)
    return {
        "plain_gflop": plain,
        "ours_gflop": ours,
        "gbytes": gbytes,
        "least_ms": least,
        "least_share": 100 * least / timed["ours_ms"],
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

    return 2 * side**3 / seconds_a_unit(multiply) / 1e9


def copy_gbytes(side: int) -> float:
    """GB/s read and written by a copy of sixteen side x side matrices: too large for caches at 2,048."""
    source = torch.rand(16 * side, side, device=device())
    copy = torch.empty_like(source)

    def work() -> int:
        copy.copy_(source)
        return 1

    work()  # the first call asks the system for the memory
    return 2 * source.nbytes / seconds_a_unit(work) / 1e9


def seconds_a_unit(work: Callable[[], float]) -> float:
    """Of the processor, or of the GPU by the clock."""
    took = spent(work, synchronise)
    return (took.wall if torch.cuda.is_available() else took.processor) / took.done


def time_shares(work: Callable[[], float]) -> tuple[float, float, float]:
    """Of a run of `work` under the profiler: percent of its time in products (convolutions are) and in Adam;
    milliseconds in products per unit.
    """
    on_gpu = torch.cuda.is_available()
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # else it reports on standard error that there is no GPU
    activities = [ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * on_gpu
    with profile(activities=activities, acc_events=True) as profiler:
        took = spent(work, synchronise)
    seconds = took.wall if on_gpu else took.processor
    products = adam = 0.0
    for event in profiler.key_averages():
        inside = (event.self_device_time_total if on_gpu else event.self_cpu_time_total) / 1e6
        if event.key in PRODUCTS or (event.key.startswith("aten::") and "conv" in event.key):
            products += inside
        elif event.key.startswith("aten::_fused_adam"):
            adam += inside
    # Events are timed by the clock, so their shares are of the clock's time.
    return (
        100 * products / took.wall,
        100 * adam / took.wall,
        1000 * products / took.wall * seconds / took.done,
    )
