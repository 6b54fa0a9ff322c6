"""One .tex file to PDF, HTML and Markdown.

PDF by latexmk or tectonic where one is on the PATH, else by the embedded engine (pandoc and typst, see
`embedded.py`); HTML and Markdown by pandoc. The same checks come first, the same numbers come out. Every
engine works in a temporary folder without shell escape and reads only what lies there; the finished file
replaces the old one in a single step, so a failure leaves the last good one untouched.
"""

import html
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from writeup.errors import UserError
from writeup.page import embedded, pandoc, references
from writeup.page.latex import Document, check, read, stage
from writeup.page.pandoc import Node, text, transform

ENGINES = ("auto", "latexmk", "tectonic", "embedded")
EPOCH = (
    1_704_067_200  # 2024-01-01, the date inside every PDF unless the caller gives one: same input, same bytes
)
TIMEOUT = 300  # s; TeX that waits longer is in a loop

_INSTALL = {
    "latexmk": "apt-get install latexmk texlive-latex-recommended texlive-latex-extra lmodern",
    "tectonic": "see https://tectonic-typesetting.github.io",
}


def typeset(
    tex: Path, pdf: Path, *, engine: str = "auto", epoch: int = EPOCH, keep: Path | None = None
) -> str:
    """Writes `pdf` from `tex` and returns the engine used, in words.

    engine: "auto" takes latexmk if it is on the PATH, else tectonic, else the embedded engine.
    epoch: seconds since 1970, the creation date written into the PDF.
    keep: a folder where LaTeX's auxiliary files wait for the next run, which then needs one pass, not three.
    Raises UserError, one line, for an unknown or missing engine and for whatever is wrong in the document
    (with file and line number); an existing `pdf` then stays as it was.
    """
    engine = _choose(engine)
    document = read(tex)
    check(document)
    with _replacing(pdf) as fresh:
        if engine == "embedded":
            embedded.typeset(document, fresh, epoch=epoch)
            return embedded.words()
        return _latex(engine, document, fresh, epoch, keep)


def to_html(tex: Path, html_path: Path) -> None:
    """Writes one self-contained HTML file: MathML, figures, style. Raises UserError as `typeset` does."""
    document = read(tex)
    check(document)
    tree = transform(references.load(document), lambda node: _for_html(node, document))
    mark = f'<div class="pagemark">{html.escape(document.pagemark)}</div>' if document.pagemark else ""
    style = Path(__file__).with_name("page.css")
    options = ["--standalone", "--embed-resources", "--mathml", f"--css={style}", "--metadata=lang:en"]
    options += [f"--variable=include-before:{mark}"]
    page = pandoc.write(tree, "html5", *options, name=tex.name, folder=tex.parent)
    with _replacing(html_path) as fresh:
        fresh.write_text(page, encoding="utf-8")


def to_markdown(tex: Path, md: Path) -> None:
    """Writes GitHub's Markdown: TeX math, pipe tables, linked SVG. Raises UserError as `typeset` does."""
    document = read(tex)
    check(document)
    tree = references.load(document, tags=True)
    to_figures = Path(os.path.relpath(tex.parent, md.parent))
    blocks = _front_matter(tree["meta"], document.pagemark) + tree["blocks"]
    tree = {
        **tree,
        "meta": {},
        "blocks": transform(blocks, lambda node: _for_markdown(node, document, to_figures)),
    }
    page = pandoc.write(tree, "gfm", "--wrap=none", name=tex.name)
    with _replacing(md) as fresh:
        fresh.write_text(page, encoding="utf-8")


def _choose(engine: str) -> str:
    if engine not in ENGINES:
        raise UserError(f"unknown engine {engine}: allowed are {', '.join(ENGINES)}")
    found = {"latexmk": bool(shutil.which("latexmk") and shutil.which("pdflatex"))}
    found["tectonic"] = bool(shutil.which("tectonic"))
    if engine == "auto":
        return next((name for name, there in found.items() if there), "embedded")
    if not found.get(engine, True):
        raise UserError(
            f"engine {engine} is not on the PATH: install it ({_INSTALL[engine]}), or use embedded"
        )
    return engine


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; on success it takes the place of `path`, on failure it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")
    try:
        yield fresh
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


