"""The stations of the build between the data and the PDF; `build.py` says in which order they are passed."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from assignment3 import config as configuration
from writeup.cli import CODE, ROOT, Request, shared_result
from writeup.identity import fingerprint
from writeup.proofs import record as proving
from writeup.results import store as results
from writeup.runs import plan as runs
from writeup.runs.plan import Run

TEMPLATES = ROOT / "templates"
DRAWINGS = CODE / "assignment3" / "drawings.py"


@dataclass(frozen=True)
class Drawing:
    """One figure: a public function of drawings.py, the part whose runs it shows, and its source's digest.

    The figure of a part's tuned variant is drawn by the part's function and named after the variant.
    """

    name: str
    function: str
    part: str
    source: str


@dataclass(frozen=True)
class Pipeline:
    """The paths and actions of one request."""

    request: Request

    @cached_property
    def runs(self) -> list[Run]:
        planned = runs.plan(self.request.config, self.request.stores, self.request.parts)
        if self.request.verb == "train":  # anew, and in the first store, whatever is recorded
            return [replace(run, recorded=run.folder) for run in planned]
        return planned

    # -- train -------------------------------------------------------------------------------------

    def needs_no_training(self, run: Run) -> bool:
        if self.request.verb == "train":
            return False
        return run.current or (self.request.allow_stale and run.exists)

    @property
    def stale_parts(self) -> list[str]:
        """Those that are rendered although their recorded results do not match (--allow-stale)."""
        return [run.part for run in self.runs if not run.current and self.needs_no_training(run)]

    def result_file(self, run: Run) -> Path:
        folder = run.recorded if self.needs_no_training(run) else run.folder
        return folder / results.FILE

    @property
    def pending(self) -> list[Run]:
        return [run for run in self.runs if not self.needs_no_training(run)]

    def train(self) -> None:
        """Compute what is not recorded; each result is recorded as soon as it is there."""
        request = self.request
        computed = runs.compute_all(
            self.pending, request.config, request.data_dir, ROOT, jobs=request.jobs, dask=request.dask
        )
        for run, result in computed:
            results.save(result, run.folder)
            print(f"    {run.part} seed {run.seed}: {result.provenance['seconds']:.0f} s", flush=True)

    # -- prove -------------------------------------------------------------------------------------

    @property
    def proof_sources(self) -> list[Path]:
        engine = [
            CODE / "writeup" / name for name in ("algebra.py", "notation.py", "proofs.py", "mutation.py")
        ]
        content = sorted((CODE / "assignment3" / "derivations").glob("*.py"))
        return [path for path in (*engine, *content) if path.is_file()]

    @property
    def proofs(self) -> Path:
        return self.request.out / "proofs.json"

    def prove(self) -> None:
        """Check every derivation."""
        proving.check(self.proofs, cache=self.request.out / ".proofs.cache.json")

    @cached_property
    def timings(self) -> dict[str, Path]:
        """The recorded timings by name ("bench", "growth"), which no preset changes; those that there are."""
        files = {name: shared_result(name) / results.FILE for name in runs.TIMINGS}
        whole = self.request.parts == configuration.PARTS
        return {name: file for name, file in files.items() if whole and file.is_file()}

    @cached_property
    def stale_timings(self) -> set[str]:
        """Those taken from other code than today's."""
        return {
            name
            for name, file in self.timings.items()
            if results.recorded_fingerprint(file.parent) != runs.timing_identity(name)
        }

    @property
    def mutants(self) -> Path:
        """The recorded mutation test; it depends on no preset."""
        return shared_result("proofs") / results.FILE

    @cached_property
    def mutants_are_current(self) -> bool:
        recorded = results.recorded_fingerprint(self.mutants.parent)
        return recorded is not None and recorded == proving.identity(self.proof_sources)

    def mutate(self) -> None:
        """Break every step of every derivation and record that the check notices."""
        cache = self.request.out / ".mutants.cache.json"
        results.save(proving.mutate(self.proof_sources, self.proofs, cache, ROOT), self.mutants.parent)

    # -- draw --------------------------------------------------------------------------------------

    @cached_property
    def drawings(self) -> list[Drawing]:
        """The figures of the requested parts."""
        text = DRAWINGS.read_text(encoding="utf-8")
        shared = fingerprint.digest((CODE / "writeup" / "figures.py").read_text(encoding="utf-8"))
        found = []
        for name, source in fingerprint.public_functions(text).items():
            part = next(p for p in (*configuration.PARTS, *runs.TIMINGS) if name.startswith(f"{p}_"))
            for shown in (part, f"{part}_tuned"):
                if shown in self.request.parts or shown in self.timings:
                    digest = fingerprint.digest([source, shared])
                    found.append(Drawing(name.replace(part, shown, 1), name, shown, digest))
        return found

    def draw(self, drawing: Drawing) -> None:
        """Draw one figure as PDF and SVG."""
        from assignment3.page import figures as drawings
        from writeup.page import figures

        recorded = [results.load(file.parent) for file in self.result_files(drawing.part)]
        figures.save(
            getattr(drawings, drawing.function)(recorded), self.request.out / "figures" / drawing.name
        )

    def drawn(self, suffix: str) -> list[Path]:
        return [self.figure(drawing, suffix) for drawing in self.drawings]

    def figure(self, drawing: Drawing, suffix: str) -> Path:
        return self.request.out / "figures" / f"{drawing.name}{suffix}"

    def runs_of(self, part: str) -> list[Run]:
        return [run for run in self.runs if run.part == part]

    def result_files(self, part: str | None = None) -> list[Path]:
        if part in self.timings:
            return [self.timings[part]]
        return [self.result_file(run) for run in (self.runs_of(part) if part else self.runs)]

    # -- write and typeset -------------------------------------------------------------------------

    @property
    def typeset_sources(self) -> list[Path]:
        """What turns .tex into pages."""
        names = (
            "typeset.py",
            "latex.py",
            "embedded.py",
            "pandoc.py",
            "references.py",
            "article.typ",
            "page.css",
        )
        return [CODE / "writeup" / name for name in names]

    @property
    def template_sources(self) -> list[Path]:
        listed = [CODE / "assignment3" / f"{runs.module_name(part)}.py" for part in self.request.parts]
        engine = [
            CODE / "writeup" / name
            for name in ("templating.py", "values.py", "comparison.py", "display.py", "preamble.tex")
        ]
        content = [
            CODE / "assignment3" / name
            for name in (
                "config.py",
                "report.py",
                "tables.py",
                "claims.py",
                "log_format.py",
                "reference.toml",
            )
        ]
        return [*sorted(p for p in TEMPLATES.rglob("*") if p.is_file()), *engine, *content, *listed]

    def path(self, suffix: str) -> Path:
        """The report in one of its forms."""
        return self.request.out / f"{self.request.stem}{suffix}"

    def write(self) -> None:
        """Render the templates with the recorded results."""
        from writeup.page import context as report
        from writeup.page import templating

        recorded = [results.load(file.parent) for file in self.result_files()]
        stale = set(self.stale_parts)
        recorded += [results.load(file.parent) for file in (self.mutants, *self.timings.values())]
        stale |= self.stale_timings
        context = report.context(self.request, recorded, stale, proving.read(self.proofs))
        text = templating.render(TEMPLATES, "report.tex.j2", context)
        results.write_atomically(self.path(".tex"), text.encode())

    def typeset(self) -> None:
        """The PDF, and a line that says which engine made it."""
        from writeup.page import typeset

        engine = typeset.typeset(self.path(".tex"), self.path(".pdf"), engine=self.request.engine)
        print(f"    by {engine}")

    def to_html(self) -> None:
        from writeup.page import typeset

        typeset.to_html(self.path(".tex"), self.path(".html"))

    def to_markdown(self) -> None:
        from writeup.page import typeset

        typeset.to_markdown(self.path(".tex"), self.path(".md"))

    @property
    def settings(self) -> dict[str, Any]:
        """What the written report depends on besides files."""
        return {
            "preset": self.request.preset,
            "runs": [run.fingerprint for run in self.runs],
            "stale": self.stale_parts,
            "parts": list(self.request.parts),
            "timings": [sorted(self.timings), sorted(self.stale_timings)],
        }
