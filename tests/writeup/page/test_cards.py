"""The cards of a page, held against the recorded results and the checks that they tell of."""

import json
import re
import shutil
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import edit
from tests.writeup.conftest import Project

from writeup.page.web import html, markdown
from writeup.results import store


@pytest.fixture(scope="module")
def told(built: Project) -> dict[str, Any]:
    return dict(json.loads((built.root / "report" / "report.cards.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def page(built: Project) -> str:
    return (built.root / "report" / "report.html").read_text(encoding="utf-8")


def card(page: str, name: str) -> str:
    """The text of a card."""
    begin = page.index(f'<div class="card" popover id="{name}"')
    end = page.find('<div class="card"', begin + 1)
    return " ".join(
        re.sub(r"<annotation.*?</annotation>|<[^>]+>", " ", page[begin:end], flags=re.DOTALL).split()
    )


def test_a_number_leads_to_its_runs(built: Project, page: str) -> None:
    results = [store.load(built.root / f"report/results/descent/seed-{seed}") for seed in range(5)]
    errors = [result.scalars["error"] for result in results]
    shown = f"{statistics.fmean(errors):.2f} ± {statistics.stdev(errors):.2f}"
    opens = dict(
        re.findall(r'<button type="button" class="value" aria-label="([^"]*)" popovertarget="([^"]*)"', page)
    )
    text = card(page, opens[shown])
    assert f"Mean {statistics.fmean(errors):.6g}" in text and "over 5 runs" in text
    assert "study.experiment:evaluate" in text and "python build.py values descent/error" in text
    for result in results:
        assert f"{result.scalars['error']:.6g}" in text
        assert store.fingerprint(result)[:12] in text and result.provenance["commit"] in text
        assert f'href="#run-descent-{result.seed}"' in page and f'id="run-descent-{result.seed}"' in page


def test_a_comparison_leads_to_its_test(told: dict[str, Any], page: str) -> None:
    claim = told["claims"]["penalty/error"]
    shown = re.findall(r'popovertarget="([^"]+)">(-?[\d.]+)</button>', page)
    opened = {text: name for name, text in shown if "Comparison penalty/error" in card(page, name)}
    assert f"{-claim['difference']:.3f}" in opened
    text = card(page, opened[f"{-claim['difference']:.3f}"])
    assert f"{claim['difference']:.6g}" in text and "descent_penalty, seed 4" in text
    assert "paired t" in text and claim["verdict"] in text


def test_a_figure_leads_to_the_function_that_drew_it(page: str, built: Project) -> None:
    assert 'popovertarget="figures-error">Source</button>' in page
    text = card(page, "figures-error")
    assert "study.page:error" in text and "def error(" in text
    assert all(f"{part}, seed {seed}" in text for part in ("descent", "descent_penalty") for seed in range(5))


def test_a_step_tells_how_it_was_checked(page: str, told: dict[str, Any]) -> None:
    (derivation,) = told["derivations"].values()
    for step in derivation["steps"]:
        assert page.count(f'class="step" aria-label="[{step["shown"]}') + page.count(
            f'class="step" popovertarget="step-{step["anchor"]}"'
        )
        text = card(page, f"step-{step['anchor']}")
        assert "proved" in text and "python build.py prove gradient" in text
        for tried in step["tried"]:
            for point in tried["points"]:
                assert point["at"] in text and all(value in text for value in point["values"])
        near = told["nearest"][f"gradient/{step['name']}"]
        assert near["reason"] in text.replace("&#39;", "'") and " at " in near["reason"]
        assert "one side is" in near["reason"]
    assert "2 lines: 2 proved for all values</button>" in page


def test_the_derivation_is_checked_again_by_the_command_that_its_card_names(
    built: Project, tmp_path: Path
) -> None:
    done = built.build("prove", "gradient")
    assert done.stdout.startswith("gradient: 2 lines: 2 proved for all values; ")
    done = built.build("prove", "nothing")
    assert done.returncode == 1 and done.stderr == "error: no derivation 'nothing'; there are gradient\n"
    shutil.copytree(built.root, tmp_path / "wrong", ignore=shutil.ignore_patterns("report"))
    wrong = replace(built, root=tmp_path / "wrong")
    edit(wrong.root / "code" / "study" / "derivation.py", "-x * (y - s)", "-x * (y + s)")
    done = wrong.build("prove")
    assert done.returncode == 1 and "step 2 'as it stands in the closed form' does not hold" in done.stderr


def test_the_pages_without_cards_are_whole(built: Project, tmp_path: Path) -> None:
    tex = built.root / "report" / "report.tex"
    html.to_html(tex, tmp_path / "bare.html")
    bare = (tmp_path / "bare.html").read_text(encoding="utf-8")
    assert "popovertarget" not in bare.partition("<main")[2] and "Error on new points" in bare
    markdown.to_markdown(tex, tmp_path / "page.md")
