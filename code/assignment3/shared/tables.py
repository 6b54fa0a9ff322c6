"""What the tables of several problems share, and the table of all comparisons with their evidence."""

from collections.abc import Sequence

from writeup.page.context import Recorded, Statement
from writeup.page.source.formats import Table, Tex, bold, by_columns, fixed, p_value, sig, spread
from writeup.results.values import Value

PRIMARY_COMMIT = "59fe23a"  # in which primary.toml was committed, before the first run was recorded
DECIDED = "better", "worse", "equivalent", "as good"


def best(values: Sequence[Value | None], digits: int, *, least: bool = False) -> list[Tex]:
    """The values with their spread, blank where none was recorded; the best of several means is bold."""
    known = [value for value in values if value is not None]
    chosen = (min if least else max)(known, key=lambda value: value.mean) if len(known) > 1 else None
    return [
        Tex() if value is None else bold(spread(value, digits)) if value is chosen else spread(value, digits)
        for value in values
    ]


def claims(recorded: Recorded) -> Table:
    """Every comparison of the report."""
    made = [claim for group in recorded.claims.values() for claim in group.values()]
    groups = [claim.claim.group for claim in made]
    firsts = [group not in groups[:i] for i, group in enumerate(groups)]
    return by_columns(
        {
            "problem": ("l", [g.split("_")[0] * first for g, first in zip(groups, firsts, strict=True)]),
            "claim": ("l", [_name(claim) for claim in made]),
            **evidence(made),
        }
    )


def _name(claim: Statement) -> str:
    """Its name in words, with what is asked if that is no difference; a primary claim bears an asterisk."""
    one, asked = claim.claim, ""
    if one.kind != "difference":
        asked = f" ({one.kind}, {sig(claim.measure.margin, 1)})"
    return one.rest.replace("_", " ") + asked + "*" * one.primary


def evidence(made: Sequence[Statement]) -> dict[str, tuple[str, list[object]]]:
    """Columns: difference, interval, runs (or subjects), test, adjusted p-value and verdict."""

    def difference(claim: Statement) -> Tex:
        shown = fixed(claim.comparison.difference, claim.measure.digits)
        return bold(shown) if claim.comparison.verdict in DECIDED else shown

    def interval(claim: Statement) -> object:
        c, digits = claim.comparison, claim.measure.digits
        if c.low is None or c.high is None:
            return ""
        return Tex(f"{fixed(c.low, digits)} to {fixed(c.high, digits)}")

    def p(claim: Statement) -> object:
        c = claim.comparison
        return (
            "" if c.adjusted is None else Tex(str(p_value(c.adjusted)).replace("p = ", "").replace("p ", ""))
        )

    def counts(claim: Statement) -> str:
        return " and ".join(str(count) for count in dict.fromkeys(claim.comparison.counts))

    return {
        Tex("$A - B$"): ("r", [difference(claim) for claim in made]),
        "interval": ("r", [interval(claim) for claim in made]),
        "runs": ("r", [counts(claim) for claim in made]),
        "test": ("l", [_test(claim) for claim in made]),
        Tex("adjusted $p$"): ("r", [p(claim) for claim in made]),
        "verdict": ("l", [claim.comparison.verdict for claim in made]),
    }


def _test(claim: Statement) -> object:
    return "" if claim.comparison.low is None else Tex(claim.comparison.method)


def primary_commit(recorded: Recorded) -> str:
    """The commit that declared the primary claims."""
    return PRIMARY_COMMIT
