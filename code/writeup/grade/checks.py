"""Checks of the whole report: what it claims, and how it is made."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from writeup.grade import lines, tagged
from writeup.grade.words import squeeze
from writeup.page.source.wording import COMPARING

if TYPE_CHECKING:
    from writeup.grade.verdicts import Grader, Verdict

BESIDE = 40  # characters before a citation in which its author may be named
FRONT = (0, 1)  # where a finding on the whole file is shown


def comparisons(grader: "Grader") -> "Verdict":
    """Every sentence that states a test says what it found, and no other sentence compares."""
    bad = [(span, why) for span, _, why in grader.binding.compared if why]
    if bad:
        return grader.failed(f"{_short(grader, bad[0][0])}: {bad[0][1]}", *(span for span, _ in bad))
    tested = sorted({span for span, _, _ in grader.binding.compared})
    untested = [span for span in _comparing(grader) if not any(a <= span[0] < b for a, b in tested)]
    if untested:
        return grader.failed(f"compares without a test: {_short(grader, untested[0])}", *untested)
    if not tested:
        return grader.failed("no sentence that states a test was found")
    return grader.passed(f"{len(tested)} sentences, each as its test says", *tested)


def _comparing(grader: "Grader") -> list[tuple[int, int]]:
    """Sentences with a word that compares, less what the rubric, the notes and the derivations say."""
    text = grader.paper.text
    known = [squeeze(one).lower() for one in grader.rubric.harmless]
    covered = grader.binding.covered
    found = []
    for begin, end in grader.binding.sentences:
        for word in COMPARING.finditer(text, begin, end):
            if covered[word.start()] or grader.paper.mono[word.start()]:
                continue
            around = squeeze(text[max(begin, word.start() - 80) : min(end, word.end() + 80)]).lower()
            if not any(one in around for one in known):
                found.append((word.start(), word.end()))
    return found


def abstract(grader: "Grader") -> "Verdict":
    """Each number of the abstract is bound, and found again behind it."""
    paper = grader.paper
    sections = grader.binding.sections
    head = re.compile(r"Abstract").search(paper.text)
    if head is None or not sections or head.start() > sections[0][0]:
        return grader.failed("no abstract before the first section")
    end = sections[0][0]
    if table := re.compile(r"\n\s*Table \d").search(paper.text, head.start(), end):
        end = table.start()
    mine = [one for one in grader.binding.found if head.start() <= one.token.begin < end]
    behind = [one.token for one in grader.binding.found if one.token.begin >= sections[0][0]]
    lost = [one for one in mine if not one.what]
    for one in mine:
        if "." in one.token.text and not any(
            abs(other.value - one.token.value) <= one.token.half * (1 + 1e-6) + 1e-12
            for other in behind
            if other.half <= one.token.half
        ):
            lost.append(one)
    if lost:
        at = lost[0].token
        return grader.failed(f"{at.text} of the abstract is not in the text", (at.begin, at.end))
    if not mine:
        return grader.failed("the abstract states no number", (head.start(), head.end()))
    spans = [(one.token.begin, one.token.end) for one in mine]
    return grader.passed(f"{len(mine)} numbers, found again", *spans)


def all_tables(grader: "Grader") -> "Verdict":
    """Every declared table that the paper shows has every row as derived anew, and its own caption."""
    from writeup.grade import tables

    shown = []
    for name, table in grader.truth.tables.items():
        found = tables.find(grader.paper, table)
        if found.head is None:
            continue
        if found.missing:
            return grader.failed(f"{name}: not as derived anew: {found.missing[0]}", found.head)
        shown.append(found.head)
        above = [one for one in grader.captions if one.kind == "Table" and one.span[0] < found.head[0]]
        wanted = squeeze(grader.truth.runs_of(name))
        said = _tag(above[-1].text) if above else ""
        words = grader.rubric.captions.get(name, "")
        if above and ((said != wanted and said) or (words and squeeze(words) not in squeeze(above[-1].text))):
            return grader.failed(f"{name} stands under another caption", above[-1].span)
    if not shown:
        return grader.failed("no table of the declared ones was found")
    return grader.passed(f"{len(shown)} tables as derived anew", *shown)


def all_figures(grader: "Grader") -> "Verdict":
    """The picture at each caption is a declared figure as drawn anew, and the caption is its own."""
    captions = [one for one in grader.captions if one.kind == "Figure"]
    for one in captions:
        shown = grader.shown(one)
        name = shown[0] if shown else ""
        verdict = grader.figure(name, one, {})
        if verdict.mark != "pass":
            return verdict
        said, wanted = _tag(one.text), squeeze(grader.truth.runs_of(name))
        if said and said != wanted:
            return grader.failed(f"figure {one.number} is {name}, its caption is of other runs", one.span)
        words = grader.rubric.captions.get(name, "")
        if words and squeeze(words) not in squeeze(one.text):
            return grader.failed(f"figure {one.number} is {name}, its caption lacks {words!r}", one.span)
    if not captions:
        return grader.failed("no figure was found")
    return grader.passed(f"{len(captions)} figures as drawn anew", *(one.span for one in captions))


def _tag(caption: str) -> str:
    """What a caption says in brackets of its runs, squeezed and without the number that chose the run."""
    found = re.search(r"\[([^\[\]]*runs?[^\[\]]*)\]", caption)
    said = squeeze(found[1]) if found else ""
    said = re.sub(r"thenearesttothemedianof[\w/.%]*", "", said)
    return re.sub(r"(?<=[:f])1run(?!s)", "1runs", said)


def captions(grader: "Grader") -> "Verdict":
    """What captions say of their runs is as recorded: parts, runs, the seed that is shown."""
    tags = {squeeze(grader.truth.runs_of(name)) for name in grader.truth.names["shown"]} - {""}
    told = 0
    for one in grader.captions:
        said = _tag(one.text)
        if said and said not in tags:
            return grader.failed(f"{one.kind.lower()} {one.number}: its runs are not as recorded", one.span)
        told += bool(said)
    if tags and not told:
        return grader.failed("no caption says of which runs it is made")
    return grader.passed(
        f"{told} captions, runs as recorded", *(one.span for one in grader.captions if _tag(one.text))
    )


def references(grader: "Grader") -> "Verdict":
    """Every figure and table is referred to outside its own caption."""
    text = grader.paper.text
    lacking = []
    for one in grader.captions:
        if one.kind == "Listing":
            continue
        short = one.kind[:3]
        pattern = re.compile(
            rf"\b{short}\w*\.?\s+(?:\d+\s*(?:,|and|to|–|-)\s*)*{one.number}\b", re.IGNORECASE
        )
        own = {other.span[0] for other in grader.captions}
        spans = [
            found
            for found in pattern.finditer(text)
            if found.start() not in own and not one.span[0] <= found.start() < one.span[1]
        ]
        ranges = re.finditer(rf"\b{short}\w*\.?\s+(\d+)\s*(?:to|–|-)\s*(\d+)", text, re.IGNORECASE)
        if not spans and not any(
            int(a) <= int(one.number) <= int(b) for a, b in (f.groups() for f in ranges)
        ):
            lacking.append(one)
    if lacking:
        names = ", ".join(f"{one.kind.lower()} {one.number}" for one in lacking)
        return grader.failed(f"nothing refers to {names}", *(one.span for one in lacking))
    if not grader.captions:
        return grader.failed("no figure and no table was found")
    return grader.passed(f"{len(grader.captions)} captions, each referred to", grader.captions[0].span)


def citations(grader: "Grader") -> "Verdict":
    """Each number in brackets is an entry of the list, by whom the text beside it says, in order of citation
    (or the list in order of names); and each entry is cited.
    """
    from writeup.grade.binding import LISTED

    text = grader.paper.text
    head = next(
        (start for start, line in grader.paper.headings if re.search(r"References|Bibliography", line)), -1
    )
    if head < 0:
        first = [found.span() for found in grader.binding.cited]
        return grader.failed("no list of references", *first[:1])
    after = next((start for start, _ in grader.paper.headings if start > head), len(text))
    listed = list(LISTED.finditer(text, head, after))
    ends = [*(found.start() for found in listed[1:]), after]
    entries = {int(one[1]): text[one.end() : end] for one, end in zip(listed, ends, strict=True)}
    surnames = {number: _surnames(entry) for number, entry in entries.items()}
    known = {name for some in surnames.values() for name in some}
    order: list[int] = []
    for found in grader.binding.cited:
        numbers = [int(number) for number in re.findall(r"\d+", found[0])]
        if head <= found.start() < after:
            continue
        if not set(numbers) <= entries.keys():
            return grader.failed(f"{found[0]} is not in the list of references", found.span())
        beside = text[max(0, found.start() - BESIDE) : found.start()].rpartition("]")[2]
        named = known & set(re.findall(r"\w+", beside))
        if named and not any(named & surnames[number] for number in numbers):
            return grader.failed(f"{found[0]} is not by {', '.join(sorted(named))}", found.span())
        order += [number for number in numbers if number not in order]
    names = [name[0] for entry in entries.values() if (name := re.search(r"[A-Z]\w+", entry))]
    if order != sorted(order) and names != sorted(names):
        return grader.failed(f"not numbered in the order in which they are cited: {order}", (head, head + 10))
    if unused := sorted(entries.keys() - set(order)):
        return grader.failed(f"never cited: {', '.join(map(str, unused))}", (head, head + 10))
    return grader.passed(f"{len(entries)} entries, each cited", (head, head + 10))


def _surnames(entry: str) -> set[str]:
    """The authors' surnames, which stand before the first full stop behind a word."""
    authors = re.split(r"(?<=\w\w)\.\s", entry.strip(), maxsplit=1)[0]
    return {name for name in re.findall(r"[^\W\d_]+", authors) if len(name) > 1 and name[0].isupper()}


