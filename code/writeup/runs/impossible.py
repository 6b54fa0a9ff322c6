"""Settings that no run can have are refused before the first run is computed. No torch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from writeup.declare import resolve
from writeup.errors import UserError
from writeup.runs import compute
from writeup.runs.plan import Run


def refuse(runs: Sequence[Run], declared: Mapping[str, Any], data_dir: Path | None) -> None:
    """UserError names the first field that cannot be what it is, of the runs with other settings than the
    `declared` ones of the preset: those are tried by tests, and their data need not be loaded twice.
    """
    asked = {run.part.name: run for run in runs if run.config != declared[run.part.name]}
    for name, run in asked.items():
        if not run.part.possible:
            continue
        data = compute.load(run.part.data, run.standin, data_dir)
        for field, allowed in resolve(run.part.possible)(run.config, data):
            value = getattr(run.config, field)
            raise UserError(f"{name}.{field}: {value!r} cannot be; allowed: {allowed}")
