"""Pictures that are given, below the project's `assets/`: PNG, JPG, SVG and PDF, as they are in every form.

They are laid beside the page. Two cannot be taken everywhere: a PDF has a picture of 300 points an inch
beside it for the screen and the embedded engine, unless an SVG of the same name is given; of an SVG a PDF is
made when LaTeX typesets.
"""

import io
import shutil
from pathlib import Path
from typing import Any

from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.page.source.latex import Document, figures

FOLDER = "assets"
KINDS = ".png", ".jpg", ".jpeg", ".svg", ".pdf"
SCALE = 300 / 72  # pixels a point of a PDF


def given(root: Path) -> list[Path]:
    """The files below `assets/`."""
    return sorted(path for path in (root / FOLDER).rglob("*") if path.is_file())


def lay(page: str, root: Path, out: Path) -> None:
    """Lay the given pictures that a page shows into `out`; UserError for one of another kind or in pieces."""
    for name in figures(Document(out / "report.tex", page)):
        path = root / name
        if Path(name).parts[:1] != (FOLDER,) or ".." in Path(name).parts or not path.is_file():
            continue
        if path.suffix.lower() not in KINDS:
            raise UserError(f"{path}: a picture is one of {', '.join(KINDS)}")
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, out / name)
        try:
            if path.suffix == ".pdf":
                _beside_pdf(path, out / name)
            elif path.suffix == ".svg":
                as_pdf(path)  # fails now rather than when LaTeX typesets
        except Exception as error:  # of two libraries, which have their own
            raise UserError(f"{path}: cannot be read as a picture: {error}") from None


def _beside_pdf(path: Path, there: Path) -> None:
    import pypdfium2

    if (svg := path.with_suffix(".svg")).is_file():
        shutil.copyfile(svg, there.with_suffix(".svg"))
        return
    with pypdfium2.PdfDocument(path) as document:
        image, drawn = document[0].render(scale=SCALE).to_pil(), io.BytesIO()
    image.save(drawn, "PNG")
    write_atomically(there.with_suffix(".png"), drawn.getvalue())


def as_pdf(svg: Path) -> bytes:
    """The picture as LaTeX takes it."""
    import typst

    sheet: Any = f'#set page(width: auto, height: auto, margin: 0pt)\n#image("{svg.name}")'.encode()
    pdf: Any = typst.compile(sheet, root=str(svg.parent), timestamp=0)  # pdfTeX keeps the date
    return bytes(pdf)
