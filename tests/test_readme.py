"""What the README shows must run, and what it says of results is what was recorded."""

import re
from statistics import median

from assignment3.report import REPORT
from writeup.cli.entry import listed, parse
from writeup.results import store, values
from writeup.results.store import Result

ROOT = REPORT.root
README = (ROOT / "README.md").read_text(encoding="utf-8")
USING, OWN = (
    (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("using.md", "your-own-report.md")
)


def test_the_derivation_of_the_guide_is_proved() -> None:
    (snippet,) = (one for one in re.findall(r"```python\n(.*?)```", OWN, re.DOTALL) if "checked =" in one)
    names: dict[str, object] = {}
    exec(snippet, names)
    assert [step.method for step in names["checked"].steps] == ["symbolic", "symbolic"]  # type: ignore[attr-defined]


def test_the_command_lines_of_readme_and_guide_are_understood() -> None:
    lines = re.findall(r"^    python build\.py (.*)$", README + USING, re.MULTILINE)
    assert lines
    for line in lines:
        parse(REPORT, [word.strip("'") for word in line.partition("#")[0].split()], {})


def test_the_makefile_has_the_verbs_that_the_documents_name() -> None:
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
        "evidence",
        "check",
        "browse",
        "clean",
    ):
        assert re.search(rf"^{verb}:.*## ", makefile, re.MULTILINE)
        assert re.search(rf"make {verb}\b|`{verb}\b", README + USING), verb


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
    """Mean and standard deviation over the runs, how many these are, and what a run took on which machine."""
    lines = [
        "| measured | as set | tuned | runs | processor seconds of a run | machine |",
        "|---|---|---|---|---|---|",
    ]
    for names, (what, digits, unit) in WHAT.items():
        sides = [(name, runs_of(name.partition("/")[0])) for name in names if name]
        sides = [(name, runs) for name, runs in sides if runs]  # tuned settings may not be recorded
        shown = []
        for name, runs in sides:
            found = values.of(runs)[name]
            spread = f" ± {found.std:.{digits}f}" if len(runs) > 1 else ""
            shown.append(f"{found.mean:.{digits}f}{spread}{unit}")
        shown += ["–"] * (2 - len(shown))
        counts = ", ".join(str(len(runs)) for _, runs in sides)
        runs = sides[0][1]
        known = [seconds for run in runs if (seconds := run.provenance.get("processor_seconds"))]
        seconds = f"{median(known):.0f}" if known else "–"
        machines = ", ".join(sorted({str(run.provenance["machine"]) for run in runs}))
        lines.append(f"| {what} | {' | '.join(shown)} | {counts} | {seconds} | {machines} |")
    return "\n".join(lines)


def test_the_results_of_the_readme_are_those_recorded() -> None:
    assert results_table() in README, f"the README's table of results should be\n{results_table()}"


def verbs_table() -> str:
    rows = [f"| `{words}` | {text} |" for words, text in listed()]
    return "\n".join(["| verb | what it does |", "|---|---|", *rows])


def test_the_guide_lists_every_verb() -> None:
    assert verbs_table() in USING, f"the table of verbs in docs/using.md should be\n{verbs_table()}"


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150 and len(README.split()) <= 1500


def test_links_of_the_documents_lead_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
