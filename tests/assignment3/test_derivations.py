"""Every derivation holds, every mutant of every step is caught, and the code computes what was proved."""

import importlib
import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from sympy import Matrix, Rational, diff, lambdify
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn import functional as F

from assignment3.cvae import network as cvae
from assignment3.derivations import gibbs
from assignment3.derivations.convolution import SIZES, W, X, b_f, banded_matrix, f, filt, layer, n
from assignment3.derivations.gan import FAKE, REAL, bce, gan_logits
from assignment3.derivations.gaussian_kl import gaussian_kl
from assignment3.gan import model as gan
from assignment3.report import REPORT
from writeup.declare import resolve
from writeup.errors import UserError
from writeup.proofs import mutation, ties
from writeup.proofs.check import check
from writeup.proofs.notation import add, mul
from writeup.proofs.proving import check_step
from writeup.proofs.record import of_mutants
from writeup.proofs.steps import Derivation, ProofError, Step, UndecidedError

ALL = [resolve(name) for name in REPORT.proofs]
BY_NAME = {derivation.name: derivation for derivation in ALL}


@pytest.fixture(scope="module")
def checked():
    return [check(derivation) for derivation in ALL]


def test_every_step_holds(checked) -> None:
    assert [len(c.steps) for c in checked] == [len(derivation.steps) for derivation in ALL]
    cases = [(c.name, s.name) for c in checked for s in c.steps if s.scope in ("cases", "points")]
    assert cases == [  # all others hold for all values, or by definition
        ("channels", "by channel"),
        ("channels", "in short"),
        ("convolution", "element"),
        ("convolution", "size"),
        ("convolution", "pooled"),
        ("average_pooling", "every word meets every offset"),
        ("contrastive_slopes", "non-negative"),  # both labels that there are
    ]
    assert not any(s.method == "numerical" for c in checked for s in c.steps)


def test_nothing_holds_by_definition_but_definitions(checked) -> None:
    """Lines of which nothing was proved are the first of their chains, or put a sign in."""
    proved = {(c.name, s.name) for c in checked for s in c.steps if s.scope == "all"}
    for name in (
        ("log_bound", "tangent"),
        ("gibbs", "Gibbs"),
        ("elbo", "split"),
        ("elbo", "bound"),
        ("gaussian_kl", "log densities"),
        ("gaussian_kl", "as the code has it"),
        ("convolution", "count"),
        ("reparameterisation", "in the mean"),
        ("gan_optimum", "optimum"),
        ("gan_value", "lower bound"),
        ("non_saturating", "non-saturating"),
    ):
        assert name in proved


def test_symbolic_sizes_are_proved_by_induction(checked) -> None:
    held = {(c.name, s.name): s.holds for c in checked for s in c.steps}
    assert held["convolution", "count"] == "for all, by induction over $H$ from $H'$"
    assert held["gaussian_kl", "as the code has it"] == "for all"


def test_all_together_within_a_minute(checked) -> None:
    assert sum(derivation.seconds for derivation in checked) < 60


def test_the_latex_is_plain_amsmath(checked) -> None:
    letters = {"Phi", "Sigma", "ell", "mu", "pi", "sigma", "varepsilon", "varsigma"}
    signs = {"ast", "cdot", "ge", "in", "infty", "int", "le", "mid", "partial", "prod", "sim", "sum", "top"}
    words = {"det", "exp", "log", "max", "operatorname", "text"}
    layout = {"boldsymbol", "frac", "left", "mathbb", "mathbf", "mathcal", "mathrm", "right"}
    for step in (step for derivation in checked for step in derivation.steps):
        assert set(re.findall(r"\\([A-Za-z]+)", step.latex)) <= letters | signs | words | layout, step.latex
        assert step.latex.count("{") == step.latex.count("}")
        assert step.latex.count(r"\left") == step.latex.count(r"\right")


def test_anchors_and_labels_are_unique(checked) -> None:
    steps = [step for derivation in checked for step in derivation.steps]
    labels = [step.label for step in steps if step.label]
    assert len({step.anchor for step in steps}) == len(steps) and len(set(labels)) == len(labels)


def test_everything_in_the_bound_is_conditioned_on_y(checked) -> None:
    (bound,) = (derivation for derivation in checked if derivation.name == "elbo")
    for step in bound.steps:
        assert all("y" in given for given in re.findall(r"[pq]\(([^)]*)\)", step.latex)), step.latex


def test_the_size_is_printed_with_its_minus_sign(checked) -> None:
    (conv,) = (derivation for derivation in checked if derivation.name == "convolution")
    assert "= H - H' + 1" in [step.latex for step in conv.steps]


