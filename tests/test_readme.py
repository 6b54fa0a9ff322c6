"""What the README shows must run, and what it says of results is what was recorded."""

import re
from statistics import median

from assignment3.report import REPORT
from writeup.cli import TAKES, VERBS, parse
from writeup.results import store, values
from writeup.results.store import Result

ROOT = REPORT.root
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_derivation_of_the_readme_is_proved() -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}
    exec(snippet, names)
    assert [step.method for step in names["checked"].steps] == ["symbolic", "symbolic"]  # type: ignore[attr-defined]


def test_the_command_lines_of_the_readme_are_understood() -> None:
    lines = re.findall(r"^    python build\.py (.*)$", README, re.MULTILINE)
    assert lines
    for line in lines:
        assert parse(REPORT, [word.strip("'") for word in line.partition("#")[0].split()], {}).verb in VERBS


def test_the_makefile_has_the_verbs_that_the_readme_names() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for verb in (
        "report",
        "watch",
        "diff",
        "train",
        "data",
        "values",
        "test",
        "grade",
        "archive",
        "bench",
        "growth",
        "check",
        "browse",
        "clean",
    ):
        assert re.search(rf"^{verb}:.*## ", makefile, re.MULTILINE) and verb in README


WHAT = {  # a number, the same with tuned settings -> what it is, digits, unit
    ("text_cnn/max_5/test_accuracy", "text_cnn_tuned/side_by_side/test_accuracy"): (
        "text CNN (maximum, H' = 5): test sentences classified correctly",
        2,
        " %",
    ),
    ("text_cnn/avg_5/test_accuracy", ""): ("the same with average pooling", 2, " %"),
    ("text_cnn/bag_of_words/test_accuracy", ""): ("a bag of words with a linear layer, beside it", 2, " %"),
    ("siamese/heldout/auc", ""): ("Siamese network: area under the ROC, three held-out people", 4, ""),
    ("siamese/auc", "siamese_tuned/auc"): ("the same in folds over all forty", 4, ""),
    ("cvae/test_negative_elbo", "cvae_tuned/test_negative_elbo"): (
        "conditional VAE: -ELBO of test images, nats an image",
        1,
        "",
    ),
    ("cvae/conditional_accuracy", "cvae_tuned/conditional_accuracy"): (
        "its samples: read as the class asked for",
        1,
        " %",
    ),
    ("gan/classifier_score", "gan_tuned/classifier_score"): ("GAN: classifier score of samples", 2, ""),
}


def runs_of(part: str) -> list[Result]:
    places = sorted((ROOT / "report" / "results" / part).glob("seed-*"))
    return [store.load(place) for place in places]


def results_table() -> str:
    """Mean and standard deviation over the runs, and what a run took on which machine."""
    lines = [
        "| measured | as set | tuned | runs | seconds of a run | machine |",
        "|---|---|---|---|---|---|",
    ]
    for names, (what, digits, unit) in WHAT.items():
        sides = [(name, runs_of(name.partition("/")[0])) for name in names if name]
        sides = [(name, runs) for name, runs in sides if runs]  # tuned settings may not be recorded
        found = [values.of(runs)[name] for name, runs in sides]
        shown = [f"{one.mean:.{digits}f} ± {one.std:.{digits}f}{unit}" for one in found]
        shown += ["–"] * (2 - len(shown))
        runs = sides[0][1]
        seconds = f"{median(float(run.provenance['seconds']) for run in runs):.0f}"
        machines = ", ".join(sorted({str(run.provenance["machine"]) for run in runs}))
        lines.append(f"| {what} | {' | '.join(shown)} | {len(runs)} | {seconds} | {machines} |")
    return "\n".join(lines)


def test_the_results_of_the_readme_are_those_recorded() -> None:
    assert results_table() in README, f"the README's table of results should be\n{results_table()}"


def verbs_table() -> str:
    lines = ["| verb | what it does |", "|---|---|"]
    return "\n".join(
        lines
        + [f"| `{f'{verb} {TAKES.get(verb, str())}'.strip()}` | {text} |" for verb, text in VERBS.items()]
    )


def test_the_readme_lists_every_verb() -> None:
    assert verbs_table() in README, f"the README's table of verbs should be\n{verbs_table()}"
