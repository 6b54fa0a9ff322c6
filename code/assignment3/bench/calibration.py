"""How often does the rule of the claims err? Whole reports are simulated in worlds without any difference.

A world has this report's claims, runs, folds and test set; the spreads are those of the recorded runs or
multiples of them. Whatever the rule then calls better or worse is false. No torch.

Differences of folds are normal here, correlated as Nadeau and Bengio assume. How the recorded ones are
distributed is not known; in a trial with heavier tails (not recorded) the test on folds erred in up to 7 %.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assignment3.config import Calibration
from writeup.bench.setting import Setting
from writeup.results import compare
from writeup.results.compare import Comparison
from writeup.results.store import Findings

Random = np.random.Generator
VARIANTS = (("max", 5), ("avg", 5), ("max", 7), ("avg", 7))
METRICS = ((0, 1), (0, 2), (1, 2), (1, 3), (1, 4))  # the claims about five ways to compare faces
KINDS = "phrases", "folds", "seeds"


@dataclass(frozen=True)
class Regime:
    """How the runs spread."""

    name: str
    runs: float  # times their recorded spread on the test phrases
    freedom: float  # of Student's distribution, from which runs are drawn; large: normal


REGIMES = (
    Regime("as recorded", 1.0, 1e6),
    Regime("runs alike", 0.0, 1e6),
    Regime("runs ten times as far apart", 10.0, 1e6),
    Regime("three times, heavy tails", 3.0, 3.0),
)


def measure(setting: Setting) -> Findings:
    """Rates of false verdicts by regime. A claim by itself is not corrected, those of a report are.

    false_positive_rate: over all claims, each by itself; family_wise_rate: of reports with any; in the worst
    regime both. standard_error: of a rate of 5 % by so many reports.
    """
    config: Calibration = setting.config
    rows: list[dict[str, Any]] = []
    for regime in REGIMES:
        row = simulate(regime, config)
        rows.append(row)
        setting.say(", ".join(f"{k} {v:.4f}" if isinstance(v, float) else str(v) for k, v in row.items()))
    scalars = {
        "reports": float(config.reports),
        "regimes": float(len(REGIMES)),
        "standard_error": float(np.sqrt(compare.ALPHA * (1 - compare.ALPHA) / config.reports)),
        "false_positive_rate": max(row["claim"] for row in rows),
        "family_wise_rate": max(row["report"] for row in rows),
    }
    return Findings(scalars, {"regimes": {name: [row[name] for row in rows] for name in rows[0]}})


def simulate(regime: Regime, config: Calibration) -> dict[str, Any]:
    """Of one regime the share of false verdicts: of claims by kind, of all claims, and of whole reports."""
    random = np.random.default_rng(config.seed)
    sizes = 1 + random.binomial(config.largest_sentence - 1, config.sentence_share, config.sentences)
    sentences = np.repeat(np.arange(config.sentences), sizes)
    false, made, reports = Counter[str](), Counter[str](), 0
    for _ in range(config.reports):
        claims = dict(report(regime, config, sentences, random))
        made.update(kind for kind, _ in claims)
        false.update(key[0] for key, one in claims.items() if decided(compare.corrected({key: one})[key]))
        reports += any(decided(one) for one in compare.corrected(claims).values())
    rates = {kind: false[kind] / made[kind] for kind in KINDS}
    return {
        "regime": regime.name,
        **rates,
        "claim": false.total() / made.total(),
        "report": reports / config.reports,
    }


def decided(one: Comparison) -> bool:
    """Whether the verdict names a better side: false in a world without a difference."""
    return one.verdict in ("better", "worse")


def report(
    regime: Regime, config: Calibration, sentences: NDArray[np.int64], random: Random
) -> Iterator[tuple[tuple[str, int], Comparison]]:
    """The claims of one report: both settings of the text CNN, the folds of the faces, numbers a run."""
    number = 0
    for _ in range(config.settings):
        right = classifiers(regime, config, sentences, random)
        for a, b in combinations(range(len(VARIANTS)), 2):
            if sum(x == y for x, y in zip(VARIANTS[a], VARIANTS[b], strict=True)) == 1:
                yield ("phrases", number), on_phrases(right[a], right[b], sentences, config.draws)
                number += 1
    areas = methods(config, random)
    for a, b in METRICS:
        yield ("folds", number), over_folds(config, areas[a], areas[b])
        number += 1
    for pair in range(config.seed_claims):
        x, y = noise(regime, (2, config.runs), random)
        yield ("seeds", pair), compare.paired_t(list(x), list(y))


def on_phrases(
    a: NDArray[np.bool_], b: NDArray[np.bool_], sentences: NDArray[np.int64], draws: int
) -> Comparison:
    """As `assignment3.page.claims.on_phrases` tests two variants."""
    over_runs = compare.paired_t_on_clusters(a, b, sentences)
    return compare.both(over_runs, compare.clustered_bootstrap(a, b, sentences, draws=draws))


def classifiers(
    regime: Regime, config: Calibration, sentences: NDArray[np.int64], random: Random
) -> NDArray[np.bool_]:
    """Whether each variant's runs are right on each test phrase: bool [variants, runs, phrases].

    A phrase is right where the sum of normal terms exceeds a level: what all networks find easy, what one
    variant does (both in part common to a sentence), what one run does, and how good the run is over all.
    Variants differ by chance alone: over all sentences they are equally good.
    """
    count, phrases = len(VARIANTS), len(sentences)

    def of_sentences(shape: tuple[int, ...]) -> NDArray[np.float32]:
        per_sentence = random.standard_normal((*shape, config.sentences), np.float32)
        per_phrase = random.standard_normal((*shape, phrases), np.float32)
        mixed = np.sqrt(config.within_sentence) * per_sentence[..., sentences]
        return np.asarray(mixed + np.sqrt(1 - config.within_sentence) * per_phrase, np.float32)

    ease, taste = of_sentences(()), config.taste * of_sentences((count,))
    single = config.single * random.standard_normal((count, config.runs, phrases), np.float32)
    level = regime.runs * config.run_spread * noise(regime, (count, config.runs, 1), random)
    right: NDArray[np.bool_] = ease + taste[:, None] + single + level.astype(np.float32) > -config.level
    return right


def methods(config: Calibration, random: Random) -> NDArray[np.float64]:
    """Areas of five methods by fold, normal, with the correlation that Nadeau and Bengio (2003, 3.2) assume.

    How the folds of the faces really correlate is not known; the rate of their claims holds as far as this.
    """
    share = config.test_to_train / (1 + config.test_to_train)
    common, own = random.standard_normal((5, 1)), random.standard_normal((5, config.folds))
    areas: NDArray[np.float64] = np.sqrt(share) * common + np.sqrt(1 - share) * own
    return areas


def over_folds(config: Calibration, a: NDArray[np.float64], b: NDArray[np.float64]) -> Comparison:
    """As `assignment3.page.claims.over_folds` tests two methods."""
    return compare.corrected_resampled_t(list(a), list(b), test_to_train=config.test_to_train)


def noise(regime: Regime, shape: Sequence[int], random: Random) -> NDArray[np.float64]:
    """Student's distribution with the regime's degrees of freedom, with unit scale."""
    drawn: NDArray[np.float64] = random.standard_t(regime.freedom, tuple(shape))
    return drawn
