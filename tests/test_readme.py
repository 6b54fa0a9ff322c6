"""What the README shows must run."""

import re

from assignment3.report import REPORT
from writeup.cli import VERBS, parse

ROOT = REPORT.root
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_derivation_of_the_readme_is_proved() -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}
    exec(snippet, names)
    assert [step.method for step in names["checked"].steps] == ["symbolic", "symbolic"]  # type: ignore[attr-defined]


def test_the_command_lines_of_the_readme_are_understood() -> None:
    lines = re.findall(r"^    python build\.py (.*)$", README, re.MULTILINE)
    assert lines
    for line in lines:
        assert parse(REPORT, [word.strip("'") for word in line.partition("#")[0].split()], {}).verb in VERBS


def test_the_makefile_has_the_verbs_that_the_readme_names() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for verb in (
        "report",
        "watch",
        "diff",
        "train",
        "data",
        "values",
        "test",
        "bench",
        "growth",
        "check",
        "browse",
        "clean",
    ):
        assert re.search(rf"^{verb}:.*## ", makefile, re.MULTILINE) and verb in README
