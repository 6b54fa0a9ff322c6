"""What trainings are forked from has imported torch and the parts, and has not touched a GPU."""

import json
import os
import subprocess
import sys
from pathlib import Path

from assignment3.report import REPORT

PROGRAM = """
import json, sys
from writeup.runs import executors, progress

def asked():
    import torch
    in_bad_fork = getattr(torch._C, "_cuda_isInBadFork", bool)()
    return ["torch._dynamo" in sys.modules, in_bad_fork]

if __name__ == "__main__":
    with executors.opened(1, None, sys.argv[1:], progress.nobody) as executor:
        print(json.dumps(executor.submit(asked).result()))
"""


def test_a_fork_may_use_the_gpu(tmp_path: Path) -> None:
    """CUDA cannot be used in a fork of a process that has asked it anything (torch notes who did)."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    modules = [*dict.fromkeys(part.code for part in REPORT.parts), "torch._dynamo"]
    environ = os.environ | {"PYTHONPATH": str(REPORT.root / "code")}
    command = [sys.executable, str(path), *modules]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [True, False]
