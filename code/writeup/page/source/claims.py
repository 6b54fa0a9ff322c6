"""Declared comparisons become statements: each is tested, those of a problem share one error rate."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from writeup import trouble
from writeup.declare import Claim, Measure, Side, resolve
from writeup.errors import UserError
from writeup.page.context import Recorded, Statement
from writeup.page.source import asserting
from writeup.results import compare
from writeup.results.compare import Comparison
from writeup.results.values import Sourced


def statements(
    claims: Sequence[Claim], recorded_of: Callable[[Claim], Recorded | None]
) -> dict[str, dict[str, Statement]]:
    """By problem, the first part of a claim's name, and the rest: those that the results allow.

    recorded_of: the results of a claim; None where its first side did not run.
    """
    check(claims)
    grouped: dict[str, dict[str, Statement]] = {}
    for group in dict.fromkeys(claim.group for claim in claims):
        declared = [claim for claim in claims if claim.group == group]
        comparisons = {}
        for claim in declared:
            recorded = recorded_of(claim)
            with trouble.told(f"claim {claim.name} cannot be tested"):
                found = None if recorded is None else _tested(claim, recorded)
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


# The words by which a sentence says which of two figures is the larger, and those for the smaller.
MORE = "more", "higher", "larger", "greater", "longer"
LESS = "less", "fewer", "lower", "smaller", "shorter"
DIRECTION = re.compile(rf"\b({'|'.join((*MORE, *LESS))})\b")
PLACES = "<better>", "<worse>", "<difference>"


def check(claims: Sequence[Claim]) -> None:
    """UserError for a claim that compares a side with itself, whose words claim something by themselves, say
    the opposite of its measure's direction, or name two sides alike.
    """
    named: dict[tuple[str, str], Side] = {}
    for claim in claims:
        where, measure = f"claim {claim.name}", claim.measure
        if claim.a == claim.b:
            raise UserError(f"{where}: compares {claim.a[0].name} with itself")
        for words, side in zip(claim.words, (claim.a, claim.b), strict=True):
            if named.setdefault((claim.group, words), side) != side:
                raise UserError(f"{where}: {words!r} names another side in another claim of {claim.group}")
        for text in (*claim.words, measure.what):
            if why := asserting.boast(text):
                raise UserError(f"{where}: {text!r}: {why}")
        if why := _misleading(measure):
            raise UserError(f"{where}: says {measure.says!r}: {why}")


def _misleading(measure: Measure) -> str:
    """What is wrong with the sentence of a measure: it names both sides and the difference once each, and
    exactly one word of direction, that of the side which is named first.
    """
    says = measure.says
    if any(says.count(place) != 1 for place in PLACES):
        return f"expected each of {', '.join(PLACES)} once"
    found = DIRECTION.findall(says)
    first = says.index("<better>") < says.index("<worse>")
    expected = MORE if first == (measure.better == "higher") else LESS
    if len(found) != 1 or found[0] not in expected:
        return f"expected one of {', '.join(expected)}, for {measure.better} is better"
    rest = DIRECTION.sub("", re.sub("|".join(PLACES), asserting.GAP, says).replace(" than ", " "))
    return next((one.why for one in asserting.found(rest)), "")


def _tested(claim: Claim, recorded: Recorded) -> Comparison | None:
    """What a claim's test finds. UserError if it does not find the opposite where the sides are exchanged:
    then it does not compute from their results.
    """
    test = resolve(claim.test)
    found: Comparison | None = test(recorded, claim)
    opposite: Comparison | None = test(recorded, replace(claim, a=claim.b, b=claim.a))
    if found is None or opposite is None:
        return found
    figures = [(*one.means, one.error or 0.0, one.freedom) for one in (found, opposite)]
    figures[1] = (figures[1][1], figures[1][0], *figures[1][2:])
    if not all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in zip(*figures, strict=True)):
        raise UserError(f"claim {claim.name}: {claim.test} finds no opposite where its sides are exchanged")
    return found


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
