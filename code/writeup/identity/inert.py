"""Definitions that can change no result, each with the reason: the tracer does not follow them.

Whoever adds one says why; `python build.py status` after an edit of it then finds every run current.
"""

INERT = {
    "writeup.training:progress": "shows how far a training is; it stops one, but changes none",
    "writeup.errors:UserError": "the text of an error is no result",
    "writeup.declare:resolve": "loads what the declaration names, and what it names is traced by itself",
}
