"""`python -m writeup verify FILE`: check an archive and print what is found, line by line."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from writeup import apart, trouble
from writeup.archive import checking


def verify(path: Path, runs: Sequence[str], *, render: bool, data_dir: str | None) -> None:
    """Print each check that passes; raises UserError for the first that fails.

    What is in the archive is read in a process that can be stopped. Its code runs only if `render` or `runs`
    ask for it.
    """
    with tempfile.TemporaryDirectory(prefix="writeup-verify-") as name:
        folder = Path(name).resolve()
        laid, (first, *lines) = apart.call(lambda: checking.checked(path, folder), what=str(path))
        _print([first])
        _print([f"  {line}" for line in lines])
        if render or runs:
            from writeup.archive import again

            if render:
                _print(f"  {line}" for line in again.render(laid))
            if runs:
                _print(f"  {line}" for line in again.compute(laid, runs, data_dir))
        if not render:
            made = " and ".join(Path(one).name for one in laid.forms)
            _print([f"  not rendered again: {made}; --render does it, and runs code of the archive"])


def _print(lines: Iterable[str]) -> None:
    """Names and messages of an archive are printed as text, whatever they hold."""
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        print(f"{indent}{trouble.one_line(line)}", flush=True)
