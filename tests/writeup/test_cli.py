"""The words of the command line, on the toy project."""

import bdb
import os
import re
import signal
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import edit

from writeup import trouble
from writeup.cli import main, status
from writeup.cli.entry import parse
from writeup.declare import Figure
from writeup.errors import UsageError, UserError
from writeup.files import beside
from writeup.identity.closure import Code, sources
from writeup.page.source import listings
from writeup.request import Request
from writeup.watch import watching

RequestOf = Callable[..., Request]


def names(request: Request) -> list[str]:
    return [part.name for part in request.parts]


def test_the_default_is_the_full_report(request_of: RequestOf, toy: Path) -> None:
    request = request_of()
    assert request.preset == "full" and parse(request.report, [], {})[1].verb == "report"
    assert names(request) == ["judge", "study", "study_fast"]
    assert request.out == toy / "report" and request.stores == (toy / "report" / "results",)
    assert request.stem == "report"


def test_presets_and_overrides_are_kept_apart(request_of: RequestOf, toy: Path) -> None:
    assert request_of("--preset", "small").out == toy / "report" / "small"
    custom = request_of("--set", "study.steps=3")
    assert custom.out == toy / "report" / "full-custom"
    # recorded results that still match are used, but new ones never take their place
    assert custom.stores == (toy / "report/full-custom/results", toy / "report/results")


def test_only_brings_along_what_is_needed_and_names_the_report(request_of: RequestOf) -> None:
    request = request_of("train", "--only", "study_fast")
    assert names(request) == ["judge", "study_fast"] and request.stem == "report-study_fast"


def test_what_others_need_has_one_run(request_of: RequestOf) -> None:
    assert request_of("--seeds", "4").seeds == {"judge": 1, "study": 4, "study_fast": 4}
    assert request_of().seeds == {"judge": 1, "study": 2, "study_fast": 2}


