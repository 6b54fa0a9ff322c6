"""The line behind the results: figures, templates and PDF from recorded runs; a false proof stops it."""

import dataclasses
import re
import shutil
import subprocess
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from tests import conformance, forms, layout, prose

from assignment3.report import REPORT
from assignment3.shared.quoted import stated
from writeup import graph, steps
from writeup.build import Build
from writeup.cli import main
from writeup.errors import UserError
from writeup.identity.closure import Closure
from writeup.page.pdf import typeset
from writeup.page.source import assembly, latex
from writeup.proofs import record as proofs
from writeup.request import Request
from writeup.results import values

RECORDED = Build(Request.of(REPORT))
TEMPLATES = REPORT.source
ENGINES = [
    "embedded",
    pytest.param("latexmk", marks=pytest.mark.skipif(not shutil.which("latexmk"), reason="no TeX here")),
]
NETWORKS = "avg_5", "max_5", "avg_7", "max_7"
PAGES, MAIN = 19, 14  # of the whole, and of the main text, which ends on page 13, with its references
NUMBERS = 36  # on a page of the main text, on average; it had 89 once
KEYS = re.compile(r"\b(text_cnn|siamese|cvae|gan)_|\b(max|avg)_[57]\b|\b[a-z]+_[a-z]+/[a-z_]+")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The report of the recorded results (current or not), by the embedded engine, in a test folder."""
    if not all(run.exists for run in RECORDED.runs):
        pytest.skip("no recorded results of the full preset: make train")
    request = Request.of(REPORT, allow_stale=True)
    build = Build(dataclasses.replace(request, out=tmp_path_factory.mktemp("report")))
    for made in (steps.before_the_forms, steps.typesetting, steps.converting):
        graph.make(made(build), build.request.out / "state.json")
    return build


@pytest.fixture(scope="module")
def text(rendered: Build) -> str:
    return unicodedata.normalize("NFKC", text_of(rendered.path(".pdf")))  # bold digits are digits


@pytest.fixture(scope="module")
def by_latex(rendered: Build) -> tuple[Path, str]:
    """The same page by LaTeX, and the last log of it."""
    pdf, logs = rendered.path(".latexmk.pdf"), []
    run = typeset._run

    def kept(source: Path, epoch: int) -> tuple[bool, str]:
        found = run(source, epoch)
        logs.append(source.with_suffix(".log").read_text(encoding="utf-8", errors="replace"))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typeset, "_run", kept)
        typeset.typeset(rendered.path(".tex"), pdf, engine="latexmk")
    return pdf, logs[-1]


@pytest.fixture(scope="module", params=ENGINES)
def read(rendered: Build, request: pytest.FixtureRequest) -> layout.Read:
    printed = rendered.path(".printed.tex")
    printed.write_text(latex.read(rendered.path(".tex")).printed.text, encoding="utf-8")
    by_latex: Any = request.param == "latexmk" and request.getfixturevalue("by_latex")
    return layout.Read(by_latex[0] if by_latex else rendered.path(".pdf"), printed)


def text_of(pdf: Path) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        *((f"text_cnn/{network}/test_accuracy", 2) for network in NETWORKS),
        ("text_cnn/bag_of_words/test_accuracy", 2),
        ("text_cnn/max_5/last_epoch/test_accuracy", 2),
        ("text_cnn_tuned/side_by_side/test_accuracy", 2),
        ("siamese/heldout/auc", 4),
        ("siamese/auc", 4),
        ("siamese_tuned/auc", 4),
        ("cvae/test_negative_elbo", 2),
        ("cvae/conditional_accuracy", 2),
        ("cvae_tuned/test_negative_elbo", 2),
        ("cvae_tuned/conditional_accuracy", 2),
        ("gan/classifier_score", 2),
        ("gan/frechet_distance", 2),
        ("gan_tuned/classifier_score", 2),
        ("gan_tuned/frechet_distance", 2),
    ],
)
def test_the_pdf_prints_the_recorded_numbers(text: str, name: str, digits: int) -> None:
    known = recorded_values()
    if name not in known:
        pytest.skip(f"{name} is not recorded")
    assert f"{known[name].mean:.{digits}f}" in text


@cache
def recorded_values() -> values.Values:
    return values.of(assembly.recorded(RECORDED))


@pytest.mark.parametrize("network", NETWORKS)
def test_the_references_accuracies_are_reached_within_a_point(network: str) -> None:
    ours = recorded_values()[f"text_cnn/{network}/test_accuracy"].mean
    assert abs(ours - stated()["text_cnn"]["accuracy"][network]) < 1


def test_the_pdf_answers_every_problem(text: str) -> None:
    for heading in (
        "1 Text classification using CNNs (25 points)",
        "2 Siamese networks for learning embeddings (10 points)",
        "3 Conditional variational autoencoders (35 points)",
        "4 Generative adversarial networks (30 points)",
        "Proof log",
    ):
        assert heading in text
    assert "??" not in text
    for network in NETWORKS:  # the reference's accuracies stand beside ours
        assert f"{stated()['text_cnn']['accuracy'][network]:.2f}" in text
    assert "Train Epoch: 1 [16000/60000 (27%)] Loss: " in text
    assert "Iter: 250, D: " in text


@pytest.mark.parametrize(
    "said",
    [
        "EECS 598",
        "Assignment 3",
        "Homework 3 of EECS 498/598, Winter 2019",
        "AT&T Laboratories Cambridge",
        "LFW",
        "hand-out",
        "inferred from",
        "published solution",
        "ours",
    ],
)
def test_the_pdf_says_whose_the_assignment_the_faces_and_the_settings_are(said: str, text: str) -> None:
    assert said in " ".join(text.split())


def test_the_pdf_cites_the_commit_that_fixed_the_primary_claims(text: str) -> None:
    log = ["git", "-C", str(REPORT.root), "log", "-1", "--format=%H", "--", "code/assignment3/primary.toml"]
    commit = subprocess.run(log, capture_output=True, text=True).stdout.strip()
    if not commit:
        pytest.skip("no git history here")
    assert commit[:7] in text


@pytest.mark.parametrize("check", [*layout.CHECKS, *layout.OF_A_PAPER])
def test_the_layout_is_as_it_should_be(read: layout.Read, check: layout.Check) -> None:
    assert list(check(read)) == []


def test_the_embedded_engine_cuts_no_sentence_and_leaves_little_blank(rendered: Build) -> None:
    """What stands whole can leave more than `layout.HOLE` of a page blank, once, and never a quarter."""
    printed = rendered.path(".printed.tex")
    printed.write_text(latex.read(rendered.path(".tex")).printed.text, encoding="utf-8")
    read = layout.Read(rendered.path(".pdf"), printed)
    assert list(layout.sentences_cut(read)) == list(layout.holes(read, 0.25)) == []
    assert len(list(layout.holes(read))) <= 1


@pytest.mark.parametrize("profile", conformance.PROFILES)
def test_the_report_is_accessible(rendered: Build, profile: str) -> None:
    assert conformance.failures(rendered.path(".pdf").read_bytes(), profile) == []


def test_steps_are_numbered_through_the_report_and_every_proof_ends(
    read: layout.Read, rendered: Build
) -> None:
    whole = {step["shown"] for one in proofs.read(rendered.proofs).values() for step in one["steps"]}
    assert whole == set(range(1, len(whole) + 1)) > set(read.steps)  # some stand in the supplement
    assert set(read.steps) == set(range(1, max(read.steps) + 1))  # and leave no hole in print
    ends = latex.read(rendered.path(".tex")).printed.text.count("Q.E.D.")
    assert sum(line.text.count("Q.E.D.") for line in read.lines) == ends >= 3


def test_every_part_has_its_row_and_every_run_one_on_the_screen(text: str, rendered: Build) -> None:
    screen = rendered.path(".html").read_text(encoding="utf-8")
    for run in RECORDED.runs:
        assert run.peek.fingerprint is not None
        assert screen.count(f'<tr id="run-{run.part.name}-{run.seed}"') == 1
        assert run.peek.fingerprint[:12] in screen
    for part in RECORDED.request.parts:
        first = min(str(run.peek.fingerprint) for run in RECORDED.runs if run.part is part)
        assert first[:6] in text


def test_the_code_listed_is_the_source(text: str) -> None:
    assert "return -0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(1)" in text


def test_every_figure_that_is_drawn_is_shown_and_the_other_way_round(rendered: Build) -> None:
    tex = rendered.path(".tex").read_text(encoding="utf-8")
    drawn = {path.stem for path in (rendered.request.out / "figures").glob("*.svg")}
    assert drawn == {figure.name for figure in REPORT.figures if RECORDED.shows(figure)}
    assert all(f"figures/{name}.pdf" in tex for name in drawn)


WRONG = """
import sympy
from writeup.proofs.steps import Derivation, Step

