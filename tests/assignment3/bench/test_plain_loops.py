"""The plain loops compute what ours do, and learn."""

import dataclasses
import random
from collections.abc import Iterator, Mapping
from itertools import islice

import pytest
import torch
from torch import Tensor, nn

from assignment3.bench import plain_loops
from assignment3.config import Siamese, TextCnn
from assignment3.data import standins
from assignment3.data.text_features import PAD, encode, vocabulary
from assignment3.parts import cvae, gan, siamese, text_cnn

SMALL = TextCnn(epochs=1, batch_size=50, embedding_dim=8, feature_maps=6, precision="fp32")


@pytest.mark.parametrize("pooling", ["avg", "max"])
@pytest.mark.parametrize("lengths", [[9, 1, 5, 7], [2, 3]])
def test_the_plain_text_network_computes_the_same(pooling: str, lengths: list[int]) -> None:
    torch.manual_seed(0)
    ours = text_cnn.CNN(SMALL, words=30, kernel_size=5, pooling=pooling)
    plain = plain_loops.Conv1dCnn(SMALL, words=30, kernel_size=5, pooling=pooling)
    plain.load_state_dict(ours.state_dict())
    rows = [(torch.randint(1, 30, (length,)), torch.tensor(float(length % 2))) for length in lengths]
    ids, labels = plain_loops.padded(rows)
    assert ids.shape == (len(lengths), max(lengths)) and int((ids != PAD).sum()) == sum(lengths)
    torch.testing.assert_close(plain(ids), ours(ids), atol=1e-5, rtol=0)
    plain_loss = nn.functional.binary_cross_entropy_with_logits(plain(ids), labels)
    torch.testing.assert_close(plain_loss, text_cnn.loss(ours(ids), labels), atol=1e-5, rtol=0)
    assert not torch.allclose(plain(ids), ours(ids.flip(0)), atol=1e-5)


def test_the_plain_vae_loss_is_the_same() -> None:
    torch.manual_seed(0)
    model = cvae.ConditionalVae(16, 3)
    x, y, noise = torch.rand(5, 784), torch.eye(10)[:5], torch.randn(5, 3)
    reconstruction, kl = cvae.negative_elbo(model, x, y, noise)
    plain = plain_loops.vae_loss(model, x, y, noise)
    torch.testing.assert_close(plain, (reconstruction + kl).mean(), atol=0, rtol=1e-5)


def as_plain(weights: Mapping[str, Tensor]) -> Iterator[Tensor]:
    """Our generator's weights in the plain order: there the 6,272 units are channel, row, column, here row,
    column, channel.
    """
    for tensor in weights.values():
        if tensor.ndim and tensor.shape[0] == 6272:
            yield tensor.view(7, 7, 128, *tensor.shape[1:]).movedim(2, 0).reshape(tensor.shape)
        else:
            yield tensor


def test_the_plain_gan_networks_compute_the_same() -> None:
    torch.manual_seed(0)
    G, plain_G = gan.Generator(96), plain_loops.gan_generator(96)
    D, plain_D = gan.Discriminator(), plain_loops.gan_discriminator()
    plain_G.load_state_dict(dict(zip(plain_G.state_dict(), as_plain(G.state_dict()), strict=True)))
    plain_D.load_state_dict(dict(zip(plain_D.state_dict(), D.state_dict().values(), strict=True)))
    for network in (G, D, plain_G, plain_D):  # batch norm magnifies what float32 rounds
        network.double()
    z = torch.rand(6, 96, dtype=torch.float64) * 2 - 1
    images, plain_images = G(z), plain_G(z)
    torch.testing.assert_close(plain_images.squeeze(1), images, atol=1e-9, rtol=0)
    torch.testing.assert_close(plain_D(plain_images).squeeze(1), D(images), atol=1e-9, rtol=0)


def test_the_plain_pairs_are_half_genuine_and_prepared_as_ours() -> None:
    settings = Siamese(height=28, width=23, augmentation=0.0)  # a quarter
    random.seed(0)
    faces = standins.att_faces().images[:6]
    pairs = plain_loops.Pairs(settings, faces)
    first, second, same = zip(*(pairs[i] for i in range(len(pairs))), strict=True)
    assert 0.25 < sum(same) / len(same) < 0.75
    ours = siamese.inputs(faces.reshape(60, 112, 92), 28, 23)
    for i, image in enumerate(first):  # mirrored by the toss of a coin, grey levels rounded to integers
        assert min((image - o).abs().max().item() for o in (ours[i], ours[i].flip(2))) < 0.1
    for i, (partner, alike) in enumerate(zip(second, same, strict=True)):
        nearest = min(
            range(60), key=lambda j: min((partner - o).abs().sum() for o in (ours[j], ours[j].flip(2)))
        )
        assert (nearest // 10 == i // 10) == bool(alike)


def test_the_plain_text_loop_learns() -> None:
    torch.manual_seed(0)
    texts = [f"{'fine' if i % 2 else 'dull'} word{i % 7}" for i in range(40)]
    examples = encode(texts, [i % 2 for i in range(40)], vocabulary(texts))
    settings = dataclasses.replace(SMALL, batch_size=16, learning_rate=0.03)
    model = plain_loops.Conv1dCnn(settings, words=20, kernel_size=5, pooling="max")
    counts = list(islice(plain_loops.text_loop(settings, model, examples), 30))
    assert counts[:3] == [16, 16, 8]
    assert ((model(examples.ids) > 0) == (examples.labels > 0.5)).all()


def test_loops_advance_by_steps_or_by_examples() -> None:
    counts = [16, 16, 8]
    assert plain_loops.advance(iter(counts * 2), 4) == 56
    loop = iter(counts * 2)
    plain_loops.advance_to(loop, 33)
    assert list(loop) == counts  # the step that begins below 33 is taken whole
