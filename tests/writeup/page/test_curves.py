"""Where the curves of a figure lie in the saved picture, held against the picture itself."""

import re
from pathlib import Path

import numpy as np
import pytest

from writeup.page import figures


@pytest.mark.parametrize("scale", ["linear", "log", "symlog"])
def test_values_lie_where_the_picture_has_them(tmp_path: Path, scale: str) -> None:
    figure, (left, right) = figures.panel(columns=2)
    x = np.array([1, 10, 123456, 200000])
    figures.curve(left, x, np.array([[3.0, 1.0, 2.0, 5.0]]), "a loss")
    left.axhline(2.0)  # two points: a rule
    left.set_xscale(scale)
    left.set_xlabel("step")
    right.bar([0, 1], [1, 2])
    figures.save(figure, tmp_path / "figure")
    (found,) = figures.curves(figure)
    svg = (tmp_path / "figure.svg").read_text()
    width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    axes = svg[svg.index('id="axes_1"') :]
    box = re.search(
        r'id="patch_\d+">\s*<path d="M ([\d.]+) ([\d.]+) \s*L ([\d.]+) [\d.]+ \s*L [\d.]+ ([\d.]+)', axes
    )
    x0, y1, x1, y0 = map(float, box.groups())
    assert found["box"] == pytest.approx([x0 / width, y0 / height, x1 / width, y1 / height], abs=2e-3)
    path = re.findall(r'<path d="(M [^"]*)" clip-path[^>]*stroke: #0072b2', axes)[0]
    drawn = [float(number) / width for number in re.findall(r"[ML] ([\d.]+) ", path)]
    assert [share for _, share in found["places"]] == pytest.approx(drawn, abs=2e-3)
    assert [place for place, _ in found["places"]] == list(x) == found["curves"][0]["x"]
    assert found["curves"][0]["y"] == [3, 1, 2, 5] and found["curves"][0]["label"] == "a loss"
    assert found["labels"] == ["step", ""]
