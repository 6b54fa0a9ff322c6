"""Does the cost grow in proportion? Training with ever more epochs and seeds, reports of ever more figures
and numbers, each timed: `make growth`. Training is that of the smoke preset, on generated data.
"""

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from assignment3 import config as configuration
from writeup.cli import CODE, ROOT, shared_result
from writeup.errors import UserError
from writeup.page import figures, templating, typeset
from writeup.results import store as results
from writeup.results import values
from writeup.results.store import Result
from writeup.runs import plan as runs

FACTORS = 1, 2, 4
REPEATS = 3  # of which the fastest counts: what other programs take can only be added
LENGTHS = {"text_cnn": "epochs", "siamese": "epochs", "cvae": "epochs", "gan": "iterations"}
SIZES = (25, 250), (50, 500), (100, 1000), (200, 2000)  # figures and numbers of a report
TEMPLATE = r"""\documentclass[11pt]{article}
\newcommand{\pagemark}{}
<< preamble >>
\begin{document}
<% for name, numbers in figures %>
\begin{figure}[htbp]
\includegraphics[width=0.5\linewidth]{figures/<< name >>.pdf}
\caption{<% for number in numbers %><< number | spread >>; <% endfor %>}
\end{figure}
<% if loop.index is divisibleby 10 %>\clearpage<% endif %>

<% endfor %>
\end{document}
"""


def measure(say: Callable[[str], None]) -> Result:
    """Seconds by epochs and by seeds, and of reports by size; the greatest ratio of two times the work."""
    training: list[tuple[str, int, float]] = []
    for part, field in LENGTHS.items():
        say(f"{part}: {field}")
        training += [(part, factor, of_epochs(part, field, factor)) for factor in FACTORS]
    say("seeds")
    training += [("seeds", factor, of_seeds(factor)) for factor in FACTORS]
    reports = []
    for count, numbers in SIZES:
        say(f"a report of {count} figures and {numbers} numbers")
        reports.append((count, numbers, of_report(count, numbers)))
    tables = {
        "training": _columns(("work", "factor", "seconds"), training),
        "reports": _columns(("figures", "numbers", "seconds"), reports),
    }
    return Result("growth", 0, ratios(training) | report_ratios(reports), tables)


def _columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def ratios(rows: list[tuple[str, int, float]]) -> dict[str, float]:
    """By work and over all: the greatest ratio of the times of neighbours, each twice the last one's work."""
    found: dict[str, float] = {}
    for (work, _, before), (following, _, after) in pairwise(rows):
        if work == following:
            found[f"{work}/doubled"] = max(found.get(f"{work}/doubled", 0.0), after / before)
    return found | {"doubled": max(found.values())}


def report_ratios(rows: list[tuple[int, int, float]]) -> dict[str, float]:
    """How much longer the largest report takes than the smallest, beside how much larger it is."""
    (small, _, quick), (large, numbers, slow) = rows[0], rows[-1]
    return {
        "report/times_larger": large / small,
        "report/times_longer": slow / quick,
        "report/figures": float(large),
        "report/numbers": float(numbers),
        "report/seconds": slow,
    }


def best_of(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Seconds of the fastest of so many goes."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def of_epochs(part: str, field: str, factor: int) -> float:
    """Seconds of one run of `part`, from generated data to a Result, trained `factor` times as long."""
    smoke = configuration.preset("smoke")
    length = factor * getattr(getattr(smoke, part), field)
    config = configuration.override(smoke, f"{part}.{field}={length}")
    (run,) = runs.plan(config, [Path()], [part])
    with redirect_stderr(io.StringIO()):
        return best_of(lambda: runs.compute(run, config, None, ROOT))


def of_seeds(count: int) -> float:
    """Seconds of `count` runs of the Siamese network in one process."""
    config = configuration.with_seeds(configuration.preset("smoke"), count)
    pending = runs.plan(config, [Path()], ["siamese"])

    def all_runs() -> list[Any]:
        return list(runs.compute_all(pending, config, None, ROOT, jobs=1, dask=None))

    with redirect_stderr(io.StringIO()):
        return best_of(all_runs)


def of_report(count: int, numbers: int) -> float:
    """Seconds of one report of so many figures and numbers."""
    with tempfile.TemporaryDirectory() as folder:
        return best_of(lambda: build(Path(folder), count, numbers), 1)


def build(folder: Path, count: int, numbers: int) -> None:
    """A report of so many figures and numbers in `folder`, from made-up results to PDF, HTML and Markdown."""
    random = np.random.default_rng(0)
    names = [f"loss{i}" for i in range(count)]
    for name in names:
        figures.save(_loss_curves(random), folder / "figures" / name)
    made_up = [("made", "0" * 64, {f"x{i}": random.normal() for i in range(numbers)}) for _ in range(3)]
    recorded = list(values.collect(made_up).values())
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates" / "report.tex.j2").write_text(TEMPLATE, encoding="utf-8")
    context = {
        "preamble": templating.Tex((CODE / "writeup" / "page" / "preamble.tex").read_text(encoding="utf-8")),
        "figures": [(name, recorded[i::count]) for i, name in enumerate(names)],
    }
    tex = folder / "report.tex"
    tex.write_text(templating.render(folder / "templates", "report.tex.j2", context), encoding="utf-8")
    typeset.typeset(tex, tex.with_suffix(".pdf"))
    typeset.to_html(tex, tex.with_suffix(".html"))
    typeset.to_markdown(tex, tex.with_suffix(".md"))


def _loss_curves(random: np.random.Generator) -> Figure:
    figure, axes = figures.panel()
    for index in range(2):
        loss = np.exp(-np.linspace(0, 3, 100)) + 0.05 * random.random((3, 100))
        figures.curve(axes, np.arange(100), loss, f"loss {index + 1}", index)
    return figure


def main(words: list[str]) -> int:
    """Measure, print, and record where asked; the exit status."""
    parser = argparse.ArgumentParser(prog="growth", description=__doc__, allow_abbrev=False)
    parser.add_argument("--record", action="store_true", help="save the figures for the report")
    options = parser.parse_args(words)
    console = Console(stderr=True)
    start = time.perf_counter()
    try:
        result = measure(lambda line: console.print(line, style="dim", highlight=False))
        for line in _lines(result):
            print(line)
        if options.record:
            stamped = runs.circumstances(ROOT, time.perf_counter() - start)
            identity = {"fingerprint": runs.growth_identity()}
            results.save(
                Result("growth", 0, result.scalars, result.tables, provenance=identity | stamped),
                shared_result("growth"),
            )
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing was recorded", file=sys.stderr)
        return 130
    return 0


def _lines(result: Result) -> Iterator[str]:
    for table in result.tables.values():
        yield "  ".join(f"{head:>10}" for head in table)
        for row in zip(*table.values(), strict=True):
            yield "  ".join(f"{x:>10.2f}" if isinstance(x, float) else f"{x:>10}" for x in row)
    yield from (f"{name} {value:.2f}" for name, value in result.scalars.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
