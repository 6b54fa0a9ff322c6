"""Where and when: the commit is that of the start, and what the build writes does not make it dirty."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from writeup.declare import Claim, Data, Measure, Part
from writeup.runs import provenance


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    command = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def repository(folder: Path) -> Path:
    git(folder, "init", "-q")
    (folder / "code.py").write_text("x = 1\n")
    (folder / "report").mkdir()
    (folder / "report" / "result.json").write_text("{}\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_outside_git_it_is_unknown(tmp_path: Path) -> None:
    assert provenance.commit(tmp_path / "nowhere") == "unknown"


def test_the_processor_time_is_that_of_programs_too() -> None:
    start = provenance.started(Path())
    subprocess.run([sys.executable, "-c", "sum(range(10**7))"], check=True)
    assert provenance.finished(start, ())["processor_seconds"] >= 0.1


def test_changed_code_is_marked_and_what_the_build_writes_is_not(tmp_path: Path) -> None:
    repository(tmp_path)
    clean = git(tmp_path, "rev-parse", "--short=12", "HEAD")
    assert provenance.commit(tmp_path) == clean
    (tmp_path / "report" / "result.json").write_text('{"new": 1}\n')
    assert provenance.commit(tmp_path) == clean
    (tmp_path / "code.py").write_text("x = 2\n")
    assert provenance.commit(tmp_path) == clean + "+"


def test_a_commit_made_during_a_run_is_not_named(tmp_path: Path) -> None:
    repository(tmp_path)
    begun = provenance.started(tmp_path)
    before = provenance.commit(tmp_path)
    (tmp_path / "code.py").write_text("x = 3\n")
    git(tmp_path, "commit", "-q", "-a", "-m", "second")
    assert provenance.finished(begun, ())["commit"] == before != provenance.commit(tmp_path)


def test_versions_are_those_that_are_installed_by_the_name_to_install_them_by() -> None:
    known = provenance.versions(["numpy", "PIL", "no_such_module"])
    assert known.keys() == {"python", "numpy", "pillow"}
    assert known["numpy"] == np.__version__ and known == provenance.installed(known)
    assert not provenance.differ(known, provenance.installed(known))
    other = known | {"numpy": "0.1", "gone": "2"}
    lines = provenance.differ(other, provenance.installed(other))
    assert lines == [f"numpy 0.1, here {np.__version__}", "gone 2, here none"]
    assert not provenance.differ({"torch": "2.9.1+cpu"}, {"torch": "2.9.1"})  # torch says more than pip


def test_of_a_run_what_its_training_and_evaluation_cost_is_told_apart() -> None:
    trained = {"seconds": 5.0, "processor_seconds": 8.0, "peak_memory_mib": 90, "versions": {"numpy": "1"}}
    trained |= {"commit": "old", "date": "yesterday", "threads": 2}
    evaluated = {"seconds": 2.0, "processor_seconds": 3.0, "peak_memory_mib": 70, "versions": {"numpy": "2"}}
    evaluated |= {"commit": "x", "date": "today", "threads": 2}
    known = provenance.of_run(trained, evaluated, {"commit": "new"})
    assert (known["seconds"], known["processor_seconds"], known["peak_memory_mib"]) == (7.0, 11.0, 90)
    assert known["commit"] == "old" and known["evaluated"]["commit"] == "new"
    assert known["trained"]["seconds"] == 5.0 and known["evaluated"]["seconds"] == 2.0
    assert known["versions"] == {"numpy": "1"} and known["evaluated"]["versions"] == {"numpy": "2"}
    del trained["processor_seconds"]  # as in trainings that were kept before it was told
    assert provenance.of_run(trained, evaluated, {"commit": "new"})["processor_seconds"] is None


def test_margins_are_those_of_the_first_recording() -> None:
    part = Part("a", None, Data("d"), "m")
    measure = Measure("x", 0.5, "share", "")
    claims = [Claim(f"g/{name}", (part, ""), (part, "b"), measure, ("", "")) for name in ("one", "two")]
    before = {"margins": {"g/one": 0.2, "g/gone": 0.1}}
    assert provenance.margins(claims, "a", before) == {"g/one": 0.2, "g/two": 0.5}
    assert provenance.margins(claims, "another", before) == {}


@pytest.mark.parametrize(
    ("cpuinfo", "slug"),
    [
        ("model name\t: AMD EPYC\nflags\t\t: sse avx512_bf16 avx2\n", "amd-epyc-bf16"),
        ("model name\t: AMD EPYC 7763 64-Core Processor\nflags\t\t: sse avx2\n", "amd-epyc-7763"),
        (
            "model name\t: Intel(R) Xeon(R) Platinum 8488C CPU @ 2.40GHz\nflags\t\t: avx512_bf16 amx_bf16\n",
            "intel-xeon-platinum-8488c-amx",
        ),
        ("model name\t: Intel(R) Xeon(R) CPU @ 2.20GHz\nflags\t\t: avx2\n", "intel-xeon"),
    ],
)
def test_processors_with_other_instructions_are_other_kinds(
    cpuinfo: str, slug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    monkeypatch.setattr(provenance, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(provenance, "_gpu", lambda: "")
    assert provenance.processor() == slug
    assert provenance.machine().startswith(cpuinfo.partition(": ")[2].partition("\n")[0])
