"""What `python -m writeup init` lays down: it builds at once, without the assignment and without torch."""

import base64
import errno
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from scipy.special import stdtrit
from tests import conformance
from tests.writeup.conftest import Project

import writeup
from writeup import starting
from writeup.cli import standalone
from writeup.declare import Claim, Data, Measure, Part
from writeup.errors import UserError
from writeup.page.context import Statement
from writeup.page.source import templating
from writeup.results import compare
from writeup.results.compare import Comparison, Kind


@pytest.fixture
def copy(built: Project, tmp_path: Path) -> Project:
    """The built project in a folder that a test may spoil."""
    shutil.copytree(built.root, tmp_path / "copy")
    return replace(built, root=tmp_path / "copy")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def tight(text: str) -> str:
    return "".join(text.split())


def text_of(pdf: Path) -> str:
    """Without blanks and line breaks: how a PDF sets these is the engine's business."""
    with pdfplumber.open(pdf) as document:
        return tight("".join(page.extract_text() for page in document.pages))


def test_neither_the_assignment_nor_torch_can_be_imported_there(built: Project) -> None:
    for name in ("assignment3", "torch"):
        done = built.run(sys.executable, "-c", f"import {name}")
        assert done.returncode == 1 and "has no place in this report" in done.stderr


def test_the_page_shows_the_values_the_claim_and_the_proof(built: Project) -> None:
    values = [line.split("\t") for line in built.build("values").stdout.splitlines()]
    means = {name: (float(mean), float(std)) for name, mean, std, *_ in values}
    page = text_of(built.root / "report" / "report.pdf")
    assert conformance.failures((built.root / "report" / "report.pdf").read_bytes(), "ua1") == []
    for name in ("descent", "descent_penalty"):
        assert "{:.2f}±{:.2f}".format(*means[f"{name}/error"]) in page
    difference = means["descent_penalty/error"][0] - means["descent/error"][0]
    claim = f"With the penalty, the error on new points is {-difference:.3f} lower than without it ("
    assert tight(claim) in page and tight("; 5 runs a side, adjusted") in page
    for rule in ("chainrule", "collect"):
        assert page.count(rule) == 2  # beside the equation, and in the list of proofs
    assert page.count("forall") == 2  # for what both steps hold


def test_a_second_build_does_nothing(built: Project) -> None:
    written = {path: path.stat().st_mtime_ns for path in (built.root / "report").glob("report.*")}
    done = built.build("report", "--engine", "embedded")
    said, *forms = done.stdout.splitlines()
    assert said.startswith("10 recorded results loaded, 0 computed; ")
    assert forms == ["report/report.pdf", "report/report.html", "report/report.md"]
    assert {path: path.stat().st_mtime_ns for path in written} == written


def test_only_what_can_change_a_number_makes_runs_stale(copy: Project) -> None:
    experiment = copy.root / "code" / "study" / "experiment.py"
    edit(experiment, "    x, y = (one[100:]", "    # the second half\n    x, y = (one[100:]")
    done = copy.make("status")
    *runs, named = done.stdout.splitlines()  # the last names what these tests let Python import
    assert [line.split()[-1] for line in runs] == 10 * ["current"] and "sitecustomize" in named
    edit(experiment, "np.mean((y - x @ w) ** 2)", "np.mean(abs(y - x @ w))")
    shown = copy.make("status").stdout.splitlines()[:20]
    assert [line.split()[-1] for line in shown[::2]] == 10 * ["stale"]
    assert {line.strip() for line in shown[1::2]} == {"definitions.loss: changed"}


def test_a_sign_error_in_the_derivation_stops_the_build(copy: Project) -> None:
    pdf = copy.root / "report" / "report.pdf"
    before = pdf.read_bytes()
    edit(copy.root / "code" / "study" / "derivation.py", "-x * residual", "x * residual")
    done = copy.make("report")
    errors = [line for line in done.stderr.splitlines() if not line.startswith("make:")]
    assert done.returncode and len(errors) == 1 and pdf.read_bytes() == before
    assert errors[0].startswith("error: derivation gradient, step 1 'slope' does not hold: at ")


