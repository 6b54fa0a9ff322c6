"""Damages to what stands where: sections, answers, citations, pages."""

import re
from collections.abc import Callable, Iterator

from assignment3.bench.damages.items import ABSTRACT, CITATIONS, NUMBERS, PAGES
from writeup.grade import pdfs
from writeup.grade.copies import Copy, NothingToDamage
from writeup.grade.damage import Damage


def listed() -> Iterator[Damage]:
    def without(title: str) -> Callable[[Copy], None]:
        def make(copy: Copy) -> None:
            found = re.search(
                rf"(?s)\\paragraph\{{{title}\.\}}.*?(?=\\(paragraph|noindent|(sub)?section))", copy.tex
            )
            if found is None:
                raise NothingToDamage(title)
            copy.tex = copy.tex.replace(found[0], "")

        return make

    yield Damage(
        "the size of the output left out", ["formula:convolution/7"], without("The size of the output")
    )
    yield Damage(
        "two answers under each other's question",
        ["formula:convolution/7", "formula:convolution/1"],
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
