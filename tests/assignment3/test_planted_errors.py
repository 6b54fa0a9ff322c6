"""Errors planted in the derivations: a definition or an answer is wrong, and every line agrees with it.

No line can refuse such an error: each test shows that the lines hold. What refuses it knows something that
the derivation does not: another way to compute the definition, the right answers, or the code.
"""

from collections.abc import Callable
from dataclasses import asdict, replace

import pytest
from sympy import Expr, ImmutableDenseNDimArray, Max, Pow, S, Sum, Tuple, exp, log, pi, sqrt

from assignment3.derivations import contrastive as loss
from assignment3.derivations import convolution as conv
from assignment3.derivations import elbo, gan, gibbs
from assignment3.derivations import gaussian_kl as kl
from assignment3.gan import tied
from assignment3.report import REPORT
from writeup.declare import Tie
from writeup.errors import UserError
from writeup.proofs import answers, check, proving, ties
from writeup.proofs.models import LITERAL, Definition, Model, Root
from writeup.proofs.notation import add, frac, minus, mul
from writeup.proofs.steps import Derivation, ProofError

RIGHT = REPORT.source / "answers.toml"


def planted(
    derivation: Derivation, lines: dict[str, dict[str, object]], *definitions: Definition
) -> Derivation:
    """The derivation with other definitions, and of its lines those named, changed."""
    new = {one.lhs: one.rhs for one in definitions}

    def redefined(model: Model) -> Model:
        changed = (replace(one, rhs=new.get(one.lhs, one.rhs)) for one in model.definitions)
        return replace(model, definitions=tuple(changed))

    def changed(step: object) -> object:
        models = None if step.models is None else tuple(map(redefined, step.models))  # type: ignore[attr-defined]
        return replace(step, **({"models": models} | lines[step.name]))  # type: ignore[attr-defined, type-var]

    steps = tuple(changed(step) for step in derivation.steps if step.name in lines)
    return replace(derivation, models=tuple(map(redefined, derivation.models)), steps=steps)  # type: ignore[arg-type]


def density_with_the_deviation_in_its_root() -> Derivation:
    """The normal density divided by the root of 2 pi sigma in place of 2 pi sigma^2."""
    known = kl.DENSITY
    root = Pow(mul(2, pi, sqrt(kl._variance)), kl.HALF, evaluate=False)
    half = minus(mul(kl.HALF, log(kl.sigma[kl.j])))
    terms = add(half, minus(frac(kl._own, mul(2, kl.sigma[kl.j] ** 2))), frac(kl._prior, 2))
    lines = {"definition": {}, "log densities": {"rhs": kl.Eq(kl._sum(terms))}}
    return planted(kl.gaussian_kl, lines, Definition(known.lhs, frac(known.rhs.args[0], root)))


def exchanged_labels() -> Derivation:
    """Hadsell's equation with similar and dissimilar pairs exchanged."""
    hinge = Max(0, add(loss.m, -loss.d))
    whole = add(mul(loss.y, loss.d**2), mul(add(1, -loss.y), hinge**2))
    halves = add(mul(loss.HALF, loss.y, loss.d**2), mul(loss.HALF, add(1, -loss.y), hinge**2))
    v, w = loss._v, loss._w
    exchanged = Definition(loss.Loss(v, w), add(mul(w, v**2), mul(add(1, -w), Max(0, add(loss.m, -v)) ** 2)))
    lines = {"on the sheet": {"rhs": whole}, "in the paper": {"rhs": mul(2, halves)}}
    return planted(loss.contrastive, lines, exchanged)


def divergence_without_halves() -> Derivation:
    """Jensen and Shannon's divergence twice as large, and half as much of it in the value."""
    v, w = gan.v, gan.w
    lines = {step.name: {} for step in gan.gan_value.steps[:7]}
    lines["Jensen-Shannon"] = {"rhs": add(minus(log(4)), gan.JSD(gan.p, gan.q))}
    whole = add(gan.KL(v, gan._half_way), gan.KL(w, gan._half_way))
    return planted(gan.gan_value, lines, Definition(gan.JSD(v, w), whole))


def exchanged_targets() -> Derivation:
    """A cross-entropy that takes real for generated."""
    g, t, ell, target = gan.g, gan._t, gan.ELL, gan.TARGET

    def entropy(logit: Expr, of: Expr) -> Expr:
        one, none = log(gan.Sigmoid(logit)), log(add(1, minus(gan.Sigmoid(logit))))
        return add(minus(mul(of, none)), minus(mul(add(1, -of), one)))

    lines = {
        "definition": {"rhs": entropy(ell, target)},
        "softplus": {"rhs": add(log(add(1, exp(minus(ell)))), mul(target, ell))},
    }
    return planted(gan.gan_logits, lines, Definition(gan.BCE(g, t), entropy(g, t)))


def another_function_that_is_zero_at_one() -> Derivation:
    """t^2 - 1 - 2 log t rises away from one as well."""
    t = gibbs.t
    other = add(t**2, -1, minus(mul(2, log(t))))
    lines = {step.name: {"gap": other, "text": ""} for step in gibbs.log_bound.steps}
    return planted(gibbs.log_bound, lines, Definition(gibbs.Excess(t), other))