def test_a_report_of_one_run_or_of_one_setting_makes_no_claim(copy: Project) -> None:
    edit(copy.root / "templates" / "assignment.toml", 'paper = "a4"', 'paper = "letter"')
    edit(copy.root / "templates" / "assignment.toml", 'language = "en"', 'language = "de"')
    done = copy.build("report", "--engine", "embedded", "--seeds", "1", "--only", "descent_penalty")
    assert done.returncode == 0, done.stderr
    page = text_of(copy.root / "report" / "report-descent_penalty.pdf")
    assert "adjusted" not in page and "Yourcourse,26.November2026" in page
    with pdfplumber.open(copy.root / "report" / "report-descent_penalty.pdf") as document:
        assert {(page.width, page.height) for page in document.pages} == {(612, 792)}
    done = copy.build("report", "--engine", "embedded", "--seeds", "1")
    assert done.returncode == 0, done.stderr
    page = text_of(copy.root / "report" / "report.pdf")
    assert "adjusted" not in page and "runs,toofewtocompare" in page and "Abbildung1:" in page


def test_its_own_tests_pass(built: Project) -> None:
    done = built.make("test")
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


def test_its_python_is_short(built: Project) -> None:
    lines = [path.read_text().count("\n") for path in built.root.rglob("*.py")]
    assert len(lines) == 7 and sum(lines) <= 126


def test_make_alone_lists_the_verbs(built: Project) -> None:
    listed = built.run("make").stdout.splitlines()
    assert [line.split()[1] for line in listed] == [
        "help",
        "report",
        "watch",
        "diff",
        "status",
        "grade",
        "archive",
        "values",
        "test",
        "lock",
        "clean",
    ]
    makefile = (built.root / "Makefile").read_text()
    (wheel,) = (built.root / "wheels").iterdir()
    assert f"\nWRITEUP ?= wheels/{wheel.name}\n" in makefile


PENALTY = Measure("error", 0.2, "error", "<better>, it is <difference> lower than <worse>", better="lower")


@pytest.mark.parametrize(
    ("low", "high", "runs", "said"),
    [
        (-0.5, -0.1, 5, "With it, it is 0.300 lower than without ($-0.300$, 95"),
        (0.1, 0.5, 5, "Without, it is 0.300 lower than with it (0.300, 95"),
        (-0.3, 0.5, 5, "Whether the error is better with it or without stays open (0.100, 95"),
        (-0.1, 0.1, 5, "The error is the same with it and without, within 0.2 (0.000, 95"),
        (-0.5, -0.1, 4, "The error is 0.700 with it and 1.000 without in 4 and 4 runs, too few to compare."),
    ],
)
def test_the_sentence_follows_from_the_verdict(low: float, high: float, runs: int, said: str) -> None:
    part = Part("one", None, Data("none"), "nowhere")
    declared = Claim("a/b", (part, ""), (part, ""), PENALTY, ("with it", "without"))
    kind: Kind = "equivalence" if high == 0.1 else "difference"
    error = (high - low) / 2 / float(stdtrit(4, 0.975))
    found = Comparison((1 + (low + high) / 2, 1.0), (runs, runs), "test", error, 4)
    found = compare.asked(found, kind, 0.2, "lower")
    one = Statement(declared, compare.decided({"c": found}, (), (0, 1))["c"])
    template = templating.environment(starting.STARTER / "templates").get_template("claim.tex.j2")
    sentence = template.module.claim(one)  # type: ignore[attr-defined]
    assert sentence.startswith(said), sentence


# --- the command ---


