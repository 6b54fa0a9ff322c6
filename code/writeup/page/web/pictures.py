"""A figure's SVG within the page, its ink and colours readable on a dark ground, too."""

import base64
import colorsys
import io
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from writeup.files import read_text

GROUND, TEXT = "#15171a", "#e6e6e3"  # of the page in the dark, as page.css has them
CONTRAST = 4.5  # WCAG 2.1 AA, of small text
_COLOUR = re.compile(r"((?:fill|stroke|stop-color): ?)(#[0-9a-f]{6})\b")
_ROOT = re.compile(r"<svg\b[^>]*>")
_STYLE = f"<style>svg{{color-scheme:light dark;fill:light-dark(#000000,{TEXT})}}</style>"
_MADE_BY = re.compile(r"<metadata>.*?</metadata>|<!DOCTYPE[^>]*>|<\?xml[^>]*>", re.DOTALL)
_PNG = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
_KEPT = ' "<>/:;=,()[]{}+-.!@$*~|^?`\\'  # characters that need no code between single quotes


def address(path: Path) -> str:
    """A picture as an address, to stand between single quotes."""
    if path.suffix == ".svg":
        return inlined(read_text(path))
    kind = "png" if path.suffix.lower() == ".png" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def inlined(svg: str) -> str:
    """The SVG as an address, to stand between single quotes. Images in it keep their colours."""
    both = _COLOUR.sub(lambda found: f"{found[1]}light-dark({found[2]},{in_the_dark(found[2])})", svg)
    styled = _ROOT.sub(lambda root: root[0] + _STYLE, _MADE_BY.sub("", both), count=1)
    return "data:image/svg+xml," + quote(_PNG.sub(_smaller, styled).strip(), safe=_KEPT)


def _smaller(png: re.Match[str]) -> str:
    """The image, of one channel where it is grey and covers what is below it."""
    image = Image.open(io.BytesIO(base64.b64decode(png[1]))).convert("RGBA")
    red, green, blue, alpha = (channel.tobytes() for channel in image.split())
    if red == green == blue and min(alpha) == 255:
        image = image.convert("L")
    packed = io.BytesIO()
    image.save(packed, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(packed.getvalue()).decode()}"


@cache
def in_the_dark(colour: str) -> str:
    """What a colour of the white page is on the dark one: grey mirrored, others light enough to be read."""
    hue, light, colourful = colorsys.rgb_to_hls(*_channels(colour))
    if colourful < 0.1 or light > 0.85:
        ends = zip(_channels(colour), _channels(TEXT), _channels(GROUND), strict=True)
        return _hex(text + (ground - text) * c for c, text, ground in ends)
    while contrast(shown := _hex(colorsys.hls_to_rgb(hue, light, colourful)), GROUND) < CONTRAST:
        light += 0.02
    return shown


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2.1 defines it, from 1 to 21."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour))
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue


def _hex(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{round(255 * c):02x}" for c in channels)
