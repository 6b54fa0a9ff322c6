"""What the appendix on performance says of recorded timings."""

import dataclasses
from collections.abc import Mapping

import pytest

from assignment3.report import REPORT
from evidence import growth, page
from writeup.page.context import Recorded
from writeup.page.source import assembly, formats, templating
from writeup.results import values
from writeup.results.store import Result

PARTS = "text_cnn", "siamese", "cvae", "gan"


def grown() -> Result:
    """A record of growth."""
    numbers = growth.ratios([("seeds", 1, 2.0), ("seeds", 2, 3.5)])
    numbers |= growth.report_ratios([(25, 250, 4.0), (200, 2000, 30.0)])
    return Result("growth", 0, numbers, provenance={"fingerprint": "f"})


def section(bench: Result, scalars: Mapping[str, float]) -> str:
    """The appendix "Performance" with other numbers in place of `scalars`."""
    run = dataclasses.replace(bench, scalars={**bench.scalars, **scalars})
    results = {result.part: [result] for result in (run, grown())}
    recorded = Recorded(results, values.of(r for (r,) in results.values()))
    names = {
        "results": results,
        "timings": sorted(results),
        "stale": {"growth"},
        "v": recorded.v,
        "tables": {
            "performance": page.performance(recorded),
            "performance_machines": page.performance_machines(recorded),
            "performance_peak": page.performance_peak(recorded),
        },
        "booktabs": formats.booktabs,
        "shown": {one.name: list(assembly.shown(one, results)) for one in REPORT.tables},
    }
    sections = ("sections/performance.tex.j2", "sections/performance_more.tex.j2")
    return "".join(templating.render(REPORT.root / "templates", name, names) for name in sections)


def test_the_tables_have_a_row_per_part(recorded: Result) -> None:
    v = values.collect([("bench", "f", recorded.scalars)])
    for make in (page.performance, page.performance_peak):
        table = make(Recorded({"bench": [recorded]}, v))
        assert len(table.rows) == 4
        assert all(len(row) == len(table.head) == len(table.align) for row in table.rows)


def test_machines_stand_side_by_side(recorded: Result) -> None:
    def on(machine: str, date: str, print_: str, gan: float) -> Result:
        ratios = {f"{part}/ratio": 5.0 for part in PARTS} | {"gan/ratio": gan}
        known = {"machine": machine, "date": date, "fingerprint": print_, "processor": machine}
        return dataclasses.replace(recorded, scalars={**recorded.scalars, **ratios}, provenance=known)

    found = [on("new", "2026-02-01 10:00 UTC", "f", 2.0), on("old", "2026-01-01 10:00 UTC", "e", 1.9)]
    table = page.performance_machines(Recorded({"bench": found}, values.of(found)))
    assert [str(head) for head in table.head][-2:] == ["DC-GAN", "peak"]
    assert [[str(row[i]) for i in (0, 1, 5)] for row in table.rows] == [
        ["new", "2026-02-01", "2.00"],
        ["old", "2026-01-01*", "1.90"],
    ]


def test_the_recorded_ratios_are_printed(recorded: Result) -> None:
    text = section(recorded, {f"{part}/ratio": 90 + (3 * i + 2) % 4 + 0.25 for i, part in enumerate(PARTS)})
    assert all(rf"\textbf{{{90 + i}.25}}" in text for i in range(4))
    assert "Our training is 90.2 to 93.2 times as fast" in text


def test_it_says_how_cost_grows(recorded: Result) -> None:
    text = " ".join(section(recorded, {}).split())
    assert "cost at most 1.75 times the time" in text
    assert "7.5 times as long as one that is 8 times smaller" in text
    assert text.count(r"\textbf{Stale.}") == 1


@pytest.mark.parametrize(
    ("products", "reach", "adam", "said"),
    [
        (80, 90, 5, r"matrix products, which take 80\,\% of the time at 90\,\% of the peak."),
        (80, 20, 5, r"too small or too narrow for more than 20\,\% of the peak."),
        (30, 90, 50, r"so memory: it takes 50\,\% of the time, the products 30\,\%."),
        (30, 90, 20, r"but 50\,\% of element-wise passes"),
    ],
)
def test_what_binds_follows_from_the_numbers(
    recorded: Result, products: float, reach: float, adam: float, said: str
) -> None:
    numbers = {"products_percent": products, "products_peak_share": reach, "adam_percent": adam}
    text = section(recorded, {f"gan/{name}": number for name, number in numbers.items()})
    assert said in text.partition(r"\item The DC-{}GAN")[2]
