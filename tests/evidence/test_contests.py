"""The plain loops find what ours find: on the same batches, from the same start, the same losses."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tests import small
from torch import Tensor
from torch.nn import functional as F
from torch.optim import Adam

from assignment3.cvae import model as cvae
from assignment3.cvae import network as vae
from assignment3.cvae.settings import Cvae
from assignment3.data import standins
from assignment3.data.images import as_tensor
from assignment3.data.text_features import PAD, encode, vocabulary
from assignment3.gan import model as gan
from assignment3.gan.settings import Gan
from assignment3.shared import digits
from assignment3.shared.settings import Digits
from assignment3.siamese import model as siamese
from assignment3.siamese.settings import Siamese
from assignment3.text_cnn import model as text_cnn
from assignment3.text_cnn.settings import TextCnn
from evidence import contests
from evidence.settings import Bench
from writeup import training
from writeup.runs.record import Model

SEED = 3
TEXT = TextCnn(epochs=3, batch_size=20, embedding_dim=8, feature_maps=6)
CVAE = Cvae(epochs=2, batch_size=16, hidden=24, latent=3)
GAN = Gan(iterations=6, batch_size=12, images=40, log_every=1, look_every=6, samples=30, looked_at=20)


@pytest.fixture
def heard() -> Iterator[list[float]]:
    """Every loss that a training tells its progress."""
    losses: list[float] = []
    with small.each_loss(losses.append):
        yield losses


@pytest.fixture
def images() -> Any:
    return standins.mnist(train=50, test=30)


# --- text ---


def cnn(config: TextCnn, pooling: str, kernel_size: int, convolution: str) -> text_cnn.CNN:
    training.seeded(SEED)
    chosen = replace(config, convolution=convolution)
    return text_cnn.CNN(chosen, words=40, kernel_size=kernel_size, pooling=pooling)


@pytest.mark.parametrize(("pooling", "kernel_size"), [("avg", 5), ("max", 5), ("max", 7)])
def test_text_losses(heard: list[float], pooling: str, kernel_size: int) -> None:
    random.seed(0)
    texts = [" ".join(random.choices("abcdefghij", k=random.randrange(1, 9))) for _ in range(50)]
    examples = encode(texts, [i % 2 for i in range(50)], vocabulary(texts))
    ours = cnn(TEXT, pooling, kernel_size, "by_words")
    text_cnn.fit(TEXT, ours, examples, examples, seed=SEED, label="ours")

    plain = cnn(TEXT, pooling, kernel_size, "conv1d")
    optimizer = Adam(plain.parameters(), TEXT.learning_rate)
    sentences, order = contests.Sentences(examples), torch.Generator().manual_seed(SEED)
    found = []
    for _ in range(TEXT.epochs):
        for batch in training.batches(len(texts), TEXT.batch_size, order):
            ids, labels = contests.padded([sentences[i] for i in batch.tolist()])
            found.append(contests.text_step(plain, optimizer, ids, labels))
    assert len(found) == 9 and heard == pytest.approx(found, rel=1e-4)
    assert heard[0] == pytest.approx(0.69, abs=0.1) and len(set(found)) == 9


def test_a_batch_of_text_is_padded_to_its_longest_sentence() -> None:
    rows = [(torch.randint(2, 30, (length,)), torch.tensor(float(length % 2))) for length in (9, 1, 5)]
    ids, labels = contests.padded(rows)
    assert ids.shape == (3, 9) and (ids != PAD).sum(1).tolist() == [9, 1, 5]
    assert labels.tolist() == [1.0, 1.0, 1.0] and torch.equal(ids[2, :5], rows[2][0])


def test_the_text_loop_learns() -> None:
    torch.manual_seed(0)
    texts = [f"{'fine' if i % 2 else 'dull'} word{i % 7} and so it went" for i in range(40)]
    examples = encode(texts, [i % 2 for i in range(40)], vocabulary(texts))
    settings = replace(TEXT, batch_size=16, learning_rate=0.03)
    model = cnn(settings, "max", 5, "conv1d")
    counts = list(islice(contests.text_loop(settings, model, examples), 30))
    assert counts[:4] == [16, 16, 8, 16]
    assert ((model(examples.ids) > 0) == (examples.labels > 0.5)).all()


# --- faces ---


def test_losses_of_faces() -> None:
    settings, each = Siamese(epochs=2, batch_size=5), 3
    faces = siamese.inputs(standins.att_faces().images[:4, :each].reshape(-1, 112, 92))
    ticks: list[float] = []
    _, firsts, means = siamese.fit(
        settings, faces, each, seed=SEED, tick=lambda loss, steps_done=1: ticks.append(loss), unit="ours"
    )

    generator = training.seeded(SEED)
    plain, criterion = siamese.SiameseNetwork(), siamese.ContrastiveLoss(settings.margin)
    optimizer = Adam(plain.parameters(), settings.learning_rate)
    for epoch in range(settings.epochs):
        drawn = siamese.draw_pairs(4, each, generator)
        found = [
            contests.face_step(plain, criterion, optimizer, faces[first], faces[second], y)
            for first, second, y in zip(*(one.split(5) for one in drawn), strict=True)
        ]
        assert len(found) == 3 and firsts[epoch] == pytest.approx(found[0], rel=1e-3)
        assert (means[epoch], ticks[epoch]) == pytest.approx((np.mean(found), found[-1]), rel=1e-3)


def test_a_pair_is_of_one_person_or_of_two_as_y_says() -> None:
    random.seed(0)
    faces = np.arange(15, dtype=np.uint8).reshape(5, 3, 1, 1) * np.full((1, 1, 20, 16), 16, np.uint8)
    pairs = contests.Pairs(faces)
    drawn = [pairs[i] for _ in range(100) for i in range(len(pairs))]
    numbers = [[round(255 * float(image.mean()) / 16) for image in pair[:2]] for pair in drawn]
    assert all((a // 3 != b // 3) == bool(y) for (a, b), (_, _, y) in zip(numbers, drawn, strict=True))
    first, second, y = drawn[0]
    assert first.shape == second.shape == (1, 100, 100) and isinstance(y, float)
    assert np.mean([y for *_, y in drawn]) == pytest.approx(0.5, abs=0.05)
    shares = np.bincount([a for a, _ in numbers], minlength=15) / len(drawn)
    assert shares == pytest.approx(np.full(15, 1 / 15), abs=0.03)
    assert {a == b for a, b in numbers} == {True, False}  # the very same image too
    assert {b for a, b in numbers if a // 3 == 0} == set(range(15))


def test_faces_are_resized_as_ours_are() -> None:
    faces = standins.att_faces().images[:2, :2]
    transform = contests.Pairs(faces).transform
    plain = torch.stack([transform(image) for row in contests.Pairs(faces).faces for image in row])
    torch.testing.assert_close(plain, siamese.inputs(faces.reshape(4, 112, 92)), atol=1.01 / 255, rtol=0)


def test_the_loop_of_faces_takes_as_many_pairs_an_epoch_as_there_are_images() -> None:
    torch.manual_seed(0)
    faces = standins.att_faces().images[:3, :2]
    loop = contests.face_loop(Siamese(batch_size=4), siamese.SiameseNetwork(), faces)
    assert list(islice(loop, 4)) == [4, 2, 4, 2]


# --- digits ---


def taken(images: Any, batch: list[int]) -> tuple[Tensor, Tensor]:
    """Images and labels of a batch, by the plain data set."""
    examples = contests.Digits(images.train_images, images.train_labels)
    some, labels = zip(*(examples[i] for i in batch), strict=True)
    return torch.stack(some), torch.tensor(labels)


def test_losses_of_the_cvae(heard: list[float], images: Any) -> None:
    cvae.train(CVAE, images, seed=SEED)

    generator = training.seeded(SEED)
    plain = vae.build(CVAE).train()
    optimizer = Adam(plain.parameters(), CVAE.learning_rate)
    found = []
    for _ in range(CVAE.epochs):
        noise = torch.randn(50, CVAE.latent, generator=generator).split(CVAE.batch_size)
        for batch, drawn in zip(training.batches(50, CVAE.batch_size, generator), noise, strict=True):
            x, labels = taken(images, batch.tolist())
            y = F.one_hot(labels, 10).float()
            found.append(contests.cvae_step(plain, optimizer, x.flatten(1), y, drawn))
    assert len(found) == 8 and heard == pytest.approx(found, rel=1e-4)
    assert 400 < found[0] < 600  # 784 log 2 nats an image, untrained


def test_the_loop_of_the_cvae_learns(images: Any) -> None:
    torch.manual_seed(0)
    settings = replace(CVAE, learning_rate=0.01)
    model = vae.build(settings)
    x, y = vae.pixels_and_classes(images.train_images, images.train_labels)

    @torch.no_grad()
    def bound() -> float:
        return float(torch.stack(vae.negative_elbo(model, x, y, torch.zeros(50, 3))).sum(0).mean())

    before = bound()
    loop = contests.cvae_loop(settings, model, images.train_images, images.train_labels)
    assert list(islice(loop, 40))[:5] == [16, 16, 16, 2, 16]
    assert bound() < 0.7 * before


def untrained() -> Model:
    small = Digits(feature_dim=8)
    return Model(small, training.weights_of(digits.build(small)))


def test_losses_of_the_gan(images: Any) -> None:
    """In double precision: Adam's first steps make much of what float32 rounds."""
    players = []
    for layout in (torch.channels_last, torch.contiguous_format):
        training.seeded(SEED)
        G, D = gan.start(GAN)
        for player in (G, D):
            player.network.double().to(memory_format=layout)  # type: ignore[call-overload]
        players.append((G, D))
    ours, (G, D) = players
    optimizers = [Adam(player.network.parameters(), 1e-3, (0.5, 0.999)) for player in (G, D)]
    generator = torch.Generator().manual_seed(SEED)
    for t in range(GAN.iterations):
        z, fresh_z = (gan.sample_noise(GAN.batch_size, GAN.noise_dim, generator).double() for _ in range(2))
        real, _ = taken(images, list(range(t % 3 * 12, t % 3 * 12 + 12)))  # of 40 images three whole batches
        real = 2 * (real.double() - 0.5)
        row, _ = gan.step(*ours, real, z, fresh_z)
        of_G, of_D = optimizers
        plain = contests.gan_step(G.network, D.network, (of_G, of_D), real, z, fresh_z)
        assert row[:2].tolist() == pytest.approx(plain, rel=1e-7)
        assert plain[0] > 1e-3  # there is something to learn


