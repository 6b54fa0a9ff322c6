"""Where and when: the commit is that of the start, and what the build writes does not make it dirty."""

import subprocess
from pathlib import Path

import pytest

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
    assert provenance.finished(begun)["commit"] == before != provenance.commit(tmp_path)


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
