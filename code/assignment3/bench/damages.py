"""Damaged copies of this report, one change each, and honest ones: whether the grader tells them apart.

What is changed is looked up in the results, so that the list outlives another layout; what a report has not,
it cannot be damaged in, and that damage does not count.
"""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from assignment3.config import Damages
from writeup.bench.setting import Setting
from writeup.cli import parse
from writeup.declare import resolve
from writeup.grade import pdfs, rubric, truth
from writeup.grade.damage import Copy, Damage, NothingToDamage, Workshop, source
from writeup.grade.figures import Gallery
from writeup.grade.sheet import Sheet
from writeup.page import templating
from writeup.page.templating import Tex, escape, fixed, p_value, spread
from writeup.results.store import Findings
from writeup.results.values import Value

NUMBERS = "gate:every number is bound"
STALE = "gate:nothing is stale"
COMPARISONS, ABSTRACT, TABLES, FIGURES = (
    f"check:{name}" for name in ("comparisons", "abstract", "tables", "figures")
)
CAPTIONS, REFERENCES, CITATIONS = (f"check:{name}" for name in ("captions", "references", "citations"))


def measure(setting: Setting) -> Findings:
    """How many damages are caught, each at its item, and how many honest reports are refused."""
    config: Damages = setting.config
    with tempfile.TemporaryDirectory() as folder:
        return _measured(config, opened(Path(folder)), setting.say)


def _measured(config: Damages, workshop: Workshop, say: Callable[[str], None]) -> Findings:
    outcomes = list(workshop.try_out(listed(workshop.truth)[: config.most], say))
    made = [one for one in outcomes if one.word != "absent"]
    sheet = workshop.honest()
    honest = [(name, full) for name, full in variants(workshop, say)]
    scalars = {
        "damages": len(made),
        "damages_caught": sum(one.word == "caught" for one in made),
        "damages_elsewhere": sum(one.word == "elsewhere" for one in made),
        "honest": len(honest),
        "false_alarms": sum(not full for _, full in honest),
        "numbers": sheet.numbers,
        "numbers_bound": sheet.bound,
        "points": sheet.points,
    }
    tables = {
        "damages": {
            "damage": [one.damage.name for one in outcomes],
            "outcome": [one.word for one in outcomes],
            "failed": ["; ".join(one.failed[:3]) for one in outcomes],
        },
        "honest": {
            "report": [name for name, _ in honest],
            "full": ["yes" if full else "no" for _, full in honest],
        },
    }
    return Findings({name: float(number) for name, number in scalars.items()}, tables)


def opened(folder: Path, seeds: int | None = None) -> Workshop:
    """The workshop of this report, made in a folder; of at most so many seeds a part."""
    declared: Any = resolve("assignment3.report:REPORT")  # whole, whatever it declares
    build_of = resolve("writeup.tasks:Build")
    timings = [one for one in declared.timings if one.name != "grade"]  # no record of itself counts here
    request = parse(replace(declared, timings=timings), ["grade"])
    fewer = {name: min(number, seeds or number) for name, number in request.seeds.items()}
    known = truth.establish(build_of(replace(request, seeds=fewer)), folder)
    rules = rubric.read(declared.root / "templates" / rubric.FILE)
    return Workshop(known, rules, Gallery(known), source(known))


# --- honest variants ---


def variants(workshop: Workshop, say: Callable[[str], None]) -> Iterator[tuple[str, bool]]:
    """Reports in which nothing is wrong, and whether each has full marks."""
    ways: dict[str, Callable[[], Sheet]] = {
        "embedded engine": workshop.honest,
        "another author": lambda: workshop.honest(_another_author),
        "another title": lambda: workshop.honest(_another_title),
        "letter paper": lambda: workshop.honest(lambda copy: copy.after.append(pdfs.letter)),
        "grey print": lambda: workshop.honest(_grey),
        "saved by another program": lambda: workshop.honest(lambda copy: copy.after.append(pdfs.saved_again)),
        "with notes of a reader": lambda: workshop.honest(lambda copy: copy.after.append(pdfs.annotated)),
        "three seeds": _three_seeds,
    }
    if shutil.which("latexmk") and shutil.which("pdflatex"):
        ways["LaTeX"] = lambda: workshop.honest(engine="latexmk")
        ways["LaTeX, another author"] = lambda: workshop.honest(_another_author, engine="latexmk")
    for name, way in ways.items():
        sheet = way()
        full = sheet.full and not sheet.open
        say(f"{'full marks' if full else 'FALSE ALARM'}: {name}: {sheet.summary()}")
        yield name, full


