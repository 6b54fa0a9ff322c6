"""What problem 1 tells the tests of the whole; `tests/problems.py` says what each is."""

from assignment3.shared.settings import Changes
from assignment3.text_cnn.settings import TextCnn, Tuned

TEXT: Changes = {"epochs": 3, "batch_size": 40, "embedding_dim": 4, "feature_maps": 4}
SIZES: dict[type, Changes] = {TextCnn: TEXT, Tuned: {**TEXT, "members": 2}}
LISTED = {"text_cnn": ["CNN"]}
NUMBERS = [
    ("text_cnn", "max_5/test_accuracy", 0.01),
    ("text_cnn", "max_5/test_accuracy_new", 0.01),
    ("text_cnn", "avg_5/last_epoch/test_accuracy", 0.2),
    ("text_cnn", "max_7/dev_accuracy", 0.1),
    ("text_cnn", "avg_7/best_epoch", 1),
    ("text_cnn", "bag_of_words/test_accuracy", -0.1),
    ("text_cnn", "repeated_in_training", -1),
    ("text_cnn_tuned", "side_by_side/test_accuracy", 0.01),
]
