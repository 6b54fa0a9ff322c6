"""What problem 2 tells the tests of the whole; `tests/problems.py` says what each is."""

from assignment3.shared.settings import Changes
from assignment3.siamese.settings import Siamese, Tuned

SIZES: dict[type, Changes] = {
    Siamese: {"epochs": 3, "batch_size": 12, "held_out": (2, 5), "folds": 2, "baseline_dim": 4},
    Tuned: {
        "epochs": 3, "height": 24, "width": 16, "embedding_dim": 4, "members": 2, "components": 5, "folds": 2,
    },
}  # fmt: skip
LISTED = {"siamese": ["SiameseNetwork", "ContrastiveLoss"]}
NUMBERS = [
    ("siamese", "auc", 1e-4),
    ("siamese", "eer", -0.1),
    ("siamese", "heldout/auc", -1e-4),
    ("siamese", "training_mode/auc", -1e-3),
    ("siamese", "auc_fold_3", 1e-4),
    ("siamese", "auc_std", -1e-4),
    ("siamese", "baseline_fisher/eer", 0.1),
    ("siamese", "subjects_above_pixels", 1),
]
