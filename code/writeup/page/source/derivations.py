"""A checked derivation as LaTeX: a step a line, its rule and scope beside or below; these lead to the log.

Takes the plain data of `proofs.record`, so that a report is rendered without sympy.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from writeup.errors import UserError
from writeup.page.source import asserting
from writeup.page.source.formats import Tex, linked

Step = Mapping[str, Any]

TEXT_WIDTH = 466.0  # points: 16.4 cm
# Rough widths in points: a symbol, a letter of a rule, the gap between both, an equation's number.
SYMBOL, LETTER, GAP, NUMBER = 6.8, 4.4, 24.0, 30.0
SCRIPT = 0.7  # of a symbol's width, in a script
SMALL = "\x00"  # stands for a symbol in a script


def derivation(plain: Mapping[str, Any], first: int = 1, last: int | None = None) -> Tex:
    """The steps `first` to `last` (counted from 1), with the prose between them.

    LaTeX lets no float come between, and keeps what follows the last display on its page.
    """
    steps = [s for s in plain["steps"] if first <= s["number"] <= (last or len(plain["steps"]))]
    *before, end = map(_block, _blocks(steps))
    return Tex("\n".join([r"\derivationstarts", *before, r"\derivationends", end, r"\derivationover"]))


def formula(plain: Mapping[str, Any], line: int | str) -> Tex:
    """A line within a text, by its number or by the question that it answers.

    A line without a left side of its own has that of its chain.
    """
    steps = {step["number"]: step for step in plain["steps"]}
    number = next(k for k, step in steps.items() if line in (k, step["answers"]))
    left = next(steps[k]["lhs"] for k in range(number, 0, -1) if steps[k]["lhs"])
    return Tex(f"${left} {steps[number]['relation']} {steps[number]['rhs']}$")


def check_answers(text: str, derivations: Iterable[Mapping[str, Any]]) -> None:
    """UserError where the frame of a question shows another formula than the lines that answer it, which were
    compared with the right answers, or none.
    """
    lines: dict[str, list[str]] = {}
    for plain in derivations:
        for step in (one for one in plain["steps"] if one["answers"]):
            lines.setdefault(step["answers"], []).append(formula(plain, step["number"]))
    for question, body in _FRAME.findall(text):
        if question not in lines:
            continue
        shown = [found for found in _INLINE.findall(body) if _RELATION.search(found)]
        other = [found for found in shown if found not in lines[question]]
        if other or not shown:
            what = other[0] if other else "no formula"
            raise UserError(f"the frame of {question!r} shows {what}, which is no line that answers it")


_FRAME = re.compile(r"\\begin\{answer\}\s*\\label\{ans:([^}]*)\}(.*?)\\end\{answer\}", re.DOTALL)
_INLINE = re.compile(r"(?<!\\)\$[^$]+\$")
_RELATION = re.compile(r"=|<|>|\\(ge|le|ne)(?![A-Za-z])")


def refuse_boasts(derivations: Iterable[Mapping[str, Any]]) -> None:
    """UserError where the words of a derivation, which no check knows, claim what no proof says."""
    for plain in derivations:
        texts = [plain["title"], *plain["assumptions"]]
        for text in (*texts, *(step[part] for step in plain["steps"] for part in ("rule", "text"))):
            if why := asserting.boast(text):
                raise UserError(f"derivation {plain['name']}: {text!r}: {why}")


def assumptions(plain: Mapping[str, Any]) -> Tex:
    """What the derivation assumes, as one sentence."""
    return Tex("Assumed: " + "; ".join(plain["assumptions"]) + ".")


def name_absent_lines(text: str, page: str, checked: Iterable[Mapping[str, Any]]) -> str:
    """`text` with the title of the derivation in place of each reference to a line that `page` has not, such
    as one of a part that is not handed in. checked: all derivations.
    """
    titles = {step["label"]: one["title"] for one in checked for step in one["steps"] if step["label"]}
    absent = {label: title for label, title in titles.items() if f"\\label{{{label}}}" not in page}

    def title(found: re.Match[str]) -> str:
        return f"\\emph{{{absent[found[1]]}}}" if found[1] in absent else found[0]

    return re.sub(r"\\[cC]ref\{([^{}]*)\}", title, text) if absent else text


def _blocks(steps: Sequence[Step]) -> list[list[Step]]:
    """Prose begins a new display; so does a step with a left side of its own after a chain."""
    blocks: list[list[Step]] = [[steps[0]]]
    for before, step in pairwise(steps):
        if step["text"] or (step["lhs"] and not before["lhs"]):
            blocks.append([])
        blocks[-1].append(step)
    return blocks


def _block(steps: Sequence[Step]) -> str:
    left = max(width(s["lhs"]) for s in steps)
    formula = left + max(width(f"{s['relation']} {s['rhs']}") for s in steps)
    rules = max(_rule_width(f"{s['rule']} {s['mark']}") + 5 * LETTER for s in steps)
    numbered = any(s["label"] for s in steps)
    beside = formula + GAP + rules + NUMBER * numbered <= TEXT_WIDTH
    environment = "align" if numbered else "align*"
    rows = " \\\\\n".join(_row(s, beside, numbered) for s in steps)
    return f"{steps[0]['text']}\n\\begin{{{environment}}}\n{rows}\n\\end{{{environment}}}".lstrip()


def _row(step: Step, beside: bool, numbered: bool) -> str:
    formula = f"{step['lhs']} &{step['relation']} {step['rhs']}"
    indent = "" if beside else "~~~~"
    rule = rf"\text{{\footnotesize {indent}{step['rule']} {mark(step)}}}"
    none = r" \notag" if numbered else ""
    number = rf" \label{{{step['label']}}}" if step["label"] else none
    if beside:
        return f"{formula} && {rule}{number}"
    return f"{formula}{number} \\\\*\n& {rule}{none}"


def mark(step: Step) -> str:
    """Number of a step in the report and for what it holds, a link to its derivation in the proof log."""
    link = rf"\hyperlink{{{step['anchor'].rpartition('-')[0]}}}{{[{step['shown']}:~{step['mark']}]}}"
    return linked(link, f"step:{step['anchor']}")


def width(latex: str) -> float:
    """Roughly how wide a formula is, in points: a symbol counts, one of a script for less, a sum without its
    limits; a fraction is as wide as its wider half.
    """
    text = re.sub(r"\\(left|right|mathrm|mathbb|mathcal|boldsymbol|operatorname|text|,|;|!|:)\b ?", "", latex)
    text = re.sub(r"(\\(?:sum|prod))_\{[^{}]*\}\^\{[^{}]*\}", r"\1", text)
    text = re.sub(r"\\[A-Za-z]+ ?|\\.", lambda m: m[0] if m[0].startswith("\\frac") else "x", text)
    text = re.sub(r"[_^](\{[^{}]*\}|.)", lambda m: SMALL * len(m[1].strip("{}")), text)
    while found := re.search(r"\\frac ?\{([^{}]*)\}\{([^{}]*)\}", text):
        text = text[: found.start()] + max(found[1], found[2], key=len) + text[found.end() :]
        text = re.sub(r"\{([^{}]*)\}", r"\1", text) if "\\frac" not in text else text
    text = re.sub(r"\\frac|[{}_^\s]", "", text)
    return SYMBOL * (len(text) - (1 - SCRIPT) * text.count(SMALL))


def _rule_width(rule: str) -> float:
    return LETTER * len(re.sub(r"\\[A-Za-z]+|[{}$^_\\]", "", rule))
