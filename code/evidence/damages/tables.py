"""Damages to tables: digits, rows, columns, labels, whole tables."""

from collections.abc import Callable, Iterator

from evidence.damages.items import TABLES
from writeup.grade import truth
from writeup.grade.copies import Copy, NothingToDamage, bumped
from writeup.grade.damage import Damage
from writeup.page.source import formats
from writeup.page.source.formats import escape
from writeup.results.values import Value


def listed(known: truth.Truth) -> Iterator[Damage]:
    def row_of(table: formats.Table, k: int) -> str:
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
    bodies = [str(formats.booktabs(t.head, t.rows, t.align)) for t in (known.tables[one], known.tables[two])]
    copy.exchange(*bodies)
