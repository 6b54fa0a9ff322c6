"""The verb `measure`: what is measured, printed and recorded, and what is refused."""

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from writeup.bench import measure
from writeup.build import Build
from writeup.cli import main
from writeup.declare import Report
from writeup.errors import UserError
from writeup.page.source import assembly
from writeup.request import Request
from writeup.results import store, values
from writeup.runs import provenance, record
from writeup.runs.record import Findings


def recorded(report: Report) -> list[Path]:
    return sorted(report.root.glob("report/results/*/seed-0/result.json"))


def test_what_was_found_is_printed_and_not_recorded(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(report, ["measure", "clocked"]) == 0
    out, err = capsys.readouterr()
    assert err == "at work\n"
    rows = [line.split() for line in out.splitlines() if line.strip()]
    assert ["part", "28"] in rows  # the real data: 0 to 7
    assert ["ms", "1.5", "20000"] in rows and ["more", "2"] in rows
    assert ["clocked/rounds", "5"] in rows
    assert not recorded(report)


def test_a_record_is_current_until_a_setting_it_was_made_with_changes(report: Report) -> None:
    assert main(report, ["measure", "clocked", "--record"]) == 0
    result = store.load(report.root / "report" / "results" / "clocked" / "seed-0")
    assert (result.part, result.scalars["rounds"]) == ("clocked", 5)
    assert result.provenance["evaluate"]["data"] == {"points": report.parts[0].data.sha256}
    assert {"commit", "date", "seconds", "machine", "versions", "threads"} <= result.provenance.keys()
    assert Build(Request.of(report)).timings["clocked"].current
    work = report.root / "code" / "toy" / "timed.py"
    work.write_text(work.read_text().replace('"a/ms": 1.5', '"a/ms": 2.5'))
    assert not Build(Request.of(report)).timings["clocked"].current


def test_a_record_on_another_processor_stands_beside_the_others(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def record(processor: str, date: str) -> Path:
        monkeypatch.setattr(provenance, "processor", lambda: processor)
        monkeypatch.setattr(measure.provenance, "started", lambda root: {**begun, "date": date})
        assert main(report, ["measure", "raced", "--record"]) == 0
        return report.root / "report" / "results" / "raced" / processor

    begun = provenance.started(report.root)
    first = record("intel-xeon", "2026-01-01 10:00 UTC")
    before = first.joinpath("result.json").read_bytes()
    work = report.root / "code" / "toy" / "timed.py"
    work.write_text(work.read_text().replace('"a/ms": 1.5', '"a/ms": 2.5'))
    del sys.modules["toy.timed"]
    second = record("amd-epyc-bf16", "2026-01-02 10:00 UTC")
    assert first.joinpath("result.json").read_bytes() == before
    build = Build(Request.of(report))
    assert build.timings["raced"].folders == [second, first] and build.timings["raced"].current
    found = assembly.recorded(build)
    assert [one.provenance["processor"] for one in found] == ["amd-epyc-bf16", "intel-xeon"]
    v = values.of(found)
    assert (v["raced/a/ms"].mean, v["raced/a/ms"].runs, v["raced/a/ms_worst"].mean) == (2.5, 1, 1.5)
    first.rename(second.with_name("arm"))
    with pytest.raises(UserError, match="says it is raced/intel-xeon and lies in raced/arm"):
        assembly.recorded(Build(Request.of(report)))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "clocked.rounds=9"], "leave --set clocked.rounds=9 out"),
        (["--set", "part.epochs=9"], "leave --set part.epochs=9 out"),
        (["--preset", "small"], "leave --preset small out"),
        (["--only", "judge"], "leave --only out"),
    ],
)
def test_a_record_has_the_declared_settings(
    report: Report, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(report, ["measure", "clocked", "--record", *words]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("error: --record keeps") and err.endswith(f"{message}\n")
    assert main(report, ["measure", "clocked", *words]) == 0
    assert not recorded(report)


def test_an_unknown_timing_is_refused(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(report, ["measure", "clocked", "speed"]) == 1
    assert (
        capsys.readouterr().err == "error: measure speed: unknown; allowed: clocked, raced, judged, unfit\n"
    )


def test_a_preset_of_generated_data_is_measured_on_them(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(report, ["measure", "clocked", "--preset", "small"]) == 0
    assert ["part", "6"] in [line.split() for line in capsys.readouterr().out.splitlines()]


def test_a_timing_gets_the_recorded_models_that_it_needs(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(report, ["measure", "judged"]) == 1
    assert (
        "needs judge seed 0, which is not recorded: python build.py report --only judge\n"
        in capsys.readouterr().err
    )
    run = Build(Request.of(report)).runs[0]
    record.save(record.compute(run, record.Means(report.root), {}, {}), run.folder)
    assert main(report, ["measure", "judged", "--only", "judge"]) == 0
    assert capsys.readouterr().out == "judged/weight  28\n"


def test_a_package_that_lacks_is_named(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(report, ["measure", "unfit"]) == 3  # the Makefile installs it on a 3
    assert capsys.readouterr().err.startswith(
        "error: measure unfit: a_package_that_nobody_has is not installed"
    )


def test_nothing_is_cut_off() -> None:
    console = Console(file=io.StringIO(), width=80)
    parts = "text_cnn", "siamese", "cvae", "gan"
    long = {f"{part}/products_peak_share": 1234.5 + i for i, part in enumerate(parts)}
    words = "many words in one cell of a table that are more than fit into a line of a terminal"
    measure.show("x", Findings(long, {"t": {"words": [words]}}), console)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "…" not in printed and words in " ".join(printed.split())
    assert ["products_peak_share", "1234", "1236", "1236", "1238"] in [
        row.split() for row in printed.splitlines()
    ]
