"""Our training beside plain PyTorch loops: how much faster, and what of the machine's peak it reaches.

The rate reached is that of the operations in our own matrix products and convolutions, forward and backward.
The peak beside it is the best rate of a product of two square matrices in this run; all is in float32.
"""

import os
from collections.abc import Callable

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from evidence import contest
from evidence.clock import seconds_of
from evidence.contest import Contest
from evidence.contests import Training, contests
from evidence.settings import Bench
from writeup.bench.setting import Setting
from writeup.runs.record import Findings
from writeup.training import device

PRODUCTS = {"aten::mm", "aten::addmm", "aten::bmm"}  # besides convolutions


def measure(setting: Setting) -> Findings:
    """The contests of all parts in turns, the first round to warm up; then ours under the profiler."""
    work: Bench = setting.config
    chosen = contests(setting.configs, setting.data, work)
    gflop: dict[str, tuple[float, float]] = {}
    rates: list[float] = []

    def count(one: Contest) -> None:
        gflop[one.part] = gflop_of(one.plain), gflop_of(one.ours)

    def multiply() -> None:
        rates.append(square_gflops(work.matrix, work.products))

    times = contest.in_turns(
        chosen, work.rounds, warm_up=count, after_each=multiply, finish=synchronise, say=setting.say
    )
    peak = max(rates)
    scalars = {"peak_fp32_gflops": peak, "rounds": work.rounds - 1.0}
    for one in chosen:
        setting.say(f"profile: {one.part}")
        values = contest.figures(times[one.part])
        values |= figures(one, values, gflop[one.part], peak)
        scalars |= {f"{one.part}/{name}": value for name, value in values.items()}
    parts = {"part": [one.part for one in chosen], "unit": [one.unit for one in chosen]}
    return Findings(scalars, {"rounds": contest.table(times), "parts": parts})


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
