"""Recorded runs computed again: what a made-up record shows, and what it does not."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from writeup import steps
from writeup.build import Build
from writeup.errors import UserError
from writeup.results import store
from writeup.results.store import Result
from writeup.results.tables import rows
from writeup.runs import record, verified, weights
from writeup.runs.plan import Run
from writeup.verify import judging, recomputing

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


def forged(folder: Path, change: Callable[[Result], Result]) -> None:
    """As one who forges digests too: a record changed and sealed anew under the same fingerprint."""
    record.save(change(store.load(folder)), folder)


def alter(folder: Path, name: str, by: float) -> None:
    def change(result: Result) -> Result:
        return dataclasses.replace(result, scalars={**result.scalars, name: result.scalars[name] + by})

    forged(folder, change)


def folder_of(build: Build, name: str) -> Path:
    return next(run.recorded for run in build.runs if run.name == name)


def test_what_was_computed_comes_out_again(recorded: BuildOf, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in weights.folder().iterdir()}
    again(recorded, "judge", "study/1")
    said = capsys.readouterr().out
    assert "computed again: judge seed 0, study seed 1" in said
    whole = "study seed 1: 3 of 3 numbers are bit-identical; weights, tables, logs and arrays as recorded"
    assert whole in said
    after = {path: path.stat().st_mtime_ns for path in weights.folder().iterdir()}
    assert after == before  # the cache is left as it is


@pytest.mark.parametrize("by", [-5.0, 1e-12])
def test_any_difference_is_not_as_recorded_where_it_was_recorded(
    by: float, recorded: BuildOf, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in range(3):  # all seeds alike, so that their spread tells nothing
        alter(folder_of(recorded("status", "--seeds", "3"), f"study seed {seed}"), "judged", by)
    assert all(run.current for run in recorded("status", "--seeds", "3").runs)
    with pytest.raises(UserError, match=r"not as recorded: study seed 1: judged is recorded as "):
        again(recorded, "study/1", keep=True)
    assert "2 of 3 numbers are bit-identical, 1 not as recorded" in capsys.readouterr().out


def loss(result: Result) -> Result:
    columns = result.logs["loss"]
    changed = {**columns, "loss": [columns["loss"][0] + 0.1, *columns["loss"][1:]]}
    return dataclasses.replace(result, logs={"loss": changed})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (loss, "other logs than recorded: loss"),
        (
            lambda one: dataclasses.replace(one, arrays={"mean": one.arrays["mean"] + 1}),
            "other arrays than recorded",
        ),
        (
            lambda one: dataclasses.replace(one, provenance={**one.provenance, "weights": "a" * 64}),
            "other weights than recorded",
        ),
    ],
)
def test_not_only_numbers_are_compared(
    change: Callable[[Result], Result], said: str, recorded: BuildOf
) -> None:
    forged(folder_of(recorded("status", "--seeds", "3"), "study seed 1"), change)
    with pytest.raises(UserError, match=f"not as recorded: study seed 1: {said}"):
        again(recorded, "study/1")


def judged(result: Result, machine: str = "another", **scalars: float) -> Result:
    provenance = {**result.provenance, "machine": machine}
    return dataclasses.replace(result, scalars={**result.scalars, **scalars}, provenance=provenance)


def seeds_of(part: str, runs: Sequence[Run]) -> list[Result]:
    return [store.load(run.recorded) for run in runs if run.part.name == part]


def test_exchanged_seeds_and_variants_are_known_by_their_logs(recorded: BuildOf) -> None:
    """On another machine too, where no bit need be the same."""
    runs = recorded("status", "--seeds", "3").runs
    true, fast = seeds_of("study", runs), seeds_of("study_fast", runs)

    def near(result: Result) -> Result:
        log = result.logs["loss"]
        elsewhere = {"loss": {**log, "loss": [value * (1 + 1e-7) for value in log["loss"]]}}
        return dataclasses.replace(judged(result, "here"), logs=elsewhere)

    def as_if(result: Result, other: Result) -> Result:
        named = {"part": other.part, "seed": other.seed, "provenance": other.provenance}
        return dataclasses.replace(result, **named)

    swapped = [as_if(true[1], true[0]), as_if(true[0], true[1]), true[2], *fast]
    found = judging.judge(near(true[0]), judged(swapped[0]), swapped)
    assert found.wrong == ["its logs are those of study seed 1"]
    swapped = [as_if(fast[0], true[0]), *true[1:], as_if(true[0], fast[0]), *fast[1:]]
    found = judging.judge(near(true[0]), judged(swapped[0]), swapped)
    assert "its logs are those of study_fast seed 0" in found.wrong
    honest = judging.judge(near(true[0]), judged(true[0]), [*true, *fast])
    assert honest.wrong == [] and not honest.here


def made_up(seed: int, value: float, machine: str = "there") -> Result:
    return Result("study", seed, {"x": value}, provenance={"machine": machine})


def test_elsewhere_two_draws_differ_by_what_the_other_runs_spread() -> None:
    """Held against scipy's t and against draws; a forged number does not widen what it may be."""
    others = [0.0, 1.0, 3.0, 2.5]
    runs = [made_up(seed, value) for seed, value in enumerate([2.0, *others])]
    least = stats.t.ppf(1 - judging.LEVEL / 2, 3) * np.std(others, ddof=1) * np.sqrt(2)
    for by, verdict in ((0.999 * least, "within"), (1.001 * least, "wrong"), (-1.001 * least, "wrong")):
        before = made_up(0, 2.0 + by)
        found = judging.judge(made_up(0, 2.0, "here"), before, [before, *runs[1:]])
        assert [one.verdict for one in found.numbers] == [verdict]
        assert f"a difference from {least:.3g} on would be called wrong" in str(found.numbers[0])
    random = np.random.default_rng(0)
    draws = random.normal(size=(20_000, 7))
    wrong = [abs(a - b) >= (judging.least_wrong(a, b, rest, 0.05) or 0) for a, b, *rest in draws[:4000]]
    assert abs(np.mean(wrong) - 0.05) < 0.01