@pytest.mark.parametrize("derivation", ALL, ids=lambda derivation: derivation.name)
@pytest.mark.long
def test_every_mutant_is_caught(derivation) -> None:
    rows = mutation.run(derivation)
    assert [row for row in rows if row.outcome == "survived"] == []
    assert all(row.reason for row in rows if row.outcome == "equivalent")
    found = of_mutants(mutation.by_step(rows))
    assert found["mutants_caught"] >= 4 * len(derivation.steps)
    assert found["definition_mutants_caught"] >= len(list(derivation.facts()))


def test_a_sign_error_names_derivation_and_step() -> None:
    steps = list(gaussian_kl.steps)
    (place,) = (i for i, step in enumerate(steps) if step.name == "as the code has it")
    mistake = next(
        m for m in mutation.mutants(steps[place]) if r"flip the sign of the term $\log" in m.mutation
    )
    steps[place] = mistake.step
    with pytest.raises(ProofError, match=r"^derivation gaussian_kl, step 7 'as the code has it' does"):
        check(replace(gaussian_kl, steps=tuple(steps)))


def test_gibbs_serves_for_densities_alone() -> None:
    for other, proved in ((mul(Rational(1, 2), add(gibbs.P, gibbs.Q)), True), (gibbs.P / 2, False)):
        use = Step(
            "use",
            lhs=gibbs.KL(gibbs.Q, other),
            relation=">=",
            rhs=0,
            gap=gibbs.KL(gibbs.Q, other),
            rule="Gibbs",
            using=(gibbs.GIBBS,),
        )
        lemma = Derivation("use", "", (), (use,), models=(gibbs.DENSITIES,))
        if proved:
            assert check(lemma).steps[0].scope == "all"
        else:  # true as well, but not by Gibbs' inequality: half a density is none
            with pytest.raises(UndecidedError, match="no rule gives the sign"):
                check(lemma)


def test_a_change_of_variables_needs_a_path_onto_the_line() -> None:
    derivation = BY_NAME["reparameterisation"]
    index = next(i for i, step in enumerate(derivation.steps) if step.substitution)
    z, path, eps = derivation.steps[index].substitution
    for other in (path + eps**3, z + 0 * eps, -eps * path.coeff(eps)):
        broken = replace(derivation.steps[index], substitution=(z, other, eps))
        steps = (*derivation.steps[:index], broken, *derivation.steps[index + 1 :])
        with pytest.raises(ProofError, match=r"does not map the line|is not proved"):
            check_step(replace(derivation, steps=steps), index)


# --- the code computes what was proved ---