def _three_seeds() -> Sheet:
    with tempfile.TemporaryDirectory() as folder:
        return opened(Path(folder), seeds=3).honest()


def _another_author(copy: Copy) -> None:
    copy.tex = re.sub(r"\\author\{.*\}", r"\\author{Ada Lovelace \\quad (00001815)}", copy.tex, count=1)


def _another_title(copy: Copy) -> None:
    copy.tex = re.sub(
        r"(?s)\\title\{.*?\}\s*\n\\author", r"\\title{A Report on Four Networks}\n\\author", copy.tex, count=1
    )


def _grey(copy: Copy) -> None:
    for path in (copy.folder / "figures").glob("*.pdf"):
        path.write_bytes(pdfs.grey(path.read_bytes()))


# --- damages ---


def listed(known: truth.Truth) -> list[Damage]:
    """All damages, each one change."""
    return [
        *_tables(known),
        *_figures(known),
        *_prose(known),
        *_claims(known),
        *_formulas(),
        *_logs(known),
        *_layout(),
    ]


def bumped(text: str, place: int = -1) -> str:
    """The text with one digit one higher (9: 8)."""
    digits = [k for k, c in enumerate(text) if c.isdigit()]
    if not digits:
        raise NothingToDamage(text)
    k = digits[place]
    return text[:k] + ("8" if text[k] == "9" else str(int(text[k]) + 1)) + text[k + 1 :]


def _tables(known: truth.Truth) -> Iterator[Damage]:
    def row_of(table: templating.Table, k: int) -> str:
        return " & ".join(escape(cell) for cell in table.rows[k])

    def edit(name: str, change: Callable[[list[str]], list[str]]) -> Callable[[Copy], None]:
        table = known.tables[name]

        def make(copy: Copy) -> None:
            rows = [row_of(table, k) for k in range(len(table.rows))]
            body = " \\\\\n".join(rows)
            if body not in copy.tex:
                raise NothingToDamage(name)
            copy.swap(body, " \\\\\n".join(change(rows)))

        return make

    for name, table in known.tables.items():
        if len(table.rows) < 2:
            continue
        at = [TABLES, f"table:{name}"]
        yield Damage(f"a digit in table {name}", at, edit(name, lambda rows: [bumped(rows[0]), *rows[1:]]))
    for name in ("text_cnn", "cvae", "siamese", "gan"):
        if name not in known.tables:
            continue
        at = [TABLES, f"table:{name}"]
        yield Damage(f"two rows of {name} exchanged but for their heads", at, edit(name, _exchanged_rows))
        yield Damage(f"two columns of {name} exchanged", at, edit(name, _exchanged_columns))
        yield Damage(f"a row of {name} left out", at, edit(name, lambda rows: rows[:-1]))
    best = known.tables.get("text_cnn")
    if best is not None:
        value, runs = known.numbers["text_cnn/max_5/phrase_accuracy"], known.results["text_cnn"]
        assert isinstance(value, Value)
        mean, first = f"{value.mean:.2f}", f"{runs[0].scalars['max_5/phrase_accuracy']:.2f}"
        at = [TABLES, "table:text_cnn"]
        make = edit("text_cnn", lambda rows: [row.replace(mean, first) for row in rows])
        yield Damage("a mean of text_cnn replaced by its first seed's", at, make)
    pair = [name for name in ("siamese", "siamese_folds") if name in known.tables]
    if len(pair) == 2:
        yield Damage(
            "two tables exchanged",
            [TABLES, "table:siamese"],
            lambda copy: _exchange_tables(copy, known, *pair),
        )


def _exchanged_rows(rows: list[str]) -> list[str]:
    (a, *first), (b, *second) = rows[0].split(" & "), rows[1].split(" & ")
    return [" & ".join([a, *second]), " & ".join([b, *first]), *rows[2:]]


def _exchanged_columns(rows: list[str]) -> list[str]:
    cells = [row.split(" & ") for row in rows]
    return [" & ".join([*row[:-2], row[-1], row[-2]]) for row in cells]


