"""The line behind the results: figures, templates and PDF from recorded runs; a false proof stops it."""

import dataclasses
from pathlib import Path

import build
import pdfplumber
import pytest
import sympy

from assignment3 import derivations
from writeup import verbs
from writeup.cli import Request, parse
from writeup.proofs import record as proving
from writeup.proofs.steps import Derivation, Step
from writeup.results import store as results
from writeup.tasks import Pipeline

RECORDED = Pipeline(parse([], {}))


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """The report of the recorded results (current or not), by the embedded engine, in a test folder."""
    if not all(run.exists for run in RECORDED.runs):
        pytest.skip("no recorded results of the full preset: make train")
    request = parse(["--allow-stale", "--engine", "embedded"], {})
    line = Pipeline(dataclasses.replace(request, out=tmp_path_factory.mktemp("report")))
    line.prove()
    for drawing in line.drawings:
        line.draw(drawing)
    line.write()
    line.typeset()
    return line


@pytest.fixture(scope="module")
def text(rendered: Pipeline) -> str:
    with pdfplumber.open(rendered.path(".pdf")) as pdf:
        return "\n".join(page.extract_text() for page in pdf.pages)


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("text_cnn/max_5/phrase_accuracy", 2),
        ("text_cnn/avg_7/sentence_accuracy", 2),
        ("siamese/auc", 4),
        ("cvae/test_negative_elbo", 2),
        ("gan/classifier_score", 2),
        ("gan/frechet_distance", 2),
    ],
)
def test_the_pdf_prints_the_recorded_numbers(text: str, name: str, digits: int) -> None:
    value = verbs.recorded_values(RECORDED.request)[name]
    assert f"{value.mean:.{digits}f}" in text


def test_the_pdf_answers_every_problem(text: str) -> None:
    for heading in (
        "1 Text classification using CNNs",
        "2 Siamese networks for learning embeddings",
        "3 Conditional variational autoencoders",
        "4 Generative adversarial networks",
        "A Proof log",
    ):
        assert heading in text
    assert "??" not in text and "Q.E.D." in text
    assert "95.24" in text and "94.12" in text  # the reference's accuracies stand beside ours
    assert "Train Epoch: 1 [16000/60000 (27%)] Loss: " in text
    assert "Iter: 250, D: " in text


def test_every_run_has_its_row(text: str) -> None:
    for run in RECORDED.runs:
        recorded = results.recorded_fingerprint(run.recorded)
        assert recorded is not None and recorded[:10] in text


def test_the_code_listed_is_the_source(text: str) -> None:
    assert "return -0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(1)" in text


def test_a_sign_error_stops_the_build_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    x = sympy.Symbol("x", positive=True)
    wrong = Step("wrong sign", lhs=sympy.Derivative(sympy.log(x), x), rhs=-1 / x, rule="derivative")
    monkeypatch.setattr(derivations, "ALL", (Derivation("broken", "Broken", assumptions=(), steps=(wrong,)),))

    def only_proofs(line: Pipeline) -> object:
        tasks = build.tasks(Pipeline(dataclasses.replace(line.request, out=tmp_path)))
        return {"task_typeset": tasks["task_prove"], "task_convert": lambda: {"actions": []}}

    def parse_here(words: list[str]) -> Request:
        return dataclasses.replace(parse(words, {}), out=tmp_path)

    monkeypatch.setattr(verbs.command, "parse", parse_here)
    assert verbs.main(["report", "--preset", "smoke"], only_proofs) == 1
    error = capsys.readouterr().err
    assert (
        error.startswith("error: derivation broken, step 1 'wrong sign' does not hold")
        and error.count("\n") == 1
    )
    assert not (tmp_path / "proofs.json").exists()


def test_a_false_version_that_passes_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from writeup.errors import UserError
    from writeup.proofs import mutation

    survivor = mutation.Row("elbo", "some step", "sign flipped", "survived", "")
    monkeypatch.setattr(mutation, "run", lambda *args, **options: mutation.MutationReport((survivor,)))
    with pytest.raises(UserError, match="derivation elbo, step 'some step': a false version passes"):
        proving.mutate([], tmp_path / "proofs.json", tmp_path / "cache.json", tmp_path)
