"""What was asked for, as one frozen object: parts, their settings and seeds, and folders of results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from writeup import handing, settings
from writeup.declare import Part, Preset, Report
from writeup.errors import UsageError, UserError

MOST_RUNS = 10_000  # of a part


@dataclass(frozen=True)
class Request:
    """One report to be made. `Request.of` makes a request of what a person may choose."""

    report: Report
    preset: str
    configs: Mapping[str, Any]  # of the parts, by name
    seeds: Mapping[str, int]  # runs of each part
    parts: tuple[Part, ...]
    stores: tuple[Path, ...]  # folders of recorded results; new results go to the first
    out: Path  # the folder of the report and its figures
    stem: str  # the report's file name without its suffix
    data_dir: Path | None = None
    engine: str = "embedded"
    allow_stale: bool = False
    jobs: int | None = None  # runs side by side; 0: all in this process; None: as many as suit the machine
    dask: str | None = None  # address of a Dask scheduler whose workers train in place of this machine

    @classmethod
    def of(
        cls,
        report: Report,
        *,
        preset: str = "",
        changes: Sequence[str] = (),
        seeds: int | None = None,
        only: Sequence[str] = (),
        data_dir: str | None = None,
        **how: Any,
    ) -> "Request":
        """The request behind plain choices; raises UserError.

        preset: the first if empty. changes: "part.field=value" each. seeds: runs of every part. only: names
        of parts; all that are handed in if empty. how: the fields of a Request from `engine` on.
        """
        preset = preset or next(iter(report.presets))
        declared = preset_configs(report, preset)
        configs = declared
        for text in changes:
            configs = settings.override(configs, text)
        custom = any(configs[part.name] != declared[part.name] for part in report.parts)
        stores = _stores(report, preset, custom)
        chosen = handing.read(report.source).chosen([part.name for part in report.parts])
        handed_in = [name for name in chosen if name not in report.presets[preset].without]
        parts = _parts(report, only or handed_in)
        figures = [  # of median runs of several parts: of those that were asked for
            replace(one, of=[part for part in one.of if part in parts] or one.of) if one.typical else one
            for one in report.figures
        ]
        return cls(
            report=replace(report, figures=figures),
            preset=preset,
            configs=configs,
            seeds=_seeds(report, preset, seeds),
            parts=parts,
            stores=stores,
            out=stores[0].parent,
            stem=_stem(parts, handed_in),
            data_dir=_data_dir(data_dir),
            **{"engine": report.engine} | {name: value for name, value in how.items() if value is not None},
        )

    @property
    def shape(self) -> Preset:
        return self.report.presets[self.preset]


def preset_configs(report: Report, preset: str) -> dict[str, Any]:
    """The settings of every part in a preset; a UserError lists the presets."""
    if preset not in report.presets:
        raise UserError(f"unknown preset {preset!r}; allowed: {', '.join(report.presets)}")
    changes = report.presets[preset].changes
    configs = {one.name: one.config for one in report.parts}
    return {name: replace(config, **changes.get(name, {})) for name, config in configs.items()}


def _seeds(report: Report, preset: str, asked: int | None) -> dict[str, int]:
    """Runs of each part. A part that others need has one run, so that all of them need the same weights."""
    if asked is not None and not 1 <= asked <= MOST_RUNS:
        raise UserError(f"--seeds {asked}: allowed: 1 to {MOST_RUNS:,}")
    needed = {need.name for part in report.parts for need in part.all_needs.values()}
    wanted = asked or report.presets[preset].seeds
    most = {part.name: part.seeds for part in report.parts if part.program and not part.program.command}
    return {
        part.name: 1 if part.name in needed else min(wanted or part.seeds, most.get(part.name, MOST_RUNS))
        for part in report.parts
    }


def _parts(report: Report, only: Sequence[str]) -> tuple[Part, ...]:
    """The parts named and the parts that they need, in the report's order."""
    names = [part.name for part in report.parts]
    for name in only:
        if name not in names:
            raise UsageError(f"--only {name}: unknown part; allowed: {', '.join(names)}")
    wanted = set(only)
    todo = [report.part(name) for name in wanted]
    while todo:
        needs = todo.pop().all_needs.values()
        wanted |= {part.name for part in needs}
        todo += needs
    return tuple(part for part in report.parts if part.name in wanted)


def _stem(parts: Sequence[Part], handed_in: Sequence[str]) -> str:
    """A report of fewer parts than are handed in has a name of its own and never replaces the whole one."""
    names = [part.name for part in parts]
    needed = {need.name for part in parts for need in part.all_needs.values()}
    return "-".join(["report", *([] if {*names} >= {*handed_in} else (n for n in names if n not in needed))])


def _data_dir(text: str | None) -> Path | None:
    if not text:
        return None
    path = Path(text).expanduser().absolute()
    if not path.is_dir():
        raise UserError(f"data directory {text}: no such folder; see --data-dir and DATA_DIR")
    return path


def _stores(report: Report, preset: str, custom: bool) -> tuple[Path, ...]:
    """Changed settings use a preset's recorded results where they still match, and never overwrite them."""
    folder = report.output
    first = preset == next(iter(report.presets))
    base = (folder if first else folder / preset) / "results"
    return (folder / f"{preset}-custom" / "results", base) if custom else (base,)