@pytest.mark.parametrize(
    ("words", "own", "others"),
    [
        (["diff", "--help"], ["REF", "--tolerance", "--preset"], ["--port", "--jobs"]),
        (["watch", "-h"], ["--port"], ["--tolerance"]),
        (["--help"], ["  report ", "  diff REF "], ["--port"]),
    ],
)
def test_each_verb_shows_its_own_options(
    words: list[str],
    own: list[str],
    others: list[str],
    request_of: RequestOf,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        request_of(*words)
    shown = capsys.readouterr().out
    assert all(one in shown for one in own) and not any(one in shown for one in others)


def test_names_may_stand_before_or_behind_options(request_of: RequestOf) -> None:
    report = request_of().report
    for words in (["values", "a*", "b", "--preset", "small"], ["values", "--preset", "small", "a*", "b"]):
        request, options = parse(report, words, {})
        assert request.preset == "small" and options.patterns == ["a*", "b"]


def test_the_data_directory_comes_from_the_option_or_the_environment(
    request_of: RequestOf, tmp_path: Path
) -> None:
    report = request_of().report

    def found(words: list[str], environ: dict[str, str]) -> Path | None:
        return parse(report, words, environ)[0].data_dir

    assert found(["data", "--data-dir", str(tmp_path)], {"DATA_DIR": "/nowhere"}) == tmp_path
    assert found([], {"DATA_DIR": str(tmp_path)}) == tmp_path
    assert found([], {}) is None
    with pytest.raises(UserError, match="no such folder"):
        parse(report, [], {"DATA_DIR": str(tmp_path / "missing")})


def test_runs_may_be_spread_over_processes_or_a_cluster(request_of: RequestOf) -> None:
    assert (request_of().jobs, request_of().dask) == (None, None)
    request = request_of("train", "--jobs", "3", "--dask", "tcp://127.0.0.1:8786")
    assert (request.jobs, request.dask) == (3, "tcp://127.0.0.1:8786")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["repot"], "invalid choice: 'repot'"),
        (["--only", "vae"], "--only vae: unknown part; allowed: judge"),
        (["report", "study"], "unrecognized arguments: study; see: python build.py report --help"),
        (["adopt"], "arguments are required: REF; see: python build.py adopt --help"),
        (["probe", "a", "b"], "unrecognized arguments: b"),
        (["--sets"], "unrecognized arguments"),
        (["--jobs", "-1"], "--jobs: -1: allowed: 0 or more"),
        (["--jobs", "two"], "--jobs: invalid whole number value: 'two'"),
        (["status", "--marked"], "unrecognized arguments: --marked; see: python build.py status --help"),
        (["values", "--jobs", "2"], "unrecognized arguments: --jobs;"),
        (["verify", "--engine", "latexmk"], "unrecognized arguments: --engine;"),
    ],
)
def test_wrong_words_are_usage_errors(words: list[str], message: str, request_of: RequestOf) -> None:
    with pytest.raises(UsageError, match=message):
        request_of(*words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--preset", "fast"], "unknown preset 'fast'; allowed: full, small"),
        (["--seeds", "0"], "--seeds 0: allowed: 1 to 10,000"),
        (["--seeds", "10001"], "--seeds 10001: allowed: 1 to 10,000"),
        (["--set", "study.step=3"], "unknown field 'step' of study; allowed: steps"),
        (["--set", "stud.steps=3"], "unknown part 'stud'; allowed: judge"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_is_allowed(
    words: list[str], message: str, request_of: RequestOf
) -> None:
    with pytest.raises(UserError, match=message):
        request_of(*words)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["repot"], 2),
        (["--preset", "fast"], 1),
        (["values", "no/such/value/x"], 1),
        (["report", "--engine", "nope"], 1),
        (["adopt", "no-such-commit"], 1),
    ],
)
def test_errors_are_one_line_and_set_the_exit_status(
    words: list[str], status: int, request_of: RequestOf, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(request_of().report, words) == status
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("error: ") and err.count("\n") == 1


def test_an_interrupt_that_a_library_makes_another_error_of_is_one(
    request_of: RequestOf, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def swallowing(request: Request, options: Namespace) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ValueError("invalid matrix") from None

    monkeypatch.setattr(status, "run", swallowing)
    before = signal.getsignal(signal.SIGINT)
    assert main(request_of().report, ["status"]) == 130
    assert capsys.readouterr().err == "interrupted; the last good report and results are untouched\n"
    assert signal.getsignal(signal.SIGINT) is before


RAISES = """    import json

    try:
        json.loads("{")
    except ValueError as error:
        raise RuntimeError("no steps left") from error
"""


@pytest.mark.parametrize("jobs", ["0", "1"])  # in this process, and in another
def test_an_error_of_the_reports_code_is_one_line_and_its_traceback_a_file(
    jobs: str, request_of: RequestOf, toy: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    edit(toy / "code/toy/study.py", "    np.random.seed(seed)\n", f"    np.random.seed(seed)\n{RAISES}")
    if jobs == "0":
        del sys.modules["toy.study"]  # was imported before the edit
    words = ["report", "--jobs", jobs, "--only", "study"]
    assert main(request_of().report, words) == 1
    (said,) = (line for line in capfd.readouterr().err.splitlines() if line.startswith("error: "))
    assert said.startswith("error: study seed 0 cannot be computed: RuntimeError: no steps left (study.py:")
    file = Path(said.rpartition("; the traceback is in ")[2])
    text = file.read_text(encoding="utf-8")
    file.unlink()
    # chained, with the frames of the libraries, down to the line that raised
    assert "json/decoder.py" in text and "JSONDecodeError: Expecting property name" in text
    assert "direct cause of the following exception" in text
    assert 'raise RuntimeError("no steps left") from error' in text
    assert main(request_of().report, [*words, "--traceback"]) == 1
    assert "json/decoder.py" in capfd.readouterr().err
    file.unlink()


def test_breakpoint_stops_in_the_process_of_jobs_0(
    request_of: RequestOf, toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def stop() -> None:
        caller = sys._getframe(1)
        seen.append(f"{caller.f_code.co_name} {os.getpid()}")

    monkeypatch.setattr(sys, "breakpointhook", stop)
    for within in ("    np.random.seed(seed)\n", "    figure = Figure()\n"):
        edit(toy / "code/toy/study.py", within, f"    breakpoint()\n{within}")
    del sys.modules["toy.study"]  # was imported before the edit
    figure = Figure("mean", "toy.study:draw", of=[request_of().report.parts[1]], alt="toy.study:in_words")
    report = replace(request_of().report, figures=[figure])
    assert main(report, ["report", "--jobs", "0", "--only", "study", "--seeds", "1"]) == 0
    assert seen == [f"train {os.getpid()}", f"draw {os.getpid()}"]


def test_a_mistake_of_the_program_is_one_line_and_its_traceback_a_file(
    request_of: RequestOf, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "run", lambda request, options: {}["nothing"])
    assert main(request_of().report, ["status"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: unexpected: KeyError: 'nothing' (test_cli.py:") and said.count("\n") == 1
    file = Path(said.rpartition("the traceback is in ")[2].strip())
    assert "KeyError" in file.read_text(encoding="utf-8")
    file.unlink()


def test_the_words_of_a_command_are_read_without_any_library() -> None:
    """`writeup init` works, and `--help` answers at once, where nothing else is imported."""
    program = "import sys, writeup.cli.standalone; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"numpy", "scipy", "sympy", "pandas", "matplotlib", "jinja2", "babel", "torch"}


def test_a_digest_is_printed_in_full(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declared = toy / "code" / "toy" / "report.py"
    (sha256,) = re.findall(r'sha256="(\w{64})"', declared.read_text(encoding="utf-8"))
    assert main("toy.report:REPORT", ["data"]) == 0
    assert capsys.readouterr().out == f"points: sha256 {sha256}\n"
    edit(toy / "code" / "toy" / "data.py", "np.arange(8.0)", "np.arange(9.0)")
    for name in [name for name in sys.modules if name.startswith("toy")]:
        del sys.modules[name]
    assert main("toy.report:REPORT", ["data"]) == 1
    out, err = capsys.readouterr()
    (found,) = re.findall(r"points: sha256 (\w{64})\n", out)
    assert err == f"error: points: declared is {sha256}; what was loaded has {found}\n" and found != sha256


def test_a_breakpoint_in_another_process_says_where_it_works() -> None:
    assert "breakpoint() needs --jobs 0" in trouble.described(bdb.BdbQuit())


def test_a_listing_of_what_does_not_parse_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text("def a():\n    return )\n", encoding="utf-8")
    with pytest.raises(SyntaxError) as caught:
        listings.listing(tmp_path / "page.py", "a")
    assert trouble.line(caught.value).startswith(f"{tmp_path}/page.py:2: ")


def test_watch_plans_anew_what_the_title_page_chooses(request_of: RequestOf, toy: Path) -> None:
    kinds = {
        name: watching._kind(request_of(), toy / name) for name in ("templates/assignment.toml", "data/x.csv")
    }
    assert set(kinds.values()) == {"results"}
    assert watching._kind(request_of(), toy / "templates/report.tex.j2") == "templates"


def test_a_file_beside_a_module_may_lie_in_another_folder(tmp_path: Path) -> None:
    assert beside(str(tmp_path / "code/a.py"), "../data/b.csv").resolve() == tmp_path / "data/b.csv"
    for name, text in {"code/own/a.py": A, "data/b.csv": "1"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    before = Code(sources(tmp_path)).closure("own.a:f").digest
    (tmp_path / "data/b.csv").write_text("2", encoding="utf-8")
    assert Code(sources(tmp_path)).closure("own.a:f").digest != before


A = """
from writeup.files import beside
DATA = beside(__file__, "../../data/b.csv")
def f():
    return DATA
"""
