"""How often do the rules of the claims err, and what do they find? Made-up worlds that hurt.

In a world the truth lies where a false verdict is likeliest: no difference where a difference is asked, one
as large as the margin where equivalence is, one as large as the margin to the worse side where
non-inferiority is. Every verdict that such a world gives is false. Power is not simulated: it follows from
the standard errors of recorded comparisons. No torch.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import nctdtr, stdtrit

from assignment3.siamese import comparisons, record
from assignment3.text_cnn import comparisons as sentences
from evidence import homework
from evidence.settings import Calibration, train
from writeup.results import compare, store
from writeup.results.compare import Comparison, Kind
from writeup.results.tables import add_row
from writeup.runs.record import Findings, Trained

__all__ = "evaluate", "train"

Floats = NDArray[np.float64]
Random = np.random.Generator
Sides = tuple[Floats, Floats]

KINDS: tuple[Kind, ...] = "difference", "equivalence", "non-inferiority"
SENTENCES = 1500
HALF_A_POINT = 0.5
MARGIN = 1.0  # in standard deviations of a run
# Worlds in which the t-tests over seeds err more often than they say, of two kinds. The page names both.
LIMITS = {
    "one side skewed": "unlike",
    "one side collapses": "unlike",
    "seeds correlated at 0.3": "correlated",
}


# --- worlds over seeds: the runs of two sides whose means are equal ---


def normal(random: Random, n: int) -> Sides:
    return random.normal(size=n), random.normal(size=n)


def spread_apart(random: Random, n: int) -> Sides:
    """One side's runs lie ten times as far apart as the other's."""
    return random.normal(size=n), random.normal(size=n) / 10


def heavy_tails(random: Random, n: int) -> Sides:
    """Student's t with three degrees of freedom."""
    return random.standard_t(3, n), random.standard_t(3, n)


def one_skewed(random: Random, n: int) -> Sides:
    """A lognormal side, shifted to mean 0, beside a normal one."""
    return random.lognormal(0, 1, n) - np.exp(0.5), random.normal(size=n)


def both_skewed(random: Random, n: int) -> Sides:
    return random.lognormal(0, 1, n) - np.exp(0.5), random.lognormal(0, 1, n) - np.exp(0.5)


def collapsing(random: Random, n: int) -> Floats:
    """A tenth of the runs collapse by ten standard deviations; mean 0."""
    return random.normal(size=n) + 1 - 10 * (random.random(n) < 0.1)


def one_collapses(random: Random, n: int) -> Sides:
    return collapsing(random, n), random.normal(size=n)


def both_collapse(random: Random, n: int) -> Sides:
    return collapsing(random, n), collapsing(random, n)


def correlated(random: Random, n: int) -> Sides:
    """Three tenths of a run's variance are common to all runs of its side."""
    shared = np.sqrt(0.3) * random.normal(size=2)
    a, b = (s + np.sqrt(0.7) * random.normal(size=n) for s in shared)
    return a, b


OVER_SEEDS: Mapping[str, Callable[[Random, int], Sides]] = {
    "normal": normal,
    "spread 1 to 10": spread_apart,
    "heavy tails": heavy_tails,
    "both sides skewed": both_skewed,
    "both sides collapse": both_collapse,
    "one side skewed": one_skewed,
    "one side collapses": one_collapses,
    "seeds correlated at 0.3": correlated,
}


def paired(a: Floats, b: Floats) -> Comparison:
    return compare.paired_t(list(a), list(b))


def unpaired(a: Floats, b: Floats) -> Comparison:
    return compare.welch(list(a), list(b[: compare.LEAST_RUNS]))


RULES: Mapping[str, tuple[int, Callable[[Floats, Floats], Comparison]]] = {  # runs a side, and the test
    "paired t, 5 runs": (5, paired),
    "paired t, 10 runs": (10, paired),
    "Welch's t, 10 and 5 runs": (10, unpaired),
}


# --- worlds with a test set, or with subjects ---


def test_set(random: Random, *, runs: int, apart: float, alone: float) -> Sides:
    """What two classifiers of equal worth make of the sentences, [runs, sentences], 0 or 1.

    apart: how far runs lie apart; alone: how much of a sentence's ease is a single run's own.
    """
    ease, sides = random.normal(size=SENTENCES), []
    for _ in range(2):
        easy = ease + 0.5 * random.normal(size=SENTENCES) + apart * random.normal(size=(runs, 1))
        sides.append((1.4 + easy + alone * random.normal(size=(runs, SENTENCES)) > 0).astype(float))
    return sides[0], sides[1]


ON_A_TEST_SET: Mapping[str, Mapping[str, Any]] = {
    "runs alike": {"runs": 10, "apart": 0.01, "alone": 0.3},
    "runs far apart": {"runs": 10, "apart": 0.2, "alone": 0.3},
    "five runs": {"runs": 5, "apart": 0.05, "alone": 0.3},
    "each run by itself": {"runs": 10, "apart": 0.05, "alone": 1.0},
}


