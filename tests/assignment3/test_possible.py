"""Settings that no run can have are named by field; those of every preset can be."""

import re
from dataclasses import replace

import pytest

from assignment3.report import REPORT
from evidence.faults.homework import SETTINGS
from writeup import settings
from writeup.errors import UserError
from writeup.request import preset_configs
from writeup.runs import execute, record
from writeup.runs.plan import Run


@pytest.fixture(scope="module")
def data() -> dict[str, object]:
    found = {part.data.name: part.data for part in REPORT.parts}
    return {name: record.load(one, True, None) for name, one in found.items()}


def test_the_smoke_presets_settings_can_be(data: dict[str, object]) -> None:
    configs = preset_configs(REPORT, "smoke")
    for part in REPORT.parts:
        assert list(execute.resolve(part.possible)(configs[part.name], data[part.data.name])) == []


@pytest.mark.parametrize(("text", "says"), SETTINGS.items())
def test_what_cannot_be_is_named(
    text: str, says: str, data: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "load", lambda one, standin, folder: data[one.name])
    declared = preset_configs(REPORT, "smoke")
    with pytest.raises(UserError) as error:
        configs = settings.override(declared, text)
        part = REPORT.part(text.partition(".")[0])
        run = Run(part, 0, configs[part.name], True, None, None, None, None, None)  # type: ignore[arg-type]
        execute.refuse_impossible([replace(run)], declared, None)
    assert re.search(says, str(error.value)) and "\n" not in str(error.value)
