"""Each item of a rubric held against a paper: pass, fail, not applicable, or for a person to judge."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

import pypdfium2

from writeup.errors import UserError
from writeup.grade import said, tables
from writeup.grade.binding import Binding, printed
from writeup.grade.captions import Captioned, with_words
from writeup.grade.figures import Gallery, Look, picture_of, same_bitmaps
from writeup.grade.paper import Paper
from writeup.grade.rubric import Item, Rubric
from writeup.grade.truth import Truth
from writeup.grade.words import maths, squeeze

Span = tuple[int, int]
Mark = Literal["pass", "fail", "not applicable", "needs a person"]
CONTINUED = re.compile(r"\w{1,2}=|[+−*]")  # what stands behind a formula that goes on


@dataclass(frozen=True)
class Verdict:
    """mark, and the evidence for it: what was found, or what was not. where: spans of the text."""

    mark: Mark
    evidence: str
    where: Sequence[Span] = ()
    page: int = 0


@dataclass(frozen=True, eq=False)
class Grader:
    """A paper, the truth, a rubric: verdicts on items."""

    paper: Paper
    truth: Truth
    rubric: Rubric
    gallery: Gallery
    binding: Binding = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "binding", Binding(self.paper, self.truth, self.rubric))

    def mark(self, item: Item) -> Verdict:
        """The verdict on one item. UserError where the rubric names what the report does not declare."""
        from writeup.grade import checks

        if item.kind == "person":
            return Verdict("needs a person", str(item.target))
        if (part := item.options.get("of")) and part not in self.truth.names["parts"]:
            return Verdict("not applicable", f"{part} is no part of this report")
        if item.kind == "check":
            return checks.CHECKS[item.target](self)
        ways: Mapping[str, Callable[[Item], Verdict]] = {
            "formula": self._formula,
            "proof": self._proof,
            "table": self._table,
            "figure": self._figure,
            "log": self._log,
            "claim": self._claim,
            "says": self._says,
        }
        return ways[item.kind](item)

    def passed(self, evidence: str, *where: Span) -> Verdict:
        return Verdict("pass", evidence, where, self.paper.page(where[0][0]) if where else 0)

    def failed(self, evidence: str, *where: Span) -> Verdict:
        return Verdict("fail", evidence, where, self.paper.page(where[0][0]) if where else 0)

    # --- pieces of the paper ---

    def regions(self, item: Item) -> list[Span]:
        """Where an item may stand: from each heading or words of `in` to the next heading of that rank."""
        if not item.within:
            return [(0, len(self.paper.text))]
        return [region for words in item.within for region in self._regions(words)]

    def _regions(self, words: str) -> Iterator[Span]:
        sought = squeeze(words)
        heads = self.paper.headings
        for k, (start, line) in enumerate(heads):
            if sought in squeeze(line):
                rank = _rank(line)
                ends = (begin for begin, other in heads[k + 1 :] if _rank(other) <= rank)
                yield start, next(ends, len(self.paper.text))
                return
        for begin, end in said.begins(self.binding, words):
            if begin == 0:
                continue
            after = [start for start, _ in heads if start > begin]
            following = re.compile(r"\n\s*(Answer \d|Q\.E\.D\.)").search(self.paper.text, end)
            yield begin, min([*after, following.start() if following else len(self.paper.text), begin + 4000])

    @property
    def captions(self) -> list[Captioned]:
        return self.binding.captions

    def caption(self, kind: str, words: str) -> Captioned | None:
        """The caption of that kind with these words."""
        return with_words(self.captions, kind, words)

    # --- items ---

    def _step(self, item: Item, name: str) -> Any:
        derivation, _, number = name.partition("/")
        if derivation not in self.truth.proofs:
            raise UserError(f"{self.rubric.path.name}: item {item.id}: no derivation {derivation!r}")
        steps = self.truth.proofs[derivation]["steps"]
        if not number.isdigit() or not 1 <= int(number) <= len(steps):
            raise UserError(
                f"{self.rubric.path.name}: item {item.id}: {derivation} has steps 1 to {len(steps)}"
            )
        return steps[int(number) - 1]

    def _formula(self, item: Item) -> Verdict:
        found: list[Span] = []
        for name in [item.target] if isinstance(item.target, str) else item.target:
            shown = printed(self._step(item, name))
            here = [
                span
                for begin, end in self.regions(item)
                for span in self.binding.maths.all(maths(shown))
                if begin <= span[0] < end and self._ends(span, maths(shown))
            ]
            if not here:
                where = " or ".join(item.within) or "the report"
                return self.failed(f"not found in {where}: {shown}", *found)
            found.append(here[0])
        return self.passed(" ".join(self.paper.text[slice(*found[0])].split()), *found)

    def _ends(self, span: Span, formula: str) -> bool:
        """Whether a formula ends where it should: no further digit, sign or term belongs to it."""
        behind = self.paper.text[span[1] : span[1] + 2].strip(" ")
        if formula[-1:].isdigit() and behind[:1].isdigit():
            return False
        rest = self.binding.maths
        k = rest.at(span[1])
        return CONTINUED.match(rest.text[k : k + 4]) is None

    def _proof(self, item: Item) -> Verdict:
        derivation = self.truth.proofs.get(str(item.target))
        if derivation is None:
            raise UserError(f"{self.rubric.path.name}: item {item.id}: no derivation {item.target!r}")
        spans: list[Span] = []
        regions = self.regions(item)
        reach = 0
        for step in derivation["steps"]:
            shown = printed(step)
            here = [
                span
                for begin, end in regions
                for span in self.binding.maths.all(maths(shown))
                if begin <= span[0] < end and span[0] >= reach and self._ends(span, maths(shown))
            ]
            if not here:
                return self.failed(f"line {step['number']} is not there in its place: {shown}", *spans[-1:])
            spans.append(here[0])
            reach = here[0][0]
        return self.passed(f"{len(spans)} lines, each proved again", *spans)

    def _table(self, item: Item) -> Verdict:
        name = str(item.target)
        self._declared(item, name, [one.name for one in self.truth.build.request.report.tables])
        if name not in self.truth.tables:
            return Verdict("not applicable", "its results are no part of this report")
        return self.table(name, str(item.options.get("caption", "")))

    def table(self, name: str, words: str) -> Verdict:
        """Whether a table stands below the caption with these words, every cell as derived anew."""
        table = self.truth.tables[name]
        caption = self.caption("Table", words) if words else None
        if words and caption is None:
            return self.failed(f"no table with {words!r} in its caption")
        found = tables.find(self.paper, table, caption.span[0] if caption else 0)
        if found.head is None:
            return self.failed(
                f"no table with the head {tables.text(list(table.head))}",
                *([caption.span] if caption else []),
            )
        if caption is not None:
            between = [one for one in self.captions if caption.span[0] < one.span[0] < found.head[0]]
            if between or found.head[0] - caption.span[0] > 1500:
                return self.failed(
                    f"the table below this caption is not the one derived anew ({name})", caption.span
                )
        if found.missing:
            return self.failed(f"not as derived anew: {found.missing[0]}", found.head, *found.rows)
        where = f"table {caption.number}: " if caption else ""
        return self.passed(f"{where}{len(found.rows)} rows as derived anew", found.head, *found.rows)

    def _figure(self, item: Item) -> Verdict:
        name = str(item.target)
        declared = self.truth.figure(name)
        self._declared(item, name, [one.name for one in self.truth.build.request.report.figures])
        assert declared is not None
        if not self.truth.build.shows(declared):
            return Verdict("not applicable", "its results are no part of this report")
        words = str(item.options.get("caption", ""))
        caption = self.caption("Figure", words)
        if caption is None:
            return self.failed(f"no figure with {words!r} in its caption")
        return self.figure(name, caption, item.options)

    def figure(self, name: str, caption: Captioned, options: Mapping[str, Any]) -> Verdict:
        """Whether the picture at a caption is the figure drawn anew."""
        shown = self.shown(caption)
        at = caption.span
        if shown is None:
            return self.failed(f"figure {caption.number}: a caption without a picture", at)
        found, score, look, box = shown
        if look.blank:
            return self.failed(f"figure {caption.number}: blank", at)
        width, height = box[2] - box[0], box[3] - box[1]
        least = float(options.get("width", 60)), float(options.get("height", 30))
        if width < least[0] or height < least[1]:
            return self.failed(f"figure {caption.number}: {width:.0f} x {height:.0f} points, too small", at)
        if found != name or score < 1:
            what = (
                f"it is {found}" if found and score >= 1 else f"it is like no recorded figure ({score:.2f})"
            )
            return self.failed(f"figure {caption.number} is not {name} as drawn anew: {what}", at)
        if differs := same_bitmaps(look, self.gallery.looks[name]):
            return self.failed(f"figure {caption.number}: {differs}", at)
        wanted = options.get("panels")
        if wanted and look.panels != wanted:
            return self.failed(f"figure {caption.number}: {look.panels} panels, not {wanted}", at)
        return self.passed(
            f"figure {caption.number}: {name} as drawn anew, {width:.0f} x {height:.0f} points", at
        )

    @cached_property
    def _looked(self) -> dict[str, tuple[str, float, Look, tuple[float, float, float, float]] | None]:
        found: dict[str, Any] = {}
        document = pypdfium2.PdfDocument(self.paper.data)
        try:
            for one in self.captions:
                if one.kind != "Figure":
                    continue
                (page, box), *_ = self.paper.place(*one.span)
                picture = picture_of(self.paper, page, box)
                if picture is None:
                    found[one.number] = None
                    continue
                name, score, look = self.gallery.nearest(document[page - 1], picture)
                place = picture.of_size(*self.gallery.sizes[name]) if name else picture.box
                found[one.number] = name, score, look, place
        finally:
            document.close()
        return found

    def shown(self, caption: Captioned) -> tuple[str, float, Look, tuple[float, float, float, float]] | None:
        """The declared figure that the picture at a caption is most alike, how much, and the picture."""
        return self._looked.get(caption.number)

    def _log(self, item: Item) -> Verdict:
        lines = self.truth.notes.get(str(item.target))
        if not isinstance(lines, list):
            declared = [one.name for one in self.truth.build.request.report.notes]
            self._declared(item, str(item.target), declared)
            return Verdict("not applicable", "its results are no part of this report")
        squeezed, spans, last = self.paper.squeezed, [], -1
        for k, line in enumerate(lines):
            if here := squeezed.all(squeeze(str(line))):
                spans.append(here[0])
                last = k
        pattern = re.compile(str(item.options.get("format", "(?!)")))
        flat = self.paper.text
        odd = [
            found.span()
            for found in pattern.finditer(flat)
            if not any(
                begin <= found.start() < end
                for begin, end in (s for line in lines for s in squeezed.all(squeeze(str(line))))
            )
        ]
        if odd:
            return self.failed(f"not as recorded: {flat[slice(*odd[0])]}", *odd)
        wanted = min(int(item.options.get("lines", len(lines))), len(lines))
        if len(spans) < wanted:
            return self.failed(f"{len(spans)} of {wanted} recorded lines found", *spans[:1])
        if any(after[0] < before[0] for before, after in pairwise(spans)) or last < 0:
            return self.failed("its lines are out of order", *spans[:1])
        return self.passed(f"{len(spans)} lines as recorded", *spans)

    def _claim(self, item: Item) -> Verdict:
        name = str(item.target)
        self._declared(item, name, [one.name for one in self.truth.build.request.report.claims])
        if name not in self.truth.claims:
            return Verdict("not applicable", "its results are no part of this report")
        at = [span for span, found, _ in self.binding.compared if found == name]
        inside = [span for span in at if any(a <= span[0] < b for a, b in self.regions(item))]
        c = self.truth.claims[name].comparison
        p = "" if c.adjusted is None else f", adjusted p {c.adjusted:.3g}"
        numbers = f"{c.difference:.4g} ({c.low:.4g} to {c.high:.4g}{p}, n {c.counts[0]})"
        if not inside:
            near = next((f"; {why}" for _, _, why in self.binding.compared if f"nearest: {name} " in why), "")
            return self.failed(f"no sentence says what the test says: {c.verdict}, {numbers}{near}")
        said = " ".join(self.paper.text[slice(*inside[0])].split())
        return self.passed(f"{said} [{c.verdict}: {numbers}]", *inside)

    def _says(self, item: Item) -> Verdict:
        spans: list[Span] = []
        known = [ways for words in said.texts(item) if (ways := said.filled(self.binding, item, words))]
        if not known:
            return Verdict("not applicable", "its results are no part of this report")
        for ways in known:
            regions = self.regions(item)
            there = [span for words in ways for span in said.found(self.binding, words)]
            inside = [[span for span in there if begin <= span[0] < end] for begin, end in regions]
            here = [some[0] for some in inside if some]
            if not here or (item.options.get("each") and len(here) < len(item.within)):
                return self.failed(f"not found{' in each' if here else ''}: {ways[0]}", *spans, *here)
            spans += here if item.options.get("each") else here[:1]
        return self.passed(" … ".join(self._line(span) for span in spans), *spans)

    def _line(self, span: Span) -> str:
        """The sentence around a span."""
        for begin, end in self.binding.sentences:
            if begin <= span[0] < end:
                return " ".join(self.paper.text[begin:end].split())[-220:]
        return ""

    def _declared(self, item: Item, name: str, names: Sequence[str]) -> None:
        if name not in names:
            some = ", ".join(names[:6])
            raise UserError(
                f"{self.rubric.path.name}: item {item.id}: no {item.kind} {name!r}; there are {some}"
            )


def _rank(line: str) -> int:
    """How deep a heading lies: 1 of a section, 2 of a subsection."""
    number = re.match(r"\s*([\dA-Z]+(?:\.\d+)*)[.\s]", line)
    return 1 + number[1].count(".") if number else 1
