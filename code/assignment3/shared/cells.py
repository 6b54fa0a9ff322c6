"""What several tables share: the best value of a column, and words for settings and parts."""

from collections.abc import Container, Mapping, Sequence

from writeup.page.source.formats import Tex, bold, spread
from writeup.results.store import Result
from writeup.results.values import Value

Results = Mapping[str, Sequence[Result]]

PARTS = {"text_cnn": "text CNN", "siamese": "Siamese", "cvae": "CVAE", "gan": "DC-GAN"}


def best(values: Sequence[Value | None], digits: int, *, least: bool = False) -> list[Tex]:
    """The values with their spread, blank where none was recorded; the best mean is bold."""
    known = [value for value in values if value is not None]
    chosen = (min if least else max)(known, key=lambda value: value.mean, default=None)
    return [
        Tex() if value is None else bold(spread(value, digits)) if value is chosen else spread(value, digits)
        for value in values
    ]


def settings_of(part: str, results: Container[str]) -> dict[str, str]:
    """The part and its tuned variant, where it ran, each with a word for its settings."""
    words = {part: "assignment's", f"{part}_tuned": "tuned"}
    return {name: word for name, word in words.items() if name in results}
