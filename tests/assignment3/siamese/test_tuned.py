"""Our improved network: shapes, augmentation, invented people, the computed layer, views, what it records."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from assignment3.data import faces as att
from assignment3.data.splits import subject_folds
from assignment3.siamese import baselines, checks, record, tuned
from assignment3.siamese.head import fisher_head
from assignment3.siamese.model import ContrastiveLoss, pair_distances
from assignment3.siamese.settings import ALL_PAIRS, UNTRAINED, Tuned
from assignment3.siamese.verification import auc
from writeup import training
from writeup.results import store
from writeup.results.store import Result
from writeup.runs import checkpoints
from writeup.runs.record import save

TINY = Tuned(
    epochs=2, height=24, width=16, embedding_dim=8, batch_images=2, members=2, shift=1, components=6,
    head_views=2, folds=3,
)  # fmt: skip


def faces(subjects=9, images=3, seed=0):
    """Images of random subjects: a pattern of each, plus noise."""
    random = np.random.default_rng(seed)
    patterns = random.integers(0, 200, (subjects, 1, 28, 23))
    noise = random.integers(0, 56, (subjects, images, 28, 23))
    return SimpleNamespace(images=(patterns + noise).astype(np.uint8))


@pytest.fixture(scope="module")
def trained():
    return tuned.train(TINY, faces(), seed=3)


@pytest.fixture(scope="module")
def findings(trained):
    return tuned.evaluate(TINY, faces(), trained, seed=3)


# Network


def test_every_layer_has_the_shape_that_the_comments_say():
    encoder = tuned.Encoder(Tuned())
    shapes = []
    for layer in (*encoder.features, encoder.embedding):
        layer.register_forward_hook(
            lambda module, _, out: shapes.append((type(module), tuple(out.shape[1:])))
        )
    out = encoder(torch.zeros(2, 1, 56, 46))
    nn = torch.nn
    expected = [(nn.AvgPool2d, (1, 28, 23))]
    for channels, before, after in ((16, (28, 23), (14, 11)), (32, (14, 11), (7, 5))):
        expected += [(nn.Conv2d, (channels, *before))]
        expected += [(kind, (channels, *after)) for kind in (nn.MaxPool2d, nn.BatchNorm2d, nn.ReLU)]
    assert shapes == [*expected, (nn.Flatten, (1120,)), (nn.Linear, (64,))] and out.shape == (2, 64)
    assert encoder.mean.shape == (1120,) and encoder.projection.shape == (1120, 700)


def test_the_network_has_the_parameters_counted_by_hand():
    expected = 16 * 25 + 32 * 16 * 9 + 2 * (16 + 32) + 1120 * 64 + 64
    assert sum(p.numel() for p in tuned.Encoder(Tuned()).parameters()) == expected == 76_848


def test_embeddings_have_length_one():
    out = tuned.Encoder(TINY)(torch.randn(5, 1, 24, 16))
    assert torch.allclose(out.norm(dim=1), torch.ones(5), atol=1e-6)


def test_inputs_average_the_image_down():
    image = np.arange(8 * 4, dtype=np.uint8).reshape(1, 1, 8, 4)
    config = Tuned(height=4, width=2)
    found = tuned.inputs(config, SimpleNamespace(images=image))[0, 0].double().numpy()
    means = image[0, 0].reshape(4, 2, 2, 2).mean((1, 3)) / 255
    assert found == pytest.approx((means - tuned.GREY_MEAN) / tuned.GREY_STD, abs=1e-6)


# Training


def test_the_loss_of_a_batch_is_the_contrastive_loss_of_all_its_pairs(monkeypatch):
    """Recomputed from the very batches, pair by pair."""
    seen, losses = [], []
    real = tuned.batch_of

    def batch_of(*given):
        seen.append(real(*given))
        return seen[-1]

    monkeypatch.setattr(tuned, "batch_of", batch_of)
    config = Tuned(**{**vars(TINY), "learning_rate": 0.0})  # so that the weights are those of the start
    rows = tuned.inputs(config, faces()).reshape(9, 3, 1, 24, 16)
    encoder, means = tuned.fit(config, rows, seed=1, tick=lambda loss: None, unit="")
    encoder.train()
    for batch, subject in seen:
        f = encoder(batch).detach()
        every = [(i, j) for i in range(len(f)) for j in range(i + 1, len(f))]
        y = torch.tensor([float(subject[i] != subject[j]) for i, j in every])
        i, j = zip(*every, strict=True)
        losses.append(ContrastiveLoss(config.margin)(f[list(i)], f[list(j)], y).item())
    assert means == pytest.approx(losses, rel=1e-4)  # an epoch has one batch


def test_augmentation_of_strength_zero_mirrors_or_leaves_alone():
    images = torch.randn(40, 1, 12, 9)
    found = tuned.augment(images, 0.0, torch.Generator().manual_seed(0))
    plain = [torch.allclose(a, b, atol=1e-4) for a, b in zip(found, images, strict=True)]
    mirrored = [torch.allclose(a, b, atol=1e-4) for a, b in zip(found, images.flip(3), strict=True)]
    assert all(p != m for p, m in zip(plain, mirrored, strict=True))
    assert 5 < sum(mirrored) < 35


def test_augmentation_turns_without_shear(monkeypatch):
    """A bar turns by the angle drawn and keeps its area, though the image is not square."""
    y, x = torch.meshgrid(torch.arange(56.0) - 27.5, torch.arange(46.0) - 22.5, indexing="ij")
    bar = ((x.abs() < 15) & (y.abs() < 3)).float()[None, None]
    quarter = [0.25, 0.5, 0.5, 0.5, 0.5]  # the draws: turn, scale, mirror (0.5: no), two shifts
    draws = iter(torch.tensor([value]) for value in quarter)
    monkeypatch.setattr(torch, "rand", lambda *_, **__: next(draws))
    turned = tuned.augment(bar, 1.0, torch.Generator())[0, 0]
    angle = math.radians(-5)
    mass = turned.sum()
    cxy, cxx, cyy = ((turned * a * b).sum() / mass for a, b in ((x, y), (x, x), (y, y)))
    assert abs(0.5 * math.atan2(2 * cxy, cxx - cyy)) == pytest.approx(-angle, abs=0.003)
    assert mass.item() == pytest.approx(bar.sum().item(), rel=0.01)


def test_an_augmented_deformation_is_the_deformed_image_augmented(monkeypatch):
    """The deformation comes first: to stretch and mirror a ramp is to mirror the stretched ramp."""
    position = torch.linspace(-1, 1, 47)[:-1] + 1 / 46  # of the columns, in units of half the image
    ramp = position.expand(1, 1, 56, 46)
    grid = torch.nn.functional.affine_grid(torch.eye(2, 3)[None], [1, 1, 56, 46], align_corners=False)
    wide = torch.tensor([-0.5, 0.0]) * grid  # read at half the distance from the middle
    draws = iter(torch.tensor([value]) for value in (0.5, 0.5, 0.4, 0.5, 0.5))  # mirrored, else untouched
    monkeypatch.setattr(torch, "rand", lambda *_, **__: next(draws))
    found = tuned.augment(ramp, 1.0, torch.Generator(), wide)
    assert torch.allclose(found, -0.5 * ramp, atol=1e-5)


def test_invented_people_are_stretched_by_the_stated_factor_and_distorted(monkeypatch):
    group = torch.zeros(200, 3, 1, 24, 16)
    warped = tuned.deformations(group, torch.Generator().manual_seed(0))
    real = torch.nn.functional.interpolate
    monkeypatch.setattr(tuned.F, "interpolate", lambda *given, **named: 0 * real(*given, **named))
    found = tuned.deformations(group, torch.Generator().manual_seed(0))  # stretched alone
    grid = torch.nn.functional.affine_grid(torch.eye(2, 3)[None], [1, 1, 24, 16], align_corners=False)
    factors = (1 + found / grid)[:, 0, 0]  # of both axes
    assert torch.allclose(grid * factors[:, None, None], grid + found, atol=1e-5)
    assert torch.allclose(factors.prod(1), torch.ones(200), atol=1e-4)  # as much wider as less high
    ratio = torch.maximum(factors[:, 0] / factors[:, 1], factors[:, 1] / factors[:, 0])
    assert 1.41 < ratio.min() < 1.5 and 2.7 < ratio.max() < 2.86
    assert 60 < (factors[:, 0] > 1).sum() < 140
    offset = (warped - found).abs()
    assert 0.2 < offset.max() < 0.45 and (offset.flatten(1).max(1).values > 0.05).all()


def test_a_double_has_the_deformed_images_of_its_subject_and_is_someone_else(monkeypatch):
    group = torch.rand(3, 2, 1, 24, 16)
    taken = []

    def augment(images, strength, generator, deformation=None):
        taken.append((images, deformation))
        return images

    monkeypatch.setattr(tuned, "augment", augment)
    _, subject = tuned.batch_of(TINY, group, torch.Generator().manual_seed(1))
    images, deformation = taken[0]
    assert torch.equal(images, torch.cat([group, group]).flatten(0, 1))
    assert subject.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert not deformation[:6].any()  # the real subjects stay as they are
    assert torch.equal(deformation[6::2], deformation[7::2]) and deformation[6:].flatten(1).any(1).all()
    assert not torch.equal(deformation[6], deformation[8])


def test_without_gains_a_batch_is_the_images_themselves():
    group = torch.rand(3, 2, 1, 24, 16)
    config = Tuned(**{**vars(TINY), **ALL_PAIRS})
    batch, subject = tuned.batch_of(config, group, torch.Generator())
    assert torch.equal(batch, group.flatten(0, 1)) and subject.tolist() == [0, 0, 1, 1, 2, 2]


def test_untrained_weights_stay_as_drawn_and_batch_norm_settles():
    config = Tuned(**{**vars(TINY), **UNTRAINED})
    rows = tuned.inputs(config, faces()).reshape(9, 3, 1, 24, 16)
    encoder, _ = tuned.fit(config, rows, seed=5, tick=lambda loss: None, unit="")
    training.seeded(5)
    start = tuned.build(config, torch.device("cpu"))
    drawn, kept = dict(start.named_parameters()), dict(encoder.named_parameters())
    assert all(torch.equal(kept[name], drawn[name]) for name in drawn)
    assert not torch.equal(encoder.features[3].running_mean, start.features[3].running_mean)


# The computed layer


def test_the_layer_is_fisher_s_metric_of_another_implementation():
    """`baselines.fisher` takes another way to the components, by the images' products with each other."""
    random = np.random.default_rng(0)
    known, unseen = random.normal(size=(30, 6, 5)) @ np.diag(np.arange(1.0, 6)), random.normal(size=(8, 6, 5))
    subjects = np.repeat(np.arange(6), 5)
    both = np.concatenate([known, known[:, :, ::-1]]).reshape(60, -1)
    mean, projection = fisher_head(both, np.tile(subjects, 2), 9, 0.1)
    face, mirror = ((x.reshape(8, -1) - mean) @ projection for x in (unseen, unseen[:, :, ::-1]))
    mine = pair_distances(tuned.unit(tuned.unit(face) + tuned.unit(mirror)))
    theirs = pair_distances(baselines.fisher(known, subjects, unseen, 9))
    assert mine == pytest.approx(theirs, rel=1e-6)


