"""Damages that are slips of the pen: words, units, bounds, labels, numbers that stand elsewhere too."""

import re
from collections.abc import Callable, Iterator
from functools import partial

from evidence.damages.items import (
    ACCESSIBLE,
    CAPTIONS,
    CITATIONS,
    COMPARISONS,
    DERIVATIONS,
    FIGURES,
    FIRST_PAGE,
    IN_WORDS,
    LIMITS,
    LISTINGS,
    NUMBERS,
    TABLES,
    VISIBLE,
)
from writeup.grade import svgs, truth
from writeup.grade.copies import Copy, NothingToDamage, bumped
from writeup.grade.damage import Damage
from writeup.page.source.formats import escape, fixed, spread
from writeup.results.values import Value

MEAN = r"\$?[\d.]+ \\pm [\d.]+\$?"


def listed(known: truth.Truth) -> Iterator[Damage]:
    yield from _figures(known)
    yield from _words()
    yield from _first_page(known)
    yield from _elsewhere(known)
    yield from _labels(known)


def _figures(known: truth.Truth) -> Iterator[Damage]:
    def exchanged(count: int) -> Callable[[str], str]:
        def change(svg: str) -> str:
            some = [one for one in dict.fromkeys(svgs.words(svg)) if re.search("[a-z]{3}", one)]
            if len(some) < 2:
                raise NothingToDamage("no two labels")
            return svgs.words_exchanged(svg, *some[count : count + 2][-2:])

        return change

    for name, what, first in (
        ("siamese_loss", "labels of the axes", 0),
        ("text_cnn_loss", "labels of two curves", 1),
        ("gan_classes", "words of the legend", -2),
    ):
        if name in known.names["alts"]:
            change = exchanged(first) if first >= 0 else _last_two
            yield Damage(
                f"{name}: {what} exchanged",
                [FIGURES, f"figure:{name}"],
                lambda copy, name=name, change=change: copy.redraw(name, change),  # type: ignore[misc]
            )
    yield Damage(
        "a number in an alternative text",
        [ACCESSIBLE],
        lambda copy: copy.rewrite(r"alt=\{[^{}]*?\d\.\d+", lambda m: bumped(m[0])),
    )
    yield Damage(
        "two alternative texts exchanged",
        [ACCESSIBLE],
        _exchanged_alternatives,
    )


def _last_two(svg: str) -> str:
    some = [one for one in dict.fromkeys(svgs.words(svg)) if re.search("[a-z]{3}", one)]
    return svgs.words_exchanged(svg, *some[-2:])


def _exchanged_alternatives(copy: Copy) -> None:
    found = re.findall(r"alt=\{[^{}]+\}", copy.tex)
    if len(found) < 2:
        raise NothingToDamage("alternative texts")
    copy.tex = copy.tex.replace(found[0], found[1], 1)


def _words() -> Iterator[Damage]:
    def word(old: str, new: str) -> Callable[[Copy], None]:
        return lambda copy: copy.rewrite(old, lambda m: m.expand(new))

    yield Damage("not: a finding turned", [COMPARISONS], word(r"(more\s+samples are) read", r"\1 not read"))
    yield Damage("not: a difference that was not found", [COMPARISONS], word("found no sig", "found a sig"))
    yield Damage("p < turned to p >", [COMPARISONS], word(r"adjusted \$p <", "adjusted $p >"))
    yield Damage("p = turned to p >", [COMPARISONS], word(r"adjusted \$p =", "adjusted $p >"))
    yield Damage(
        "bounds of an interval exchanged",
        [COMPARISONS],
        word(r"interval (\$?-?[\d.]+\$?) to (\$?-?[\d.]+\$?)", r"interval \2 to \1"),
    )
    yield Damage("nats turned to bits", [NUMBERS, IN_WORDS], word(r"(\\pm [\d.]+\$)([~ ])nats", r"\1\2bits"))
    yield Damage("nats of the abstract turned to bits", [NUMBERS, IN_WORDS], word(r"nats an", "bits an"))
    yield Damage("a spread of another run", [NUMBERS], word(r"(\\pm )(\d\.\d)1", r"\g<1>\g<2>7"))
    yield Damage(
        "bounds of the shares exchanged",
        [IN_WORDS, NUMBERS],
        word(r"shares from (.*?) \(digit (\d)\) to (.*?) \(digit", r"shares from \3 (digit \2) to \1 (digit"),
    )
    yield Damage(
        "two numbers of a sentence exchanged",
        [IN_WORDS, NUMBERS],
        word(
            rf"({MEAN})(.{{1,8}} of the test phrases correctly, but )({MEAN})",
            r"\3\2\1",
        ),
    )
    yield Damage(
        "left and right exchanged in a caption", [FIGURES, CAPTIONS], word("Left: (cont)", r"Right: \1")
    )
    yield Damage("a reference to another figure", [IN_WORDS], _other_figure)
    yield Damage(
        "a sign in the middle of a derivation",
        [DERIVATIONS],
        word(r"- \\left\(m - d\\right\)", r"+ \\left(m - d\\right)"),
    )
    yield Damage("words of a derivation", [DERIVATIONS], word(r"is never negative", "is never positive"))
    yield Damage("a line of a listing", [LISTINGS], word(r"F\.relu\(x\)", "F.tanh(x)"))
    yield Damage("a caveat left out", [LIMITS], word(r", may be optimistic", ", may be trusted"))
    yield Damage("a row in white", [VISIBLE], _in_white)
    for name, work, by in (("of another work", "hu2017", -3), ("in another order", "radford2016", 1)):
        yield Damage(f"a citation {name}", [CITATIONS], partial(_cite_another, work, by))


