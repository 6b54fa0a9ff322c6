"""Definitions that can change no result, each with the reason: the tracer does not follow them.

Whoever adds one says why; `python build.py status` after an edit of it then finds every run current.
"""

INERT = {
    "writeup.training:progress": "shows how far a training is; it stops one, but changes none",
    "writeup.errors:UserError": "the text of an error is no result",
    "writeup.runs.compute:cannot": "the same",
    "writeup.declare:resolve": "loads what the declaration names, and what it names is traced by itself",
    "writeup.files:write_atomically": "how bytes reach the disk, not which",
    "writeup.runs.weights:place": "where a training is kept",
    "writeup.runs.weights:kept": "what it reads counts only if its digest is the one that was written",
    "writeup.runs.provenance:started": "when and from which commit",
    "writeup.runs.provenance:finished": "on which machine and how long",
}
