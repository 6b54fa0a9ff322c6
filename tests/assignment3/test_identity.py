"""On the report's own code: what cannot change a number makes no run stale, what can makes the right ones."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.problems import FACTS, FOLDERS, merged

from assignment3.report import REPORT
from writeup.identity.closure import Code
from writeup.runs.plan import entries

CODE = REPORT.root / "code"
PACKAGES = "assignment3", "evidence", "writeup"
OF_MODULE = {part.code: part for part in reversed(REPORT.parts)}  # the first that each module trains
PARTS = {part.name: part for part in REPORT.parts if part in OF_MODULE.values()}
Identities = dict[tuple[str, str], str]
Edit = list[tuple[str, str, str]]  # file, old text, new text


@pytest.fixture(scope="module")
def base() -> Identities:
    """The identities of the code as it is."""
    return identities(Code({name: CODE / name for name in PACKAGES}))


def identities(code: Code) -> Identities:
    """Digests of the code of both stages of every part, on the real data."""
    found = {}
    for name, part in PARTS.items():
        for stage, of_stage in zip(("train", "evaluate"), entries(part, False), strict=True):
            found[name, stage] = code.closure(*of_stage, recording=True).digest
    return found


def figures(code: Code) -> dict[str, str]:
    """Digests of the code of every figure."""
    return {
        figure.name: code.closure(figure.draw, "writeup.page.figures:save").digest
        for figure in REPORT.figures
    }


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[Edit], Code]:
    """edited(edit) -> the report's code with it."""

    def after(edit: Edit) -> Code:
        for package in PACKAGES:
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
        return Code({name: tmp_path / name for name in PACKAGES})

    return after


@pytest.fixture
def stale(base: Identities, edited: Callable[[Edit], Code]) -> Callable[[Edit], dict[str, str]]:
    """stale(edit) -> the parts that it makes stale, each with the first stage that has to be done again."""

    def after(edit: Edit) -> dict[str, str]:
        now = identities(edited(edit))
        found: dict[str, str] = {}
        for (part, stage), digest in base.items():
            if now[part, stage] != digest:
                found.setdefault(part, stage)
        return found

    return after


NEW_FILE = "(new file)"
DIGITS, SCORES, TRAINING = (
    "assignment3/shared/digits.py",
    "assignment3/shared/scores.py",
    "writeup/training/loop.py",
)
TEXT, READING, EXAMPLES = (f"assignment3/text_cnn/{name}.py" for name in ("model", "evaluate", "examples"))
CVAE, NETWORK, SAMPLES = (f"assignment3/cvae/{name}.py" for name in ("model", "network", "evaluate"))
GAN, LOOKS = (f"assignment3/gan/{name}.py" for name in ("model", "looks"))
TUNED_TEXT, TUNED_CVAE = (f"assignment3/{problem}/tuned.py" for problem in ("text_cnn", "cvae"))
IMAGES, FEATURES = (f"assignment3/data/{name}.py" for name in ("images", "text_features"))


def whole(file: str) -> str:
    return (CODE / file).read_text(encoding="utf-8")


