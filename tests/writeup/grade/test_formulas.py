"""Formulas typeset by both engines are read back as what they say, and told right from wrong."""

import shutil
import tomllib
from functools import cache
from pathlib import Path

import pytest
from tests.writeup.grade.tex import row

from evidence import answer_forms
from writeup.grade import formulas
from writeup.grade.layout import Row
from writeup.proofs import answers

HERE = Path(__file__).parent
QUESTIONS = {
    name: formulas.Question(one)
    for name, one in answers.read(HERE.parents[2] / "templates/assignment3" / answers.FILE).items()
}
BY_HAND = tomllib.loads((HERE / "forms.toml").read_text(encoding="utf-8"))
ENGINES = [
    "embedded",
    pytest.param(
        "latexmk",
        marks=[pytest.mark.long, pytest.mark.skipif(not shutil.which("latexmk"), reason="no LaTeX")],
    ),
]


@cache
def read_back(forms: tuple[str, ...], engine: str, display: bool) -> list[list[Row]]:
    return answer_forms.read_back(forms, engine, display=display)


def misjudged(name: str, forms: list[str], word: str, engine: str, display: bool) -> list[str]:
    """Forms that are (not) taken for the answer, though they are (not)."""
    rows = read_back(tuple(forms), engine, display)
    found = zip(forms, (formulas.said(QUESTIONS[name], lines, framed=True) for lines in rows), strict=True)
    return [
        f"{form}: {said.word}: {said.text}"
        for form, said in found
        if (said.word == formulas.RIGHT) != (word == "right")
    ]


@pytest.mark.parametrize("display", [False, True], ids=["in a line", "displayed"])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("word", ["right", "wrong"])
@pytest.mark.parametrize("name", list(BY_HAND))
def test_forms_by_hand(name: str, word: str, engine: str, display: bool) -> None:
    fits = [form for form in BY_HAND[name][word] if form.count("KL") < 3]  # on one line
    forms = fits if display else BY_HAND[name][word]
    assert not misjudged(name, forms, word, engine, display)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("word", ["right", "wrong"])
@pytest.mark.parametrize("name", list(answer_forms.STARTS))
def test_forms_by_rules(name: str, word: str, engine: str) -> None:
    forms = list(answer_forms.made(name, 12, 7, right=word == "right"))
    assert len(forms) == 12
    assert not misjudged(name, forms, word, engine, display=True)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", list(answer_forms.STARTS))
def test_what_is_read_is_what_was_typeset(name: str, engine: str) -> None:
    question = QUESTIONS[name]
    forms = [form for form in answer_forms.made(name, 12, 7, right=True)]
    for form, lines in zip(forms, read_back(tuple(forms), engine, True), strict=True):
        (printed,) = formulas.statements(lines[1:])
        assert question.read(printed) == question.read(row(form))


@pytest.mark.parametrize("odd", ["H'' = (H - H' + 1", "H'' = H - + 1 )", r"H'' = \sum H", "= H - H' + 1"])
def test_what_cannot_be_read_is_not_called_wrong(odd: str) -> None:
    assert QUESTIONS["size"].judge(row(odd))[0] == formulas.UNREAD


def test_an_unknown_name_is_not_called_wrong() -> None:
    assert QUESTIONS["size"].judge(row("H'' = H - Q + 1"))[0] == formulas.UNREAD


def test_in_a_frame_a_wrong_formula_decides_elsewhere_a_right_one() -> None:
    lines = [row("H'' = H + H' + 1"), row("H'' = H - H' + 1")]
    inside, outside = (formulas.said(QUESTIONS["size"], lines, framed=framed) for framed in (True, False))
    assert (inside.word, outside.word) == (formulas.WRONG, formulas.RIGHT)
    assert "H′′ = H + H′ + 1" in inside.text


def test_what_is_true_and_answers_nothing_is_no_answer() -> None:
    question = QUESTIONS["size"]
    assert question.judge(row("H'' = H''"))[0] == formulas.BESIDE
    assert question.judge(row("H - H' + 1 = H - H' + 1"))[0] == formulas.BESIDE
