"""What the templates may print, made ready from Results: values, tables, claims, logs, listings, proofs."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from assignment3.page import claims, tables
from assignment3.page import logs as log_format
from assignment3.page.reference import REFERENCE
from writeup.cli import CODE, ROOT, Request
from writeup.page import templating
from writeup.page.templating import Tex
from writeup.proofs import display
from writeup.proofs import record as proving
from writeup.results import values
from writeup.results.store import Result


def context(
    request: Request, recorded: Sequence[Result], stale: set[str], proofs: Mapping[str, Any]
) -> dict[str, Any]:
    """The names that templates see."""
    results = by_part(recorded)
    numbers = values.collect((r.part, r.fingerprint, r.scalars) for r in recorded)
    claimed = claims.all_claims(results)
    return text_cnn_best(results, numbers) | {
        "meta": tomllib.loads((ROOT / "templates" / "assignment.toml").read_text(encoding="utf-8")),
        "preamble": Tex((CODE / "writeup" / "page" / "preamble.tex").read_text(encoding="utf-8")),
        "pagemark": pagemark(request),
        "parts": request.parts,
        "stale": stale,
        "config": request.config,
        "ref": REFERENCE,
        "v": numbers,
        "results": results,
        "claims": claimed,
        "tables": tables.all_tables(results, numbers, claimed),
        "logs": logs(results),
        "cvae_reference": results["cvae"][0].logs["steps"]["reference_loss"] if "cvae" in results else [],
        "proofs": proofs,
        "bench": results.get("bench"),
        "growth": results.get("growth"),
        "quality": results.get("quality"),
        "provenance": provenance(recorded),
        "peak_memory": peak_memory(recorded),
        "machines": sorted({machine(r.provenance) for r in recorded if "machine" in r.provenance}),
        "reference_batch": reference_batch(results.get("cvae", [])),
        "gan_watch": gan_watch(results.get("gan_tuned", results.get("gan", []))),
        "equivalent": rows(results["proofs"][0].tables["equivalent"]),
        "proof_counts": proving.counts(proofs),
        "derivation": display.derivation,
        "assumptions": display.assumptions,
        "two_log_two": 2 * math.log(2),
        "log_ten": math.log(10),
        "rows": rows,
        "booktabs": templating.booktabs,
        "code_block": templating.code_block,
        "listing": listing,
    }


def by_part(recorded: Sequence[Result]) -> dict[str, list[Result]]:
    """The runs of each part, in the order of their seeds."""
    found: dict[str, list[Result]] = {}
    for result in sorted(recorded, key=lambda r: r.seed):
        found.setdefault(result.part, []).append(result)
    return found


def pagemark(request: Request) -> str:
    """What every page must bear so that nobody takes it for the full report on real data."""
    if request.config.data == "standin":
        return "generated stand-in data"
    return "" if request.preset == "full" else f"preset {request.preset}: shortened training"


def logs(results: Mapping[str, Sequence[Result]]) -> dict[str, list[str]]:
    """The training logs in the reference's line formats, of the first run."""
    lines = {}
    if "cvae" in results:
        lines["cvae"] = log_format.cvae_lines(
            results["cvae"][0].logs["steps"], round(results["cvae"][0].scalars["train_examples"]), loss="loss"
        )
    if "gan" in results:
        lines["gan"] = log_format.gan_lines(results["gan"][0].logs["steps"])
    return lines


def reference_batch(runs: Sequence[Result]) -> int:
    """The batch size that cvae.py infers for the reference: both losses are logged."""
    steps = runs[0].logs["steps"] if runs else {"loss": [0.0], "reference_loss": [1.0]}
    return round(steps["loss"][0] / steps["reference_loss"][0] / 784)


def gan_watch(runs: Sequence[Result]) -> dict[str, float]:
    """What the collapse watch saw: the fewest classes after its first look, the first run's last score."""
    if not runs:
        return {}
    fewest = min(min(run.logs["watch"]["classes_present"][1:]) for run in runs)
    return {"fewest": fewest, "last_score": runs[0].logs["watch"]["classifier_score"][-1]}


def rows(table: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """The rows of a table that is kept by columns."""
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def text_cnn_best(results: Mapping[str, Sequence[Result]], v: values.Values) -> dict[str, Any]:
    """The variant that the validation phrases favour, by name and in words."""
    if "text_cnn" not in results:
        return {}
    name = tables.best_text_variant(results, v)
    part, variant = name.split("/")
    pooling, kernel = variant.split("_")
    settings = tables.settings_of("text_cnn", results)[part]
    words = Tex(f"{claims.POOLING[pooling]}, $H' = {kernel}$ and the {settings} settings")
    vote = {
        kind: claims.majority(claims.correct(results[part], variant, kind)) for kind in ("phrase", "sentence")
    }
    return {"text_cnn_best": name, "text_cnn_best_words": words, "text_cnn_vote": vote}


def listing(module: str, names: Sequence[str]) -> str:
    """The source of `names`, as it stands in the module of assignment3."""
    return templating.listing(CODE / "assignment3" / "parts" / f"{module}.py", *names)


def provenance(recorded: Sequence[Result]) -> list[dict[str, Any]]:
    """A row per run: what it is, what it depends on, when and from which commit it came."""
    return [
        {
            "part": r.part,
            "seed": r.seed,
            "fingerprint": r.fingerprint[:10],
            "data": data_name(r.provenance.get("data")),
            "commit": r.provenance["commit"],
            "date": r.provenance["date"][:10],
            "seconds": float(r.provenance["seconds"]),
        }
        for r in recorded
    ]


def peak_memory(recorded: Sequence[Result]) -> int:
    """The most memory that a process took at the end of a run, in MiB; 0 where no run recorded it."""
    return max((int(r.provenance.get("peak_memory_mib", 0)) for r in recorded if r.logs), default=0)


def data_name(data: Mapping[str, str] | None) -> str:
    """Name and digest of the data; the proofs have none."""
    return f"{data['name']} ({data['sha256'][:10]})" if data else ""


def machine(provenance: Mapping[str, Any]) -> str:
    """Processor and versions, in words."""
    versions = ", ".join(f"{name} {number}" for name, number in provenance["versions"].items())
    return f"{provenance['machine']}, {provenance['threads']} threads; {versions}"
