"""The derivations of problem 1 against numpy and torch, and against the mistakes one could make in them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sympy import Matrix, S, Sum

from assignment3.derivations.convolution import (
    KERNEL,
    POOLED,
    SIZES,
    Filt,
    H,
    OverChannels,
    W_fc,
    X_nc,
    Y_nf,
    b_f,
    channels,
    convolution,
    filt_of_channel,
    over_channels,
    t,
)
from writeup.proofs import mutation
from writeup.proofs.check import check
from writeup.proofs.notation import add
from writeup.proofs.steps import Derivation, ProofError


def numbers(rows: int, columns: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-9, 10, (rows, columns))


@pytest.mark.parametrize(("of", "length", "width"), SIZES)
def test_the_filter_of_homework_1_is_numpys_correlation(of: int, length: int, width: int) -> None:
    x, kernel = numbers(1, length, of), numbers(1, width, 7)
    found = [int(one) for one in filt_of_channel(Matrix(x), Matrix(kernel))]
    assert found == np.correlate(x[0], kernel[0], "valid").tolist()


@pytest.mark.parametrize(("of", "length", "width"), SIZES)
def test_the_channels_add_up_to_conv1d(of: int, length: int, width: int) -> None:
    x, kernel = numbers(of, length, 1), numbers(of, width, 2)
    each = tuple(filt_of_channel(Matrix([row]), Matrix([w])) for row, w in zip(x, kernel, strict=True))
    found = [int(one) for one in over_channels(each)]
    torchs = torch.nn.functional.conv1d(torch.tensor(x)[None].double(), torch.tensor(kernel)[None].double())
    assert found == torchs[0, 0].tolist() and len(found) == length - width + 1


def test_both_forms_of_the_answer_are_printed_and_hold() -> None:
    checked = check(channels)
    assert [step.latex for step in checked.steps] == [
        r"Y_{n, f} = \sum_{c=1}^{C} X_{n, c} \ast_{\mathrm{filt}} W^{\mathrm{conv}}_{f, c} + b_{f}",
        r"= X_{n} \ast_{\mathrm{filt}} W^{\mathrm{conv}}_f + b_{f}",
    ]
    assert not [row for row in mutation.run(channels) if row.outcome == "survived"]


def with_step(derivation: Derivation, name: str, **changes: object) -> Derivation:
    steps = [replace(step, **changes) if step.name == name else step for step in derivation.steps]  # type: ignore[arg-type]
    return replace(derivation, steps=tuple(steps))


def test_a_layer_without_its_bias_is_refused() -> None:
    with pytest.raises(ProofError, match="by channel"):
        check(with_step(channels, "by channel", rhs=OverChannels(Filt(X_nc, W_fc))))


def test_a_flipped_filter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What mathematicians call a convolution is not what the layer computes."""

    def flipped(x: tuple[Matrix, ...], kernel: tuple[Matrix, ...]) -> tuple[Matrix, ...]:
        return tuple(filt_of_channel(one, Matrix([list(w)[::-1]])) for one, w in zip(x, kernel, strict=True))

    first = channels.steps[0]
    models = tuple(replace(model, meaning={**model.meaning, Filt: flipped}) for model in channels.models)
    with pytest.raises(ProofError, match="by channel"):
        check(replace(channels, models=models, steps=(first,)))
    assert first.lhs == Y_nf and b_f in first.rhs.free_symbols


@pytest.mark.parametrize("off_by", [-1, 1])
def test_a_wrong_size_is_refused_though_its_lines_agree(off_by: int) -> None:
    """H'' is the number of elements that nn.Conv1d gives, not what the next line makes of it."""
    size = add(H, -KERNEL, 1 + off_by)
    wrong = with_step(convolution, "size", rhs=Sum(S.One, (t, 1, size)))
    wrong = with_step(wrong, "count", rhs=size)
    with pytest.raises(ProofError, match="size"):
        check(wrong)
    assert convolution.steps[5].lhs == POOLED
