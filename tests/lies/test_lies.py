"""Every lie of `planted` is refused by one line that names the place, or what it touched is made again."""

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.lies.planted import (
    COPIED,
    FORMATS,
    MADE,
    MISSED,
    NUMBERS,
    RESULTS,
    RULES,
    TEMPLATES,
    Lie,
    copied,
    document,
    scalar,
)

from assignment3.report import REPORT
from writeup import steps
from writeup.build import Build
from writeup.declare import Figure
from writeup.errors import UserError
from writeup.page.pdf import embedded
from writeup.page.pdf.typeset import typeset
from writeup.page.source import assembly, wording
from writeup.page.source.formats import number_format
from writeup.request import Request
from writeup.results import integrity
from writeup.results.values import Value

BuildOf = Callable[..., Build]
Note = Callable[[str, object], None]
pytestmark = pytest.mark.lie
DERIVE = {part.name: part.derive for part in REPORT.parts if part.derive}


def passed(
    lies: Sequence[Lie], root: Path, whole: Path, refuse: Callable[[], object], note: Note
) -> list[str]:
    """The lies that are not refused, or not in one line that says what it should; each planted afresh."""
    kept = root.with_name("kept")
    shutil.copytree(whole, kept)
    told = []
    for lie in lies:
        lie.plant(root)
        try:
            refuse()
            told.append(f"{lie.name}: not noticed")
        except UserError as error:
            if "\n" in str(error) or not re.search(lie.said, str(error)):
                told.append(f"{lie.name}: {error}")
        shutil.rmtree(whole)
        shutil.copytree(kept, whole)
    refuse()  # the honest copy is not refused
    note("planted", len(lies))
    note("refused", len(lies) - len(told))
    return told


def test_lies_in_results_are_refused(toy: Path, build_of: BuildOf, record_property: Note) -> None:
    steps.train(build_of("report", "--jobs", "0"))
    results = toy / "report/results"
    refuse = lambda: assembly.recorded(build_of("values"))  # noqa: E731
    assert passed(RESULTS, toy, results, refuse, record_property) == []


def test_lies_in_templates_are_refused(toy: Path, record_property: Note) -> None:
    folder = toy / "templates"
    assert passed(TEMPLATES, toy, folder, lambda: wording.check(folder), record_property) == []


def test_lies_that_no_list_of_words_knows_are_counted_apart(toy: Path, record_property: Note) -> None:
    folder = toy / "templates"
    told = passed(MISSED, toy, folder, lambda: wording.check(folder), lambda *_: None)
    assert len(told) == len(MISSED)
    record_property("planted", 0)
    record_property("missed", len(told))


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., list[Path]]:
    """recorded("gan") -> the folders of a copy of this report's own results of that part."""

    def copy(part: str) -> list[Path]:
        target = tmp_path / "report/results" / part
        shutil.copytree(REPORT.root / "report/results" / part, target)
        folders = sorted(target.glob("seed-*"))
        for folder in folders:
            document(folder, lambda _: None, mended=True)
        return folders

    return copy


@pytest.mark.parametrize(("part", "name", "add"), NUMBERS)
def test_a_number_that_its_own_arrays_do_not_bear_out_is_refused(
    part: str, name: str, add: float, recorded: Callable[..., list[Path]]
) -> None:
    folders = recorded(part)
    integrity.load_checked(folders, DERIVE)
    scalar(name, add, mended=True, at=f"{part}/seed-0")(folders[0].parents[3])
    with pytest.raises(
        UserError, match=rf"{part}/seed-0/result\.json: .* records {re.escape(name)} = "
    ) as said:
        integrity.load_checked(folders, DERIVE)
    assert "\n" not in str(said.value)


def test_the_best_seed_copied_over_all_is_refused(recorded: Callable[..., list[Path]]) -> None:
    folders = recorded(COPIED)
    for folder in folders[1:]:
        copied(f"{COPIED}/seed-0", f"{COPIED}/{folder.name}", relabelled=True)(folder.parents[3])
    with pytest.raises(
        UserError, match=rf"{COPIED}/seed-1 holds the same .* as {COPIED}/seed-0, so one is a"
    ):
        integrity.load_checked(folders, DERIVE)


def test_what_a_hand_put_in_place_of_a_made_file_is_made_again(
    toy: Path,
    request_of: Callable[..., Request],
    capsys: pytest.CaptureFixture[str],
    record_property: Note,
) -> None:
    request = request_of("report", "--jobs", "0")
    figure = Figure("mean", "toy.study:draw", of=[request.report.parts[1]], alt="toy.study:in_words")
    request = replace(request, report=replace(request.report, figures=[figure]))
    steps.report(request)
    out, stem = request.out, request.stem
    made = [*(out / f"{stem}{suffix}" for suffix in MADE), out / "proofs.json", out / "figures/mean.svg"]
    whole = {path: path.read_bytes() for path in made}
    capsys.readouterr()
    steps.report(request)
    assert "typeset" not in capsys.readouterr().out
    record_property("planted", len(made))
    for path in made:
        path.write_bytes(b"by hand")
        steps.report(request)
        assert path.read_bytes() == whole[path], path


@pytest.mark.parametrize(("printed", "value"), FORMATS)
def test_a_format_that_lies_is_refused(printed: str, value: Value | float) -> None:
    @number_format
    def form(value: Value | float) -> str:
        return printed

    with pytest.raises(UserError, match="is printed as"):
        form(value)


SOURCE = r"""\documentclass{article}
\newcommand{\pagemark}{generated data}
\title{Results}
\begin{document}
\section{Results}
Maximum pooling classifies 92.45\,\% of 67\,349 phrases, $0.98 \pm 0.01$; naïve ones don't.
\end{document}
"""


@pytest.mark.parametrize(("rule", "lacks"), RULES)
def test_a_rule_that_replaces_text_is_refused(
    rule: str, lacks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "t.tex"
    source.write_text(SOURCE)
    typeset(source, tmp_path / "t.pdf", engine="embedded")
    good = (tmp_path / "t.pdf").read_bytes()
    compiled = embedded.typst.compile_with_warnings

    def ruled(main: str, **options: Any) -> Any:
        path = Path(main)
        path.write_text(f"{rule}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
        return compiled(main, **options)

    monkeypatch.setattr(embedded.typst, "compile_with_warnings", ruled)
    with pytest.raises(UserError, match=lacks):
        typeset(source, tmp_path / "t.pdf", engine="embedded")
    assert (tmp_path / "t.pdf").read_bytes() == good  # the last good one stays
