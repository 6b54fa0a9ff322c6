"""A wrong rubric costs one line that says where."""

from pathlib import Path

import pytest

from writeup.errors import UserError
from writeup.grade import rubric

GOOD = """
total = 10
[[problem]]
title = "One"
points = 10
[[problem.question]]
title = "1.1"
[[problem.question.item]]
what = "a word"
weight = 3
says = "a word"
[[problem.question.item]]
what = "fonts"
check = "fonts"
[[problem.question.item]]
what = "style"
person = "read it"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "rubric.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_points_are_shared_by_weight_and_a_person_has_none(tmp_path: Path) -> None:
    read = rubric.read(written(tmp_path, GOOD))
    assert [(item.id, item.points) for item in read.items] == [("1.1.1", 7.5), ("1.1.2", 2.5), ("1.1.3", 0.0)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("total = 10", "total = 11", "add up to 10"),
        ("points = 10", 'points = "ten"', "problem 1: points"),
        ('check = "fonts"', 'check = "font"', "item 2: check = 'font'"),
        ('says = "a word"', 'say = "a word"', "unknown key 'say'"),
        ('says = "a word"', 'says = "a"\nclaim = "b"', "it needs one of"),
        ("[[problem]]", "[[problem]", "rubric.toml"),
        ("total = 10", 'total = 10\nwords = {a = "("}', "no pattern"),
        ('what = "a word"', "what = 3", "what is missing"),
        ("total = 10", "total = 10\nnumbers = [1]", "numbers 1 must be a table"),
        ("total = 10", "total = 10\nsections = 1", "sections must be a table"),
        ("total = 10", 'total = 10\nsections = {a = ["("]}', "a must be a list of patterns"),
        ("total = 10", "total = 10\nclaims = {harmless = 1}", "harmless must be a list of texts"),
        ("total = 10", 'total = 10\nnumbers = [{near = "a", constants = ["b"]}]', "a list of numbers"),
        ("[[problem.question]]", "[[problem.question]]\nitem = 1", "rubric.toml"),
        ('says = "a word"', 'says = "a word"\npanels = "two"', "panels must be a whole number"),
        ('says = "a word"', "says = [[]]", "says must be a text or a list of texts"),
    ],
)
def test_a_wrong_rubric_is_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(UserError) as error:
        rubric.read(written(tmp_path, GOOD.replace(old, new, 1)))
    assert said in str(error.value) and "\n" not in str(error.value)
