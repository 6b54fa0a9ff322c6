from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from writeup.page.figures import (
    COLOURS,
    curve,
    image_grid,
    label_at,
    panel,
    save,
    series_over_runs,
    spread_labels,
)


def line_figure() -> Figure:
    figure, axes = panel()
    curve(axes, np.arange(5), np.vander([1.0, 2.0], 5), "loss", 0)
    axes.set_xlabel("epoch")
    return figure


def test_files_are_vectors_and_the_same_for_the_same_data(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(line_figure(), tmp_path / name)
    data = (tmp_path / "a.svg").read_bytes()
    assert data == (tmp_path / "b.svg").read_bytes() and b"<image" not in data


def test_text_of_a_drawing_is_text_in_the_font_of_the_page(tmp_path: Path) -> None:
    figure, axes = panel()
    axes.plot([0, 8000], [-1, 1])
    axes.set_xlabel(r"loss $\mu_j \leq H'$")
    axes.set_ylabel("turned")
    save(figure, tmp_path / "a")
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    drawn = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    texts = ["".join(one.itertext()) for one in drawn]
    assert {"8000", "−1.0"} <= set(texts)
    [label] = [text for text in texts if text.startswith("loss")]
    assert sorted("".join(label.split())) == sorted("lossµj≤H′")
    assert "cmr10" not in svg and "New Computer Modern" in svg


def test_thousands_stand_apart_on_an_axis_as_in_the_text() -> None:
    figure, axes = panel()
    axes.plot([0, 8000], [0, 0.00012])
    figure.draw_without_rendering()
    shown = [label.get_text() for label in (*axes.get_xticklabels(), *axes.get_yticklabels())]
    assert r"$\mathdefault{8\,000}$" in shown and r"$\mathdefault{0.00010}$" in shown


@pytest.mark.parametrize("index", range(len(COLOURS)))
def test_labels_can_be_read_on_paper(index: int) -> None:
    _, axes = panel()
    curve(axes, np.arange(3), np.ones(3), "x", index)
    label_at(axes, "y", (1.0, 1.0), COLOURS[index])
    for text in axes.texts:
        red, green, blue = (((share + 0.055) / 1.055) ** 2.4 for share in to_rgb(text.get_color()))
        assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5


def test_a_curve_is_the_mean_in_a_band_from_least_to_greatest() -> None:
    _, axes = panel()
    runs = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 5.0]])
    curve(axes, np.arange(3), runs, "x")
    assert np.allclose(axes.lines[0].get_ydata(), [2.0, 2.0, 4.0])
    low, high = axes.collections[0].get_paths()[0].vertices[:, 1].min(), 5.0
    assert low == 1.0 and axes.collections[0].get_paths()[0].vertices[:, 1].max() == high
    curve(axes, np.arange(3), runs[:1], "one run")
    assert len(axes.collections) == 1  # one run has no band


def test_an_image_grid_places_every_pixel(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 5), dtype=np.uint8)
    figure = image_grid(images, row_labels=["a", "b"], column_labels=["x", "y", "z"])
    canvas = figure.axes[0].images[0].get_array()
    assert canvas.shape == (2 * 5 - 1, 3 * 6 - 1)
    assert np.array_equal(canvas[5:9, 12:17], images[1, 2])
    save(figure, tmp_path / "grid")
    assert b"<image" in (tmp_path / "grid.svg").read_bytes()


def test_labels_at_the_ends_do_not_cover_each_other() -> None:
    _, axes = panel()
    for index, end in enumerate((1.0, 1.001, 1.002, 5.0)):
        curve(axes, np.arange(2), np.array([[0.0, end]]), f"c{index}", index)
    spread_labels(axes, gap=9)
    low, high = axes.get_ylim()
    height = axes.get_position().height * axes.figure.get_size_inches()[1] * 72
    at = [t.xy[1] * height / (high - low) + t.get_position()[1] for t in axes.texts]
    gaps = np.diff(sorted(at))
    assert gaps.min() == pytest.approx(9) and axes.texts[3].get_position()[1] == 0


def test_series_are_cut_to_the_shortest_run() -> None:
    logs = [{"loss": [1.0, 2.0, 3.0]}, {"loss": [4.0, 5.0]}]
    assert series_over_runs(logs, "loss").tolist() == [[1.0, 2.0], [4.0, 5.0]]
