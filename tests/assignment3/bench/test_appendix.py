"""What the appendix on performance says of recorded timings."""

import dataclasses
from collections.abc import Mapping

import pytest

from assignment3.bench import quality
from assignment3.page.tables import performance
from assignment3.report import REPORT
from writeup.bench import growth
from writeup.page import context, templating
from writeup.page.claims import statements
from writeup.page.context import Recorded
from writeup.results import values
from writeup.results.store import Result

PARTS = "text_cnn", "siamese", "cvae", "gan"


def made_up() -> tuple[Result, Result]:
    """Records of quality and growth."""
    match = quality.Match(
        "cvae",
        "-ELBO",
        "nats",
        -1,
        2,
        lambda seed: (100.0 + seed, 8.0),
        lambda seed, precision: (101.5 + seed + (0.01 if precision == "bf16" else -0.1) * seed**2, 2.0),
        "bf16",
    )
    equal = quality.compare([match], 5, lambda line: None)
    grown = growth.ratios([("seeds", 1, 2.0), ("seeds", 2, 3.5)])
    grown |= growth.report_ratios([(25, 250, 4.0), (200, 2000, 30.0)])
    print_ = {"fingerprint": "f"}
    return (
        Result("quality", 0, equal.scalars, equal.tables, provenance=print_),
        Result("growth", 0, grown, provenance=print_),
    )


def section(bench: Result, scalars: Mapping[str, float]) -> str:
    """The appendix "Performance" with other numbers in place of `scalars`."""
    run = dataclasses.replace(bench, scalars={**bench.scalars, **scalars})
    (run,) = values.with_worst([run], "bench", ["ratio"])
    results = {result.part: [result] for result in (run, *made_up())}
    v = values.of(r for (r,) in results.values())
    recorded = Recorded(results, v)
    names = {
        "results": results,
        "timings": sorted(results),
        "headline": performance.HEADLINE,
        "claims": statements(
            [claim for claim in REPORT.claims if claim.group in ("quality", "precision")],
            lambda claim: recorded,
        ),
        "rows": context.rows,
        "stale": {"growth"},
        "v": v,
        "config": {part.name: part.config for part in REPORT.parts},
        "tables": {
            "performance": performance.performance(recorded),
            "performance_machines": performance.performance_machines(recorded),
            "performance_peak": performance.performance_peak(recorded),
            "quality": performance.quality(recorded),
        },
        "booktabs": templating.booktabs,
        "alts": {figure.name: "What it shows." for figure in REPORT.figures},
        "shown": {one.name: list(context.shown(one, results)) for one in (*REPORT.figures, *REPORT.tables)},
    }
    sections = ("sections/performance.tex.j2", "sections/performance_more.tex.j2")
    return "".join(templating.render(REPORT.root / "templates", name, names) for name in sections)


def test_the_tables_have_a_row_per_part(recorded: Result) -> None:
    v = values.collect([("bench", "f", recorded.scalars)])
    for make in (performance.performance, performance.performance_peak):
        table = make(Recorded({"bench": [recorded]}, v))
        assert len(table.rows) == 4
        assert all(len(row) == len(table.head) == len(table.align) for row in table.rows)


def test_machines_stand_side_by_side_and_it_says_for_which_the_headline_holds(recorded: Result) -> None:
    def on(machine: str, date: str, print_: str, gan: float) -> Result:
        ratios = {f"{part}/ratio": 5.0 for part in PARTS} | {"gan/ratio": gan}
        known = {"machine": machine, "date": date, "fingerprint": print_, "processor": machine}
        return dataclasses.replace(recorded, scalars={**recorded.scalars, **ratios}, provenance=known)

    last, other = on("new", "2026-02-01 10:00 UTC", "f", 2.0), on("old", "2026-01-01 10:00 UTC", "e", 1.9)
    found = values.with_worst([last, other], "bench", ["ratio"])
    v = values.of(found)
    assert v["bench/gan/ratio"].mean == 2.0 and v["bench/gan/ratio"].runs == 1
    assert v["bench/gan/ratio_worst"].mean == 1.9
    rows = performance.performance_machines(Recorded({"bench": found}, v)).rows
    assert [[str(row[i]) for i in (0, 1, 5, -1)] for row in rows] == [
        ["new", "2026-02-01", "2.00", "yes"],
        ["old", "2026-01-01*", "1.90", "no"],
    ]


def test_the_recorded_ratios_are_printed(recorded: Result) -> None:
    text = section(recorded, {f"{part}/ratio": 90 + i + 0.25 for i, part in enumerate(PARTS)})
    assert all(rf"\textbf{{{90 + i}.25}}" in text for i in range(4))


def test_it_says_who_is_better_after_equal_epochs_and_how_cost_grows(recorded: Result) -> None:
    text = " ".join(section(recorded, {}).split())
    sentence = r"the CVAE's $-\mathrm{ELBO}$ is 1.56 nats lower after the plain loop than after our training"
    assert sentence[1:] in text and "(5 runs a side, adjusted $p" in text
    assert r"$102.00 \pm 1.58$ & $102.90 \pm 0.97$ & $103.56 \pm 1.64$ \\" in text
    assert "between our training in bf16 and our training in fp32" in text
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