def _exchange_tables(copy: Copy, known: truth.Truth, one: str, two: str) -> None:
    bodies = [
        str(templating.booktabs(t.head, t.rows, t.align)) for t in (known.tables[one], known.tables[two])
    ]
    copy.exchange(*bodies)


def _figures(known: truth.Truth) -> Iterator[Damage]:
    def at(name: str) -> list[str]:
        return [FIGURES, f"figure:{name}"]

    def removed(name: str) -> Callable[[Copy], None]:
        def make(copy: Copy) -> None:
            copy.figure(name)
            copy.tex = re.sub(rf"\\includegraphics(\[[^\]]*\])?\{{figures/{name}\.pdf\}}", "", copy.tex)

        return make

    def exchanged(one: str, two: str) -> Callable[[Copy], None]:
        def make(copy: Copy) -> None:
            a, b = copy.figure(one), copy.figure(two)
            kept = a.read_bytes()
            shutil.copyfile(b, a)
            b.write_bytes(kept)

        return make

    def changed(name: str, change: Callable[[bytes], bytes]) -> Callable[[Copy], None]:
        def make(copy: Copy) -> None:
            path = copy.figure(name)
            path.write_bytes(change(path.read_bytes()))

        return make

    for name in ("text_cnn_loss", "siamese_pairs", "cvae_samples", "gan_progress"):
        yield Damage(f"figure {name} removed", at(name), removed(name))
        yield Damage(f"figure {name} blank", at(name), changed(name, pdfs.blank))
    yield Damage("figure gan_loss covered", at("gan_loss"), changed("gan_loss", pdfs.covered))
    yield Damage("figure cvae_samples inverted", at("cvae_samples"), changed("cvae_samples", pdfs.inverted))
    yield Damage("a line of siamese_loss moved", at("siamese_loss"), changed("siamese_loss", pdfs.line_moved))
    for one, two in (
        ("cvae_samples", "cvae_tuned_samples"),
        ("gan_loss", "gan_tuned_loss"),
        ("gan_samples", "gan_progress"),
    ):
        yield Damage(f"figures {one} and {two} exchanged", at(one), exchanged(one, two))
    for name in ("cvae_samples", "gan_progress", "siamese_pairs"):
        yield Damage(f"figure {name} of another seed", at(name), partial(_other_seed, known=known, name=name))
    yield Damage(
        "captions of two figures exchanged",
        [*at("cvae_samples"), *at("gan_samples")],
        lambda copy: _exchange_captions(copy, "cvae_samples", "gan_samples"),
    )
    yield Damage(
        "captions of two figures of one run exchanged",
        [*at("gan_progress"), *at("gan_samples")],
        lambda copy: _exchange_captions(copy, "gan_progress", "gan_samples"),
    )


def _other_seed(copy: Copy, known: truth.Truth, name: str) -> None:
    from writeup.page import figures
    from writeup.results.typical import typical

    path, figure = copy.figure(name), known.figure(name)
    assert figure is not None
    runs = list(known.results[figure.of[0].name])
    others = [run for run in runs if run.seed != typical(runs, figure.typical).seed]
    if not others:
        raise NothingToDamage(name)
    figures.save(resolve(figure.draw)([others[0]]), path.with_suffix(""))


def _caption(copy: Copy, label: str) -> str:
    found = re.search(rf"(?s)\\caption\{{((?:(?!\\caption).)*?)\}}\s*\\label\{{{label}\}}", copy.tex)
    if found is None:
        raise NothingToDamage(label)
    return found[1]


def _exchange_captions(copy: Copy, one: str, two: str) -> None:
    copy.exchange(_caption(copy, f"fig:{one}"), _caption(copy, f"fig:{two}"))


