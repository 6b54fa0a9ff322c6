"""The manual for authors of templates names what templates see: all of it, and nothing else."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jinja2.defaults import DEFAULT_FILTERS, DEFAULT_NAMESPACE

from writeup.page.context import Context
from writeup.page.manual import manual
from writeup.page.source.templating import environment

DOCS = Path(__file__).parents[3] / "docs" / "templates.md"


def section(title: str) -> dict[str, str]:
    """What the committed manual says of each name below a title."""
    text = DOCS.read_text(encoding="utf-8").split(f"## {title}\n")[1].partition("\n## ")[0]
    return dict(re.findall(r"^- `(\w+)[^`]*`: (.+(?:\n  .+)*)", text, re.MULTILINE))


def test_the_committed_manual_is_that_of_the_code() -> None:
    assert DOCS.read_text(encoding="utf-8") == manual(), "make docs"


def test_the_manual_names_what_a_template_sees() -> None:
    seen: Any = Context(**{one.name: {} for one in fields(Context)} | {"notes": {"mine": 1}})
    assert section("Names").keys() == seen.names().keys() - {"mine"} and seen.names()["mine"] == 1
    env = environment(Path())
    assert section("Functions").keys() == env.globals.keys() - DEFAULT_NAMESPACE.keys()
    assert section("Filters").keys() == {
        name for name, one in env.filters.items() if DEFAULT_FILTERS.get(name) is not one
    }


@pytest.mark.parametrize("title", ["Names", "Rows of `shown`", "Members of `claims`", "Functions", "Filters"])
def test_each_name_has_its_meaning(title: str) -> None:
    said = section(title)
    assert len(said) > 3 and all(len(text.split()) > 1 for text in said.values())
