"""Every recorded number under a stable name: its mean over the runs, their spread, and how many they are."""

import difflib
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, SupportsFloat

from writeup.errors import UserError
from writeup.identity.fingerprint import digest
from writeup.results.store import Result, fingerprint


class Sourced(float):
    """A float with the names of the cards that tell its origin, separated by blanks."""

    card: str

    def __new__(cls, number: SupportsFloat, card: str) -> "Sourced":
        self = super().__new__(cls, number)
        self.card = card
        return self


def _keeping_cards(name: str) -> Callable[..., float]:
    """Arithmetic of floats whose result has the cards of both sides."""
    operation = getattr(float, name)

    def computed(*numbers: float) -> float:
        cards = (card for number in numbers for card in getattr(number, "card", "").split())
        found = operation(*map(float, numbers))
        return found if found is NotImplemented else Sourced(found, " ".join(dict.fromkeys(cards)))

    return computed


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "neg", "abs"):
    setattr(Sourced, f"__{_name}__", _keeping_cards(f"__{_name}__"))


def sourced(found: Any, card: str) -> Any:
    """What a function found, each float in its lists and dictionaries with the name of its card."""
    if type(found) is float:
        return Sourced(found, card)
    if type(found) is dict:
        return {key: sourced(value, card) for key, value in found.items()}
    if type(found) in (list, tuple):
        return type(found)(sourced(value, card) for value in found)
    return found


@dataclass(frozen=True)
class Value:
    """A number over `runs` seeds. std: sample standard deviation (n - 1), 0 for one run."""

    name: str
    mean: float
    std: float
    runs: int
    fingerprint: str

    @property
    def card(self) -> str:
        """The card that tells where the number is from."""
        return card(self.name)

    def line(self) -> str:
        """One line, tab-separated: name, mean, standard deviation, runs, fingerprint."""
        return f"{self.name}\t{self.mean:.8g}\t{self.std:.4g}\t{self.runs}\t{self.fingerprint[:12]}"


def card(name: str) -> str:
    """The name of a value's card."""
    return f"value:{name}"


class Values(dict[str, Value]):
    """Values by name. A name that no run recorded is an error that names its neighbours."""

    def __missing__(self, name: str) -> Value:
        near = difflib.get_close_matches(name, self, n=3, cutoff=0.5)
        hint = f"; near: {', '.join(near)}" if near else ""
        raise UserError(f"no run recorded the value {name!r}{hint}")


def of(results: Iterable[Result]) -> Values:
    """The numbers of recorded results."""
    return collect((r.part, fingerprint(r), r.scalars) for r in results)


def collect(runs: Iterable[tuple[str, str, Mapping[str, float]]]) -> Values:
    """Values over `runs`: (part, fingerprint, scalars) of each run; names become part/scalar.

    Runs of one part must have recorded the same names: a mean over some of the seeds would mislead.
    """
    by_part: dict[str, list[tuple[str, Mapping[str, float]]]] = {}
    for part, print_, scalars in runs:
        by_part.setdefault(part, []).append((print_, scalars))
    values = Values()
    for part, entries in by_part.items():
        # One run bears its own fingerprint, several bear the digest of theirs.
        prints = sorted(print_ for print_, _ in entries)
        identity = prints[0] if len(prints) == 1 else digest(prints)
        names = set(entries[0][1])
        for _, scalars in entries:
            if odd := names.symmetric_difference(scalars):
                some = ", ".join(sorted(odd)[:3])
                raise UserError(f"{part}: its runs recorded different values ({some}); train it again")
        for name in sorted(names):
            numbers = [float(scalars[name]) for _, scalars in entries]
            spread = statistics.stdev(numbers) if len(numbers) > 1 else 0.0
            full = f"{part}/{name}"
            mean = Sourced(statistics.fmean(numbers), card(full))
            values[full] = Value(full, mean, spread, len(numbers), identity)
    return values


def median_run(runs: Sequence[Result], number: str) -> Result:
    """The run whose `number` is nearest to the median over the runs; of equally near ones the first."""
    for run in runs:
        if number not in run.scalars:
            raise UserError(f"{run.part} seed {run.seed} has no number {number!r} to choose a run by")
    median = statistics.median(run.scalars[number] for run in runs)
    return min(runs, key=lambda run: abs(run.scalars[number] - median))
