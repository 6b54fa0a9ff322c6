#!/usr/bin/env python
"""The build as a list of tasks, from data to the typeset report. `python build.py --help` lists the verbs.

A task states what it reads and what it writes; doit runs those whose inputs changed. The work itself is in
`assignment3.pipeline`.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "code"))

from doit.tools import config_changed

from writeup import verbs
from writeup.tasks import Pipeline

Task = dict[str, Any]


def tasks(line: Pipeline) -> dict[str, Callable[[], Task | Iterator[Task]]]:
    """data -> train -> Result -> draw, prove, write -> .tex -> typeset, convert -> PDF, HTML, Markdown."""

    def task_train() -> Task:
        """Every part with every seed, side by side, but those whose recorded results are current."""
        return {
            "actions": [line.train],
            "uptodate": [not line.pending],
            "targets": line.result_files(),
        }

    def task_prove() -> Task:
        """Every step of every derivation."""
        return {"actions": [line.prove], "file_dep": line.proof_sources, "targets": [line.proofs]}

    def task_mutate() -> Task:
        """A test of the test: every step broken, every false version refused."""
        return {
            "actions": [line.mutate],
            "task_dep": ["prove"],
            "uptodate": [line.mutants_are_current],
            "targets": [line.mutants],
        }

    def task_draw() -> Iterator[Task]:
        """One figure per function of drawings.py."""
        for drawing in line.drawings:
            yield {
                "name": drawing.name,
                "actions": [(line.draw, [drawing])],
                "file_dep": line.result_files(drawing.part),
                "uptodate": [config_changed(drawing.source)],
                "targets": [line.figure(drawing, ".pdf"), line.figure(drawing, ".svg")],
            }

    def task_write() -> Task:
        """Templates and results become report.tex."""
        return {
            "actions": [line.write],
            "file_dep": [
                *line.template_sources,
                *line.result_files(),
                line.proofs,
                line.mutants,
                *line.timings.values(),
            ],
            "uptodate": [config_changed(line.settings)],
            "targets": [line.path(".tex")],
        }

    def task_typeset() -> Task:
        """The PDF."""
        return {
            "actions": [line.typeset],
            "file_dep": [line.path(".tex"), *line.drawn(".pdf"), *line.typeset_sources],
            "uptodate": [config_changed(line.request.engine)],
            "targets": [line.path(".pdf")],
        }

    def task_convert() -> Iterator[Task]:
        """HTML and Markdown from the same source."""
        for suffix, action in ((".html", line.to_html), (".md", line.to_markdown)):
            yield {
                "name": suffix[1:],
                "actions": [action],
                "file_dep": [line.path(".tex"), *line.drawn(".svg"), *line.typeset_sources],
                "targets": [line.path(suffix)],
            }

    return {name: task for name, task in locals().items() if name.startswith("task_")}


if __name__ == "__main__":
    if sys.argv[1:2] == ["probe"]:
        from assignment3 import probe

        sys.exit(probe.main(sys.argv[2:]))
    sys.exit(verbs.main(sys.argv[1:], tasks))
