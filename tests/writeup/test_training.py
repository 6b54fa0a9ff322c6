"""What the parts share, as far as no test of a part sees it."""

import random
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from writeup import training  # noqa: E402
from writeup.training import mixed_precision  # noqa: E402

LAYER = (8, 16, 4)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WRITEUP_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("faster", ["fp32", "bf16"])
def test_the_faster_precision_is_found_once_on_a_machine(
    faster: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int, int]] = []

    def measured(product: tuple[int, int, int]) -> dict[str, float]:
        asked.append(product)
        return {name: 1.0 if name == faster else 2.0 for name in mixed_precision.PRECISIONS}

    monkeypatch.setattr(mixed_precision, "seconds_of_layer", measured)
    assert [training.precision("auto", LAYER) for _ in range(3)] == [faster] * 3
    assert asked == [LAYER]
    (kept,) = (cache / "precision").iterdir()
    kept.write_text("fp64", encoding="ascii")  # damaged: measured again
    assert training.precision("auto", LAYER) == faster and len(asked) == 2
    assert training.precision("auto", (9, 9, 9)) == faster and asked[-1] == (9, 9, 9)


def test_what_is_asked_for_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed_precision, "seconds_of_layer", None)
    assert training.precision("bf16", LAYER) == "bf16" and training.precision("fp32", LAYER) == "fp32"


def test_measuring_draws_nothing_at_random(cache: Path) -> None:
    training.seeded(3)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
    assert training.precision("auto", LAYER) in mixed_precision.PRECISIONS
    assert set(mixed_precision.seconds_of_layer(LAYER)) == set(mixed_precision.PRECISIONS)
    after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
    assert torch.equal(before[0], after[0]) and before[1:] == after[1:]
