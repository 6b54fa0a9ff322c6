"""How far the text CNN stays from the reference's accuracies, and what was measured of possible reasons.

The sentences are made from the recorded numbers. The reference's figures are single ones on a test set that
is not known, so that differences from them are described and not tested.
"""

from assignment3.page.tables.text_cnn import text_variants
from assignment3.shared.cells import settings_of
from assignment3.shared.quoted import stated
from writeup.page.context import Recorded
from writeup.page.templating import Tex, fixed, integer, pct, sentence


def differences(recorded: Recorded) -> Tex:
    """Ours less the reference's, setting by setting, and how many of them are below zero."""
    there = stated()["text_cnn"]["accuracy"]
    clauses = []
    for part, settings in settings_of("text_cnn", recorded.results).items():
        less = {
            variant: recorded.v[f"{part}/{variant}/phrase_accuracy"].mean - accuracy
            for variant, accuracy in there.items()
            if f"{part}/{variant}" in text_variants(recorded.results)
        }
        if not less:
            continue
        listed = ", ".join(f"{fixed(x)} ({variant.replace('_', ', ')})" for variant, x in less.items())
        below = sum(x < 0 for x in less.values())
        clauses.append(
            f"with the {settings} settings {integer(below)} of {integer(len(less))} mean accuracies on test "
            f"phrases {'lies' if below == 1 else 'lie'} below the reference's, with differences of "
            f"{listed} points."
        )
    return Tex(" ".join(sentence(Tex(clause)) for clause in clauses))


def contained(recorded: Recorded) -> Tex:
    """The highest mean where a training phrase contains the test phrase, and where the epoch was chosen."""
    lowest = min(stated()["text_cnn"]["accuracy"].values())

    def highest(what: str) -> Tex:
        found = [f"{name}/{what}" for name in text_variants(recorded.results)]
        mean = max(recorded.v[name].mean for name in found if name in recorded.v)
        return Tex(f"{pct(mean)}, {'below' if mean < lowest else 'not below'} the reference's lowest figure")

    return Tex(
        "On those test phrases alone that a training phrase contains, the highest mean of any setting is "
        f"{highest('phrase_accuracy_contained')}; on the validation phrases, on which the epoch was chosen, "
        f"it is {highest('validation_accuracy')}."
    )


def conflicts(recorded: Recorded) -> Tex:
    """How many texts repeat or contradict each other, and what that can cost at most."""
    v = recorded.v
    cost = 100 * v["phrases/test_conflicts"].mean / v["phrases/test_phrases"].mean
    return Tex(
        f"Of all phrases {integer(v['phrases/duplicates'])} repeat an earlier one, and "
        f"{integer(v['phrases/conflicts'])} texts bear both labels; {integer(v['phrases/test_conflicts'])} "
        f"test phrases bear another label in training, which costs {fixed(cost)} points at most."
    )


def by_sentence(recorded: Recorded) -> Tex:
    """The accuracies after the split by sentence less those after the split by phrase."""
    v = recorded.v
    less = [
        v[split].mean - v[f"{name}/phrase_accuracy"].mean
        for name in text_variants(recorded.results)
        if (split := f"{name.replace('/', '_by_sentence/')}/phrase_accuracy") in v
    ]
    lower = max(less) < 0
    shown = sorted(-x if lower else x for x in less)
    ends = " to ".join(fixed(x) for x in dict.fromkeys((shown[0], shown[-1])))
    settings = f"{integer(len(less))} setting{'s' if len(less) > 1 else ''}"
    said = (
        f"is {ends} points lower after the split by sentence"
        if lower
        else f"after the split by sentence less that after the split by phrase is {ends} points"
    )
    return Tex(
        f"Accuracy on test phrases {said} over {settings} (other test phrases, so described and not tested)."
    )
