"""Disks that are full: a limit on the size of files stands in for them, met by one write after another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence.faults import builds, project
from evidence.faults.builds import GRADE, REPORT, Way
from evidence.trials import Trial
from writeup.files import discard

SIZES = 0, 1, 30, 100, 300, 1_000, 3_000, 10_000, 20_000, 40_000, 80_000
WRITES = {  # what is written in a phase, and what is taken away so that it has to be
    "train": ("cache/weights/*.safetensors", ("cache", "report/results/descent/seed-0/result.json")),
    "record": ("report/results/descent/seed-0/*.csv", ("report/results/descent/seed-0",)),
    "prove": ("report/proofs.json", ("report/proofs.json", "report/.proofs.cache.json")),
    "mutate": ("report/results/proofs/seed-0/result.json", ("report/results/proofs",)),
    "draw": ("report/figures/*.svg", ("report/figures/error.svg",)),
    "trace": ("report/figures/*.json", ("report/figures/error.json",)),
    "write": ("report/report.tex", ("report/report.tex",)),
    "tell": ("report/report.cards.json", ("report/report.cards.json",)),
    "typeset": ("report/report.pdf", ("report/report.pdf",)),
    "convert": ("report/report.html", ("report/report.html",)),
    "markdown": ("report/report.md", ("report/report.md",)),
    "state": ("report/.report.state.json", ("report/.report.state.json",)),
}
SHARES = 0.1, 0.5, 0.99  # of the file's size: where the disk is full
GRADED = 0, 1_000, 10_000  # bytes: less than the grader's files have


@dataclass(frozen=True)
class Case:
    name: str
    start: Path  # the project it is tried on
    largest: int
    away: tuple[str, ...] = ()
    words: Sequence[str] = REPORT


def cases(old: Path, whole: Path) -> Iterator[Case]:
    """Builds of everything with ever more room, and of each file alone with too little."""
    for size in SIZES:
        yield Case(f"all, {size} bytes", old, size)
    for phase, (pattern, away) in WRITES.items():
        size = max(path.stat().st_size for path in whole.glob(pattern))
        for share in SHARES:
            yield Case(f"{phase}, {int(share * size)} bytes", whole, int(share * size), away)
    for size in GRADED:
        yield Case(f"grade, {size} bytes", whole, size, words=GRADE)


def tried(old: Path, whole: Path, root: Path, every: int) -> Iterator[Trial]:
    """Each `every`-th case; not one in which there was room enough after all."""
    wanted = project.whole(whole)
    for case in list(cases(old, whole))[::every]:
        with project.copy(case.start, root):
            if (wrong := filled(root, case, wanted)) is not None:
                yield Trial(case.name, wrong)


def filled(root: Path, case: Case, wanted: project.Digests) -> str | None:
    for name in case.away:
        discard(root / name)
    before = project.made(root)
    full = builds.run(root, Way(case.words, largest=case.largest))
    if full.status == 0:
        return None
    now = project.made(root)
    bad = [name for name in before if now.get(name) not in (before[name], wanted.get(name))]
    again = builds.run(root, Way(case.words))
    if not full.one_line:
        return f"it said: {' '.join(full.err.split())}"
    if bad:
        return f"{bad[0]} is neither old nor new"
    if again.status:
        return f"with room it fails: {' '.join(again.err.split())}"
    ended = project.whole(root)  # beside which a grade lies, perhaps
    return "" if wanted.items() <= ended.items() else "with room it ends otherwise"