def fonts(grader: "Grader") -> "Verdict":
    """Every font is embedded: the page looks the same everywhere."""
    lacking = sorted(name for name, embedded in grader.paper.fonts.items() if not embedded)
    if lacking:
        return grader.failed(f"not embedded: {', '.join(lacking)}")
    return grader.passed(f"{len(grader.paper.fonts)} fonts, all embedded", FRONT)


def accessible(grader: "Grader") -> "Verdict":
    """A file that says it is PDF/UA is tagged, has a title, and describes its figures as derived anew."""
    import pypdfium2
    import pypdfium2.raw as raw

    from writeup.grade.verdicts import Verdict

    data = grader.paper.data
    if not re.search(rb"pdfuaid:part", data):
        return Verdict("not applicable", "the file does not say that it is PDF/UA")
    document = pypdfium2.PdfDocument(data)
    try:
        has_tags = bool(raw.FPDFCatalog_IsTagged(document.raw))
        title = document.get_metadata_dict().get("Title", "")
    finally:
        document.close()
    if not has_tags or not title:
        return grader.failed("it says that it is PDF/UA, but has no " + ("tags" if not has_tags else "title"))
    figures = [grader.shown(one) for one in grader.captions if one.kind == "Figure"]
    names = [shown[0] for shown in figures if shown and shown[0]]
    wanted = Counter(squeeze(str(grader.truth.names["alts"][name])) for name in names)
    said = Counter(map(squeeze, tagged.alternatives(data)))
    if odd := next(iter((said - wanted) + (wanted - said)), None):
        return grader.failed(f"alternative text not as derived anew: {odd[:60]}")
    return grader.passed(f"PDF/UA: tagged, with a title and words for {len(names)} figures", FRONT)


CHECKS: Mapping[str, Callable[["Grader"], "Verdict"]] = {
    "comparisons": comparisons,
    "abstract": abstract,
    "tables": all_tables,
    "figures": all_figures,
    "captions": captions,
    "references": references,
    "citations": citations,
    "fonts": fonts,
    "accessible": accessible,
    "derivations": lines.derivations,
    "listings": lines.listings,
}


def _short(grader: "Grader", span: tuple[int, int]) -> str:
    begin = max(0, span[0] - (40 if span[1] - span[0] < 30 else 0))
    return " ".join(grader.paper.text[begin : span[1] + 40].split())[-160:]
