"""Recorded runs computed again: what a made-up record shows, and what it does not."""

import contextlib
import dataclasses
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from writeup import steps
from writeup.build import Build
from writeup.errors import UserError
from writeup.results import store
from writeup.results.tables import rows
from writeup.runs import record, verified, weights
from writeup.verify import recomputing

BuildOf = Callable[..., Build]


@pytest.fixture
def recorded(build_of: BuildOf) -> BuildOf:
    """The toy with three recorded seeds of the study."""
    steps.train(build_of("report", "--jobs", "0", "--seeds", "3"))
    return build_of


def again(build_of: BuildOf, *names: str, keep: bool = False, changed: str = "") -> Build:
    build = build_of("report", "--jobs", "0", "--seeds", "3", *(["--set", changed] if changed else []))
    recomputing.verify(build, names, 1, keep=keep)
    return build


def alter(folder: Path, name: str, by: float) -> None:
    """As one who forges digests too: a number changed, sealed anew under the same fingerprint."""
    result = store.load(folder)
    changed = {**result.scalars, name: result.scalars[name] + by}
    record.save(dataclasses.replace(result, scalars=changed), folder)


def test_what_was_computed_comes_out_again(recorded: BuildOf, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in weights.folder().iterdir()}
    again(recorded, "judge", "study/1")
    said = capsys.readouterr().out
    assert "computed again: judge seed 0, study seed 1" in said
    assert "study seed 1: 3 of 3 numbers are bit-identical; weights and data as recorded" in said
    after = {path: path.stat().st_mtime_ns for path in weights.folder().iterdir()}
    assert after == before  # the cache is left as it is


def test_a_made_up_number_is_found_although_its_record_is_sealed(
    recorded: BuildOf, capsys: pytest.CaptureFixture[str]
) -> None:
    build = recorded("status", "--seeds", "3")
    run = next(run for run in build.runs if run.name == "study seed 1")
    alter(run.recorded, "error", -5.0)
    assert all(run.current for run in recorded("status", "--seeds", "3").runs)
    with pytest.raises(UserError, match=r"study seed 1: 2 of 3 .* 1 wrong: error is recorded as -"):
        again(recorded, "study/1")


def test_the_smallest_difference_is_not_called_identical(
    recorded: BuildOf, capsys: pytest.CaptureFixture[str]
) -> None:
    run = next(run for run in recorded("status", "--seeds", "3").runs if run.name == "study seed 2")
    alter(run.recorded, "judged", 1e-12)
    again(recorded, "study/2", keep=True)
    assert "2 of 3 numbers are bit-identical, 1 within the spread" in capsys.readouterr().out


@pytest.mark.parametrize(("machine", "words"), [(None, "1 wrong"), ("another", "1 differ, and too few")])
def test_few_runs_elsewhere_are_beyond_judgement(
    machine: str | None, words: str, recorded: BuildOf, capsys: pytest.CaptureFixture[str]
) -> None:
    run = next(run for run in recorded("status", "--seeds", "3").runs if run.name == "judge seed 0")
    result = store.load(run.recorded)
    name, value = next(iter(result.scalars.items()))
    changed = dataclasses.replace(result, scalars={**result.scalars, name: value + 1e-9})
    if machine:
        changed = dataclasses.replace(changed, provenance={**result.provenance, "machine": machine})
    record.save(changed, run.recorded)
    with contextlib.nullcontext() if machine else pytest.raises(UserError):
        again(recorded, "judge")
    assert words in capsys.readouterr().out


def test_in_spread_is_the_prediction_interval() -> None:
    values = [1.0, 2.0, 4.0]
    half = stats.t.ppf(0.995, 2) * np.std(values, ddof=1) * np.sqrt(4 / 3)
    middle = np.mean(values)
    assert recomputing.in_spread(middle + 0.999 * half, values, 0.01)
    assert not recomputing.in_spread(middle + 1.001 * half, values, 0.01)
    assert not recomputing.in_spread(middle - 1.001 * half, values, 0.01)
    assert not recomputing.in_spread(1.0 + 1e-9, [1.0, 1.0], 0.01)
    assert not recomputing.in_spread(1.0, [1.0], 0.01)
    random = np.random.default_rng(0)
    draws = random.normal(size=(20_000, 6))
    held = np.mean([recomputing.in_spread(row[0], row[1:].tolist(), 0.05) for row in draws])
    assert abs(held - 0.95) < 0.01


