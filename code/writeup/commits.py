"""Trees of other commits, which git lays down in a folder; nothing of them runs."""

import io
import subprocess
import tarfile
from pathlib import Path

from writeup.errors import UserError

SECONDS = 300  # that git may take


def lay_down(root: Path, ref: str, into: Path, *places: str) -> str:
    """Lay down in `into` what the commit `ref` of the repository at `root` holds; its first 12 digits.

    places: folders below `root`; those that the commit has are laid down and nothing else. Raises UserError
    if there is no git, no such commit or nothing of `places` in it.
    """

    def git(*words: str) -> bytes:
        command = ["git", "-C", str(root), *words]
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
        except FileNotFoundError:
            raise UserError(f"{ref}: git is not installed, and reads the other version") from None
        except subprocess.TimeoutExpired:
            raise UserError(f"{ref}: git did not answer within {SECONDS} s") from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise UserError(f"{ref}: {said or 'there is no such commit; git log lists them'}")
        return done.stdout

    commit = git("rev-parse", "--short=12", "--verify", "--quiet", f"{ref}^{{commit}}").decode().strip()
    there = git("ls-tree", "-d", "-z", "--name-only", commit, "--", *places).decode().split("\0")[:-1]
    if places and not there:
        raise UserError(f"{ref}: commit {commit} has nothing recorded in {places[0]}")
    tree = git("archive", "--format=tar", commit, "--", *(there if places else ()))
    with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
        archive.extractall(into, filter="data")  # which refuses what would leave the folder
    return commit
