"""On the report's own code: what cannot change a number makes no run stale, what can makes the right ones."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assignment3.report import REPORT
from writeup.identity.closure import Code
from writeup.identity.inert import INERT
from writeup.runs.plan import evaluate_entries, train_entries

CODE = REPORT.root / "code"
OF_MODULE = {part.code: part for part in reversed(REPORT.parts)}  # the first that each module trains
PARTS = {part.name: part for part in REPORT.parts if part in OF_MODULE.values()}
Identities = dict[tuple[str, str], str]
Edit = list[tuple[str, str, str]]  # file, old text, new text


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Identities]:
    """The cache of analyses that all tests share, and the identities of the code as it is."""
    cache = tmp_path_factory.mktemp("cache") / "code.json"
    code = Code({"assignment3": CODE / "assignment3", "writeup": CODE / "writeup"}, INERT, cache)
    found = identities(code)
    code.keep()
    return cache, found


def identities(code: Code) -> Identities:
    """Digests of the code of both stages of every part, on the real data."""
    found = {}
    for name, part in PARTS.items():
        found[name, "train"] = code.closure(*train_entries(part, False)).digest
        found[name, "evaluate"] = code.closure(*evaluate_entries(part, False)).digest
    return found


def figures(code: Code) -> dict[str, str]:
    """Digests of the code of every figure."""
    return {
        figure.name: code.closure(figure.draw, "writeup.page.figures:save").digest
        for figure in REPORT.figures
    }


@pytest.fixture
def edited(base: tuple[Path, Identities], tmp_path: Path) -> Callable[[Edit], Code]:
    """edited(edit) -> the report's code with it."""

    def after(edit: Edit) -> Code:
        for package in ("assignment3", "writeup"):
            ignored = shutil.ignore_patterns("__pycache__", "starter")
            shutil.copytree(CODE / package, tmp_path / package, ignore=ignored)
        for file, old, new in edit:
            path = tmp_path / file
            if old == NEW_FILE:
                path.write_text(new, encoding="utf-8")
                continue
            text = path.read_text(encoding="utf-8")
            assert old in text, f"{file} has no {old!r}: the test has to follow the code"
            path.write_text(text.replace(old, new), encoding="utf-8")
        return Code({name: tmp_path / name for name in ("assignment3", "writeup")}, INERT, base[0])

    return after


@pytest.fixture
def stale(base: tuple[Path, Identities], edited: Callable[[Edit], Code]) -> Callable[[Edit], dict[str, str]]:
    """stale(edit) -> the parts that it makes stale, each with the first stage that has to be done again."""

    def after(edit: Edit) -> dict[str, str]:
        now = identities(edited(edit))
        found: dict[str, str] = {}
        for (part, stage), digest in base[1].items():
            if now[part, stage] != digest:
                found.setdefault(part, stage)
        return found

    return after


NEW_FILE = "(new file)"
DIGITS, TEXT, SIAMESE, CVAE, GAN = (
    f"assignment3/parts/{name}.py" for name in ("digits", "text_cnn", "siamese", "cvae", "gan")
)
TRAINING, SCORES = "writeup/training.py", "assignment3/measures/scores.py"


def whole(file: str) -> str:
    return (CODE / file).read_text(encoding="utf-8")