def faces(
    random: Random, *, folds: int, subjects: int, images: int = 3, runs: int = 2, better: float = 0.0
) -> Sides:
    """The jackknife's values [runs, subjects] of two measures, equal for new subjects or the first better.

    A pair's distance: its kind, the difficulty of its subjects (in part common to both measures, in part of
    each alone), the measure's noise, and a little noise of the run.
    """
    sides: list[list[list[Floats]]] = [[[] for _ in range(runs)] for _ in range(2)]
    numbers = np.arange(subjects)
    owners = np.repeat(numbers, images)[record.pair_indices(subjects * images)]
    same = owners[0] == owners[1]
    for _ in range(folds):
        common = random.normal(size=(2, subjects))
        for side, gap in zip(sides, (1 + better, 1), strict=True):
            own = common + random.normal(size=(2, subjects))  # for pairs of one person, for pairs of two
            hard = np.where(same, own[0][owners[0]], -(own[1][owners[0]] + own[1][owners[1]]) / 2)
            noise = random.normal(size=len(same))
            for run in side:
                d = gap * ~same + 0.4 * hard + noise + 0.2 * random.normal(size=len(same))
                run.append(comparisons.values(d, same, owners, numbers))
    a, b = (np.array([np.concatenate(run) for run in side]) for side in sides)
    return a, b


OVER_SUBJECTS = {"40 subjects in 5 folds": (5, 8), "8 subjects": (1, 8)}


# --- families: the claims of a problem, as many as this report has ---


def family(random: Random, primary: int, others: int, far: Sequence[int]) -> bool:
    """Whether a problem's verdicts hold a false one. far: the primary claims whose sides do differ, by ten
    standard errors; nothing else differs. The claims of a problem have the same runs: they correlate at 0.5.
    """
    count = primary + others
    runs = np.sqrt(0.5) * random.normal(size=(6, 1)) + np.sqrt(0.5) * random.normal(size=(6, count))
    true = np.isin(np.arange(count), far)
    claims = {k: paired(runs[:, k] + 10 * true[k] / np.sqrt(6), np.zeros(6)) for k in range(count)}
    found = compare.decided(claims, range(primary), (primary, others))
    return any(not true[k] and found[k].verdict in ("better", "worse") for k in claims)


# --- rates ---


def wrong(found: Comparison, kind: Kind, margin: float) -> bool:
    """Whether a comparison, alone in its family, gives a verdict where each verdict is false."""
    one = compare.asked(found, kind, margin, "higher")
    return compare.decided({0: one}, (), (0, 1))[0].verdict not in ("undecided", "described")


SHIFTS: Mapping[Kind, float] = {"difference": 0.0, "equivalence": MARGIN, "non-inferiority": -MARGIN}


def over_seeds(config: Calibration) -> Iterable[tuple[str, str, Kind, float]]:
    for name, world in OVER_SEEDS.items():
        for rule, (runs, test) in RULES.items():
            for kind in KINDS:
                random = np.random.default_rng([config.seed, len(name), len(rule), len(kind)])
                count = 0
                for _ in range(config.worlds):
                    a, b = world(random, runs)
                    count += wrong(test(a + SHIFTS[kind], b), kind, MARGIN)
                yield name, rule, kind, count / config.worlds


def with_units(config: Calibration) -> Iterable[tuple[str, str, Kind, float]]:
    """On a test set and over subjects. The margin is four typical standard errors."""
    made: list[tuple[str, str, int, Callable[[Random], Comparison]]] = []
    for name, world in ON_A_TEST_SET.items():
        made.append((name, "two-way t, sentences", config.test_sets, partial(_of_test_set, world)))
    for name, sizes in OVER_SUBJECTS.items():
        made.append((name, "two-way t, subjects", config.faces, partial(_of_faces, sizes)))
    for name, rule, worlds, of in made:
        random = np.random.default_rng([config.seed, len(name), len(rule)])
        found = [one for one in (of(random) for _ in range(worlds)) if one.error is not None]
        margin = 4 * float(np.median([one.error for one in found if one.error is not None]))
        for kind in KINDS:
            moved = [_moved(one, SHIFTS[kind] * margin / MARGIN) for one in found]
            yield name, rule, kind, sum(wrong(one, kind, margin) for one in moved) / worlds


def _of_test_set(world: Mapping[str, Any], random: Random) -> Comparison:
    return compare.two_way(*test_set(random, **world), np.arange(SENTENCES))


def _of_faces(sizes: tuple[int, int], random: Random) -> Comparison:
    return comparisons.compared(*faces(random, folds=sizes[0], subjects=sizes[1]))


