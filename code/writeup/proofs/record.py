"""The proofs as the report needs them: checked derivations as plain data, the mutation test as a Result.

`engine` is the digest of the code that gives the verdicts: kept verdicts of another engine do not count.
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from writeup import trouble
from writeup.declare import resolve
from writeup.errors import UserError
from writeup.files import read_text, write_atomically
from writeup.results.store import Result
from writeup.runs import provenance
from writeup.runs.record import save

CACHES = ".proofs.cache.json", ".mutants.cache.json"  # beside the record of the proofs


def check(names: Sequence[str], engine: str, target: Path) -> None:
    """Check every derivation and write what the report prints of it; ProofError where a step fails."""
    from writeup.proofs import steps

    checked = steps.check_all(derivations(names), target.with_name(CACHES[0]), engine)
    text = json.dumps(steps.as_plain(checked), indent=1, ensure_ascii=False)
    write_atomically(target, text.encode())


def mutate(names: Sequence[str], engine: str, identity: str, checked: Path, folder: Path, root: Path) -> None:
    """Break every step in every way the engine knows, and record what became of it.

    UserError names a false statement that passes.
    """
    from writeup.proofs import algebra, mutation
    from writeup.proofs.nearest import nearest

    begun = provenance.started(root)
    report = mutation.run(derivations(names), checked.with_name(CACHES[1]), engine)
    for row in report.having("survived"):
        raise UserError(
            f"derivation {row.derivation}, step {row.step!r}: a false version passes ({row.mutation})"
        )
    proved = read(checked)
    by_step = report.by_step()
    each_can_fail(proved, by_step)
    numbers = counts(proved)
    numbers |= {name.removeprefix("proofs/"): number for name, number in report.counts.items()}
    numbers |= {"points": algebra.POINTS, "digits": algebra.DIGITS}
    equivalent = report.having("equivalent")
    columns = ("derivation", "step", "mutation", "reason")
    outcomes = get_args(mutation.Outcome)
    steps: dict[str, list[Any]] = {
        "derivation": [name for name, _ in by_step],
        "step": [step for _, step in by_step],
        **{outcome: [counted[outcome] for counted in by_step.values()] for outcome in outcomes},
    }
    result = Result(
        part="proofs",
        seed=0,
        scalars={name: float(number) for name, number in numbers.items()},
        tables={
            "equivalent": {column: [getattr(row, column) for row in equivalent] for column in columns},
            "steps": steps,
            "nearest": nearest(report.rows),
        },
        provenance={"fingerprint": identity} | provenance.finished(begun),
    )
    save(result, folder)


def each_can_fail(proved: Mapping[str, Any], by_step: Mapping[tuple[str, str], Mapping[Any, int]]) -> None:
    """UserError names a step of which no false version is refused: its check sees nothing."""
    for derivation in proved.values():
        for step in derivation["steps"]:
            refused = by_step.get((derivation["name"], step["name"]), {}).get("caught", 0)
            if step["scope"] != "definition" and not refused:
                raise UserError(
                    f"derivation {derivation['name']}, step {step['name']!r}: no false version of it is "
                    "refused, so its check proves nothing"
                )


def derive(result: Result) -> dict[str, float]:
    """The counts of false versions again, from the table of steps."""
    steps = result.tables["steps"]
    caught, survived = sum(steps["caught"]), sum(steps["survived"])
    numbers = {
        f"mutants_{name}": sum(steps[name]) for name in ("caught", "equivalent", "undecided", "senseless")
    }
    return {name: float(number) for name, number in (numbers | {"mutants": caught + survived}).items()}


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


SCOPES = {"for_all": "all", "for_cases": "cases", "at_points": "points"}


def counts(checked: Mapping[str, Any]) -> dict[str, int]:
    """How many steps the checked derivations have, and for what they hold.

    Lines that hold by definition are counted apart; they are no steps.
    """
    scopes = [step["scope"] for derivation in checked.values() for step in derivation["steps"]]
    found = {name: scopes.count(scope) for name, scope in SCOPES.items()}
    return {
        **found,
        "steps": sum(found.values()),
        "symbolic": found["for_all"] + found["for_cases"],
        "numerical": found["at_points"],
        "definitions": scopes.count("definition"),
        "assumed": sum(len(derivation["assumed"]) for derivation in checked.values()),
    }


HOLDS = {
    "all": "proved for all values",
    "cases": "proved for named cases",
    "points": "borne out by numbers at points",
    "definition": "by definition",
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
