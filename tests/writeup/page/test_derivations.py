import json
from pathlib import Path

import pytest

from writeup.errors import UserError
from writeup.page.source.derivations import assumptions, check_answers, derivation, formula, width
from writeup.proofs import record


def step(number: int, **changes: object) -> dict[str, object]:
    plain = {
        "lhs": "",
        "relation": "=",
        "rhs": "b",
        "rule": "algebra",
        "text": "",
        "label": "",
        "mark": "all",
        "answers": "",
    }
    return plain | {"number": number, "shown": number + 40, "anchor": f"proof-x-{number}"} | changes


def plain(*steps: dict[str, object]) -> dict[str, object]:
    return {"steps": list(steps), "assumptions": ["$a > 0$", "$b$ real"]}


def test_a_chain_is_one_display_with_rule_and_mark() -> None:
    text = derivation(plain(step(1, lhs="a"), step(2, rhs="c", rule="Bayes' rule")))
    assert text.count(r"\begin{align*}") == 1
    assert r"a &= b && \text{\footnotesize algebra \hyperlink{proof-x}{[41:~all]}}" in text
    assert r" &= c && \text{\footnotesize Bayes' rule \hyperlink{proof-x}{[42:~all]}}" in text


def test_every_line_bears_its_scope() -> None:
    marks = ("def.", "all, $x > 0$", "6 cases", "100 points")
    text = derivation(plain(*(step(n, lhs="a", mark=mark) for n, mark in enumerate(marks, start=1))))
    for n, mark in enumerate(marks, start=1):
        assert f"[{n + 40}:~{mark}]" in text


def test_prose_begins_a_new_display_and_stands_before_it() -> None:
    text = derivation(plain(step(1, lhs="a"), step(2, lhs="c", text="Therefore")))
    assert text.count(r"\begin{align*}") == 2
    assert text.index("Therefore") < text.rindex(r"\begin{align*}")


def test_only_labelled_lines_are_numbered() -> None:
    text = derivation(plain(step(1, lhs="a"), step(2, label="eq:x")))
    first, second = text.split(r"\\")
    assert r"\begin{align}" in text and r"\notag" in first and r"\label{eq:x}" in second


def test_a_rule_that_does_not_fit_goes_below_and_stays_with_its_line() -> None:
    long = "x + " * 30 + "x"
    text = derivation(plain(step(1, lhs="a", rhs=long, label="eq:x")))
    assert "\\\\*\n&" in text and "&&" not in text
    assert text.index(r"\label{eq:x}") < text.index("algebra") and text.count(r"\notag") == 1


def test_a_part_of_a_derivation() -> None:
    text = derivation(plain(*(step(n, lhs=f"l_{n}") for n in (1, 2, 3))), 2, 3)
    assert "l_1" not in text and "l_2" in text and "l_3" in text


def test_width_counts_symbols_and_the_wider_half_of_a_fraction() -> None:
    assert width("a") < width("a_{j}^{2}") < width("abc")
    assert width(r"\sum_{j=1}^{m} a_{j}") == width(r"\Sigma a_{j}")
    assert width(r"\frac{a_{j}^{2}}{b} c") == width("a_{j}^{2} c")
    assert width("abc") == width(r"\alpha\beta\gamma") == 3 * width("a")
    assert width(r"\frac{abc}{d}") == width("abc")
    assert width(r"\frac{\frac{ab}{c}}{d} e") == width("abe")
    assert width(r"\left(a\right)") == width("(a)")


def test_assumptions_are_one_sentence() -> None:
    assert assumptions(plain()) == "Assumed: $a > 0$; $b$ real."


def test_steps_are_numbered_through_the_report_in_the_order_of_its_derivations(tmp_path: Path) -> None:
    derivations = [{"name": name, "steps": [{"number": 1}, {"number": 2}]} for name in ("b", "a")]
    (tmp_path / "proofs.json").write_text(json.dumps(derivations))
    found = record.read(tmp_path / "proofs.json")
    assert [[step["shown"] for step in found[name]["steps"]] for name in ("b", "a")] == [[1, 2], [3, 4]]


def test_a_derivation_says_where_it_begins_and_where_its_last_display_is() -> None:
    text = derivation(plain(step(1, lhs="a"), step(2, lhs="c", text="Therefore")))
    assert text.startswith("\\derivationstarts\n") and text.endswith("\n\\derivationover")
    assert text.index("Therefore") > text.index("\\derivationends") > text.index("{align*}")


def test_a_frame_shows_the_line_that_answers_its_question_and_no_other() -> None:
    proved = plain(step(1, lhs="H''", rhs="H"), step(2, rhs="H - H' + 1", answers="size"))
    right = formula(proved, "size")
    assert right == formula(proved, 2) == "$H'' = H - H' + 1$"
    frame = "\\begin{answer}\n\\label{ans:size}\\textbf{Answer 1.2.} %s.\n\\end{answer}"
    check_answers(frame % f"{right}, of $N$ sentences", [proved])
    check_answers(frame.replace("size", "other") % "$a = b$", [proved])
    for shown in (formula(proved, 1), "It is known", f"{right}, since $H'' > H$"):
        with pytest.raises(UserError, match=r"the frame of 'size' shows .* no line that answers it"):
            check_answers(frame % shown, [proved])
