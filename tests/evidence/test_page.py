"""What the page of the evidence says of records, and that each measurement can be recorded."""

import dataclasses
from collections.abc import Mapping

import pytest

from evidence import growth, page
from evidence.report import PARTS, REPORT
from writeup.build import Build
from writeup.declare import Part, resolve
from writeup.page.context import Recorded
from writeup.page.source import formats, templating
from writeup.request import Request
from writeup.results import values
from writeup.results.store import Result
from writeup.runs.plan import entries

MADE = {"commit": "c0ffee123456", "date": "2026-01-01 10:00 UTC"}


def grown() -> Result:
    """A record of growth."""
    numbers = growth.ratios([("seeds", 1, 2.0), ("seeds", 2, 3.5)])
    numbers |= growth.report_ratios([(25, 250, 4.0), (200, 2000, 30.0)])
    return Result("growth", 0, numbers, provenance={"fingerprint": "f", "machine": "m", "evaluated": MADE})


def said(bench: Result, scalars: Mapping[str, float]) -> str:
    """The page with other numbers in place of `scalars`, of two records; that of growth is stale."""
    run = dataclasses.replace(bench, scalars={**bench.scalars, **scalars})
    found = {one.part: Recorded({one.part: [one]}, values.of([one])) for one in (run, grown())}
    names = {
        "pagemark": "",
        "preamble": "",
        "meta": {"title": "T", "author": "A"},
        "parts": list(found),
        "stale": {"growth"},
        "alts": {"growth_cost": "words"},
        "v": values.of([run, grown()]),
        "tables": {
            one.name: resolve(one.make)(found["bench"]) for one in REPORT.tables if one.of[0].name == "bench"
        },
        "booktabs": formats.booktabs,
        **{
            one.name: resolve(one.make)(found[one.of[0].name])
            for one in REPORT.notes
            if one.of[0].name in found
        },
    }
    return " ".join(templating.render(REPORT.source, REPORT.template, names).split())


def test_the_tables_have_a_row_per_part(recorded: Result) -> None:
    v = values.collect([("bench", "f", recorded.scalars)])
    for make in (page.performance, page.peak):
        table = make(Recorded({"bench": [recorded]}, v))
        assert len(table.rows) == 4
        assert all(len(row) == len(table.head) == len(table.align) for row in table.rows)


def test_machines_stand_side_by_side_with_their_commits(recorded: Result) -> None:
    here = recorded.tables["machines"]
    both = {name: [column[0], column[0]] for name, column in here.items()}
    both |= {"machine": ["new", "old"], "commit": ["aaa", "bbb"], "gan": [2.0, 1.9]}
    one = dataclasses.replace(recorded, tables={**recorded.tables, "machines": both})
    table = page.machines(Recorded({"bench": [one]}, values.of([one])))
    assert [str(head) for head in table.head][-2:] == ["gan", "peak"]
    assert [[str(row[i]) for i in (0, 2, 6)] for row in table.rows] == [
        ["new", r"\texttt{aaa}", "2.00"],
        ["old", r"\texttt{bbb}", "1.90"],
    ]


def test_what_was_recorded_is_printed_with_its_commit_and_the_rest_is_named(recorded: Result) -> None:
    text = said(
        recorded,
        {
            f"{part}/ratio": 90 + (3 * i + 2) % 4 + 0.25
            for i, part in enumerate(recorded.tables["parts"]["part"])
        },
    )
    assert all(rf"\textbf{{{90 + i}.25}}" in text for i in range(4))
    assert "Our training is 90.2 to 93.2 times as fast" in text
    assert "Not recorded: claims, faults, lies, identity, forgeries, archives, grade." in text
    assert text.count(r"[commit \texttt{c0ffee123456}, 2026-01-01, ") == 4  # three tables and a figure
    assert "cost at most 1.75 times the time" in text
    assert "7.5 times as long as one that is 8 times smaller" in text
    assert text.count(r"\textbf{Stale.}") == 1


def test_forgeries_and_archives_are_told_as_counted() -> None:
    known = {"fingerprint": "f", "machine": "m", "evaluated": MADE}
    numbers = {"part": ["a_b"] * 2, "number": ["x"] * 2, "here": [1e-16] * 2, "elsewhere": [0.25, 9.0]}
    counts = {"runs": 2, "planted": 41, "found": 40, "honest": 4, "honest/as_recorded": 3}
    forged = Result("forgeries", 0, counts, {"numbers": numbers}, provenance=known)
    tried = Result("archives", 0, {"tried": 107, "stood": 106}, provenance=known)
    found = {one.part: Recorded({one.part: [one]}, values.of([one])) for one in (forged, tried)}
    names = {
        "pagemark": "",
        "preamble": "",
        "meta": {"title": "T", "author": "A"},
        "booktabs": formats.booktabs,
    }
    names |= {"parts": list(found), "stale": set(), "v": values.of([forged, tried])}
    names |= {"tables": {"forged": page.forged(found["forgeries"])}}
    names |= {f"measured_{name}": page.measured(one) for name, one in found.items()}
    text = " ".join(templating.render(REPORT.source, REPORT.template, names).split())
    assert "(2 runs). Of 41 forgeries 40 were found; of 4 honest records 3 were called as recorded." in text
    assert r"a b & \texttt{x} & 0.25" in text and "9" not in text.partition(r"\label{tab:forged}")[2][:300]
    assert "Of 107 archives" in text and "106 got one line" in text


@pytest.mark.parametrize(
    ("products", "reach", "adam", "words"),
    [
        (80, 90, 5, r"matrix products, which take 80\,\% of the time at 90\,\% of the peak."),
        (80, 20, 5, r"too small or too narrow for more than 20\,\% of the peak."),
        (30, 90, 50, r"so memory: it takes 50\,\% of the time, the products 30\,\%."),
        (30, 90, 20, r"but 50\,\% of element-wise passes"),
    ],
)
def test_what_takes_the_time_follows_from_the_numbers(
    recorded: Result, products: float, reach: float, adam: float, words: str
) -> None:
    numbers = {"products_percent": products, "products_peak_share": reach, "adam_percent": adam}
    text = said(recorded, {f"gan/{name}": number for name, number in numbers.items()})
    assert words in text.partition(r"\item gan:")[2]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_measurement_can_be_recorded(part: Part) -> None:
    """What it measures can be followed; a record without identity would never be stale."""
    code = Build(Request.of(REPORT)).code
    for standin in (False, True):
        assert all(code.closure(*stage).digest for stage in entries(part, standin))
