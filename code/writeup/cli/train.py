"""Compute every part anew, then render the report."""

from writeup.cli.report import WRITES as WRITES
from writeup.cli.report import options as options
from writeup.cli.report import run as run
