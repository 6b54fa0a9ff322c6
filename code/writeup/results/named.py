"""A number that knows where it is from, through the little arithmetic that pages do with recorded numbers."""

from typing import SupportsFloat


class Named(float):
    """A float with the names of the cards that tell its origin, separated by blanks."""

    card: str

    def __new__(cls, number: SupportsFloat, card: str) -> "Named":
        self = super().__new__(cls, number)
        self.card = card
        return self

    def __sub__(self, other: float) -> "Named":
        return Named(float(self) - float(other), _joined(self, other))

    def __rsub__(self, other: float) -> "Named":
        return Named(float(other) - float(self), _joined(other, self))

    def __neg__(self) -> "Named":
        return Named(-float(self), self.card)

    def __abs__(self) -> "Named":
        return Named(abs(float(self)), self.card)


def _joined(*numbers: float) -> str:
    cards = (card for number in numbers for card in getattr(number, "card", "").split())
    return " ".join(dict.fromkeys(cards))
