from pathlib import Path

import pytest

from assignment3.config import PARTS, PRESETS
from writeup import verbs
from writeup.cli import ROOT, UsageError, parse
from writeup.errors import UserError


def test_the_default_is_the_full_report() -> None:
    request = parse([], {})
    assert (request.verb, request.config, request.parts) == ("report", PRESETS["full"], PARTS)
    assert request.out == ROOT / "report" and request.stores == (ROOT / "report" / "results",)
    assert request.stem == "report"


def test_presets_and_overrides_are_kept_apart() -> None:
    assert parse(["--preset", "smoke"], {}).out == ROOT / "report" / "smoke"
    custom = parse(["--set", "cvae.epochs=3"], {})
    assert custom.out == ROOT / "report" / "full-custom"
    # recorded results that still match are used, but new ones never take their place
    assert custom.stores == (ROOT / "report" / "full-custom" / "results", ROOT / "report" / "results")


def test_only_brings_the_judge_along_and_names_the_report() -> None:
    request = parse(["train", "--only", "cvae"], {})
    assert request.parts == ("digits", "cvae") and request.stem == "report-cvae"


def test_the_data_directory_comes_from_the_option_or_the_environment(tmp_path: Path) -> None:
    assert parse(["data", "--data-dir", str(tmp_path)], {"DATA_DIR": "/nowhere"}).data_dir == tmp_path
    assert parse([], {"DATA_DIR": str(tmp_path)}).data_dir == tmp_path
    assert parse([], {}).data_dir is None
    with pytest.raises(UserError, match="no such folder"):
        parse([], {"DATA_DIR": str(tmp_path / "missing")})


def test_runs_may_be_spread_over_processes_or_a_cluster() -> None:
    assert (parse([], {}).jobs, parse([], {}).dask) == (None, None)
    request = parse(["train", "--jobs", "3", "--dask", "tcp://127.0.0.1:8786"], {})
    assert (request.jobs, request.dask) == (3, "tcp://127.0.0.1:8786")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["repot"], "invalid choice: 'repot'"),
        (["--only", "vae"], "--only vae: unknown part; allowed: digits"),
        (["report", "cvae"], "report takes no 'cvae'"),
        (["--sets"], "unrecognized arguments"),
        (["--jobs", "0"], "--jobs 0: allowed: 1 or more"),
    ],
)
def test_wrong_words_are_usage_errors(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(words, {})


@pytest.mark.parametrize(
    ("words", "status"), [(["repot"], 2), (["--preset", "fast"], 1), (["values", "no/such/value/x"], 1)]
)
def test_errors_are_one_line_and_set_the_exit_status(
    words: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verbs.main(words, lambda line: {}) == status
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("error: ") and err.count("\n") == 1
