"""The given network: shapes, loss and gradient by hand, pairs, determinism, and what a run records."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from tests import small

from assignment3.data import faces as att
from assignment3.report import REPORT
from assignment3.siamese import checks, model, record, verification
from assignment3.siamese.model import ContrastiveLoss, SiameseNetwork
from assignment3.siamese.settings import Siamese
from writeup.results import store
from writeup.results.store import Result
from writeup.runs import checkpoints
from writeup.runs.record import Trained, save

TINY = Siamese(epochs=2, batch_size=24, held_out=(2, 5), folds=3, baseline_dim=5)
IMAGES = 6  # of each subject


def faces(subjects=7, seed=0):
    """Images of random subjects: a pattern of each, plus noise."""
    random = np.random.default_rng(seed)
    patterns = random.integers(0, 200, (subjects, 1, 28, 23))
    noise = random.integers(0, 56, (subjects, IMAGES, 28, 23))
    return SimpleNamespace(images=(patterns + noise).astype(np.uint8))


@pytest.fixture(scope="module")
def trained():
    return model.train(TINY, faces(), seed=3)


@pytest.fixture(scope="module")
def findings(trained):
    return model.evaluate(TINY, faces(), trained, seed=3)


# Network


def test_every_layer_has_the_shape_that_was_given():
    network = SiameseNetwork()
    shapes = []
    for layer in (*network.convolutions, *network.fully_connected):
        layer.register_forward_hook(lambda layer, _, out: shapes.append((type(layer), tuple(out.shape))))
    out = network.forward_once(torch.rand(3, 1, 100, 100))
    nn = torch.nn
    expected = []
    for channels, side in ((8, 100), (16, 50), (32, 25)):
        half = (3, channels, side // 2, side // 2)
        expected += [(nn.Conv2d, (3, channels, side, side)), (nn.MaxPool2d, half)]
        expected += [(nn.ReLU, half), (nn.BatchNorm2d, half)]
    expected += [(nn.Flatten, (3, 4608)), (nn.Linear, (3, 1024)), (nn.ReLU, (3, 1024))]
    expected += [(nn.Linear, (3, 512)), (nn.ReLU, (3, 512)), (nn.Linear, (3, 8))]
    assert shapes == expected and out.shape == (3, 8)


def test_the_network_has_the_parameters_counted_by_hand():
    convolutions = (9 * 1 + 1) * 8 + (9 * 8 + 1) * 16 + (9 * 16 + 1) * 32
    norms = 2 * (8 + 16 + 32)
    linear = 4609 * 1024 + 1025 * 512 + 513 * 8
    assert sum(p.numel() for p in SiameseNetwork().parameters()) == convolutions + norms + linear == 5_254_520


def test_batch_norm_sees_one_side_of_the_pairs_at_a_time():
    x1, x2 = torch.rand(2, 5, 1, 100, 100)
    network = SiameseNetwork()
    f1, f2 = network(x1, 0.1 * x2)
    assert torch.equal(f1, network.forward_once(x1)) and torch.equal(f2, network.forward_once(0.1 * x2))
    together = network.forward_once(torch.cat([x1, 0.1 * x2]))
    assert not torch.allclose(f1, together[:5], atol=1e-3)


def test_channels_last_computes_the_same():
    x = torch.rand(4, 1, 100, 100)
    torch.manual_seed(1)
    plain = SiameseNetwork()
    torch.manual_seed(1)
    assert torch.allclose(model.build(torch.device("cpu")).forward_once(x), plain.forward_once(x), atol=1e-5)


# Loss


def test_the_contrastive_loss_is_the_one_of_the_sheet():
    """Each pair on its own, by its formula, without halves; y = 1 for two people."""
    random = np.random.default_rng(0)
    f1, f2 = random.normal(size=(2, 40, 8)) / 3
    y = random.integers(2, size=40)
    terms = []
    for a, b, label in zip(f1.tolist(), f2.tolist(), y.tolist(), strict=True):
        d = math.sqrt(sum((p - q) ** 2 for p, q in zip(a, b, strict=True)))
        terms.append((1 - label) * d * d + label * max(0.0, 1.3 - d) ** 2)
    found = ContrastiveLoss(1.3)(torch.tensor(f1), torch.tensor(f2), torch.tensor(y))
    assert found.item() == pytest.approx(sum(terms) / 40, rel=1e-12)
    assert 0 < sum(term > 0 for term, label in zip(terms, y, strict=True) if label) < y.sum()


def test_the_gradient_pulls_one_person_together_and_pushes_two_apart_within_the_margin():
    """d/df1 is 2 d for one person, -2 (m - d) for two within the margin, 0 beyond it, each a third of it."""
    f1 = torch.tensor([[0.5, 0.0], [0.0, 1.5], [3.0, 0.0]], requires_grad=True)
    ContrastiveLoss(2.0)(f1, torch.zeros(3, 2), torch.tensor([0.0, 1.0, 1.0])).backward()
    expected = [[2 * 0.5 / 3, 0.0], [0.0, -2 * (2 - 1.5) / 3], [0.0, 0.0]]
    assert torch.allclose(f1.grad, torch.tensor(expected))


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_two_equal_embeddings_give_a_finite_gradient(y):
    f1 = torch.ones(1, 8, requires_grad=True)
    ContrastiveLoss()(f1, torch.ones(1, 8), torch.tensor([y])).backward()
    assert f1.grad.isfinite().all()


# Pairs and images


def test_half_of_the_pairs_show_one_person_and_every_pair_can_occur():
    generator = torch.Generator().manual_seed(0)
    drawn = [model.draw_pairs(4, 3, generator) for _ in range(2000)]
    first, second, y = (torch.cat(parts).numpy() for parts in zip(*drawn, strict=True))
    assert len(first) == 2000 * 12
    assert ((first // 3 != second // 3) == y.astype(bool)).all()
    assert y.mean() == pytest.approx(0.5, abs=0.02)
    counts = np.zeros((12, 12))
    np.add.at(counts, (first, second), 1)
    same = np.arange(12)[:, None] // 3 == np.arange(12) // 3
    assert counts[same] == pytest.approx(2000 * 12 / 2 / 36, rel=0.25)  # the very same picture among them
    assert counts[~same] == pytest.approx(2000 * 12 / 2 / 108, rel=0.4)


@pytest.mark.parametrize("shape", [(112, 92), (28, 23), (130, 140)])
def test_images_are_resized_as_pillow_does(shape):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    expected = np.asarray(Image.fromarray(image).resize((100, 100), Image.Resampling.BILINEAR)).astype(int)
    found = model.inputs(image[None])
    assert found.shape == (1, 1, 100, 100) and found.min() >= 0 and found.max() <= 1
    assert np.abs(found[0, 0].numpy() * 255 - expected).max() < 1.001


def test_the_groups_hold_out_s5_to_s7_and_test_every_subject_once():
    groups = model.groups(Siamese(), 40)
    known, test = groups.pop("heldout")
    assert test.tolist() == [4, 5, 6] and len(known) == 37
    assert sorted(np.concatenate([test for _, test in groups.values()])) == list(range(40))
    for known, test in groups.values():
        assert sorted([*known, *test]) == list(range(40)) and len(test) == 8


def test_an_anchor_is_shown_with_five_images_of_the_person_and_five_of_others():
    rows = model.shown_pairs(np.array([4, 5, 6]), 10)
    assert rows.shape == (2, 11) and len({*(rows[:, 0] // 10)}) == 2
    for anchor, *partners in rows:
        assert [one // 10 == anchor // 10 for one in partners] == [True] * 5 + [False] * 5
        assert len({anchor, *partners}) == 11 and {one // 10 for one in partners} <= {4, 5, 6}
    assert (rows == model.shown_pairs(np.array([4, 5, 6]), 10)).all()


# What a run does


def test_one_seed_gives_one_result_and_another_another(trained):
    again = model.train(TINY, faces(), seed=3)
    other = model.train(TINY, faces(), seed=4)
    assert again.logs == trained.logs != other.logs
    assert all(np.array_equal(again.weights[name], array) for name, array in trained.weights.items())


def test_the_networks_do_not_see_whom_they_are_tested_on():
    """Other images of the tested subjects change nothing of the training."""
    data = faces()
    data.images[[1, 4]] = 255 - data.images[[1, 4]]  # s2 and s5
    found, plain = (model.train(TINY, one, seed=3) for one in (data, faces()))
    same = {
        name: np.array_equal(array, plain.weights[name])
        for name, array in found.weights.items()
        if "conv" in name
    }
    assert all(same[name] for name in same if name.startswith("heldout/"))
    assert not all(same.values())  # a fold trains on them


def test_training_makes_the_loss_smaller():
    config = Siamese(epochs=12, batch_size=24, held_out=(2, 5), folds=2, baseline_dim=5)
    log = model.train(config, faces(), seed=0).logs["loss"]
    rows = [mean for group, mean in zip(log["training"], log["mean"], strict=True) if group == "heldout"]
    assert len(rows) == 12 and rows[-1] < rows[0] / 2


def test_the_log_has_the_first_batch_of_each_epoch(monkeypatch):
    heard = []
    real = ContrastiveLoss.forward

    def forward(self, *given):
        heard.append(real(self, *given))
        return heard[-1]

    monkeypatch.setattr(ContrastiveLoss, "forward", forward)
    log = model.train(TINY, faces(), seed=3).logs["loss"]
    assert log["training"] == [name for name in ("heldout", "fold1", "fold2", "fold3") for _ in range(2)]
    assert log["epoch"] == [1, 2] * 4
    batches = math.ceil(5 * IMAGES / 24)  # of 24 pairs and of what is left
    losses = [one.item() for one in heard[: 2 * batches]]
    assert log["first_batch"][:2] == [losses[0], losses[batches]]
    assert log["mean"][0] == pytest.approx(np.mean(losses[:batches]))


class Killed(Exception):
    pass


def test_a_training_that_was_cut_off_goes_on_and_ends_the_same(trained, tmp_path, monkeypatch):
    real, calls = model.draw_pairs, []

    def draw(*given):
        calls.append(given)
        if len(calls) == 4:  # the second epoch of the second training
            raise Killed
        return real(*given)

    monkeypatch.setattr(model, "draw_pairs", draw)
    with pytest.raises(Killed), checkpoints.kept_in(tmp_path / "kept", {}, first=0.0, share=math.inf):
        model.train(TINY, faces(), seed=3)
    torch.manual_seed(99)
    with checkpoints.kept_in(tmp_path / "kept", {}, first=0.0, share=math.inf):
        again = model.train(TINY, faces(), seed=3)
    assert len(calls) < 4 + 8  # it did not begin anew
    assert again.logs == trained.logs
    assert all(np.array_equal(again.weights[name], array) for name, array in trained.weights.items())


# What a run records


def of_group(trained, group):
    """The weights of one training."""
    return {
        name.removeprefix(f"{group}/"): torch.tensor(array)
        for name, array in trained.weights.items()
        if name.startswith(f"{group}/")
    }


def test_scores_follow_from_the_recorded_distances(trained, findings):
    """Embeddings of the loaded network, pair by pair in plain Python."""
    data = faces()
    known, test = model.groups(TINY, 7)["fold2"]
    network = SiameseNetwork()
    network.load_state_dict(of_group(trained, "fold2"))
    network.eval()

    def pairs(subjects):
        with torch.no_grad():
            f = network.forward_once(model.inputs(data.images[subjects].reshape(-1, 28, 23))).tolist()
        who = [subject for subject in subjects for _ in range(IMAGES)]
        every = [(i, j) for i in range(len(f)) for j in range(i + 1, len(f))]
        return [math.dist(f[i], f[j]) for i, j in every], [who[i] == who[j] for i, j in every]

    distances, same = pairs(test)
    assert findings.arrays["fold2/network"] == pytest.approx(distances, rel=2e-3)
    assert findings.scalars["auc_fold_2"] == pytest.approx(verification.auc(distances, same), abs=2e-3)
    assert findings.arrays["thresholds"][1] == pytest.approx(
        verification.best_threshold(*pairs(known)), rel=1e-3
    )


def test_in_training_mode_each_image_is_a_batch_of_its_own(trained, findings):
    network = model.build(torch.device("cpu"))
    network.load_state_dict(of_group(trained, "heldout"))
    network.train()
    x = model.inputs(faces().images[[1, 4]].reshape(-1, 28, 23))
    with torch.no_grad():
        f = [network.forward_once(x[i : i + 1])[0].tolist() for i in range(len(x))]
    distances = [math.dist(f[i], f[j]) for i in range(len(f)) for j in range(i + 1, len(f))]
    assert findings.arrays["heldout/training_mode"] == pytest.approx(distances, rel=2e-3, abs=1e-6)
    assert not np.allclose(findings.arrays["heldout/training_mode"], findings.arrays["heldout/network"])


def test_the_pairs_that_are_shown_are_measured_as_they_are_recorded(findings):
    table = findings.tables["pairs"]
    assert len(table["set"]) == 40 and set(table["set"]) == {"training", "test"}
    assert findings.arrays["pairs_images"].shape == (2, 2, 11, 50, 50)
    names = [f"s{subject}/{image}" for subject in (2, 5) for image in range(1, IMAGES + 1)]
    pairs = record.pair_indices(2 * IMAGES)
    for row in range(20, 40):
        i, j = sorted(names.index(table[side][row]) for side in ("anchor", "partner"))
        where = int(np.flatnonzero((pairs[0] == i) & (pairs[1] == j))[0])
        recorded = findings.arrays["heldout/network"][where]
        assert table["dissimilarity"][row] == pytest.approx(recorded, rel=1e-3)
        assert table["different"][row] == (table["anchor"][row][:2] != table["partner"][row][:2])


def test_recorded_embeddings_give_the_recorded_distances(findings):
    for group in record.groups(findings.arrays):
        subjects = findings.arrays[f"{group}/subjects"].astype(int)
        rows = findings.arrays["embeddings"].reshape(7, IMAGES, 8)[subjects].reshape(-1, 8).astype(float)
        assert model.pair_distances(rows) == pytest.approx(findings.arrays[f"{group}/network"], abs=3e-3)


def test_what_is_recorded_bears_out_its_scores(findings, tmp_path):
    result = Result("siamese", 3, findings.scalars, findings.tables, findings.logs, findings.arrays)
    save(result, tmp_path)
    again = store.load(tmp_path)
    derived = checks.derive(again)
    assert set(findings.scalars) - set(derived) == {"parameters"}
    assert all(again.scalars[name] == pytest.approx(value, rel=1e-12) for name, value in derived.items())
    again.tables["folds"]["auc"][0] += 1e-5
    with pytest.raises(ValueError, match="auc"):
        checks.derive(again)


def test_evaluation_follows_from_the_weights_alone(trained, findings):
    torch.manual_seed(5)
    copy = Trained(
        {name: trained.weights[name].copy() for name in sorted(trained.weights)}, logs=trained.logs
    )
    again = model.evaluate(TINY, faces(), copy, seed=3)
    assert again.scalars == findings.scalars
    assert all(np.array_equal(again.arrays[name], array) for name, array in findings.arrays.items())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("held_out", (5,)),
        ("held_out", (5, 5)),
        ("held_out", (5, 41)),
        ("held_out", tuple(range(1, 40))),
        ("folds", 21),
        ("baseline_dim", 321),
        ("batch_size", 10**9),
    ],
)
def test_settings_that_no_run_can_have_are_named(field, value):
    data = att.AttFaces(np.zeros((40, 10, 112, 92), np.uint8))
    assert not list(checks.possible(Siamese(), data))
    assert [name for name, _ in checks.possible(Siamese(**{field: value}), data)][:1] == [field]


def test_the_network_is_trained_by_the_contrastive_loss(watch, told):
    once = watch(SiameseNetwork, "forward_once", bound=True)
    forward = watch(SiameseNetwork, "forward", bound=True)
    loss = watch(ContrastiveLoss, "forward", bound=True)
    trained = small.train(REPORT.part("siamese"))
    assert len(loss) == len(forward) > 0 and set(told) <= {call.result.item() for call in loss}
    for number, (step, network_call) in enumerate(zip(loss, forward, strict=True)):
        one, two = network_call.result
        assert step.given[0] is one and step.given[1] is two and set(step.given[2].tolist()) <= {0.0, 1.0}
        assert once[2 * number].result is one and once[2 * number + 1].result is two
        assert one.shape[1:] == (8,) and network_call.given[0].shape[1:] == (1, 100, 100)
    for group in ("heldout", "fold1", "fold2"):
        own = {
            name.removeprefix(f"{group}/"): torch.tensor(array)
            for name, array in trained.weights.items()
            if name.startswith(f"{group}/")
        }
        SiameseNetwork().load_state_dict(own)
    assert len(trained.weights) == 3 * len(SiameseNetwork().state_dict())
    assert ContrastiveLoss().margin == REPORT.part("siamese").config.margin == 2
