"""Answers in plain mathematics: what is the same, what is not, and what is refused."""

import re
from pathlib import Path

import pytest
from sympy import IndexedBase, Symbol, symbols

from writeup.errors import UserError
from writeup.proofs import answers
from writeup.proofs.notation import add, notation

TEXT = """
[functions]
"KL(a, b)" = "total(a * log(a / b))"
[written]
"KL(#1 || #2)" = "KL(#1, #2)"
[size]
number = "1.2"
states = "L = H - K + 1"
source = "a book"
[size.symbols]
K = { is = "integer", names = ["H'"] }
H = { is = "integer", least = "K" }
L = { is = "unknown", names = ["H''"] }
[bound]
number = "3.1"
states = "log(evidence) >= log(evidence) - KL(q, p)"
source = "a book"
[bound.symbols]
k = { is = "integer", least = 2 }
q = { is = "density", shape = ["k"] }
p = { is = "density", shape = ["k"] }
evidence = { is = "fraction", names = ["p(x|y)"] }
[row]
number = "1.1"
states = "y[n] = correlate(X[n], w)"
also = ["y[n, t] = Sum(Sum(X[n, c, t + i - 1] * w[c, i], (i, 1, K)), (c, 1, C))"]
source = "a book"
[row.symbols]
C = { is = "integer" }
K = { is = "integer" }
H = { is = "integer", least = "K" }
X = { is = "real", shape = [2, "C", "H"] }
w = { is = "real", shape = ["C", "K"] }
n = { is = "integer", most = 2 }
t = { is = "integer", most = "H - K + 1" }
y = { is = "unknown" }
"""


@pytest.fixture
def known(tmp_path: Path) -> dict[str, answers.Answer]:
    path = tmp_path / answers.FILE
    path.write_text(TEXT, encoding="utf-8")
    return answers.read(path)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("size", "L = 1 + H - K"),
        ("size", "H - K + 1 = L"),
        ("size", "L = Sum(1, (t, K, H))"),
        ("bound", "log(evidence) - KL(q, p) <= log(evidence)"),
        ("bound", "log(evidence) >= log(evidence) + total(q * log(p / q))"),
        ("row", "y[n] = correlate(X[n], w)"),
        ("row", "y[n, t] = Sum(Sum(X[n, c, t - 1 + i] * w[c, i], (c, 1, C)), (i, 1, K))"),
    ],
)
def test_an_equivalent_form_is_the_answer(known: dict[str, answers.Answer], question: str, text: str) -> None:
    assert answers.differs(known[question], answers.parse(text)) == ""


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        ("size", "L = H - K", r"with K = \d, H = \d it is \d, not \d"),
        ("size", "L = H + K - 1", "it is"),
        ("size", "L >= H - K + 1", "its relation is >=, not ="),
        ("size", "H = L - 1 + K", "it says nothing of L"),
        ("size", "L = H - K + 1 + Q", "Q has no value"),
        ("size", "L = (H - K + 1, 1)", "it has the shape"),
        ("size", "L = H / 0", "no value"),
        ("size", "L = Sum(1, (t, 1, H^30))", "too long"),
        ("row", "y[n] = correlate(X[n], w) + X[n]", "no value|it is"),
        ("bound", "log(evidence) >= log(evidence) - KL(p, q)", "it is"),
        ("bound", "log(evidence) >= log(evidence) - D(q, p)", "has no value"),
        ("bound", "log(evidence) <= log(evidence) - KL(q, p)", "it says nothing of"),
        ("row", "y[n, t] = Sum(Sum(X[n, c, t + i] * w[c, i], (i, 1, K)), (c, 1, C))", "it is|outside"),
        (
            "row",
            "y[n, t] = Sum(Sum(X[n, c, t + i - K] * w[c, i], (i, 1, K)), (c, 1, C))",
            "it is|outside",
        ),
    ],
)
def test_another_answer_is_told(
    known: dict[str, answers.Answer], question: str, text: str, said: str
) -> None:
    assert re.search(said, answers.differs(known[question], answers.parse(text)))


def test_a_printed_line_is_read_by_what_it_prints(known: dict[str, answers.Answer]) -> None:
    H, K, L = (Symbol(name, integer=True, positive=True) for name in ("H", "H'", "H''"))
    said = answers.framed(known["size"], L, "=", add(H, -K, 1))
    assert answers.differs(known["size"], said) == ""
    assert answers.differs(known["size"], answers.framed(known["size"], L, "=", add(H, -K)))
    KL = notation("KL", r"\mathrm{KL}\left(#1 \,\|\, #2\right)")
    p, q = symbols("p q", positive=True)
    assert str(answers.framed(known["bound"], q, "<=", KL(q, p)).left) == "KL(q, p)"
    other = notation("Other", r"\mathrm{D}\left(#1, #2\right)")
    with pytest.raises(UserError, match=r"question 3\.1: .* does not say what D\(#1,#2\) is"):
        answers.framed(known["bound"], q, "=", other(q, p))
    row = known["row"]
    assert row.named(r"\mathrm{X}_{n, c}") == IndexedBase("X")[symbols("n c")]


@pytest.mark.parametrize(
    "text", ["__import__('os')", "H'", "a.b", "L = H = K", "f(*x)", "[x]", "x if y else z"]
)
def test_nothing_but_plain_mathematics_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="is no plain mathematics"):
        answers.parse(text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('states = "L = H - K + 1"', 'states = "H - K + 1"', "states nothing"),
        ('source = "a book"', "", "'source'"),
        ('is = "unknown", names', 'is = "unknown" names', answers.FILE),
    ],
)
def test_a_file_that_cannot_be_understood_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / answers.FILE
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError, match=said):
        answers.read(path)
