"""A locale that knows ASCII alone changes nothing, in folders named otherwise."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from writeup.files import read_text

CODE = Path(__file__).resolve().parents[2] / "code"
PLAIN = {"LANG": "C.UTF-8"}
POSIX = {"LANG": "C", "LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"}
NARROW = POSIX | {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}  # Python by itself would take UTF-8
ENGINES = "embedded", *(["latexmk"] if shutil.which("latexmk") else [])
FORMS = ".pdf", ".tex", ".html", ".md"


def build(root: Path, locale: dict[str, str], *words: str) -> subprocess.CompletedProcess[bytes]:
    """A build where the names of the engine's and of other folders are none in ASCII; it uses no default
    encoding.
    """
    (temporary := root.parent / "ťmp").mkdir(exist_ok=True)
    if not (engine := root.parent / "ëngine").exists():
        engine.symlink_to(CODE)
    paths = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(engine),
        "TMPDIR": str(temporary),
        "HOME": os.environ.get("HOME", ""),
        "WRITEUP_CACHE": str(root.parent / "čache"),
        "OMP_NUM_THREADS": "1",
    }
    warned = "-X", "warn_default_encoding"
    command = [sys.executable, *warned, "build.py", *words]
    done = subprocess.run(command, cwd=root, env=paths | locale, capture_output=True, timeout=300)
    own = [line for line in done.stderr.splitlines() if b"EncodingWarning" in line and b"/code/" in line]
    assert own == []
    return done


@pytest.mark.long
def test_folder_locale_and_order_of_hashes_change_no_byte(toy: Path, tmp_path: Path) -> None:
    title = toy / "templates" / "assignment.toml"
    title.write_text(read_text(title).replace('author = "', 'author = "Zoë Ħ ٣ '), encoding="utf-8")
    found = []
    for folder, locale, order in (("é 中", NARROW, "1"), ("e", PLAIN, "2")):
        root = shutil.copytree(toy, tmp_path / order / folder)
        forms = {}
        for engine in ENGINES:
            done = build(root, locale | {"PYTHONHASHSEED": order}, "report", "--engine", engine)
            assert done.returncode == 0, done.stderr
            forms |= {(engine, form): (root / "report" / f"report{form}").read_bytes() for form in FORMS}
        found.append(forms)
        shutil.copytree(root / "report" / "results", toy / "report" / "results", dirs_exist_ok=True)
    assert "Zoë" in found[0]["embedded", ".md"].decode()
    for form, content in found[0].items():
        assert content == found[1][form], form


@pytest.mark.parametrize("locale", [POSIX, NARROW])
def test_a_message_names_such_a_file_in_one_line(locale: dict[str, str], toy: Path, tmp_path: Path) -> None:
    root = tmp_path / "é"
    shutil.copytree(toy, root)
    (root / "templates" / "assignment.toml").write_bytes("title = é".encode())
    done = build(root, locale, "report")
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert done.stderr.startswith(b"error: ") and b"assignment.toml: " in done.stderr
