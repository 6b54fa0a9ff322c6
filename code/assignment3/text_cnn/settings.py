"""Settings of problem 1, and what each variant and preset changes. No torch: rendering reads this page too.

Each setting's origin is one of: the sheet; the reference (a student's report, which states it); published
solutions; ours, where the sheet leaves the choice.
"""

from dataclasses import dataclass

from assignment3.shared.settings import Changes
from writeup.settings import limited


@dataclass(frozen=True)
class TextCnn:
    """Sentiment CNN after Kim (2014). The defaults are the assignment's: the sheet's and the reference's."""

    epochs: int = 25  # the reference
    batch_size: int = 1000  # the reference
    embedding_dim: int = 300  # C; the reference
    feature_maps: int = 128  # F; the sheet's example, and the reference
    kernel_sizes: tuple[int, ...] = (5, 7)  # H'; the sheet
    poolings: tuple[str, ...] = limited(("avg", "max"), choices=("avg", "max"))  # the sheet
    learning_rate: float = 1e-3  # published solution A, and Adam's default
    embedding_std: float = 0.1  # of the start N(0, 0.1^2); ours: PyTorch starts at N(0, 1)
    # Over which windows is pooled: "all", as nn.AvgPool1d and nn.MaxPool1d do (the sheet); "own" leaves out
    # those that reach into a batch's pads (ours).
    windows: str = limited("all", choices=("all", "own"))
    # "shuffled" (the sheet: its sentences are sorted by label), or of "like_length", so that next to nothing
    # is padded (ours)
    batches: str = limited("shuffled", choices=("shuffled", "like_length"))
    # How training computes the convolution: by nn.Conv1d, or "by_words", the same sums in a third of the
    # time (ours). The evaluation always takes nn.Conv1d.
    convolution: str = limited("by_words", choices=("by_words", "conv1d"))
    # Two networks without a convolution beside the others (ours, after homework 2): a bag of words and the
    # mean of embeddings. Their rates were chosen on the development sentences.
    baselines: bool = True
    bag_learning_rate: float = 0.03
    mean_learning_rate: float = 3e-3


@dataclass(frozen=True)
class Tuned(TextCnn):
    """The tuned network, whose settings are all ours; text_cnn/tuned.py says what was tried."""

    epochs: int = 5
    batch_size: int = 100
    embedding_dim: int = 200
    feature_maps: int = 64  # of each kernel size
    kernel_sizes: tuple[int, ...] = (1, 2, 3)  # side by side in one network, each pooled both ways
    baselines: bool = False
    embedding_dropout: float = limited(0.5, least=0, below=1)
    word_dropout: float = limited(0.1, least=0, below=1)  # words made unknown
    members: int = 5  # networks whose logits are averaged


# One change each, all ours.
NORMAL_START: Changes = {"embedding_std": 1.0, "baselines": False}
MASKED: Changes = {"windows": "own", "baselines": False}
LIKE_LENGTH: Changes = {"batches": "like_length", "baselines": False}

# The two small sizes of the whole report, by part: on the real data, and on generated stand-in data.
QUICK: dict[str, Changes] = {
    "text_cnn": {"epochs": 2, "embedding_dim": 100, "learning_rate": 3e-3},
    "text_cnn_tuned": {"epochs": 1, "batch_size": 200, "learning_rate": 2e-3, "members": 2},
}
SMOKE: dict[str, Changes] = {
    "text_cnn": {"epochs": 3, "batch_size": 50, "embedding_dim": 32, "learning_rate": 5e-3},
    **{
        f"text_cnn_{name}": {"epochs": 2, "batch_size": 50, "embedding_dim": 32, "kernel_sizes": (5,)}
        for name in ("normal_start", "masked", "like_length")
    },
    "text_cnn_tuned": {
        "epochs": 2,
        "batch_size": 50,
        "embedding_dim": 32,
        "learning_rate": 5e-3,
        "members": 2,
    },
}
