"""The proofs as the report needs them: checked derivations as plain data, the mutation test as a Result."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from writeup.errors import UserError
from writeup.identity import fingerprint
from writeup.results import store as results
from writeup.results.store import Result
from writeup.runs import plan as runs


def identity(sources: Sequence[Path]) -> str:
    """Fingerprint of the derivations and of the engine that checks them, without comments and docstrings."""
    return fingerprint.digest(
        {p.name: fingerprint.bare_source(p.read_text(encoding="utf-8")) for p in sources}
    )


def check(target: Path, cache: Path) -> None:
    """Check every derivation and write what the report prints of it; ProofError where a step fails."""
    from assignment3 import derivations
    from writeup.proofs import steps as proofs

    checked = proofs.check_all(derivations.ALL, cache=cache)
    text = json.dumps(proofs.as_plain(checked), indent=1, ensure_ascii=False)
    results.write_atomically(target, text.encode())


def mutate(sources: Sequence[Path], checked: Path, cache: Path, root: Path) -> Result:
    """Break every step in every way the engine knows; UserError names a false statement that passes."""
    from assignment3 import derivations
    from writeup.proofs import mutation

    start = time.perf_counter()
    report = mutation.run(derivations.ALL, cache=cache)
    for row in report.having("survived"):
        raise UserError(
            f"derivation {row.derivation}, step {row.step!r}: a false version passes ({row.mutation})"
        )
    numbers = counts(read(checked))
    numbers |= {name.removeprefix("proofs/"): number for name, number in report.counts.items()}
    equivalent = report.having("equivalent")
    columns = ("derivation", "step", "mutation", "reason")
    return Result(
        part="proofs",
        seed=0,
        scalars={name: float(number) for name, number in numbers.items()},
        tables={"equivalent": {column: [getattr(row, column) for row in equivalent] for column in columns}},
        provenance={"fingerprint": identity(sources)} | runs.stamp(root, time.perf_counter() - start),
    )


def counts(checked: Mapping[str, Any]) -> dict[str, int]:
    """How many steps the checked derivations have, and how each was established."""
    methods = [step["method"] for derivation in checked.values() for step in derivation["steps"]]
    return {"steps": len(methods)} | {method: methods.count(method) for method in ("symbolic", "numerical")}


def read(checked: Path) -> dict[str, Any]:
    """The checked derivations by name."""
    return {d["name"]: d for d in json.loads(checked.read_text(encoding="utf-8"))}
