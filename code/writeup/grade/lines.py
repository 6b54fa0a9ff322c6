"""Checks of what a report prints line by line: derivations as proved, listings as the code has them."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from writeup.grade.binding import Span, printed
from writeup.grade.words import maths, plain, squeeze

if TYPE_CHECKING:
    from writeup.grade.verdicts import Grader, Verdict

REFERS = re.compile(r"\\([Cc]ref|eqref|ref|cite)\b")  # to a number that the page gives
ROOM = 16  # characters between a line and its bracket besides the rule: the number of an equation
SHORT = 12  # characters: a line of code with fewer says nothing


def derivations(grader: "Grader") -> "Verdict":
    """In front of each bracket that says for what a line holds stand that line and the words before it."""
    binding = grader.binding
    text = binding.maths.text
    seen: list[Span] = []
    for derivation in grader.truth.proofs.values():
        for step in derivation["steps"]:
            mark, formula, rule = (
                maths(piece)
                for piece in (f"{step['shown']}: {plain(step['mark'])}", printed(step), plain(step["rule"]))
            )
            words = "" if REFERS.search(step["text"]) else maths(plain(step["text"]))
            for found in re.finditer(rf"(?<!\d){re.escape(mark)}", text):
                reach = len(words) + len(formula) + len(rule) + ROOM
                before = text[max(0, found.start() - reach) : found.start()]
                at = binding.maths.back(*found.span())
                if words not in before or formula not in before:
                    said = f"{plain(step['text'])} {printed(step)}".strip()
                    return grader.failed(f"not as proved [{step['shown']}]: {said}", at)
                seen.append(at)
    if not seen:
        return grader.failed("no line of a derivation was found")
    return grader.passed(f"{len(seen)} lines of derivations as proved", *seen)


def listings(grader: "Grader") -> "Verdict":
    """Each line in a typewriter face stands in the code of a part, or in a recorded log."""
    paper, binding = grader.paper, grader.binding
    lines = list(_typed(grader))
    for span in lines:
        if not any(binding.covered[k] for k in range(*span)):
            return grader.failed(f"in no code of this report: {paper.text[slice(*span)].strip()}", span)
    if not lines:
        return grader.failed("no listing was found")
    return grader.passed(f"{len(lines)} lines as in the code", *lines[:1])


def _typed(grader: "Grader") -> Iterator[Span]:
    paper = grader.paper
    for line in re.finditer(r"[^\n]+", paper.text):
        solid = [k for k in range(*line.span()) if not paper.text[k].isspace()]
        if len(squeeze(line[0])) >= SHORT and all(paper.mono[k] for k in solid):
            yield line.span()
