"""Tables, figure, notes and claims of problem 1 on made-up results whose numbers are known."""

from dataclasses import replace

import numpy as np
import pytest

from assignment3.shared.quoted import stated
from assignment3.text_cnn import comparisons, declared, figures, tables
from writeup.declare import Claim
from writeup.page.context import Recorded
from writeup.results import compare, values
from writeup.results.store import Result

SENTENCES = 400
NETWORKS = {"avg_5": 0.90, "max_5": 0.95, "avg_7": 0.89, "max_7": 0.94}
BASELINES = {"bag_of_words": 0.93, "mean_of_embeddings": 0.92}


def run(part: str, seed: int, rates: dict[str, float]) -> Result:
    """A run whose networks are right on so large a share of the sentences."""
    random = np.random.default_rng([seed, len(part)])
    ease = np.random.default_rng(0).permutation(SENTENCES) / SENTENCES  # of the sentences, the same for all
    scalars = {"test_sentences": float(SENTENCES)}
    arrays = {
        "known": np.packbits(np.zeros(SENTENCES, bool)),
        "repeats": np.array([[7, 3], [9, 3]], np.int32),
    }
    logs: dict[str, dict[str, list[float]]] = {}
    for network, rate in rates.items():
        right = ease + 0.02 * random.normal(size=SENTENCES) < rate
        for place in (network, f"{network}/last_epoch"):
            arrays[f"{place}/right"] = np.packbits(right)
            scalars[f"{place}/test_accuracy"] = 100 * float(right.mean())
        scalars |= {f"{network}/best_epoch": 2.0, f"{network}/dev_accuracy": 100 * rate}
        scalars |= {
            f"{network}/test_accuracy_new": 100 * rate - 1,
            f"{network}/last_epoch/dev_accuracy": 90.0,
        }
        logs[network] = {
            "epoch": [1, 2, 3],
            "train_loss": [0.5, 0.2, 0.1],
            "dev_loss": [0.4, 0.3, 0.5],
            "dev_accuracy": [80.0, 100 * rate, 90.0 + seed],
        }
    mistakes = {
        "text": ["not bad at all", "what a day"],
        "truth": [1, 0],
        "probability": [0.0001, 0.912],
    }
    effects = {
        "sentence": [0, 0, 0, 0, 1, 1, 1],
        "word": ["not", "bad", "at", "all", "what", "a", "day"],
        "effect": [-2.5, -4.0, 1.0, 3.0, -1.0, 0.5, 2.0],
    }
    ngrams = {
        "filter": [4, 4, 1],
        "sign": ["positive", "positive", "negative"],
        "weight": [0.3, 0.3, -0.2],
        "ngram": ["so good", "the best", "never again"],
        "activation": [2.0, 1.5, 1.25],
    }
    found = {"mistakes": mistakes, "effects": effects, "ngrams": ngrams}
    return Result(part, seed, scalars, found, logs, arrays, {"fingerprint": f"{part}{seed}"})


def recorded(results: dict[str, list[Result]]) -> Recorded:
    v = values.of([one for runs in results.values() for one in runs])
    return Recorded(results, v, {}, {}, {"text_cnn": results["text_cnn"][0]})


@pytest.fixture(scope="module")
def everything() -> Recorded:
    parts = {"text_cnn": [run("text_cnn", seed, NETWORKS | BASELINES) for seed in range(6)]}
    for name in ("normal_start", "masked", "like_length"):
        part = f"text_cnn_{name}"
        parts[part] = [run(part, seed, {k: x - 0.02 for k, x in NETWORKS.items()}) for seed in range(5)]
    tuned = []
    for seed in range(5):
        one = run("text_cnn_tuned", seed, {"side_by_side": 0.97, "member_1": 0.96})
        scalars = {k: x for k, x in one.scalars.items() if k != "side_by_side/best_epoch"}
        tuned.append(
            replace(one, scalars=scalars | {"member/test_accuracy": 94.0, "member/dev_accuracy": 96.5})
        )
    return recorded(parts | {"text_cnn_tuned": tuned})


def cells(table: tables.Table) -> dict[str, list[str]]:
    columns = zip(*table.rows, strict=True)
    return {
        str(head): [str(cell) for cell in column] for head, column in zip(table.head, columns, strict=True)
    }


# --- tables ---


