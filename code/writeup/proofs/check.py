"""Derivations checked and printed: each line with how it was established and for what it holds.

Every line bears its scope, which follows from how it was checked: "all" where sympy proved it under printed
definitions, "cases" where a model holds fixed sizes, "points" where numbers alone bear it out, "definition"
where both sides are one expression as soon as the notation is put in, "substitution" where numbers were put
in. The last two prove nothing and are not counted as steps. The words of a derivation (rules, prose,
assumptions) cannot be checked, but for the formulas in them.
"""

import time
from dataclasses import asdict, dataclass
from typing import Any

from writeup.proofs import scopes
from writeup.proofs.algebra import watched
from writeup.proofs.notation import latex
from writeup.proofs.proving import check_step, try_facts
from writeup.proofs.steps import RELATIONS, Derivation, ProofError

NO_PROOF = "definition", "substitution"


@dataclass(frozen=True)
class CheckedStep:
    """A step that holds, as plain data for the templates. `latex` is the line as printed; its parts are
    beside it. `scope` is the kind, `holds` says for what, `mark` in short; `tried` are the points at which
    numbers tried it.
    """

    number: int
    name: str
    anchor: str
    latex: str
    lhs: str
    relation: str
    rhs: str
    rule: str
    text: str
    label: str
    answers: str
    method: str
    scope: str
    holds: str
    mark: str
    seconds: float
    models: tuple[str, ...]
    tried: tuple[dict[str, Any], ...]  # of `algebra.Trials`


@dataclass(frozen=True)
class CheckedDerivation:
    """A derivation all of whose steps hold, as plain data for the templates."""

    name: str
    title: str
    assumptions: tuple[str, ...]
    definitions: tuple[str, ...]
    assumed: tuple[str, ...]
    symbols: tuple[str, ...]
    steps: tuple[CheckedStep, ...]

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)


def check(derivation: Derivation) -> CheckedDerivation:
    """The derivation as printed and with how each step was established; raises ProofError at the first that
    fails.
    """
    scopes.check_prose(derivation)
    try_facts(derivation)
    steps: list[CheckedStep] = []
    for index, step in enumerate(derivation.steps):
        if any(one.name in step.given and one.method == "numerical" for one in steps):
            raise ProofError(derivation.where(index, "rests on a line that numbers alone bear out"))
        start = time.process_time()
        with watched() as trials:
            method = check_step(derivation, index)
        lhs = latex(step.lhs) if step.lhs is not None else ""
        relation, rhs = RELATIONS[step.relation], latex(step.rhs)
        steps.append(
            CheckedStep(
                number=index + 1,
                name=step.name,
                anchor=f"proof-{derivation.name}-{index + 1}",
                latex=f"{lhs} {relation} {rhs}".strip(),
                lhs=lhs,
                relation=relation,
                rhs=rhs,
                rule=step.rule,
                text=step.text,
                label=step.label,
                answers=step.answers,
                method=method,
                **scopes.of(derivation, step, method),
                seconds=round(time.process_time() - start, 4),
                models=tuple(model.name for model in derivation.models_of(step)),
                tried=tuple(asdict(one) for one in trials.values()),
            )
        )
    definitions, assumed = scopes.facts(derivation)
    return CheckedDerivation(
        derivation.name,
        derivation.title,
        derivation.assumptions,
        definitions,
        assumed,
        scopes.symbols(derivation),
        tuple(steps),
    )
