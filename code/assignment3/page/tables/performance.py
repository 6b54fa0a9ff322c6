"""How fast the parts are trained, on which machine, and how good they are after equal training."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from assignment3.shared.cells import PARTS
from writeup.page.context import Recorded
from writeup.page.templating import Table, Tex, bold, by_columns, escape, fixed, integer, sig, spread
from writeup.results.rows import rows as rows_of
from writeup.results.store import Result, fingerprint
from writeup.results.values import Value

HEADLINE = 2.0  # times: every part is trained at least so much faster than by the plain loop

MEASURES = {  # as recorded, and with the page's signs
    "-ELBO, nats": Tex(r"$-\mathrm{ELBO}$, nats"),
    "Frechet distance": Tex(r"Fr\'echet distance"),
}
QUALITY = {"plain": "plain", "ours in fp32": "fp32", "ours in bf16": "bf16"}


def performance(recorded: Recorded) -> Table:
    """Each part's time beside the plain loop's."""
    v, parts = recorded.v, rows_of(recorded.results["bench"][0].tables["parts"])
    names = [row["part"] for row in parts]
    return by_columns(
        {
            "part": ("l", [PARTS[part] for part in names]),
            "per": ("l", [_unit(row["unit"]) for row in parts]),
            "plain, ms": ("r", [sig(v[f"bench/{part}/plain_ms"]) for part in names]),
            "ours, ms": ("r", [sig(v[f"bench/{part}/ours_ms"]) for part in names]),
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


def headline(recorded: Recorded) -> float:
    """What is claimed of every part's ratio."""
    return HEADLINE


def performance_machines(recorded: Recorded) -> Table:
    """A row for each recorded kind of processor, the last first: ratios and peaks."""
    runs = recorded.results["bench"]
    parts = runs[0].tables["parts"]["part"]

    def ratios(part: str) -> list[float | None]:
        return [run.scalars.get(f"{part}/ratio") for run in runs]

    def recorded_on(run: Result) -> str:
        same = fingerprint(run) == fingerprint(runs[0])
        return str(run.provenance.get("date", ""))[:10] + ("" if same else "*")

    holds = [
        all(ratio is not None and ratio >= HEADLINE for ratio in row)
        for row in zip(*map(ratios, parts), strict=True)
    ]
    return by_columns(
        {
            "machine": ("l", [_short(run.provenance.get("machine", "")) for run in runs]),
            "recorded": ("l", [recorded_on(run) for run in runs]),
            **{
                PARTS[part]: ("r", ["" if ratio is None else fixed(ratio) for ratio in ratios(part)])
                for part in parts
            },
            "fp32": ("r", [integer(run.scalars["peak_fp32_gflops"]) for run in runs]),
            "bf16": ("r", [integer(run.scalars["peak_bf16_gflops"]) for run in runs]),
            "holds": ("l", ["yes" if there else "no" for there in holds]),
        }
    )


def performance_peak(recorded: Recorded) -> Table:
    """What of the machine's peak each part reaches, and where its time goes."""
    v, parts = recorded.v, rows_of(recorded.results["bench"][0].tables["parts"])
    names = [row["part"] for row in parts]

    def cells(name: str, form: Callable[[Value], Tex] = integer) -> tuple[str, list[object]]:
        return "r", [form(v[f"bench/{part}/{name}"]) for part in names]

    return by_columns(
        {
            "part": ("l", [PARTS[part] for part in names]),
            "type": ("l", [row["precision"] for row in parts]),
            "plain": cells("plain_gflop", sig),
            "ours": cells("ours_gflop", sig),
            "rate": cells("gflops"),
            "of peak": cells("peak_share"),
            "products": cells("products_percent"),
            "reach": cells("products_peak_share"),
            "Adam": cells("adam_percent"),
        }
    )


def quality(recorded: Recorded) -> Table:
    """How good the plain loop and ours are after equally many epochs."""
    run = recorded.results["quality"][0]
    s, seeds = run.scalars, round(run.scalars["seeds"])
    parts = rows_of(run.tables["parts"])

    def figure(row: Mapping[str, Any], side: str) -> Tex:
        name = f"{row['part']}/{side}"
        return spread(Value(name, s[name], s[f"{name}_std"], seeds, fingerprint(run)), row["digits"])

    return by_columns(
        {
            "part": ("l", [PARTS[row["part"]] for row in parts]),
            "measure": ("l", [MEASURES.get(row["measure"], row["measure"]) for row in parts]),
            **{
                head: ("r", [figure(row, side) for row in parts])
                for head, side in QUALITY.items()
                if f"{parts[0]['part']}/{side}" in s
            },
        }
    )


def _short(machine: str) -> str:
    """The machine's name without what all of its make bear."""
    return re.sub(r"\((R|TM)\)| Processor", "", machine)


def _unit(words: str) -> Tex:
    """The recorded unit, with the page's space in thousands."""
    return Tex(re.sub(r"(?<=\d),(?=\d{3})", r"\\,", escape(words)))