# --- LaTeX


def _latex(engine: str, document: Document, pdf: Path, epoch: int, keep: Path | None) -> str:
    """latexmk or tectonic in a folder of its own; the engine in words."""
    name = document.path.name
    auxiliary = [Path(name).with_suffix(suffix) for suffix in (".aux", ".out", ".fdb_latexmk")]
    kept = [keep / file for file in auxiliary] if keep else []
    with tempfile.TemporaryDirectory() as folder:
        build = Path(folder)
        stage(document, build)
        (build / name).write_text(document.text, encoding="utf-8")
        _copy(kept, build)
        code, output = _run(engine, name, build, epoch)
        if code and any((build / file).is_file() for file in auxiliary):
            for file in auxiliary:  # perhaps it is the last run's files that do not fit
                (build / file).unlink(missing_ok=True)
            code, output = _run(engine, name, build, epoch)
        log_path = (build / name).with_suffix(".log")
        log = log_path.read_text(encoding="utf-8", errors="replace") if log_path.is_file() else ""
        made = (build / name).with_suffix(".pdf")
        if code or not made.is_file():
            raise UserError(
                _first_error(log + "\n" + output, name) or f"{name}: {engine} failed without a word"
            )
        if problem := _unresolved(log, name):
            raise UserError(problem)
        shutil.copyfile(made, pdf)
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
            _copy([build / file for file in auxiliary], keep)
    banner = re.search(r"^This is (pdfTeX|XeTeX).*?(?:TeX Live (\d+)|$)", log)
    return f"{engine} ({' '.join(filter(None, banner.groups()))})" if banner else engine


def _copy(files: list[Path], folder: Path) -> None:
    """Copies those of the files that exist."""
    for file in files:
        if file.is_file():
            shutil.copyfile(file, folder / file.name)


