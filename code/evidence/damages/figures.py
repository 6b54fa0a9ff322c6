"""Damages to figures: removed, blank, covered, exchanged, of another seed, under another caption."""

import re
import shutil
from collections.abc import Callable, Iterator
from functools import partial

from evidence.damages.items import FIGURES
from writeup.declare import resolve
from writeup.grade import svgs, truth
from writeup.grade.copies import Copy, NothingToDamage
from writeup.grade.damage import Damage


def listed(known: truth.Truth) -> Iterator[Damage]:
    def at(name: str) -> list[str]:
        return [FIGURES, f"figure:{name}"]

    def removed(name: str) -> Callable[[Copy], None]:
        def make(copy: Copy) -> None:
            copy.drawing(name)
            copy.tex = re.sub(rf"\\includegraphics(\[[^\]]*\])?\{{figures/{name}\.pdf\}}", "", copy.tex)

        return make

    def exchanged(one: str, two: str) -> Callable[[Copy], None]:
        def make(copy: Copy) -> None:
            a, b = copy.drawing(one), copy.drawing(two)
            kept = a.read_bytes()
            shutil.copyfile(b, a)
            b.write_bytes(kept)

        return make

    def changed(name: str, change: Callable[[str], str]) -> Callable[[Copy], None]:
        return lambda copy: copy.redraw(name, change)

    for name in ("text_cnn_loss", "siamese_pairs", "cvae_samples", "gan_progress"):
        yield Damage(f"figure {name} removed", at(name), removed(name))
        yield Damage(f"figure {name} blank", at(name), changed(name, svgs.blank))
    yield Damage("figure gan_loss covered", at("gan_loss"), changed("gan_loss", svgs.covered))
    yield Damage("figure cvae_samples inverted", at("cvae_samples"), changed("cvae_samples", svgs.inverted))
    yield Damage("a line of siamese_loss moved", at("siamese_loss"), changed("siamese_loss", svgs.line_moved))
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
    from writeup.results.values import median_run

    path, figure = copy.drawing(name), known.figure(name)
    assert figure is not None
    runs = list(known.results[figure.of[0].name])
    others = [run for run in runs if run.seed != median_run(runs, figure.typical).seed]
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
