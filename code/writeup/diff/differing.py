"""`build.py diff REF`: what moved between the results that commit REF records and those recorded here."""

import tempfile
from pathlib import Path

from writeup.diff import comparing, marking, showing, versions
from writeup.diff.versions import Version
from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.request import Request


def differ(request: Request, ref: str) -> None:
    """Say it on the terminal and in report/diff.html. UserError where git or a record cannot be read, and,
    where --exit-code asks for it, where something differs.
    """
    root = request.report.root
    stores = list(dict.fromkeys([*request.stores, request.report.results]))
    left_out = {part.name for part in request.report.parts} - {part.name for part in request.parts}
    if request.marked:
        marking.refuse()
    with tempfile.TemporaryDirectory() as folder:
        commit, there = versions.of_commit(request.report, ref, stores, Path(folder))
        old = versions.read(commit, Path(folder), there, lambda part: part not in left_out)
        new = versions.read("now", root, stores, lambda part: part not in left_out)
        found = difference(request, old, new)
        for line in showing.lines(found, every=request.verbose):
            print(line)
        page = request.out / "diff.html"
        write_atomically(page, showing.page(found).encode())
        print(page.relative_to(root), flush=True)
        if request.marked:
            content, said = marking.marked(request, there, Path(folder))
            write_atomically(pdf := page.with_suffix(".pdf"), content)
            print(f"{pdf.relative_to(root)}{f' ({said})' if said else ''}")
    if request.exit_code and found.matters:
        raise UserError(f"since {commit}: {found.matters} moved")


def difference(request: Request, old: Version, new: Version) -> showing.Difference:
    """All that differs between two versions."""
    spread = "the larger standard deviation over the seeds"
    return showing.Difference(
        old=old.name,
        new=new.name,
        rule=spread if request.tolerance is None else f"{request.tolerance:g} of the larger value",
        numbers=comparing.numbers(old.values, new.values, request.tolerance),
        verdicts=comparing.verdicts(request, old, new),
        pictures=comparing.pictures(request, old, new),
        causes=comparing.causes(old, new),
    )
