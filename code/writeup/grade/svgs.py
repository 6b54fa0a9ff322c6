"""Changes to a figure as the page takes it, an SVG that matplotlib wrote."""

import base64
import io
import re

WHITE = 'style="fill: #ffffff"/>'
IMAGE = re.compile(r'(?<="data:image/png;base64,)[^"]+')
COLOUR = re.compile(r"(?<=: )#([0-9a-f]{6})\b")
TEXT = re.compile(r'(<g id="text_\d+">\s*<!-- (.*?) -->\s*<g [^>]*>)(.*?)(</g>\s*</g>)', re.DOTALL)
CURVE = re.compile(r'<g id="line2d_\d+">\s*<path d="([^"]*)"')


def _size(svg: str) -> tuple[float, float]:
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert found is not None
    return float(found[1]), float(found[2])


def blank(svg: str) -> str:
    """Nothing is left but the ground."""
    width, height = _size(svg)
    head, tail = svg.index('<g id="figure_1">'), svg.rindex("</svg>")
    return f'{svg[:head]}<rect width="{width}" height="{height}" {WHITE}{svg[tail:]}'


def covered(svg: str) -> str:
    """The left half lies under white."""
    width, height = _size(svg)
    tail = svg.rindex("</svg>")
    return f'{svg[:tail]}<rect width="{width / 2}" height="{height}" {WHITE}{svg[tail:]}'


def grey(svg: str) -> str:
    """Every colour as the grey of its luminance."""

    def shade(found: re.Match[str]) -> str:
        red, green, blue = bytes.fromhex(found[1])
        return "#" + f"{round(0.299 * red + 0.587 * green + 0.114 * blue):02x}" * 3

    return COLOUR.sub(shade, svg)


def inverted(svg: str) -> str:
    """Each bitmap in its negative."""
    from PIL import Image, ImageOps

    def negative(found: re.Match[str]) -> str:
        image = Image.open(io.BytesIO(base64.b64decode(found[0]))).convert("RGB")
        buffer = io.BytesIO()
        ImageOps.invert(image).save(buffer, "PNG")
        return base64.b64encode(buffer.getvalue()).decode()

    return IMAGE.sub(negative, svg)


def line_moved(svg: str) -> str:
    """The longest curve lies a little higher than it should."""
    longest = max(CURVE.finditer(svg), key=lambda found: len(found[1]))
    return f'{svg[: longest.end()]} transform="translate(0 -3)"{svg[longest.end() :]}'


def words_exchanged(svg: str, one: str, two: str) -> str:
    """Two texts of a figure, say labels of axes or of a legend, in each other's place."""
    a, b = (next(found for found in TEXT.finditer(svg) if found[2] == words) for words in (one, two))
    first, second = sorted((a, b), key=lambda found: found.start())
    between = svg[first.end(3) : second.start(3)]
    return svg[: first.start(3)] + second[3] + between + first[3] + svg[second.end(3) :]


def words(svg: str) -> list[str]:
    """The texts of a figure, in the order in which they are drawn."""
    return [found[2] for found in TEXT.finditer(svg)]
