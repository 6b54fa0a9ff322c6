"""The command line: a file per verb. Imported by `build.py` and `python -m writeup` and by nothing else."""

from writeup.cli.entry import main as main
