"""Our training in another commit beside today's, in one run (`make bench AGAINST=HEAD~3`), unrecorded.

Both trees have a process of their own and take turns, a problem at a time, as in `contest`. The work and its
settings are those of this tree's `Bench`; each tree brings its own networks, loops and data.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evidence import contest
from evidence.clock import Spent, say
from evidence.settings import Bench
from writeup.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import json, os, sys, time
from pathlib import Path
import torch
from evidence import homework
from evidence.contests import contests
from evidence.settings import Bench
torch.set_num_threads(1)
folder = Path(os.environ["DATA_DIR"]) if os.environ.get("DATA_DIR") else None
ours = {one.part: one.ours for one in contests(homework.load(folder), Bench())}
print(json.dumps(list(ours)), flush=True)
for line in sys.stdin:
    wall, processor = time.perf_counter(), time.process_time()
    done = ours[line.strip()]()
    print(json.dumps([time.process_time() - processor, time.perf_counter() - wall, done]), flush=True)
"""
Worker = subprocess.Popen[str]


def compare(commit: str, rounds: int) -> list[str]:
    """A line a problem: milliseconds per unit there and here, and how many times faster this tree is.

    UserError where git does not know the commit or its contests are not like today's.
    """
    with tempfile.TemporaryDirectory() as name:
        unpack(commit, Path(name))
        with worker(Path(name), commit) as (there, parts), worker(ROOT, "this tree") as (here, own):
            shared = [part for part in parts if part in own]
            times: dict[str, list[contest.Times]] = {part: [] for part in shared}
            for number in range(rounds):  # the first warms up
                for part in shared:
                    say(f"round {number} of {rounds - 1}: {part}" if number else f"warm-up: {part}")
                    turn = contest.of_round(asked(there, part), asked(here, part))
                    times[part] += [turn] if number else []
    return [described(part, contest.figures(rows)) for part, rows in times.items()]


def described(part: str, found: dict[str, float]) -> str:
    """The figures of a problem in a line."""
    low, high = found["ratio_low"], found["ratio_high"]
    return (
        f"{part}: {found['plain_ms']:.1f} ms there, {found['ours_ms']:.1f} ms here per unit: "
        f"{found['ratio']:.2f} times as fast ({low:.2f} to {high:.2f}); "
        f"others had the processor {found['waited_percent']:.0f} % of the time"
    )


def unpack(commit: str, folder: Path) -> None:
    """The tree of a commit, in an empty folder."""
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True)
    if packed.returncode:
        raise UserError(f"AGAINST={commit}: git has no such commit here")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)


@contextmanager
def worker(tree: Path, name: str) -> Iterator[tuple[Worker, list[str]]]:
    """A process that runs the contests of a tree, and the problems that it has."""
    environment = os.environ | {"PYTHONPATH": str(tree / "code"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", WORKER]
    pipe = subprocess.PIPE
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            command, cwd=tree, env=environment, text=True, stdin=pipe, stdout=pipe, stderr=errors
        ) as process,
    ):
        try:
            yield process, json.loads(answer(process))
        except EOFError:
            errors.seek(0)
            why = (errors.read().strip().splitlines() or ["it ended"])[-1]
            raise UserError(f"{name}: its contests cannot be run as today's: {why}") from None
        finally:
            process.kill()


def answer(process: Worker) -> str:
    """The next line of a worker. EOFError where it has ended."""
    assert process.stdout is not None
    if not (line := process.stdout.readline()):
        raise EOFError
    return line


def asked(process: Worker, part: str) -> Spent[float]:
    """What one turn of a problem took."""
    assert process.stdin is not None
    process.stdin.write(part + "\n")
    process.stdin.flush()
    return Spent(*json.loads(answer(process)))


if __name__ == "__main__":
    try:
        print("\n".join(compare(sys.argv[1], Bench().rounds)))
    except UserError as error:
        sys.exit(f"error: {error}")