x = sympy.Symbol("x", positive=True)
step = Step("wrong sign", lhs=sympy.Derivative(sympy.log(x), x), rhs=-1 / x, rule="derivative")
broken = Derivation("broken", "Broken", assumptions=(), steps=(step,))
"""


def test_a_sign_error_stops_the_build_with_one_line(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from toy.report import REPORT as TOY

    (toy / "code/toy/wrong.py").write_text(WRONG, encoding="utf-8")
    report = dataclasses.replace(TOY, root=toy, proofs=["toy.wrong:broken"])
    assert main(report, ["report", "--jobs", "1"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: derivation broken, step 1 'wrong sign' does not hold")
    assert error.count("\n") == 1
    assert not (toy / "report").joinpath("proofs.json").exists()
    assert not (toy / "report/results/judge").exists()  # noticed before anything is trained


def test_a_false_version_that_passes_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from writeup.proofs import mutation

    survivor = mutation.Row("gibbs", "step", "some step", "sign flipped", "survived", "")
    monkeypatch.setattr(mutation, "run", lambda derivation: [survivor])
    with pytest.raises(UserError, match="derivation gibbs, step 'some step': a false version passes"):
        proofs.mutate({REPORT.proofs[5]: ""}, Closure("", {}), tmp_path / "proofs.json", tmp_path, tmp_path)


def test_the_page_is_written_with_one_run_a_part(tmp_path: Path) -> None:
    """As by the smoke preset: no comparison has an interval, and sentences that need one are left out."""
    if not all(run.exists for run in RECORDED.runs):
        pytest.skip("no recorded results of the full preset: make train")
    build = Build(dataclasses.replace(Request.of(REPORT, seeds=1, allow_stale=True), out=tmp_path))
    for made in (steps.proving, steps.writing):
        graph.make(made(build), tmp_path / "state.json")
    page = build.path(".tex").read_text(encoding="utf-8")
    assert "too few to compare" in page and "The runs do not decide" not in page


def test_the_page_is_as_short_as_it_should_be(read: layout.Read) -> None:
    assert read.last_of_text <= MAIN and read.pages <= PAGES


def test_the_prose_reads_easily(read: layout.Read, rendered: Build) -> None:
    blocks = prose.main_text(rendered.path(".tex"))
    lengths = [len(sentence.split()) for sentence in prose.sentences(blocks)]
    assert len(lengths) > 150 and sum(lengths) <= 18 * len(lengths)
    assert sum(length > 30 for length in lengths) <= len(lengths) / 20
    assert len(prose.numbers(blocks)) <= NUMBERS * read.last_of_text


def test_no_internal_key_is_printed(read: layout.Read) -> None:
    listed = " ".join(layout.LISTING.findall(read.tex))
    found = [line.text for line in read.lines if KEYS.search(line.text)]
    assert [line for line in found if not any(word in listed for word in line.split())] == []


def test_page_one_says_where_each_question_is_answered(read: layout.Read) -> None:
    questions = tomllib.loads((TEMPLATES / "assignment.toml").read_text(encoding="utf-8"))["questions"]
    assert len(questions) == 14
    assert list(layout.answers_elsewhere(read, questions)) == []


def test_every_work_of_the_bibliography_is_cited(read: layout.Read) -> None:
    works = re.findall(r"@\w+\{(\w+),", (TEMPLATES / "references.bib").read_text(encoding="utf-8"))
    cited = set(re.findall(r"\\hyperlink\{ref:([^}]*)\}", read.tex))
    sources = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.j2"))
    # Settings that are not recorded yet cite works, too.
    assert cited <= set(works) and {
        *re.findall(r"[{,]\s*(\w+)(?=[},])", " ".join(re.findall(r"cite(\{[^}]*\})", sources)))
    } == {*works}
    listed = [line.text for line in read.lines if line.place > dict(read.chief)["References"]]
    numbers = [int(found[1]) for one in listed if (found := re.match(r"(\d{1,2})\. ", one))]
    assert numbers[: len(cited)] == list(range(1, len(cited) + 1))


@pytest.mark.skipif(not shutil.which("latexmk"), reason="no TeX here")
def test_nothing_is_wider_than_its_place_by_latex(by_latex: tuple[Path, str]) -> None:
    wide = re.findall(r"^Overfull \\[hv]box \(([\d.]+)pt.*", by_latex[1], re.MULTILINE)
    assert [points for points in wide if float(points) > 1] == []


def test_all_forms_show_the_same_numbers(rendered: Build, request: pytest.FixtureRequest) -> None:
    titles = forms.titles_of(rendered.path(".html"))
    assert len(titles) > 10
    found = {
        "embedded": forms.of_pdf(rendered.path(".pdf"), titles),
        "HTML": forms.of_html(rendered.path(".html"), titles),
        "Markdown": forms.of_markdown(rendered.path(".md"), titles),
    }
    if shutil.which("latexmk"):
        found["latexmk"] = forms.of_pdf(request.getfixturevalue("by_latex")[0], titles)
    assert sum(map(len, found["embedded"].values())) > 500
    assert list(forms.differences(found)) == []
