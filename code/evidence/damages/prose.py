"""Damages to what the text says in numbers."""

import re
from collections.abc import Callable, Iterator

from evidence.damages.items import ABSTRACT, CAPTIONS, COMPARISONS, FIGURES, NUMBERS, STALE, TABLES
from writeup.grade import truth
from writeup.grade.copies import Copy, NothingToDamage, bumped
from writeup.grade.damage import Damage
from writeup.page.source.formats import fixed, spread
from writeup.results.values import Value


def listed(known: truth.Truth) -> Iterator[Damage]:
    def number(text: str) -> Callable[[Copy], None]:
        def make(copy: Copy) -> None:
            begin = copy.tex.find(r"\begin{document}")
            at = [m.start() for m in re.finditer(re.escape(text), copy.tex) if m.start() > begin]
            prose = [
                k for k in at if "&" not in copy.tex[copy.tex.rfind("\n", 0, k) : copy.tex.find("\n", k)]
            ]
            if not prose:
                raise NothingToDamage(text)
            copy.tex = copy.tex[: prose[-1]] + bumped(text) + copy.tex[prose[-1] + len(text) :]

        return make

    shown = [
        *(("siamese/cnn/auc", 4), ("siamese/cnn/eer", 2), ("cvae/test_negative_elbo", 2)),
        *(
            ("cvae/conditional_accuracy", 2),
            ("cvae/importance_bound", 2),
            ("cvae_tuned/test_negative_elbo", 2),
        ),
    ]
    for name, digits in shown:
        if isinstance(value := known.numbers.get(name), Value):
            yield Damage(
                f"a digit of {name} in prose",
                [NUMBERS, ABSTRACT],
                number(str(spread(value, digits)).strip("$")),
            )
    for name, digits in (
        ("text_cnn/leaked_share", 1),
        ("text_cnn/contained_share", 1),
        ("digits/test_accuracy", 2),
    ):
        if isinstance(value := known.numbers.get(name), Value):
            at = [NUMBERS, ABSTRACT, "says:{text_cnn/contained_share:1} % are contained in one"]
            yield Damage(f"a digit of {name} in prose", at, number(str(fixed(value, digits))))

    def in_abstract(copy: Copy) -> None:
        found = re.search(r"(?s)\\begin\{abstract\}.*?\\end\{abstract\}", copy.tex)
        numbers = re.findall(r"\d+\.\d+", found[0]) if found else []
        if not found or not numbers:
            raise NothingToDamage("abstract")
        copy.swap(found[0], found[0].replace(numbers[0], bumped(numbers[0]), 1))

    yield Damage("a number of the abstract", [NUMBERS, ABSTRACT], in_abstract)
    yield Damage(
        "a number of epochs",
        [NUMBERS],
        lambda copy: copy.rewrite(r"(\d+) epochs", lambda m: bumped(m[1]) + " epochs"),
    )
    yield Damage(
        "how many kills were survived",
        [NUMBERS],
        lambda copy: copy.rewrite(r"said again: (\d+)", lambda m: f"said again: {bumped(m[1])}"),
    )
    yield Damage(
        "the runs in a caption",
        [CAPTIONS, FIGURES, TABLES],
        lambda copy: copy.rewrite(r"(\d) runs\]", lambda m: bumped(m[1]) + " runs]"),
    )
    yield Damage(
        "the seed in a caption",
        [CAPTIONS, FIGURES, TABLES],
        lambda copy: copy.rewrite(r"seed (\d), of", lambda m: f"seed {bumped(m[1])}, of"),
    )
    yield Damage(
        "a seed in the provenance",
        [NUMBERS],
        lambda copy: copy.rewrite(
            r"& (\d) & \\texttt", lambda m: f"& {bumped(m[1])} & \\texttt", r"\\section\{Provenance\}.*"
        ),
    )
    yield Damage(
        "a comparison that no test made",
        [COMPARISONS],
        lambda copy: copy.swap(
            r"\section*{References}", "Our network beats all that was published.\n\n\\section*{References}"
        ),
    )
    yield Damage(
        "a section marked as stale",
        [STALE],
        lambda copy: copy.swap(
            r"\section*{References}",
            "\\textbf{Stale.} Its numbers are not current.\n\n\\section*{References}",
        ),
    )
