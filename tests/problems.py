"""What each problem tells the tests of the whole: `tests/assignment3/<problem>/facts.py`.

SIZES: settings at a size that trains in a moment, by their class. NUMBERS: recorded scalars, each with its
part and by how much a lie changes it. LISTED: the names of code that the sheet asks for. HARMLESS, HARMFUL,
REDRAWN: edits of its own code, as in `test_identity.py`; ALSO: what edits of shared code, by their names
there, do to its parts. What a problem has none of it leaves out.
"""

import importlib
from typing import Any

from assignment3.report import PROBLEMS

FOLDERS = [problem.__name__.split(".")[1] for problem in PROBLEMS]
FACTS = [importlib.import_module(f"tests.assignment3.{folder}.facts") for folder in FOLDERS]


def merged(kind: str) -> dict[Any, Any]:
    """The facts of one kind, of all problems, in the order of the report."""
    return {name: fact for facts in FACTS for name, fact in getattr(facts, kind, {}).items()}


def listed(kind: str) -> list[Any]:
    """The same of those that are lists."""
    return [one for facts in FACTS for one in getattr(facts, kind, [])]