def test_alone_it_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert standalone.main([]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("usage: writeup") and "init" in out and "verify" in out and err == ""


def test_it_names_what_it_wrote_and_what_to_type_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert standalone.main(["init", "my report"]) == 0
    said, _, then = capsys.readouterr().out.partition("next:\n")
    head, *names = said.splitlines()
    written = {str(p.relative_to("my report")) for p in Path("my report").rglob("*") if p.is_file()}
    assert head == "my report: a report of its own" and written == set(" ".join(names).split())
    assert ".gitignore" in written and then.startswith("  cd 'my report'\n  make report")


def test_a_folder_that_is_in_use_gets_what_it_lacks_and_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Makefile").write_text("mine", encoding="utf-8")
    assert standalone.main(["init"]) == 0 and Path("code/study/report.py").is_file()
    assert Path("Makefile").read_text(encoding="utf-8") == "mine"
    said = capsys.readouterr().out
    assert "as they were: Makefile\n" in said and "  python build.py report\n" in said


SCRIPT = """
import argparse, json
import helper, lib.inner, numpy
words = argparse.ArgumentParser()
words.add_argument("-s", "--seed", type=int)
words.add_argument("--learning-rate", type=float, default=0.1)
words.add_argument("--verbose", action="store_true", default=False)
words.add_argument("--out_dir", default="out")
start = open("points.csv")
json.dump({}, open(f"{words.parse_args().out_dir}/scores.json", "w"))
"""


def test_a_part_is_proposed_of_a_script(tmp_path: Path) -> None:
    for name in ("train.py", "helper.py", "lib/inner.py", "points.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(SCRIPT if name == "train.py" else "", encoding="utf-8")
    new, _ = starting.init(tmp_path, tmp_path / "train.py")
    assert "code/study/report.py" in new and not any("experiment" in name for name in new)
    found: dict[str, Any] = {}
    source = (tmp_path / "code/study/report.py").read_text(encoding="utf-8")
    exec(source, {"__file__": str(tmp_path / "code/study/report.py")}, found)
    (part,) = found["REPORT"].parts
    words = "python train.py --seed {seed} --learning-rate {learning_rate} --out_dir {out}"
    assert part.program.command == words and part.config.learning_rate == 0.1 and part.seeds == 5
    assert part.program.reads == ("points.csv", "helper.py", "lib/**/*.py")
    assert part.program.results == ("scores.json",)
    assert 'title = "Your title"' in (tmp_path / "templates/assignment.toml").read_text(encoding="utf-8")


def test_the_doctor_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name in ("git", "latexmk") else name)
    assert standalone.main(["doctor"]) == 1
    out, err = capsys.readouterr()
    assert err == "error: 1 missing, the first: git: needed for commits of records, diff, adopt\n"
    assert "\nMISSING git: " in out and "\nwithout latexmk: " in out and "\nok      make\n" in out
    installed = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "1.0" if name == "sympy" else installed(name))
    assert standalone.main(["doctor"]) == 1
    assert "MISSING sympy 1.0: pip install -U 'sympy>=" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["init", "full/file"], 1, "Not a directory"),
        (["init", "full/file/below"], 1, "Not a directory"),
        (["init", "full", "--from", "full/none.py"], 1, "full/none.py: No such file or directory"),
        (["init", "full/new", "--from", "full/file"], 1, "full/file is not below full/new"),
        (["init", "n" * 300], 1, "File name too long"),
        (["init", "full/file/caf\udce9"], 1, "full/file/caf\\udce9"),
        (["init", "a", "b"], 2, "unrecognized arguments: b; see: writeup --help"),
        (["init", "a", "--force"], 2, "unrecognized arguments: --force"),
        (["report"], 2, "invalid choice: 'report'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: list[str],
    status: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("full").mkdir()
    Path("full/file").write_text("mine", encoding="utf-8")
    assert standalone.main(words) == status
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("error: ") and err.count("\n") == 1 and message in err
    assert [str(path) for path in tmp_path.rglob("*") if path.is_file()] == [str(tmp_path / "full/file")]


def test_what_cannot_be_finished_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    original: Callable[[Path, bytes], int] = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "report.py":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return original(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert standalone.main(["init", str(tmp_path / "new")]) == 1
    assert capsys.readouterr().err.endswith("code/study/report.py: No space left on device\n")
    assert not (tmp_path / "new").exists()


def test_the_wheel_that_it_carries_is_one(tmp_path: Path) -> None:
    """pip installs it, and finds each file as its RECORD says. The same engine gives the same bytes."""
    name, content = starting.wheel()
    assert starting.wheel() == (name, content)
    (tmp_path / name).write_bytes(content)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path / "there")]
    subprocess.run([*pip, str(tmp_path / name)], check=True)
    (found,) = metadata.distributions(path=[str(tmp_path / "there")])
    assert found.metadata["Name"] == "writeup" and found.entry_points
    engine = Path(writeup.__file__).parent
    for path in engine.rglob("*.py"):
        assert (tmp_path / "there" / "writeup" / path.relative_to(engine)).read_bytes() == path.read_bytes()
    for file in found.files or ():
        if file.hash and file.parts[0] == "writeup":
            digest = hashlib.new(file.hash.mode, Path(file.locate()).read_bytes()).digest()
            assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == file.hash.value


def test_without_an_installed_engine_there_is_no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "ENGINE", "no-such-engine")
    with pytest.raises(UserError, match="install it with pip"):
        starting.wheel()
