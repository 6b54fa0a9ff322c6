"""The figures of the benchmark: what is counted, what follows from timings, and a tiny run of the whole."""

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from assignment3.report import PROBLEMS
from evidence import contest, contests, speed
from evidence.contest import Times
from evidence.contests import Training
from evidence.report import REPORT
from evidence.settings import Bench
from writeup import settings
from writeup.errors import UserError
from writeup.results import store
from writeup.results.store import Result
from writeup.runs import record

PARTS = [problem.PARTS[0].name for problem in PROBLEMS]
FIGURES = {
    *("ratio", "ratio_low", "ratio_high", "plain_ms", "ours_ms", "plain_gflop", "ours_gflop"),
    *("waited_percent", "gbytes", "least_ms", "least_share", "products_percent", "adam_percent"),
    *("products_peak_share", "ratio_worst"),
}


def test_the_figures_follow_from_made_up_timings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "time_shares", lambda work: (40.0, 25.0, 2.0))
    one = Training("gan", "x", lambda: 1, lambda: 1, updates=1e6)
    timed = contest.figures([Times(50, 5), Times(60, 5), Times(70, 5)])
    found = speed.figures(one, timed, gflop=(3.0, 1.0), peak=400.0, memory=28.0)
    assert (found["plain_gflop"], found["ours_gflop"]) == (3.0, 1.0)
    assert found["gbytes"] == pytest.approx(0.028)  # seven times four bytes a weight
    assert found["least_ms"] == 2.5 and found["least_share"] == 50  # 1 GFLOP; the memory takes 1 ms
    assert found["products_peak_share"] == 125  # 1 GFLOP in 2 ms
    slow = speed.figures(one, timed, gflop=(3.0, 1.0), peak=400.0, memory=7.0)
    assert slow["least_ms"] == pytest.approx(4)  # here the memory decides


def test_a_step_updates_every_weight() -> None:
    assert contests.updates(torch.nn.Linear(3, 2), torch.nn.Linear(2, 1), steps=10) == 10 * (8 + 3)


def test_the_profiler_sees_the_sample_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    profiled: list[float] = []

    def time_shares(work: Callable[[], float]) -> tuple[float, float, float]:
        profiled.append(work())
        return 40.0, 25.0, 2.0

    monkeypatch.setattr(speed, "time_shares", time_shares)
    whole = Training("cvae", "x", lambda: 1, lambda: 2)
    for one in (whole, dataclasses.replace(whole, sample=lambda: 3)):
        speed.figures(one, contest.figures([Times(50, 5)]), gflop=(3.0, 1.0), peak=400.0, memory=1.0)
    assert profiled == [2, 3]


def test_operations_are_counted_forward_and_backward() -> None:
    weight = torch.randn(8, 5, requires_grad=True)
    x = torch.randn(3, 8, requires_grad=True)

    def work() -> float:
        (x @ weight).sum().backward()
        return 2

    assert speed.gflop_of(work) * 1e9 == pytest.approx(3 * (2 * 3 * 8 * 5) / 2)


def test_most_time_of_a_product_is_in_products() -> None:
    a = torch.rand(400, 400)

    def work() -> float:
        for _ in range(20):
            a @ a
        return 20

    products, adam, ms = speed.time_shares(work)
    assert 30 < products <= 100 and adam == 0 and ms > 0


def test_a_run_records_every_figure(recorded: Result, tmp_path: Path) -> None:
    expected = {f"{part}/{name}" for part in PARTS for name in FIGURES}
    expected |= {"peak_fp32_gflops", "memory_gbytes", "rounds"}
    v = recorded.scalars
    assert set(v) == expected
    assert all(value >= 0 for value in v.values())
    assert all(v[f"{part}/ratio"] > 0 and v[f"{part}/ours_gflop"] > 0 for part in PARTS)
    assert v["text_cnn/plain_gflop"] > v["text_cnn/ours_gflop"]  # distinct words are multiplied once
    assert v["gan/plain_gflop"] > v["gan/ours_gflop"]  # no gradients of D's weights in G's step
    for part in PARTS[1:3]:
        assert v[f"{part}/plain_gflop"] == pytest.approx(v[f"{part}/ours_gflop"], rel=1e-6)
    assert v["rounds"] == 2  # the first of three warms up
    record.save(recorded, tmp_path)
    tables = store.load(tmp_path).tables
    assert tables["rounds"]["round"] == [1, 2] * 4
    assert tables["rounds"].keys() == {"part", "round", "plain_ms", "ours_ms", "waited"}
    assert tables["parts"].keys() == {"part", "unit"}
    assert tables["parts"]["part"] == PARTS


def test_a_record_keeps_the_machines_of_the_one_before(
    recorded: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "evidence", lambda: replace(REPORT, root=tmp_path))
    folder = tmp_path / REPORT.folder / "results" / "bench" / "seed-0"
    work = Bench()
    assert speed.earlier(work) == {}
    here = speed.machines({"peak": 3.0, "gan": 2.0}, {})
    other = {name: [*column, *column] for name, column in here.items()} | {
        "processor": ["other", *here["processor"]]
    }
    known = {"fingerprint": "f", "evaluate": {"config": settings.identity(work)}}
    record.save(Result("bench", 0, {}, {"machines": other}, provenance=known), folder)
    assert speed.earlier(Bench(rounds=3)) == {}  # of other settings
    found = speed.machines({"peak": 5.0, "gan": 1.0}, speed.earlier(work))
    assert found["processor"] == [*here["processor"], "other"]  # what was measured here before is replaced
    assert (found["peak"], found["gan"]) == ([5.0, 3.0], [1.0, 2.0])


def test_one_round_is_too_few() -> None:
    with pytest.raises(UserError, match=r"bench.rounds: 1 is not allowed; allowed: numbers from 2"):
        settings.check("bench", Bench(rounds=1))
    settings.check("bench", Bench())