HARMLESS: dict[str, Edit] = {
    "a comment": [(GAN, "SHOWN = 16  # samples of", "SHOWN = 16  # images of")],
    "a module's docstring": [(NETWORK, '"""The conditional VAE', '"""A new word: the conditional VAE')],
    "a function's docstring": [(NETWORK, '"""log(1 + exp(a))', '"""The logarithm log(1 + exp(a))')],
    "wrapped as ruff does with shorter lines": [
        (
            NETWORK,
            "    return -0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(1)",
            "    return (\n        -0.5\n        * (1 + log_var - mu**2 - log_var.exp()).sum(\n"
            "            1,\n        )\n    )",
        )
    ],
    "a local renamed": [
        (NETWORK, "nats: Tensor = BernoulliNll", "found: Tensor = BernoulliNll"),
        (NETWORK, "    return nats\n", "    return found\n"),
    ],
    "another local renamed": [(SCORES, "shift", "moved")],
    "a variable of a comprehension renamed": [
        (TEXT, "{name: tensor.clone() for name, tensor in", "{n: t.clone() for n, t in")
    ],
    "an annotation": [
        (DIGITS, "def restore(judge: Model) -> DigitClassifier:", "def restore(judge: 'Model') -> nn.Module:")
    ],
    "a function moved": [
        (NETWORK, "def gaussian_kl(", "def unused_kl("),
        (
            NETWORK,
            "from typing import Any\n",
            "from typing import Any\nfrom assignment3.cvae.kl import gaussian_kl\n",
        ),
        (
            "assignment3/cvae/kl.py",
            NEW_FILE,
            "def gaussian_kl(mu, log_var):\n    return -0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(1)\n",
        ),
    ],
    "a module moved": [
        ("assignment3/gan/marks.py", NEW_FILE, whole(SCORES)),
        *(
            (
                file,
                "from assignment3.shared import digits, scores\n",
                "from assignment3.shared import digits\nfrom assignment3.gan import marks as scores\n",
            )
            for file in (SAMPLES, GAN, LOOKS)
        ),
    ],
    "a function renamed": [(GAN, "named(", "told(")],
    "a class renamed": [(DIGITS, "DigitClassifier", "Judge")],
    "a constant renamed": [(GAN, "CALIBRATION", "DRAWS")],
    "functions in another order": [(SCORES, "def entropy", "def unused():\n    pass\n\n\ndef entropy")],
    "another limit of what settings can be": [
        ("assignment3/text_cnn/checks.py", "COPIES = 4", "COPIES = 5"),
        ("assignment3/shared/checks.py", "COPIES = 4", "COPIES = 5"),
        ("assignment3/gan/checks.py", "at least 2, for a curve", "at least two"),
    ],
    "how scores are computed again": [
        ("assignment3/cvae/checks.py", "counts.trace() / counts.sum()", "counts.trace() / len(counts)")
    ],
    "what is said of a loss that is not finite": [
        ("writeup/runs/progress.py", "lower the learning rate", "lower its rate")
    ],
    "how far a training is, as it is told": [
        ("writeup/runs/progress.py", "steps, {how}", "of all steps, {how}")
    ],
    "how often it is passed on": [("writeup/runs/progress.py", "SECONDS = 0.1", "SECONDS = 0.2")],
    "how an error is said": [
        ("writeup/errors.py", "class UserError(Exception):", "class UserError(ValueError):")
    ],
    "how files reach the disk": [("writeup/files.py", "os.fsync(file.fileno())", "pass")],
    "how results are read": [("writeup/results/store.py", "missing; train the part to make it", "missing")],
    "how runs are distributed": [
        ("writeup/runs/executors.py", "CONNECT_SECONDS = 10", "CONNECT_SECONDS = 20")
    ],
    "what the provenance says": [("writeup/runs/provenance.py", '"%Y-%m-%d %H:%M UTC"', '"%Y-%m-%d UTC"')],
    "where weights are kept": [("writeup/runs/weights.py", '/ "weights"', '/ "trained"')],
    "the command line": [("writeup/cli/verb.py", "number of runs of every part", "runs of every part")],
    "a new figure": [
        (
            "assignment3/gan/figures.py",
            "def lines(",
            "def another(runs):\n    return None\n\n\ndef lines(",
        )
    ],
    "a figure drawn otherwise": [("assignment3/text_cnn/figures.py", "LOWEST = 92.0", "LOWEST = 80.0")],
    "a new table": [
        (
            "assignment3/cvae/tables.py",
            "def settings(",
            "def another(recorded):\n    return None\n\n\ndef settings(",
        )
    ],
    "how claims are tested": [
        ("assignment3/text_cnn/comparisons.py", "100 * side.mean(axis=1)", "side.mean(axis=1)"),
    ],
    "the words of a claim": [("assignment3/gan/words.py", "margin=0.1", "margin=0.2")],
    "a figure's colour": [("writeup/page/figures.py", '"#0072B2"', '"#0072B3"')],
    "a number of the reference": [("assignment3/shared/quoted.toml", "95.24", "95.25")],
    "a margin": [("assignment3/primary.toml", "margin = 0.5", "margin = 0.6")],
    "a derivation": [("assignment3/derivations/elbo.py", '"""', '"""New. ')],
    "a default of the settings, which enter by value": [
        ("assignment3/text_cnn/settings.py", "epochs: int = 25", "epochs: int = 26"),
        ("assignment3/cvae/settings.py", "hidden: int = 400", "hidden: int = 500"),
        ("assignment3/gan/settings.py", "beta1: float = limited(0.5", "beta1: float = limited(0.6"),
        ("assignment3/shared/settings.py", "epochs: int = 8", "epochs: int = 9"),
    ],
    "what a variant changes": [("assignment3/gan/settings.py", '{"penalty": 0.5}', '{"penalty": 0.6}')],
    "what a preset changes": [("assignment3/cvae/settings.py", '"epochs": 1,', '"epochs": 2,')],
    "the declarations": [(f"assignment3/{name}/declared.py", "seeds=", "seeds=1 + ") for name in FOLDERS],
    "the order of the problems": [
        (
            "assignment3/report.py",
            f"PROBLEMS = {', '.join(FOLDERS)}",
            f"PROBLEMS = {', '.join(FOLDERS[::-1])}",
        )
    ],
    "the plain loops of the benchmark": [("evidence/contests.py", "def text_step(", "def plain_text_step(")],
    "where data are looked for": [("assignment3/data/mnist.py", '"MNIST" / "raw"', '"MNIST" / "other"')],
    "where the sentences are downloaded": [
        ("assignment3/data/yelp.py", "https://raw.githubusercontent.com", "https://example.org")
    ],
    "a generator of stand-ins, for the real data": [("assignment3/data/standins.py", "280", "281")],
}
HARMLESS |= merged("HARMLESS")


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_edits_make_nothing_stale(name: str, stale: Callable[[Edit], dict[str, str]]) -> None:
    assert stale(HARMLESS[name]) == {}