def test_the_covariance_within_subjects_is_white_but_for_what_is_shrunk():
    random = np.random.default_rng(0)
    subjects = np.repeat(np.arange(20), 30)
    features = 3 * random.normal(size=(20, 6))[subjects] + random.normal(size=(600, 6)) * [1, 2, 3, 4, 5, 6]
    mean, projection = fisher_head(features, subjects, 6, 0.1)
    scores = (features - mean) @ projection
    within = np.mean([np.cov(scores[subjects == s].T, bias=True) for s in range(20)], axis=0)
    spreads = np.linalg.eigvalsh(within)  # w / (0.9 w + 0.1 mean w), so below 1 / 0.9
    assert spreads.max() < 1 / 0.9 and spreads.min() > 0.4
    raw = np.linalg.eigvalsh(
        np.mean([np.cov(features[subjects == s].T, bias=True) for s in range(20)], axis=0)
    )
    assert raw.max() / raw.min() > 20


def test_directions_without_variance_are_left_out():
    features = np.random.default_rng(0).normal(size=(12, 4)) @ np.ones((4, 9))
    assert fisher_head(features, np.repeat(np.arange(4), 3), 9, 0.1)[1].shape == (9, 1)


def test_the_layer_sees_the_training_subjects_alone(trained):
    data = faces()
    fold = subject_folds(9, 3, validation=0)[1]
    data.images[fold.test] = 255 - data.images[fold.test]
    other = tuned.train(TINY, data, seed=3)
    for name, array in trained.weights.items():
        if name.startswith("fold2/"):
            assert np.array_equal(array, other.weights[name])


