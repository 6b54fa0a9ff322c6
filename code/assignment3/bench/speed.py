"""Our training beside plain PyTorch loops: how much faster, and what of the machine's peak it reaches.

The rate reached is that of the operations in our own matrix products and convolutions, forward and backward.
The peak beside it is the best rate of a product of two square matrices of the same precision in this run.
"""

import os
from collections.abc import Callable

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from assignment3.bench.contests import Training, contests
from assignment3.config import Bench
from writeup.bench import contest
from writeup.bench.clock import seconds_of
from writeup.bench.contest import Contest
from writeup.bench.setting import Setting
from writeup.results.store import Findings
from writeup.training import device

PRODUCTS = {"aten::mm", "aten::addmm", "aten::bmm"}  # besides convolutions


def measure(setting: Setting) -> Findings:
    """The contests of all parts in turns, the first round to warm up; then ours under the profiler."""
    work: Bench = setting.config
    chosen = contests(setting.configs, setting.data, work)
    gflop: dict[str, tuple[float, float]] = {}
    rates: dict[str, list[float]] = {"fp32": [], "bf16": []}

    def count(one: Contest) -> None:
        gflop[one.part] = gflop_of(one.plain), gflop_of(one.ours)

    def multiply() -> None:
        for precision, found in rates.items():
            found.append(square_gflops(precision, work.matrix, work.products))

    times = contest.in_turns(
        chosen, work.rounds, warm_up=count, after_each=multiply, finish=synchronise, say=setting.say
    )
    peaks = {precision: max(found) for precision, found in rates.items()}
    scalars = {f"peak_{precision}_gflops": peak for precision, peak in peaks.items()}
    scalars["rounds"] = work.rounds - 1.0
    for one in chosen:
        setting.say(f"profile: {one.part}")
        values = contest.figures(times[one.part])
        values |= figures(one, values, gflop[one.part], peaks[one.precision])
        scalars |= {f"{one.part}/{name}": value for name, value in values.items()}
    parts = {
        "part": [one.part for one in chosen],
        "unit": [one.unit for one in chosen],
        "precision": [one.precision for one in chosen],
    }
    return Findings(scalars, {"rounds": contest.table(times), "parts": parts})


def figures(
    one: Training, timed: dict[str, float], gflop: tuple[float, float], peak: float
) -> dict[str, float]:
    """What is recorded besides the times; gflop per unit of plain and ours, peak in GFLOP/s."""
    plain, ours = gflop
    products, adam, products_ms = time_shares(one.sample or one.ours)
    rate = 1000 * ours / timed["ours_ms"]
    values = {
        "plain_gflop": plain,
        "ours_gflop": ours,
        "gflops": rate,
        "peak_share": 100 * rate / peak,
        "products_percent": products,
        "adam_percent": adam,
        "products_peak_share": 100 * 1000 * ours / products_ms / peak,
    }
    if one.images_per_unit:  # per image embedded in place of per pair
        plain_images, our_images = one.images_per_unit
        values["ratio_per_image"] = timed["ratio"] * our_images / plain_images
    return values


def synchronise() -> None:
    """Wait for the GPU, where there is one."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def gflop_of(work: Callable[[], float]) -> float:
    """1e9 floating-point operations per unit in matrix products and convolutions."""
    with FlopCounterMode(display=False) as counter:
        done = work()
    return float(counter.get_total_flops()) / 1e9 / done


def square_gflops(precision: str, side: int, products: int) -> float:
    """Rate of `products` products of two side x side matrices."""
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    a, b = (torch.rand(side, side, device=device()).to(dtype) for _ in range(2))
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
