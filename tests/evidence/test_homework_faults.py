"""Files of data that are not what they should be are told, in the words that the record of faults asks for.

The settings that no run can have are tried in test_possible.
"""

import re
from pathlib import Path

import pytest

from assignment3.report import REPORT
from evidence.faults import homework as faults
from evidence.faults.bad import Bad
from writeup.declare import resolve
from writeup.errors import UserError


@pytest.mark.parametrize("bad", faults.data(), ids=lambda bad: bad.name)
def test_a_bad_file_is_told(bad: Bad, tmp_path: Path) -> None:
    bad.change(tmp_path)
    verb, _, part, _, folder = bad.way.words
    assert verb == "data"
    with pytest.raises(UserError) as error:
        resolve(REPORT.part(part).data.load)(tmp_path / folder)
    assert re.search(bad.says, str(error.value)) and "\n" not in str(error.value)


def test_every_data_set_and_every_kind_of_part_is_tried() -> None:
    tried = {bad.way.words[2] for bad in faults.data()}
    assert {REPORT.part(part).data.name for part in tried} == {part.data.name for part in REPORT.parts}
    assert {text.partition(".")[0] for text in faults.SETTINGS} == {
        "text_cnn", "siamese", "cvae", "gan", "digits"
    }  # fmt: skip
