"""Render an archive's report again, or compute one of its runs again, by the code in the archive.

That code runs as any program does, in a temporary folder, and only if the user asks for it.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from re import DOTALL, sub

import numpy as np
import pypdfium2

import writeup
from writeup.archive import contents
from writeup.archive.checking import Archive, laid_out
from writeup.errors import UserError

SHADE, SHARE = (
    64,
    1e-4,
)  # at most this share of a page's points may differ by more than SHADE of 256 grey levels


def render(archive: Archive) -> list[str]:
    """A line for each form of the report; raises UserError for a form that differs from the archive's."""
    with laid_out(archive, made=False) as folder:
        _build(folder, ["report", *archive.about.chosen, *archive.about.rendered], quiet=True)
        return [_compared(archive, name, (folder / name).read_bytes()) for name in archive.about.made]


def compute(archive: Archive, runs: Sequence[str], data_dir: str | None) -> None:
    """Compute runs again, in full, by the archive's own verb `verify`, which prints a line for each run."""
    given = ["--data-dir", str(Path(data_dir).expanduser().absolute())] if data_dir else []
    with laid_out(archive, made=False) as folder:
        _build(folder, ["verify", *runs, *archive.about.chosen, *given], quiet=False)


def _build(folder: Path, words: Sequence[str], *, quiet: bool) -> None:
    """Run the project's build.py in `folder`; if it fails, raise UserError with its last line."""
    engine = str(Path(writeup.__file__).resolve().parents[1])  # where a project holds no engine of its own
    paths = [engine, *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    if data := environ.get("DATA_DIR"):  # as seen from here
        environ["DATA_DIR"] = str(Path(data).expanduser().absolute())
    done = subprocess.run(
        [sys.executable, "build.py", *words],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        why = last.removeprefix("error: ").replace(f"{folder}/", "")
        raise UserError(f"build.py {words[0]} in the archive failed: {why}")


def _compared(archive: Archive, name: str, now: bytes) -> str:
    """How one form compares; raises UserError if it differs in what a reader sees."""
    before = archive.files[name]
    if now == before:
        return f"{name}: rendered again, the same to the byte"
    problem = _pdf_differs(before, now) if name.endswith(".pdf") else _text_differs(before, now)
    others = _other_versions(archive)
    if problem:
        raise UserError(
            f"{archive.path}: {name} is not what its results and templates render to: {problem}{others}"
        )
    seen = "the same text and, to the eye, pages" if name.endswith(".pdf") else "the same text"
    return f"{name}: rendered again, {seen}; other bytes{others}"


def _other_versions(archive: Archive) -> str:
    """The packages whose versions differ from those the archive was made with."""
    here = contents.versions()
    found = [
        f"{n} {here.get(n, 'none')} (there {v})"
        for n, v in archive.about.versions.items()
        if here.get(n) != v
    ]
    return f"; here {', '.join(found)}" if found else "; with the same versions of all packages"


def _pdf_differs(before: bytes, now: bytes) -> str:
    """Where the pages differ in words or to the eye; "" if they do not."""
    old, new = pypdfium2.PdfDocument(before), pypdfium2.PdfDocument(now)
    try:
        if len(old) != len(new):
            return f"{len(old)} pages, and {len(new)} rendered again"
        for number, (one, other) in enumerate(zip(old, new, strict=True), 1):
            if one.get_textpage().get_text_bounded() != other.get_textpage().get_text_bounded():
                return f"the text of page {number} differs"
            shades = [page.render(scale=1, grayscale=True).to_numpy().astype(int) for page in (one, other)]
            if shades[0].shape != shades[1].shape:
                return f"page {number} has another size"
            if np.mean(abs(shades[0] - shades[1]) > SHADE) > SHARE:
                return f"page {number} looks different"
    finally:
        old.close()
        new.close()
    return ""


def _text_differs(before: bytes, now: bytes) -> str:
    """The first words that differ between two pages of HTML or Markdown; "" if none do."""
    old, new = (_words(data) for data in (before, now))
    for one, other in zip(old, new, strict=False):
        if one != other:
            return f"{one!r} has become {other!r}"
    return "" if len(old) == len(new) else f"{len(old)} words, and {len(new)} rendered again"


def _words(data: bytes) -> list[str]:
    text = data.decode(errors="replace")
    return unescape(sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", text, flags=DOTALL)).split()