HARMLESS: dict[str, Edit] = {
    "a comment": [(GAN, "CHUNK = 1000  # samples", "CHUNK = 1000  # images")],
    "a module's docstring": [(CVAE, '"""A conditional VAE', '"""A new word: a conditional VAE')],
    "a function's docstring": [(CVAE, '"""log(1 + exp(a))', '"""The logarithm log(1 + exp(a))')],
    "wrapped as ruff does with shorter lines": [
        (
            CVAE,
            "    return -0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(1)",
            "    return (\n        -0.5\n        * (1 + log_var - mu**2 - log_var.exp()).sum(\n"
            "            1,\n        )\n    )",
        )
    ],
    "a local renamed": [
        (CVAE, "nats: Tensor = BernoulliNll", "found: Tensor = BernoulliNll"),
        (CVAE, "    return nats\n", "    return found\n"),
    ],
    "another local renamed": [(SCORES, "shift", "moved")],
    "a variable of a comprehension renamed": [
        (TEXT, "{name: tensor.clone() for name, tensor in", "{n: t.clone() for n, t in")
    ],
    "an annotation": [
        (DIGITS, "def restore(judge: Model) -> DigitClassifier:", "def restore(judge: 'Model') -> nn.Module:")
    ],
    "a function moved": [
        (CVAE, "def gaussian_kl(", "def unused_kl("),
        (CVAE, "import math\n", "import math\nfrom assignment3.measures.kl import gaussian_kl\n"),
        (
            "assignment3/measures/kl.py",
            NEW_FILE,
            "def gaussian_kl(mu, log_var):\n    return -0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(1)\n",
        ),
    ],
    "a module moved": [
        ("assignment3/measures/marks.py", NEW_FILE, whole(SCORES)),
        (CVAE, "from assignment3.measures import scores", "from assignment3.measures import marks as scores"),
        (GAN, "from assignment3.measures import scores", "from assignment3.measures import marks as scores"),
    ],
    "a function renamed": [(TEXT, "_percent", "_in_percent")],
    "a class renamed": [(DIGITS, "DigitClassifier", "Judge")],
    "a constant renamed": [(GAN, "CALIBRATION", "DRAWS")],
    "functions in another order": [(SCORES, "def entropy", "def unused():\n    pass\n\n\ndef entropy")],
    "the progress's text": [(TRAINING, "steps, loss {loss:.4g}", "steps done; loss {loss:.4g}")],
    "the progress's columns": [(TRAINING, "        TimeRemainingColumn(),\n", "")],
    "the observers": [(TRAINING, "for observe in observers:", "for observe in list(observers):")],
    "how an error is said": [
        ("writeup/errors.py", "class UserError(Exception):", "class UserError(ValueError):")
    ],
    "how files reach the disk": [("writeup/files.py", "os.fsync(file.fileno())", "pass")],
    "how results are read": [("writeup/results/store.py", "missing; train the part to make it", "missing")],
    "how runs are distributed": [
        ("writeup/runs/parallel.py", "CONNECT_SECONDS = 10", "CONNECT_SECONDS = 20")
    ],
    "what the provenance says": [("writeup/runs/provenance.py", '"%Y-%m-%d %H:%M UTC"', '"%Y-%m-%d UTC"')],
    "where weights are kept": [("writeup/runs/weights.py", '/ "weights"', '/ "trained"')],
    "the command line": [("writeup/cli.py", "number of runs of every part", "runs of every part")],
    "a new figure": [
        (
            "assignment3/page/figures.py",
            "def gan_watch",
            "def another(runs):\n    return None\n\n\ndef gan_watch",
        )
    ],
    "a new table": [
        (
            "assignment3/page/tables/cvae.py",
            "def cvae(",
            "def another(recorded):\n    return None\n\n\ndef cvae(",
        )
    ],
    "a figure's colour": [("writeup/page/figures.py", '"#0072B2"', '"#0072B3"')],
    "a reference number": [("assignment3/page/reference.toml", "95.24", "95.25")],
    "a derivation": [("assignment3/derivations/elbo.py", '"""', '"""New. ')],
    "a default of the settings, which enter by value": [
        ("assignment3/config.py", "epochs: int = 25", "epochs: int = 26")
    ],
    "the declaration": [("assignment3/report.py", "seeds=5", "seeds=6")],
    "the plain loops of the benchmark": [("assignment3/bench/plain_loops.py", "import", "import os\nimport")],
    "where data are looked for": [("assignment3/data/mnist.py", '"MNIST" / "raw"', '"MNIST" / "other"')],
    "a generator of stand-ins, for the real data": [("assignment3/data/standins.py", "280", "281")],
}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_edits_make_nothing_stale(name: str, stale: Callable[[Edit], dict[str, str]]) -> None:
    assert stale(HARMLESS[name]) == {}