def _prose(known: truth.Truth) -> Iterator[Damage]:
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
        lambda copy: _regex(copy, r"(\d+) epochs", lambda m: bumped(m[1]) + " epochs"),
    )
    yield Damage(
        "the runs in a caption",
        [CAPTIONS, FIGURES, TABLES],
        lambda copy: _regex(copy, r"(\d) runs\]", lambda m: bumped(m[1]) + " runs]"),
    )
    yield Damage(
        "the seed in a caption",
        [CAPTIONS, FIGURES, TABLES],
        lambda copy: _regex(copy, r"seed (\d), of", lambda m: f"seed {bumped(m[1])}, of"),
    )
    yield Damage(
        "a seed in the provenance",
        [NUMBERS],
        lambda copy: _regex(
            copy, r"& (\d) & \\texttt", lambda m: f"& {bumped(m[1])} & \\texttt", r"\\section\{Provenance\}.*"
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


def _regex(
    copy: Copy, pattern: str, new: Callable[["re.Match[str]"], str], within: str = r"\\begin\{document\}.*"
) -> None:
    place = re.compile(within, re.DOTALL).search(copy.tex)
    found = re.compile(pattern).search(copy.tex, place.start()) if place else None
    if found is None:
        raise NothingToDamage(pattern)
    copy.tex = copy.tex[: found.start()] + new(found) + copy.tex[found.end() :]


def _claims(known: truth.Truth) -> Iterator[Damage]:
    def swap(old: str, new: str) -> Callable[[Copy], None]:
        return lambda copy: copy.swap(old, new)

    for name in (
        "text_cnn/max_5/avg_5",
        "cvae/conditional_accuracy",
        "gan/frechet_distance",
        "gan/classifier_score",
    ):
        one = known.claims.get(name)
        if one is None or one.comparison.verdict not in ("better", "worse"):
            continue
        at = [COMPARISONS, f"claim:{name}", NUMBERS]
        size = fixed(abs(one.comparison.difference), one.measure.digits)
        said = str(templating.sentence(one.says(size)))
        other = str(
            templating.sentence(
                Tex(one.says(size).replace(one.a, "\0").replace(one.b, one.a).replace("\0", one.b))
            )
        )
        yield Damage(f"{name}: its sides exchanged", at, swap(said, other))
        turned = said
        for a, b in (("more ", "fewer "), ("higher", "lower"), ("lower", "higher"), ("raises", "lowers")):
            if a in said:
                turned = said.replace(a, b)
                break
        yield Damage(f"{name}: its direction turned", at, swap(said, turned))
        yield Damage(f"{name}: its difference", at, swap(said, said.replace(str(size), bumped(str(size)))))
        assert one.comparison.adjusted is not None
        p = str(p_value(one.comparison.adjusted))
        worse = p.replace("0.001", "0.0001") if "<" in p else bumped(p)
        yield Damage(
            f"{name}: its p-value",
            at,
            partial(_behind, anchor=said, old=p, new=worse),
        )
        yield Damage(f"{name}: its runs", at, partial(_behind, anchor=said, old=" runs", new="0 runs"))
    for name in ("text_cnn/max_5/max_7", "siamese/network/cnn"):
        one = known.claims.get(name)
        if one is None or one.comparison.verdict != "undecided":
            continue
        at = [COMPARISONS, f"claim:{name}", NUMBERS]
        low = str(fixed(one.comparison.low, one.measure.digits))
        yield Damage(
            f"{name}: its interval",
            at,
            swap(f"interval {low}", f"interval {bumped(low)}"),
        )
        sides = f"between {one.a} and {one.b}"
        yield Damage(
            f"{name}: decided without evidence",
            at,
            swap(f"no significant difference {sides}", f"a significant difference {sides}"),
        )


def _behind(copy: Copy, anchor: str, old: str, new: str) -> None:
    k = copy.tex.find(anchor)
    at = copy.tex.find(old, k + len(anchor)) if k >= 0 else -1
    if at < 0 or old == new:
        raise NothingToDamage(anchor[:40])
    copy.tex = copy.tex[:at] + new + copy.tex[at + len(old) :]


FLIPS = (
    ("formula:convolution/7", r"= H - H' + 1", r"= H H' + 1"),
    ("formula:convolution/7", r"= H - H' + 1", r"= H + H' + 1"),
    ("formula:convolution/1", r"W^{\mathrm{conv}}_f + b_{f}", r"W^{\mathrm{conv}}_f - b_{f}"),
    ("formula:elbo/6", r"\log p(x \mid y) &\ge", r"\log p(x \mid y) &\le"),
    (
        "formula:elbo/5",
        r"+ \mathrm{KL}\left(q(z \mid x, y) \,\|\, p(z \mid x, y)\right)",
        r"- \mathrm{KL}\left(q(z \mid x, y) \,\|\, p(z \mid x, y)\right)",
    ),
    (
        "formula:gaussian_kl_diagonal/4",
        r"\left(1 + \log \sigma_{j}^{2} - \mu_{j}^{2}",
        r"\left(1 + \log \sigma_{j}^{2} + \mu_{j}^{2}",
    ),
    (
        "formula:gaussian_kl_diagonal/4",
        r"&= - \frac{1}{2} \sum_{j=1}^{J} \left(1",
        r"&= \frac{1}{2} \sum_{j=1}^{J} \left(1",
    ),
    ("formula:gaussian_kl/7", r"- J - \log \det \Sigma\right)", r"- J + \log \det \Sigma\right)"),
    (
        "formula:contrastive/2",
        r"s d^{2} + \frac{1}{2} \left(1 - s\right)",
        r"s d^{2} + \frac{1}{2} \left(1 + s\right)",
    ),
    ("formula:gan_optimum/3", r"D = \frac{p}{p + q}", r"D = \frac{q}{p + q}"),
)


def _formulas() -> Iterator[Damage]:
    for item, old, new in FLIPS:

        def make(copy: Copy, old: str = old, new: str = new) -> None:
            if old not in copy.tex:
                raise NothingToDamage(old)
            copy.tex = copy.tex.replace(old, new)

        yield Damage(
            f"{item}: {old} becomes {new}", [item, item.replace("formula", "proof").split("/")[0]], make
        )


def _logs(known: truth.Truth) -> Iterator[Damage]:
    for name in ("cvae_log", "gan_log"):
        lines = known.notes.get(name)
        if not isinstance(lines, list) or len(lines) < 4:
            continue
        at = [f"log:{name}", NUMBERS]

        def digit(copy: Copy, lines: list[str] = lines) -> None:
            copy.swap(lines[2], bumped(lines[2]))

        def cut(copy: Copy, lines: list[str] = lines) -> None:
            for line in lines[3:]:
                copy.tex = copy.tex.replace(line + "\n", "")

        def order(copy: Copy, lines: list[str] = lines) -> None:
            copy.exchange(lines[1], lines[2])

        yield Damage(f"{name}: a digit", at, digit)
        yield Damage(f"{name}: cut", at, cut)
        yield Damage(f"{name}: two lines exchanged", at, order)


def _layout() -> Iterator[Damage]:
    def without(title: str) -> Callable[[Copy], None]:
        def make(copy: Copy) -> None:
            found = re.search(rf"(?s)\\subsection\{{{title}\}}.*?(?=\\(sub)?section)", copy.tex)
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
        ["formula:elbo/6", "formula:gaussian_kl_diagonal/4"],
        lambda copy: _exchange_sections(copy, "The evidence lower bound", "The divergence of Gaussians"),
    )
    yield Damage(
        "where it fails left out",
        ["says:Where it fails"],
        lambda copy: _regex(copy, r"Where it fails", lambda m: "A remark"),
    )
    yield Damage(
        "the abstract left out",
        [ABSTRACT],
        lambda copy: _regex(copy, r"(?s)\\begin\{abstract\}.*?\\end\{abstract\}", lambda m: ""),
    )
    yield Damage(
        "a citation of another number",
        [CITATIONS, NUMBERS],
        lambda copy: _regex(copy, r"\{(\d+)\}\]", lambda m: f"{{{int(m[1]) + 70}}}]"),
    )
    yield Damage(
        "the last page left out",
        [
            NUMBERS,
            FIGURES,
            TABLES,
            REFERENCES,
            CITATIONS,
            "figure:siamese_loss",
            "claim:gan/frechet_distance",
            "log:gan_log",
        ],
        lambda copy: copy.after.append(pdfs.without_middle),
    )
    yield Damage(
        "encrypted or cut off",
        ["refused"],
        lambda copy: copy.after.append(lambda data: data[: len(data) // 3]),
    )


def _exchange_sections(copy: Copy, one: str, two: str) -> None:
    pieces = []
    for title in (one, two):
        found = re.search(rf"(?s)\\subsection\{{{title}\}}\n(.*?)(?=\\(?:sub)?section)", copy.tex)
        if found is None:
            raise NothingToDamage(title)
        pieces.append(found[1])
    copy.exchange(*pieces)
