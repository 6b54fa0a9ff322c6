"""Follow each edit: what it touches is made anew, and the page on 127.0.0.1 reloads."""

from argparse import Namespace

from writeup.cli import verb
from writeup.cli.verb import Parser
from writeup.errors import UserError
from writeup.request import Request


def options(parser: Parser) -> None:
    add = parser.add_argument
    add("--port", type=int, metavar="N", help="serve here (default: the first free port from 8765)")
    add("--engine", help="embedded or latexmk (default: what is declared)")
    add("--quiet", action="store_true", help="print errors only")


def run(request: Request, options: Namespace) -> None:
    from writeup.watch import watching
    from writeup.watch.rendering import Asked

    if not options.declared:
        raise UserError("watch: the declaration has no name by which a fresh process could import it")
    asked = Asked(options.declared, verb.choices(options), options.quiet)
    watching.follow(request, asked, options.port)
