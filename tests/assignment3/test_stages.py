"""The contract of every part: what is trained is arrays, and the evaluation follows from them alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from tests import small
from torch import nn

from assignment3.report import REPORT
from assignment3.shared import digits
from writeup import settings, training
from writeup.declare import Part, resolve
from writeup.results import store
from writeup.results.store import Result
from writeup.runs import record
from writeup.runs.record import Findings, Trained


class Ran(NamedTuple):
    part: Part
    trained: Trained
    before: Trained  # a copy from before the evaluation
    found: Findings

    def evaluate(self, trained: Trained) -> Findings:
        return small.evaluate(self.part, trained)


@pytest.fixture(scope="module", params=small.telling(), ids=lambda part: part.name)
def ran(request: pytest.FixtureRequest) -> Iterator[Ran]:
    """Each part, trained and evaluated once."""
    part: Part = request.param
    with pytest.MonkeyPatch.context() as patch:
        small.fewer(patch)
        trained = small.train(part)
        before = reread(trained)
        yield Ran(part, trained, before, small.evaluate(part, trained))


def reread(trained: Trained) -> Trained:
    """As it comes from files: other arrays, in another order, not to be written to."""

    def copied(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        copy = array.copy()
        copy.setflags(write=False)
        return copy

    return Trained(
        {name: copied(trained.weights[name]) for name in sorted(trained.weights)},
        dict(trained.scalars),
        {name: {c: list(v) for c, v in columns.items()} for name, columns in trained.logs.items()},
        {name: copied(array) for name, array in trained.arrays.items()},
    )


def files(found: Findings, folder: Path) -> dict[str, bytes]:
    """What is recorded of `found`."""
    record.save(Result("part", 0, found.scalars, found.tables, found.logs, found.arrays), folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("part", REPORT.parts, ids=lambda part: part.name)
def test_the_small_settings_can_be(part: Part) -> None:
    """So that what holds of them holds of a run."""
    config = small.config_of(part)
    settings.check(part.name, config)
    assert not part.possible or list(resolve(part.possible)(config, small.data_of(part))) == []


def test_evaluating_again_gives_the_same_also_from_copies(ran: Ran, tmp_path: Path) -> None:
    recorded = files(ran.found, tmp_path / "first")
    assert files(ran.evaluate(reread(ran.trained)), tmp_path / "copies") == recorded


def test_evaluation_asks_no_global_source_of_randomness(ran: Ran, tmp_path: Path) -> None:
    training.seeded(12345)
    assert files(ran.evaluate(ran.trained), tmp_path / "other") == files(ran.found, tmp_path / "first")


def test_evaluation_leaves_the_trained_arrays_alone(ran: Ran) -> None:
    for name, array in ran.before.weights.items():
        assert np.array_equal(array, ran.trained.weights[name]), name
    for name, array in ran.before.arrays.items():
        assert np.array_equal(array, ran.trained.arrays[name]), name
    assert ran.before.scalars == ran.trained.scalars and ran.before.logs == ran.trained.logs


def test_what_was_seen_in_training_is_among_the_findings(ran: Ran) -> None:
    assert ran.trained.scalars.items() <= ran.found.scalars.items()
    assert ran.found.logs == ran.trained.logs and ran.found.logs


def test_weights_are_whole_arrays_of_their_own(ran: Ran) -> None:
    assert ran.trained.weights
    for array in ran.trained.weights.values():
        assert array.flags.owndata and array.flags.c_contiguous and np.isfinite(array).all()


def test_what_a_part_says_of_its_own_numbers_holds(ran: Ran, tmp_path: Path) -> None:
    """`derive` gives every scalar that it names again, from what is read back from the files."""
    if not ran.part.derive:
        return
    files(ran.found, tmp_path)
    derived = resolve(ran.part.derive)(store.load(tmp_path))
    assert derived
    for name, value in derived.items():
        assert ran.found.scalars[name] == pytest.approx(value, rel=1e-6), name


def test_other_weights_give_other_findings_and_a_missing_one_is_refused(ran: Ran) -> None:
    names = [name for name in ran.trained.weights if "num_batches_tracked" not in name]  # torch fills it in
    for name in names[:: max(1, len(names) // 5)]:
        without = {other: array for other, array in ran.trained.weights.items() if other != name}
        with pytest.raises(RuntimeError):
            ran.evaluate(Trained(without, ran.trained.scalars, ran.trained.logs, ran.trained.arrays))
    other = {name: 2 * array for name, array in ran.trained.weights.items()}
    found = ran.evaluate(Trained(other, ran.trained.scalars, ran.trained.logs, ran.trained.arrays))
    assert any(found.scalars[name] != value for name, value in ran.found.scalars.items())


# --- what the parts share ---


def test_weights_are_copies_under_their_names() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).to(memory_format=torch.channels_last)
    weights = training.weights_of(model)
    assert list(weights) == list(model.state_dict())
    before = {name: array.copy() for name, array in weights.items()}
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1)
    assert all(np.array_equal(weights[name], array) for name, array in before.items())


def test_loaded_weights_are_copies_and_keep_how_they_lie_in_memory() -> None:
    first, second = (nn.Conv2d(2, 2, 3).to(memory_format=torch.channels_last) for _ in range(2))
    weights = training.weights_of(first, "a/") | training.weights_of(second, "ab/")
    loaded = training.load_weights(nn.Conv2d(2, 2, 3).to(memory_format=torch.channels_last), weights, "a/")
    assert torch.equal(loaded.weight, first.weight) and loaded.weight.stride() == first.weight.stride()
    weights["a/weight"][:] = 0
    assert torch.equal(loaded.weight, first.weight)


@pytest.mark.parametrize("change", [{"more": np.zeros(1)}, {"weight": np.zeros(1)}, {}])
def test_weights_that_do_not_fit_are_refused(change: dict[str, np.ndarray[Any, Any]]) -> None:
    weights = training.weights_of(nn.Linear(2, 1))
    if not change:
        del weights["bias"]
    with pytest.raises(RuntimeError):
        training.load_weights(nn.Linear(2, 1), weights | change)


def test_who_hears_every_loss_may_end_the_training() -> None:
    heard: list[float] = []

    def three(loss: float) -> None:
        heard.append(loss)
        if len(heard) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError), small.each_loss(three):
        digits.train(small.JUDGE.config, small.images(), seed=0)
    assert len(heard) == 3 and all(isinstance(loss, float) for loss in heard)
    with pytest.raises(InterruptedError), small.each_loss(three), training.progress("x", 1) as tick:
        heard[:] = [0, 0]
        tick(float("nan"))  # heard before it is judged
