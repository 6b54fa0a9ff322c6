"""The homework as the measurements take it: its report by name, its data sets and its settings together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from writeup import settings
from writeup.declare import Part, Report, resolve
from writeup.identity.fingerprint import digest as digest_of
from writeup.request import preset_configs
from writeup.results import store
from writeup.runs import record

NAME = "assignment3.report:REPORT"  # by name: whatever it declares, a measurement is the same


@dataclass(frozen=True)
class Homework:
    """What the trainings of the homework start from. configs: by part; data: by data set."""

    configs: Mapping[str, Any]
    data: Mapping[str, Any]


def report() -> Report:
    """The declaration."""
    found: Any = resolve(NAME)
    assert isinstance(found, Report)
    return found


def kinds() -> list[Part]:
    """The first part of each module that trains."""
    return list({part.code: part for part in reversed(report().parts)}.values())[::-1]


def load(data_dir: Path | None) -> Homework:
    """The real data, and the settings of the first preset."""
    return _homework(next(iter(report().presets)), False, data_dir)


def standin() -> Homework:
    """Generated data, and the settings of the preset for them."""
    return _homework("smoke", True, None)


def _homework(preset: str, standins: bool, data_dir: Path | None) -> Homework:
    configs = preset_configs(report(), preset)
    sets = {part.data.name: part.data for part in kinds()}
    data = {name: record.load(one, standins, data_dir) for name, one in sets.items()}
    return Homework({part.name: configs[part.name] for part in kinds()}, data)


def digest(found: Homework) -> str:
    """sha256 (hex) over data and settings."""
    sets = {part.data.name: resolve(part.data.digest)(found.data[part.data.name]) for part in kinds()}
    return digest_of([sets, {name: settings.identity(config) for name, config in found.configs.items()}])


def declared() -> str:
    """What `digest` gives of what is declared."""
    sets = {part.data.name: part.data.sha256 for part in kinds()}
    return digest_of([sets, {part.name: settings.identity(part.config) for part in kinds()}])


# --- what is recorded of it, for the calibration of its claims; read without what computes ---


def sentence_runs() -> list[Path]:
    """The folders of the recorded runs of the text networks, by seed."""
    folder = report().results / "text_cnn"
    return sorted(folder.glob("seed-*"), key=lambda path: int(path.name.removeprefix("seed-")))


def fingerprints() -> list[str]:
    """Of these runs."""
    return [str(store.peek(folder).fingerprint) for folder in sentence_runs()]


def claim_counts() -> dict[str, tuple[int, int]]:
    """By problem the number of its primary and of its other claims."""
    claims = report().claims
    found = {}
    for problem in dict.fromkeys(claim.group for claim in claims):
        primary = [claim.primary for claim in claims if claim.group == problem]
        found[problem] = sum(primary), len(primary) - sum(primary)
    return found


def digest_of_records(runs: Sequence[str], counts: Mapping[str, tuple[int, int]]) -> str:
    """sha256 (hex) of the fingerprints of runs and of the number of claims."""
    return digest_of([list(runs), {name: list(pair) for name, pair in counts.items()}])


def recorded() -> str:
    """`digest_of_records` of what is recorded now."""
    return digest_of_records(fingerprints(), claim_counts())
