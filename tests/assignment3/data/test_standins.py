"""The stand-ins have the real data's types and shapes, follow their seed, and a linear model learns them."""

import numpy as np

from assignment3.data import faces, mnist, splits, sst2, standins


def least_squares(inputs: np.ndarray, targets: np.ndarray, ridge: float) -> np.ndarray:
    return np.linalg.solve(inputs.T @ inputs + ridge * np.eye(inputs.shape[1]), inputs.T @ targets)


def test_digits_are_like_mnist_and_a_linear_model_reads_them() -> None:
    data = standins.mnist()
    assert data.train_images.shape == (2000, 28, 28) and data.test_images.shape == (500, 28, 28)
    assert data.train_images.dtype == data.train_labels.dtype == np.uint8
    assert set(data.train_labels) == set(data.test_labels) == set(range(10))
    ink = data.train_images / 255
    assert 0.08 < ink.mean() < 0.2  # MNIST: 0.13
    assert ink[:, [0, -1]].mean() < 0.005 > ink[:, :, [0, -1]].mean()  # clear of the border
    weights = least_squares(ink.reshape(2000, -1), np.eye(10)[data.train_labels] - 0.1, ridge=10)
    guesses = (data.test_images.reshape(500, -1) @ weights).argmax(axis=1)
    assert (guesses == data.test_labels).mean() > 0.8


def test_faces_of_a_subject_are_alike() -> None:
    images = standins.att_faces().images
    assert images.shape == (40, 10, 112, 92) and images.dtype == np.uint8
    flat = images.reshape(400, -1)[:, ::7].astype(float)
    squares = (flat**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * flat @ flat.T, 0))
    subject = np.arange(400) // 10
    same = subject[:, None] == subject
    np.fill_diagonal(distances, np.nan)
    assert np.nanmean(distances[same]) < 0.8 * np.nanmean(distances[~same])
    assert np.nanmin(distances) > 0  # no image twice


def test_sentences_are_like_sst2_and_their_words_tell_the_label() -> None:
    data = standins.sst2()
    assert len(data.train_phrases) == len(data.train_labels) == 6000
    assert len(data.dev_sentences) == len(data.dev_labels) == 200
    assert data.train_labels.dtype == data.dev_labels.dtype == np.int8
    for phrases, labels in (
        (data.train_phrases, data.train_labels),
        (data.dev_sentences, data.dev_labels),
    ):
        rows = list(zip(phrases, labels.tolist(), strict=True))
        assert rows == sorted(rows)
        assert all(phrase == " ".join(phrase.lower().split()) for phrase in phrases)
        assert 0.4 < labels.mean() < 0.6
    lengths = [len(phrase.split()) for phrase in data.train_phrases]
    assert min(lengths) == 1 and 15 < max(lengths) <= 30
    assert all(sentence.endswith(" .") for sentence in data.dev_sentences)
    assert not set(data.dev_sentences) & set(data.train_phrases)

    words = {word: i for i, word in enumerate(sorted({w for p in data.train_phrases for w in p.split()}))}

    def bag(phrases: list[str]) -> np.ndarray:
        counts = np.zeros((len(phrases), len(words)))
        for row, phrase in enumerate(phrases):
            for word in phrase.split():
                counts[row, words[word]] += 1
        return counts

    weights = least_squares(bag(data.train_phrases), 2.0 * data.train_labels - 1, ridge=1)
    assert ((bag(data.dev_sentences) @ weights > 0) == data.dev_labels).mean() > 0.75


def test_phrases_leak_across_a_phrase_split_as_those_of_sst2_do() -> None:
    data = standins.sst2()
    split = splits.text_split(data.train_phrases, data.train_labels, test=1000, validation=200)
    test, train = ([data.train_phrases[i] for i in part] for part in (split.test, split.train))
    assert splits.containment(test, train)[1].mean() > 0.4
    assert splits.containment(data.dev_sentences, train)[1].mean() < 0.1


def everything(seed: int) -> list[object]:
    digits, texts = standins.mnist(seed, train=20, test=5), standins.sst2(seed, train=50, dev=10)
    arrays = [digits.train_images, digits.test_labels, texts.train_labels, standins.att_faces(seed).images]
    return [array.tobytes() for array in arrays] + [texts.train_phrases, texts.dev_sentences]


def test_stand_ins_follow_their_seed() -> None:
    first, again, other = everything(0), everything(0), everything(1)
    assert first == again
    assert all(here != there for here, there in zip(first, other, strict=True))


def test_each_data_set_has_a_stand_in_of_its_type_that_passes_for_no_other() -> None:
    digits, texts, people = standins.mnist(), standins.sst2(), standins.att_faces()
    assert (type(digits), type(texts), type(people)) == (mnist.Mnist, sst2.Sst2, faces.AttFaces)
    digests = {mnist.digest(digits), sst2.digest(texts), faces.digest(people)}
    assert len(digests | {mnist.SHA256, sst2.SHA256, faces.SHA256}) == 6
