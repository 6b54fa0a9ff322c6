"""Which runs are current and why the others are not, by a toy project. What is trained takes milliseconds."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from writeup import steps
from writeup.build import Build
from writeup.errors import PackageMissing, UserError
from writeup.page.source import assembly
from writeup.results import store
from writeup.runs import record
from writeup.runs import weights as kept

BuildOf = Callable[..., Build]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def states(build: Build) -> dict[str, bool]:
    return {run.name: run.current for run in build.runs}


@pytest.fixture
def trained(toy: Path, build_of: BuildOf) -> Path:
    """The toy with every run recorded."""
    steps.train(build_of("report", "--jobs", "0"))
    assert all(states(build_of()).values())
    return toy


def test_what_others_need_is_computed_first_and_enters_by_its_weights(toy: Path, build_of: BuildOf) -> None:
    before = {run.name: run for run in build_of().runs}
    assert before["study seed 0"].waits_for == "judge" and not before["judge seed 0"].waits_for
    steps.train(build_of("report", "--jobs", "0"))
    after = {run.name: run for run in build_of().runs}
    known = after["judge seed 0"].peek.provenance["weights"]
    assert after["study seed 0"].evaluate.inputs["weights"] == {"judge": known}
    weights = store.load(after["study seed 0"].recorded).arrays["mean"]
    assert after["study seed 0"].peek.provenance["weights"] == record.weights_digest({"mean": weights})


def test_a_change_makes_stale_what_it_can_change_and_is_named(trained: Path, build_of: BuildOf) -> None:
    edit(trained / "code/toy/study.py", "return mean - x", "return 2 * (mean - x)")
    build = build_of()
    assert states(build) == {"judge seed 0": True} | dict.fromkeys(
        ("study seed 0", "study seed 1", "study_fast seed 0", "study_fast seed 1"), False
    )
    assert build.runs[1].why() == ["definitions.gradient: changed"]


def test_a_result_is_read_once_for_a_report(
    trained: Path, build_of: BuildOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    read_one = store.document_of
    monkeypatch.setattr(store, "document_of", lambda folder: read.append(folder) or read_one(folder))
    build = build_of()
    assert [result.part for result in assembly.recorded(build)][:2] == ["judge", "study"]
    assert read == [run.recorded for run in build.runs]


def test_an_edit_of_the_evaluation_trains_nothing(
    trained: Path, build_of: BuildOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(trained / "code/toy/study.py", "return abs(mean", "return 1.0 * abs(mean")
    assert [run.why() for run in build_of().runs if not run.current] == [["definitions.error: changed"]] * 4

    def forbidden(*args: object, **options: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(record, "train", forbidden)
    before = json.loads((trained / "report/results/study/seed-0/result.json").read_text())
    steps.train(build_of("report", "--jobs", "0"))
    after = json.loads((trained / "report/results/study/seed-0/result.json").read_text())
    assert all(states(build_of()).values())
    assert before["scalars"] == after["scalars"] and before["files"] == after["files"]


def test_the_judges_evaluation_does_not_concern_what_it_judges(trained: Path, build_of: BuildOf) -> None:
    edit(trained / "code/toy/judge.py", "np.abs(trained", "1.0 * np.abs(trained")
    assert [name for name, current in states(build_of()).items() if not current] == ["judge seed 0"]


def test_settings_data_and_seed_count(trained: Path, build_of: BuildOf) -> None:
    changed = build_of("status", "--set", "study.steps=40")
    assert changed.runs[1].why() == ["config.steps: 30 -> 40"]
    assert [run.current for run in changed.runs] == [True, False, False, True, True]
    assert {run.why()[0] for run in build_of("status", "--seeds", "3").runs if not run.current} == {
        "not recorded"
    }
    prints = {run.fingerprint for run in build_of().runs}
    assert len(prints) == 5


def test_custom_settings_use_recorded_results_but_write_elsewhere(trained: Path, build_of: BuildOf) -> None:
    judge, study, *_ = build_of("report", "--set", "study.steps=40").runs
    assert judge.current and judge.recorded == trained / "report/results/judge/seed-0"
    assert study.folder == trained / "report/full-custom/results/study/seed-0" and not study.current


def test_a_judge_trained_otherwise_may_not_judge(
    trained: Path, build_of: BuildOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache is lost and the same training gives other weights here: as another thread count would."""
    shutil.rmtree(kept.place("judge", 0, "x").parent)
    shutil.rmtree(trained / "report/results/study/seed-1")
    original = record.train

    def otherwise(part, config, data, *, seed, roles):  # type: ignore[no-untyped-def]
        made = original(part, config, data, seed=seed, roles=roles)
        return made if part.name != "judge" else record.Trained({"w": made.weights["w"] + 1e-12})

    monkeypatch.setattr(record, "train", otherwise)
    with pytest.raises(UserError, match=r"judge seed 0, trained again here, has other weights"):
        steps.train(build_of("report", "--jobs", "0"))
    monkeypatch.undo()
    monkeypatch.syspath_prepend(str(trained / "code"))
    monkeypatch.setenv("WRITEUP_CACHE", str(trained.parent / "cache"))
    steps.train(build_of("report", "--jobs", "0"))
    assert all(states(build_of()).values())