TEXTS, CVAES, GANS = (  # by what they are declared to run: a tuned network may have its own module
    [name for name, part in PARTS.items() if part.code.startswith(f"assignment3.{problem}.")]
    for problem in ("text_cnn", "cvae", "gan")
)


def of(*parts: list[str], stage: str = "train") -> dict[str, str]:
    """These parts, stale from this stage on."""
    return {name: stage for names in parts for name in names}


ALL, DIGIT = of(list(PARTS)), of(["digits"])
IMAGED = DIGIT | of(CVAES, GANS)  # those that see digits
JUDGED = of(CVAES, stage="evaluate") | of(GANS)  # the classifier looks at a GAN's samples while it trains
HARMFUL: dict[str, tuple[Edit, dict[str, str]]] = {
    # losses
    "text loss": (
        [(TEXT, "F.softplus(logits) - labels * logits", "F.softplus(logits) - 2 * labels * logits")],
        of(TEXTS),
    ),
    "KL tripled": ([(NETWORK, "return -0.5 * (1 + log_var", "return -1.5 * (1 + log_var")], of(CVAES)),
    "Bernoulli likelihood": ([(NETWORK, "(softplus(a) - x * a)", "(softplus(a) + x * a)")], of(CVAES)),
    "a softplus less exact": ([(NETWORK, ".add_(a.relu())", ".add_(a.relu() + 1e-6)")], of(CVAES)),
    "slope of the likelihood": ([(NETWORK, "(a.sigmoid() - x)", "(a.sigmoid() - 2 * x)")], of(CVAES)),
    "the loss behind the reference's log": (
        [
            (
                NETWORK,
                "reconstruction.mean() / PIXELS + kl.sum()",
                "reconstruction.mean() / PIXELS + kl.mean()",
            )
        ],
        {"cvae": "train"},
    ),
    "what a line of the log says": (
        [(NETWORK, "kl * batch) / batch", "kl * batch) / PIXELS")],
        of(CVAES),
    ),
    "binary cross entropy": ([(GAN, "+ (1 - targets) * fake)", "- (1 - targets) * fake)")], of(GANS)),
    "discriminator loss": (
        [(GAN, "torch.zeros_like(logits_fake)", "torch.ones_like(logits_fake)")],
        of(GANS),
    ),
    "generator loss": (
        [(GAN, "bce_loss(logits_fake, torch.ones_like", "bce_loss(-logits_fake, torch.ones_like")],
        of(GANS),
    ),
    "gradient penalty": ([(GAN, "slope.square().sum((1, 2, 3))", "slope.abs().sum((1, 2, 3))")], of(GANS)),
    "digit loss": (
        [
            (
                DIGITS,
                "F.cross_entropy(logits, labels[chosen])",
                "F.cross_entropy(logits, labels[chosen], label_smoothing=0.1)",
            )
        ],
        DIGIT,
    ),
    # networks
    "text network": ([(TEXT, "x = F.relu(x).squeeze(2)", "x = F.gelu(x).squeeze(2)")], {"text_cnn": "train"}),
    "pooling over a sentence's own windows": (
        [(TEXT, "(lengths - K + 1)", "(lengths - K + 2)")],
        {"text_cnn": "train"},
    ),
    "how a convolution adds its words": ([(TEXT, 'mode="sum"', 'mode="mean"')], of(TEXTS)),
    "bag of words": ([(TEXT, "value=False)", "value=True)")], {"text_cnn": "train"}),
    "recognition model": ([(NETWORK, "(log_var / 2).exp()", "log_var.exp()")], of(CVAES)),
    "generation model": (
        [(NETWORK, "nn.Linear(hidden, PIXELS),", "nn.Linear(hidden, PIXELS, bias=False),")],
        of(CVAES),
    ),
    "judge's network": ([(DIGITS, "*_block(16, 48)", "*_block(16, 49)")], DIGIT | JUDGED),
    "generator's network": ([(GAN, "nn.Linear(noise_dim, 1024)", "nn.Linear(noise_dim, 1025)")], of(GANS)),
    "discriminator's network": ([(GAN, "nn.Conv2d(1, 32, 5)", "nn.Conv2d(1, 33, 5)")], of(GANS)),
    "start of the GAN": ([(GAN, "xavier_uniform_", "xavier_normal_")], of(GANS)),
    # optimisers and schedules
    "text optimiser": ([(TEXT, "torch.optim.Adam(", "torch.optim.AdamW(")], of(TEXTS)),
    "CVAE's optimiser": ([(CVAE, "torch.optim.Adam(", "torch.optim.AdamW(")], {"cvae": "train"}),
    "GAN's second moment": ([(GAN, "config.beta1, config.beta2)", "config.beta1, 0.99)")], of(GANS)),
    "GAN's rates": ([(GAN, "(config.iterations - t) / last)", "(config.iterations - t) / t)")], of(GANS)),
    "mean of the GAN's weights": ([(GAN, "1 - decay)\n", "decay)\n")], of(GANS)),
    "judge's warm-up": ([(DIGITS, "pct_start=0.2", "pct_start=0.3")], DIGIT),
    # what is only of the tuned settings, in modules of their own
    "tuned text network": (
        [(TUNED_TEXT, "[Y.amax(2), Y.mean(2)]", "[Y.amax(2), Y.amin(2)]")],
        {"text_cnn_tuned": "train"},
    ),
    "how its members vote": (
        [(TUNED_TEXT, "for member in self.members]).mean(0)", "for member in self.members]).amax(0)")],
        {"text_cnn_tuned": "evaluate"},
    ),
    "guidance": ([(TUNED_CVAE, "guide((x + noise)", "guide((x - noise)")], {"cvae_guided": "train"}),
    "rates of the tuned CVAE": (
        [(TUNED_CVAE, "(1 - step / (config.epochs * each))", "(1 - step / (2 * config.epochs * each))")],
        {"cvae_guided": "train"},
    ),
    "precision": ([(TUNED_CVAE, 'network if precision == "fp32" else ', "")], {"cvae_guided": "train"}),
    # data, splits, seeds
    "held-out images": ([(IMAGES, "RandomState(598)", "RandomState(599)")], of(CVAES)),
    "black and white pixels": (
        [(NETWORK, ".to(x.device) < x)", ".to(x.device) <= x)")],
        {"cvae": "train", "cvae_guided": "evaluate"},
    ),
    "noise of the players": ([(GAN, "generator=generator) * 2 - 1)", "generator=generator))")], of(GANS)),
    "order of the GAN's images": ([(GAN, "k = t % (len(images)", "k = (t + 1) % (len(images)")], of(GANS)),
    "use of the seed": ([(TRAINING, "torch.manual_seed(seed)\n", "torch.manual_seed(seed + 1)\n")], ALL),
    "order of batches": (
        [
            (
                TRAINING,
                "torch.split(torch.randperm(examples, generator=generator), batch_size)",
                "torch.split(torch.arange(examples), batch_size)",
            )
        ],
        DIGIT | of(TEXTS, CVAES),
    ),
    "batches of like length": (
        [(FEATURES, "torch.argsort(lengths + ties)", "torch.argsort(ties)")],
        of(TEXTS),
    ),
    "which words are known": ([(FEATURES, "2 + i for i, word", "3 + i for i, word")], of(TEXTS)),
    "what pads a batch": (
        [(READING, "examples.lengths[batch].max())", "examples.lengths.max())")],
        of(TEXTS),
    ),
    "shifts of the judge's images": ([(DIGITS, "SHIFT = 2", "SHIFT = 3")], DIGIT),
    "what the digest of the digits says": (
        [
            (
                "assignment3/data/mnist.py",
                "def digest(data: Mnist) -> str:",
                "def digest(data: Mnist, more: int = 1) -> str:",
            )
        ],
        IMAGED,
    ),
    "what the digest of the sentences says": (
        [("assignment3/data/yelp.py", '"{label} {text}\\n"', '"{text}\\n"')],
        of(TEXTS),
    ),
    "scale of the pixels": ([(IMAGES, "tensor.float() / 255", "tensor.float() / 256")], IMAGED),
    # evaluation: no training has to be done again
    "accuracy": (
        [(DIGITS, '"test_accuracy": 100 * right', '"test_accuracy": 99 * right')],
        {"digits": "evaluate"},
    ),
    "which sentences are new": (
        [(READING, "new[repeats[:, 0]] = False", "new[repeats[:, 1]] = False")],
        of(TEXTS, stage="evaluate"),
    ),
    "which mistakes are shown": ([(READING, "MISTAKES = 10", "MISTAKES = 11")], of(TEXTS, stage="evaluate")),
    "what a word does": (
        [(EXAMPLES, "effect=whole - logit)", "effect=logit - whole)")],
        of(TEXTS, stage="evaluate"),
    ),
    "which n-grams are shown": ([(EXAMPLES, "rows: int = 3", "rows: int = 4")], {"text_cnn": "evaluate"}),
    "n-grams": (
        [(FEATURES, "windows[:, :, -1] != PAD", "windows[:, :, 0] != PAD")],
        {"text_cnn": "evaluate"},
    ),
    "importance bound": (
        [(SAMPLES, "- math.log(samples)", "- math.log(samples + 1)")],
        of(CVAES, stage="evaluate"),
    ),
    "draws of the bound": ([(SAMPLES, "ELBO_SAMPLES = 10", "ELBO_SAMPLES = 1")], of(CVAES, stage="evaluate")),
    "the one draw of black and white test images": (
        [(SAMPLES, "BINARISED_SEED = 0", "BINARISED_SEED = 1")],
        of(CVAES, stage="evaluate"),
    ),
    "spread of the samples": (
        [(SAMPLES, "some.std(0).mean()", "some.var(0).mean()")],
        of(CVAES, stage="evaluate"),
    ),
    "Frechet distance": ([(SCORES, "- 2 * cross", "- cross")], of(CVAES, GANS, stage="evaluate")),
    "classifier score": (
        [
            (
                LOOKS,
                "scores.entropy(samples.mean_class) - samples",
                "scores.entropy(samples.mean_class) + samples",
            )
        ],
        of(GANS, stage="evaluate"),
    ),
    "classes that are present": (
        [(SCORES, "share: float = 0.01", "share: float = 0.02")],
        of(GANS, stage="evaluate"),
    ),
    "nearest images": ([(GAN, "NEIGHBOURED = 500", "NEIGHBOURED = 501")], of(GANS, stage="evaluate")),
    "further first lines": (
        [(GAN, "STARTING + seed * config.first_draws + draw", "STARTING + draw")],
        of(GANS, stage="evaluate"),
    ),
    "what the judge reads": (
        [(DIGITS, "model(part).softmax(1)", "model(part).sigmoid()")],
        {"digits": "evaluate"} | of(CVAES, stage="evaluate"),
    ),
    "what it reads of a GAN's samples": (
        [(DIGITS, "model.head(seen).softmax(1), seen", "model.head(seen).sigmoid(), seen")],
        of(GANS),
    ),
    "entropy of what it reads": (
        [(SCORES, "np.log(np.where(p > 0, p, 1))", "np.log2(np.where(p > 0, p, 1))")],
        of(GANS),
    ),
    "statistics of batch norm": ([(GAN, "CALIBRATION = 2000", "CALIBRATION = 1000")], of(GANS)),
    # the engine
    "digits of recorded tables": (
        [("writeup/runs/record.py", "%.8g", "%.2g")],
        of(list(PARTS), stage="evaluate"),
    ),
    "types of recorded columns": (
        [("writeup/runs/record.py", 'return "int" if all(', 'return "float" if all(')],
        of(list(PARTS), stage="evaluate"),
    ),
    "what the engine hands to the training": (
        [
            (
                "writeup/runs/record.py",
                "(executed(config), data, seed=seed, **roles)\n    return trained",
                "(executed(config), data, seed=seed + 1, **roles)\n    return trained",
            )
        ],
        ALL,
    ),
    "what it hands to the evaluation": (
        [
            (
                "writeup/runs/record.py",
                "(executed(config), data, trained, seed=seed,",
                "(executed(config), data, trained, seed=0,",
            )
        ],
        of(list(PARTS), stage="evaluate"),
    ),
    "how weights are read": (
        [(TRAINING, "torch.tensor(array)", "torch.tensor(array).half().float()")],
        of(list(PARTS), stage="evaluate") | of(GANS),
    ),
    "how weights are kept": (
        [(TRAINING, "tensor.numpy(force=True).copy()", "tensor.numpy(force=True).round(3)")],
        DIGIT | of(CVAES, GANS),
    ),
    "how the text networks' are kept": (
        [(TEXT, "value.numpy(force=True).copy()", "value.numpy(force=True).round(3)")],
        {"text_cnn": "train"},
    ),
    "the seed on the engine's way": (
        [
            (
                "writeup/runs/record.py",
                "data, seed=run.seed, roles=roles)\n        circ",
                "data, seed=0, roles=roles)\n        circ",
            )
        ],
        ALL,
    ),
    "the data on the engine's way": (
        [
            (
                "writeup/runs/record.py",
                "    return found\n\n\ndef executed",
                "    return found[::2]\n\n\ndef executed",
            )
        ],
        ALL,
    ),
    "the check of the data": ([("writeup/runs/record.py", "!= data.sha256:", "== 0:")], ALL),
    "the settings of the judge": (
        [
            (
                "writeup/runs/record.py",
                "return Model(executed(run.config), trained.weights)",
                "return Model(None, trained.weights)",
            )
        ],
        of(list(PARTS), stage="evaluate"),
    ),
    "the check of kept weights": (
        [("writeup/runs/record.py", 'trained_digest(trained) == told["sha256"]', "bool(told)")],
        ALL,
    ),
    "what is kept": (
        [("writeup/runs/record.py", '{f"{WEIGHT}{name}": array for', '{f"{WEIGHT}{name}": array + 0 for')],
        ALL,
    ),
    "how a run is executed": (
        [("writeup/runs/record.py", "replace(config, **settings.execution(config))", "replace(config)")],
        ALL,
    ),
}
HARMFUL |= merged("HARMFUL")
for facts in FACTS:
    for name, expected in getattr(facts, "ALSO", {}).items():
        HARMFUL[name] = HARMFUL[name][0], HARMFUL[name][1] | expected


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful_edits_make_just_the_right_parts_stale(
    name: str, stale: Callable[[Edit], dict[str, str]]
) -> None:
    edit, expected = HARMFUL[name]
    assert stale(edit) == expected


