"""What a grading leaves: a table on the terminal, grade.json, grade.md, and the PDF with its findings."""

import ctypes
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from writeup.files import write_atomically
from writeup.grade.paper import Paper
from writeup.grade.rubric import Item, Rubric
from writeup.grade.verdicts import Verdict

COLOURS = {
    "pass": (0, 140, 90),
    "fail": (200, 40, 20),
    "needs a person": (60, 90, 200),
    "not applicable": (120, 120, 120),
}
MARKED = 12  # spans of an item that are marked on the pages


@dataclass(frozen=True)
class Gate:
    """Something that has to hold whatever the points are."""

    name: str
    verdict: Verdict


@dataclass(frozen=True)
class Sheet:
    """gates; items with their verdicts, in the order of the rubric; numbers, and how many are bound."""

    pdf: str
    rubric: Rubric
    gates: Sequence[Gate]
    marks: Sequence[tuple[Item, Verdict]]
    numbers: int
    bound: int

    @property
    def applicable(self) -> float:
        return sum(item.points for item, verdict in self.marks if verdict.mark != "not applicable")

    @property
    def points(self) -> float:
        """Of the rubric's total; what is not applicable counts for the others."""
        earned = sum(item.points for item, verdict in self.marks if verdict.mark == "pass")
        return earned / self.applicable * self.rubric.total if self.applicable else 0.0

    @property
    def full(self) -> bool:
        return self.points > self.rubric.total - 1e-6

    @property
    def open(self) -> list[Gate]:
        """The gates that do not hold."""
        return [gate for gate in self.gates if gate.verdict.mark != "pass"]

    def summary(self) -> str:
        shut = f"; not passed: {', '.join(gate.name for gate in self.open)}" if self.open else ""
        points = f"{self.points:.1f} of {self.rubric.total:g} points"
        return f"{points}, {self.bound} of {self.numbers} numbers bound{shut}"


