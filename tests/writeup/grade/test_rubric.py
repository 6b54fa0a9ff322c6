"""A wrong rubric costs one line that says where."""

from pathlib import Path

import pytest

from writeup.errors import UserError
from writeup.grade import rubric

GOOD = """
[[problem]]
title = "One"
points = 10
section = "1"
[[problem.item]]
what = "a word"
weight = 3
words = ["a word"]
[[problem.item]]
what = "a log"
log = 'Loss: ([\\d.]+)'
least = 4
falls = true
[[problem.item]]
what = "style"
person = "read it"
[[whole]]
what = "fonts"
weight = 2
check = "fonts"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "rubric.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_points_are_shared_by_weight_and_a_person_has_none(tmp_path: Path) -> None:
    read = rubric.read(written(tmp_path, GOOD))
    assert [(item.id, item.points) for item in read.items] == [("1.1", 7.5), ("1.2", 2.5), ("1.3", 0.0)]
    assert [(item.id, item.points) for item in read.whole] == [("w.1", 2.0)] and read.total == 10


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("points = 10", 'points = "ten"', "problem 1: points"),
        ('check = "fonts"', 'check = "font"', "whole 1: check must be one of fonts"),
        ('words = ["a word"]', 'wrds = ["a word"]', "unknown key 'wrds'"),
        ('words = ["a word"]', 'words = ["a word"]\nanswer = "b"', "item 1: one of"),
        ('words = ["a word"]', 'words = ["("]', "item 1: words must be"),
        ('words = ["a word"]', 'agrees = ["a"]', "agrees must be two patterns"),
        ("[[problem]]", "[[problem]", "rubric.toml"),
        ('what = "a word"', "what = 3", "what must be a text"),
        ("least = 4", 'least = "four"', "item 2: least must be a number"),
        ("Loss: (", "Loss: ((", "log must be a pattern"),
        ("section = ", "sections = ", "unknown key 'sections'"),
        ('person = "read it"', 'recorded = ["everything"]', "recorded must be some of"),
    ],
)
def test_a_wrong_rubric_is_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(UserError) as error:
        rubric.read(written(tmp_path, GOOD.replace(old, new, 1)))
    assert said in str(error.value) and "\n" not in str(error.value)
