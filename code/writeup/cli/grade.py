"""Hold the finished PDF (or PDFs) against the rubric: points, pages, evidence."""

import contextlib
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from writeup.cli.verb import Parser
from writeup.request import Request

WRITES = True


def options(parser: Parser) -> None:
    add = parser.add_argument
    add("pdfs", type=Path, nargs="*", metavar="FILE", help="PDFs, whoever made them (default: the report)")
    add("--out", type=Path, metavar="DIR", help="a folder per paper and grades.csv in here")
    add("--records", type=Path, metavar="ZIP", help="the runs behind them: an archive of ours")
    add("--rubric", type=Path, metavar="FILE", help="by this rubric (default: rubric.toml of the templates)")
    add("--min", type=float, metavar="N", help="points that are enough (default: all)")


def run(request: Request, options: Namespace) -> None:
    from writeup.build import Build
    from writeup.grade import grading

    pdfs = options.pdfs
    limits = {"rules": options.rubric, "minimum": options.min, "out": options.out or request.out / "grade"}
    with contextlib.ExitStack() as stack:
        if options.records:
            request = stack.enter_context(_of_archive(request, options.records))
        each = bool(options.out) or len(pdfs) > 1
        grading.grade(Build(request), pdfs=pdfs, each=each, recorded=bool(options.records), **limits)


@contextlib.contextmanager
def _of_archive(asked: Request, path: Path) -> Iterator[Request]:
    """The request behind an archive: our templates, its runs; made in a folder of its own."""
    from writeup import apart
    from writeup.archive import checking
    from writeup.proofs.record import CACHES

    with tempfile.TemporaryDirectory(prefix="writeup-grade-") as name:
        folder = Path(name).resolve()
        laid, _ = apart.call(partial(checking.checked, path, folder), what=str(path))
        theirs = Request.of(asked.report, **{**laid.about.choices, "allow_stale": True})
        stores = tuple(laid.project / store.relative_to(asked.report.root) for store in theirs.stores)
        for cache in CACHES:  # the proofs are ours
            if (asked.out / cache).is_file():
                shutil.copy2(asked.out / cache, stores[0].parent)
        yield replace(theirs, stores=stores, out=stores[0].parent)
