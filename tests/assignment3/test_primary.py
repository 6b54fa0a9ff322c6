"""The primary claims are those that were fixed before any run was recorded, and no others."""

import subprocess
import tomllib

import pytest

from assignment3.report import PROBLEMS, REPORT
from writeup.build import Build
from writeup.request import Request

FILE = "code/assignment3/primary.toml"
FIXED = tomllib.loads((REPORT.root / FILE).read_text(encoding="utf-8"))
RUNS = [run for run in Build(Request.of(REPORT)).runs if run.current]


def test_the_claims_that_are_primary_are_those_that_were_fixed() -> None:
    declared = {
        claim.name: {"kind": claim.kind, "margin": claim.measure.margin}
        for claim in REPORT.claims
        if claim.primary
    }
    assert declared == {name: {"kind": one["kind"], "margin": one["margin"]} for name, one in FIXED.items()}


def test_each_problem_has_primary_claims_and_each_says_what_it_compares() -> None:
    assert {name.partition("/")[0] for name in FIXED} == {problem.PARTS[0].name for problem in PROBLEMS}
    for name, one in FIXED.items():
        assert set(one) == {"sides", "measure", "kind", "margin"}, name
        assert one["kind"] in ("difference", "equivalence", "non-inferiority") and one["margin"] > 0


def git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "-C", str(REPORT.root), *words], capture_output=True, text=True)


def test_every_run_that_a_primary_claim_compares_was_recorded_after_they_were_fixed() -> None:
    """The commit that a run names has the very same claims of its problem; a later problem may be new."""
    compared = {shown.name for claim in REPORT.claims if claim.primary for shown in claim.of}
    problem_of = {part.name: problem.PARTS[0].name for problem in PROBLEMS for part in problem.PARTS}
    for run in RUNS:
        if run.part.name in compared:
            commit = run.peek.provenance["commit"].rstrip("+")
            if git("cat-file", "-e", f"{commit}^{{commit}}").returncode:
                pytest.skip(f"no commit {commit} here")
            then = tomllib.loads(git("show", f"{commit}:{FILE}").stdout)
            assert of(problem_of[run.part.name], then) == of(problem_of[run.part.name], FIXED), run.name


def of(problem: str, claims: dict[str, object]) -> dict[str, object]:
    """The claims of a problem."""
    return {name: one for name, one in claims.items() if name.startswith(f"{problem}/")}
