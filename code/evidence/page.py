"""Tables, figures and words of the evidence."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from writeup.page.context import Recorded
from writeup.page.figures import curve, panel
from writeup.page.source.formats import Table, Tex, bold, by_columns, escape, fixed, integer, sig
from writeup.results.store import Result
from writeup.results.tables import rows as rows_of
from writeup.results.values import Value

Runs = Sequence[Result]


def words(part: str) -> str:
    """The name of a part of the homework in words."""
    return part.replace("_", " ")


def performance(recorded: Recorded) -> Table:
    """Each part's time beside the plain loop's."""
    v, parts = recorded.v, rows_of(recorded.results["bench"][0].tables["parts"])
    names = [row["part"] for row in parts]
    return by_columns(
        {
            "part": ("l", [words(part) for part in names]),
            "per": ("l", [_unit(row["unit"]) for row in parts]),
            "plain, ms": ("r", [sig(v[f"bench/{part}/plain_ms"]) for part in names]),
            "ours, ms": ("r", [sig(v[f"bench/{part}/ours_ms"]) for part in names]),
            "others, %": ("r", [integer(v[f"bench/{part}/waited_percent"]) for part in names]),
            "ratio": ("r", [bold(fixed(v[f"bench/{part}/ratio"])) for part in names]),
            "range": (
                "r",
                [
                    Tex(f"{fixed(v[f'bench/{part}/ratio_low'])} to {fixed(v[f'bench/{part}/ratio_high'])}")
                    for part in names
                ],
            ),
        }
    )


def machines(recorded: Recorded) -> Table:
    """A row per kind of processor, newest first: the ratios measured on it, with date and commit."""
    rows = rows_of(recorded.results["bench"][0].tables["machines"])
    parts = recorded.results["bench"][0].tables["parts"]["part"]
    return by_columns(
        {
            "machine": ("l", [_short(row["machine"]) for row in rows]),
            "date": ("l", [row["date"][:10] for row in rows]),
            "commit": ("l", [Tex(rf"\texttt{{{escape(row['commit'])}}}") for row in rows]),
            **{words(part): ("r", [fixed(row[part]) for row in rows]) for part in parts},
            "peak": ("r", [integer(row["peak"]) for row in rows]),
        }
    )


def peak(recorded: Recorded) -> Table:
    """How near to the machine's limit each part is, and where its time goes."""
    v, names = recorded.v, recorded.results["bench"][0].tables["parts"]["part"]

    def cells(name: str, form: Callable[[Value], Tex] = integer) -> tuple[str, list[object]]:
        return "r", [form(v[f"bench/{part}/{name}"]) for part in names]

    return by_columns(
        {
            "part": ("l", [words(part) for part in names]),
            "plain": cells("plain_gflop", sig),
            "ours": cells("ours_gflop", sig),
            "GB": cells("gbytes", sig),
            "least, ms": cells("least_ms", sig),
            "of ours": cells("least_share"),
            "products": cells("products_percent"),
            "reach": cells("products_peak_share"),
            "Adam": cells("adam_percent"),
        }
    )


def performance_range(recorded: Recorded) -> tuple[Value, Value]:
    """The least and the greatest ratio of the problems."""
    parts = recorded.results["bench"][0].tables["parts"]["part"]
    ratios = sorted((recorded.v[f"bench/{part}/ratio"] for part in parts), key=lambda one: one.mean)
    return ratios[0], ratios[-1]


def bounds(recorded: Recorded) -> list[dict[str, Any]]:
    """What takes each part's time: name, and the shares of products, of Adam and of the rest in percent."""
    found = []
    for part in recorded.results["bench"][0].tables["parts"]["part"]:
        products, adam = (recorded.v[f"bench/{part}/{name}_percent"].mean for name in ("products", "adam"))
        reach = recorded.v[f"bench/{part}/products_peak_share"].mean
        rest = 100 - products - adam
        found.append({"name": words(part), "products": products, "adam": adam, "rest": rest, "reach": reach})
    return found


