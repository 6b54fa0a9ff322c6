"""Find or download the data and verify them."""

from argparse import Namespace

from writeup.cli.verb import Parser
from writeup.declare import resolve
from writeup.request import Request


def options(parser: Parser) -> None:
    """None of its own."""


def run(request: Request, options: Namespace) -> None:
    """Find or fetch the data, verify them, and print where they lie."""
    from writeup.data.find import obtain_all

    used = {part.data.name: part.data.source for part in request.parts}
    sources = [resolve(source) for source in used.values() if source]
    for line in obtain_all(sources, request.data_dir):  # type: ignore[arg-type]
        print(line)