def test_the_first_table_has_every_network_beside_the_reference(everything: Recorded) -> None:
    found = cells(tables.accuracies(everything))
    assert len(found["network"]) == 7 and found["network"][-1] == "the tuned network"
    assert found["reference"] == ["94.21", "94.12", "95.24", "94.87", "", "", ""]
    for cell, name in zip(found["ours, last epoch"], ("avg_5", "avg_7", "max_5", "max_7"), strict=False):
        value = everything.v[f"text_cnn/{name}/last_epoch/test_accuracy"]
        assert cell.startswith(f"${value.mean:.2f}")
    assert [i for i, cell in enumerate(found["ours"]) if "mathbf" in cell or "textbf" in cell] == [6]


def test_the_table_of_epochs_has_every_network_and_marks_the_best(everything: Recorded) -> None:
    found = cells(tables.epochs(everything))
    assert len(found["network"]) == 8
    assert found["network"][-2:] == ["the tuned network", "one of its members"]
    assert found["epoch kept"][-2:] == ["", ""]
    bold = [i for i, cell in enumerate(found["test"]) if "mathbf" in cell]
    assert bold == [6]
    assert found["development"][1] == "89.00"  # avg_7
    assert found["test, new"][0] == "89.00"


def test_the_table_of_settings_has_the_changes_and_the_published_solutions(everything: Recorded) -> None:
    found = cells(tables.settings(everything))
    assert found["settings"][0] == "as set" and found["settings"][-1] == "published solution B"
    assert found["maximum, 5"][-2:] == ["94.15", "95.33"] and found["average, 7"][-2:] == ["93.09", "93.40"]
    assert len(found["settings"]) == 6
    alone = recorded({"text_cnn": list(everything.results["text_cnn"])})
    assert len(tables.settings(alone).rows) == 3


def test_a_shortened_report_has_fewer_networks() -> None:
    alone = recorded({"text_cnn": [run("text_cnn", 0, {"max_5": 0.9})]})
    found = cells(tables.accuracies(alone))
    assert found["reference"] == ["95.24"]
    assert len(tables.epochs(alone).rows) == 1
    other = recorded({"text_cnn": [run("text_cnn", 0, {"max_3": 0.9})]})
    assert cells(tables.accuracies(other))["reference"] == [""]
    assert tables.beside_reference(other) == {}


def test_a_filter_is_named_once(everything: Recorded) -> None:
    found = cells(tables.filters(everything))
    assert found["filter"] == ["4", "", "1"] and found["weight"] == ["0.30", "", "$-0.20$"]


# --- notes ---


def test_our_figures_are_told_beside_the_references(everything: Recorded) -> None:
    theirs = stated()["text_cnn"]["accuracy"]
    found, v = tables.beside_reference(everything), everything.v
    less = {name: v[f"text_cnn/{name}/test_accuracy"].mean - theirs[name] for name in NETWORKS}
    assert found["less"] == less and found["most"] == max(abs(one) for one in less.values())
    assert found["last"] == theirs["avg_5"] - v["text_cnn/avg_5/last_epoch/test_accuracy"].mean
    assert found["parted"] == (less["max_5"] > 0 > less["avg_5"] and less["max_7"] > 0 > less["avg_7"])
    assert tables.falls(everything) == pytest.approx({"max": 5.0, "avg": 0.0})
    assert tables.order(everything) == {"same": True}


def test_negations_are_counted_as_words(everything: Recorded) -> None:
    found = tables.negations(everything)
    assert (found["shown"], found["negated"], found["mostly"]) == (2, 1, False)


def test_networks_are_named_in_the_sheets_order(everything: Recorded) -> None:
    assert list(tables.networks_in_words(everything)) == ["avg_5", "max_5", "avg_7", "max_7"]


# --- the figure ---


def test_the_figure_has_a_curve_for_each_network_with_a_convolution(everything: Recorded) -> None:
    (axes,) = figures.loss(everything.results["text_cnn"]).axes
    drawn = {line.get_label(): line.get_ydata()[-1] for line in axes.lines}
    assert len(drawn) == 4 and drawn["maximum, $H' = 5$"] == pytest.approx(92.5)  # mean of 90 to 95


def test_its_alternative_text_tells_the_turn(everything: Recorded) -> None:
    said = figures.alt_loss(everything.results["text_cnn"])
    assert "maximum pooling with kernel size 5 goes from 80.0 to 95.0 in epoch 2, its highest" in said
    assert "and to 92.5 percent in epoch 3" in said and "bag" not in said


def test_the_diagram_counts_the_windows_of_its_sentence(everything: Recorded) -> None:
    config = {"kernel_sizes": [3, 7], "embedding_dim": 300, "feature_maps": 128}
    run = replace(everything.typical["text_cnn"], provenance={"train": {"config": config}})
    said = figures.alt_model([run])
    assert "\u201cnot bad at all\u201d" in said and "4 words" in said and "in 2 windows" in said
    shown = [text.get_text() for text in figures.model([run]).axes[0].texts]
    assert {"not", "bad", "at", "all"} <= set(shown) and "$F = 128$ filters\n$H'' = H - H' + 1 = 2$" in shown


