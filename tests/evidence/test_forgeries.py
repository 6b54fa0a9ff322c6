"""Forged records of the toy beside its recomputations: each kind is found, and what is honest is not."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from evidence import forgeries
from evidence.settings import Forgeries
from writeup import steps
from writeup.build import Build
from writeup.errors import UserError
from writeup.results.tables import rows
from writeup.runs.record import Trained
from writeup.verify import judging, recomputing


@pytest.fixture
def homework(build_of: Callable[..., Build], monkeypatch: pytest.MonkeyPatch) -> Build:
    """The toy with five seeds in the place of the homework, two of its runs computed again."""
    words = "report", "--jobs", "0", "--seeds", "5"
    steps.train(build_of(*words))
    build = build_of(*words)
    report = build.request.report
    into = report.root / "again"
    recomputing.verify(build, ["study/1", "judge"], 1, keep=False, into=into)
    monkeypatch.setattr(
        forgeries, "report", lambda: SimpleNamespace(root=report.root, results=report.results)
    )
    return build


def test_each_forgery_is_found_and_no_honest_record(homework: Build) -> None:
    found = forgeries.evaluate(Forgeries(folder="again"), None, Trained({}), seed=0)
    table = rows(found.tables["forgeries"])
    kinds = {(row["where"], row["forgery"]) for row in table if row["part"] == "study"}
    assert {name for where, name in kinds if where == "here"} == forgeries.HERE.keys() - {"a table"}
    assert {name for where, name in kinds if where == "elsewhere"} == forgeries.THERE.keys()
    assert found.scalars["planted"] == found.scalars["found"] == len(table) > 20
    assert found.scalars["honest"] == found.scalars["honest/as_recorded"] == 4
    numbers = {(row["part"], row["number"]): row for row in rows(found.tables["numbers"])}
    assert 0 < numbers["study", "error"]["here"] < 1e-12 < numbers["study", "error"]["elsewhere"]
    assert numbers["judge", "norm"]["elsewhere"] == -1


def test_a_forgery_that_is_not_found_is_counted(homework: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "_whose_logs", lambda *_: "")
    found = forgeries.evaluate(Forgeries(folder="again"), None, Trained({}), seed=0)
    missed = [row["forgery"] for row in rows(found.tables["forgeries"]) if row["found"] == "not found"]
    assert found.scalars["planted"] - found.scalars["found"] == len(missed) > 0


def test_without_recomputations_it_says_how_to_make_them(homework: Build) -> None:
    with pytest.raises(UserError, match=r"python build\.py verify PART/SEED --into it"):
        forgeries.evaluate(Forgeries(folder="nothing"), None, Trained({}), seed=0)