def test_the_same_weights_made_again_serve(trained: Path, build_of: BuildOf) -> None:
    shutil.rmtree(kept.place("judge", 0, "x").parent)
    shutil.rmtree(trained / "report/results/study/seed-1")
    steps.train(build_of("report", "--jobs", "0"))
    assert all(states(build_of()).values())


@pytest.mark.parametrize("damage", [b"", b"[]", b"null", b'{"format": 1}', b"\xff\xfe", b'{"format": 1, "x'])
def test_a_damaged_result_is_named_and_computed_again(
    damage: bytes, trained: Path, build_of: BuildOf, capsys: pytest.CaptureFixture[str]
) -> None:
    path = trained / "report/results/study/seed-0/result.json"
    path.write_bytes(damage)
    (run,) = (run for run in build_of().runs if not run.current)
    assert run.name == "study seed 0" and str(path) in run.why()[0] and "\n" not in run.why()[0]
    with pytest.raises(UserError, match=r"result\.json"):
        store.load(path.parent)
    steps.train(build_of("report", "--jobs", "0"))
    assert "result.json" in capsys.readouterr().out  # why it is computed again
    assert all(states(build_of()).values())


def test_the_train_verb_computes_anew_what_is_current(trained: Path, build_of: BuildOf) -> None:
    path = trained / "report/results/judge/seed-0/result.json"
    before = json.loads(path.read_text())["provenance"]["fingerprint"]
    path.unlink()
    steps.train(build_of("train", "--jobs", "0", "--only", "judge"), anew=True)
    assert json.loads(path.read_text())["provenance"]["fingerprint"] == before


def test_stale_results_are_rendered_only_when_allowed(trained: Path, build_of: BuildOf) -> None:
    edit(trained / "code/toy/study.py", "return mean - x", "return 3 * (mean - x)")
    assert len(build_of("report").pending) == 4
    lax = build_of("report", "--allow-stale")
    assert not lax.pending and lax.stale == {"study", "study_fast"}


def test_what_cannot_be_trained_is_said_in_one_line(
    toy: Path, build_of: BuildOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*args: object) -> None:
        raise UserError("points: missing; make data")

    monkeypatch.setattr(record, "load", unavailable)
    with pytest.raises(
        UserError,
        match=r"^judge seed 0 is not current \(not recorded\) and cannot be trained: points: missing",
    ):
        steps.train(build_of("report", "--jobs", "0"))


def test_data_that_are_not_the_declared_ones_are_refused(toy: Path, build_of: BuildOf) -> None:
    """A loader that flips something gives no result under the old fingerprint."""
    import toy.data as data

    data.load = lambda folder=None: data.Points(-data.made().x)  # type: ignore[assignment]
    with pytest.raises(UserError, match=r"points: what toy\.data:load loaded has sha256"):
        steps.train(build_of("report", "--jobs", "0"))


def test_a_missing_package_asks_for_it(toy: Path, build_of: BuildOf) -> None:
    build = build_of("report", "--jobs", "0")
    edit(toy / "code/toy/judge.py", "import numpy as np", "import not_installed_anywhere\nimport numpy as np")
    del sys.modules["toy.judge"]
    with pytest.raises(PackageMissing, match="not_installed_anywhere is not installed"):
        steps.train(build)


def test_provenance_is_of_the_start(trained: Path, build_of: BuildOf) -> None:
    known = build_of().runs[1].peek.provenance
    assert {"commit", "date", "versions", "machine", "threads"} <= known.keys()
    assert known["versions"].keys() == {"python", "numpy", "pandas"}  # of the packages that the run uses
    for costs in (known, known["trained"], known["evaluated"]):
        assert all(costs[name] >= 0 for name in ("seconds", "processor_seconds", "peak_memory_mib"))
    made_by, judged_by = (
        store.definitions(trained / "report/results", known[stage]["code"]) or {}
        for stage in ("train", "evaluate")
    )
    assert made_by.keys() >= {"study.train", "record.train", "gradient"}
    assert judged_by.keys() >= {"study.evaluate", "error", "encode"}


def test_what_no_record_was_made_by_is_forgotten(trained: Path, build_of: BuildOf) -> None:
    folder = trained / "report/results/definitions"
    before = {path.name for path in folder.iterdir()}
    assert len(before) == 4  # of two modules, for their trainings and evaluations
    edit(trained / "code/toy/study.py", "return mean - x", "return (mean - x) * 1.0")
    steps.train(build_of("report", "--jobs", "0"))
    after = {path.name for path in folder.iterdir()}
    assert len(after) == 4 and len(before & after) == 3


def test_side_by_side_gives_the_same(trained: Path, toy: Path, build_of: BuildOf) -> None:
    before = {run.name: store.load(run.recorded).scalars for run in build_of().runs}
    shutil.rmtree(toy / "report")
    shutil.rmtree(kept.place("judge", 0, "x").parent)
    steps.train(build_of("report", "--jobs", "2"))
    assert {run.name: store.load(run.recorded).scalars for run in build_of().runs} == before
