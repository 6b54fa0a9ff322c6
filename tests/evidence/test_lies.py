"""The record counts the lies that there are, from what pytest reports."""

import pytest

from evidence import lies
from evidence.report import REPORT
from evidence.settings import Lies
from writeup.results import store
from writeup.runs.record import Trained

REPORTED = """<testsuites><testsuite>
<testcase name="one"/>
<testcase name="two"><failure message="not refused"/></testcase>
<testcase name="many"><properties><property name="planted" value="5"/><property name="refused" value="4"/>
</properties><failure/></testcase>
<testcase name="honest"><properties><property name="planted" value="0"/><property name="missed" value="3"/>
</properties></testcase>
<testcase name="left out"><skipped/></testcase>
</testsuite></testsuites>"""


def test_a_test_is_a_lie_unless_it_says_of_how_many() -> None:
    assert lies.counted(REPORTED) == {"planted": 8.0, "refused": 5.0, "missed": 3.0}


def test_of_changes_those_are_told_that_are_not_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lies, "_tested", lambda marker: REPORTED if marker == "identity" else "")
    found = lies.evaluate(Lies("identity"), None, Trained({}), seed=0)
    assert found.scalars == {"changed": 8.0, "unnoticed": 3.0}


@pytest.mark.parametrize(
    ("part", "least", "none"), [("lies", "planted", ""), ("identity", "changed", "unnoticed")]
)
def test_what_is_recorded_says_that_all_were_refused(part: str, least: str, none: str) -> None:
    folder = REPORT.results / part / "seed-0"
    if not folder.is_dir():
        pytest.skip("not recorded")
    recorded = store.load(folder).scalars
    assert recorded[least] >= {"lies": 100, "identity": 80}[part]
    assert not recorded[none] if none else recorded["refused"] == recorded["planted"]
