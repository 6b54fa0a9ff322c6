"""The record counts the lies that there are, from what pytest reports."""

import pytest
from tests.lies.planted import PLANTED

from evidence import lies
from evidence.report import REPORT
from writeup.results import store

REPORTED = """<testsuites><testsuite>
<testcase name="one"/>
<testcase name="two"><failure message="not refused"/></testcase>
<testcase name="many"><properties><property name="planted" value="5"/><property name="refused" value="4"/>
</properties><failure/></testcase>
<testcase name="honest"><properties><property name="planted" value="0"/></properties></testcase>
<testcase name="left out"><skipped/></testcase>
</testsuite></testsuites>"""


def test_a_test_is_a_lie_unless_it_says_of_how_many() -> None:
    assert lies.counted(REPORTED) == {"planted": 8.0, "refused": 5.0}


def test_the_record_is_of_todays_lies() -> None:
    folder = REPORT.results / "lies" / "seed-0"
    if not folder.is_dir():
        pytest.skip("the lies are not recorded")
    recorded = store.load(folder).scalars
    assert recorded == {"planted": PLANTED, "refused": PLANTED}
