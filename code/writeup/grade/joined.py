"""One sentence with the verdict of several claims, without their numbers, which stand in a table."""

import re
from collections.abc import Mapping

from writeup.grade.words import plain, squeeze
from writeup.page.source.claims import Statement

CONNECTING = re.compile(r"(wefound|inthe|between|nor|or|and|\(?table\d+\)?|[#,.;])*", re.IGNORECASE)
TABLE = re.compile(r"\btable\s+(\d+)", re.IGNORECASE)
SAID = {"undecided": "{}", "equivalent": "are {} within the declared margins"}  # of the verdict's word
BEFORE = {"undecided": "between", "equivalent": ""}  # the two sides


def verdict(sentence: str, words: Mapping[str, str]) -> str:
    """The verdict that a sentence gives on several claims; "" where it gives none. words: by verdict."""
    said = squeeze(sentence)
    return next((one for one, phrase in SAID.items() if squeeze(phrase.format(words[one])) in said), "")


def claims(
    claims: Mapping[str, Statement], sentence: str, words: Mapping[str, str], evidence: str
) -> tuple[list[str], str]:
    """The claims of which a sentence says its `verdict`, and what is amiss with it ("": nothing).

    It names pairs of sides ("A and B") and measures, joined by nothing but commas, "nor", "between", "in
    the": each pair by each measure has to be a claim with this verdict. evidence: the number of the table
    that has difference, margin, interval and p of every claim; the sentence has to refer to it.
    """
    found = verdict(sentence, words)
    by_words: dict[tuple[str, str], list[str]] = {}
    for name, one in claims.items():
        pair = f"{squeeze(plain(one.a))}and{squeeze(plain(one.b))}"
        by_words.setdefault((pair, squeeze(plain(one.measure.what))), []).append(name)
    said = squeeze(sentence)
    left = (said[:1].lower() + said[1:]).replace(squeeze(SAID[found].format(words[found])), "#", 1)
    pairs, left = _taken(left, {pair for pair, _ in by_words}, BEFORE[found])
    whats, left = _taken(left, {what for _, what in by_words}, "inthe")
    if not CONNECTING.fullmatch(left):
        odd = CONNECTING.sub("", left)
        return [], f"no claim is about {odd[:60]!r}"
    if not evidence or TABLE.findall(sentence) != [evidence]:
        return [], f"it does not refer to the table of the tests (table {evidence or '-'}), as derived anew"
    names = []
    for pair in pairs:
        for what in whats:
            if (pair, what) not in by_words:
                return [], f"no claim compares {pair} in {what}"
            names += by_words[pair, what]
    others = [name for name in names if claims[name].comparison.verdict != found]
    if others:
        return [], f"{others[0]} is {claims[others[0]].comparison.verdict}"
    return names, "" if names else "it names no claim"


def _taken(text: str, pieces: set[str], before: str) -> tuple[list[str], str]:
    """Which pieces stand in a text behind a word, longest first, and the text without them."""
    taken = []
    for piece in sorted(pieces, key=len, reverse=True):
        if before + piece in text:
            taken.append(piece)
            text = text.replace(before + piece, "#", 1)
    return taken, text
