"""The Siamese network: shapes, loss and gradient by hand, pairs, determinism, and what a run records."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from assignment3.config import Siamese
from assignment3.data.splits import Fold, inner_rounds, subject_folds, untested
from assignment3.measures import again, face_baselines, face_record
from assignment3.measures.verification import auc
from assignment3.parts import siamese
from writeup.errors import UserError

TINY = Siamese(
    epochs=2, height=24, width=16, embedding_dim=8, batch_images=2, members=2, evaluate_every=1, folds=3,
    validation_subjects=2, baseline_dim=5, precision="fp32", shift=1,
)  # fmt: skip


def faces(subjects=9, images=3, seed=0):
    """Images of random subjects: a pattern of each, plus noise."""
    random = np.random.default_rng(seed)
    patterns = random.integers(0, 200, (subjects, 1, 28, 23))
    noise = random.integers(0, 56, (subjects, images, 28, 23))
    return SimpleNamespace(images=(patterns + noise).astype(np.uint8))


@pytest.fixture(scope="module")
def trained():
    return siamese.train(TINY, faces(), seed=3)


@pytest.fixture(scope="module")
def result(trained):
    return siamese.evaluate(TINY, faces(), trained, seed=3)


def by_hand(distances, same, margin):
    """Hadsell, Chopra, LeCun 2006, eq. 4, one pair after another, with their Y."""
    terms = []
    for d, s in zip(distances, same, strict=True):
        Y = 0 if s else 1
        terms.append((1 - Y) * 0.5 * d**2 + Y * 0.5 * max(0.0, margin - d) ** 2)
    return terms


# Networks and losses


def test_every_layer_has_the_shape_that_the_comments_say():
    encoder = siamese.Encoder(56, 46, 64)
    shapes = []
    for layer in (*encoder.features, encoder.embedding):
        layer.register_forward_hook(
            lambda module, _, out: shapes.append((type(module), tuple(out.shape[1:])))
        )
    out = encoder(torch.zeros(2, 1, 56, 46))
    conv, pool, norm, relu = (getattr(torch.nn, n) for n in ("Conv2d", "MaxPool2d", "BatchNorm2d", "ReLU"))
    expected = [(torch.nn.AvgPool2d, (1, 28, 23))]
    for channels, before, after in ((16, (28, 23), (14, 11)), (32, (14, 11), (7, 5))):
        expected += [(conv, (channels, *before))]
        expected += [(kind, (channels, *after)) for kind in (pool, norm, relu)]
    assert shapes == [*expected, (torch.nn.Linear, (64,))]
    assert out.shape == (2, 64)


def test_the_network_has_the_parameters_counted_by_hand():
    convolutions = 16 * 25 + 32 * 16 * 9
    norms = 2 * (16 + 32)
    linear = 32 * 7 * 5 * 64 + 64
    encoder = siamese.Encoder(56, 46, 64)
    assert sum(p.numel() for p in encoder.parameters()) == convolutions + norms + linear == 76_848


def test_embeddings_have_length_one():
    encoder = siamese.Encoder(24, 16, 8)
    out = encoder(torch.randn(5, 1, 24, 16))
    assert torch.allclose(out.norm(dim=1), torch.ones(5), atol=1e-6)


def test_contrastive_loss_is_equation_4():
    random = np.random.default_rng(0)
    distances, same = random.uniform(0, 2, 50), random.random(50) < 0.4
    terms = by_hand(distances, same, 1.3)
    found = siamese.contrastive_loss(torch.tensor(distances), torch.tensor(same), 1.3)
    assert found.item() == pytest.approx(np.mean(terms), rel=1e-12)


def test_the_gradient_pulls_genuine_pairs_and_pushes_impostors_within_the_margin():
    distance = torch.tensor([0.5, 0.5, 1.5], dtype=torch.float64, requires_grad=True)
    same = torch.tensor([True, False, False])
    siamese.contrastive_loss(distance, same, 1.0).backward()
    assert distance.grad.tolist() == pytest.approx([0.5 / 3, -(1.0 - 0.5) / 3, 0.0])


# Pairs


def test_pair_distances_come_in_the_order_of_pair_indices():
    rows = torch.randn(6, 4, dtype=torch.float64)
    distances = siamese.pair_distances(rows)
    pairs = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    assert siamese.pair_indices(6).T.tolist() == [list(pair) for pair in pairs]
    expected = [math.dist(rows[i].tolist(), rows[j].tolist()) for i, j in pairs]
    assert distances.tolist() == pytest.approx(expected, rel=1e-12)


def test_two_equal_images_give_a_finite_gradient():
    rows = torch.tensor([[1.0, 2.0], [1.0, 2.0], [4.0, 6.0]], requires_grad=True)
    distances = siamese.pair_distances(rows)
    assert distances.tolist() == [0, 5, 5]
    distances.sum().backward()
    assert torch.allclose(rows.grad, torch.tensor([[-0.6, -0.8], [-0.6, -0.8], [1.2, 1.6]]))


def test_pairs_of_unseen_faces_are_genuine_within_a_subject_alone():
    subjects = np.repeat(np.arange(8), 10)
    distances, same = siamese.distances_of(np.random.default_rng(0).normal(size=(80, 3)), images=10)
    expected = [subjects[i] == subjects[j] for i in range(80) for j in range(i + 1, 80)]
    assert same.tolist() == expected and same.sum() == 8 * 45 and len(distances) == 80 * 79 // 2


# Images


def test_inputs_average_the_image_down():
    image = np.arange(8 * 4, dtype=np.uint8).reshape(1, 8, 4)
    found = siamese.inputs(image, 4, 2)[0, 0].double().numpy()
    means = image[0].reshape(4, 2, 2, 2).mean((1, 3)) / 255
    assert found == pytest.approx((means - siamese.GREY_MEAN) / siamese.GREY_STD, abs=1e-6)
    assert siamese.shown(siamese.inputs(image, 8, 4)).tolist() == image.tolist()


def test_augmentation_of_strength_zero_mirrors_or_leaves_alone():
    images = torch.randn(40, 1, 12, 9)
    found = siamese.augment(images, 0.0, torch.Generator().manual_seed(0))
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
    turned = siamese.augment(bar, 1.0, torch.Generator())[0, 0]
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
    found = siamese.augment(ramp, 1.0, torch.Generator(), wide)
    assert torch.allclose(found, -0.5 * ramp, atol=1e-5)


def test_invented_subjects_are_stretched_by_the_stated_factor():
    group = torch.zeros(200, 3, 1, 24, 16)
    found = siamese.deformations("stretched", group, torch.Generator().manual_seed(0))
    grid = torch.nn.functional.affine_grid(torch.eye(2, 3)[None], [1, 1, 24, 16], align_corners=False)
    factors = (1 + found / grid)[:, 0, 0]  # of both axes
    assert torch.allclose(grid * factors[:, None, None], grid + found, atol=1e-5)
    assert torch.allclose(factors.prod(1), torch.ones(200), atol=1e-4)  # as much wider as less high
    ratio = torch.maximum(factors[:, 0] / factors[:, 1], factors[:, 1] / factors[:, 0])
    assert 1.41 < ratio.min() < 1.5 and 2.7 < ratio.max() < 2.86
    assert 60 < (factors[:, 0] > 1).sum() < 140
    warped = siamese.deformations("warped", group, torch.Generator().manual_seed(0))
    offset = (warped - found).abs()
    assert 0.2 < offset.max() < 0.45 and (offset.flatten(1).max(1).values > 0.05).all()


def test_a_double_has_the_deformed_images_of_its_subject_and_is_someone_else(monkeypatch):
    group = torch.rand(3, 2, 1, 24, 16)
    monkeypatch.setattr(
        siamese, "augment", lambda images, strength, generator, deformation: (images, deformation)
    )
    (images, deformation), subject = siamese.batch_of(group, 0.0, "warped", torch.Generator().manual_seed(1))
    assert torch.equal(images, torch.cat([group, group]).flatten(0, 1))
    assert subject.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert not deformation[:6].any()  # the real subjects stay as they are
    assert torch.equal(deformation[6::2], deformation[7::2]) and deformation[6:].flatten(1).any(1).all()
    assert not torch.equal(deformation[6], deformation[8])
    (_, nothing), alone = siamese.batch_of(group, 0.0, "none", torch.Generator())
    assert nothing is None and alone.tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("shift", [0, 2])
def test_a_face_and_its_mirror_image_have_one_embedding(shift):
    encoder = siamese.Encoder(24, 16, 8)
    images = torch.randn(4, 1, 24, 16)
    found = siamese.embed(encoder, images, shift)
    assert torch.allclose(found, siamese.embed(encoder, images.flip(3), shift), atol=1e-6)
    assert torch.allclose(found.norm(dim=1), torch.ones(4), atol=1e-6)
    assert encoder.training


def test_shifted_embeddings_are_averaged_over_nine_positions():
    encoder = siamese.Encoder(24, 16, 8).eval()
    images = torch.randn(3, 1, 30, 22)
    inner = images[
        :, :, 3:27, 3:19
    ]  # what moves in at the border is what is repeated there, so it is cut off
    flat = torch.nn.functional.pad(inner[:, :, 1:-1, 1:-1], (1,) * 4, mode="replicate")
    views = [torch.nn.functional.pad(flat, (1,) * 4, mode="replicate")[:, :, r : r + 24, c : c + 16]
             for r in range(3) for c in range(3)]  # fmt: skip
    with torch.no_grad():
        total = sum(encoder(view) + encoder(view.flip(3)) for view in views)
    expected = total / total.norm(dim=1, keepdim=True)
    assert torch.allclose(siamese.embed(encoder, flat, 1), expected, atol=1e-5)
    assert not torch.allclose(siamese.embed(encoder, flat), expected, atol=1e-4)


# Baselines


def test_whitened_pca_has_unit_variance_on_what_it_was_fitted_on(monkeypatch):
    random = np.random.default_rng(0)
    known = random.normal(size=(40, 6, 5)) * random.uniform(0.1, 9, (6, 5))
    mean, components, deviations = face_baselines._principal(known, 10)
    both = np.concatenate([known, known[:, :, ::-1]]).reshape(80, -1)
    scores = (both - mean) @ components / deviations
    assert np.cov(scores.T, bias=True) == pytest.approx(np.eye(10), abs=1e-9)
    singular = np.linalg.svd(both - both.mean(0), compute_uv=False)[:10]
    assert deviations == pytest.approx(singular / np.sqrt(80))
    found = face_baselines.whitened_pca(known, known[:, :, ::-1].copy(), 10)
    assert found == pytest.approx(face_baselines.whitened_pca(known, known, 10))
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(40))


def test_fisher_ignores_what_varies_within_subjects():
    """Four directions tell subjects apart, two vary as much from image to image: only Fisher knows which."""
    random = np.random.default_rng(0)
    directions = random.normal(size=(6, 6, 6))
    directions += directions[:, :, ::-1]  # mirror images change nothing
    subjects = np.repeat(np.arange(20), 6)
    scores = np.hstack([random.normal(size=(20, 4))[subjects], random.normal(size=(120, 2))])
    scores[:, :4] += 0.1 * random.normal(size=(120, 4))
    images = np.tensordot(scores, directions, 1)
    known, unseen = images[:72], images[72:]
    found = face_baselines.fisher(known, subjects[:72], unseen, 6)
    plain = face_baselines.whitened_pca(known, unseen, 6)
    areas = [auc(*siamese.distances_of(rows, 6)) for rows in (found, plain)]
    assert areas[0] > 0.98 > areas[1] + 0.03


def test_pixels_are_standardised_image_by_image():
    found = face_baselines.pixels(np.random.default_rng(0).normal(3, 2, size=(4, 6, 5)))
    assert found.mean(1) == pytest.approx(np.zeros(4), abs=1e-12)
    assert found.std(1) == pytest.approx(np.ones(4))


# Records


def test_examples_are_the_clearest_mistakes_and_the_typical_right_pairs():
    distances = np.array([0.9, 0.2, 0.5, 1.5, 3.0, 0.1, 0.3, 0.4, 2.0, 2.2, 5.0])
    same = np.array([False] * 3 + [True] * 2 + [True] * 3 + [False] * 3)
    owners = np.array([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]] * 2)  # eleven combinations
    chosen = face_record.choose(distances, same, distances <= 1, owners, each=2)
    assert chosen.tolist() == [1, 2, 4, 3, 6, 7, 9, 8]
    no_mistakes = face_record.choose(distances[5:], same[5:], distances[5:] <= 1, owners[:, 5:], each=1)
    assert no_mistakes.tolist() == [1, 4]


def test_no_two_examples_of_a_kind_are_of_the_same_subjects():
    distances = np.array([0.1, 0.2, 0.3, 0.4, 1.9, 1.8, 1.7])
    same = np.array([False] * 4 + [True] * 3)
    owners = np.array([[1, 2, 1, 3, 5, 5, 6], [2, 1, 3, 1, 5, 5, 6]])
    chosen = face_record.choose(distances, same, distances <= 1, owners, each=4)
    assert chosen.tolist() == [0, 2, 4, 6]  # one of 1 and 2, one of 1 and 3; one of 5, one of 6


def line_of(positions, pixels=None):
    """One fold of three subjects with two faces each, at `positions` on a line; the threshold is 1."""
    i, j = np.triu_indices(6, 1)
    distances = {name: np.abs(np.array(x)[i] - np.array(x)[j]) for name, x in
                 (("cnn", positions), ("pixels", pixels or positions))}  # fmt: skip
    fold = Fold(np.array([9]), np.array([8]), np.arange(3))
    thresholds = {"cnn": 1.0, "network": 1.0}
    return face_record.Outcome(
        fold, np.stack([i, j]), i // 2 == j // 2, distances, thresholds, np.zeros((6, 2))
    )


def test_the_subjects_table_says_whose_pairs_are_misjudged():
    """Subject 3 is torn apart (one of its faces lies at subject 2's): one false reject, two false accepts."""
    table = face_record.subjects([line_of([0, 0.1, 5, 5.2, 5.1, 9])], 2)
    assert table["subject"] == ["s1", "s2", "s3"]
    assert table["false_rejects"] == [0, 0, 1] and table["false_accepts"] == [0, 2, 2]
    assert table["fold_errors"] == [3, 3, 3]
    assert table["own_distance"] == pytest.approx([0.1, 0.2, 3.9])
    assert table["nearest"] == ["s2", "s3", "s2"]
    assert table["nearest_distance"][1] == pytest.approx(np.median([0.1, 0.1, 4, 3.8]))
    assert table["fold_auc_without"][2] == 1.0 > table["fold_auc_without"][0]


def test_failures_say_how_unlike_the_raw_pixels_are():
    one = line_of([0, 0.1, 5, 5.2, 5.1, 9], pixels=[0, 1, 2, 4, 6, 9])
    table = face_record.failures([replace(one, thresholds={"cnn": 2.0})], 2)
    assert table["verdict"] == ["false accept", "false reject"]  # s2 and s3 are confused twice, shown once
    assert (table["first"][1], table["second"][1]) == ("s3/1", "s3/2")
    assert table["distance"] == pytest.approx([0.1, 3.9])
    assert table["scaled"] == pytest.approx([0.05, 1.95])
    assert table["pixels"][1] == pytest.approx(
        200 / 3
    )  # of three genuine pairs, two are more alike than 6 to 9
    impostors = sorted(abs(a - b) for a, b in ((0, 2), (0, 4), (0, 6), (0, 9), (1, 2), (1, 4), (1, 6), (1, 9),
                                               (2, 6), (2, 9), (4, 6), (4, 9)))  # fmt: skip
    own = {"s2/1": 4, "s2/2": 2}  # to the face at 6
    assert table["pixels"][0] == pytest.approx(100 * sum(d < own[table["first"][0]] for d in impostors) / 12)


def test_the_plane_keeps_the_distances_of_flat_embeddings():
    flat = (
        np.random.default_rng(0).normal(size=(20, 2))
        @ np.linalg.qr(np.random.default_rng(1).normal(size=(7, 2)))[0].T
    )
    plane = face_record.in_plane(flat)
    assert siamese.distances_of(plane, 1)[0] == pytest.approx(siamese.distances_of(flat, 1)[0], abs=1e-5)
    assert plane[:, 0].var() >= plane[:, 1].var()


# Whole runs


def test_the_stages_record_what_the_report_names(result):
    both = {"auc", "auc_std", "eer", "accuracy", "balanced_accuracy", "verification_rate_at_1pct"}
    both |= {f"folds_above_{b}" for b in ("pca", "fisher", "pixels")} | {f"auc_fold_{k}" for k in (1, 2, 3)}
    names = both | {f"cnn/{name}" for name in both}
    names |= {"always_different_accuracy", "parameters", "members", "cnn_single/auc"}
    names |= {f"baseline_{b}/{m}" for b in ("pca", "fisher", "pixels") for m in ("auc", "eer")}
    assert set(result.scalars) == names
    table = result.tables["folds"]
    assert result.scalars["cnn/auc"] == pytest.approx(np.mean(table["cnn_auc"]))
    assert result.scalars["cnn/auc_std"] == pytest.approx(np.std(table["cnn_auc"], ddof=1))
    assert result.scalars["always_different_accuracy"] == pytest.approx(
        100 * 27 / 36
    )  # 9 of 36 pairs genuine
    tested = " ".join(table["test_subjects"]).split()
    assert sorted(tested) == sorted(f"s{k}" for k in range(1, 10))  # every subject once
    log, watched = result.logs["loss"], result.logs["validation"]
    assert log["fold"] == [1, 1, 1, 2, 2, 2, 3, 3, 3] and log["epoch"] == [0, 1, 2] * 3
    assert watched["epoch"] == [1, 2] * 9
    assert watched["invented"] == ["none", "none", "stretched", "stretched", "warped", "warped"] * 3
    arrays = result.arrays
    assert arrays["distances_same"].sum() == 27 and arrays["distances_different"].sum() == 81
    shown = len(arrays["pairs_distance"])
    assert arrays["pairs_images"].shape == (shown, 2, 24, 16) and arrays["pairs_images"].dtype == np.uint8
    assert (arrays["pairs_decision"] == (arrays["pairs_scaled"] <= 1)).all()
    owners = arrays["pairs_faces"] // 3
    assert (arrays["pairs_same"] == (owners[:, 0] == owners[:, 1])).all()
    assert arrays["embedding_2d"].shape == (9, 2)
    first = [f"s{subject + 1}" for subject in arrays["embedding_subject"]]
    assert first[::3] == table["test_subjects"][0].split()
    assert arrays["roc_cnn_folds"].shape == (3, 200)
    assert arrays["roc_cnn_mean"] == pytest.approx(arrays["roc_cnn_folds"].mean(0), abs=1e-6)


def test_the_scores_follow_from_the_recorded_order_of_the_pairs(result):
    found = again.siamese(result)
    assert {name: result.scalars[name] for name in found} == pytest.approx(found, abs=1e-9)
    assert set(result.scalars) - set(found) == {"parameters", "members", "cnn_single/auc"}
    forged = dict(result.tables["folds"], cnn_auc=[0.999, *result.tables["folds"]["cnn_auc"][1:]])
    with pytest.raises(ValueError, match="cnn/auc"):
        again.siamese(replace_tables(result, folds=forged))


def replace_tables(result, **tables):
    return SimpleNamespace(
        scalars=result.scalars, tables={**result.tables, **tables}, arrays=result.arrays, logs=result.logs
    )


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(result):
    again, other = (
        siamese.evaluate(TINY, faces(), siamese.train(TINY, faces(), seed=seed), seed=seed) for seed in (3, 4)
    )
    assert again.scalars == result.scalars and again.logs == result.logs
    assert other.logs != result.logs
    assert other.tables["folds"]["test_subjects"] == result.tables["folds"]["test_subjects"]


def test_what_is_chosen_never_depends_on_the_test_subjects():
    """Other faces in the first fold's test subjects' place: same choice, same thresholds, same encoders."""
    data = faces()
    fold = subject_folds(9, 3, 2)[0]
    other = SimpleNamespace(images=data.images.copy())
    other.images[fold.test] = faces(seed=1).images[fold.test]
    assert not np.array_equal(data.images, other.images)
    first, second = (siamese.train(TINY, one, seed=3) for one in (data, other))
    assert first.arrays["choice_auc"][0].tolist() == second.arrays["choice_auc"][0].tolist()
    assert np.array_equal(first.arrays["fold1/distances"], second.arrays["fold1/distances"])
    for name, weight in first.weights.items():
        if name.startswith("fold1/"):
            assert np.array_equal(weight, second.weights[name])
    found = [siamese.evaluate(TINY, data, one, seed=3).tables["folds"] for one in (first, second)]
    assert found[0]["threshold"][0] == found[1]["threshold"][0]


def test_the_choice_is_the_candidate_with_the_highest_mean_area(monkeypatch):
    areas = {"none": [0.9, 0.6, 0.6], "stretched": [0.8, 0.8, 0.8], "warped": [0.7, 0.8, 0.7]}
    real, used = siamese.fit, []

    def attempt(config, group, one, *, invented, seed, tick, unit):
        return siamese.Trial([(1, 0.5)], areas[invented][seed % 10], np.zeros(1))

    def fit(*args, **settings):
        used.append((settings["invented"], len(args[1])))
        return real(*args, **settings)

    monkeypatch.setattr(siamese, "attempt", attempt)
    monkeypatch.setattr(siamese, "fit", fit)
    trained = siamese.train(TINY, faces(), seed=0)
    assert used == [("stretched", 6)] * 6  # in each fold both members, on all subjects that it does not test
    table = face_record.choice(TINY.invented, trained.arrays["choice_auc"])
    assert table["chosen"] == [0, 1, 0] * 3
    assert table["validation_auc"][:3] == pytest.approx([0.7, 0.8, 2.2 / 3])


def test_a_round_of_the_choice_trains_on_its_own_subjects_and_measures_the_others():
    group = siamese.grouped(TINY, faces())
    one = inner_rounds(subject_folds(9, 3, 2)[0], 2)[1]
    trial = siamese.attempt(TINY, group, one, invented="none", seed=4, tick=lambda *_: None)
    member = siamese.fit(TINY, group[one.train], seed=4, tick=lambda *_: None)
    rows = siamese.embed(member.encoder, group[one.validation].flatten(0, 1), TINY.shift)
    distances, same = siamese.distances_of(rows, 3)
    assert np.array_equal(trial.distances, distances)
    assert trial.area == auc(distances, same)


def test_the_loss_before_the_first_step_is_that_of_the_untrained_network():
    group = siamese.grouped(TINY, faces(6, images=4))  # two batches an epoch
    never = replace(TINY, learning_rate=1e-12)
    still = siamese.fit(never, group, seed=0, tick=lambda *_: None)
    moved = siamese.fit(TINY, group, seed=0, tick=lambda *_: None)
    assert moved.losses[0] == still.losses[0] and moved.losses[2] != still.losses[2]
    assert len(moved.losses) == TINY.epochs + 1


def test_each_fold_is_tested_with_its_own_encoders(trained, result):
    names = {name.rpartition("/")[0] for name in trained.weights}
    assert {name.split("/features")[0].split("/embedding")[0] for name in names} == {
        f"fold{k}/member{m}" for k in (1, 2, 3) for m in (1, 2)
    }
    group = siamese.grouped(TINY, faces())
    fold = subject_folds(9, 3, 2)[1]
    chosen = TINY.invented[int(trained.arrays["choice_auc"][1].mean(1).argmax())]
    members = [siamese.fit(TINY, group[untested(fold)], seed=3000 + m, tick=lambda *_: None, invented=chosen)
               for m in (0, 1)]  # fmt: skip
    encoders = [member.encoder for member in members]
    one = siamese.measure(TINY, group, fold, encoders, trained.arrays["fold2/distances"])
    assert face_record.scores(one)["cnn/auc"] == result.scalars["cnn/auc_fold_2"]
    assert face_record.scores(one)["auc"] == result.tables["folds"]["auc"][1]
    losses = result.logs["loss"]["train_loss"][3:6]  # of the second fold
    assert losses == pytest.approx(np.mean([member.losses for member in members], axis=0).tolist())


def test_training_separates_the_subjects():
    group = siamese.inputs(faces(8).images.reshape(-1, 28, 23), 24, 16).unflatten(0, (8, 3))
    config = replace(TINY, epochs=40, batch_images=3, augmentation=0.0)
    member = siamese.fit(config, group, group, seed=0, tick=lambda *_: None)
    assert member.losses[-1] < member.losses[0] / 5
    assert [epoch for epoch, _ in member.areas] == list(range(1, 41))
    embeddings = siamese.embed(member.encoder, group.flatten(0, 1)).numpy()
    assert auc(*siamese.distances_of(embeddings, 3)) > 0.99


def test_members_of_one_embedding_average_squared_distances():
    group = siamese.inputs(faces(9).images.reshape(-1, 28, 23), 24, 16).unflatten(0, (9, 3))
    fold = Fold(np.arange(5), np.array([5, 6]), np.array([7, 8]))
    members = [siamese.fit(TINY, group[:7], seed=s, tick=lambda *_: None).encoder for s in (0, 1)]
    config = replace(TINY, linear_weight=0.5)
    rounds = inner_rounds(fold, TINY.validation_subjects)
    pairs = sum(math.comb(3 * len(one.validation), 2) for one in rounds)
    validated = np.random.default_rng(0).uniform(size=pairs)
    one = siamese.measure(config, group, fold, members, validated)
    first, second = (siamese.measure(config, group, fold, [m], validated).distances["cnn"] for m in members)
    found = one.distances
    assert found["cnn_single"] == pytest.approx(first)
    assert found["cnn"] == pytest.approx(np.sqrt((first**2 + second**2) / 2), abs=1e-6)
    squared = (found["cnn"] ** 2 + 0.25 * found["fisher"] ** 2) / 1.25
    assert found["network"] == pytest.approx(np.sqrt(squared), abs=1e-6)
    assert one.pairs[:, 0].tolist() == [21, 22]  # the first two images of subject 7
    expected = auc(one.distances["pca"], one.same)
    assert face_record.scores(one)["baseline_pca/auc"] == expected
    same = np.concatenate([siamese.distances_of(np.zeros((3 * len(r.validation), 1)), 3)[1] for r in rounds])
    assert one.threshold == siamese.verification.best_threshold(validated, same)


def test_a_loss_that_is_not_finite_stops_the_run():
    with pytest.raises(UserError, match="siamese") as error:
        siamese.train(replace(TINY, learning_rate=float("inf")), faces(), seed=0)
    assert "\n" not in str(error.value)