@pytest.mark.parametrize(
    ("changes", "here"),
    [
        ({}, True),
        ({"versions": {"torch": "2.9.1"}}, False),
        ({"versions": {"torch": "2.9.0+cpu", "pandas": "3"}}, True),
        ({"threads": 2}, False),
        ({"evaluated": {"threads": 2}}, False),
        ({"machine": "another"}, False),
    ],
)
def test_where_a_run_was_recorded_is_here_or_elsewhere(changes: dict[str, object], here: bool) -> None:
    """torch says more of its version than pip, and older records name fewer packages."""
    recorded = {"machine": "m", "threads": 1, "versions": {"torch": "2.9.0+cpu"}, "evaluated": {}}
    now = recorded | {"versions": {"torch": "2.9.0", "pandas": "3"}}
    assert judging.alike(recorded | changes, now) == here


@pytest.mark.parametrize(
    ("values", "again", "verdict"),
    [
        ([4.0, 3.0, 3.0, 3.0], 3.0, "wrong"),  # all runs agree in it but this record
        ([3.0, 3.0, 3.0, 3.0], 4.0, "unjudged"),  # a count, perhaps
        ([3.0, 3.1], 3.2, "unjudged"),
        ([3.0, 3.1, 3.2], 3.0, "identical"),
    ],
)
def test_without_a_spread_little_can_be_said(values: list[float], again: float, verdict: str) -> None:
    runs = [made_up(seed, value) for seed, value in enumerate(values)]
    found = judging.judge(made_up(0, again, "here"), runs[0], runs)
    assert [one.verdict for one in found.numbers] == [verdict]
    assert found.numbers[0].least is None or verdict != "unjudged"


def test_what_came_out_is_kept_where_it_is_wanted(recorded: BuildOf, tmp_path: Path) -> None:
    build = recorded("report", "--jobs", "0", "--seeds", "3")
    recomputing.verify(build, ["study/1"], 1, keep=False, into=tmp_path)
    one, other = (
        store.document_of(path) for path in (tmp_path / "study/seed-1", folder_of(build, "study seed 1"))
    )
    assert store.content(one) == store.content(other)


def test_verdicts_are_kept_while_their_results_are_what_they_were(recorded: BuildOf, toy: Path) -> None:
    for words in (("study/0",), ("study_fast",), ("study/0",)):
        build = again(recorded, *words, keep=True)
    (kept,) = verified.recorded(build.request.report.results, build.runs)
    sums = {"runs": 4, "parts": 2, "machines": 1, "numbers": 12, "identical": 12}
    sums |= {"within": 0, "unjudged": 0, "wrong": 0}
    nothing = {f"other/{name}": 0 for name in sums}
    assert kept.scalars == sums | {f"same/{name}": value for name, value in sums.items()} | nothing
    table = rows(kept.tables["runs"])
    assert all(row["computed"] == row["recorded"] for row in table)
    others = [run for run in build.runs if run.part.name != "study_fast"]
    (fewer,) = verified.recorded(build.request.report.results, others)
    assert fewer.scalars["runs"] == 1 and fewer.tables["runs"]["part"] == ["study"]
    assert not list(verified.recorded(build.request.report.results, []))
    store.stamp(
        store.peek(folder_of(build, "study seed 0")).provenance | {"date": "2001"},
        folder_of(build, "study seed 0"),
    )
    assert (
        len(
            verified.kept(
                verified.folder(build.request.report.results), recorded("status", "--seeds", "3").runs
            )
        )
        == 4
    )
    alter(folder_of(build, "study seed 0"), "judged", 1.0)
    assert (
        len(
            verified.kept(
                verified.folder(build.request.report.results), recorded("status", "--seeds", "3").runs
            )
        )
        == 3
    )


def test_an_invented_verdict_is_found(recorded: BuildOf) -> None:
    """By the digests that it names; and one that names others of its own, by computing it again."""
    build = again(recorded, "study/0", keep=True)
    place = verified.folder(build.request.report.results)
    whole = store.load(place)

    def invented(**changes: object) -> None:
        table = {name: [changes.get(name, values[0])] for name, values in whole.tables["runs"].items()}
        record.save(dataclasses.replace(whole, tables={"runs": table}), place)

    invented(identical=2)
    with pytest.raises(UserError, match="its verdict on study/0 is not that of the digests it names"):
        verified.kept(place, build.runs)
    invented(computed="0" * 64)
    with pytest.raises(UserError, match="its verdict on study/0 is not that of the digests it names"):
        verified.kept(place, build.runs)
    invented(computed="0" * 64, identical=2, wrong=1)
    with pytest.raises(
        UserError, match=r"study seed 0: the verdict recorded on .* says that 000000000000 came out"
    ):
        again(recorded, "study/0")


def test_each_machine_has_its_verdict(recorded: BuildOf) -> None:
    build = again(recorded, "study/0", keep=True)
    root = build.request.report.results
    (first,) = rows(next(verified.recorded(root, build.runs)).tables["runs"])
    elsewhere = store.load(verified.folder(root)).provenance | {"machine": "another"}
    for run in build.runs[1:3]:
        content = store.content(store.document_of(run.recorded))
        verdict = first | {"seed": run.seed, "recorded": content, "computed": content}
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
