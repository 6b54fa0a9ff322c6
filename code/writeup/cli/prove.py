"""`build.py prove`."""

from argparse import Namespace
from dataclasses import asdict

from writeup.cli.verb import Parser, Verb
from writeup.errors import UserError
from writeup.request import Request


def options(parser: Parser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="derivations (default: all)")


def run(request: Request, options: Namespace) -> None:
    """Check derivations again, line by line, and print for what each holds."""
    from writeup.proofs import record, steps

    known = {one.name: one for one in record.derivations(request.report.proofs)}
    for name in options.names:
        if name not in known:
            raise UserError(f"no derivation {name!r}; there are {', '.join(known) or 'none'}")
    for name in options.names or known:
        checked = steps.check(known[name])
        print(f"{name}: {record.summary([asdict(one) for one in checked.steps])}; {checked.seconds:.1f} s")


VERB = Verb(
    "check derivations again, those named or all, with no verdict kept from before",
    run,
    (options,),
    takes="NAME",
)