def test_the_loop_of_the_gan_takes_the_images_in_order(images: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []
    noise: list[Tensor] = []

    def step(G: Any, D: Any, optimizers: Any, real: Tensor, z: Tensor, fresh_z: Tensor) -> None:
        seen.append(real)
        noise.extend((z, fresh_z))

    monkeypatch.setattr(contests, "gan_step", step)
    G, D = gan.build_generator(), gan.build_discriminator()
    loop = contests.gan_loop(GAN, G, D, images.train_images[:40], images.train_labels[:40])
    assert list(islice(loop, 5)) == [12] * 5
    whole = as_tensor(images.train_images[:40])
    for t, real in enumerate(seen):
        torch.testing.assert_close(real, gan.batch(whole, t, 12), atol=1e-6, rtol=0)
    assert all(z.shape == (12, 96) and z.abs().max() < 1 and z.std() > 0.5 for z in noise)
    assert len({float(z[0, 0]) for z in noise}) == len(noise)  # fresh for each player's step


def test_the_timed_loop_of_the_gan_is_that_of_its_training(
    images: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gan, "CALIBRATION", 40)
    trained = gan.train(GAN, images, seed=0, judge=untrained()).logs["steps"]
    rows: list[Tensor] = []

    def step(*words: Any) -> tuple[Tensor, Tensor]:
        row, samples = original(*words)
        rows.append(row)
        return row, samples

    original = gan.step
    monkeypatch.setattr(gan, "step", step)
    timed = contests.gan_contest(GAN, images, Bench(gan_iterations=GAN.iterations))
    assert timed.ours() == GAN.iterations
    assert [row[0].item() for row in rows] == trained["d_loss"]
    assert [row[1].item() for row in rows] == trained["g_loss"]


def test_loops_advance_by_steps() -> None:
    assert contests.advance(iter([16, 16, 8] * 2), 4) == 56


def test_the_contests_take_the_settings_and_data_of_their_parts(images: Any) -> None:
    """A unit of plain and of ours is the same work, whatever the settings."""
    config = Cvae(hidden=8, latent=2, batch_size=10)
    one = contests.cvae_contest(config, images, Bench(plain_cvae_steps=5, cvae_images=30, profiled_images=20))
    assert one.sample is not None
    assert (one.plain(), one.ours(), one.sample()) == (0.05, 0.03, 0.02)
    faces = SimpleNamespace(images=standins.att_faces().images[:4, :2])
    settings = Siamese(batch_size=4, held_out=(1, 3), folds=2)
    other = contests.face_contest(settings, faces, Bench(plain_pair_steps=3, pair_epochs=2))
    assert (other.plain(), other.ours()) == (0.012, 0.008)
