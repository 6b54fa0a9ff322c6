"""Declared comparisons become statements: each is tested, those of a problem share one error rate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from writeup import trouble
from writeup.declare import Claim, Side, resolve
from writeup.page.context import Recorded, Statement
from writeup.results import compare
from writeup.results.compare import Comparison
from writeup.results.values import Sourced


def statements(
    claims: Sequence[Claim], recorded_of: Callable[[Claim], Recorded | None]
) -> dict[str, dict[str, Statement]]:
    """By problem, the first part of a claim's name, and the rest: those that the results allow.

    recorded_of: the results of a claim; None where its first side did not run.
    """
    grouped: dict[str, dict[str, Statement]] = {}
    for group in dict.fromkeys(claim.group for claim in claims):
        declared = [claim for claim in claims if claim.group == group]
        comparisons = {}
        for claim in declared:
            recorded = recorded_of(claim)
            with trouble.told(f"claim {claim.name} cannot be tested"):
                found = None if recorded is None else resolve(claim.test)(recorded, claim)
            if found is not None:
                measure = claim.measure
                comparisons[claim] = compare.asked(found, claim.kind, measure.margin, measure.better)
        primary = [claim for claim in declared if claim.primary]
        sizes = len(primary), len(declared) - len(primary)
        grouped[group] = {
            claim.rest: Statement(claim, _named(comparison, f"claim:{claim.name}"))
            for claim, comparison in compare.decided(comparisons, primary, sizes).items()
        }
    return grouped


def _named(comparison: Comparison, card: str) -> Comparison:
    """The comparison with numbers that know which claim they are of."""

    def of(number: float | None) -> Sourced | None:
        return None if number is None else Sourced(number, card)

    c = comparison
    means = Sourced(c.means[0], card), Sourced(c.means[1], card)
    return replace(c, means=means, low=of(c.low), high=of(c.high), adjusted=of(c.adjusted))


def over_seeds(recorded: Recorded, claim: Claim) -> Comparison | None:
    """A recorded number of two parts, run by run: paired where both ran with the same seeds, else Welch's."""
    sides = [_by_seed(recorded, side, claim.measure.value) for side in (claim.a, claim.b)]
    if not all(sides):
        return None
    a, b = (list(side.values()) for side in sides)
    test = compare.paired_t if sides[0].keys() == sides[1].keys() else compare.welch
    return test(a, b)


def _by_seed(recorded: Recorded, side: Side, value: str) -> Mapping[int, float]:
    shown, within = side
    name = f"{within}/{value}" if within else value
    runs = recorded.results.get(shown.name, ())
    return {
        run.seed: run.scalars[name] for run in sorted(runs, key=lambda run: run.seed) if name in run.scalars
    }
