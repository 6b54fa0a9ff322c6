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
from writeup.results import integrity
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
    data = made(build, declared, choices)
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
    root = build.request.report.root
    shown = target.relative_to(root) if target.is_relative_to(root) else target
    print(f"{shown}: {len(files)} files, {len(data) / 1e6:.1f} MB, sha256 {contents.digest(data)[:12]}")
    for note in notes(build):
        print(f"note: {note}", file=sys.stderr)


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


def notes(build: "Build") -> list[str]:
    """What whoever hands the archive in should know: changes not committed, stale results."""
    found = []
    if (commit := contents.commit(build.request.report.root)).endswith("+"):
        found.append(f"changes that are not committed are in it; it calls its version {commit}")
    if build.stale:
        found.append(f"stale results are in it, marked: {', '.join(sorted(build.stale))}")
    return found


def made(build: "Build", declared: str, choices: Mapping[str, Any]) -> bytes:
    """The archive: files of the project, what they are, and their checksums."""
    files = contents.gathered(build)
    texts = contents.titles(build)
    folders = [path.parent for path in _results(build, files)]
    known = {
        folder: result.provenance
        for folder, result in zip(folders, integrity.load_checked(folders, {}), strict=True)
    }
    date = contents.last_date([str(one.get("date", "")) for one in known.values()])
    files.setdefault(contents.CITATION, contents.citation(texts, date))
    versions = contents.versions()
    lines = (f"{name}=={version}\n" for name, version in versions.items() if name != "python")
    files[contents.VERSIONS] = "".join(lines).encode()
    root = build.request.report.root
    told = crate.Told(
        title=str(texts.get("title", root.name)),
        author=str(texts.get("author", "not given")),
        date=date,
        commit=contents.commit(root, *contents.read(build)),
        declared=declared,
        choices={name: choices[name] for name in crate.CHOICES},
        stale=sorted(build.stale),
        engine=contents.engine(),
        versions=versions,
        data={part.data.name: _data(part, build.request.shape.standins) for part in build.request.parts},
        runs={f"{folder.relative_to(root).as_posix()}/": _run(one) for folder, one in known.items()},
        made=[build.path(suffix).relative_to(root).as_posix() for suffix in build.forms],
    )
    files[crate.FILE] = crate.metadata(files, told)
    files[contents.SUMS] = contents.sums(files)
    return pack.packed(files)


def _results(build: "Build", files: dict[str, bytes]) -> list[Path]:
    from writeup.results import store

    return [build.request.report.root / name for name in sorted(files) if Path(name).name == store.FILE]


def _data(part: Part, standins: bool) -> dict[str, str]:
    identity = data_identity(part.data, standins)
    by = {"description": f"made by {part.data.standin}"} if part.data.generated(standins) else {}
    return {"sha256": identity["sha256"]} | by


def _run(known: Any) -> dict[str, Any]:
    """What the crate says of a recorded result."""
    told = {
        "identifier": known.get("fingerprint"),
        "dateCreated": str(known.get("date", ""))[:10],
        "version": known.get("commit"),
        "description": known.get("machine"),
    }
    return {name: str(value) for name, value in told.items() if value}
