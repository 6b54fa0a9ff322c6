"""Data that a report makes up: declared by the function that makes them, identified by its code."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from writeup.build import Build
from writeup.declare import Data
from writeup.identity.closure import Untraceable
from writeup.request import Request
from writeup.runs import record
from writeup.steps import train

MADE = Data("points", standin="toy.data:made")
MAKING = "return Points(np.arange(4.0))", "return Points(np.arange(5.0))"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def judged(request_of: Callable[..., Request]) -> Callable[..., Build]:
    """The toy's judge alone, its data declared by `MADE` or as given."""

    def build(data: Data = MADE) -> Build:
        request = request_of("report", "--jobs", "0", "--only", "judge")
        return Build(replace(request, parts=tuple(replace(part, data=data) for part in request.parts)))

    return build


def test_they_are_always_generated_and_their_code_counts(toy: Path, judged: Callable[..., Build]) -> None:
    train(judged())
    (run,) = judged().runs
    assert run.current and run.train.inputs["data"] == {"name": "points", "sha256": "generated"}
    edit(toy / "code/toy/data.py", *MAKING)
    assert judged().runs[0].why() == ["definitions.made: changed"]


def test_what_is_loaded_is_generated_only_where_asked(toy: Path, judged: Callable[..., Build]) -> None:
    assert len(record.load(MADE, False, None).x) == len(record.load(MADE, True, None).x) == 4
    assert MADE.generated(False) and MADE.generated(True)
    real = Data("points", "toy.data:load", "toy.data:digest", "e7", "toy.data:made")
    assert real.generated(True) and not real.generated(False)


def test_data_of_no_origin_are_refused(judged: Callable[..., Build]) -> None:
    with pytest.raises(Untraceable, match="no definition of ours"):
        _ = judged(Data("points")).runs
