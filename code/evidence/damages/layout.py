"""Damages to what stands where: sections, answers, citations, pages."""

import re
from collections.abc import Callable, Iterator

from evidence.damages.items import ABSTRACT, CITATIONS, NUMBERS, PAGES
from writeup.grade import pdfs
from writeup.grade.copies import Copy, NothingToDamage
from writeup.grade.damage import Damage

LEAKS = "says:{text_cnn/contained_share:1} % of its test phrases are contained in a training phrase"
WHY = "formula:why: the last window that fits, and the next that does not"


def listed() -> Iterator[Damage]:
    def without(title: str) -> Callable[[Copy], None]:
        def make(copy: Copy) -> None:
            found = re.search(rf"(?s)(?<=\\paragraph\{{{title}\.\}}).*?(?=\\paragraph)", copy.tex)
            if found is None:
                raise NothingToDamage(title)
            copy.tex = copy.tex.replace(found[0], " Phrases are parts of sentences.\n")

        return make

    yield Damage("what the split leaks left out", [LEAKS], without("Leaks"))
    yield Damage(
        "two answers under each other's question",
        ["formula:convolution/2", WHY],
        lambda copy: _exchange_sections(copy, "The convolution", "The size of the output"),
    )
    yield Damage(
        "two derivations under each other's title",
        ["proof:elbo", "proof:gaussian_kl_diagonal"],
        lambda copy: _exchange_sections(copy, "The evidence lower bound", "The divergence of Gaussians"),
    )
    yield Damage(
        "where it fails left out",
        ["says:Where it fails"],
        lambda copy: copy.rewrite(r"Where it fails", lambda m: "A remark"),
    )
    yield Damage(
        "the abstract left out",
        [ABSTRACT],
        lambda copy: copy.rewrite(r"(?s)\\begin\{abstract\}.*?\\end\{abstract\}", lambda m: ""),
    )
    yield Damage(
        "a citation of another number",
        [CITATIONS, NUMBERS],
        lambda copy: copy.rewrite(r"\{(\d+)\}\]", lambda m: f"{{{int(m[1]) + 70}}}]"),
    )
    yield Damage(
        "a page left out",
        [PAGES],
        lambda copy: copy.after.append(pdfs.without_middle),
    )
    yield Damage("a page twice", [PAGES], lambda copy: copy.after.append(pdfs.page_twice))
    yield Damage("pages exchanged", [PAGES], lambda copy: copy.after.append(pdfs.pages_exchanged))
    yield Damage(
        "cut off",
        ["refused"],
        lambda copy: copy.after.append(lambda data: data[: len(data) // 3]),
    )


def _exchange_sections(copy: Copy, one: str, two: str) -> None:
    pieces = []
    for title in (one, two):
        head, end = rf"\\(?:subsection|paragraph)\{{{title}\.?\}}", r"\\(?:(?:sub)?section|paragraph\{The s)"
        found = re.search(rf"(?s){head}(.*?)(?={end})", copy.tex)
        if found is None:
            raise NothingToDamage(title)
        pieces.append(found[1])
    copy.exchange(*pieces)
