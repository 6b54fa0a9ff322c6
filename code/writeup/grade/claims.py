"""A printed comparison beside the test computed anew: sides, direction, difference, interval, p."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from writeup.grade.paper import Paper
from writeup.grade.words import plain, squeeze
from writeup.page.context import Statement
from writeup.page.source.formats import fixed, p_value, sig

if TYPE_CHECKING:
    from writeup.grade.rubric import Rubric

Span = tuple[int, int]
END = re.compile(r"[.?!](?=\s+[A-Z(•]|\s*\n)|:(?=\s+[A-Z])|(?<=[a-z_])\](?=\s*\n)|\f")


def sentences(text: str) -> Iterator[Span]:
    """Where each sentence begins and ends; a colon before a capital ends one."""
    begin = 0
    for found in END.finditer(text):
        yield begin, found.end()
        begin = found.end()
    yield begin, len(text)


DIGITS = 4  # a sentence may print more decimals than the claim declares, so many at most


def misfit(claim: Statement, sentence: str, words: Mapping[str, str]) -> str:
    """What a sentence says of a claim that its test does not; "" where it says what the test found.

    words: by verdict, how a sentence says it.
    """
    least = claim.measure.digits
    found = [_misfit(claim, sentence, words, digits) for digits in range(least, max(DIGITS, least) + 1)]
    return "" if "" in found else found[0]


def _misfit(claim: Statement, sentence: str, words: Mapping[str, str], digits: int) -> str:
    c, m = claim.comparison, claim.measure
    said = squeeze(sentence)
    shown: dict[str, str] = {
        "difference": squeeze(plain(fixed(c.difference, digits))),
        "size": squeeze(plain(fixed(abs(c.difference), digits))),
        "interval": "" if c.low is None or c.high is None else _range(c.low, c.high, digits),
        "p": "" if c.adjusted is None else squeeze(plain(p_value(c.adjusted))),
        "margin": squeeze(plain(sig(m.margin, 1))),
    }
    means = [squeeze(plain(fixed(x, digits))) for x in c.means]
    counts = [str(n) for n in dict.fromkeys(c.counts)]
    unit = "run" if c.units == "runs" and counts == ["1"] else c.units
    needed = [squeeze(" and ".join(counts) + unit)]
    optional = ["95%", shown["interval"], shown["difference"]]
    sides = [squeeze(plain(claim.a)), squeeze(plain(claim.b))]
    if c.verdict in ("better", "worse"):
        needed += [squeeze(plain(claim.says(fixed(abs(c.difference), digits)))), shown["p"]]
    elif c.verdict == "described":
        needed += [squeeze(words["described"]), *means]
    else:
        needed += [squeeze(words[c.verdict]), shown["interval"], shown["p"]]
        optional.append(shown["margin"])
    if c.verdict not in ("better", "worse"):
        first = _find(said, sides[0], 0)
        if first < 0 or _find(said, sides[1], first + len(sides[0])) < 0:
            return f"{plain(claim.a)} before {plain(claim.b)}"
        needed += sides
    else:
        optional += sides
    left = said
    for piece in sorted(filter(None, needed), key=len, reverse=True):
        k = _find(left, piece, 0)
        if k < 0:
            return piece
        left = left[:k] + "#" + left[k + len(piece) :]
    for piece in optional:
        k = _find(left, piece, 0)
        if piece and k >= 0:
            left = left[:k] + "#" + left[k + len(piece) :]
    odd = re.search(r"[−\d.]*\d", left)
    return f"not {odd[0]}" if odd else ""


def _range(low: float, high: float, digits: int) -> str:
    return squeeze(plain(f"{fixed(low, digits)} to {fixed(high, digits)}"))


def _find(said: str, piece: str, begin: int) -> int:
    """Where a piece stands, as whole numbers, its first letter large or small."""
    pattern = re.escape(piece)
    if piece[:1].isalpha():
        pattern = f"[{re.escape(piece[0].upper() + piece[0].lower())}]" + re.escape(piece[1:])
    before = r"(?<![\d.−])" if piece[:1].isdigit() else ""
    behind = r"(?![\d]|\.\d)" if piece[-1:].isdigit() else ""
    found = re.compile(before + pattern + behind).search(said, begin)
    return found.start() if found else -1


def matched(
    paper: Paper, claims: Mapping[str, Statement], rubric: "Rubric", evidence: str, skip: Sequence[Span]
) -> Iterator[tuple[Span, str, str]]:
    """Each sentence that states a comparison: where, the claim's name, what is amiss."""
    pattern = re.compile(rubric.sign)
    for begin, end in sentences(paper.text):
        flat = " ".join(paper.text[begin:end].split())
        if any(a < end and begin < b for a, b in skip):
            continue
        if pattern.search(flat):
            yield from _single((begin, end), flat, claims, rubric.verdicts)


def _single(
    span: Span, flat: str, claims: Mapping[str, Statement], words: Mapping[str, str]
) -> Iterator[tuple[Span, str, str]]:
    amiss = {name: misfit(one, flat, words) for name, one in claims.items()}
    fits = [name for name, why in amiss.items() if not why]
    if fits:
        yield span, fits[0], ""
    else:
        near = max(amiss, key=lambda name: _alike(claims[name], flat), default="")
        verdict = claims[near].comparison.verdict if near else ""
        yield span, "", f"nearest: {near} ({verdict}), lacking {amiss[near]}" if near else "no claim"


def _alike(claim: Statement, sentence: str) -> float:
    said, c = squeeze(sentence), claim.comparison
    pieces = [
        squeeze(plain(fixed(x, claim.measure.digits))) for x in (c.difference, c.low, c.high) if x is not None
    ]
    pieces += [squeeze(plain(claim.a)).lower(), squeeze(plain(claim.b)).lower()]
    return sum(piece in said.lower() for piece in pieces)
