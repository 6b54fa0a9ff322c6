"""Where floats are put, against every order that there is."""

import random
from collections.abc import Sequence
from itertools import combinations, pairwise

import pytest

from writeup.page.pdf import page_breaks
from writeup.page.pdf.page_breaks import Block, arranged

PAGE = 100.0
TEXT, FLOAT = Block(space=0, ends=True), Block(moves="figure", space=0, ends=True)
HEAD = Block(sticks=True, heads=True, bars=True)
ANSWER, OTHER = Block(cites=frozenset({"fig:a"}), ends=True), Block(cites=frozenset({"fig:b"}), ends=True)
NAMED = Block(moves="figure", space=0, ends=True, name="fig:a")


def blank(order: Sequence[int], heights: Sequence[float]) -> list[float]:
    """What is left at the foot of each page but the last, in blocks that do not break."""
    pages = [0.0]
    for number in order:
        pages = pages if pages[-1] + heights[number] <= PAGE else [*pages, 0.0]
        pages[-1] += heights[number]
    return [PAGE - used for used in pages[:-1]]


@pytest.mark.parametrize("seed", range(20))
def test_no_other_order_leaves_less_of_a_page_blank(seed: int) -> None:
    draw = random.Random(seed)
    blocks = [TEXT, *(draw.choice([TEXT, TEXT, FLOAT]) for _ in range(8)), TEXT]
    heights = [float(draw.randrange(10, 60, 5)) for _ in blocks]
    floats = [number for number, one in enumerate(blocks) if one.moves]
    others = [number for number, one in enumerate(blocks) if not one.moves]
    orders = []
    for places in combinations(range(len(blocks)), len(floats)):  # of the floats, which keep their order
        order, left, moved = [], iter(others), iter(floats)
        for place in range(len(blocks)):
            order.append(next(moved) if place in places else next(left))
        orders.append(order)
    least = min(max(blank(order, heights), default=0.0) for order in orders)
    found = arranged(blocks, heights, PAGE, 0.0)
    assert sorted(found) == list(range(len(blocks)))
    assert [number for number in found if number in floats] == floats
    worst = max(blank(found, heights), default=0.0)
    assert worst == least or worst <= page_breaks.HOLE * PAGE


def test_what_fits_stays_where_it_is() -> None:
    blocks = [HEAD, TEXT, FLOAT, TEXT, ANSWER, FLOAT, TEXT]
    assert arranged(blocks, [10.0] * 7, PAGE, 0.0) == list(range(7))


def test_a_float_comes_before_the_answer_that_cites_it_and_the_section_below_it() -> None:
    for bar, found in ((ANSWER, [0, 2, 1, 3, 4]), (HEAD, [0, 2, 1, 3, 4]), (OTHER, [0, 2, 3, 1, 4])):
        blocks = [TEXT, NAMED, Block(space=0), bar, TEXT]
        assert arranged(blocks, [60.0, 50.0, 10.0, 30.0, 20.0], PAGE, 0.0) == found


def test_a_float_stands_between_sentences_and_not_below_a_heading() -> None:
    open_ended = Block(breaks=2 * page_breaks.LINE)
    blocks = [TEXT, FLOAT, open_ended, TEXT, Block(sticks=True, heads=True), TEXT, TEXT]
    for height in range(20, 100, 5):
        found = arranged(blocks, [float(height), 40.0, *[15.0] * 5], PAGE, 0.0)
        for above, below in pairwise(found):
            assert below != 1 or (blocks[above].ends and not blocks[above].sticks)


def node(kind: str, *words: str) -> dict[str, object]:
    return {"t": kind, "c": [{"t": "Str", "c": word} for word in words]}


def test_a_paragraph_ends_with_its_sentence() -> None:
    ends = {
        text: page_breaks.block(node("Para", "Some", text)).ends for text in ("this.", "(this.)", "this:")
    }
    assert ends == {"this.": True, "(this.)": True, "this:": False}


def test_what_an_environment_without_meaning_holds_may_run_over_a_page() -> None:
    listed = {"t": "OrderedList", "c": [[1, {"t": "Decimal"}, {"t": "Period"}], [[{"t": "Para", "c": []}]]]}
    assert page_breaks.block({"t": "Div", "c": [["", ["small"], []], [listed]]}).breaks > 0
    assert page_breaks.block({"t": "Div", "c": [["", ["lead-in"], []], [listed]]}).breaks == 0
