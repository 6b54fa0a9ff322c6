"""The verb `archive`: one file to hand in or deposit, with a report and all that it is made of."""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from writeup.archive import again, checking, contents, crate, pack
from writeup.declare import Part
from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.page.source import title
from writeup.results import integrity, store
from writeup.runs.plan import data_identity

if TYPE_CHECKING:
    from writeup.build import Build


def archive(
    build: "Build", file: Path | None, declared: str, choices: Mapping[str, Any], *, quick: bool
) -> None:
    """Write the archive of a report that was just rendered to `file`, and print what it holds.

    declared, choices: where the report is, and how the same one is made elsewhere, see `crate.CHOICES`.
    quick: without rendering what was packed, in an empty folder, before it counts as done.
    """
    target = file.absolute() if file else build.path(".zip")
    if target.is_dir():
        raise UserError(f"{target}: a folder; name a file, for example {target.name}/report.zip")
    root = build.request.report.root
    commit = contents.commit(root, *contents.read(build))
    data = _made(build, commit, declared, choices)
    files = pack.opened(data, target)  # as whoever gets it will: a name may be none elsewhere
    if not quick:
        with tempfile.TemporaryDirectory() as name:
            packed = Path(name) / target.name
            packed.write_bytes(data)
            laid, _ = checking.checked(packed, Path(name).resolve() / "laid")
            again.render(laid)
    how = "was not rendered again (--quick)" if quick else "was rendered again in an empty folder"
    print(f"what was packed {how}")
    write_atomically(target, data)
    shown = target.relative_to(root) if target.is_relative_to(root) else target
    print(f"{shown}: {len(files)} files, {len(data) / 1e6:.1f} MB, sha256 {contents.digest(data)[:12]}")
    if commit.endswith("+"):
        changed = f"changes that are not committed are in it; it calls its version {commit}"
        print(f"note: {changed}", file=sys.stderr)
    if build.stale:
        stale = ", ".join(sorted(build.stale))
        print(f"note: stale results are in it, marked: {stale}", file=sys.stderr)


def refuse(build: "Build") -> None:
    """Raise UserError for a missing or stale result, which the code would not give, and for a link."""
    contents.project(build.request.report.root)
    if build.pending:
        first, count = build.pending[0], len(build.pending)
        others = f" and {count - 1} more" if count > 1 else ""
        marked = "; --allow-stale archives it with a mark" if all(run.exists for run in build.pending) else ""
        raise UserError(
            f"{first.name}{others} cannot be archived: {first.why()[0]}; make report computes it{marked}"
        )


def _made(build: "Build", commit: str, declared: str, choices: Mapping[str, Any]) -> bytes:
    """The archive: files of the project, what they are, and their checksums."""
    files, root = contents.gathered(build), build.request.report.root
    folders = [(root / name).parent for name in sorted(files) if Path(name).name == store.FILE]
    known = [result.provenance for result in integrity.load_checked(folders, {})]
    # the day of the last result, and no other date: an archive is the same whenever it is made
    date = max((str(one.get("date", ""))[:10] for one in known), default="1980-01-01")
    texts = title.read(build.request.report.source)
    names = str(texts.get("title", root.name)), str(texts.get("author", "not given"))
    files.setdefault(contents.CITATION, contents.citation(*names, date))
    versions = contents.versions()
    lines = (f"{name}=={version}\n" for name, version in versions.items() if name != "python")
    files[contents.VERSIONS] = "".join(lines).encode()
    chosen = {name: choices[name] for name in crate.CHOICES}
    files[crate.FILE] = crate.metadata(
        files,
        crate.About(commit, contents.engine(), versions, declared, chosen),
        title=names[0],
        author=names[1],
        date=date,
        stale=sorted(build.stale),
        data={part.data.name: _data(part, build.request.shape.standins) for part in build.request.parts},
        runs={
            f"{folder.relative_to(root).as_posix()}/": _run(one)
            for folder, one in zip(folders, known, strict=True)
        },
        made=[build.path(suffix).relative_to(root).as_posix() for suffix in build.forms],
    )
    files[contents.SUMS] = contents.sums(files)
    return pack.packed(files)


def _data(part: Part, standins: bool) -> dict[str, str]:
    identity = data_identity(part.data, standins)
    by = {"description": f"made by {part.data.standin}"} if part.data.generated(standins) else {}
    return {"sha256": identity["sha256"]} | by


def _run(known: Any) -> dict[str, str]:
    """What the crate says of a recorded result."""
    names = {"identifier": "fingerprint", "version": "commit", "description": "machine"}
    told = {name: str(known[of]) for name, of in names.items() if known.get(of)}
    return told | {"dateCreated": str(known.get("date", ""))[:10]}
