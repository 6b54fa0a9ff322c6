"""This report on the bench: what it may say, its rubric and its source."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from writeup.declare import resolve
from writeup.grade import rubric, truth
from writeup.grade.damage import Workshop, source
from writeup.grade.figures import Gallery
from writeup.request import Request


def opened(folder: Path, seeds: int | None = None, preset: str = "") -> Workshop:
    """The workshop of this report, made in a folder; of at most so many seeds a part.

    preset: another than the first; what of it is not recorded is computed.
    """
    declared: Any = resolve("assignment3.report:REPORT")  # whole, whatever it declares
    build_of = resolve("writeup.build:Build")
    timings = [one for one in declared.timings if one.name != "grade"]  # no record of itself counts here
    request = Request.of(
        replace(declared, timings=timings), preset=preset, data_dir=os.environ.get("DATA_DIR")
    )
    if preset and (build := build_of(request)).pending:
        resolve("writeup.steps:train")(build)
    fewer = {name: min(number, seeds or number) for name, number in request.seeds.items()}
    known = truth.establish(build_of(replace(request, seeds=fewer)), folder)
    rules = rubric.read(declared.root / "templates" / rubric.FILE)
    return Workshop(known, rules, Gallery(known), source(known))
