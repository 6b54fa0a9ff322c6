"""doit, called from a program: silent where nothing is done, a line per task that runs, errors raised."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from doit.cmd_base import ModuleTaskLoader
from doit.doit_cmd import DoitMain
from doit.exceptions import TaskFailed
from doit.reporter import ExecutedOnlyReporter

from writeup.errors import UserError


class _Reporter(ExecutedOnlyReporter):  # type: ignore[misc]
    """Prints a task's name when it runs; failures are raised by `build`, not printed."""

    def execute_task(self, task: Any) -> None:
        if task.actions:
            print(f"  {task.name}", flush=True)

    def add_failure(self, task: Any, fail: Any) -> None:
        self.failures.append({"task": task, "exception": fail})

    def complete_run(self) -> None:
        pass


def build(tasks: Mapping[str, Callable[[], Any]], goals: Sequence[str], state: Path) -> None:
    """Run the tasks that `goals` need and whose inputs changed; `state` keeps what was built from what.

    The first exception that an action raises stops the build and is raised here as it is.
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
    settings = {"dep_file": str(state), "backend": "json", "reporter": _Reporter, "verbosity": 2}
    loader = ModuleTaskLoader({name: creator(make) for name, make in tasks.items()})
    status = DoitMain(loader, config_filenames=(), extra_config={"GLOBAL": settings}).run(["run", *goals])
    sys.stdout.flush()
    if caught:
        raise caught[0]
    if status:
        raise UserError(f"the build stopped (doit's status {status}); remove {state} and try again")