def test_verdicts_are_kept_while_their_results_are_current(recorded: BuildOf, toy: Path) -> None:
    for words in (("study/0",), ("study_fast",), ("study/0",)):
        build = again(recorded, *words, keep=True)
    (kept,) = verified.recorded(build.request.report.results, build.runs)
    sums = {"runs": 4, "parts": 2, "machines": 1, "numbers": 12, "identical": 12}
    sums |= {"within": 0, "unjudged": 0, "wrong": 0}
    nothing = {f"other/{name}": 0 for name in sums}
    assert kept.scalars == sums | {f"same/{name}": value for name, value in sums.items()} | nothing
    others = [run for run in build.runs if run.part.name != "study_fast"]
    (fewer,) = verified.recorded(build.request.report.results, others)
    assert fewer.scalars["runs"] == 1 and fewer.tables["runs"]["part"] == ["study"]
    assert not list(verified.recorded(build.request.report.results, []))


def test_a_verdict_stands_for_a_result_that_was_adopted_since(recorded: BuildOf) -> None:
    build = again(recorded, "study/0", keep=True)
    folder = next(run.folder for run in build.runs if (run.part.name, run.seed) == ("study", 0))
    old = store.peek(folder).provenance
    (verdict,) = rows(next(verified.recorded(build.request.report.results, build.runs)).tables["runs"])

    def verdicts(adopted: dict[str, object]) -> int:
        """On the result as it stands now, had it another fingerprint before."""
        earlier = verdict | {"fingerprint": "b" * 64}
        verified.record(verified.folder(build.request.report.results), earlier, build.runs, old)
        store.stamp(old | {"adopted": adopted}, folder)
        return len(list(verified.recorded(build.request.report.results, Build(build.request).runs)))

    first = {"ref": "1", "fingerprint": "b" * 64, "before": None}
    assert verdicts(first) == 1
    assert verdicts({"ref": "2", "fingerprint": "c" * 64, "before": first}) == 1
    assert verdicts({"ref": "1", "fingerprint": "c" * 64, "before": None}) == 0


def test_each_machine_has_its_verdict(recorded: BuildOf) -> None:
    build = again(recorded, "study/0", keep=True)
    root = build.request.report.results
    (first,) = rows(next(verified.recorded(root, build.runs)).tables["runs"])
    elsewhere = store.load(verified.folder(root)).provenance | {"machine": "another"}
    for seed, run in enumerate(build.runs[1:3]):
        verdict = first | {"seed": seed, "fingerprint": run.fingerprint}
        verified.record(verified.folder(root), verdict, build.runs, elsewhere)
    (kept,) = verified.recorded(root, build.runs)
    found = {name: kept.scalars[name] for name in ("runs", "machines", "same/runs", "other/runs", "numbers")}
    assert found == {"runs": 2, "machines": 2, "same/runs": 1, "other/runs": 2, "numbers": 9}


@pytest.mark.parametrize(
    ("name", "changed", "why"),
    [
        ("studdy", "", "verify studdy: unknown; allowed: PART or PART/SEED, of judge, study, study_fast"),
        ("study/9", "", "verify study/9: unknown"),
        ("study/0", "study.steps=31", "study seed 0 is not current; "),
    ],
)
def test_what_cannot_be_verified_is_said(name: str, changed: str, why: str, recorded: BuildOf) -> None:
    with pytest.raises(UserError, match=why):
        again(recorded, name, changed=changed)


def test_runs_are_chosen_at_random(recorded: BuildOf) -> None:
    runs = recorded("status", "--seeds", "3").runs
    assert len({run.name for _ in range(40) for run in recomputing.asked(runs, (), 1)}) > 3
    assert [run.name for run in recomputing.asked(runs, (), 99)] == [run.name for run in runs]


def test_a_run_that_comes_back_from_another_process_is_known(recorded: BuildOf) -> None:
    runs = recorded("status", "--seeds", "3").runs
    sent = pickle.loads(pickle.dumps(runs[1]))
    assert len(recomputing.of_part(runs, sent)) == 3
