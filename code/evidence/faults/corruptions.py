"""Stored files damaged in every way: the next build names each and makes it again, to the same end."""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from evidence.faults import builds, project
from evidence.trials import Trial
from writeup.files import discard

Way = Callable[[Path, random.Random], None]


@dataclass(frozen=True)
class Kind:
    """Files of one kind. away: what is taken away besides, so that the next build reads the file."""

    name: str
    files: str
    away: str = ""


KINDS = (
    Kind("a result", "report/results/*/seed-0/result.json"),
    Kind("a log or table", "report/results/*/seed-0/*.csv"),
    Kind("weights in the cache", "cache/weights/*.safetensors", "report/results/descent*/seed-0/result.json"),
    Kind("the proofs' record", "report/proofs.json"),
    Kind("the cache of proofs", "report/.proofs.cache.json", "report/proofs.json"),
    Kind("the cache of false versions", "report/.mutants.cache.json", "report/results/proofs"),
    Kind("the build's state", "report/.report.state.json"),
    Kind("a figure", "report/figures/*"),
    Kind("report.tex", "report/report.tex"),
    Kind("what the cards tell", "report/report.cards.json"),
    Kind("report.pdf", "report/report.pdf"),
    Kind("report.html", "report/report.html"),
    Kind("report.md", "report/report.md"),
)


def flip(path: Path, draw: random.Random) -> None:
    """One bit; of JSON one that means something: another way to write the same number harms nobody."""
    data = path.read_bytes()
    while True:
        altered = bytearray(data)
        altered[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        if not (path.suffix == ".json" and _same(data, bytes(altered))):
            path.write_bytes(altered)
            return


def _same(one: bytes, other: bytes) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


def cut(path: Path, draw: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: draw.randrange(1, len(data))])


def empty(path: Path, draw: random.Random) -> None:
    path.write_bytes(b"")


def delete(path: Path, draw: random.Random) -> None:
    path.unlink()


def folder(path: Path, draw: random.Random) -> None:
    path.unlink()
    path.mkdir()


WAYS: tuple[Way, ...] = (flip, cut, empty, delete, folder)


def tried(whole: Path, root: Path, rounds: int, seed: int) -> Iterator[Trial]:
    """Every kind in every way, `rounds` times. whole: a project whose report is current."""
    wanted = project.whole(whole)
    for number, kind, way in product(range(rounds), KINDS, WAYS):
        name = f"{seed} {kind.name}, {way.__name__} {number}"
        with project.copy(whole, root):
            yield Trial(name, damaged(root, kind, way, random.Random(name), wanted))


def damaged(root: Path, kind: Kind, way: Way, draw: random.Random, wanted: project.Digests) -> str:
    """What was not as it should be after one corruption; nothing where all was."""
    path = draw.choice(sorted(root.glob(kind.files)))
    for other in root.glob(kind.away) if kind.away else ():
        shutil.rmtree(other) if other.is_dir() else discard(other)
    way(path, draw)
    built = builds.run(root)
    if built.status:
        return f"{path.name}: the build fails: {' '.join(built.err.split())}"
    again = way is delete and path.is_file()  # a cache that is gone is no damage: it is filled again
    if not again and not any(name in built.said for name in _names(path)):
        return f"{path.name}: not named"
    return "" if project.whole(root) == wanted else f"{path.name}: the build ends otherwise"


def _names(path: Path) -> tuple[str, ...]:
    """By what a message may call a file: its name, or the run that it belongs to."""
    run = path.parent.parent.name
    return path.name, path.with_suffix(".safetensors").name, f"{run}/seed-0", f"{run} seed 0"
