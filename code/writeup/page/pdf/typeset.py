"""One .tex file to PDF: by the embedded engine, or by latexmk if it is asked for.

The same checks come first, the same numbers come out. Every engine works in a temporary folder without shell
escape and reads only what lies there; the finished file replaces the old one in a single step, so a failure
leaves the last good one untouched.
"""

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.page import completeness
from writeup.page.pdf import embedded
from writeup.page.source import latex, pictures
from writeup.page.source.latex import Document

ENGINES = ("embedded", "latexmk")
EPOCH = 1_704_067_200  # 2024-01-01, the date inside each PDF by default: same input, same bytes
TIMEOUT = 300  # s; TeX that runs longer is in a loop

_INSTALL = "apt-get install latexmk texlive-latex-recommended texlive-latex-extra lmodern"
_LATEXMK = ["latexmk", "-norc", "-pdf", "-no-shell-escape", "-interaction=nonstopmode"]
_LATEXMK += ["-halt-on-error", "-file-line-error"]
_ENVIRONMENT = {
    "FORCE_SOURCE_DATE": "1",
    "openin_any": "p",  # TeX reads and writes only below its folder
    "openout_any": "p",
    "max_print_line": "1000",  # TeX would break its log at 79 characters, even within a name
}
_UNCLOSED = re.compile(
    r"^Runaway argument\?\n(.{1,40}).*\n! File ended while scanning use of (\\\w+)", re.MULTILINE
)
_ABSENT = re.compile(r"LaTeX Error: File `([^']+)' not found|I couldn't open style file (\S+\.bst)")
_OPEN = re.compile(  # references that the last run did not resolve
    r"LaTeX Warning: (?:Hyper r|R)eference `([^']*)' on page \S+ undefined on input line (\d+)"
    r"|name\{([^}]*)\} has been referenced but does not exist"
)


def choose(engine: str) -> str:
    """The engine to use. Raises UserError for one that is unknown or missing.

    Unless another is asked for it is the embedded one: it comes with this program, and its same versions give
    the same bytes.
    """
    if engine not in ENGINES:
        raise UserError(f"unknown engine {engine}: allowed are {', '.join(ENGINES)}")
    if engine == "latexmk" and not (shutil.which("latexmk") and shutil.which("pdflatex")):
        raise UserError(f"engine latexmk is not on the PATH: install it ({_INSTALL}), or use embedded")
    return engine


def typeset(
    tex: Path, pdf: Path, *, engine: str = "embedded", epoch: int = EPOCH, given: Sequence[Path] = ()
) -> str:
    """Writes `pdf` from `tex` and returns the engine used, in words.

    engine: see `choose`.
    epoch: seconds since 1970, the creation date written into the PDF. given: files that LaTeX finds.
    Raises UserError, one line, for an unknown or missing engine and for whatever is wrong in the document
    (with file and line number); an existing `pdf` then stays as it was.
    """
    engine = choose(engine)
    document = latex.read(tex, only_latex=engine == "latexmk").printed
    if engine == "embedded":
        page, words = embedded.typeset(document, epoch=epoch), embedded.name()
    else:
        page, words = by_latex(document, epoch, given)
    if not document.foreign:  # a class of somebody else may print what it likes
        completeness.check(document.text, page, tex.name)
    write_atomically(pdf, page)
    return words


def by_latex(document: Document, epoch: int, given: Sequence[Path] = ()) -> tuple[bytes, str]:
    """The PDF by latexmk in a folder of its own, and the engine in words.

    given: files that LaTeX finds beside the document.
    """
    name = document.path.name
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / name
        text, staged = document.text, []
        for figure in latex.figures(document):
            if not (screen := document.screen(figure)).endswith(".svg"):
                staged.append(figure)
                continue
            vector = str(Path(figure).with_suffix(".pdf"))
            (source.parent / vector).parent.mkdir(parents=True, exist_ok=True)
            (source.parent / vector).write_bytes(pictures.as_pdf(document.path.parent / screen))
            text = text.replace(f"{{{figure}}}", f"{{{vector}}}")
        latex.stage(document, source.parent, staged)
        for path in given:
            shutil.copyfile(path, Path(folder) / path.name)
        source.write_text(text, encoding="utf-8")
        failed, output = _run(source, epoch)
        log_path, pdf = source.with_suffix(".log"), source.with_suffix(".pdf")
        log = log_path.read_text(encoding="utf-8", errors="replace") if log_path.is_file() else ""
        if failed or not pdf.is_file():
            if unclosed := _UNCLOSED.search(log):
                begun, command = unclosed.groups()
                said = f"the argument of {command} is not closed"
                raise document.error(document.find(command + begun.split(r"\par")[0].rstrip()), said)
            if absent := _ABSENT.search(log + output):
                file = absent[1] or absent[2]
                place = document.text.find(file.rpartition(".")[0])
                cure = "put it into templates/, or install the package of TeX that has it"
                raise document.error(place, f"LaTeX has no {file}; {cure}")
            nothing = f"{name}: latexmk failed without a word; is the disk full?"
            raise UserError(_error(log + "\n" + output, name) or nothing)
        if found := _OPEN.search(log):
            line = f":{found[2]}" if found[2] else ""
            raise UserError(f"{name}{line}: undefined reference `{found[1] or found[3]}'")
        release = re.search(r"^This is pdfTeX.*?(TeX Live \d+|$)", log)
        words = f"pdfTeX {release[1].removeprefix('TeX Live ')}".strip() if release else "pdfTeX"
        return pdf.read_bytes(), f"latexmk ({words})"


def _run(source: Path, epoch: int) -> tuple[bool, str]:
    """One call in the folder of `source`: whether it failed, and what it printed."""
    environment = os.environ | _ENVIRONMENT | {"SOURCE_DATE_EPOCH": str(epoch)}
    # In a session of its own everything that latexmk starts can be killed, even a TeX in a loop.
    process = subprocess.Popen(
        [*_LATEXMK, source.name],
        cwd=source.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    _bound(process.pid, TIMEOUT)
    try:
        output, _ = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{source.name}: latexmk did not finish within {TIMEOUT} s") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()
    return process.returncode != 0, output.decode(errors="replace")


def _bound(process: int, seconds: int) -> None:
    """Limit the processor time of a process and its children, if the system can: a TeX in a loop would
    outlive a build that is killed.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            resource.prlimit(process, resource.RLIMIT_CPU, (seconds, seconds))


def _error(log: str, name: str) -> str:
    """`report.tex:123: Undefined control sequence \\foo` from a TeX log; "" where it names no error."""
    found = re.search(rf"^(?:error: )?(?:\./)?({re.escape(name)}:\d+: .*)$", log, re.MULTILINE)
    if not found:
        found = re.search(r"^! (.*)$", log, re.MULTILINE)
        return f"{name}: {found[1]}" if found else ""
    message = found[1].replace("LaTeX Error: ", "").rstrip(".")
    if "Undefined control sequence" in message:
        context = re.search(r"^l\.\d+ (?:.*?)(\\(?:[A-Za-z@]+|.))?\s*$", log[found.end() :], re.MULTILINE)
        message += f" {context[1]}" if context and context[1] else ""
    return message
