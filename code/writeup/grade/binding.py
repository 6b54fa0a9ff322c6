"""Which of a paper's numbers are bound, and to what: whole pieces made anew first, then number by number."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from writeup.files import read_text
from writeup.grade import claims, numbers, said, tables
from writeup.grade.captions import CAPTION, Captioned, captions
from writeup.grade.numbers import Token
from writeup.grade.paper import Paper
from writeup.grade.truth import Truth
from writeup.grade.words import DROPPED, MATHS, Squeezed, maths, plain, squeeze

if TYPE_CHECKING:
    from writeup.grade.rubric import Rubric

Span = tuple[int, int]

WORD = re.compile(r"\S+")
REFERRED = re.compile(
    r"\b(figures?|figs?\.|tables?|listings?|sections?|appendix|appendices|equations?|eqs?\.|lines?|pages?)"
    r"\s+\(?\d+(?:\.\d+)*\)?(?:(?:,| and|,? to|–|-)\s*\(?\d+(?:\.\d+)*\)?)*",
    re.IGNORECASE,
)
CITED = re.compile(r"\[\d+(?:, ?\n?\d+)*\]")
LISTED = re.compile(r"^\[?(\d+)[.\]] ?(?=\s*[A-Z])", re.MULTILINE)
MARK = re.compile(r"\[(\d+): ?([^\[\]]*)\]")
EQUATION = re.compile(r"\((\d+)\)[ \t]*\n")
WINDOW = 260  # characters before and behind a number, within its sentence, that may name it


@dataclass(frozen=True)
class Bound:
    """A number of the paper and what it is; what is "" where it is bound to nothing."""

    token: Token
    what: str
    around: str = ""


@dataclass(frozen=True, eq=False)
class Binding:
    """The numbers of a paper, those of whole pieces and the others."""

    paper: Paper
    truth: Truth
    rubric: "Rubric"

    @cached_property
    def found(self) -> list[Bound]:
        text, covered = self.paper.text, self.covered
        done: list[Bound] = []
        whole = numbers.tokens(text)
        spread_of = {
            token.begin: after
            for token, after in pairwise(whole)
            if re.fullmatch(r"\s*±\s*", text[token.end : after.begin])
        }
        spreads: dict[int, Bound] = {}  # of which the number before decides
        for token in whole:
            if covered[token.begin] and covered[token.end - 1]:
                done.append(Bound(token, covered[token.begin]))
            elif token.begin in spreads:
                done.append(replace(spreads[token.begin], token=token))
            elif (spread := spread_of.get(token.begin)) is not None:
                done.append(self._bound(token, spread))
                spreads[spread.begin] = done[-1]
            else:
                done += self._single(token, covered)
        return done

    @cached_property
    def covered(self) -> list[str]:
        """Of each character the whole piece that it stands in; "" where it stands in none."""
        covered = [""] * len(self.paper.text)
        for (begin, end), what in self.pieces():
            covered[begin:end] = [what] * (end - begin)
        return covered

    @cached_property
    def free(self) -> list[Bound]:
        """The numbers that are bound to nothing."""
        return [one for one in self.found if not one.what]

    def _single(self, token: Token, covered: list[str]) -> list[Bound]:
        """A number, or the several that it is where what seemed a space between thousands parts them."""
        one = self._bound(token)
        parts = numbers.pieces(self.paper.text, token)
        if one.what or len(parts) == 1:
            return [one]
        split = [
            Bound(part, covered[part.begin]) if covered[part.begin] else self._bound(part) for part in parts
        ]
        return split if all(part.what for part in split) else [one]

    def _bound(self, token: Token, spread: Token | None = None) -> Bound:
        around = self.around(token)
        known = self.known(self.section(token.begin))
        end = (spread or token).end
        behind = self.paper.text[end : end + 12]
        what = numbers.bound(token, spread, around, known, self.rubric.vocabulary, self.rubric.rules, behind)
        return Bound(token, what, around)

    @cached_property
    def captions(self) -> list[Captioned]:
        return captions(self.paper.text)

    @cached_property
    def sentences(self) -> list[Span]:
        return list(claims.sentences(self.paper.text))

    def around(self, token: Token) -> str:
        """The sentence of a number, not farther than the window from it, in one line."""
        k = bisect_right(self.sentences, (token.begin, len(self.paper.text))) - 1
        begin, end = self.sentences[max(k, 0)]
        cut = max(begin, token.begin - WINDOW), min(max(end, token.end), token.end + WINDOW)
        return " ".join(self.paper.text[slice(*cut)].split())

    def section(self, offset: int) -> str:
        """The title of the chief section around an offset; "" before the first."""
        starts = [start for start, _ in self.sections]
        k = bisect_right(starts, offset) - 1
        return self.sections[k][1] if k >= 0 else ""

    @cached_property
    def sections(self) -> list[tuple[int, str]]:
        """Offset and title of the chief sections: the lines set largest, and those the rubric names."""
        top = re.compile(r"^(\d+|[A-Z])[ .]\s*[A-Z]|^References|^Bibliography")
        heads = [(start, line) for start, line in self.paper.headings if top.match(line)]
        first = next((k for k, (_, line) in enumerate(heads) if re.match(r"1[ .]", line)), 0)
        return heads[first:]  # a title may begin as an appendix does

    def known(self, section: str) -> dict[str, Any]:
        """The numbers that a section may show."""
        if section not in self._known:
            patterns = next((some for name, some in self.rubric.sections.items() if name in section), None)
            self._known[section] = {
                name: number
                for name, number in self.truth.numbers.items()
                if patterns is None or any(re.fullmatch(pattern, name) for pattern in patterns)
            }
        return self._known[section]

    @cached_property
    def _known(self) -> dict[str, dict[str, Any]]:
        return {}

    # --- whole pieces ---

    def pieces(self) -> Iterator[tuple[Span, str]]:
        """Where something stands that was made anew as a whole, and what it is."""
        paper, squeezed = self.paper, self.paper.squeezed
        yield from self._numbering()
        yield from said.pieces(self)
        yield from self._formulas()
        for name, table in [*self.truth.tables.items(), ("origins", self.truth.names["origins"])]:
            after = 0
            while (found := tables.find(paper, table, after)).head is not None:
                yield found.head, f"table {name}"
                for row in found.rows:
                    yield row, f"table {name}"
                after = found.head[1]
        for name, note in self.truth.notes.items():
            if isinstance(note, list) and note and all(isinstance(line, str) for line in note):
                for line in note:
                    for span in squeezed.all(squeeze(line)):
                        yield span, f"log {name}"
            elif isinstance(note, str) and " " in note:
                for sentence in _sentences(plain(note)):
                    for span in squeezed.all(squeeze(sentence)):
                        yield span, name
        yield from self._marks()
        yield from self._runs()
        yield from self._tags()
        yield from self._listings()
        yield from self._bibliography()
        for span, name, amiss in self.compared:
            if not amiss:
                yield span, f"claim {name}"

    @cached_property
    def compared(self) -> list[tuple[Span, str, str]]:
        """The sentences that state a comparison, see `claims.matched`."""
        skip = [row for table in self.truth.tables.values() for row in tables.find(self.paper, table).rows]
        return list(claims.matched(self.paper, self.truth.claims, self.rubric, self._evidence, skip))

    @property
    def _evidence(self) -> str:
        """The number of the table that has the tests of all claims, as derived anew; "" where none has."""
        table = self.truth.tables.get(self.rubric.evidence)
        place = tables.find(self.paper, table) if table else None
        if place is None or place.head is None or place.missing:
            return ""
        above = [one for one in self.captions if one.kind == "Table" and one.span[0] < place.head[0]]
        return above[-1].number if above else ""

    def _numbering(self) -> Iterator[tuple[Span, str]]:
        text = self.paper.text
        known = {(kind.lower()[:3], number) for kind, number in CAPTION.findall(text)}
        for found in CAPTION.finditer(text):
            yield found.span(), "number of a caption"
        first = self.sections[0][0] if self.sections else len(text)
        if begins := re.compile(r"^\s*Abstract\b", re.MULTILINE).search(text, 0, first):
            yield (0, begins.start()), "title"
        heads = {line.split(" ")[0].rstrip(".") for _, line in self.paper.headings}
        for start, line in self.paper.headings:
            if not self.sections or start < self.sections[0][0]:
                yield (start, start + len(line)), "title"
            elif head := re.match(r"\d+(\.\d+)*\.?(?=\s)", line):
                yield (start, start + head.end()), "number of a section"
        count = 0
        for found in EQUATION.finditer(text):
            if int(found[1]) == count + 1:
                count += 1
                yield found.span(1), "number of an equation"
        for found in REFERRED.finditer(text):
            kind = found[1].lower()[:3]
            for one in re.finditer(r"\d+(?:\.\d+)*", found[0]):
                span = found.start() + one.start(), found.start() + one.end()
                there = {
                    "pag": one[0].isdigit() and 0 < int(one[0]) <= len(self.paper.sheets),
                    "equ": one[0].isdigit() and 0 < int(one[0]) <= count,
                    "eq.": one[0].isdigit() and 0 < int(one[0]) <= count,
                    "sec": one[0] in heads,
                }.get(kind, (kind, one[0]) in known)
                if there:
                    yield span, f"reference to {found[1]}"
        entries: set[int] = set()
        last = 0
        for found in LISTED.finditer(text):
            number = int(found[1])
            if number in (1, last + 1):
                last = number
                yield found.span(1), "number in a list"
            if self.section(found.start()).startswith(("References", "Bibliography")):
                entries.add(number)
        for found in self.cited:
            if {int(number) for number in re.findall(r"\d+", found[0])} <= entries:
                yield found.span(), "citation"

    @property
    def cited(self) -> list[re.Match[str]]:
        """Numbers in brackets that cite: not those in code."""
        return [found for found in CITED.finditer(self.paper.text) if not self.paper.mono[found.start() + 1]]

    @cached_property
    def maths(self) -> Squeezed:
        """The text as formulas are compared: without brackets too."""
        return Squeezed(self.paper.text, re.compile(f"{DROPPED.pattern}|{MATHS.pattern}"))

    def _formulas(self) -> Iterator[tuple[Span, str]]:
        for derivation in self.truth.proofs.values():
            name = f"derivation {derivation['name']}"
            pieces = [*derivation["assumptions"]]
            pieces += [
                f"${one}$" for key in ("assumed", "definitions", "symbols") for one in derivation.get(key, ())
            ]
            for step in derivation["steps"]:
                formula = printed(step)
                mark = maths(f"{plain(step['rule'])}{step['shown']}: {plain(step['mark'])}")
                for span in [*self.maths.all(maths(formula) + mark), *self.maths.all(mark)]:
                    yield span, name
                for piece in self.maths.all(maths(formula)) if len(maths(formula)) > 3 else ():
                    yield piece, name
                pieces += [step["text"], step["rule"], step["holds"]]
                row = f"{step['shown']}{plain(step['name'])}{plain(step['rule'])}{plain(step['holds'])}"
                for span in self.maths.all(maths(row)):
                    yield span, name
                for span in self.maths.all(maths(f"Line {step['shown']} holds {plain(step['holds'])}")):
                    yield span, name
            for piece in pieces:
                for sentence in _sentences(plain(piece)):
                    if len(maths(sentence)) > 3:
                        for span in self.maths.all(maths(sentence)):
                            yield span, name

    def _marks(self) -> Iterator[tuple[Span, str]]:
        """The bracket behind a line of a derivation: its number, and for what it holds."""
        known = {
            (step["shown"], squeeze(plain(step["mark"])))
            for derivation in self.truth.proofs.values()
            for step in derivation["steps"]
        }
        for found in MARK.finditer(self.paper.text):
            if (int(found[1]), squeeze(found[2])) in known:
                yield found.span(), "mark of a line"

    def _runs(self) -> Iterator[tuple[Span, str]]:
        """Rows and words of the provenance: runs, fingerprints, commits, dates, machines."""
        text, squeezed = self.paper.text, self.paper.squeezed
        spaced = Squeezed(text.replace("_", " "))  # as tables write the names of parts
        for run in self.truth.names["provenance"]:
            cells = [run[name] for name in ("part", "seed", "fingerprint", "data", "commit", "date")]
            row = squeeze(" ".join([*cells, f"{run['seconds']:.0f}"]).replace("_", " "))
            for span in spaced.all(row):
                yield span, "provenance"
        for run in self.truth.names["provenance"]:
            for found in re.finditer(rf"(?<![\d.]){run['seed']}\s+(?={re.escape(run['fingerprint'])})", text):
                yield found.span(), "seed"
        for line in self.truth.names["machines"]:
            for span in squeezed.all(squeeze(line)):
                yield span, "machine"
        for found in WORD.finditer(text):
            word = found[0].strip("()[].,;+…")
            if len(word) > 6 and self._is_known(word):
                yield found.span(), "provenance"

    def _is_known(self, word: str) -> bool:
        strings = self._strings
        k = bisect_left(strings, word)
        return k < len(strings) and strings[k].startswith(word)

    @cached_property
    def _strings(self) -> list[str]:
        return sorted(self.truth.strings)

    def _tags(self) -> Iterator[tuple[Span, str]]:
        for name in self.truth.names["shown"]:
            if tag := squeeze(self.truth.runs_of(name)):
                for span in self._tagged(tag):
                    yield span, f"runs of {name}"

    def _tagged(self, tag: str) -> Iterator[Span]:
        squeezed = self.paper.squeezed
        for found in re.finditer(r"\[[^\[\]]*\]", squeezed.text):
            told = re.sub(r"thenearesttothemedianof[\w/.%]*", "", found[0][1:-1])
            if told in (tag, tag.replace("1runs", "1run")):
                yield squeezed.back(*found.span())

    def _listings(self) -> Iterator[tuple[Span, str]]:
        """Lines in a typewriter face that stand in the code of a part."""
        build = self.truth.build
        modules = {part.code for part in build.request.report.parts}
        found = [path for path in map(build.code.file, sorted(modules)) if path is not None]
        source = "\n".join(squeeze(read_text(path)) for path in found)
        for line in re.finditer(r"[^\n]+", self.paper.text):
            solid = [k for k in range(*line.span()) if not self.paper.text[k].isspace()]
            if (
                solid
                and sum(self.paper.mono[k] for k in solid) > 0.8 * len(solid)
                and squeeze(line[0]) in source
            ):
                yield line.span(), "listing"

    def _bibliography(self) -> Iterator[tuple[Span, str]]:
        squeezed = self.paper.squeezed
        for entry in self.truth.names["citations"].entries.values():
            for line in entry.values():
                if len(squeeze(line)) > 5:
                    for span in squeezed.all(squeeze(line.removeprefix("https://"))):
                        yield span, "bibliography"


def printed(step: Mapping[str, Any]) -> str:
    """The formula of a step as the page prints it."""
    return plain(f"${step['lhs']} {step['relation']} {step['rhs']}$")


def _sentences(text: str) -> Iterator[str]:
    for begin, end in claims.sentences(text):
        if text[begin:end].strip():
            yield text[begin:end]
