"""The proofs as the report needs them: checked derivations as plain data, the mutation test as a Result.

`engine` is the digest of the code that gives the verdicts: kept verdicts of another engine do not count.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from writeup.declare import resolve
from writeup.errors import UserError
from writeup.files import read_text, write_atomically
from writeup.results import store
from writeup.results.store import Result
from writeup.runs import provenance

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
    from writeup.proofs import mutation

    begun = provenance.started(root)
    report = mutation.run(derivations(names), checked.with_name(CACHES[1]), engine)
    for row in report.having("survived"):
        raise UserError(
            f"derivation {row.derivation}, step {row.step!r}: a false version passes ({row.mutation})"
        )
    numbers = counts(read(checked))
    numbers |= {name.removeprefix("proofs/"): number for name, number in report.counts.items()}
    equivalent = report.having("equivalent")
    columns = ("derivation", "step", "mutation", "reason")
    result = Result(
        part="proofs",
        seed=0,
        scalars={name: float(number) for name, number in numbers.items()},
        tables={"equivalent": {column: [getattr(row, column) for row in equivalent] for column in columns}},
        provenance={"fingerprint": identity} | provenance.finished(begun),
    )
    store.save(result, folder)


def derivations(names: Sequence[str]) -> list[Any]:
    """The derivations that a declaration names."""
    return [resolve(name) for name in names]


def counts(checked: Mapping[str, Any]) -> dict[str, int]:
    """How many steps the checked derivations have, and how each was established."""
    methods = [step["method"] for derivation in checked.values() for step in derivation["steps"]]
    return {"steps": len(methods)} | {method: methods.count(method) for method in ("symbolic", "numerical")}


def read(checked: Path) -> dict[str, Any]:
    """The checked derivations by name."""
    try:
        return {d["name"]: d for d in json.loads(read_text(checked))}
    except (ValueError, TypeError, KeyError):
        raise UserError(f"{checked}: damaged; delete it, the next build checks the proofs again") from None
