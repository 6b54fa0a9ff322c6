"""All comparisons of the report with their evidence: a table, and a picture of every interval."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from assignment3.cvae.declared import CLAIMS as CVAE
from assignment3.gan.declared import CLAIMS as GAN
from assignment3.siamese.comparisons import over_subjects
from assignment3.siamese.declared import CLAIMS as SIAMESE
from assignment3.text_cnn.comparisons import on_sentences
from assignment3.text_cnn.declared import CLAIMS as TEXT_CNN
from writeup.page.context import Recorded, Statement
from writeup.page.figures import COLOURS, panel
from writeup.page.source.claims import over_seeds, statements
from writeup.page.source.formats import Table, Tex, by_columns, fixed, p_value
from writeup.results import values
from writeup.results.store import Result

PRIMARY_COMMIT = "59fe23a"  # in which primary.toml was committed, before the first run was recorded
DECIDED = "better", "worse", "equivalent", "as good"
MEASURES = {  # in few words
    "test_accuracy": "accuracy",
    "auc": "AUC",
    "conditional_accuracy": "class read",
    "test_negative_elbo": r"$-\mathrm{ELBO}$",
    "classifier_score": "score",
    "frechet_distance": "distance",
}
SHORTER = {  # patterns of a side of a claim, and what a table says instead
    r"^(the|an?|one) (network with |same )?": "",
    r" pooling with \$H' = (\d+)\$": r" \1",
    r" over (?=own)| in batches of ": " ",
    r" pooling| as set$| of the iterations$": "",
}
TESTS = over_seeds, on_sentences, over_subjects  # what claims name: a picture is drawn anew when one changes


def table(recorded: Recorded) -> Table:
    """Every comparison of the report; what is asked if that is no difference, and a primary claim's mark."""
    made = [claim for group in recorded.claims.values() for claim in group.values()]
    measures = [MEASURES.get(claim.measure.value, claim.measure.what) for claim in made]
    new = [measure != before for measure, before in zip(measures, ["", *measures], strict=False)]
    return by_columns(
        {
            "measure": ("l", [Tex(one) if first else "" for one, first in zip(measures, new, strict=True)]),
            Tex("$A$"): ("l", [Tex(short(claim.a) + "*" * claim.claim.primary) for claim in made]),
            Tex("$B$"): ("l", [Tex(short(claim.b)) for claim in made]),
            Tex("$A - B$"): ("r", [fixed(one.comparison.difference, one.measure.digits) for one in made]),
            "interval": ("r", [_interval(claim) for claim in made]),
            Tex("$p$"): ("r", [_p(claim) for claim in made]),
            Tex("$A$ is"): ("l", [_verdict(claim) for claim in made]),
        }
    )


def primary_commit(recorded: Recorded) -> str:
    """The commit that declared the primary claims."""
    return PRIMARY_COMMIT


def short(words: str) -> str:
    """A side of a claim without what goes without saying in a table."""
    for long, brief in SHORTER.items():
        words = re.sub(long, brief, words)
    return words


def _interval(claim: Statement) -> object:
    c, digits = claim.comparison, claim.measure.digits
    return (
        "" if c.low is None or c.high is None else Tex(f"{fixed(c.low, digits)} to {fixed(c.high, digits)}")
    )


def _p(claim: Statement) -> object:
    p = claim.comparison.adjusted
    return "" if p is None else Tex(str(p_value(p)).replace("p = ", "").replace("p ", ""))


def _verdict(claim: Statement) -> str:
    verdict = claim.comparison.verdict
    if verdict != "undecided":
        return verdict
    return "open" if claim.claim.kind == "difference" else f"open ({claim.claim.kind})"


# --- the picture ---


def compared(*runs: Sequence[Result]) -> list[Statement]:
    """The claims that are tested, of the runs of all parts."""
    everything = {some[0].part: some for some in runs if some}
    v = values.of(run for some in everything.values() for run in some)
    known = Recorded(everything, v)
    made = statements(
        [*TEXT_CNN, *SIAMESE, *CVAE, *GAN], lambda claim: known if claim.a[0].name in everything else None
    )
    return [claim for group in made.values() for claim in group.values() if claim.comparison.low is not None]


def in_margins(claim: Statement) -> tuple[float, float, float]:
    """Difference, and the ends of its interval, in smallest relevant differences; above 0 speaks for A."""
    c, unit = claim.comparison, claim.measure.margin * (1 if claim.measure.better == "higher" else -1)
    assert c.low is not None and c.high is not None
    low, high = sorted((c.low / unit, c.high / unit))
    return c.difference / unit, low, high


def forest(*runs: Sequence[Result]) -> Figure:
    """Every tested claim: difference and interval in smallest relevant differences; filled: decided."""
    made = compared(*runs)
    figure, axes = panel(height=0.5 + 0.11 * max(len(made), 3))
    axes.axvspan(-1, 1, color="#EEEEEE", linewidth=0)
    axes.axvline(0, color="black", linewidth=0.6)
    for row, claim in enumerate(made):
        middle, low, high = in_margins(claim)
        colour = COLOURS[0] if claim.comparison.verdict in DECIDED else COLOURS[1]
        filled = colour if claim.comparison.verdict in DECIDED else "white"
        axes.plot([low, high], [row, row], color=colour, linewidth=1)
        axes.plot(middle, row, "o", color=colour, markerfacecolor=filled, markersize=4)
    axes.set_yticks(range(len(made)), [_row(claim) for claim in made], fontsize=8)
    axes.set_ylim(len(made) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("difference in smallest relevant differences; to the right in favour of $A$")
    return figure


def _row(claim: Statement) -> str:
    said = f"{short(claim.a)} $-$ {short(claim.b)}"
    plain = claim.measure.value in ("test_accuracy", "auc")  # the only measure of its problem
    return said if plain else f"{said}, {MEASURES.get(claim.measure.value, '')}"


def alt_forest(*runs: Sequence[Result]) -> str:
    """How many claims are decided, and by how much the largest differs."""
    made = compared(*runs)
    decided = [claim for claim in made if claim.comparison.verdict in DECIDED]
    largest: Any = max(made, key=lambda claim: abs(in_margins(claim)[0]), default=None)
    said = "" if largest is None else (
        f" The largest is {abs(in_margins(largest)[0]):.1f} smallest relevant differences: "
        f"{largest.a} less {largest.b}."
    )  # fmt: skip
    zero = sum(np.sign(in_margins(one)[1]) != np.sign(in_margins(one)[2]) for one in made)
    return (
        f"Of {len(made)} claims {len(decided)} are decided; {zero} intervals hold zero. A row a claim: its "
        f"difference as a dot and its interval as a line, beside a band of one smallest relevant difference."
        f"{said}"
    )
