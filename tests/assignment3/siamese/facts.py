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

MODEL, RECORD, VERIFICATION, BASELINES, HEAD, TUNED = (
    f"assignment3/siamese/{name}.py"
    for name in ("model", "record", "verification", "baselines", "head", "tuned")
)
TRAINED = dict.fromkeys(("siamese", "siamese_tuned"), "train")
EVALUATED = dict.fromkeys(TRAINED, "evaluate")
HARMLESS = {
    "a local of the Siamese loss renamed": [
        (MODEL, "same, different = d**2,", "near, different = d**2,"),
        (MODEL, "((1 - y) * same + y", "((1 - y) * near + y"),
    ],
    "another function renamed": [(BASELINES, "_embed(", "_projected(")],
    "the Siamese network renamed": [(MODEL, "SiameseNetwork", "Twins")],
    "the text of the portraits": [
        ("assignment3/siamese/figures.py", "Four rows of grey portraits.", "Portraits.")
    ],
    "another limit of the people held out": [
        ("assignment3/siamese/checks.py", "if len(held) < 2 or", "if len(held) < 3 or"),
    ],
    "how claims about faces are tested": [
        ("assignment3/siamese/comparisons.py", "(len(subjects) - 1) * lost", "len(subjects) * lost"),
    ],
    "a default of its settings, which enter by value": [
        ("assignment3/siamese/settings.py", "epochs: int = 200", "epochs: int = 100"),
    ],
}
HARMFUL = {
    "contrastive loss": ([(MODEL, "(self.margin - d)", "(2 * self.margin - d)")], TRAINED),
    "who is pulled together": ([(MODEL, "(1 - y) * same + y", "y * same + (1 - y)")], TRAINED),
    "Siamese network": ([(MODEL, "*_block(8, 16)", "*_block(8, 17)")], {"siamese": "train"}),
    "its last layer": ([(MODEL, "nn.Linear(512, 8)", "nn.Linear(512, 9)")], {"siamese": "train"}),
    "Siamese optimiser": ([(MODEL, "torch.optim.Adam(", "torch.optim.AdamW(")], {"siamese": "train"}),
    "invented people": (
        [(TUNED, "size.exp() - 1, (-size)", "size.exp() - 2, (-size)")],
        {"siamese_tuned": "train"},
    ),
    "Fisher's layer": (
        [(HEAD, "components, int((variances", "components, 1 + int((variances")],
        {"siamese_tuned": "train"},
    ),
    "seed of the folds": (
        [
            (
                "assignment3/data/splits.py",
                "validation: int = 4, seed: int = 598",
                "validation: int = 4, seed: int = 7",
            )
        ],
        TRAINED,
    ),
    "which pairs are drawn": (
        [(MODEL, "torch.randint(1, subjects,", "torch.randint(2, subjects,")],
        {"siamese": "train"},
    ),
    "size of the faces": ([(MODEL, "SIDE = 100", "SIDE = 96")], {"siamese": "train"}),
    "who is held out": (
        [(MODEL, "np.sort(np.array(config.held_out)) - 1", "np.array(config.held_out)")],
        {"siamese": "train"},
    ),
    "seed of a fold": ([(MODEL, "1000 * seed + k", "seed + k")], {"siamese": "train"}),
    "what the digest of the faces says": (
        [("assignment3/data/faces.py", "sha256(data.images.tobytes())", "sha256(data.images[:5].tobytes())")],
        TRAINED,
    ),
    "scale of the faces": ([(MODEL, ".float() / 255", ".float() / 256")], {"siamese": "train"}),
    "area under the ROC": (
        [(VERIFICATION, "rankdata(-d)", "rankdata(-d, method='min')")],
        EVALUATED,
    ),
    "threshold of a fold": (
        [(VERIFICATION, "(true_accept - false_accept)[1:]", "true_accept[1:]")],
        EVALUATED,
    ),
    "means over the folds": (
        [(RECORD, "np.std(areas, ddof=1)", "np.std(areas)")],
        EVALUATED,
    ),
    "a linear metric": (
        [(BASELINES, "within = 0.9 * within + 0.1", "within = 0.8 * within + 0.2")],
        {"siamese": "evaluate"},
    ),
    "which faces are shown": ([(MODEL, "SHOWN_SEED = 498", "SHOWN_SEED = 499")], {"siamese": "evaluate"}),
    "batch norm of the published figures": (
        [(MODEL, "for face in faces])", "for face in faces[:, :]])")],
        {"siamese": "evaluate"},
    ),
}
ALSO = {"how weights are kept": TRAINED}
REDRAWN: dict[str, object] = {
    "a way's name": (
        [("assignment3/siamese/words.py", '"pixels": "raw pixels"', '"pixels": "pixels"')],
        {"siamese_roc"},
    ),
    "what a curve is made of": (
        [("assignment3/siamese/verification.py", "highest = np.append", "highest = ~np.append")],
        {"siamese_roc"},
    ),
    "the text of the portraits": (
        [("assignment3/siamese/figures.py", "Four rows of grey portraits.", "Portraits.")],
        set(),
    ),
}
