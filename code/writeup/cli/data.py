"""Find or download the data and verify them; print the sha256 of each in full."""

from argparse import Namespace

from writeup import trouble
from writeup.cli.verb import Parser
from writeup.declare import resolve
from writeup.errors import UserError
from writeup.request import Request


def options(parser: Parser) -> None:
    """None of its own."""


def run(request: Request, options: Namespace) -> None:
    """Find or fetch the data, verify them, and print where they lie and what their digests are."""
    from writeup.data.find import obtain_all

    used = {part.data.name: part.data for part in request.parts}
    sources = [resolve(data.source) for data in used.values() if data.source]
    for line in obtain_all(sources, request.data_dir):  # type: ignore[arg-type]
        print(line)
    others = [data for data in used.values() if data.load and not data.source]
    for data in others:
        with trouble.told(f"{data.name} cannot be loaded"):
            found = resolve(data.digest)(resolve(data.load)(request.data_dir))
        print(f"{data.name}: sha256 {found}")
        if found != data.sha256:
            raise UserError(
                f"{data.name}: declared is {data.sha256 or 'no sha256'}; what was loaded has {found}"
            )
