"""Which results are current, where they are looked for, and what a part's provenance says. No training."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from assignment3 import config as configuration
from assignment3.config import PRESETS, override
from writeup import verbs
from writeup.cli import ROOT, Request, parse
from writeup.errors import UserError
from writeup.results import store as results
from writeup.results.store import Result
from writeup.runs import plan as runs
from writeup.tasks import Pipeline

SMOKE = PRESETS["smoke"]


def record(run: runs.Run) -> None:
    results.save(
        Result(run.part, run.seed, {"x": 1.0}, provenance={"fingerprint": run.fingerprint}), run.folder
    )


def request(tmp_path: Path, *words: str) -> Request:
    """A request whose results and report lie in a folder of the test's."""
    stores = (tmp_path / "custom" / "results", tmp_path / "results")
    return dataclasses.replace(parse(list(words), {}), out=tmp_path, stores=stores)


def test_a_recorded_result_is_current_until_its_configuration_changes(tmp_path: Path) -> None:
    (run,) = runs.plan(SMOKE, [tmp_path], ["cvae"])
    assert not run.current and not run.exists
    record(run)
    assert runs.plan(SMOKE, [tmp_path], ["cvae"])[0].current
    for change in ("cvae.epochs=9", "digits.epochs=9"):  # the judge's configuration counts too
        (changed,) = runs.plan(override(SMOKE, change), [tmp_path], ["cvae"])
        assert changed.exists and not changed.current
    (other,) = runs.plan(override(SMOKE, "gan.iterations=9"), [tmp_path], ["cvae"])
    assert other.current


def test_data_and_seed_enter_the_fingerprint(tmp_path: Path) -> None:
    real = dataclasses.replace(SMOKE, data="real")
    seeds = [run.fingerprint for run in runs.plan(configuration.with_seeds(SMOKE, 2), [tmp_path], ["cvae"])]
    assert len({*seeds, runs.plan(real, [tmp_path], ["cvae"])[0].fingerprint}) == 3


def test_custom_settings_use_recorded_results_but_write_elsewhere(tmp_path: Path) -> None:
    custom, base = tmp_path / "custom", tmp_path / "base"
    (run,) = runs.plan(SMOKE, [base], ["cvae"])
    record(run)
    (found,) = runs.plan(override(SMOKE, "gan.iterations=9"), [custom, base], ["cvae"])
    assert found.current and found.recorded == run.folder and custom in found.folder.parents
    (changed,) = runs.plan(override(SMOKE, "cvae.epochs=9"), [custom, base], ["cvae"])
    assert not changed.current and custom in changed.folder.parents


def test_the_train_verb_computes_anew_what_is_current(tmp_path: Path) -> None:
    words = ["--preset", "smoke", "--only", "digits"]
    record(Pipeline(request(tmp_path, "report", *words)).runs[0])
    lines = {verb: Pipeline(request(tmp_path, verb, *words)) for verb in ("report", "train")}
    assert lines["report"].needs_no_training(lines["report"].runs[0])
    assert not lines["train"].needs_no_training(lines["train"].runs[0])


def test_stale_results_are_rendered_only_when_allowed(tmp_path: Path) -> None:
    words = ["--preset", "smoke", "--only", "digits"]
    (run,) = Pipeline(request(tmp_path, "report", *words)).runs
    record(dataclasses.replace(run, fingerprint="of another time"))
    strict = Pipeline(request(tmp_path, "report", *words))
    assert not strict.needs_no_training(strict.runs[0])
    lax = Pipeline(request(tmp_path, "report", "--allow-stale", *words))
    assert lax.needs_no_training(lax.runs[0]) and lax.settings["stale"] == ["digits"]


def test_what_cannot_be_trained_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*args: object) -> Result:
        raise UserError("train.tsv: missing; make data")

    monkeypatch.setattr(runs, "load_data", unavailable)
    line = Pipeline(request(tmp_path, "report", "--preset", "quick", "--only", "cvae"))
    with pytest.raises(
        UserError, match=r"^digits seed 0 is not recorded and cannot be trained: train\.tsv: missing"
    ):
        line.train()
    record(dataclasses.replace(line.runs[0], fingerprint="old"))
    with pytest.raises(UserError, match=r"^digits seed 0 is stale \(code, configuration or data changed\)"):
        line.train()


def test_without_torch_training_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs.importlib.util, "find_spec", lambda name: None)
    (run,) = runs.plan(SMOKE, [tmp_path], ["digits"])
    with pytest.raises(runs.TorchMissing):
        next(runs.compute_all([run], SMOKE, None, ROOT, jobs=None, dask=None))

    def needs_torch(line: Pipeline) -> dict[str, object]:
        raise runs.TorchMissing("digits")

    assert verbs.main(["report", "--preset", "smoke"], needs_torch) == 3  # the Makefile installs it on a 3


def test_a_plan_of_the_judge_alone_is_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "compute", lambda run, *_: Result(run.part, run.seed, {"x": 1.0}))
    pending = runs.plan(SMOKE, [tmp_path], ["digits"])
    found = list(runs.compute_all(pending, SMOKE, None, ROOT, jobs=None, dask=None))
    assert [run for run, _ in found] == pending
    assert list(runs.compute_all([], SMOKE, None, ROOT, jobs=None, dask=None)) == []


def test_the_commit_marks_uncommitted_changes(tmp_path: Path) -> None:
    assert runs.commit(tmp_path / "nowhere") == "unknown"
    if shutil.which("git") and (ROOT / ".git").exists():
        assert runs.commit(ROOT).rstrip("+").isalnum()


def test_every_figure_belongs_to_a_part() -> None:
    line = Pipeline(parse(["--preset", "smoke"], {}))
    assert {drawing.part for drawing in line.drawings} >= {
        "text_cnn",
        "text_cnn_tuned",
        "siamese",
        "cvae",
        "gan",
    }
    functions = {drawing.name: drawing.function for drawing in line.drawings}
    assert functions["cvae_tuned_samples"] == functions["cvae_samples"] == "cvae_samples"
    assert functions["text_cnn_tuned_loss"] == "text_cnn_loss" and "siamese_tuned_loss" not in functions
    only = Pipeline(parse(["--preset", "smoke", "--only", "gan"], {}))
    assert {drawing.part for drawing in only.drawings} == {"gan"}
