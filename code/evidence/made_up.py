"""A report from made-up results, by the program that builds the real one: what `growth` times."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from writeup.files import read_text
from writeup.page import figures
from writeup.page.pdf import typeset
from writeup.page.source import formats, templating
from writeup.page.web import html, markdown
from writeup.results import values

PREAMBLE = Path(figures.__file__).parent / "source" / "preamble.tex"


def report(
    folder: Path,
    template: str,
    curves: Sequence["np.ndarray[Any, Any]"],
    runs: Sequence[Mapping[str, float]],
) -> None:
    """From results to PDF, HTML and Markdown in `folder`.

    curves: a figure each, losses [C, S, T] of C curves over S runs. runs: the numbers of each run. `template`
    sees `preamble` and `figures`, a list of (name, its share of the numbers as Values).
    """
    names = [f"loss{i}" for i in range(len(curves))]
    for name, losses in zip(names, curves, strict=True):
        figure, axes = figures.panel()
        for index, loss in enumerate(losses):
            figures.curve(axes, np.arange(loss.shape[1]), loss, f"loss {index + 1}", index)
        figures.save(figure, folder / "figures" / name)
    recorded = list(values.collect(("made", "0" * 64, run) for run in runs).values())
    context = {
        "preamble": formats.Tex(read_text(PREAMBLE)),
        "figures": [(name, recorded[i :: len(names)]) for i, name in enumerate(names)],
    }
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates" / "report.tex.j2").write_text(template, encoding="utf-8")
    tex = folder / "report.tex"
    tex.write_text(templating.render(folder / "templates", "report.tex.j2", context), encoding="utf-8")
    typeset.typeset(tex, tex.with_suffix(".pdf"))
    html.to_html(tex, tex.with_suffix(".html"))
    markdown.to_markdown(tex, tex.with_suffix(".md"))
