"""A stranger's own report, from what he has: two programs, runs of old, a .bib, pictures. Built once."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib.figure
import pdfplumber
import pytest

import writeup

BUILD = """
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).resolve().parent / "code"))
from writeup.cli import main
if __name__ == "__main__":
    sys.exit(main("mine.report:REPORT"))
"""
SCRIPT = """
import argparse, json
import numpy as np
from lib.helper import slope
words = argparse.ArgumentParser()
words.add_argument("--seed", type=int), words.add_argument("--rate", type=float), words.add_argument("--out")
given = words.parse_args()
x = np.loadtxt("data/points.csv") + np.random.default_rng(given.seed).normal(size=4) / 100
losses = [float(np.mean(x**2) / (1 + slope(k, given.rate))) for k in range(9)]
history = [{"epoch": k, "loss": loss} for k, loss in enumerate(losses)]
json.dump({"loss": losses[-1], "history": history}, open(f"{given.out}/metrics.json", "w"))
"""
SHELL = 'echo "{\\"loss\\": 0.0$1}" > "$2/metrics.json"\n'
# What the stranger writes: under 40 lines, with the template.
REPORT = """
from pathlib import Path
from writeup.declare import Claim, Command, Figure, Imported, Measure, Report
ROOT = Path(__file__).resolve().parents[2]
RUN = "python train.py --seed {seed} --rate {rate} --out {out}"
slow = Command("slow", RUN, reads=["lib/*.py", "data/points.csv"], settings={"rate": 0.1}, seeds=5)
fast = slow.variant("fast", rate=1.0)
shell = Command("shell", "sh run.sh {seed} {out}", seeds=5)
old = Imported("old", sorted((ROOT / "runs").iterdir()))
LOSS = Measure("loss", 0.001, "loss", "<better>, the loss is <difference> lower than <worse>", better="lower")
REPORT = Report(
    root=ROOT, parts=[slow, fast, shell, old],
    figures=[Figure("loss", "mine.page:loss", of=[slow], alt="mine.page:words")],
    claims=[Claim("rate/loss", (fast, ""), (slow, ""), LOSS, ("with the high rate", "with the low one")),
            Claim("tools/loss", (shell, ""), (slow, ""), LOSS, ("by the shell", "by Python"))],
)
"""
PAGE = """
from writeup.page import figures
def loss(runs):
    figure, axes = figures.panel()
    logs = [run.logs["history"] for run in runs]
    steps, losses = (figures.series_over_runs(logs, column) for column in ("epoch", "loss"))
    figures.curve(axes, steps[0], losses, "slow", 0)
    return figure
def words(runs):
    return f"Line chart of the loss over nine epochs, which falls in each of the {len(runs)} runs."
"""
TEMPLATE = r"""\documentclass{article}
<% from "claim.tex.j2" import claim %>
<< preamble >>
\title{<< meta.title >>} \date{<< meta.date >>}
\begin{document}
\maketitle
\tableofcontents
\section{Losses}\label{sec:losses}
<< claim(claims.rate.loss) >> << claim(claims.tools.loss) >>
As by \citet{kim2014}, see \cref{fig:loss,tab:loss}.
\begin{figure}\includegraphics[width=6cm, alt={<< alts.loss >>}]{figures/loss.pdf}
<% for kind in ("png", "svg", "pdf") %>
\includegraphics[width=2cm, alt={A diagram that was drawn by hand}]{assets/given_<< kind >>.<< kind >>}
<% endfor %>
\caption{The loss, and pictures.}\label{fig:loss}\end{figure}
\begin{table}\caption{Losses.}\label{tab:loss}
\begin{tabular}{llr}\toprule
<% for name in ("slow", "slow_fast", "shell", "old") %>
<< name | replace("_", " ") >> & << origins.rows[loop.index0][4] >> & << v[name ~ "/loss"] | spread >> \\
<% endfor %>
\bottomrule\end{tabular}\end{table}
\section*{References}
\bibliography{references}
\end{document}
"""
KIM = (
    "@article{kim2014, author={Kim, Yoon}, title={Convolutions for sentences}, journal={EMNLP}, year=2014}\n"
)


@dataclass(frozen=True)
class Project:
    """The stranger's folder, and how its commands are run."""

    root: Path
    cache: Path

    def build(self, *words: str, status: int = 0) -> str:
        """What a command prints; it ends with this status."""
        environ = os.environ | {
            "PYTHONPATH": str(Path(writeup.__file__).parents[1]),
            "WRITEUP_CACHE": str(self.cache),
        }
        command = [sys.executable, "build.py", *words]
        done = subprocess.run(command, cwd=self.root, env=environ, capture_output=True, text=True)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def text(self) -> str:
        """Of the PDF, without blanks."""
        with pdfplumber.open(self.root / "report/report.pdf") as document:
            return "".join("".join((page.extract_text() or "").split()) for page in document.pages)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("stranger")
    project = Project(folder / "project", folder / "cache")
    starter = Path(writeup.__file__).parent / "starter"
    for name, text in {
        "build.py": BUILD,
        "train.py": SCRIPT,
        "run.sh": SHELL,
        "lib/helper.py": "def slope(k, rate):\n    return k * rate\n",
        "data/points.csv": "1\n2\n3\n4\n",
        "code/mine/report.py": REPORT,
        "code/mine/page.py": PAGE,
        "templates/report.tex.j2": TEMPLATE,
        "templates/claim.tex.j2": (starter / "templates/claim.tex.j2").read_text(encoding="utf-8"),
        "templates/assignment.toml": 'title = "Mine"\ndate = 2026-11-30\n',
        "templates/references.bib": KIM,
        **{f"runs/{n}/metrics.json": f'{{"loss": {n}.5}}' for n in (1, 2, 3)},
    }.items():
        project.write(name, text)
    drawn = matplotlib.figure.Figure(figsize=(1, 1))
    drawn.add_subplot().plot([1, 3, 2])
    (project.root / "assets").mkdir()
    for kind in ("png", "svg", "pdf"):
        drawn.savefig(project.root / f"assets/given_{kind}.{kind}")
    project.build("report")
    return project


