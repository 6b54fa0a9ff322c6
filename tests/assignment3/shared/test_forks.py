"""What trainings are forked from has imported torch and the parts, and has not touched a GPU."""

from assignment3.report import REPORT
from writeup.runs import parallel


def test_a_fork_may_use_the_gpu() -> None:
    """CUDA cannot be used in a fork of a process that has asked it anything (torch notes who did)."""
    modules = list(dict.fromkeys(part.code for part in REPORT.parts))
    asked = (
        "(lambda torch, loaded: ('torch._dynamo' in loaded, getattr(torch._C, '_cuda_isInBadFork', bool)()))"
        "(__import__('torch'), __import__('sys').modules)"
    )
    assert list(parallel.unordered(eval, [(asked,)], jobs=1, imported=modules)) == [(True, False)]