def test_there_are_enough_edits_to_mean_something() -> None:
    assert len(HARMLESS) >= 40 and len(HARMFUL) >= 80
    for part in PARTS:  # each by an edit of its training, and by one of its evaluation alone
        assert {expected.get(part) for _, expected in HARMFUL.values()} >= {"train", "evaluate"}, part


PAGES = {name: f"assignment3/{name}/figures.py" for name in FOLDERS}
REDRAWN: dict[str, tuple[Edit, set[str]]] = {
    "the reference's log": (
        [("assignment3/shared/quoted.toml", "[250, 1.387,", "[250, 1.388,")],
        {"gan_loss", "gan_progress", "cvae_reference_log"},
    ),
    "words for settings": (
        [("assignment3/gan/words.py", '"gan": "given"', '"gan": "set"')],
        {"gan_progress", "gan_neighbours"},
    ),
    "a function that two figures call": (
        [(PAGES["gan"], "sorted({round(k)", "sorted({int(k)")],
        {"gan_progress"},
    ),
    "one figure": ([(PAGES["gan"], '"logit: real', '"answer: real')], {"gan_model"}),
    "another": ([(PAGES["text_cnn"], "LOWEST = 92.0", "LOWEST = 80.0")], {"text_cnn_loss"}),
    "a comment": ([(PAGES["gan"], "# as many as the reference shows", "# as the reference shows")], set()),
    "another figure's function": (
        [(PAGES["cvae"], "def samples(", "def more(runs):\n    return runs\n\n\ndef samples(")],
        set(),
    ),
    "the style of all": (
        [("writeup/page/figures.py", '"font.size": 9', '"font.size": 8')],
        {f.name for f in REPORT.figures},
    ),
}
REDRAWN |= merged("REDRAWN")


@pytest.mark.parametrize("name", REDRAWN)
def test_an_edit_redraws_the_figures_that_it_reaches_and_no_others(
    name: str, edited: Callable[[Edit], Code]
) -> None:
    edit, expected = REDRAWN[name]
    before = figures(Code({package: CODE / package for package in PACKAGES}))
    now = figures(edited(edit))
    assert {figure for figure in before if before[figure] != now[figure]} == expected