def _cite_another(work: str, by: int, copy: Copy) -> None:
    """The first citation of a work bears another number."""
    copy.rewrite(rf"(ref:{work}\}}\{{)(\d+)\}}", lambda m: f"{m[1]}{int(m[2]) + by}}}")


def _other_figure(copy: Copy) -> None:
    copy.rewrite(r"\\Cref\{fig:siamese_pairs\} shows", lambda m: m[0].replace("pairs", "roc"))


def _in_white(copy: Copy) -> None:
    copy.swap(r"\begin{document}", "\\definecolor{paper}{HTML}{FFFFFF}\n\\begin{document}")
    copy.rewrite(
        r"With the tuned settings,(?=[~\s]+the[~\s]+Fr)", lambda m: rf"\textcolor{{paper}}{{{m[0]}}}"
    )


def _first_page(known: truth.Truth) -> Iterator[Damage]:
    for name, digits in (("gan/classifier_score", 2), ("siamese/cnn/auc", 4)):
        if isinstance(value := known.numbers.get(name), Value):
            said = str(spread(value, digits)).strip("$")
            yield Damage(
                f"the first page's {name}",
                [FIRST_PAGE],
                lambda copy, said=said: copy.rewrite(  # type: ignore[misc]
                    rf"& {re.escape('$' + said)}", lambda m: bumped(m[0]), r"\\label\{tab:answers\}.*"
                ),
            )
    yield Damage(
        "the first page's question",
        [FIRST_PAGE],
        lambda copy: copy.rewrite(r"3\.1 & the bound", lambda m: m[0].replace("3.1", "3.2")),
    )
    yield Damage(
        "the first page's formula",
        [FIRST_PAGE],
        lambda copy: copy.rewrite(r"H - H' \+ 1", lambda m: "H - H' - 1", r"\\label\{tab:answers\}.*"),
    )


def _elsewhere(known: truth.Truth) -> Iterator[Damage]:
    """A number that is recorded, but of another part, setting or measure."""
    for name, other, digits in (
        ("gan/classifier_score", "gan_tuned/classifier_score", 2),
        ("cvae/test_negative_elbo", "cvae_longer/test_negative_elbo", 2),
        ("siamese/cnn/auc", "siamese/fisher/auc", 4),
    ):
        here, there = known.numbers.get(name), known.numbers.get(other)
        if isinstance(here, Value) and isinstance(there, Value):
            old, new = str(spread(here, digits)), str(spread(there, digits))
            yield Damage(
                f"{name} replaced by {other}",
                [IN_WORDS, FIRST_PAGE, NUMBERS],
                lambda copy, old=old, new=new: copy.swap(old, new),  # type: ignore[misc]
            )
    if isinstance(value := known.numbers.get("digits/test_accuracy"), Value):
        said = str(fixed(value, 2))
        yield Damage(
            "the percent sign left out", [NUMBERS, IN_WORDS], lambda copy: copy.swap(said + r"\,\%", said)
        )


def _labels(known: truth.Truth) -> Iterator[Damage]:
    """Two rows of a table under each other's label."""
    for name in ("text_cnn", "siamese", "cvae", "gan"):
        table = known.tables.get(name)
        if table is None or len(table.rows) < 2:
            continue
        rows = [[str(escape(cell)) for cell in row] for row in table.rows[:2]]
        if rows[0][0] == rows[1][0]:
            continue
        old = " \\\\\n".join(" & ".join(row) for row in rows)
        new = " \\\\\n".join(" & ".join([a[0], *b[1:]]) for a, b in zip(rows, rows[::-1], strict=True))
        yield Damage(
            f"two labels of {name} exchanged",
            [TABLES, f"table:{name}"],
            lambda copy, old=old, new=new: copy.swap(old, new),  # type: ignore[misc]
        )
