"""Every figure of the homework answers to its results."""

import pytest

from assignment3.report import REPORT
from writeup.build import Build
from writeup.cli.entry import parse
from writeup.declare import Figure, resolve
from writeup.page import bound
from writeup.page.source import assembly

pytestmark = pytest.mark.long


@pytest.mark.parametrize("figure", REPORT.figures, ids=lambda one: one.name)
def test_a_figure_changes_with_its_results(figure: Figure) -> None:
    build = Build(parse(REPORT, ("values",), {})[0])
    everything = assembly.by_part(assembly.recorded(build))
    one = next(one for one in build.request.report.figures if one.name == figure.name)
    runs = assembly.drawn(one, [everything.get(part.name, ()) for part in one.of])
    if not all(runs):
        pytest.skip("its parts are not recorded")
    bound.refuse_unbound(one.name, resolve(one.draw), runs)
