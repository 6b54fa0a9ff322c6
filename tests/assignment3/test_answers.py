"""The stated answers against what other libraries compute."""

import tomllib

import numpy as np
import pytest
import torch
from sympy import Basic

from assignment3.report import REPORT
from writeup.proofs import answers

KNOWN = answers.read(REPORT.source / answers.FILE)


def right(question: str, state: int = 0) -> Basic:
    return KNOWN[question].states[state].right


def value(question: str, known: dict[str, object], state: int = 0) -> object:
    return answers.value(right(question, state), known, KNOWN[question])


def points(question: str) -> list[dict[str, object]]:
    return [answers.point(KNOWN[question], np.random.default_rng(seed)) for seed in range(20)]


def test_the_convolution_and_its_size_are_those_of_conv1d() -> None:
    for known in points("convolution"):
        x, w, b = (torch.as_tensor(known[name]) for name in "XWb")
        y = torch.nn.functional.conv1d(x, w, b).numpy()
        n, f, t = (known[name] - 1 for name in "nft")  # type: ignore[operator]
        assert value("convolution", known) == pytest.approx(y[n, f])
        assert value("convolution", known, 1) == pytest.approx(y[n, f, t])
        assert value("size", known) == y.shape[2]


def test_the_shape_after_pooling_is_that_of_adaptive_pooling() -> None:
    for known in points("pooling"):
        y = torch.zeros(*(known[name] for name in "NFL"))  # type: ignore[arg-type]
        assert value("pooling", known) == list(torch.nn.AdaptiveAvgPool1d(1)(y).shape)


def test_the_bound_lies_below_the_evidence_and_meets_it_at_the_posterior() -> None:
    for known in points("bound"):
        assert value("bound", known) < np.log(known["evidence"])  # type: ignore[call-overload, operator]
        tight = known | {"q": known["posterior"]}
        assert value("bound", tight) == pytest.approx(np.log(known["evidence"]))  # type: ignore[call-overload]


def test_the_divergence_is_that_of_torch() -> None:
    for known in points("divergence"):
        q = torch.distributions.Normal(*(torch.as_tensor(known[name]) for name in ("mu", "sigma")))
        p = torch.distributions.Normal(torch.zeros_like(q.loc), torch.ones_like(q.loc))
        expected = torch.distributions.kl_divergence(q, p).sum().item()
        assert value("divergence", known) == pytest.approx(expected)


def test_the_optimum_is_where_the_value_is_highest() -> None:
    at = np.linspace(0.0005, 0.9995, 1000)
    for known in points("optimum"):
        best = at[np.argmax(known["p"] * np.log(at) + known["q"] * np.log(1 - at))]  # type: ignore[operator]
        assert value("optimum", known) == pytest.approx(best, abs=0.001)


def test_the_contrastive_loss_in_its_two_branches() -> None:
    for known in points("contrastive"):
        d, m = known["d"], known["m"]
        expected = d**2 if known["y"] == 0 else max(0.0, m - d) ** 2  # type: ignore[operator]
        assert value("contrastive", known) == pytest.approx(expected)


def test_questions_are_the_sheet_s() -> None:
    questions = tomllib.loads((REPORT.source / "assignment.toml").read_text())["questions"]
    for question, answer in KNOWN.items():
        assert questions.get(question, "4") == answer.number
