"""Imported by what processes are forked from: it imports what each of them needs, so that none has to.

A module that cannot be imported says so where it is used.
"""

import contextlib
import os
import sys
from importlib import import_module

from writeup.runs.parallel import IMPORTED

for name in os.environ.get(IMPORTED, "").split():
    with contextlib.suppress(Exception):
        import_module(name)
if "torch" in sys.modules:
    with contextlib.suppress(Exception):
        import_module("torch._dynamo")  # takes seconds, which torch puts off until an optimizer is made