def worlds(recorded: Recorded) -> Table:
    """Rates of false verdicts in percent: a row a world and rule, a column a kind of claim."""
    (run,) = recorded.results["claims"]
    found = run.tables["worlds"]
    rates: dict[tuple[str, str], dict[str, float]] = {}
    for world, rule, kind, rate in zip(*(found[name] for name in found), strict=True):
        rates.setdefault((world, rule), {})[kind] = rate
    kinds = list(dict.fromkeys(found["kind"]))
    return by_columns(
        {
            "world": ("l", [world for world, _ in rates]),
            "rule": ("l", [rule for _, rule in rates]),
            **{kind: ("r", [fixed(100 * one[kind], 1) for one in rates.values()]) for kind in kinds},
        }
    )


def forged(recorded: Recorded) -> Table:
    """What difference of a number is found elsewhere than on the machine of its record, by its first run."""
    every = rows_of(recorded.results["forgeries"][0].tables["numbers"])
    first = {(row["part"], row["number"]): row for row in reversed(every)}
    rows = [row for row in reversed(first.values()) if row["elsewhere"] > 0]
    return by_columns(
        {
            "part": ("l", [words(row["part"]) for row in rows]),
            "number": ("l", [Tex(rf"\texttt{{{escape(row['number'])}}}") for row in rows]),
            "found from": ("r", [sig(row["elsewhere"], 2) for row in rows]),
        }
    )


def measured(recorded: Recorded) -> Tex:
    """Of which commit, when and on which machine a measurement was made."""
    ((result,),) = recorded.results.values()
    made = result.provenance["evaluated"]
    machine = escape(_short(result.provenance["machine"]))
    return Tex(rf"commit \texttt{{{escape(made['commit'])}}}, {made['date'][:10]}, {machine}")


def growth_cost(runs: Runs) -> Figure:
    """Seconds by epochs and seeds (left) and by the size of a report (right), and what is in proportion."""
    training, reports = (runs[0].tables[name] for name in ("training", "reports"))
    figure, (left, right) = panel(columns=2, height=2.4)
    for index, work in enumerate(dict.fromkeys(training["work"])):
        rows = [i for i, name in enumerate(training["work"]) if name == work]
        factors, seconds = (np.array([training[c][i] for i in rows]) for c in ("factor", "seconds"))
        curve(left, factors, seconds / seconds[0], words(work), index, at_end=False)
    left.plot([1, 4], [1, 4], color="black", linestyle=":", linewidth=0.8, label="in proportion")
    left.set_xlabel("epochs (iterations, seeds), as multiples")
    left.set_ylabel("time, as multiple")
    left.legend(fontsize=7, frameon=False)
    sizes, seconds = np.array(reports["figures"]), np.array(reports["seconds"])
    curve(right, sizes, seconds, "", 0, at_end=False)
    right.plot(sizes, seconds[0] * sizes / sizes[0], color="black", linestyle=":", linewidth=0.8)
    right.set_xlabel("figures, each with ten numbers")
    right.set_ylabel("time to build, s")
    return figure


def alt_growth_cost(runs: Runs) -> str:
    """How much longer more work takes."""
    training, reports = (runs[0].tables[name] for name in ("training", "reports"))
    said = []
    for work in dict.fromkeys(training["work"]):
        rows = [i for i, name in enumerate(training["work"]) if name == work]
        factor = training["factor"][rows[-1]]
        times = training["seconds"][rows[-1]] / training["seconds"][rows[0]]
        said.append(f"{words(work)} {times:.1f}")
    sizes, seconds = reports["figures"], reports["seconds"]
    return (
        f"Two line charts beside a dotted line of proportion. Left: time at {factor:.0f} times the "
        f"epochs, iterations or seeds, as a multiple of the first: {', '.join(said)}. "
        f"Right: building a report takes {seconds[0]:.1f} s with {sizes[0]} figures and "
        f"{seconds[-1]:.1f} s with {sizes[-1]}."
    )


def _short(machine: str) -> str:
    """The machine's name without what all of its make bear."""
    return re.sub(r"\((R|TM)\)| Processor", "", machine)


def _unit(words: str) -> Tex:
    """The recorded unit, with the page's space in thousands."""
    return Tex(re.sub(r"(?<=\d),(?=\d{3})", r"\\,", escape(words)))
