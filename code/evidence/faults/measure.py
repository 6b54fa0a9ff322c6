"""All faults together: how many were tried, and how many the program stood."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evidence.faults import bad, corruptions, disks, downloads, interrupted, kills, subject
from evidence.faults.inputs import cases
from evidence.settings import Faults, train
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
        old, whole = subject.prepared(root)
        killed = kills.tried(old, root, config.kills, config.seed)
        rows = {
            "kills": [*killed, *interrupted.tried(folder / "trainings", config.trainings, config.seed)],
            "corruptions": corruptions.tried(whole, root, config.rounds, config.seed),
            "bad_inputs": bad.tried(whole, root, [*cases(), *downloads.cases()][:: config.every]),
            "full_disks": disks.tried(old, whole, root, config.every),
        }
    scalars: dict[str, float] = {}
    for kind, some in rows.items():
        scalars[kind] = float(len(some))
        scalars[STOOD[kind]] = float(sum(not row["wrong"] for row in some))
    for phase in dict.fromkeys(row["phase"] for row in rows["kills"]):
        scalars[f"kills_in/{phase}"] = float(sum(row["phase"] == phase for row in rows["kills"]))
    return Findings(scalars, {"failures": _failures(rows)} if any(_wrong(rows)) else {})


def _wrong(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[tuple[str, str, str]]:
    """Kind, name and what was wrong, of the faults that were not stood."""
    return [
        (kind, str(next(iter(row.values()))), str(row["wrong"]))
        for kind, some in rows.items()
        for row in some
        if row["wrong"]
    ]


def _failures(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, list[str]]:
    wrong = _wrong(rows)
    return {name: [one[k] for one in wrong] for k, name in enumerate(("kind", "fault", "wrong"))}
