"""`python -m writeup`: what can be done without a report."""

import sys

from writeup.cli.standalone import main

if __name__ == "__main__":
    sys.exit(main())