# Views


def test_faces_are_moved_to_nine_positions_and_mirrored():
    inner = torch.randn(2, 1, 24, 16)
    found = list(tuned.views(inner, 1))
    padded = torch.nn.functional.pad(inner, (1,) * 4, mode="replicate")
    expected = [padded[:, :, r : r + 24, c : c + 16] for r in range(3) for c in range(3)]
    assert len(found) == 18
    for k, view in enumerate(expected):
        assert torch.equal(found[2 * k], view) and torch.equal(found[2 * k + 1], view.flip(3))
    plain = list(tuned.views(inner, 0))
    assert len(plain) == 2 and torch.equal(plain[0], inner)


@pytest.mark.parametrize("shift", [0, 1])
def test_a_face_and_its_mirror_image_have_one_embedding(shift):
    config = Tuned(**{**vars(TINY), "shift": shift})
    encoder = tuned.Encoder(config)
    encoder.projection.normal_()
    images = torch.randn(4, 1, 24, 16)
    found, mirrored = (tuned.embeddings(config, encoder, some) for some in (images, images.flip(3)))
    for layer in ("fisher", "trained"):
        assert found[layer] == pytest.approx(mirrored[layer], abs=1e-6)
        assert np.linalg.norm(found[layer], axis=1) == pytest.approx(np.ones(4))


