"""Each item of a rubric held against a paper: what share of its points, and the evidence for it.

Independent items ask what any report on the sheet must have: right answers, figures, numbers in a range, logs
that fall. Recorded ones hold the paper against the report rendered anew.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from writeup.errors import UserError
from writeup.grade import formulas, seen
from writeup.grade.formulas import Question, Said
from writeup.grade.glyphs import Box
from writeup.grade.pages import Paper
from writeup.grade.rendered import Difference, spots
from writeup.grade.rubric import Item

Mark = Literal["pass", "partly", "fail", "could not be read", "not counted", "needs a person"]
Spots = Sequence[tuple[int, Box]]
LABEL = r"(?:answer|solution|antwort|lösung|problem|question|part|exercise)?\s*\(?{}\)?[.:)]?"
EACH = 0.25  # of a recorded item's points that a difference costs
BELOW = 40.0  # points below a picture that its caption begins in
QUOTED = 3  # differences in an item's evidence
LOOKS = 40  # words behind a label within which a formula may be its answer
MORE = r"better|higher|above|ahead|more|larger|beats|outperforms|exceeds"
LESS = r"worse|lower|below|behind|less|fewer|smaller"
NUMBER = re.compile(r"(?<![\d.])\d{1,3}\.\d+(?![\d.])|(?<![\d.])\d{2,3}(?=\s*%)")


@dataclass(frozen=True)
class Verdict:
    """share: of the points. spots: pages and boxes of what it is about."""

    mark: Mark
    share: float
    evidence: str
    spots: Spots = ()

    @property
    def page(self) -> int:
        return self.spots[0][0] if self.spots else 0


def earned(share: float, evidence: str, spots: Spots = ()) -> Verdict:
    mark: Mark = "pass" if share > 1 - 1e-9 else "fail" if share < 1e-9 else "partly"
    return Verdict(mark, share, evidence, spots)


@dataclass(frozen=True, eq=False)
class Grader:
    """A paper, the right answers, the titles of problems. should: the report rendered anew, and differences
    from it; None: the paper is a stranger's.
    """

    paper: Paper
    questions: Mapping[str, Question]
    titles: Mapping[str, str]
    should: Paper | None = None
    differences: Sequence[Difference] = ()

    def mark(self, item: Item) -> Verdict:
        """The verdict on one item. UserError where the rubric names what there is not."""
        ways: Mapping[str, Callable[[Item], Verdict]] = {
            "answer": self._answer,
            "numbers": self._numbers,
            "agrees": self._agrees,
            "figure": self._figure,
            "log": self._log,
            "words": self._words,
            "recorded": self._recorded,
            "check": lambda one: getattr(self, f"_check_{one.target}")(),
            "person": lambda one: Verdict("needs a person", 0.0, str(one.target)),
        }
        if self.should and item.section and not self._section(self.should, item):
            return Verdict("not counted", 0.0, "no part of this report")
        return ways[item.kind](item)

    # --- places ---

    def _section(self, paper: Paper, item: Item) -> str:
        """The number that a paper gives to an item's section; "" where no heading has the problem's title."""
        _, dot, rest = item.section.partition(".")
        top = paper.number(self.titles.get(item.id.partition(".")[0], ""))
        return top + dot + rest if top else ""

    def region(self, item: Item) -> tuple[int, int]:
        """The words of its section; all where the paper does not number its sections so."""
        number = self._section(self.paper, item) or item.section
        found = self.paper.section(number) if number else (0, 0)
        return found if found[1] else (0, len(self.paper.words))

    def _spots(self, begin: int, end: int) -> list[tuple[int, Box]]:
        return spots(self.paper.words[begin:end])

    # --- answers ---

    def _answer(self, item: Item) -> Verdict:
        if item.target not in self.questions:
            raise UserError(f"item {item.id}: answers.toml has no {item.target!r}")
        question = self.questions[item.target]
        number = question.answer.number
        worst: tuple[Said, Spots] | None = None
        for begin, end, framed in self.answers(number):
            found = formulas.said(question, self.paper.rows(begin, end), framed=framed)
            places = self._spots(begin, end)
            if found.word == formulas.RIGHT:
                return earned(1.0, f"says {found.text}", places)
            if worst is None or found.word == formulas.WRONG:
                worst = found, places
        right = question.answer.text
        if worst is None:
            return earned(0.0, f"no answer to {number} was found; right is {right}")
        found, there = worst
        if found.word == formulas.UNREAD:
            return Verdict("could not be read", 0.0, f"says {found.text}", there)
        if found.word == formulas.WRONG:
            return earned(0.0, f"says {found.text} where {right} is right", there)
        return earned(0.0, f"no formula answers {number}: {found.text or 'none'}; right is {right}", there)

    def answers(self, number: str) -> Iterator[tuple[int, int, bool]]:
        """Where a question may be answered: a frame or paragraph with its label, its section, its problem."""
        words = self.paper.words
        label = re.compile(LABEL.format(re.escape(number)), re.IGNORECASE)
        for begin, end in self.paper.framed:
            if label.match(self.paper.text(begin, begin + 3)):
                yield begin + (2 if words[begin].text[:1].isalpha() else 1), end, True
                return
        for begin, end in self.paper.lines:
            said = self.paper.text(begin, min(end, begin + 2))
            if re.match(r"(answer|solution|antwort|lösung)\s", said, re.IGNORECASE) and label.match(said):
                yield begin + 2, self._ends(begin), True
                return
        for piece in (number, number.partition(".")[0]):
            begin, end = self.paper.section(piece)
            if end:
                yield begin + 2, end, False

    def _ends(self, begin: int) -> int:
        """Where a labelled answer ends: at the next label or heading, or after some words."""
        stops = [k for k, _ in self.paper.headings if k > begin]
        starts = re.compile(r"(answer|solution|antwort|lösung|q\.e\.d)", re.IGNORECASE)
        stops += [a for a, _ in self.paper.lines if a > begin + 1 and starts.match(self.paper.words[a].text)]
        return min([*stops, begin + LOOKS * 4, len(self.paper.words)])

    # --- elements ---

    def _numbers(self, item: Item) -> Verdict:
        """So many different numbers of a range, in lines (or below heads) that say what they are."""
        begin, end = self.region(item)
        least, most = item.options.get("least", 0.0), item.options.get("most", float("inf"))
        near = re.compile(item.options.get("near", "."), re.IGNORECASE)
        best: tuple[list[str], Spots] = [], ()
        lines = [(a, b) for a, b in self.paper.lines if begin <= a < end]
        for k, (a, b) in enumerate(lines):
            if not near.search(self.paper.text(a, b)):
                continue
            last = min(k + 8, len(lines))
            said = self.paper.text(a, lines[last - 1][1])
            fit = [one for one in dict.fromkeys(NUMBER.findall(said)) if least <= float(one) <= most]
            if len(fit) > len(best[0]):
                best = fit, self._spots(a, lines[last - 1][1])
        share = min(len(best[0]) / item.target, 1.0)
        return earned(share, f"{len(best[0])} of {item.target}: {', '.join(best[0][: item.target])}", best[1])

    def _agrees(self, item: Item) -> Verdict:
        """Sentences that compare two things say what the numbers that stand by these things say."""
        begin, end = self.region(item)
        one, two = item.target
        means = [sum(some) / len(some) if some else None for some in self._numbers_by(item, begin, end)]
        claim = re.compile(
            rf"\b({one}|{two})[^.;]*?\b(?<!not )(?<!no )({MORE}|{LESS})\b(?:[^.;]|\.\d)*?\b({one}|{two})",
            re.IGNORECASE,
        )
        said = []
        for found in claim.finditer(self.paper.text(begin, end)):
            first, last = (bool(re.fullmatch(one, found[k], re.IGNORECASE)) for k in (1, 3))
            if first != last:
                said.append((first == bool(re.fullmatch(MORE, found[2], re.IGNORECASE)), found[0]))
        if not said:
            return earned(0.0, f"no sentence compares {one} with {two}")
        if means[0] is None or means[1] is None:
            return Verdict("could not be read", 0.0, f"no numbers stand by {one} and {two}")
        wrong = [words for better, words in said if better != (means[0] > means[1])]
        beside = f"{means[0]:.4g} for {one} and {means[1]:.4g} for {two} on average"
        if wrong:
            return earned(1 - len(wrong) / len(said), f"says {wrong[0]!r}, and its numbers are {beside}")
        return earned(1.0, f"says {said[0][1]!r}: {beside}")

    def _numbers_by(self, item: Item, begin: int, end: int) -> tuple[list[float], list[float]]:
        """Numbers in lines that name one of two things, or below where a line names both."""
        found: tuple[list[float], list[float]] = [], []
        least, most = item.options.get("least", 0.0), item.options.get("most", float("inf"))
        heads: list[tuple[float, int]] = []
        for a, b in self.paper.lines:
            if not begin <= a < end:
                continue
            words = self.paper.words[a:b]
            named = [(word.box[0], k) for word in words for k, name in enumerate(item.target)
                     if re.match(name, word.text, re.IGNORECASE)]  # fmt: skip
            numbers = [(word.box[0], float(one)) for word in words for one in NUMBER.findall(word.text)
                       if least <= float(one) <= most]  # fmt: skip
            if not numbers:
                heads = named if len({k for _, k in named}) == 2 else heads
            elif len({k for _, k in named}) == 1:
                found[named[0][1]].extend(value for _, value in numbers)
            elif heads and not named:
                for x, value in numbers:
                    found[min(heads, key=lambda head: abs(head[0] - x))[1]].append(value)
        return found

    def _figure(self, item: Item) -> Verdict:
        """A picture with such a caption; the caption alone is half."""
        begin, end = self.region(item)
        pattern = re.compile(item.target, re.IGNORECASE)
        words = self.paper.words
        for k in range(begin, end - 1):
            if words[k].text.lower() in ("figure", "fig.", "abbildung") and re.match(
                r"\d+[.:]", words[k + 1].text
            ):
                said = self.paper.text(k, min(k + 60, end))
                if pattern.search(said):
                    there = self._drawn(words[k].page)
                    evidence = said[:120] + ("" if there else " (no picture)")
                    return earned(1.0 if there else 0.5, evidence, self._spots(k, k + 2))
        for number, box, said in self._below_pictures(begin, end):
            if pattern.search(said):
                return earned(1.0, said[:120], [(number, box)])
        return earned(0.0, f"no figure whose caption says {item.target}")

    def _below_pictures(self, begin: int, end: int) -> Iterator[tuple[int, Box, str]]:
        """The pictures of some words' pages, with what is said below each: captions without numbers."""
        first, last = (self.paper.words[k].page for k in (begin, end - 1))
        for page in self.paper.pages[first - 1 : last]:
            for box in page.pictures:
                near = [w.text for w in self.paper.words[begin:end] if w.page == page.number
                        and box[1] - BELOW < w.box[1] < box[1]]  # fmt: skip
                yield page.number, box, " ".join(near)

    def _drawn(self, number: int) -> bool:
        page = self.paper.pages[number - 1]
        return bool(page.pictures) or page.strokes > 20

    def _log(self, item: Item) -> Verdict:
        """Lines of a log, at least so many; the number in them falls, where it should."""
        begin, end = self.region(item)
        text = self.paper.text(begin, end)
        values = [float(one[1]) for one in re.finditer(item.target, text)]
        least = int(item.options.get("least", 4))
        if len(values) < least:
            return earned(0.5 * len(values) / least, f"{len(values)} lines of a log, fewer than {least}")
        if item.options.get("falls") and not values[-1] < values[0]:
            return earned(
                0.5, f"{len(values)} lines, but {values[0]:g} does not fall: {values[-1]:g} at the end"
            )
        return earned(1.0, f"{len(values)} lines, from {values[0]:g} to {values[-1]:g}")

    def _words(self, item: Item) -> Verdict:
        begin, end = self.region(item)
        text = self.paper.text(begin, end)
        text += re.sub(r"(?<=\w)- ?(?=[a-z])", "", text)  # a line's end may have parted a word
        missing = [one for one in item.target if not re.search(one, text, re.IGNORECASE)]
        found = len(item.target) - len(missing)
        evidence = f"lacks {', '.join(missing)}" if missing else f"{found} of {found}"
        return earned(found / max(len(item.target), 1), evidence, self._spots(begin, begin + 2))

    # --- against the report rendered anew ---

    def _recorded(self, item: Item) -> Verdict:
        if self.should is None:
            return Verdict("not counted", 0.0, "it needs the runs behind the report")
        mine = [one for one in self.differences if one.kind in item.target and self._belongs(one, item)]
        if not mine:
            return earned(1.0, "as rendered anew from the records")
        places = [spot for one in mine for spot in one.spots]
        more = f" (and {len(mine) - QUOTED} more)" if len(mine) > QUOTED else ""
        said = "; ".join(map(str, mine[:QUOTED]))
        return earned(max(0.0, 1 - EACH * len(mine)), f"{said}{more}", places)

    def _belongs(self, one: Difference, item: Item) -> bool:
        top = one.section.partition(".")[0]
        if not item.section or self.should is None:
            return not top.isdigit()
        return top == self._section(self.should, item)

    # --- of any file ---

    def _check_fonts(self) -> Verdict:
        """Every font is embedded: the page looks the same everywhere."""
        lacking = sorted({font.name for font in self.paper.fonts if not font.embedded})
        said = f"not embedded: {', '.join(lacking)}" if lacking else "all fonts are embedded"
        return earned(float(not lacking), said)

    def _check_pages(self) -> Verdict:
        """The numbers that pages bear count them."""
        numbered = [(page.number, int(page.folio.text)) for page in self.paper.pages if page.folio]
        for (before, last), (at, number) in pairwise(numbered):
            if number - last != at - before:
                said = f"sheet {at} bears the number {number}, sheet {before} {last}"
                return earned(0.0, said, [(at, (40, 40, 80, 60))])
        return earned(1.0, f"{len(self.paper.pages)} pages, none missing")

    def _check_visible(self) -> Verdict:
        """What the file says is to be seen."""
        if found := list(seen.unseen(self.paper)):
            return earned(0.0, str(found[0]), [spot for one in found for spot in one.spots])
        return earned(1.0, "every word has ink")