def double(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_every_loss_that_the_report_lists_is_tied_and_agrees() -> None:
    rows = [ties.compare(tie) for tie in REPORT.ties]
    assert all(row["difference"] <= row["tolerance"] for row in rows)
    tied = {tie.function.partition(":")[2] for tie in REPORT.ties}
    assert tied >= {
        "ContrastiveLoss",
        "gaussian_kl",
        "bernoulli_nll",
        "negative_elbo",
        "discriminator_loss",
        "generator_loss",
        "loss",
    }


@pytest.mark.lie
@pytest.mark.parametrize("tie", REPORT.ties, ids=lambda tie: tie.computed.partition(":")[2])
def test_a_changed_loss_is_noticed(tie, monkeypatch: pytest.MonkeyPatch) -> None:
    module, _, name = tie.function.partition(":")
    owner = importlib.import_module(module)
    honest = getattr(owner, name)

    def tripled(*arguments: object, **options: object) -> object:
        found = honest(*arguments, **options)
        if isinstance(found, torch.nn.Module):  # a loss that is a class
            return lambda *given: 3 * found(*given)
        return tuple(3 * one for one in found) if isinstance(found, tuple) else 3 * found

    monkeypatch.setattr(owner, name, tripled)
    with pytest.raises(UserError, match=f"{re.escape(tie.function)} does not compute what derivation"):
        ties.compare(tie)


def test_gaussian_kl_against_torch_distributions() -> None:
    mean, log_var = double(7, 5), double(7, 5, seed=1)
    q, p = Normal(mean, (log_var / 2).exp()), Normal(torch.zeros_like(mean), torch.ones_like(mean))
    expected = kl_divergence(Independent(q, 1), Independent(p, 1))
    torch.testing.assert_close(cvae.gaussian_kl(mean, log_var), expected, rtol=0, atol=1e-10)


def test_gaussian_kl_against_monte_carlo() -> None:
    mean, log_var, samples = double(1, 3), double(1, 3, seed=1), 400_000
    q, p = Normal(mean, (log_var / 2).exp()), Normal(torch.zeros_like(mean), torch.ones_like(mean))
    z = mean + (log_var / 2).exp() * double(samples, 3, seed=2)
    ratio = (q.log_prob(z) - p.log_prob(z)).sum(1)
    error = ratio.std().item() / samples**0.5
    assert abs(ratio.mean().item() - cvae.gaussian_kl(mean, log_var).item()) < 5 * error < 0.05


def test_gan_losses_and_their_gradients() -> None:
    real, fake = (3 * double(32)).requires_grad_(), (3 * double(32, seed=1)).requires_grad_()
    proved = next(step.rhs.doit() for step in gan_logits.steps if step.name == "discriminator's loss")
    arguments = real.detach().numpy(), fake.detach().numpy()
    value, by_real, by_fake = (
        lambdify((REAL, FAKE), e, "numpy")(*arguments)
        for e in (proved, diff(proved, REAL), diff(proved, FAKE))
    )
    result = gan.discriminator_loss(real, fake)
    torch.testing.assert_close(result, torch.as_tensor(value).mean(), rtol=0, atol=1e-10)
    result.backward()
    torch.testing.assert_close(real.grad * 32, torch.as_tensor(by_real), rtol=0, atol=1e-10)
    torch.testing.assert_close(fake.grad * 32, torch.as_tensor(by_fake), rtol=0, atol=1e-10)
    by_definition = lambdify(FAKE, bce(FAKE, 1), "numpy")(arguments[1])
    torch.testing.assert_close(
        gan.generator_loss(fake), torch.as_tensor(by_definition).mean(), rtol=0, atol=1e-10
    )


def test_gan_losses_start_at_log_2_and_never_overflow() -> None:
    zero = torch.zeros(4, dtype=torch.float64)
    assert gan.discriminator_loss(zero, zero).item() == pytest.approx(2 * np.log(2), abs=1e-12)
    assert gan.generator_loss(zero).item() == pytest.approx(np.log(2), abs=1e-12)
    assert gan.discriminator_loss(zero - 1e4, zero + 1e4).item() == pytest.approx(2e4)


# --- the convolution: nn.Conv1d applies the matrix of the proof ---


@pytest.mark.parametrize(("channels", "length", "width"), SIZES)
def test_conv1d_is_the_banded_matrix_exactly(channels: int, length: int, width: int) -> None:
    """Integers in, integers out: unit inputs read the matrix off nn.Conv1d, entry by entry."""
    conv = torch.nn.Conv1d(channels, 1, width, dtype=torch.float64)
    kernel = torch.arange(1, channels * width + 1, dtype=torch.float64).reshape(1, channels, width)
    with torch.no_grad():
        conv.weight.copy_(kernel)
        conv.bias.zero_()
        units = torch.eye(channels * length, dtype=torch.float64).reshape(-1, channels, length)
        applied = conv(units)[:, 0].T
    proved = banded_matrix(Matrix(channels, width, list(range(1, channels * width + 1))), length)
    assert applied.shape == (length - width + 1, channels * length)
    assert applied.tolist() == [[float(e) for e in proved.row(r)] for r in range(proved.rows)]


@pytest.mark.parametrize(("channels", "length", "width"), SIZES)
def test_conv1d_on_random_input(channels: int, length: int, width: int) -> None:
    x_symbols, kernel_symbols, y_symbols = layer(channels, length, width)
    assert list(filt(x_symbols, kernel_symbols) + y_symbols * 0) != list(y_symbols)  # the bias is in y alone
    x, weight, bias = torch.randn(channels, length), torch.randn(channels, width), torch.randn(())
    values = {
        **{X[n, c + 1, h + 1]: x[c, h].item() for c, h in itertools.product(range(channels), range(length))},
        **{
            W[f, c + 1, i + 1]: weight[c, i].item()
            for c, i in itertools.product(range(channels), range(width))
        },
        b_f: bias.item(),
    }
    expected = torch.tensor([float(e.xreplace(values)) for e in y_symbols])
    torch.testing.assert_close(F.conv1d(x[None], weight[None], bias[None])[0, 0], expected, rtol=0, atol=1e-5)


def test_global_pooling_has_one_position_and_a_view() -> None:
    y = torch.randn(2, 3, 6)
    for pool in (F.max_pool1d, F.avg_pool1d):
        pooled = pool(y, kernel_size=6)
        assert pooled.shape == (2, 3, 1) and torch.equal(pooled.view(2, 3), pooled.squeeze(2))


def test_the_reparameterised_gradient_is_the_gradient_of_the_expectation() -> None:
    """For f(z) = z^3 under N(mu, sigma^2): E f = mu^3 + 3 mu sigma^2."""
    mean, deviation = torch.tensor(0.7, requires_grad=True), torch.tensor(1.3, requires_grad=True)
    eps = torch.randn(2_000_000, generator=torch.Generator().manual_seed(0))
    ((mean + deviation * eps) ** 3).mean().backward()
    assert mean.grad.item() == pytest.approx(3 * 0.7**2 + 3 * 1.3**2, rel=0.01)
    assert deviation.grad.item() == pytest.approx(6 * 0.7 * 1.3, rel=0.01)
