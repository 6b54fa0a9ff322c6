"""What a grading leaves: a table on the terminal, grade.json, grade.md, and grade.pdf, whose marks print."""

import ctypes
import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as raw
import typst
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from writeup.files import write_atomically
from writeup.grade.glyphs import Box
from writeup.grade.items import Verdict
from writeup.grade.rubric import Item, Rubric

COLOURS = {"pass": (0, 120, 80), "not counted": (110, 110, 110), "needs a person": (60, 90, 200)}
RED = (190, 40, 20)
MARKED = 12  # places of an item that are marked on the pages
UNCOUNTED = "not counted", "needs a person"
SUMMARY = """
#let given = json("sheet.json")
#set page("a4", margin: 2cm)
#set text(font: "New Computer Modern", size: 8pt)
= #given.summary
#table(columns: (2fr, auto, auto, 4fr), stroke: none, align: left, ..given.rows.flatten())
"""


@dataclass(frozen=True)
class Sheet:
    """marks: the items with their verdicts. whole: what costs points wherever it fails, at most all."""

    pdf: str
    rubric: Rubric
    marks: Sequence[tuple[Item, Verdict]]
    whole: Sequence[tuple[Item, Verdict]]

    @property
    def counted(self) -> float:
        """The points of all items that count for this paper."""
        return sum(item.points for item, verdict in self.marks if verdict.mark != "not counted")

    @property
    def off(self) -> float:
        """The points that are lost for the report as a whole."""
        return sum(lost(item, one) for item, one in self.whole)

    @property
    def points(self) -> float:
        earned = sum(item.points * verdict.share for item, verdict in self.marks)
        return max(0.0, earned - self.off)

    def summary(self) -> str:
        off = f" ({self.off:g} off for the report as a whole)" if self.off else ""
        left = self.rubric.total - self.counted
        rest = f"; {left:g} more are not counted" if left > 1e-6 else ""
        return f"{self.points:.1f} of {self.counted:g} points{off}{rest}"

    def rows(self) -> Iterator[tuple[Item, Verdict, str]]:
        """Every item with its verdict and its points in words."""
        for item, one in self.marks:
            counts = item.points and one.mark not in UNCOUNTED
            yield item, one, f"{item.points * one.share:.2g} of {item.points:.2g}" if counts else ""
        for item, one in self.whole:
            yield item, one, f"-{lost(item, one):.2g}" if lost(item, one) else ""


def lost(item: Item, verdict: Verdict) -> float:
    """The points that an item of the report as a whole takes off."""
    return 0.0 if verdict.mark in UNCOUNTED else item.points * (1 - verdict.share)


def show(sheet: Sheet, console: Console) -> None:
    """The table of items, and the total."""
    shown = Table(box=box.SIMPLE, title=sheet.pdf, title_justify="left")
    for head in ("", "points", "page", "verdict", "evidence"):
        shown.add_column(head, overflow="fold")
    for item, verdict, points in sheet.rows():
        row = f"{item.id} {item.what}", points, str(verdict.page or ""), verdict.mark, verdict.evidence[:200]
        shown.add_row(*map(escape, row))
    console.print(shown, highlight=False)
    console.print(sheet.summary(), highlight=False)


def write(sheet: Sheet, pdf: bytes, last: bytes, folder: Path) -> list[Path]:
    """grade.json, grade.md and grade.pdf in the folder; their paths. pdf, last: the paper and `summary`."""
    forms = {
        "grade.json": (json.dumps(_plain(sheet), indent=1, ensure_ascii=False) + "\n").encode(),
        "grade.md": markdown(sheet).encode(),
        "grade.pdf": marked(sheet, pdf, last),
    }
    for name, data in forms.items():
        write_atomically(folder / name, data)
    return [folder / name for name in forms]


