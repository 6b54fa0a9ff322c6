"""A number that knows where it is from, through the little arithmetic that pages do with recorded numbers."""

from typing import Any, SupportsFloat


class Named(float):
    """A float with the names of the cards that tell its origin, separated by blanks."""

    card: str

    def __new__(cls, number: SupportsFloat, card: str) -> "Named":
        self = super().__new__(cls, number)
        self.card = card
        return self

    def __add__(self, other: float) -> "Named":
        return Named(float(self) + float(other), _both(self, other))

    def __radd__(self, other: float) -> "Named":
        return Named(float(other) + float(self), _both(other, self))

    def __sub__(self, other: float) -> "Named":
        return Named(float(self) - float(other), _both(self, other))

    def __rsub__(self, other: float) -> "Named":
        return Named(float(other) - float(self), _both(other, self))

    def __mul__(self, other: float) -> "Named":
        return Named(float(self) * float(other), _both(self, other))

    def __rmul__(self, other: float) -> "Named":
        return Named(float(other) * float(self), _both(other, self))

    def __truediv__(self, other: float) -> "Named":
        return Named(float(self) / float(other), _both(self, other))

    def __rtruediv__(self, other: float) -> "Named":
        return Named(float(other) / float(self), _both(other, self))

    def __neg__(self) -> "Named":
        return Named(-float(self), self.card)

    def __abs__(self) -> "Named":
        return Named(abs(float(self)), self.card)


def named(found: Any, card: str) -> Any:
    """What a function found, each float in its lists and dictionaries with the name of its card."""
    if type(found) is float:
        return Named(found, card)
    if type(found) is dict:
        return {key: named(value, card) for key, value in found.items()}
    if type(found) in (list, tuple):
        return type(found)(named(value, card) for value in found)
    return found


def _both(*numbers: float) -> str:
    cards = (card for number in numbers for card in getattr(number, "card", "").split())
    return " ".join(dict.fromkeys(cards))
