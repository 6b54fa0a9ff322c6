"""Definitions that can change no result, each with the reason: the tracer does not follow them.

Whoever adds one says why; `python build.py status` after an edit of it then finds every run current.
"""

INERT = {
    "writeup.training.loop:progress": "shows how far a training is; it stops one, but changes none",
    "writeup.errors:UserError": "the text of an error is no result",
    "writeup.runs.record:cannot": "the same",
    "writeup.declare:resolve": "loads what the declaration names, and what it names is traced by itself",
    "writeup.starting:engine": "what pip installs for a new project; those of `bench.faults` install nothing",
    "writeup.files:write_atomically": "how bytes reach the disk, not which",
    "writeup.runs.weights:place": "where a training is kept",
    "writeup.runs.checkpoints:read": "what it reads counts only if its digest is the one that was written",
    "writeup.runs.checkpoints:write": "keeps what it is given, and changes none of it",
    "writeup.runs.checkpoints:is_due": "when to keep it",
    "writeup.runs.checkpoints:kept_in": "where it is kept, and how long",
    "writeup.runs.checkpoints:place": "the same",
    "writeup.runs.checkpoints:told": "how long it took",
    "writeup.runs.checkpoints:forget": "removes what nobody came back to",
    "writeup.runs.record:_threads": "weights that come out otherwise than the recorded ones are refused",
    "writeup.runs.weights:kept": "what it reads counts only if its digest is the one that was written",
    "writeup.runs.provenance:started": "when and from which commit",
    "writeup.runs.provenance:finished": "on which machine and how long",
}
