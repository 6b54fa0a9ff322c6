#!/usr/bin/env python
"""Builds the report that `assignment3.report` declares; `python build.py evidence VERB` that of the evidence.

`python build.py --help` lists the verbs.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "code"))

from writeup.cli import main

if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] == ["evidence"]:
        sys.exit(main("evidence.report:REPORT", words[1:]))
    sys.exit(main("assignment3.report:REPORT", words))
