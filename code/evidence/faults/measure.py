"""All faults together: how many were tried, and how many the program stood."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from evidence.faults import bad, corruptions, disks, downloads, kills, subject
from evidence.faults.bad import Bad
from evidence.faults.inputs import cases
from writeup.bench.setting import Setting
from writeup.runs.record import Findings


class Faults(Protocol):
    """The settings that are read."""

    kills: int
    rounds: int  # in each of which every kind of stored file is damaged in every way
    every: int  # of the bad inputs and of the full disks each so many-th is tried
    seed: int


Rows = list[dict[str, Any]]
Kills = Callable[[Path, int, Callable[[str], None]], Rows]


def no_more(folder: Path, seed: int, say: Callable[[str], None]) -> Rows:
    """No kills but those of builds."""
    return []


def measure(setting: Setting, more: Sequence[Bad] = (), within: Kills = no_more) -> Findings:
    """Faults tried and stood, and a table that says which were not.

    more: bad inputs of the report itself. within: kills of its trainings, tried in a folder, by a seed.
    """
    config: Faults = setting.config
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # for the one who may not write
        inputs = [*cases(), *downloads.cases(), *more][:: config.every]
        return tried(config, Path(folder), inputs, setting.say, within)


def tried(
    config: Faults,
    folder: Path,
    inputs: Sequence[Bad],
    say: Callable[[str], None],
    within: Kills = no_more,
) -> Findings:
    """The faults of all kinds, in `folder`."""
    root = folder / "project"
    old, whole = subject.prepared(root)
    killed = kills.tried(old, root, config.kills, config.seed, say)
    rows = {
        "kills": [*killed, *within(folder / "trainings", config.seed, say)],
        "corruptions": corruptions.tried(whole, root, config.rounds, config.seed, say),
        "bad_inputs": bad.tried(whole, root, inputs, say),
        "full_disks": disks.tried(old, whole, root, config.every, say),
    }
    stood = dict(
        zip(
            rows,
            ("kills_survived", "corruptions_noticed", "bad_inputs_answered", "full_disks_survived"),
            strict=True,
        )
    )
    scalars: dict[str, float] = {}
    for kind, some in rows.items():
        scalars[kind] = float(len(some))
        scalars[stood[kind]] = float(sum(not row["wrong"] for row in some))
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
