"""All faults together: how many were tried, and how many the program stood."""

import tempfile
from collections import Counter
from pathlib import Path

from evidence.faults import corruptions, disks, inputs, interrupted, kills, project
from evidence.settings import Faults, train
from evidence.trials import failures, stood, told
from writeup.runs.record import Findings, Trained

__all__ = "evaluate", "train"
STOOD = {  # kind of fault -> how many of them were stood
    "kills": "kills_survived",
    "corruptions": "corruptions_noticed",
    "bad_inputs": "bad_inputs_answered",
    "full_disks": "full_disks_survived",
}


def evaluate(config: Faults, data: None, trained: Trained, *, seed: int) -> Findings:
    """Faults tried and stood, and a table that says which were not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # for the user who may not write
        root = folder / "project"
        old, whole = project.prepared(root)
        killed = told(kills.tried(old, root, config.kills, config.seed))
        tried = {
            "kills": killed + told(interrupted.tried(folder / "trainings", config.trainings, config.seed)),
            "corruptions": told(corruptions.tried(whole, root, config.rounds, config.seed)),
            "bad_inputs": told(inputs.tried(whole, root, inputs.cases()[:: config.every])),
            "full_disks": told(disks.tried(old, whole, root, config.every)),
        }
    phases = Counter(one.phase for one in tried["kills"])
    scalars = {f"kills_in/{phase}": float(count) for phase, count in phases.items()}
    for kind, some in tried.items():
        scalars |= {kind: float(len(some)), STOOD[kind]: stood(some)}
    return Findings(scalars, failures(tried))
