"""Trainings of the report's parts, small, killed at random moments and taken up from their last checkpoint.

At a kill the process is gone at once (SIGKILL), the next one goes on, and what it leaves has the digest
of what an undisturbed training leaves. As a program: python -m evidence.faults.interrupted PART FOLDER
trains PART on made-up data, with a checkpoint before every round.
"""

import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from evidence import homework
from evidence.trials import Trial
from writeup.errors import UserError
from writeup.request import preset_configs

# Several rounds, by module; the others have them by their smoke settings.
EPOCHS = {"assignment3.cvae.tuned": 6, "assignment3.shared.digits": 6}
PATIENCE = 300.0  # seconds for a training of a few
BEGUN = "begun"


def main(words: Sequence[str]) -> None:
    """Train a part of the smoke preset; print its digest and how often it was taken up."""
    import torch

    from assignment3.shared import digits
    from writeup.runs import checkpoints, record
    from writeup.runs.record import Model
    from writeup.training import weights_of

    torch.set_num_threads(1)
    name, folder = words
    report = homework.report()
    part, configs = report.part(name), preset_configs(report, "smoke")
    asked = replace(configs[name], **({"epochs": EPOCHS[part.code]} if part.code in EPOCHS else {}))
    data = record.load(part.data, True, None)
    config = record.executed(configs["digits"])
    torch.manual_seed(0)
    untrained = Model(config, weights_of(digits.build(config)))
    roles = dict.fromkeys(part.train_needs, untrained)
    print(BEGUN, flush=True)
    with checkpoints.kept_in(Path(folder), {}, first=0.0, share=math.inf) as place:
        trained = record.train(part, asked, data, seed=0, roles=roles)
    assert place is not None
    scalars = {key: value for key, value in trained.scalars.items() if "seconds" not in key}
    left = type(trained)(trained.weights, scalars, trained.logs, trained.arrays)
    print(record.trained_digest(left), place.resumed, flush=True)


def tried(folder: Path, count: int, seed: int) -> Iterator[Trial]:
    """`count` kills, by turns of all kinds of parts. UserError if an undisturbed training fails."""
    parts = [part.name for part in homework.kinds()]
    whole: dict[str, tuple[str, float]] = {}
    for number in range(count):
        part, name = parts[number % len(parts)], f"{seed} checkpoint {number}"
        place = folder / f"{number}"
        if part not in whole:
            begun = _started(part, folder / "whole")
            start = time.monotonic()
            whole[part] = _said(begun)[0], time.monotonic() - start
        expected, seconds = whole[part]
        process = _started(part, place)
        time.sleep(random.Random(name).uniform(0.3, 0.95) * seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found, taken_up = _said(_started(part, place))
        wrong = "" if found == expected else "taken up again, it ends otherwise"
        phase = "within a training" if int(taken_up) else "before its first checkpoint"
        yield Trial(f"{name}, {phase}, {part}", wrong, phase)


def _started(part: str, place: Path) -> subprocess.Popen[str]:
    """A training in a process of its own, which has imported what it needs."""
    command = [sys.executable, "-m", "evidence.faults.interrupted", part, str(place)]
    environment = os.environ | {"PYTHONPATH": str(homework.report().root / "code"), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    if process.stdout.readline().strip() != BEGUN:
        raise UserError(f"faults: a training of {part} does not begin")
    return process


def _said(process: subprocess.Popen[str]) -> list[str]:
    """Digest and number of units that were taken up."""
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise UserError(f"faults: a training of {process.args!r} takes over {PATIENCE:.0f} s") from None
    if process.returncode:
        raise UserError(f"faults: a training of {process.args!r} fails")
    return said.split()


if __name__ == "__main__":
    main(sys.argv[1:])
