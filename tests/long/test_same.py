"""This report in two folders, locales, orders of hashes: the same bytes (minutes)."""

import shutil
from pathlib import Path

from tests.writeup.test_locale import FORMS, NARROW, PLAIN, build

ROOT = Path(__file__).resolve().parents[2]


def made(root: Path) -> dict[str, bytes]:
    return {form: (root / "report" / f"report{form}").read_bytes() for form in FORMS}


def test_the_report_is_the_same_wherever_it_is_built(tmp_path: Path) -> None:
    found = []
    for folder, locale, order in (("é 中", NARROW, "1"), ("e", PLAIN, "2")):
        root = tmp_path / order / folder
        for name in ("code", "templates", "report/results"):
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copyfile(ROOT / "build.py", root / "build.py")
        done = build(root, locale | {"PYTHONHASHSEED": order}, "report")
        assert done.returncode == 0, done.stderr
        found.append(made(root))
    for form in FORMS:
        assert found[0][form] == found[1][form], form
