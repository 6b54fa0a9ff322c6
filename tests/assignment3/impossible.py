"""What is said of settings that no run can have, on generated data."""

import re
from functools import cache
from typing import Any

import pytest

from assignment3.report import REPORT
from writeup import settings
from writeup.errors import UserError
from writeup.request import preset_configs
from writeup.runs import execute, record
from writeup.runs.plan import Run


@cache
def generated(name: str) -> Any:
    """The data set of a part."""
    return record.load(REPORT.part(name).data, True, None)


def refused(text: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The assignment `text`, as in cvae.latent=1, is refused in one line that matches `says`."""
    name = text.partition(".")[0]
    data = generated(name)
    monkeypatch.setattr(record, "load", lambda *_: data)
    declared = preset_configs(REPORT, "smoke")
    with pytest.raises(UserError) as error:
        configs = settings.override(declared, text)
        run = Run(REPORT.part(name), 0, configs[name], True, None, None, None, None, ())  # type: ignore[arg-type]
        execute.refuse_impossible([run], declared, None)
    assert re.search(says, str(error.value)) and "\n" not in str(error.value)
