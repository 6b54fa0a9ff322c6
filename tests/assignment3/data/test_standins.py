"""The stand-ins have the real data's types and shapes, follow their seed, and a linear model learns them."""

import numpy as np

from assignment3.data import faces, mnist, standins, yelp


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


def test_sentences_are_like_yelps_and_their_words_tell_the_label() -> None:
    data = standins.yelp()
    sets = [
        (getattr(data, f"{name}_texts"), getattr(data, f"{name}_labels")) for name in ("train", "dev", "test")
    ]
    assert [len(texts) for texts, _ in sets] == [len(labels) for _, labels in sets] == [4000, 1000, 1000]
    bearing: dict[str, set[int]] = {}
    for texts, labels in sets:
        assert labels.dtype == np.int8 and labels.mean() == 0.5
        assert (np.diff(labels) >= 0).all()  # negative ones first, as in the real files
        assert all(text == " ".join(text.lower().split()) and text.endswith(" .") for text in texts)
        lengths = [len(text.split()) for text in texts]
        assert min(lengths) == 5 and 13 < max(lengths) <= 15
        for text, label in zip(texts, labels.tolist(), strict=True):
            bearing.setdefault(text, set()).add(label)
    assert all(len(labels) == 1 for labels in bearing.values())
    assert all(max(len(text.split()) for text in texts[-1000:]) == 15 for texts, _ in sets)

    words = {word: i for i, word in enumerate(sorted({w for t in data.train_texts for w in t.split()}))}

    def bag(texts: list[str]) -> np.ndarray:
        counts = np.zeros((len(texts), len(words)))
        for row, text in enumerate(texts):
            for word in text.split():
                counts[row, words[word]] += 1
        return counts

    weights = least_squares(bag(data.train_texts), 2.0 * data.train_labels - 1, ridge=1)
    assert ((bag(data.test_texts) @ weights > 0) == data.test_labels).mean() > 0.75


def test_some_sentences_repeat() -> None:
    data = standins.yelp()
    known = set(data.train_texts)
    assert 10 < sum(text in known for text in data.test_texts) < 100
    assert 0 < len(data.test_texts) - len(set(data.test_texts)) < 50


def everything(seed: int) -> list[object]:
    digits, texts = standins.mnist(seed, train=20, test=5), standins.yelp(seed, train=50, dev=10, test=10)
    arrays = [digits.train_images, digits.test_labels, standins.att_faces(seed).images]
    return [array.tobytes() for array in arrays] + [texts.train_texts, texts.dev_texts, texts.test_texts]


def test_stand_ins_follow_their_seed() -> None:
    first, again, other = everything(0), everything(0), everything(1)
    assert first == again
    assert all(here != there for here, there in zip(first, other, strict=True))


def test_each_data_set_has_a_stand_in_of_its_type_that_passes_for_no_other() -> None:
    digits, texts, people = standins.mnist(), standins.yelp(), standins.att_faces()
    assert (type(digits), type(texts), type(people)) == (mnist.Mnist, yelp.Yelp, faces.AttFaces)
    digests = {mnist.digest(digits), yelp.digest(texts), faces.digest(people)}
    assert len(digests | {mnist.SHA256, yelp.SHA256, faces.SHA256}) == 6
