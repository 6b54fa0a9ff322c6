"""Damages to training logs."""

from collections.abc import Iterator

from evidence.damages.items import NUMBERS
from writeup.grade import truth
from writeup.grade.copies import Copy, bumped
from writeup.grade.damage import Damage


def listed(known: truth.Truth) -> Iterator[Damage]:
    for name in ("cvae_log", "gan_log"):
        lines = known.notes.get(name)
        if not isinstance(lines, list) or len(lines) < 4:
            continue
        at = [f"log:{name}", NUMBERS]

        def digit(copy: Copy, lines: list[str] = lines) -> None:
            copy.swap(lines[2], bumped(lines[2]))

        def cut(copy: Copy, lines: list[str] = lines) -> None:
            for line in lines[3:]:
                copy.tex = copy.tex.replace(line + "\n", "")

        def order(copy: Copy, lines: list[str] = lines) -> None:
            copy.exchange(lines[1], lines[2])

        yield Damage(f"{name}: a digit", at, digit)
        yield Damage(f"{name}: cut", at, cut)
        yield Damage(f"{name}: two lines exchanged", at, order)