# What a run does and records


def test_one_seed_gives_one_result_and_another_another(trained):
    again, other = (tuned.train(TINY, faces(), seed=seed) for seed in (3, 4))
    assert again.logs == trained.logs != other.logs
    assert all(np.array_equal(again.weights[name], array) for name, array in trained.weights.items())


class Killed(Exception):
    pass


def test_a_training_that_was_cut_off_goes_on_and_ends_the_same(trained, tmp_path, monkeypatch):
    real, calls = tuned.batch_of, []

    def batch_of(*given):
        calls.append(given)
        if len(calls) == 4:  # the second epoch of the second member
            raise Killed
        return real(*given)

    monkeypatch.setattr(tuned, "batch_of", batch_of)
    with pytest.raises(Killed), checkpoints.kept_in(tmp_path / "kept", {}, first=0.0, share=math.inf):
        tuned.train(TINY, faces(), seed=3)
    torch.manual_seed(99)
    with checkpoints.kept_in(tmp_path / "kept", {}, first=0.0, share=math.inf):
        again = tuned.train(TINY, faces(), seed=3)
    assert len(calls) < 4 + 12  # it did not begin anew
    assert again.logs == trained.logs
    assert all(np.array_equal(again.weights[name], array) for name, array in trained.weights.items())


def test_members_vote_by_their_mean_squared_distance(trained, findings):
    fold = subject_folds(9, 3, validation=0)[2]
    rows = tuned.inputs(TINY, faces())
    squares = []
    for member in (1, 2):
        encoder = training.load_weights(tuned.Encoder(TINY), trained.weights, tuned.prefix(3, member))
        f = tuned.embeddings(TINY, encoder, rows)["fisher"].reshape(9, 3, -1)[fold.test].reshape(9, -1)
        squares.append([np.sum((f[i] - f[j]) ** 2) for i in range(9) for j in range(i + 1, 9)])
    expected = np.sqrt((np.array(squares[0]) + np.array(squares[1])) / 2)
    assert findings.arrays["fold3/network"] == pytest.approx(expected, rel=2e-3, abs=1e-4)
    assert findings.arrays["fold3/single"] == pytest.approx(np.sqrt(squares[0]), rel=2e-3, abs=1e-4)
    assert findings.scalars["auc_fold_3"] == pytest.approx(
        auc(expected, np.array([i // 3 == j // 3 for i in range(9) for j in range(i + 1, 9)])), abs=0.02
    )


def test_what_is_recorded_bears_out_its_scores(findings, tmp_path):
    result = Result("siamese_tuned", 3, findings.scalars, findings.tables, findings.logs, findings.arrays)
    save(result, tmp_path)
    again = store.load(tmp_path)
    derived = checks.derive(again)
    assert set(findings.scalars) - set(derived) == {"parameters"}
    assert {"auc", "single/auc", "trained_layer/eer", "single_trained_layer/auc"} <= derived.keys()
    assert all(again.scalars[name] == pytest.approx(value, rel=1e-12) for name, value in derived.items())
    assert record.groups(again.arrays) == ["fold1", "fold2", "fold3"]


@pytest.mark.parametrize(
    ("field", "value"), [("folds", 14), ("height", 7), ("batch_images", 11), ("embedding_dim", 10**9),
                         ("components", 1121)]
)  # fmt: skip
def test_settings_that_no_run_can_have_are_named(field, value):
    data = att.AttFaces(np.zeros((40, 10, 112, 92), np.uint8))
    assert not list(checks.possible_tuned(Tuned(), data))
    assert [name for name, _ in checks.possible_tuned(Tuned(**{field: value}), data)] == [field]
