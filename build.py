#!/usr/bin/env python
"""Builds the report that `assignment3.report` declares. `python build.py --help` lists the verbs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "code"))

from writeup.cli import main

if __name__ == "__main__":
    sys.exit(main("assignment3.report:REPORT"))
