"""Figures in the dark: what is drawn can be read there, and images stay what they are."""

import base64
import io
import re
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from writeup.page import figures
from writeup.page.web.html import readable
from writeup.page.web.pictures import GROUND, TEXT, contrast, in_the_dark, inlined


def test_the_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the well-known near miss


@pytest.mark.parametrize("colour", [*figures.COLOURS, "#000000", "#1a4f8a", "#a32a16"])
def test_ink_that_is_read_on_white_is_read_on_the_dark_ground(colour: str) -> None:
    assert contrast(in_the_dark(colour), GROUND) >= 4.5


def test_paper_becomes_the_ground_and_black_its_text() -> None:
    assert (in_the_dark("#ffffff"), in_the_dark("#000000")) == (GROUND, TEXT)


def test_an_image_within_keeps_its_pixels_and_needs_one_channel() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 1), dtype=np.uint8).repeat(3, axis=2)
    packed = io.BytesIO()
    Image.fromarray(pixels).convert("RGBA").save(packed, "PNG")
    data = base64.b64encode(packed.getvalue()).decode()
    svg = f'<svg width="9"><path style="fill: #0072b2"/><image href="data:image/png;base64,\n{data}"/></svg>'
    shown = unquote(inlined(svg))
    assert f"fill: light-dark(#0072b2,{in_the_dark('#0072b2')})" in shown and "'" not in inlined(svg)
    found = re.search(r"image/png;base64,([^\"]*)", shown)
    assert found
    image = Image.open(io.BytesIO(base64.b64decode(found[1])))
    assert image.mode == "L" and np.array_equal(np.asarray(image), pixels[:, :, 0])


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        (r"loss of $D$ in nats", "loss of D in nats"),
        (r"Fr$\acute{\mathrm{e}}$chet distance", "Frechet distance"),
        (r"$-$ELBO, mini-batch", "−ELBO, mini-batch"),
        (r"$\mu \pm \sigma$", "μ ± σ"),
    ],
)
def test_a_read_out_shows_letters_and_signs_and_no_tex(label: str, shown: str) -> None:
    assert readable(label) == shown
