"""Does the cost grow in proportion? Training ever longer and with ever more seeds, reports of ever more
figures and numbers, each timed. Training is on generated data, with the settings of one preset.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from evidence import homework
from evidence.clock import median_of, quiet, say
from evidence.settings import Growth, train
from writeup.declare import Part, resolve
from writeup.files import read_text
from writeup.page import figures
from writeup.page.pdf import typeset
from writeup.page.source import formats, templating
from writeup.page.web import html, markdown
from writeup.request import preset_configs
from writeup.results import values
from writeup.runs import record
from writeup.runs.record import Findings, Model, Trained

__all__ = "evaluate", "train"
PREAMBLE = Path(figures.__file__).parent / "source" / "preamble.tex"
# By name: the program that makes the report may change, and the measurement is still the same.
MADE_UP = "evidence.growth:made_up"
LENGTHS = "iterations", "epochs"  # the fields that say how long a part trains
TEMPLATE = r"""\documentclass[11pt]{article}
\newcommand{\pagemark}{}
<< preamble >>
\title{A made-up report}
\begin{document}
<% for name, numbers in figures %>
\begin{figure}[htbp]
\includegraphics[width=0.5\linewidth, alt={Made-up losses over the steps}]{figures/<< name >>.pdf}
\caption{<% for number in numbers %><< number | spread >>; <% endfor %>}
\end{figure}
<% if loop.index is divisibleby 10 %>\clearpage<% endif %>

<% endfor %>
\end{document}
"""
Row = tuple[str, int, float]  # work, how many times as much of it, seconds


def evaluate(config: Growth, data: None, trained: Trained, *, seed: int) -> Findings:
    """Seconds by length, seeds and size of a report; how much longer twice the work takes, at most."""
    training: list[Row] = []
    for name, work in works(config).items():
        say(name)
        with quiet():
            work(1)  # the first call also does what is done once
        for factor in (2**i for i in range(config.doublings + 1)):
            with quiet():
                training.append((name, factor, median_of(partial(work, factor), config.repeats)))
    reports: list[tuple[int, int, float]] = []
    for count in config.figures:
        numbers = config.numbers * count
        say(f"a report of {count} figures and {numbers} numbers")
        reports.append((count, numbers, of_report(count, numbers, config.repeats)))
    tables = {
        "training": _columns(("work", "factor", "seconds"), training),
        "reports": _columns(("figures", "numbers", "seconds"), reports),
    }
    return Findings(ratios(training) | report_ratios(reports), tables)


def _columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def ratios(rows: Sequence[Row]) -> dict[str, float]:
    """By work and over all: the greatest ratio of the times of neighbours, each twice the last one's work."""
    found: dict[str, float] = {}
    for (work, _, before), (following, _, after) in pairwise(rows):
        if work == following:
            found[f"{work}/doubled"] = max(found.get(f"{work}/doubled", 0.0), after / before)
    return found | {"doubled": max(found.values())}


def report_ratios(rows: Sequence[tuple[int, int, float]]) -> dict[str, float]:
    """How much longer the largest report takes than the smallest, beside how much larger it is."""
    (small, _, quick), (large, numbers, slow) = rows[0], rows[-1]
    return {
        "report/times_larger": large / small,
        "report/times_longer": slow / quick,
        "report/figures": float(large),
        "report/numbers": float(numbers),
        "report/seconds": slow,
    }


# --- training ---


def works(config: Growth) -> dict[str, Callable[[int], None]]:
    """By name, what does so many times the work: a part of each kind by its length, one by its seeds."""
    configs = preset_configs(homework.report(), config.preset)
    models: dict[str, Model] = {}
    found: dict[str, Callable[[int], None]] = {}
    for part in homework.kinds():
        settled = configs[part.name]
        field = next(name for name in LENGTHS if hasattr(settled, name))
        learn(part.all_needs.values(), configs, models)
        found[part.name] = partial(_longer, part, settled, field, models)
    part = homework.report().part(config.seeds_of)
    return found | {"seeds": partial(run, part, configs[part.name], models)}


def learn(needed: Iterable[Part], configs: Mapping[str, Any], models: dict[str, Model]) -> None:
    """Add what other parts need to `models`, by name: trained once, and not timed."""
    for part in needed:
        if part.name not in models:
            learn(part.train_needs.values(), configs, models)
            config, data = configs[part.name], resolve(part.data.standin)()
            with quiet():
                trained = record.train(part, config, data, seed=0, roles=_roles(part.train_needs, models))
            models[part.name] = Model(config, trained.weights)


def _longer(part: Part, config: Any, field: str, models: Mapping[str, Model], factor: int) -> None:
    run(part, replace(config, **{field: factor * getattr(config, field)}), models, 1)


def run(part: Part, config: Any, models: Mapping[str, Model], seeds: int) -> None:
    """So many runs of a part, one after the other, each from generated data to a Result."""
    for seed in range(seeds):
        data = resolve(part.data.standin)()
        trained = record.train(part, config, data, seed=seed, roles=_roles(part.train_needs, models))
        record.evaluate(part, config, data, trained, seed=seed, roles=_roles(part.needs, models))


def _roles(needs: Mapping[str, Part], models: Mapping[str, Model]) -> dict[str, Model]:
    return {role: models[part.name] for role, part in needs.items()}


# --- reports ---


def of_report(count: int, numbers: int, repeats: int = 1) -> float:
    """Seconds of a report of so many figures and numbers: PDF, HTML and Markdown of made-up results."""
    random = np.random.default_rng(0)
    fall = np.exp(-np.linspace(0, 3, 100))
    curves = [fall + 0.05 * random.random((2, 3, 100)) for _ in range(count)]  # two of three runs each
    runs = [{f"x{i}": float(random.normal()) for i in range(numbers)} for _ in range(3)]
    with tempfile.TemporaryDirectory() as folder:
        return median_of(partial(resolve(MADE_UP), Path(folder), curves, runs), repeats)


def made_up(
    folder: Path,
    curves: Sequence["np.ndarray[Any, Any]"],
    runs: Sequence[Mapping[str, float]],
) -> None:
    """From results to PDF, HTML and Markdown in `folder`.

    curves: a figure each, losses [C, S, T] of C curves over S runs. runs: the numbers of each run.
    TEMPLATE sees `preamble` and `figures`, a list of (name, its share of the numbers as Values).
    """
    names = [f"loss{i}" for i in range(len(curves))]
    for name, losses in zip(names, curves, strict=True):
        figure, axes = figures.panel()
        for index, loss in enumerate(losses):
            figures.curve(axes, np.arange(loss.shape[1]), loss, f"loss {index + 1}", index)
        figures.save(figure, folder / "figures" / name)
    recorded = list(values.collect(("made", "0" * 64, run) for run in runs).values())
    context = {
        "preamble": formats.Tex(read_text(PREAMBLE)),
        "figures": [(name, recorded[i :: len(names)]) for i, name in enumerate(names)],
    }
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates" / "report.tex.j2").write_text(TEMPLATE, encoding="utf-8")
    tex = folder / "report.tex"
    tex.write_text(templating.render(folder / "templates", "report.tex.j2", context), encoding="utf-8")
    typeset.typeset(tex, tex.with_suffix(".pdf"))
    html.to_html(tex, tex.with_suffix(".html"))
    markdown.to_markdown(tex, tex.with_suffix(".md"))
