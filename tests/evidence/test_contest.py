"""The arithmetic of a contest and the order of its turns."""

import sys
from functools import partial

import pytest

from evidence import clock, contest
from evidence.contest import Contest, Times


def test_the_ratio_is_taken_within_rounds() -> None:
    rounds = [Times(10, 2), Times(30, 3), Times(8, 4)]  # 5, 10 and 2 times
    assert contest.ratio(rounds) == (5, 2, 10)


def test_the_figures_are_medians_and_the_range_of_the_ratios() -> None:
    found = contest.figures([Times(50, 5), Times(60, 5), Times(70, 5)])
    assert found == {
        "ratio": 12,
        "ratio_low": 10,
        "ratio_high": 14,
        "plain_ms": 60,
        "ours_ms": 5,
        "waited_percent": 0,
    }


def test_both_sides_take_turns_after_a_round_to_warm_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now, done = 0.0, list[str]()

    def work(name: str, seconds: float, units: float) -> float:
        nonlocal now
        now += seconds
        done.append(name)
        return units

    monkeypatch.setattr(clock.time, "perf_counter", lambda: 2 * now)  # others run half of the time
    monkeypatch.setattr(clock.time, "process_time", lambda: now)
    chosen = [
        Contest("a", "x", partial(work, "plain a", 4.0, 2), partial(work, "our a", 1.0, 4)),
        Contest("b", "x", partial(work, "plain b", 6.0, 1), partial(work, "our b", 2.0, 1)),
    ]
    times = contest.in_turns(
        chosen,
        3,
        warm_up=lambda one: done.append(f"warm {one.part}"),
        after_each=lambda: done.append("after"),
    )
    assert done == ["warm a", "warm b", *(["plain a", "our a", "after", "plain b", "our b", "after"] * 2)]
    assert times == {"a": [(2000, 250, 0.5)] * 2, "b": [(6000, 2000, 0.5)] * 2}  # per unit
    assert capsys.readouterr().err.splitlines() == [
        "warm-up: a",
        "warm-up: b",
        *(f"round {i} of 2: {part}" for i in (1, 2) for part in "ab"),
    ]
    table = contest.table(times)
    assert table["part"] == ["a", "a", "b", "b"] and table["round"] == [1, 2, 1, 2]
    assert table["plain_ms"] == [2000, 2000, 6000, 6000] and table["ours_ms"] == [250, 250, 2000, 2000]


def test_the_clock_waits_for_what_was_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    pending, now = 5.0, 0.0

    def finish() -> None:
        nonlocal pending, now
        now, pending = now + pending, 0.0

    def work() -> str:
        nonlocal pending
        pending += 2.0
        return "done"

    monkeypatch.setattr(clock.time, "perf_counter", lambda: now)
    monkeypatch.setattr(clock.time, "process_time", lambda: now / 4)
    assert clock.spent(work, finish) == (0.5, 2.0, "done")  # not the 5 of what was begun before


def test_on_a_gpu_the_clock_counts() -> None:
    plain, ours = clock.Spent(1.0, 8.0, 2.0), clock.Spent(1.0, 2.0, 1.0)
    assert contest.of_round(plain, ours) == (500, 1000, 0.8)
    assert contest.of_round(plain, ours, on_gpu=True) == (4000, 2000, 0.8)


def test_the_median_go_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter([0.0, 3.0, 10.0, 11.0, 20.0, 22.0])
    monkeypatch.setattr(clock.time, "process_time", lambda: next(readings))
    assert clock.median_of(lambda: None, 3) == 2.0


def test_quiet_keeps_the_progress_away(capsys: pytest.CaptureFixture[str]) -> None:
    with clock.quiet():
        print("step 1", file=sys.stderr)
    assert capsys.readouterr().err == ""
