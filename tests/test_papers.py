"""The files around the project are what other programs take them for, and name only what there is."""

import json
import re
from pathlib import Path
from typing import Any

import check_jsonschema
import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from assignment3.report import REPORT
from writeup.starting import STARTER

ROOT = REPORT.root
SCHEMAS = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
WORKFLOW = ".github/workflows/report.yml"
PINNED = re.compile(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+")


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def problems(found: Any, schema: str) -> list[str]:
    known = json.loads((SCHEMAS / f"{schema}.json").read_text(encoding="utf-8"))
    return [error.message for error in Draft7Validator(known).iter_errors(found)]


@pytest.mark.parametrize("project", [ROOT, STARTER])
def test_the_workflow_is_one(project: Path) -> None:
    """What a code host runs: right by its schema, with pinned actions and verbs that the Makefile has."""
    found = read(project / WORKFLOW)
    assert problems(found, "github-workflows") == []
    assert problems({**found, "jobs": {"report": {"steps": []}}}, "github-workflows")  # it can say no
    (job,) = found["jobs"].values()
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert len(used) == 3 and all(map(PINNED.fullmatch, used)) and job["timeout-minutes"]
    verbs = [step["run"].removeprefix("make ") for step in job["steps"] if "run" in step]
    assert verbs == ["report", "test", "grade", "archive"]
    makefile = (project / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{verb}:", makefile, re.MULTILINE) for verb in verbs)


def test_the_citation_is_one() -> None:
    found = read(ROOT / "CITATION.cff")
    assert problems(found, "citation-file-format") == []
    assert problems({**found, "authors": []}, "citation-file-format")  # it can say no
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{found["version"]}"' in project and f'license = "{found["license"]}"' in project


def test_the_hooks_before_a_commit_are_pinned_and_ours_are_those_of_make_check() -> None:
    repositories = read(ROOT / ".pre-commit-config.yaml")["repos"]
    hooks = {hook["id"]: hook for one in repositories for hook in one["hooks"]}
    assert hooks.keys() == {"ruff-check", "ruff-format", "mypy", "check-added-large-files"}
    assert all(one["repo"] == "local" or re.fullmatch(r"v\d+\.\d+\.\d+", one["rev"]) for one in repositories)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in ("ruff-check", "ruff-format", "mypy"):
        words = hooks[name]["entry"].replace(".venv/bin/python", "$(PY)").replace(" --force-exclude", "")
        assert words in makefile


def test_the_largest_file_that_a_hook_lets_through_is_larger_than_the_report() -> None:
    repositories = read(ROOT / ".pre-commit-config.yaml")["repos"]
    (limit,) = re.findall(r"--maxkb=(\d+)", str(repositories))
    assert (ROOT / "report" / "report.pdf").stat().st_size < 1024 * int(limit) < 10 * 1024 * 1024


def test_contributing_has_commands_that_there_are() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    verbs = re.findall(r"^    make ([\w-]+)", text, re.MULTILINE)
    assert len(verbs) > 3 and all(re.search(rf"^{verb}:", makefile, re.MULTILINE) for verb in verbs)
