"""Check derivations again, those named or all, with no verdict kept from before."""

from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING

from writeup.cli.verb import Parser
from writeup.errors import UserError
from writeup.request import Request

if TYPE_CHECKING:
    from writeup.build import Build

TAKES = "NAME"


def options(parser: Parser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="derivations (default: all)")


def run(request: Request, options: Namespace) -> None:
    """Check derivations again, line by line, and print for what each holds; then the answers among them, and
    the code that computes what they prove. Without names, each figure is drawn from other results too: one
    that does not change is refused.
    """
    from writeup.build import Build
    from writeup.proofs import answers, check, record, ties

    known = {one.name: one for one in record.derivations(request.report.proofs)}
    for name in options.names:
        if name not in known:
            raise UserError(f"no derivation {name!r}; there are {', '.join(known) or 'none'}")
    chosen = [known[name] for name in options.names or known]
    found = []
    for derivation in chosen:
        checked = check.check(derivation)
        found.append(asdict(checked))
        print(f"{derivation.name}: {record.summary(found[-1]['steps'])}; {checked.seconds:.1f} s")
    if (path := Build(request).answers).is_file():
        answers.compare(chosen, found, path)
        given = [step["answers"] for one in found for step in one["steps"] if step["answers"]]
        print(f"answers as in {path.name}: {', '.join(dict.fromkeys(given)) or 'none'}")
    for row in ties.compare_all(ties.of(request.report.ties, [one.name for one in chosen])):
        print(f"{row['function']}: as {row['derivation']}, {row['step']!r}, at {row['points']} points")
    if not options.names:
        _figures(Build(request))


def _figures(build: "Build") -> None:
    from writeup.declare import resolve
    from writeup.page import bound
    from writeup.page.source import assembly

    everything = assembly.by_part(assembly.recorded(build))
    for figure in build.figures:
        runs = assembly.drawn(figure, [everything.get(part.name, ()) for part in figure.of])
        bound.refuse_unbound(figure.name, resolve(figure.draw), runs)
    print(f"figures: {len(build.figures)} change with their results")