@pytest.mark.lie
@pytest.mark.parametrize(
    "error",
    [
        density_with_the_deviation_in_its_root,
        exchanged_labels,
        divergence_without_halves,
        exchanged_targets,
        another_function_that_is_zero_at_one,
    ],
)
def test_a_false_definition_is_refused_by_another_way_to_compute_it(
    error: Callable[[], Derivation], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = error()
    with pytest.raises(ProofError, match=r"what is put in as .* does not hold") as said:
        check.check(wrong)
    assert "\n" not in str(said.value)
    monkeypatch.setattr(check, "try_facts", lambda derivation: None)
    if not any(model.linear for model in wrong.all_models()):  # these try each line in their instances too
        assert len(check.check(wrong).steps) == len(wrong.steps)  # the lines alone refuse nothing


# --- wrong answers, with all that leads to them ---


def one_window_less() -> Derivation:
    """H'' = H - H', by models that agree."""
    size = add(conv.H, -conv.KERNEL)

    def models() -> tuple[Model, ...]:
        made = (conv._size_model(*one) for one in conv.SIZES)
        return tuple(
            replace(one, meaning={**one.meaning, conv.POOLED: one.meaning[conv.POOLED] - 1}) for one in made
        )

    positions = Sum(S.One, (conv.t, 1, size))
    return planted(
        conv.convolution,
        {"size": {"rhs": positions, "models": models(), "lhs": conv.POOLED}, "count": {"rhs": size}},
    )


def nothing_pooled() -> Derivation:
    """The layer's output in place of the pooled one."""

    def model(sentences: int, filters: int, length: int) -> Model:
        whole = conv._pooling_model(sentences, filters, length)
        kept = ImmutableDenseNDimArray.zeros(sentences, filters, length)
        return replace(whole, meaning={**whole.meaning, conv.P: kept})

    shape = Tuple(conv.N, conv.F, Sum(S.One, (conv.t, 1, conv.POOLED)))
    lines = {
        "pooled": {"rhs": shape, "models": (model(2, 3, 4),)},
        "one window": {"rhs": Tuple(conv.N, conv.F, conv.POOLED)},
    }
    return planted(conv.convolution, lines)


def a_weaker_bound() -> Derivation:
    """With twice the divergence: true, and not the bound."""
    own, other = elbo.KL(elbo.Q, elbo.PRIOR), elbo.KL(elbo.Q, elbo.POSTERIOR)
    bound = {"rhs": add(elbo._RECONSTRUCTION, minus(mul(2, own))), "gap": add(other, own)}
    return planted(elbo.elbo, {"bound": bound})


def exchanged_players() -> Derivation:
    """The optimum of a discriminator that calls generated images real."""
    p, q, D = gan.p, gan.q, gan.D
    numerator = add(q, minus(mul(add(p, q), D)))
    slope = add(frac(q, D), minus(frac(p, add(1, -D))))
    lines = {
        "slope": {"lhs": slope, "rhs": frac(numerator, mul(D, add(1, -D)))},
        "optimum": {"rhs": frac(q, add(p, q)), "root": Root(gan.D_STAR, D, numerator), "text": ""},
    }
    return planted(gan.gan_optimum, lines)


@pytest.mark.lie
@pytest.mark.parametrize(
    ("error", "number"),
    [(one_window_less, "1.2"), (nothing_pooled, "1.3"), (a_weaker_bound, "3.1"), (exchanged_players, "4")],
)
def test_a_wrong_answer_is_refused_though_everything_agrees_with_it(
    error: Callable[[], Derivation], number: str
) -> None:
    wrong = error()
    checked = check.check(wrong)
    with pytest.raises(UserError, match=f"is not the answer to {number}, ") as said:
        answers.compare([wrong], [asdict(checked)], RIGHT)
    assert "\n" not in str(said.value)


def test_the_right_answers_pass_and_each_is_given() -> None:
    derivations = [
        conv.channels,
        conv.convolution,
        loss.contrastive,
        elbo.elbo,
        kl.gaussian_kl,
        gan.gan_optimum,
    ]
    checked = [asdict(check.check(one)) for one in derivations]
    assert answers.compare(derivations, checked, RIGHT) == []
    assert answers.compare(derivations[:1], checked[:1], RIGHT) == list(answers.read(RIGHT))[1:]
    for step in checked[1]["steps"]:
        step["scope"] = "definition"
    with pytest.raises(UserError, match=r"answers 1\.1, but holds"):
        answers.compare(derivations, checked, RIGHT)


@pytest.mark.lie
def test_a_window_beyond_the_first_token_is_no_window() -> None:
    """Without k <= H - H' the line does not hold."""
    with pytest.raises(ProofError, match="back to the first"):
        check.check(planted(conv.convolution, {"back to the first": {"models": (LITERAL,)}}))


@pytest.mark.lie
def test_a_generator_that_starts_from_the_wrong_target_is_refused_by_the_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both targets give log 2 at the logit zero, and the lines agree."""
    fake = gan.FAKE
    other = log(add(1, exp(fake)))
    lines = {
        "generator's loss": {"lhs": gan.BCE(fake, 0), "rhs": other},
        "generator's start": {"lhs": other.subs(fake, 0)},
    }
    wrong = planted(gan.gan_logits, lines)
    check.check(wrong)
    from assignment3.derivations import ties as proved

    monkeypatch.setattr(proved, "generator", replace(proved.generator, derivation=wrong))
    (tie,) = (one for one in REPORT.ties if one.proved.endswith(":generator"))
    assert isinstance(tie, Tie) and tie.computed.startswith(tied.__name__)
    with pytest.raises(UserError, match="does not compute what derivation gan_logits"):
        ties.compare(tie)


def test_every_definition_is_computed_another_way() -> None:
    """One without is refused; the message names it."""
    alone = replace(loss.DEFINITIONS[0], computed=None, at=())
    model = Model("any distance", definitions=(alone,))
    wrong = replace(loss.contrastive, models=(model,), steps=loss.contrastive.steps[:1])
    with pytest.raises(ProofError, match=r"nothing computes the definition L\(v, w\) = "):
        proving.try_facts(wrong)