def test_a_bar_is_as_high_as_the_words_effect_and_turned_to_its_side(everything: Recorded) -> None:
    run = everything.typical["text_cnn"]
    axes = figures.words([run]).axes[0]
    heights = [patch.get_height() for patch in axes.patches]
    effects = run.tables["effects"]["effect"]
    assert np.array(heights) / heights[1] == pytest.approx(np.array(effects) / effects[1])
    said = figures.alt_words([run])
    assert "\u201cnot bad at all\u201d is positive; \u201cbad\u201d moves the logit by -4.0" in said
    assert "positive: \u201cso good\u201d; negative: \u201cnever again\u201d" in said


def test_both_kinds_of_mistakes_are_drawn(everything: Recorded) -> None:
    texts = [str(k) for k in range(9)]
    mistakes = {"text": texts, "truth": [1] * 8 + [0], "probability": [0.5] * 9}
    run = replace(everything.typical["text_cnn"], tables={"mistakes": mistakes})
    assert figures.misread(run) == [(k, str(k), 1) for k in range(3)] + [(8, "8", -1)]


# --- claims ---


def by_name(name: str) -> Claim:
    return next(claim for claim in declared.CLAIMS if claim.name == name)


def rights(rec: Recorded, part: str, network: str) -> np.ndarray:
    bits = [one.arrays[f"{network}/right"] for one in rec.results[part]]
    return np.stack([np.unpackbits(one, count=SENTENCES) for one in bits]).astype(bool)


def test_identical_sentences_are_one_unit(everything: Recorded) -> None:
    units = comparisons.texts(everything.results["text_cnn"][0])
    assert units[7] == units[9] == units[3] == 3 and len(set(units.tolist())) == SENTENCES - 2


def test_a_pair_is_tested_over_runs_and_sentences(everything: Recorded) -> None:
    found = comparisons.on_sentences(everything, by_name("text_cnn/max_5/avg_5"))
    a, b = rights(everything, "text_cnn", "max_5"), rights(everything, "text_cnn", "avg_5")
    units = np.arange(SENTENCES)
    units[[7, 9]] = 3
    assert found == compare.two_way(a, b, units)
    assert found is not None and found.difference == pytest.approx(100 * (a.mean() - b.mean()))


@pytest.mark.parametrize(("name", "sides"), [("pooling", ("max", "avg")), ("kernel", ("5", "7"))])
def test_main_effects_are_means_over_the_other_choice(
    everything: Recorded, name: str, sides: tuple[str, str]
) -> None:
    found = comparisons.on_sentences(everything, by_name(f"text_cnn/{name}"))
    means = []
    for side in sides:
        networks = [one for one in NETWORKS if side in one.split("_")]
        assert len(networks) == 2
        means.append(np.mean([rights(everything, "text_cnn", one).mean() for one in networks]))
    assert found is not None and found.means == pytest.approx([100 * mean for mean in means])
    assert found.counts == (6, 6)


def test_parts_with_other_seeds_are_compared_on_those_they_share(everything: Recorded) -> None:
    found = comparisons.on_sentences(everything, by_name("text_cnn/tuned/bag_of_words"))
    assert found is not None and found.counts == (5, 5)
    expected = rights(everything, "text_cnn", "bag_of_words")[:5].mean()
    assert found.means[1] == pytest.approx(100 * expected)


def test_few_runs_are_described_and_missing_ones_are_left_out(everything: Recorded) -> None:
    few = recorded({"text_cnn": list(everything.results["text_cnn"][:2])})
    found = comparisons.on_sentences(few, by_name("text_cnn/pooling"))
    assert found is not None and not found.tested and found.counts == (2, 2)
    assert comparisons.on_sentences(few, by_name("text_cnn/tuned/max_5")) is None
    one_size = recorded({"text_cnn": [run("text_cnn", 0, {"max_5": 0.9, "avg_5": 0.8})]})
    assert comparisons.on_sentences(one_size, by_name("text_cnn/kernel")) is None


def test_claims_are_named_once_and_two_are_primary() -> None:
    names = [claim.name for claim in declared.CLAIMS]
    assert len(set(names)) == len(names)
    assert [claim.name for claim in declared.CLAIMS if claim.primary] == [
        "text_cnn/pooling",
        "text_cnn/kernel",
    ]
    assert {claim.kind for claim in declared.CLAIMS} == {"difference"}
    assert {claim.measure.margin for claim in declared.CLAIMS} == {0.5}