def _run(engine: str, name: str, build: Path, epoch: int) -> tuple[int, str]:
    """One call of the engine in the folder `build`: exit status and what it printed."""
    flags = ["-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error"]
    command = {
        "latexmk": ["latexmk", "-norc", "-pdf", *flags, name],
        "tectonic": ["tectonic", "--untrusted", "--keep-logs", "--keep-intermediates", name],
    }[engine]
    environment = os.environ | {
        "SOURCE_DATE_EPOCH": str(epoch),
        "FORCE_SOURCE_DATE": "1",
        "openin_any": "p",  # TeX reads and writes below its folder alone
        "openout_any": "p",
        "max_print_line": "1000",  # else TeX folds its log at 79 characters, in the middle of a name
    }
    try:
        done = subprocess.run(
            command,
            cwd=build,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{name}: {engine} did not finish within {TIMEOUT} s") from error
    return done.returncode, done.stdout


def _first_error(log: str, name: str) -> str:
    """`report.tex:123: Undefined control sequence \\foo` from a TeX log; "" where it names no error."""
    found = re.search(rf"^(?:error: )?(?:\./)?({re.escape(name)}:\d+: .*)$", log, re.MULTILINE)
    if not found:
        found = re.search(r"^! (.*)$", log, re.MULTILINE)
        return f"{name}: {found[1]}" if found else ""
    message = found[1].replace("LaTeX Error: ", "").rstrip(".")
    if "Undefined control sequence" in message:
        context = re.search(r"^l\.\d+ (.*)$", log[found.end() :], re.MULTILINE)
        culprit = re.search(r"(\\(?:[A-Za-z@]+|.))\s*$", context[1]) if context else None
        message += f" {culprit[1]}" if culprit else ""
    return message


def _unresolved(log: str, name: str) -> str:
    """A reference or label that the last run left open, as one line; "" where there is none."""
    found = re.search(
        r"LaTeX Warning: (?:Hyper r|R)eference `([^']*)' on page \S+ undefined on input line (\d+)", log
    )
    if found:
        return f"{name}:{found[2]}: undefined reference `{found[1]}'"
    found = re.search(r"name\{([^}]*)\} has been referenced but does not exist", log)
    return f"{name}: undefined reference `{found[1]}'" if found else ""


# --- HTML and Markdown


def _svg(node: Node, document: Document) -> str:
    """The vector file for the screen, beside the PDF that the printed page uses."""
    target = node["c"][2][0]
    svg = str(Path(target).with_suffix(".svg"))
    if not (document.path.parent / svg).is_file():
        raise UserError(
            f"{document.path.name}: missing figure {svg}, needed beside {target} for HTML and Markdown"
        )
    return svg


def _for_html(node: Node, document: Document) -> list[Node] | None:
    if node["t"] == "Image":
        node["c"][2][0] = _svg(node, document)
    elif node["t"] == "Span" and "equation" in node["c"][0][1]:
        attributes = node["c"][0][2]
        number = dict(attributes)["number"]
        attributes.clear()
        node["c"][1].append(pandoc.span(text(number), kind="number"))
    return None


def _for_markdown(node: Node, document: Document, to_figures: Path) -> list[Node] | None:
    """Plain Markdown: no divs, spans or anchors, which GitHub would show as HTML or drop."""
    kind, content = node["t"], node.get("c")
    if kind == "Image":
        target = (to_figures / _svg(node, document)).as_posix()
        return [{"t": "Image", "c": [["", [], []], content[1], [target, ""]]}]
    if kind == "Figure":
        return [*content[2], *content[1][1]]
    if kind == "Table":
        caption, content[1][1] = content[1][1], []
        content[0] = ["", [], []]
        rows = [row for body in content[4] for row in body[3]]
        content[4] = [[["", [], []], 0, [], rows]]  # Markdown's own tables have one body
        return [*({"t": "Para", "c": block["c"]} for block in caption), node]
    if kind in {"Div", "Span"}:
        strong = kind == "Span" and "caption-number" in content[0][1]
        return [{"t": "Strong", "c": content[1]}] if strong else list(content[1])
    if kind == "SmallCaps" or (kind == "Link" and content[2][0].startswith("#")):
        return list(content if kind == "SmallCaps" else content[1])
    if kind == "Header":
        return [{"t": "Header", "c": [content[0] + 1, ["", [], []], content[2]]}]
    if kind == "Math":
        # links do not live inside GitHub's mathematics: their text stays
        content[1] = re.sub(
            r"\\hyper(?:link\{[^}]*\}|ref\[[^\]]*\])\{((?:[^{}]|\{[^{}]*\})*)\}", r"\1", content[1]
        )
        content[1] = re.sub(r"\\textsuperscript\{([^}]*)\}", r"$^{\1}$", content[1])
    return None


def _front_matter(meta: dict[str, Node], pagemark: str) -> list[Node]:
    """Title, authors, date, abstract and page mark as blocks; the title one level above the sections."""
    blocks: list[Node] = []
    if pagemark:
        blocks.append({"t": "BlockQuote", "c": [{"t": "Para", "c": [{"t": "Strong", "c": text(pagemark)}]}]})
    if "title" in meta:
        blocks.append({"t": "Header", "c": [0, ["", ["unnumbered"], []], meta["title"]["c"]]})
    for author in meta.get("author", {"c": []})["c"]:
        blocks.append({"t": "Para", "c": author["c"]})
    if "date" in meta:
        blocks.append({"t": "Para", "c": meta["date"]["c"]})
    if "abstract" in meta:
        blocks += [{"t": "Para", "c": [{"t": "Strong", "c": text("Abstract.")}]}, *meta["abstract"]["c"]]
    return blocks