def show(sheet: Sheet, console: Console) -> None:
    """The table of items, and the total."""
    shown = Table(box=box.SIMPLE, title=f"{sheet.pdf}", title_justify="left")
    for head, justify in (
        ("", "left"),
        ("points", "right"),
        ("page", "right"),
        ("verdict", "left"),
        ("evidence", "left"),
    ):
        shown.add_column(head, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for gate in sheet.gates:
        shown.add_row(
            f"gate: {gate.name}", "", _page(gate.verdict), gate.verdict.mark, _cut(gate.verdict.evidence)
        )
    for item, verdict in sheet.marks:
        points = f"{_earned(item, verdict):.2g}/{item.points:.2g}" if item.points else ""
        shown.add_row(f"{item.id} {item.what}", points, _page(verdict), verdict.mark, _cut(verdict.evidence))
    console.print(shown, highlight=False)
    console.print(sheet.summary(), highlight=False)


def write(sheet: Sheet, paper: Paper, folder: Path) -> list[Path]:
    """grade.json, grade.md and grade.pdf in the folder; their paths."""
    paths = [folder / name for name in ("grade.json", "grade.md", "grade.pdf")]
    write_atomically(paths[0], (json.dumps(_plain(sheet), indent=1, ensure_ascii=False) + "\n").encode())
    write_atomically(paths[1], markdown(sheet).encode())
    write_atomically(paths[2], annotated(sheet, paper))
    return paths


def _plain(sheet: Sheet) -> dict[str, Any]:
    def row(verdict: Verdict) -> dict[str, Any]:
        return {"verdict": verdict.mark, "page": verdict.page or None, "evidence": verdict.evidence}

    return {
        "pdf": sheet.pdf,
        "rubric": sheet.rubric.path.name,
        "points": round(sheet.points, 4),
        "total": sheet.rubric.total,
        "full": sheet.full and not sheet.open,
        "numbers": sheet.numbers,
        "numbers_bound": sheet.bound,
        "gates": [{"gate": gate.name} | row(gate.verdict) for gate in sheet.gates],
        "items": [
            {
                "item": item.id,
                "what": item.what,
                "points": round(_earned(item, verdict), 4),
                "of": round(item.points, 4),
            }
            | row(verdict)
            for item, verdict in sheet.marks
        ],
    }


def markdown(sheet: Sheet) -> str:
    """The same for a reader."""
    lines = [
        f"# {sheet.pdf}: {sheet.summary()}",
        "",
        "| gate | verdict | page | evidence |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {gate.name} | {gate.verdict.mark} | {_page(gate.verdict)} | {_cell(gate.verdict.evidence)} |"
        for gate in sheet.gates
    ]
    problem = question = ""
    for item, verdict in sheet.marks:
        p, q, _ = item.id.split(".")
        if p != problem:
            lines += ["", f"## {p}. {sheet.rubric.titles[p]}"]
            problem = p
        if f"{p}.{q}" != question:
            question = f"{p}.{q}"
            lines += [
                "",
                f"### {sheet.rubric.titles[question]}",
                "",
                "| item | points | page | verdict | evidence |",
            ]
            lines += ["|---|---|---|---|---|"]
        points = f"{_earned(item, verdict):.2f} of {item.points:.2f}" if item.points else ""
        lines.append(
            f"| {_cell(item.what)} | {points} | {_page(verdict)} | {verdict.mark} "
            f"| {_cell(verdict.evidence)} |"
        )
    return "\n".join(lines) + "\n"


def _earned(item: Item, verdict: Verdict) -> float:
    return item.points if verdict.mark == "pass" else 0.0


def _page(verdict: Verdict) -> str:
    return str(verdict.page) if verdict.page else ""


def _cut(text: str) -> str:
    return text if len(text) <= 160 else text[:157] + "…"


def _cell(text: str) -> str:
    return _cut(" ".join(text.split())).replace("|", "\\|")


def annotated(sheet: Sheet, paper: Paper) -> bytes:
    """The PDF with a frame around what each verdict is about, and the verdict as its note."""
    import pypdfium2

    document = pypdfium2.PdfDocument(paper.data)
    try:
        for colour, note, page, (left, low, right, high) in _notes(sheet, paper):
            _frame(document[page - 1], colour, note, (left - 1, low - 1, right + 1, high + 1))
        buffer = io.BytesIO()
        document.save(buffer)
        return buffer.getvalue()
    finally:
        document.close()


def _notes(
    sheet: Sheet, paper: Paper
) -> Iterator[tuple[tuple[int, int, int], str, int, tuple[float, float, float, float]]]:
    rows = [(f"gate {gate.name}", gate.verdict) for gate in sheet.gates]
    rows += [
        (f"{item.id} {item.what} ({_earned(item, v):.2g} of {item.points:.2g})", v) for item, v in sheet.marks
    ]
    for name, verdict in rows:
        note = f"{verdict.mark}: {name}. {verdict.evidence}"
        spans = verdict.where[:MARKED] if verdict.mark != "fail" else verdict.where
        placed = [place for span in spans for place in paper.place(*span)]
        if not placed and verdict.mark in ("fail", "needs a person"):
            placed = [(1, (20.0, paper.sheets[0][1] - 30.0, 40.0, paper.sheets[0][1] - 20.0))]
        for page, where in placed:
            yield COLOURS[verdict.mark], note, page, where


def _frame(
    page: Any, colour: tuple[int, int, int], note: str, where: tuple[float, float, float, float]
) -> None:
    import pypdfium2.raw as raw

    annotation = raw.FPDFPage_CreateAnnot(page.raw, raw.FPDF_ANNOT_SQUARE)
    try:
        left, low, right, high = where
        raw.FPDFAnnot_SetRect(annotation, raw.FS_RECTF(left, high, right, low))
        raw.FPDFAnnot_SetColor(annotation, raw.FPDFANNOT_COLORTYPE_Color, *colour, 255)
        raw.FPDFAnnot_SetBorder(annotation, 0, 0, 0.7)
        raw.FPDFAnnot_SetFlags(annotation, raw.FPDF_ANNOT_FLAG_PRINT)
        text = ctypes.create_string_buffer(note.encode("utf-16-le") + b"\0\0")
        raw.FPDFAnnot_SetStringValue(
            annotation, b"Contents", ctypes.cast(text, ctypes.POINTER(ctypes.c_ushort))
        )
    finally:
        raw.FPDFPage_CloseAnnot(annotation)
