"""The numbers that others state are numbers."""

from pathlib import Path

import pytest

from assignment3.page import reference
from writeup.errors import UserError


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[text_cnn]\naccuracy = { avg_5 = "94.21" }\n',
            r"text_cnn\.accuracy\.avg_5 = '94\.21': not a number",
        ),
        ("[gan]\nloss_log = [[0, 1.6], [250, nan]]\n", r"gan\.loss_log\[1\]\[1\] = nan: not a number"),
        ("[cvae]\nepochs = true\n", r"cvae\.epochs = True: not a number"),
        ("[cvae]\nbegun = 2020-01-01\n", r"cvae\.begun = datetime"),
    ],
)
def test_what_is_no_number_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "reference.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=said):
        reference.numbers(path)


def test_numbers_are_given_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "reference.toml"
    path.write_text("[gan]\nepochs = 8\nloss_log = [[0, 1.603]]\n")
    assert reference.numbers(path) == {"gan": {"epochs": 8, "loss_log": [[0, 1.603]]}}
