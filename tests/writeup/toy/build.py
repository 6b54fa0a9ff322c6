import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "code"))

from toy.report import REPORT

from writeup.cli import main

if __name__ == "__main__":
    sys.exit(main(REPORT))
