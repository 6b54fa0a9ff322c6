"""Parts that are programs, and runs that exist already, each as a stranger would declare them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from writeup import steps
from writeup.build import Build
from writeup.declare import Command, Imported, Part, Report
from writeup.errors import UserError
from writeup.request import Request
from writeup.results import integrity, store
from writeup.results.store import Result
from writeup.runs import program, reading
from writeup.verify import recomputing

TRAIN = """
import argparse, json, random
from lib.schedule import rate_at
words = argparse.ArgumentParser()
words.add_argument("--seed", type=int), words.add_argument("--rate", type=float), words.add_argument("--out")
given = words.parse_args()
random.seed(given.seed)
start = float(open("data/start.csv").read())
losses = [start / (1 + rate_at(k, given.rate)) + random.random() / 100 for k in range(8)]
history = [{"epoch": k, "loss": loss} for k, loss in enumerate(losses)]
json.dump({"test": {"loss": losses[-1]}, "history": history}, open(f"{given.out}/metrics.json", "w"))
"""
RUN = "python train.py --seed {seed} --rate {rate} --out {out}"
READS = ["lib/**/*.py", "data/start.csv"]
BuildOf = Callable[..., Build]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a script, a module of its own and a data file."""
    monkeypatch.setenv("WRITEUP_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "project"
    files = {
        "train.py": TRAIN,
        "lib/schedule.py": "def rate_at(k, r): return k * r",
        "data/start.csv": "2.0\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (root / "templates").mkdir()
    return root


@pytest.fixture
def build_of(root: Path) -> BuildOf:
    """The build of a report of these parts, planned afresh; computes in this process."""
    return lambda *parts: Build(Request.of(Report(root, parts), jobs=0))


def trained(build: Build) -> list[Result]:
    steps.train(build, steps.Output(quiet=True))
    return [store.load(run.folder) for run in build.runs]


def why(build: Build) -> dict[str, list[str]]:
    return {run.name: run.why() for run in build.runs if not run.current}


def test_a_script_is_a_part_with_settings_and_seeds(root: Path, build_of: BuildOf) -> None:
    slow = Command("slow", RUN, reads=READS, settings={"rate": 0.1}, seeds=2)
    one, other, fast = trained(build_of(slow, slow.variant("fast", rate=1.0, seeds=1)))
    assert one.scalars.keys() == {"test/loss"} and one.scalars != other.scalars
    assert fast.scalars["test/loss"] == pytest.approx(2 / 8, abs=0.01)
    assert fast.logs["history"]["epoch"] == list(range(8)) and not fast.tables
    assert fast.logs["history"]["loss"][-1] == pytest.approx(fast.scalars["test/loss"], rel=1e-7)
    assert fast.provenance["train"]["config"] == {"rate": 1.0}
    assert sorted(os.listdir(root)) == ["data", "lib", "report", "templates", "train.py"]


def test_its_identity_is_the_command_and_the_content_of_what_it_reads(root: Path, build_of: BuildOf) -> None:
    part = Command("net", RUN, reads=READS, settings={"rate": 0.1})
    trained(build_of(part))
    (root / "lib/other.txt").write_text("nothing that it reads")
    os.utime(root / "train.py")
    assert not why(build_of(part))
    (root / "lib/schedule.py").write_text("def rate_at(k, r): return 2 * k * r")
    assert "reads.lib/schedule.py: changed" in why(build_of(part))["net seed 0"]
    faster = Command("net", f"{RUN} --fast", reads=READS, settings={"rate": 0.1})
    assert f"command: {RUN} -> {RUN} --fast" in why(build_of(faster))["net seed 0"]
    ordinary = Part("net", part.config, part.data, part.code)
    assert reading.identity(ordinary, 0, root) == {}


def test_a_shell_script_is_a_part(root: Path, build_of: BuildOf) -> None:
    (root / "run.sh").write_text("echo seed,error > $2/scores.csv\necho $1,0.$1 >> $2/scores.csv\n")
    (root / "run.sh").write_text(
        (root / "run.sh").read_text() + "printf 'word,count\\na,1\\nb,2\\n' > words.csv\n"
    )
    part = Command("sh", "sh run.sh {seed} {out}", results=["scores.csv", "words.csv"], seeds=5)
    found = trained(build_of(part))
    assert [one.scalars["error"] for one in found] == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert found[0].tables["words"] == {"word": ["a", "b"], "count": [1, 2]}


def test_verify_computes_it_again(root: Path, build_of: BuildOf, capsys: pytest.CaptureFixture[str]) -> None:
    part = Command("net", RUN, reads=READS, settings={"rate": 0.1}, seeds=3)
    trained(build_of(part))
    recomputing.verify(build_of(part), ["net/1"], 1, keep=False)
    assert "net seed 1: 1 of 1 numbers are bit-identical" in capsys.readouterr().out


def test_what_is_not_declared_is_named(root: Path, build_of: BuildOf) -> None:
    with pytest.raises(UserError, match=r"No module named 'lib'"):
        trained(build_of(Command("net", RUN, settings={"rate": 0.1})))
    whole = TRAIN.replace('"data/start.csv"', repr(str(root / "data/start.csv")))
    (root / "train.py").write_text(
        whole.replace("start = ", "try: open('x')\nexcept OSError: pass\nstart = ")
    )
    with pytest.raises(UserError, match=r"part net: the command read data/start.csv; name it in reads"):
        trained(build_of(Command("net", RUN, reads=READS[:1], settings={"rate": 0.1})))


@pytest.mark.parametrize(
    ("command", "given", "said"),
    [
        (
            "python train.py --seed {seed} --rate {speed}",
            {},
            r"command has \{speed\}; allowed: seed, out, rate",
        ),
        (RUN, {"reads": ["lib/*.txt"]}, r"part net: reads 'lib/\*.txt', and .* has no such file"),
        (RUN, {"reads": ["../x.py"]}, r"is not below"),
        (RUN, {"reads": READS, "results": "scores.json"}, r"there is no scores.json after the run"),
        ("python train.py", {"seeds": 2}, r"2 seeds, and no \{seed\} in the command"),
        ("no-such-program train.py", {}, r"no-such-program: No such file.*on the PATH"),
        (
            "python -c 'print(1); 1 / 0'",
            {},
            r"python ended with status 1: ZeroDivisionError: division by zero",
        ),
    ],
)
def test_a_slip_is_one_line(
    root: Path, build_of: BuildOf, command: str, given: dict[str, object], said: str
) -> None:
    part = Command("net", command, settings={"rate": 0.1}, **given)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=said):
        trained(build_of(part))


def test_what_a_failed_command_printed_is_kept(root: Path, build_of: BuildOf) -> None:
    with pytest.raises(UserError) as caught:
        trained(build_of(Command("net", "python -c 'print(12345); 1 / 0'")))
    assert (
        caught.value.traceback.startswith("12345\nTraceback")
        and "ZeroDivisionError" in caught.value.traceback
    )


def test_a_command_ends_with_the_process_that_started_it(root: Path, tmp_path: Path) -> None:
    """However that ends: what the command started in turn writes no more."""
    (root / "run.sh").write_text(f"(while true; do date +%N > {tmp_path}/alive; sleep 0.05; done) & wait\n")
    part = "Command('net', 'sh run.sh'), Path('.')"
    words = (
        "from pathlib import Path; from writeup.declare import Command; from writeup.runs import program\n"
    )
    words += f"with program.under_way({part}): program.train(Command('net', 'x').config, None, seed=0)"
    code = str(Path(program.__file__).parents[2])
    process = subprocess.Popen([sys.executable, "-c", words], cwd=root, env=os.environ | {"PYTHONPATH": code})
    for _ in range(200):
        if (tmp_path / "alive").is_file():
            break
        time.sleep(0.1)
    process.kill()
    process.wait()
    time.sleep(0.5)
    before = (tmp_path / "alive").read_text()
    time.sleep(0.5)
    assert (tmp_path / "alive").read_text() == before != ""


def imported(root: Path) -> Part:
    for seed in range(3):
        (root / f"runs/{seed}").mkdir(parents=True)
        (root / f"runs/{seed}/metrics.json").write_text(json.dumps({"loss": 0.1 * seed, "epochs": 3}))
        (root / f"runs/{seed}/log.jsonl").write_text(
            '{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.4}\n'.replace("4", str(seed))
        )
    return Imported("old", sorted((root / "runs").iterdir()), results=["metrics.json", "log.jsonl"])


def test_runs_that_exist_are_told_as_such(root: Path, build_of: BuildOf) -> None:
    part = imported(root)
    found = trained(build_of(part))
    assert [one.scalars["loss"] for one in found] == [0.0, 0.1, 0.2] and found[2].logs["log"]["loss"] == [
        0.5,
        0.2,
    ]
    assert {one.provenance["commit"] for one in found} == {"not computed here"}
    for names in ([], ["old/1"]):
        with pytest.raises(UserError, match="computed here"):
            recomputing.verify(build_of(part), names, 1, keep=False)


def test_a_changed_file_makes_its_own_run_stale_and_no_other(root: Path, build_of: BuildOf) -> None:
    part = imported(root)
    trained(build_of(part))
    (root / "runs/1/metrics.json").write_text('{"loss": 0.7}')
    assert list(why(build_of(part))) == ["old seed 1"]
    (root / "runs/1/metrics.json").unlink()
    with pytest.raises(UserError, match=r"part old: reads 'runs/1/metrics\.json'"):
        why(build_of(part))


def test_numbers_are_found_wherever_json_has_them(tmp_path: Path) -> None:
    content = {
        "a": 1,
        "b": {"c": 2.5, "d": [1, 2]},
        "rows": [{"x": "p", "y": 1}],
        "text": "left out",
        "yes": True,
    }
    (tmp_path / "m.json").write_text(json.dumps(content))
    (tmp_path / "columns.json").write_text('{"loss": [3, 2], "accuracy": [0.5, 0.6]}')
    part = Imported("n", [tmp_path], results=["m.json", "columns.json"])
    with program.under_way(part, tmp_path):
        found = program.evaluate(None, None, program.train(None, None, seed=0), seed=0)
    assert found.scalars == {"a": 1, "b/c": 2.5}
    assert found.tables == {
        "rows": {"x": ["p"], "y": [1]},
        "columns": {"loss": [3, 2], "accuracy": [0.5, 0.6]},
    }
    assert found.logs == {"b/d": {"step": [0, 1], "d": [1, 2]}}


def test_the_packages_that_a_script_imports_are_those_of_its_record(root: Path) -> None:
    (root / "train.py").write_text(f"import sklearn.svm, json, train\nfrom torch import nn\n{TRAIN}")
    assert reading.packages(Command("net", RUN, reads=READS), root) == {"sklearn", "torch"}


def test_an_imported_run_may_be_one_that_is_computed_here_too(root: Path, build_of: BuildOf) -> None:
    here = Command("net", RUN, reads=READS, settings={"rate": 0.1})
    (found,) = trained(build_of(here))
    history = {name: list(values) for name, values in found.logs["history"].items()}
    (root / "old").mkdir()
    (root / "old/metrics.json").write_text(json.dumps({**found.scalars, "history": history}))
    parts = here, Imported("old", ["old"])
    trained(build_of(*parts))
    both = integrity.load_checked([run.folder for run in build_of(*parts).runs], {})
    assert both[0].logs == both[1].logs and both[0].logs
