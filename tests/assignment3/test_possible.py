"""The settings of the smoke preset can be, by what each part says of its own."""

import pytest
from tests.assignment3.impossible import generated

from assignment3.report import REPORT
from writeup.declare import Part, resolve
from writeup.request import preset_configs


@pytest.mark.parametrize("part", REPORT.parts, ids=lambda part: part.name)
def test_the_smoke_presets_settings_can_be(part: Part) -> None:
    config = preset_configs(REPORT, "smoke")[part.name]
    assert list(resolve(part.possible)(config, generated(part.name))) == []
