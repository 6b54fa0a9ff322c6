"""Whatever changes a number is noticed: the result is no longer current, or it is refused, or it is named."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.lies.changes import PLAIN, TABLE, Files

from writeup import steps
from writeup.build import Build
from writeup.cli.entry import parse
from writeup.declare import resolve
from writeup.identity.closure import Untraceable
from writeup.results import store

pytestmark = pytest.mark.identity


Lay = Callable[[Files, int], Path]
OURS = {"watched", "beside", "lib_of_ours"}


def forget() -> None:
    """As a new process would, import the project's modules anew."""
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lay]:
    """project(files, 1) lays down a case with 1 in place of ONE."""
    root = tmp_path / "project"
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two versions of a second have one date
    monkeypatch.setattr(sys, "path", [str(root / "code"), *sys.path])
    monkeypatch.setenv("WRITEUP_CACHE", str(tmp_path / "cache"))

    def lay(files: Files, one: int) -> Path:
        monkeypatch.setenv("WATCHED", str(one))
        for name, text in files.items():
            fill = lambda text: text.replace("ONE", str(one)).replace("ROOT", str(root))  # noqa: E731
            path = root / fill(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fill(text), encoding="utf-8")
            if "ONE" in name and one > 1:
                path.with_name("1").unlink()
        forget()
        return root

    yield lay
    forget()


def build(root: Path) -> Build:
    report = replace(resolve("watched.report:REPORT"), root=root)  # type: ignore[type-var]
    return Build(parse(report, ("train", "--jobs", "0"), {})[0])


def recorded(root: Path) -> store.Result:
    made = build(root)
    steps.train(made, anew=True)
    return store.load(made.runs[0].folder)


@pytest.mark.parametrize("name", TABLE)
def test_a_change_is_noticed(name: str, project: Lay) -> None:
    files = TABLE[name]
    root = project(files, 1)
    try:
        before = recorded(root)
    except Untraceable as error:
        assert name not in PLAIN and "\n" not in str(error)
        return
    (run,) = build(root).runs
    assert run.current, run.why()
    project(files, 2)
    (run,) = build(root).runs
    named = run.peek.provenance["seen"]["unfollowed"]
    assert not run.current or named, "unnoticed"
    forget()
    assert recorded(root).scalars != before.scalars, "the case changes no number"