ALL = dict.fromkeys(PARTS, "train")
LEARN = {name: "train" for name in PARTS if name != "phrases"}  # those with weights
JUDGED = {"cvae": "evaluate", "gan": "train"}  # the GAN's training log has the judge's scores
HARMFUL: dict[str, tuple[Edit, dict[str, str]]] = {
    # losses
    "text loss": (
        [(TEXT, "F.softplus(logits) - labels * logits", "F.softplus(logits) - 2 * labels * logits")],
        {"text_cnn": "train"},
    ),
    "contrastive loss": (
        [(SIAMESE, "(1 - same) * (margin - distance)", "(1 - same) * (2 * margin - distance)")],
        {"siamese": "train"},
    ),
    "doubles": ([(SIAMESE, "size.exp() - 1, (-size)", "size.exp() - 2, (-size)")], {"siamese": "train"}),
    "inner rounds": (
        [("assignment3/data/splits.py", "max(2, len(rest)", "max(3, len(rest)")],
        {"siamese": "train"},
    ),
    "KL tripled": ([(CVAE, "return -0.5 * (1 + log_var", "return -1.5 * (1 + log_var")], {"cvae": "train"}),
    "Bernoulli likelihood": (
        [(CVAE, "(softplus(a) - x * a)", "(softplus(a) + x * a)")],
        {"cvae": "train"},
    ),
    "a softplus less exact": ([(CVAE, ".add_(a.relu())", ".add_(a.relu() + 1e-6)")], {"cvae": "train"}),
    "slope of the likelihood": ([(CVAE, "(a.sigmoid() - x)", "(a.sigmoid() - 2 * x)")], {"cvae": "train"}),
    "copy of the weights": ([(CVAE, "copy.copy_(weight)", "copy.copy_(2 * weight)")], {"cvae": "train"}),
    "start of the bias": ([(CVAE, "clamp(1e-3, 1 - 1e-3)", "clamp(1e-2, 1 - 1e-2)")], {"cvae": "train"}),
    "guidance": ([(CVAE, "noisy = x + noise", "noisy = x - noise")], {"cvae": "train"}),
    "discriminator loss": ([(GAN, "return real + fake", "return real + 2 * fake")], {"gan": "train"}),
    "generator loss": (
        [
            (
                GAN,
                "return F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like",
                "return F.binary_cross_entropy_with_logits(-fake_logits, torch.ones_like",
            )
        ],
        {"gan": "train"},
    ),
    "gradient penalty": ([(GAN, "slope.square().sum((1, 2))", "slope.abs().sum((1, 2))")], {"gan": "train"}),
    "digit loss": (
        [
            (
                DIGITS,
                "F.cross_entropy(logits.float(), labels[chosen])",
                "F.cross_entropy(logits.float(), labels[chosen], label_smoothing=0.1)",
            )
        ],
        {"digits": "train"},
    ),
    # networks
    "text network": ([(TEXT, "x = F.relu(x).squeeze(2)", "x = F.gelu(x).squeeze(2)")], {"text_cnn": "train"}),
    "judge's network": ([(DIGITS, "*_block(16, 48)", "*_block(16, 49)")], {"digits": "train", **JUDGED}),
    "generator's network": (
        [(GAN, "nn.Linear(noise_dim, 1024)", "nn.Linear(noise_dim, 1025)")],
        {"gan": "train"},
    ),
    # optimisers and schedules
    "text optimiser": ([(TEXT, "torch.optim.Adam(", "torch.optim.AdamW(")], {"text_cnn": "train"}),
    "siamese decay": ([(SIAMESE, "weight_decay=1e-4", "weight_decay=1e-3")], {"siamese": "train"}),
    "CVAE's rate": (
        [(CVAE, "lambda step: 1 - step / total", "lambda step: 1 - step / (2 * total)")],
        {"cvae": "train"},
    ),
    "GAN's second moment": ([(GAN, "(config.beta1, 0.999)", "(config.beta1, 0.99)")], {"gan": "train"}),
    "judge's warm-up": ([(DIGITS, "pct_start=0.2", "pct_start=0.3")], {"digits": "train"}),
    # data, splits, seeds
    "seed of the split": (
        [
            (
                "assignment3/data/splits.py",
                "validation: int = 2_000,\n    seed: int = 598",
                "validation: int = 2_000,\n    seed: int = 599",
            )
        ],
        {"text_cnn": "train", "phrases": "evaluate"},
    ),
    "what a drawn sentence takes along": (
        [("assignment3/data/splits.py", "left = left[~held]", "left = left[~held][1:]")],
        {"text_cnn": "train", "phrases": "evaluate"},
    ),
    "seed of the folds": (
        [
            (
                "assignment3/data/splits.py",
                "validation: int = 4, seed: int = 598",
                "validation: int = 4, seed: int = 7",
            )
        ],
        {"siamese": "train"},
    ),
    "held-out images": (
        [("assignment3/data/images.py", "RandomState(598)", "RandomState(599)")],
        {"cvae": "train", "gan": "train"},
    ),
    "use of the seed": ([(TRAINING, "torch.manual_seed(seed)\n", "torch.manual_seed(seed + 1)\n")], LEARN),
    "order of batches": (
        [
            (
                TRAINING,
                "torch.split(torch.randperm(examples, generator=generator), batch_size)",
                "torch.split(torch.arange(examples), batch_size)",
            )
        ],
        {"digits": "train", "cvae": "train"},
    ),
    "words dropped": (
        [("assignment3/data/text_features.py", "< probability", "<= probability")],
        {"text_cnn": "train"},
    ),
    "shifts of the judge's images": ([(DIGITS, "SHIFT = 2", "SHIFT = 3")], {"digits": "train"}),
    "what the digest of the data says": (
        [
            (
                "assignment3/data/mnist.py",
                "def digest(data: Mnist) -> str:",
                "def digest(data: Mnist, more: int = 1) -> str:",
            )
        ],
        {"digits": "train", "cvae": "train", "gan": "train"},
    ),
    "scale of the pixels": (
        [("assignment3/data/images.py", "tensor.float() / 255", "tensor.float() / 256")],
        {"digits": "train", "cvae": "train", "gan": "train"},
    ),
    # evaluation: no training has to be done again
    "accuracy": (
        [(DIGITS, '"test_accuracy": 100 * right', '"test_accuracy": 99 * right')],
        {"digits": "evaluate"},
    ),
    "Frechet distance": ([(SCORES, "- 2 * cross", "- cross")], {"cvae": "evaluate", "gan": "evaluate"}),
    "classifier score": (
        [(SCORES, "entropy(p.mean(0)) - entropy(p).mean()", "entropy(p.mean(0))")],
        {"gan": "train"},
    ),
    "importance bound": ([(CVAE, "- math.log(samples)", "- math.log(samples + 1)")], {"cvae": "evaluate"}),
    "area under the ROC": (
        [("assignment3/measures/verification.py", "rankdata(-d)", "rankdata(-d, method='min')")],
        {"siamese": "train"},
    ),
    "baseline": (
        [
            (
                "assignment3/measures/face_baselines.py",
                "within = 0.9 * within + 0.1",
                "within = 0.8 * within + 0.2",
            )
        ],
        {"siamese": "evaluate"},
    ),
    "containment": (
        [
            (
                "assignment3/data/splits.py",
                "is_whole = lengths[phrase] == n",
                "is_whole = lengths[phrase] >= n",
            )
        ],
        {"text_cnn": "train", "phrases": "evaluate"},
    ),
    "which mistakes are shown": (
        [("assignment3/measures/text_examples.py", "rows: int = 5", "rows: int = 6")],
        {"text_cnn": "evaluate"},
    ),
    "what the judge reads": (
        [(DIGITS, "model(part).softmax(1)", "model(part).sigmoid()")],
        {"digits": "evaluate", **JUDGED},
    ),
    "draws of the bound": ([(CVAE, "ELBO_SAMPLES = 10", "ELBO_SAMPLES = 1")], {"cvae": "evaluate"}),
    "noise of the samples": (
        [(GAN, "manual_seed(seed + 1)  # not", "manual_seed(seed)  # not")],
        {"gan": "evaluate"},
    ),
    # the engine
    "digits of recorded tables": (
        [("writeup/results/store.py", "%.8g", "%.2g")],
        dict.fromkeys(PARTS, "evaluate"),
    ),
    "types of recorded columns": (
        [("writeup/results/store.py", 'return "int" if all(', 'return "float" if all(')],
        dict.fromkeys(PARTS, "evaluate"),
    ),
    "what the engine hands to the training": (
        [
            (
                "writeup/runs/stages.py",
                "(settled, data, seed=seed, **roles)\n    return trained",
                "(settled, data, seed=seed + 1, **roles)\n    return trained",
            )
        ],
        ALL,
    ),
    "what it hands to the evaluation": (
        [
            (
                "writeup/runs/stages.py",
                "(settled, data, trained, seed=seed,",
                "(settled, data, trained, seed=0,",
            )
        ],
        dict.fromkeys(PARTS, "evaluate"),
    ),
    "how weights are read": (
        [(TRAINING, "torch.tensor(array)", "torch.tensor(array).half().float()")],
        dict.fromkeys(LEARN, "evaluate") | {"gan": "train"},
    ),
    "how weights are kept": (
        [(TRAINING, "tensor.numpy(force=True).copy()", "tensor.numpy(force=True).round(3)")],
        LEARN,
    ),
    "the seed on the engine's way": (
        [
            (
                "writeup/runs/compute.py",
                "data, seed=run.seed, roles=roles)\n        circ",
                "data, seed=0, roles=roles)\n        circ",
            )
        ],
        ALL,
    ),
    "the data on the engine's way": (
        [
            (
                "writeup/runs/compute.py",
                "    return found\n\n\nReplan",
                "    return found[::2]\n\n\nReplan",
            )
        ],
        ALL,
    ),
    "the check of the data": (
        [("writeup/runs/compute.py", "!= data.sha256:", "== 0:")],
        ALL,
    ),
    "the settings of the judge": (
        [
            (
                "writeup/runs/compute.py",
                "return Model(settings.executed(run.config), trained.weights)",
                "return Model(None, trained.weights)",
            )
        ],
        dict.fromkeys(PARTS, "evaluate"),
    ),
    "the check of kept weights": (
        [("writeup/runs/compute.py", "weights.trained_digest(kept.trained) == kept.sha256", "kept.sha256")],
        ALL,
    ),
    "what is kept": (
        [("writeup/runs/weights.py", 'save(tensors, {"record"', 'save(dict(tensors), {"record"')],
        ALL,
    ),
    "precision": (
        [(TRAINING, 'enabled=precision == "bf16"', "enabled=True")],
        {name: stage for name, stage in LEARN.items() if name != "cvae"},
    ),
    "precision of the CVAE": (
        [(CVAE, 'network if precision == "fp32" else', "")],
        {"cvae": "train"},
    ),
    "how a run is executed": (
        [("writeup/settings.py", "if found else config", "if not found else config")],
        ALL,
    ),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful_edits_make_just_the_right_parts_stale(
    name: str, stale: Callable[[Edit], dict[str, str]]
) -> None:
    edit, expected = HARMFUL[name]
    assert stale(edit) == expected


def test_there_are_enough_edits_to_mean_something() -> None:
    assert len(HARMLESS) >= 20 and len(HARMFUL) >= 30


PAGE = "assignment3/page/figures.py"
REDRAWN: dict[str, tuple[Edit, set[str]]] = {
    "the reference's log": (
        [("assignment3/page/reference.toml", "[250, 1.387,", "[250, 1.388,")],
        {"gan_loss", "gan_tuned_loss"},
    ),
    "a rival's name": (
        [("assignment3/page/claims.py", '"pixels": "raw pixels"', '"pixels": "pixels"')],
        {"siamese_roc"},
    ),
    "a function that two figures call": (
        [(PAGE, 'kernel = name.rsplit("_", 1)', 'kernel = name.split("_", 1)')],
        {"text_cnn_loss", "text_cnn_tuned_loss"},
    ),
    "one figure": ([(PAGE, 'axes.set_xlabel("class")', 'axes.set_xlabel("digit")')], {"gan_classes"}),
    "a comment": ([(PAGE, "# the first step lies far above", "# far above")], set()),
    "another figure's function": (
        [(PAGE, "def gan_classes", "def more(runs):\n    return runs\n\n\ndef gan_classes")],
        set(),
    ),
    "the style of all": (
        [("writeup/page/figures.py", '"font.size": 9', '"font.size": 8')],
        {f.name for f in REPORT.figures},
    ),
}


@pytest.mark.parametrize("name", REDRAWN)
def test_an_edit_redraws_the_figures_that_it_reaches_and_no_others(
    name: str, edited: Callable[[Edit], Code]
) -> None:
    edit, expected = REDRAWN[name]
    before = figures(Code({package: CODE / package for package in ("assignment3", "writeup")}, INERT))
    now = figures(edited(edit))
    assert {figure for figure in before if before[figure] != now[figure]} == expected


def test_every_timing_can_be_recorded() -> None:
    """What it measures can be followed; a record without identity would never be stale."""
    code = Code({package: CODE / package for package in ("assignment3", "writeup")}, INERT)
    for timing in REPORT.timings:
        assert code.closure(timing.measure, "writeup.results.store:encode").digest, timing.name
