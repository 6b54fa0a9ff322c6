"""What is said of the gap to the reference follows from the numbers, in every direction."""

import pytest

from assignment3.page import gap
from assignment3.page.tables import text_cnn
from assignment3.shared.quoted import stated
from writeup.page.context import Recorded
from writeup.results import values
from writeup.results.store import Result

THERE = stated()["text_cnn"]["accuracy"]


def recorded(
    accuracy: dict[str, float], tuned: dict[str, float] | None = None, **others: dict[str, float]
) -> Recorded:
    """Two runs of each part, alike but for the seed; contained and validation accuracies as the others."""
    parts = {"text_cnn": accuracy, **({"text_cnn_tuned": tuned} if tuned else {}), **others}
    results = {}
    for part, found in parts.items():
        scalars = {}
        for variant, x in found.items():
            names = ("phrase_accuracy", "phrase_accuracy_contained", "validation_accuracy")
            scalars |= {f"{variant}/{name}": x + i for i, name in enumerate(names)}
            scalars[f"{variant}/sentence_accuracy"] = x - 10
        if part.startswith("phrases"):
            scalars = found
        provenance = {"fingerprint": part}
        results[part] = [Result(part, seed, scalars, provenance=provenance) for seed in (0, 1)]
    return Recorded(results, values.of(run for runs in results.values() for run in runs))


def moved(by: float) -> dict[str, float]:
    return {variant: x + by for variant, x in THERE.items()}


def test_the_differences_are_ours_less_the_references() -> None:
    said = gap.differences(recorded(moved(-3.5), moved(0.25) | {"max_7": THERE["max_7"] - 1}))
    assert "assignment's settings 4 of 4 mean accuracies on test phrases lie below" in said
    assert said.count("$-3.50$ (") == 4
    assert "tuned settings 1 of 4 mean accuracies on test phrases lies below" in said
    assert said.count("0.25 (") == 3 and "$-1.00$ (max, 7)" in said
    assert "0 of 4 mean accuracies on test phrases lie below" in gap.differences(recorded(moved(1)))


def test_a_setting_that_the_reference_lacks_is_not_compared() -> None:
    said = gap.differences(recorded({"max_3": 80.0, "max_5": THERE["max_5"] - 2}))
    assert "1 of 1" in said and "max, 3" not in said
    assert gap.differences(recorded({"max_3": 80.0})) == ""


@pytest.mark.parametrize(("highest", "expected"), [(90.0, ["below"] * 2), (92.5, ["below", "not below"])])
def test_the_highest_mean_stands_beside_the_references_lowest(highest: float, expected: list[str]) -> None:
    said = gap.contained(recorded({"max_5": 85.0, "avg_5": highest}))
    lowest = min(THERE.values())
    found = [highest + 1, highest + 2]  # contained, validation
    assert expected == ["below" if x < lowest else "not below" for x in found]
    for x, words in zip(found, expected, strict=True):
        assert f"{x:.2f}\\,\\%, {words} the reference's" in said


def test_conflicts_cost_at_most_their_share() -> None:
    counts = {"duplicates": 371.0, "conflicts": 5.0, "test_conflicts": 3.0, "test_phrases": 2000.0}
    said = gap.conflicts(recorded({}, phrases=counts))
    assert "Of all phrases 371 repeat" in said and "5 texts" in said and "3 test phrases" in said
    assert "costs 0.15 points at most" in said


def test_the_splits_are_compared_setting_by_setting() -> None:
    ours = {"avg_5": 90.0, "max_5": 91.0}
    found = recorded(ours, text_cnn_by_sentence={"avg_5": 85.0, "max_5": 87.5})
    assert "is 3.50 to 5.00 points lower after the split by sentence over 2 settings" in gap.by_sentence(
        found
    )
    mixed = recorded(ours, text_cnn_by_sentence={"avg_5": 89.0, "max_5": 92.0})
    assert "is $-1.00$ to 1.00 points over 2 settings" in gap.by_sentence(mixed)
    one = recorded(ours, text_cnn_by_sentence={"max_5": 92.0})
    assert "is 1.00 points over 1 setting (" in gap.by_sentence(one)


def test_the_table_has_a_row_a_setting_and_marks_the_tuned_ones() -> None:
    found = recorded(moved(-3), moved(-2), text_cnn_by_sentence=moved(-8))
    table = text_cnn.text_cnn(found)
    assert len(table.rows) == 8 and all(len(row) == len(table.head) for row in table.rows)
    first, last = table.rows[0], table.rows[-1]
    variant = next(iter(THERE))
    assert [str(cell) for cell in first] == [
        "assignment's",
        variant.replace("_", ", "),
        f"{THERE[variant]:.2f}",
        *(f"${THERE[variant] - less:.2f} \\pm 0.00$" for less in (3, 8, 13)),
    ]
    assert str(last[0]) == "tuned*" and last[2] == last[4] == ""  # no reference; not run by sentence
    bold = [[str(row[i]) for row in table.rows if "mathbf" in str(row[i])] for i in (3, 4, 5)]
    highest = max(THERE.values())
    for cells, less in zip(bold, (2, 8, 12), strict=True):
        assert len(cells) == 1 and f"{highest - less:.2f}" in cells[0]