def _moved(found: Comparison, by: float) -> Comparison:
    """The same comparison with the first mean raised by this much."""
    return replace(found, means=(found.means[0] + by, found.means[1]))


def of_families(
    config: Calibration, sizes: Mapping[str, tuple[int, int]]
) -> Iterable[tuple[str, str, float]]:
    """sizes: by problem the number of its primary and of its other claims."""
    for problem, (primary, others) in sizes.items():
        for differing in range(primary + 1):
            random = np.random.default_rng([config.seed, len(problem), differing])
            count = sum(family(random, primary, others, range(differing)) for _ in range(config.worlds))
            yield problem, f"{differing} of {primary} primary claims differ", count / config.worlds


def power(error: float, freedom: float, difference: float, level: float) -> float:
    """The probability that a t-test at this level finds a difference: by the noncentral t."""
    critical = float(stdtrit(freedom, 1 - level / 2))
    return float(1 - nctdtr(freedom, difference / error, critical))


@dataclass(frozen=True)
class Records:
    """What is recorded: of the sentences' main effects and pairs the standard error and degrees of freedom.

    runs: the fingerprints of the results. sizes: by problem the number of its primary and other claims.
    """

    errors: Mapping[str, tuple[float, float]]
    sizes: Mapping[str, tuple[int, int]]
    runs: Sequence[str] = ()


def evaluate(config: Calibration, data: Records, trained: Trained, *, seed: int) -> Findings:
    """Rates of false verdicts by world, rule and kind, and what half a point would be found with.

    Scalars: the worst rate of each kind over the worlds but those of `LIMITS`, the worst rate within these,
    the worst of a problem's claims together; power: of the main effects, the least; pair_power: of two
    networks.
    """
    worlds: dict[str, list[Any]] = {}
    families: dict[str, list[Any]] = {}
    powers: dict[str, list[Any]] = {}
    for name, rule, kind, rate in (*over_seeds(config), *with_units(config)):
        add_row(worlds, world=name, rule=rule, kind=kind, rate=rate)
    for problem, truth, rate in of_families(config, data.sizes):
        add_row(families, problem=problem, truth=truth, rate=rate)
    primary, others = data.sizes["text_cnn"]
    for name, (error, freedom) in data.errors.items():
        level = compare.ALPHA / (primary if name in of_main() else others)
        found = power(error, freedom, HALF_A_POINT, level)
        add_row(powers, claim=name, error=error, freedom=freedom, level=level, power=found)
    tables = {"worlds": worlds, "families": families, "powers": powers}
    return Findings(dict(derived(tables)), tables, {}, {})


def derived(tables: Mapping[str, Mapping[str, Sequence[Any]]]) -> Iterable[tuple[str, float]]:
    """The scalars that follow from the tables."""
    worlds, powers = tables["worlds"], tables["powers"]
    rows = list(zip(*(worlds[name] for name in ("world", "kind", "rate")), strict=True))
    names = "false_positive_rate", "false_equivalence", "false_non_inferiority"
    for kind, name in zip(KINDS, names, strict=True):
        yield name, max(rate for world, of, rate in rows if of == kind and world not in LIMITS)
    for limit in dict.fromkeys(LIMITS.values()):
        yield f"{limit}/rate", max(rate for world, _, rate in rows if LIMITS.get(world) == limit)
    yield "family_wise_rate", max(tables["families"]["rate"])
    found = dict(zip(powers["claim"], powers["power"], strict=True))
    for name, main in (("power", True), ("pair_power", False)):
        yield name, min(one for claim, one in found.items() if (claim in of_main()) == main)


# --- what is recorded ---


MAIN = ("max", "avg"), ("5", "7")
PAIRS = ("max_5", "avg_5"), ("max_7", "avg_7"), ("max_5", "max_7"), ("avg_5", "avg_7")


def load(data_dir: Path | None) -> Records:
    """The standard errors of the recorded runs, and the claims that the homework's report declares."""
    runs = [store.load(folder) for folder in homework.sentence_runs()]
    errors = {}
    for a, b in (*MAIN, *PAIRS):
        sides = sentences.answers(runs, a), sentences.answers(runs, b)
        found = compare.two_way(*sides, sentences.texts(runs[0]))
        if found.error is not None:
            errors[f"{a} and {b}"] = found.error, found.freedom
    return Records(errors, homework.claim_counts(), homework.fingerprints())


def of_main() -> list[str]:
    return [f"{a} and {b}" for a, b in MAIN]


def standin() -> Records:
    """Made-up errors."""
    return Records({"max and avg": (0.1, 12.0), "max_5 and avg_5": (0.15, 12.0)}, {"text_cnn": (2, 3)})


def digest(found: Records) -> str:
    """sha256 (hex) of the results and of the number of claims."""
    return homework.digest_of_records(found.runs, found.sizes)
