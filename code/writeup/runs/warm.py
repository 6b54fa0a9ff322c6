"""Imported last by what trainings are forked from: what torch puts off until a process makes an optimizer."""

import contextlib
import sys
from importlib import import_module

if "torch" in sys.modules:
    with contextlib.suppress(ImportError):
        import_module("torch._dynamo")  # seconds
