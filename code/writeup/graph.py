"""doit, called from a program: silent where nothing is done, a line per task that runs, errors raised.

doit looks at what a task reads; here a task runs again as well where what it wrote was altered since.
"""

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from doit.cmd_base import ModuleTaskLoader
from doit.cmd_run import Run
from doit.dependency import Dependency, JsonDB
from doit.exceptions import InvalidCommand, InvalidDodoFile, InvalidTask, TaskFailed
from doit.reporter import ExecutedOnlyReporter

from writeup import sealed
from writeup.errors import UserError
from writeup.identity.fingerprint import changes


class _Reporter(ExecutedOnlyReporter):  # type: ignore[misc]
    """Prints a task's name when it runs, and which of its files somebody else changed or took away; failures
    are raised by `build`, not printed.
    """

    def execute_task(self, task: Any) -> None:
        if task.actions:
            print(f"  {task.name}", flush=True)
            for path in getattr(task, "altered", ()):
                what = "altered since it was made" if Path(path).is_file() else "missing"
                print(f"      {Path(path).name}: {what}", flush=True)

    told: list[str] = []  # noqa: RUF012 (a list of each build's own, see there)

    def add_failure(self, task: Any, fail: Any) -> None:
        self.told.append(f"{task.name}: {' '.join(str(fail).split())}")

    def complete_run(self) -> None:
        pass


class _Explaining(_Reporter):
    """Says besides why a task runs: what of its record changed, which files, which targets are missing."""

    def execute_task(self, task: Any) -> None:
        super().execute_task(task)
        if task.actions:
            print("\n".join(f"      {line}" for line in _why(task)), flush=True)


def _why(task: Any) -> Iterator[str]:
    yield from getattr(task, "changed", [])
    yield from (f"file {Path(path).name}: changed" for path in task.dep_changed or [])
    known = getattr(task, "altered", ())  # the reporter has said it of these
    made = (path for path in task.targets if path not in known and not Path(path).exists())
    yield from (f"{Path(path).name}: missing" for path in made)


def unchanged(record: Mapping[str, Any]) -> Callable[..., bool]:
    """The condition of a task that `record` (plain JSON) is what it was when the task last ran."""

    def condition(task: Any, values: Mapping[str, Any]) -> bool:
        task.value_savers.append(lambda: {"record": record})
        before = values.get("record", {})
        task.changed = list(changes(before, record)) if before else []
        return bool(before == record)

    return condition


def _untouched(task: Any, values: Mapping[str, Any]) -> bool:
    """The condition of every task that its targets are what it wrote: nobody edits a figure or the PDF."""
    task.value_savers.append(lambda: {"targets": _digests(task.targets)})
    before = values.get("targets", {})
    now = _digests(task.targets)
    task.altered = [path for path, digest in now.items() if before.get(path, digest) != digest]
    return bool(before == now)


def _digests(paths: Sequence[str]) -> dict[str, str]:
    """The sha256 of each file; of one that is not there none."""
    files = [Path(path) for path in paths]
    return {
        str(file): hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "" for file in files
    }


class _State(JsonDB):  # type: ignore[misc]
    """What was built from what: doit's record, written whole and under its digest."""

    def __init__(self, name: str, codec: Any, *, module_name: str | None = None) -> None:
        self.name = Path(name)
        self._db = sealed.read(self.name, "everything is built anew") or {}

    def dump(self) -> None:
        sealed.write(self.name, self._db)


def build(
    tasks: Mapping[str, Callable[[], Any]],
    goals: Sequence[str],
    state: Path,
    *,
    explain: bool = False,
    threads: int = 1,
) -> None:
    """Run the tasks that `goals` need and whose inputs changed; `state` keeps what was built from what.

    The first exception that an action raises stops the build and is raised here as it is. A state that is
    damaged is thrown away: everything is then built anew. explain: say of each task why it runs. threads:
    tasks that are under way at a time, each in a thread; what they do should then be done elsewhere.
    """
    caught: list[Exception] = []

    def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
        def action(*arguments: Any) -> Any:
            try:
                function(*arguments)
            except Exception as error:
                caught.append(error)
                return TaskFailed(str(error))
            return True

        return action

    def guard(task: dict[str, Any]) -> dict[str, Any]:
        actions = [a if isinstance(a, tuple) else (a, []) for a in task["actions"]]
        return task | {
            "actions": [(guarded(f), arguments) for f, arguments in actions],
            "uptodate": [*task.get("uptodate", []), _untouched],
            "io": {"capture": False},
        }

    def creator(make: Callable[[], Any]) -> Callable[[], Any]:
        def create() -> Any:
            made = make()
            if isinstance(made, dict):
                return guard(made)
            return (guard(task) for task in made)

        return create

    state.parent.mkdir(parents=True, exist_ok=True)
    told: list[str] = []
    reporter = type("Reporter", (_Explaining if explain else _Reporter,), {"told": told})
    loader = ModuleTaskLoader({name: creator(make) for name, make in tasks.items()})
    settings = {"reporter": reporter, "verbosity": 2, "par_type": "thread"}
    settings["num_process"] = threads if threads > 1 else 0  # doit's word for in this thread
    command = Run(task_loader=loader, config={"GLOBAL": settings})
    command.dep_manager = Dependency(_State, str(state))
    try:
        status = command.parse_execute(list(goals))  # not by doit's main, which prints tracebacks
    except (InvalidCommand, InvalidDodoFile, InvalidTask) as error:
        raise UserError(f"the tasks of the build contradict each other: {error}") from None
    sys.stdout.flush()
    if caught:
        raise caught[0]
    if status:
        raise UserError(f"the build stopped: {'; '.join(told) or 'two tasks of it contradict each other'}")
