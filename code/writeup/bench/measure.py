"""The verb `measure`: carry out the timings that a report declares, print and, if asked, record them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

from writeup import settings
from writeup.bench.setting import Setting
from writeup.declare import Shown, Timing, resolve
from writeup.errors import PackageMissing, UserError
from writeup.request import Request, preset_configs
from writeup.results.store import Result
from writeup.runs import provenance, record
from writeup.runs.record import Findings, Model

if TYPE_CHECKING:
    from writeup.build import Build


def measure(build: "Build", names: Sequence[str] = (), *, keep: bool = False) -> None:
    """Make the timings named, or all; keep: record each as soon as it is made."""
    request = build.request
    timings = chosen(request, names)
    if keep:
        refuse_changes(request, timings)
    console, aside = Console(), Console(stderr=True)
    for timing in timings:
        config, root = request.configs[timing.name], request.report.root
        begun = provenance.started(root)
        work = _imported(timing)
        stage = build.planner.timing(timing, config, request.configs, build.runs) if keep else None
        found = work(setting_of(build, timing, lambda line: aside.print(line, style="dim", highlight=False)))
        show(timing.name, found, console)
        if stage is not None:
            known = {"fingerprint": stage.fingerprint, "evaluate": dict(stage.inputs)}
            known |= provenance.finished(begun)
            processor = provenance.processor()
            known |= {"processor": processor} if timing.per_processor else {}
            folder = build.timing_folder(timing, processor)
            record.save(
                Result(timing.name, 0, found.scalars, found.tables, found.logs, found.arrays, known), folder
            )
            print(f"recorded in {folder.relative_to(root)}", flush=True)


def chosen(request: Request, asked: Sequence[str]) -> list[Timing]:
    """The timings named, in the order of the declaration; all where none is."""
    declared = request.report.timings
    names = [timing.name for timing in declared]
    for name in asked:
        if name not in names:
            raise UserError(f"measure {name}: unknown; allowed: {', '.join(names) or 'none is declared'}")
    return [timing for timing in declared if timing.name in (asked or names)]


def refuse_changes(request: Request, timings: Sequence[Timing]) -> None:
    """Raise UserError unless the settings are the declared ones: a record is read as made with these."""
    first = next(iter(request.report.presets))
    if request.preset != first:
        raise UserError(f"--record keeps what preset {first} measures: leave --preset {request.preset} out")
    if not request.whole:
        raise UserError("--record keeps all parts together: leave --only out")
    shown: list[Shown] = [*timings, *request.report.parts]
    for one in shown:
        asked = settings.plain(request.configs[one.name])
        for name, value in settings.plain(one.config).items():
            if asked[name] != value:
                raise UserError(
                    f"--record keeps the declared settings: leave --set {one.name}.{name}={asked[name]} out"
                )


def _imported(timing: Timing) -> Callable[[Setting], Findings]:
    try:
        return resolve(timing.measure)
    except ModuleNotFoundError as error:
        raise PackageMissing(
            f"measure {timing.name}: {error.name} is not installed: make train installs it"
        ) from None


def setting_of(build: "Build", timing: Timing, say: Callable[[str], None]) -> Setting:
    """What the timing is given: of the data and models those that it declares, and no others."""
    request = build.request
    report = request.report
    asked = {part.name for part in request.parts}
    return Setting(
        config=request.configs[timing.name],
        configs={
            part.name: settings.executed(request.configs[part.name])
            for part in timing.parts
            if part.name in asked
        },
        data={data.name: record.load(data, request.shape.standins, request.data_dir) for data in timing.data},
        roles=_models(build, timing),
        parts={part.name: part for part in report.parts},
        presets={name: preset_configs(report, name) for name in report.presets},
        say=say,
    )


def _models(build: "Build", timing: Timing) -> dict[str, Model]:
    """The models of `timing.needs`: those behind the recorded results."""
    request = build.request
    if not timing.needs:
        return {}
    planned = build.planner.runs(request.report.parts, request.configs, request.seeds, request.shape.standins)
    for run in planned:
        if run.part in timing.needs.values() and run.weights is None:
            raise UserError(
                f"measure {timing.name} needs {run.name}, which is not recorded: "
                f"python build.py report --only {run.part.name}"
            )
    means = record.Means(request.report.root, request.data_dir)
    return {role: record.model_of(part, planned, means) for role, part in timing.needs.items()}


# --- on the terminal ---


def show(name: str, found: Findings, console: Console) -> None:
    """Print tables, then numbers: those of one name, as in "part/name", in a row with a column per part."""
    for title, columns in found.tables.items():
        _print(console, f"{name}: {title}", columns)
    grouped = {key: key.rpartition("/") for key in found.scalars if "/" in key}
    own = list(dict.fromkeys(last for _, _, last in grouped.values()))
    groups = dict.fromkeys(group for group, _, _ in grouped.values())
    if grouped:
        by_group = {group: [found.scalars.get(f"{group}/{one}") for one in own] for group in groups}
        _print(console, name, {"": own, **by_group})
    for key in (key for key in found.scalars if key not in grouped):
        console.print(f"{name}/{key}  {_text(found.scalars[key])}", highlight=False)


def _print(console: Console, title: str, columns: Mapping[str, Sequence[Any]]) -> None:
    shown = Table(title=title, box=box.SIMPLE, title_justify="left")
    for head, cells in columns.items():
        words = any(isinstance(cell, str) for cell in cells)
        shown.add_column(head, justify="left" if words else "right", overflow="fold")
    for row in zip(*columns.values(), strict=True):
        shown.add_row(*map(_text, row))
    console.print(shown, highlight=False)


def _text(cell: Any) -> str:
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 1000 else f"{cell:.4g}"
    return "" if cell is None else str(cell)
