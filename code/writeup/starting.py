"""`writeup init FOLDER`: a small complete report to start from, in a new or empty folder.

It carries the engine's wheel, so that it builds wherever pip finds the libraries; a line of its Makefile says
where the engine comes from.
"""

import base64
import contextlib
import hashlib
import io
import shutil
import zipfile
from importlib import metadata
from pathlib import Path

from writeup.errors import UserError
from writeup.files import beside

ENGINE = "writeup"  # the distribution and its package
STARTER = beside(__file__, "starter")
LAID_DOWN = "*", ".github/workflows/*", "code/study/*.py", "templates/*", "tests/*.py"
UNKNOWN = "WRITEUP ?= writeup"  # the Makefile's line that says what pip installs as the engine
WHEEL = "Wheel-Version: 1.0\nGenerator: writeup\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def init(folder: Path) -> list[str]:
    """Lay down the starter in `folder` and return the names of its files. UserError where something is there.

    What cannot be finished is taken away again.
    """
    files = sorted(path for pattern in LAID_DOWN for path in STARTER.glob(pattern) if path.is_file())
    contents = {str(path.relative_to(STARTER)): path.read_bytes() for path in files}
    name, content = wheel()
    contents[f"wheels/{name}"] = content
    contents["Makefile"] = contents["Makefile"].replace(
        UNKNOWN.encode(), f"WRITEUP ?= wheels/{name}".encode()
    )
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise UserError(f"{folder}: not empty; name a new folder or an empty one")
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for name, content in contents.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
        except OSError:
            _empty(folder)
            raise
    except OSError as error:
        raise UserError(f"{error.filename or folder}: {error.strerror or error}") from None
    return list(contents)


def _empty(folder: Path) -> None:
    for path in list(folder.iterdir()):
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def wheel() -> tuple[str, bytes]:
    """Name and content of the engine's wheel, rebuilt from what is installed. The same files, the same bytes.

    Its files are those that the installation's RECORD lists; of an editable installation, whose RECORD lists
    none of them, those of the package's folder. UserError where the engine is not installed.
    """
    # Beside its sources setuptools leaves an egg-info, which names the engine and is no installation.
    found = (one for one in metadata.distributions(name=ENGINE) if one.read_text("METADATA"))
    installed = next(found, None)
    if installed is None:
        raise UserError(
            "the engine is not installed for this Python: install it with pip, then say init again"
        )
    folder = Path(__file__).parent
    listed = [str(path) for path in installed.files or () if path.parts[0] == ENGINE]
    names = [name.partition("/")[2] for name in listed] or [
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    ]
    contents = {f"{ENGINE}/{name}": (folder / name).read_bytes() for name in names if _belongs(name)}
    stem = f"{ENGINE}-{installed.version}"
    about = f"{stem}.dist-info"
    contents |= {f"{about}/{name}": text.encode() for name, text in _metadata(installed).items()}
    lines = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in sorted(contents.items())]
    contents[f"{about}/RECORD"] = "".join(f"{line}\n" for line in [*lines, f"{about}/RECORD,,"]).encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name)  # dated 1980
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return f"{stem}-py3-none-any.whl", made.getvalue()


def _belongs(name: str) -> bool:
    """Whether a file is the package's own, and no cache of a tool."""
    hidden = any(part.startswith(".") and part not in (".github", ".gitignore") for part in name.split("/"))
    return not (hidden or "__pycache__" in name)


def _metadata(installed: metadata.Distribution) -> dict[str, str]:
    """The files of the wheel's dist-info, but for its RECORD."""
    found = {name: installed.read_text(name) for name in ("METADATA", "entry_points.txt", "licenses/LICENSE")}
    return {name: text for name, text in found.items() if text} | {"WHEEL": WHEEL}


def _digest(content: bytes) -> str:
    """As a RECORD has it (PEP 376)."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
