"""Does the cost grow in proportion? Training ever longer and with ever more seeds, reports of ever more
figures and numbers, each timed. Training is on generated data, with the settings of one preset.

The program that is timed is known by name only: it may change, and the measurement is still the same.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from evidence.clock import median_of, quiet
from writeup import settings
from writeup.bench.setting import Setting
from writeup.declare import Part, resolve
from writeup.errors import UserError
from writeup.runs import record
from writeup.runs.record import Findings, Model

T = TypeVar("T")
REPORT = "evidence.made_up:report"
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


class Growth(Protocol):
    """The settings that are read."""

    preset: str  # whose settings the parts have
    lengths: tuple[str, ...]  # part.field, one a part: how long it trains
    seeds_of: str  # the part that is run with more and more seeds
    doublings: int  # of a length and of the seeds
    repeats: int  # of which the median counts
    figures: tuple[int, ...]  # of a report, from the smallest to the largest
    numbers: int  # of each figure


def measure(setting: Setting) -> Findings:
    """Seconds by length and by seeds, and of reports by size; the greatest ratio of two times the work."""
    config: Growth = setting.config
    training: list[Row] = []
    for name, work in works(config, setting).items():
        setting.say(name)
        with quiet():
            work(1)  # what is done but once, at the first call, is no growth
        for factor in (2**i for i in range(config.doublings + 1)):
            with quiet():
                training.append((name, factor, median_of(partial(work, factor), config.repeats)))
    reports: list[tuple[int, int, float]] = []
    for count in config.figures:
        numbers = config.numbers * count
        setting.say(f"a report of {count} figures and {numbers} numbers")
        reports.append((count, numbers, of_report(count, numbers, config.repeats)))
    tables = {
        "training": _columns(("work", "factor", "seconds"), training),
        "reports": _columns(("figures", "numbers", "seconds"), reports),
    }
    return Findings(ratios(training) | report_ratios(reports), tables)


def _known(among: Mapping[str, T], name: str, where: str) -> T:
    if name not in among:
        raise UserError(f"{where}: unknown {name!r}; allowed: {', '.join(among)}")
    return among[name]


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


def works(config: Growth, setting: Setting) -> dict[str, Callable[[int], None]]:
    """By name, what does so many times the work as it is told: parts by their length, one by its seeds."""
    configs = _known(setting.presets, config.preset, "growth.preset")
    models: dict[str, Model] = {}
    found: dict[str, Callable[[int], None]] = {}
    for text in config.lengths:
        name, _, field = text.partition(".")
        part = _known(setting.parts, name, "growth.lengths")
        length = _known(settings.plain(configs[name]), field, f"growth.lengths: {name}")
        learn(part.all_needs.values(), configs, models)
        found[name] = partial(_longer, part, configs[name], field, length, models)
    part = _known(setting.parts, config.seeds_of, "growth.seeds_of")
    learn(part.all_needs.values(), configs, models)
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


def _longer(
    part: Part, config: Any, field: str, length: int, models: Mapping[str, Model], factor: int
) -> None:
    run(part, replace(config, **{field: factor * length}), models, 1)


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
    made_up = [{f"x{i}": float(random.normal()) for i in range(numbers)} for _ in range(3)]
    with tempfile.TemporaryDirectory() as folder:
        return median_of(partial(resolve(REPORT), Path(folder), TEMPLATE, curves, made_up), repeats)
