"""The command line: what a person asked for, as one frozen object; nonsense is refused in one line."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from assignment3 import config as configuration
from assignment3.config import Config
from writeup.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "code"
VERBS = {
    "report": "render the report; train what no recorded result matches",
    "train": "compute every part anew, then render the report",
    "data": "find or download the data and verify them",
    "values": "print every recorded number: name, mean, standard deviation, runs, fingerprint",
}


def shared_result(name: str) -> Path:
    """The folder of a result that depends on no preset: "proofs" (the mutation test), "bench" or "growth"."""
    return ROOT / "report" / "results" / name / "seed-0"


class UsageError(UserError):
    """The words of the command are off: exit status 2."""


@dataclass(frozen=True)
class Request:
    """What was asked for, and the folders that follow from it."""

    verb: str
    preset: str
    config: Config
    parts: tuple[str, ...]
    data_dir: Path | None
    engine: str
    allow_stale: bool
    pattern: str
    out: Path  # the report and its figures
    jobs: int | None  # runs side by side; None: as many as suit the machine
    dask: str | None  # address of a Dask scheduler whose workers train in place of this machine
    stores: tuple[Path, ...]  # folders of recorded results; new ones go to the first

    @property
    def stem(self) -> str:
        """The report's file name: one that holds some parts only never takes the whole one's place."""
        chosen = [part for part in self.parts if part != "digits"]
        return "report" if self.parts == configuration.PARTS else "report-" + "-".join(chosen)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see: python build.py --help")


def parse(words: Sequence[str], environ: dict[str, str] | None = None) -> Request:
    """The request behind the command-line `words`; raises UserError."""
    environ = dict(os.environ) if environ is None else environ
    verbs = "\n".join(f"  {verb:8}{text}" for verb, text in VERBS.items())
    parser = _Parser(
        prog="build.py",
        allow_abbrev=False,
        description=f"verbs:\n{verbs}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", nargs="?", default="report", choices=tuple(VERBS), metavar="verb")
    parser.add_argument(
        "pattern", nargs="?", default="", help="of values: names that contain it or match its * and ?"
    )
    parser.add_argument("--preset", default="full", help=f"one of {', '.join(configuration.PRESETS)}")
    parser.add_argument(
        "--set", action="append", default=[], metavar="PART.FIELD=VALUE", help="override a field"
    )
    parser.add_argument("--seeds", type=int, help="number of runs of every part")
    parser.add_argument("--jobs", type=int, help="runs side by side on this machine (default: one per core)")
    parser.add_argument("--dask", metavar="ADDRESS", help="train on the workers of this Dask scheduler")
    parser.add_argument("--only", action="append", default=[], metavar="PART", help="these parts alone")
    parser.add_argument("--data-dir", help="where the data lie (also: the variable DATA_DIR)")
    parser.add_argument("--engine", default="auto", help="auto, latexmk, tectonic or embedded")
    parser.add_argument("--allow-stale", action="store_true", help="render stale results, visibly marked")
    options = parser.parse_args(words)

    if options.pattern and options.verb != "values":
        raise UsageError(f"{options.verb} takes no {options.pattern!r}; see: python build.py --help")
    config = configuration.preset(options.preset, options.set)
    if options.seeds is not None:
        config = configuration.with_seeds(config, options.seeds)
    if options.jobs is not None and options.jobs < 1:
        raise UsageError(f"--jobs {options.jobs}: allowed: 1 or more")
    return Request(
        verb=options.verb,
        preset=options.preset,
        config=config,
        parts=_parts(options.only),
        data_dir=_data_dir(options.data_dir or environ.get("DATA_DIR")),
        engine=options.engine,
        allow_stale=options.allow_stale,
        pattern=options.pattern,
        out=_out(options.preset, config),
        jobs=options.jobs,
        dask=options.dask,
        stores=_stores(options.preset, config),
    )


def _parts(only: Sequence[str]) -> tuple[str, ...]:
    for part in only:
        if part not in configuration.PARTS:
            raise UsageError(f"--only {part}: unknown part; allowed: {', '.join(configuration.PARTS)}")
    needed = {name for part in only for name in (part, *configuration.DEPENDS.get(part, ()))}
    return tuple(p for p in configuration.PARTS if p in needed) if only else configuration.PARTS


def _data_dir(text: str | None) -> Path | None:
    if not text:
        return None
    path = Path(text).expanduser()
    if not path.is_dir():
        raise UserError(f"data directory {text}: no such folder; see --data-dir and DATA_DIR")
    return path


def _out(preset: str, config: Config) -> Path:
    return _stores(preset, config)[0].parent


def _stores(preset: str, config: Config) -> tuple[Path, ...]:
    """Overridden fields never touch a preset's recorded results, but use those that still match."""
    report = ROOT / "report"
    base = report if preset == "full" else report / preset
    if config == configuration.PRESETS[preset]:
        return (base / "results",)
    return (report / f"{preset}-custom" / "results", base / "results")
