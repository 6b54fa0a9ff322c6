"""Which sentences follow from made-up runs, in all directions."""

import numpy as np
import pytest

from assignment3.page import claims
from writeup.page.context import Recorded
from writeup.results.store import Result
from writeup.results.values import Values


def runs(part: str, values: dict[str, list[float]]) -> list[Result]:
    count = len(next(iter(values.values())))
    return [
        Result(part, seed, {name: column[seed] for name, column in values.items()}) for seed in range(count)
    ]


@pytest.mark.parametrize(
    ("score", "distance", "verdicts"),
    [
        ([9.0, 9.1, 9.2], [1.0, 0.9, 1.1], ("greater", "greater")),  # a smaller distance is better
        ([7.0, 7.1, 7.2], [9.0, 9.1, 9.3], ("less", "less")),
        ([7.9, 8.1, 8.0], [5.2, 4.9, 5.0], ("unclear", "unclear")),
    ],
)
def test_tuned_settings_are_compared_seed_by_seed(
    score: list[float], distance: list[float], verdicts: tuple[str, str]
) -> None:
    plain = {"classifier_score": [8.0, 8.1, 7.9], "frechet_distance": [5.0, 5.1, 4.9]}
    tuned = {"classifier_score": score, "frechet_distance": distance}
    found = claims.settings_compared(
        "gan", {"gan": runs("gan", plain), "gan_tuned": runs("gan_tuned", tuned)}
    )
    assert tuple(claim.comparison.verdict for claim in found.values()) == verdicts


def test_settings_are_compared_over_common_seeds_and_need_two() -> None:
    plain = runs("gan", {"classifier_score": [8.0, 8.1], "frechet_distance": [5.0, 5.1]})
    tuned = runs("gan_tuned", {"classifier_score": [9.0, 9.2, 1.0], "frechet_distance": [1.0, 1.2, 9.0]})
    found = claims.settings_compared("gan", {"gan": plain, "gan_tuned": tuned})["classifier_score"].comparison
    assert (found.runs, found.difference) == (2, pytest.approx(1.05))
    assert claims.settings_compared("gan", {"gan": plain, "gan_tuned": tuned[:1]}) == {}
    assert claims.settings_compared("gan", {"gan": plain}) == {}


def test_a_majority_of_runs_decides() -> None:
    right = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 0, 0]], bool)
    assert claims.majority(right) == 50.0
    assert claims.majority(right[:2]) is None  # one to one is no majority


def test_equal_training_is_compared_in_the_direction_of_each_measure() -> None:
    rows = {
        "text_cnn": (1, [90.0, 90.2, 90.1], [92.0, 92.3, 92.0]),
        "cvae": (-1, [100.0, 101.0, 100.0], [103.0, 104.2, 103.1]),
        "gan": (-1, [5.0, 6.0, 7.0], [6.1, 5.0, 6.9]),
    }
    tables = {
        "parts": {"part": list(rows), "sign": [sign for sign, *_ in rows.values()]},
        "runs": {
            "part": [part for part in rows for _ in range(3)],
            "plain": [value for _, plain, _ in rows.values() for value in plain],
            "ours": [value for *_, ours in rows.values() for value in ours],
        },
    }
    run = Result("quality", 0, {}, tables)
    recorded = Recorded({"quality": [run]}, Values())
    verdicts = {part: claim.comparison.verdict for part, claim in claims.quality(recorded).items()}
    assert verdicts == {"text_cnn": "greater", "cvae": "less", "gan": "unclear"}
