"""The numbers that others state are numbers, and those of the reference are the known ones."""

from pathlib import Path

import pytest

from assignment3.shared import quoted
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
    path = tmp_path / "quoted.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=said):
        quoted.numbers(path)


def test_numbers_are_given_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "quoted.toml"
    path.write_text("[gan]\nepochs = 8\nloss_log = [[0, 1.603]]\n")
    assert quoted.numbers(path) == {"gan": {"epochs": 8, "loss_log": [[0, 1.603]]}}


def test_the_reference_has_as_many_lines_as_it_prints() -> None:
    """Its tables and logs: four accuracies, 17 lines of the CVAE, 32 of the GAN, 250 iterations apart."""
    found = quoted.stated()
    assert found["text_cnn"]["accuracy"] == {"avg_5": 94.21, "max_5": 95.24, "avg_7": 94.12, "max_7": 94.87}
    assert len(found["cvae"]["loss_log"]) == 17
    assert [line[0] for line in found["gan"]["loss_log"]] == list(range(0, 8000, 250))
    assert set(found["gan"]["first_grids"]) <= {line[0] for line in found["gan"]["loss_log"]}