@pytest.fixture
def copy(built: Project, tmp_path: Path) -> Iterator[Project]:
    """The built project in a folder that a test may spoil."""
    shutil.copytree(built.root, tmp_path / "project")
    yield Project(tmp_path / "project", built.cache)


def test_programs_give_table_figure_and_claim_in_under_40_lines(built: Project) -> None:
    text = built.text()
    assert "Withthehighrate,thelossis" in text and "Bytheshell,thelossis" in text
    assert "Figure1:Theloss,andpictures." in text and re.search(r"shell.*0\.02±0\.02", text)
    assert REPORT.count("\n") + PAGE.count("\n") < 40 and TEMPLATE.count("\n") < 40


def test_runs_of_old_are_told_as_such_and_nobody_verifies_them(built: Project) -> None:
    assert re.search(r"oldnotcomputedhere2\.50±1\.00", built.text())
    assert "not computed here, so nothing can verify it" in built.build("verify", "old/1", status=1)
    assert "shell seed 3: 1 of 1 numbers" in built.build("verify", "shell/3")


def test_pictures_references_and_contents_stand_in_every_form(built: Project) -> None:
    page, screen = (built.root.joinpath(f"report/report.{form}").read_text() for form in ("md", "html"))
    assert "Contents1Losses" in built.text() and "[1 Losses](#sec:losses)" in page
    assert "Convolutionsforsentences" in built.text() and "[[1]](#ref:kim2014)" in page.replace("\\", "")
    assert page.count("](assets/given_") == 3 and screen.count("data:image/png;base64,") == 2
    with pdfplumber.open(built.root / "report/report.pdf") as document:
        assert sum(len(page.images) for page in document.pages) >= 2


def test_an_edit_makes_stale_what_read_it(copy: Project) -> None:
    copy.write("data/points.csv", "1\n2\n3\n5\n")
    copy.write("runs/2/metrics.json", '{"loss": 9.5}')
    states = dict(re.findall(r"^(\w+ seed \d) +(current|stale)", copy.build("status"), re.MULTILINE))
    stale = {name for name, state in states.items() if state == "stale"}
    assert stale == {f"slow{v} seed {n}" for v in ("", "_fast") for n in range(5)} | {"old seed 1"}


def test_the_archive_is_all_that_the_report_needs(copy: Project, tmp_path: Path) -> None:
    said = copy.build("archive", str(tmp_path / "a.zip"))
    assert "rendered again in an empty folder" in said
    files = set(zipfile.ZipFile(tmp_path / "a.zip").namelist())
    assert {"train.py", "run.sh", "lib/helper.py", "data/points.csv", "runs/2/metrics.json"} <= files
    assert {"assets/given_png.png", "templates/references.bib"} <= files
    assert "was not rendered again" in copy.build("archive", str(tmp_path / "b.zip"), "--quick")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["status", "--marked"], "unrecognized arguments: --marked; see: python build.py status --help"),
        (["status", "--port", "99999"], "unrecognized arguments: --port 99999"),
    ],
)
def test_options_of_other_verbs_are_refused(built: Project, words: list[str], said: str) -> None:
    assert said in built.build(*words, status=2)
