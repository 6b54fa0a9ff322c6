"""The proofs as the report needs them: checked derivations as plain data, the mutation test as a Result.

What was found of a derivation is kept until its identity changes: the digest of all that it reaches in code,
the engine that judges it among it.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from writeup import files, trouble
from writeup.declare import resolve
from writeup.errors import UserError
from writeup.files import read_text, write_atomically
from writeup.identity.closure import Closure
from writeup.results.store import Result
from writeup.runs import provenance
from writeup.runs.record import save

CACHES = ".proofs.cache.json", ".mutants.cache.json"  # beside the record of the proofs
SCOPES = {"for_all": "all", "for_cases": "cases", "at_points": "points"}
NO_PROOF = {"definitions": "definition", "substitutions": "substitution"}


def check(identities: Mapping[str, str], target: Path, answers: Path | None = None) -> None:
    """Check every derivation and write what the report prints of it; ProofError where a step fails.

    identities: of what each derivation reaches, by its name in the declaration. answers: the file of the
    right answers, with which the lines that answer a question are compared.
    """
    from writeup.proofs.answers import compare
    from writeup.proofs.check import check

    checked = _kept(identities, target.with_name(CACHES[0]), lambda one: asdict(check(one)))
    if answers is not None and answers.is_file():
        for question in compare(derivations(list(identities)), checked, answers):
            raise UserError(f"{answers}: no line of a derivation answers [{question}]")
    write_atomically(target, json.dumps(checked, indent=1, ensure_ascii=False).encode())


def mutate(identities: Mapping[str, str], made_by: Closure, checked: Path, folder: Path, root: Path) -> None:
    """Break every step and definition in every way the engine knows, and record what became of it.

    UserError names a false statement that passes.
    """
    from writeup.proofs import algebra, mutation

    begun = provenance.started(root)
    kept = _kept(
        identities, checked.with_name(CACHES[1]), lambda one: [asdict(row) for row in mutation.run(one)]
    )
    rows = [mutation.Row(**row) for found in kept for row in found]
    for row in rows:
        if row.outcome == "survived":
            raise UserError(
                f"derivation {row.derivation}, {row.kind} {row.step!r}: a false version passes "
                f"({row.mutation})"
            )
    proved, steps = read(checked), mutation.by_step(rows)
    each_can_fail(proved, steps)
    numbers = {**counts(proved), **of_mutants(steps), "points": algebra.POINTS, "digits": algebra.DIGITS}
    equivalent = [row for row in rows if row.outcome == "equivalent"]
    columns = ("derivation", "kind", "step", "mutation", "reason")
    result = Result(
        part="proofs",
        seed=0,
        scalars={name: float(number) for name, number in numbers.items()},
        tables={
            "equivalent": {column: [getattr(row, column) for row in equivalent] for column in columns},
            "steps": steps,
            "nearest": mutation.nearest(rows),
        },
        provenance={"fingerprint": made_by.digest} | provenance.finished(begun, made_by.packages),
    )
    save(result, folder)


def _kept(identities: Mapping[str, str], cache: Path, made: Callable[[Any], Any]) -> list[Any]:
    """What is made of each derivation, from the cache where neither its identity nor sympy's changed."""
    import sympy

    known = files.read_checked(cache, "its proofs are checked anew") or {}
    found = {}
    for name, identity in identities.items():
        key = f"{name} {identity} {sympy.__version__}"
        found[key] = known[key] if key in known else made(derivations([name])[0])
    if found != known:
        files.write_checked(cache, found)
    return list(found.values())


def each_can_fail(proved: Mapping[str, Any], steps: Mapping[str, Sequence[Any]]) -> None:
    """UserError names a step of which no false version is refused: its check sees nothing."""
    rows = zip(*(steps[name] for name in ("derivation", "kind", "step", "caught")), strict=True)
    refused = {(name, step): caught for name, kind, step, caught in rows if kind == "step"}
    for derivation in proved.values():
        for step in derivation["steps"]:
            if step["scope"] in SCOPES.values() and not refused.get((derivation["name"], step["name"])):
                raise UserError(
                    f"derivation {derivation['name']}, step {step['name']!r}: no false version of it is "
                    "refused, so its check proves nothing"
                )


def of_mutants(steps: Mapping[str, Sequence[Any]]) -> dict[str, int]:
    """The counts of false versions, of steps and of definitions, from the table by step.

    `mutants` counts false statements alone, no equivalent, undecided or senseless mutants.
    """
    outcomes = steps.keys() - {"derivation", "kind", "step"}
    numbers = {}
    for name, kind in (("mutants", "step"), ("definition_mutants", "definition")):
        chosen = [k for k, one in enumerate(steps["kind"]) if one == kind]
        total = {outcome: sum(steps[outcome][k] for k in chosen) for outcome in outcomes}
        numbers[name] = total["caught"] + total.pop("survived")
        numbers |= {f"{name}_{outcome}": number for outcome, number in total.items()}
    return numbers


def derive(result: Result) -> dict[str, float]:
    """The counts of false versions again, from the table of steps."""
    return {name: float(number) for name, number in of_mutants(result.tables["steps"]).items()}


def agree(result: Result, checked: Mapping[str, Any]) -> None:
    """UserError where the recorded test is of other steps than those that were checked."""
    for name, number in counts(checked).items():
        if result.scalars.get(name) != number:
            raise UserError(
                f"report/results/proofs: {name} = {result.scalars.get(name, math.nan):g} is recorded, the "
                f"checked derivations have {number}; delete it, the next build tests them again"
            )


def derivations(names: Sequence[str]) -> list[Any]:
    """The derivations that a declaration names."""
    found = []
    for name in names:
        with trouble.told(f"derivation {name} cannot be read"):
            found.append(resolve(name))
    return found


def counts(checked: Mapping[str, Any]) -> dict[str, int]:
    """How many steps the checked derivations have, and for what they hold.

    Lines that hold by definition or by putting values in are counted apart; they are no steps.
    """
    scopes = [step["scope"] for derivation in checked.values() for step in derivation["steps"]]
    found = {name: scopes.count(scope) for name, scope in SCOPES.items()}
    return {
        **found,
        "steps": sum(found.values()),
        "symbolic": found["for_all"] + found["for_cases"],
        "numerical": found["at_points"],
        **{name: scopes.count(scope) for name, scope in NO_PROOF.items()},
        "assumed": sum(len(derivation["assumed"]) for derivation in checked.values()),
    }


HOLDS = {
    "all": "proved for all values",
    "cases": "proved for named cases",
    "points": "borne out by numbers at points",
    "definition": "by definition",
    "substitution": "by putting values in",
}


def summary(steps: Sequence[Mapping[str, Any]]) -> str:
    """For what the lines of a derivation hold: "7 lines: 5 proved for all values, 2 by definition"."""
    counts = {words: sum(step["scope"] == scope for step in steps) for scope, words in HOLDS.items()}
    listed = ", ".join(f"{count} {words}" for words, count in counts.items() if count)
    return f"{len(steps)} line{'s' if len(steps) > 1 else ''}: {listed}"


def read(checked: Path) -> dict[str, Any]:
    """The checked derivations by name; `shown` numbers their steps through the whole report."""
    try:
        derivations = json.loads(read_text(checked))
        for shown, step in enumerate((step for d in derivations for step in d["steps"]), 1):
            step["shown"] = shown
        return {d["name"]: d for d in derivations}
    except (ValueError, TypeError, KeyError):
        raise UserError(f"{checked}: damaged; delete it, the next build checks the proofs again") from None
