"""`build.py diff REF`: what moved between the results that commit REF records and those recorded here."""

import tempfile
from pathlib import Path

from writeup.diff import comparing, marking, showing, versions
from writeup.diff.versions import Version
from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.request import Request


def differ(
    request: Request, ref: str, *, tolerance: float | None, every: bool, marked: bool, strict: bool
) -> None:
    """Print what differs and write it to report/diff.html. UserError if git or a record cannot be read.

    tolerance: share of a value by which it may differ; None: the spread over the seeds. every: print numbers
    within that too. marked: write report/diff.pdf. strict: raise UserError if something differs beyond it.
    """
    root = request.report.root
    stores = list(dict.fromkeys([*request.stores, request.report.results]))
    left_out = {part.name for part in request.report.parts} - {part.name for part in request.parts}
    if marked:
        marking.refuse()
    with tempfile.TemporaryDirectory() as folder:
        commit, there = versions.of_commit(request.report, ref, stores, Path(folder))
        old = versions.read(commit, Path(folder), there, lambda part: part not in left_out)
        new = versions.read("now", root, stores, lambda part: part not in left_out)
        found = difference(request, old, new, tolerance)
        for line in showing.lines(found, every=every):
            print(line)
        page = request.out / "diff.html"
        write_atomically(page, showing.page(found).encode())
        print(page.relative_to(root), flush=True)
        if marked:
            content, said = marking.marked(request, there, Path(folder))
            write_atomically(pdf := page.with_suffix(".pdf"), content)
            print(f"{pdf.relative_to(root)}{f' ({said})' if said else ''}")
    if strict and found.matters:
        raise UserError(f"since {commit}: {found.matters} moved")


def difference(request: Request, old: Version, new: Version, tolerance: float | None) -> showing.Difference:
    """All that differs between two versions."""
    spread = "the larger standard deviation over the seeds"
    return showing.Difference(
        old=old.name,
        new=new.name,
        rule=spread if tolerance is None else f"{tolerance:g} of the larger value",
        numbers=comparing.numbers(old.values, new.values, tolerance),
        verdicts=comparing.verdicts(request, old, new),
        pictures=comparing.pictures(request, old, new),
        causes=comparing.causes(old, new),
    )
