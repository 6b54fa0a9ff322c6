"""Every number that the reference report states, as data: shown beside ours, never mixed with it."""

import tomllib
from pathlib import Path
from typing import Any

REFERENCE: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
