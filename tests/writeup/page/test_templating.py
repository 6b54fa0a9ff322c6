from pathlib import Path

import pytest

from writeup.errors import UserError
from writeup.page.source.assembly import with_units
from writeup.page.source.formats import Tex, bold, booktabs, escape, fixed, p_value, pct, sig, spread
from writeup.page.source.listings import code_block, listing, verbatim
from writeup.page.source.templating import line_of, render
from writeup.results.values import Value, collect

VALUE = Value("part/x", 92.456, 0.123, 3, "f" * 64)


def rendered(folder: Path, template: str, **context: object) -> str:
    (folder / "t.tex.j2").write_text(template)
    return render(folder, "t.tex.j2", context)


def test_data_are_escaped_and_latex_is_not(tmp_path: Path) -> None:
    evil = r"50% of $x_1 & \input{/etc/passwd} #1 ~^"
    text = rendered(tmp_path, "<< evil >> << good >>", evil=evil, good=Tex(r"\alpha"))
    assert r"50\% of \$x\_1 \& \textbackslash{}input\{/etc/passwd\} \#1" in text
    assert text.endswith(r"\alpha")
    assert r"\input{" not in text


def test_every_ascii_character_survives_escaping() -> None:
    for code in range(32, 127):
        result = escape(chr(code))
        assert result == chr(code) or result.startswith("\\") or result == "-{}"
    assert escape("é–") == "é–"
    assert escape("中\x00") == r"\texttt{U+4E2D}\texttt{U+0000}"


def test_macros_are_latex_and_their_arguments_are_escaped(tmp_path: Path) -> None:
    template = r"<% macro b(x) %>\textbf{<< x >>}<% endmacro %><< b('a_b') >>"
    assert rendered(tmp_path, template) == r"\textbf{a\_b}"


@pytest.mark.parametrize(
    "template", ["<< nothing >>", "<< nothing | fixed(2) >>", "<% if nothing.x %><% endif %>"]
)
def test_undefined_names_fail_and_are_named(tmp_path: Path, template: str) -> None:
    with pytest.raises(UserError, match=r"t\.tex\.j2:2.*'nothing' is undefined"):
        rendered(tmp_path, "line one\n" + template)


def test_unknown_values_and_bare_numbers_fail_with_their_line(tmp_path: Path) -> None:
    values = collect([("part", "f", {"accuracy": 1.0})])
    with pytest.raises(
        UserError, match=r"t\.tex\.j2:1: no run recorded the value 'part/acuracy'; near: part/accuracy"
    ):
        rendered(tmp_path, "<< v['part/acuracy'] | fixed >>", v=values)
    with pytest.raises(UserError, match=r"t\.tex\.j2:1: a bare number"):
        rendered(tmp_path, "<< 0.5 * x >>", x=1)


def test_syntax_errors_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"{tmp_path.name}/t\.tex\.j2:1"):
        rendered(tmp_path, "<% if %>")


def test_number_formats() -> None:
    assert fixed(VALUE, 1) == "92.5"
    assert fixed(-0.0001, 2) == "0.00" and fixed(-1.5, 1) == "$-1.5$"
    assert fixed(1234567.0, 0) == r"1\,234\,567"
    assert sig(0.001, 1) == "0.001" and sig(0.0312, 2) == "0.031" and sig(95.24) == "95.2" and sig(0) == "0"
    assert sig(3.2e-5, 2) == r"$3.2 \times 10^{-5}$" and sig(1234.5, 2) == r"1\,234"
    assert sig(1e9, 1) == r"$1 \times 10^{9}$"
    assert spread(VALUE, 2) == r"$92.46 \pm 0.12$"
    assert spread(Value("x", 1.0, 0.0, 1, "f"), 1) == "1.0"
    assert pct(95.24) == r"95.24\,\%"
    assert p_value(0.0001) == "$p < 0.001$" and p_value(0.0312) == "$p = 0.031$"
    assert bold(fixed(-1.5, 1)) == r"$\mathbf{-1.5}$" and bold("a&b") == r"\textbf{a\&b}"
    with pytest.raises(UserError, match="nan"):
        fixed(float("nan"))


def test_tables_escape_their_cells_and_must_fit() -> None:
    table = booktabs(["a", "b"], [["x_y", fixed(1.0)]], "lr")
    assert r"x\_y & 1.00 \\" in table and table.startswith(r"\begin{tabular}{lr}")
    with pytest.raises(UserError, match="do not fit"):
        booktabs(["a"], [["x", "y"]], "l")


def test_logs_and_listings_cannot_leave_their_box(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="would leave its box"):
        verbatim(["\\end{verbatim}", "\\input{x}"])
    with pytest.raises(UserError, match="lst:x"):
        code_block("\\end{lstlisting}", "c", "lst:x")


def test_listing_reads_definitions_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "m.py"
    file.write_text(
        'X = 1\n\n\ndef f(a):\n    """Doc."""\n\n    return a  # keeps comments\n\n\n'
        'class C:\n    """Doc."""\n\n    @property\n    def g(self):\n        return 2\n'
    )
    assert listing(file, "f") == "def f(a):\n    return a  # keeps comments"
    assert listing(file, "C.g") == "@property\ndef g(self):\n    return 2"
    assert listing(file, "X", "f", docstrings=True).startswith('X = 1\n\ndef f(a):\n    """Doc.')
    with pytest.raises(UserError, match=r"m\.py defines no 'h'"):
        listing(file, "h")


def test_values_average_over_runs_and_refuse_partial_ones() -> None:
    values = collect([("p", "f1", {"a": 1.0}), ("p", "f2", {"a": 3.0})])
    value = values["p/a"]
    assert (value.mean, value.runs) == (2.0, 2) and value.std == pytest.approx(2**0.5)
    assert value.line().split("\t")[:4] == ["p/a", "2", "1.414", "2"]
    with pytest.raises(UserError, match="different values"):
        collect([("p", "f1", {"a": 1.0}), ("p", "f2", {"b": 3.0})])


def test_a_unit_is_tied_to_its_number_but_not_in_code() -> None:
    code = code_block("x = 5 points", "Of 5 points.", "lst:x")
    text = f"By 1.5 points, $2 \\pm 1$\nnats; five points.\n{code}"
    tied = with_units(text, ["nats", "points"])
    assert "By 1.5~points, $2 \\pm 1$~nats; five points." in tied and "x = 5 points" in tied
    assert with_units(text, []) == text


def test_long_listings_and_logs_may_break() -> None:
    for made in (lambda text: code_block(text, "C", "l"), lambda text: verbatim(text.splitlines())):
        assert r"\longlisting" not in made("\n".join(["x"] * 34))
        assert made("\n".join(["x"] * 35)).startswith("\\longlisting\n\\begin{")


def test_the_line_of_a_template_is_found_by_what_it_types(tmp_path: Path) -> None:
    (tmp_path / "a.tex.j2").write_text("\\section{One}\n<< v | fixed >>\n<% if x %>\nSee << v >> of.\n")
    (tmp_path / "b.tex.j2").write_text("It has << n >> points \\citep[p. 3]{kim}.\nSee it.\nSee it.\n")
    assert line_of(tmp_path, "See 3.2 of.") == f"{tmp_path.name}/a.tex.j2:4"
    assert line_of(tmp_path, r"It has 3~points \hyperlink{ref:kim}{(Kim)}.") == f"{tmp_path.name}/b.tex.j2:1"
    assert line_of(tmp_path, "See it.") == line_of(tmp_path, "3.2") == line_of(tmp_path, "") == ""