def _plain(sheet: Sheet) -> dict[str, Any]:
    rows = [
        {"item": item.id, "what": item.what, "of": round(item.points, 4), "share": round(one.share, 4),
         "verdict": one.mark, "page": one.page or None, "evidence": one.evidence}
        for item, one, _ in sheet.rows()
    ]  # fmt: skip
    numbers = {
        "points": sheet.points,
        "counted": sheet.counted,
        "total": sheet.rubric.total,
        "off": sheet.off,
    }
    points = {name: round(number, 4) for name, number in numbers.items()}
    return {"pdf": sheet.pdf, "rubric": sheet.rubric.path.name, **points, "items": rows}


def markdown(sheet: Sheet) -> str:
    """The same for a reader."""
    lines, problem = [f"# {sheet.pdf}: {sheet.summary()}"], ""
    for item, verdict, points in sheet.rows():
        if item.id.partition(".")[0] != problem:
            problem = item.id.partition(".")[0]
            title = sheet.rubric.titles.get(problem, "The report as a whole")
            lines += [
                "",
                f"## {title}",
                "",
                "| item | points | page | verdict | evidence |",
                "|---" * 5 + "|",
            ]
        cells = f"{item.id} {item.what}", points, str(verdict.page or ""), verdict.mark, verdict.evidence
        plain = (" ".join(cell.split()).replace("|", "\\|")[:300] for cell in cells)
        lines.append(f"| {' | '.join(plain)} |")
    return "\n".join(lines) + "\n"


def marked(sheet: Sheet, pdf: bytes, last: bytes) -> bytes:
    """The PDF with a frame at each finding, item and points in the margin, and a summary as its last page."""
    document = pypdfium2.PdfDocument(pdf)
    for number, colour, words, place in _notes(sheet):
        page = document[number - 1]
        _frame(page, colour, place)
        if words:
            _print(document, page, words, place[3] - 8, colour)
        raw.FPDFPage_GenerateContent(page.raw)
    document.import_pages(pypdfium2.PdfDocument(last))
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _notes(sheet: Sheet) -> Iterator[tuple[int, tuple[int, int, int], str, Box]]:
    for item, verdict, points in sheet.rows():
        colour = COLOURS.get(verdict.mark, RED)
        for k, (page, place) in enumerate(verdict.spots[:MARKED]):
            yield page, colour, f"{item.id}: {points}" if not k else "", place


def _frame(page: Any, colour: tuple[int, int, int], place: Box) -> None:
    left, low, right, high = place
    drawn = raw.FPDFPageObj_CreateNewRect(left - 1.5, low - 1.5, right - left + 3, high - low + 3)
    raw.FPDFPageObj_SetStrokeColor(drawn, *colour, 255)
    raw.FPDFPageObj_SetStrokeWidth(drawn, 0.7)
    raw.FPDFPath_SetDrawMode(drawn, raw.FPDF_FILLMODE_NONE, True)
    raw.FPDFPage_InsertObject(page.raw, drawn)


def _print(document: Any, page: Any, words: str, y: float, colour: tuple[int, int, int]) -> None:
    drawn = raw.FPDFPageObj_NewTextObj(document.raw, b"Helvetica", 7.0)
    text = ctypes.create_string_buffer(words.encode("utf-16-le") + b"\0\0")
    raw.FPDFText_SetText(drawn, ctypes.cast(text, ctypes.POINTER(ctypes.c_ushort)))
    raw.FPDFPageObj_SetFillColor(drawn, *colour, 255)
    raw.FPDFPageObj_Transform(drawn, 1, 0, 0, 1, 12.0, y)
    raw.FPDFPage_InsertObject(page.raw, drawn)


def summary(sheet: Sheet) -> bytes:
    """Pages with every item, its points and what was found, as PDF."""
    rows = [
        [f"{item.id} {item.what}", points, one.mark, one.evidence[:400] if one.mark != "pass" else ""]
        for item, one, points in sheet.rows()
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sheet.json").write_text(json.dumps({"summary": sheet.summary(), "rows": rows}))
        (folder / "sheet.typ").write_text(SUMMARY)
        made: bytes = typst.compile(str(folder / "sheet.typ"), ignore_system_fonts=True)
        return made
