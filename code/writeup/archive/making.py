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
