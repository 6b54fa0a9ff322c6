"""What the training of a part calls. The only room with torch; nothing else of the engine imports it."""

from writeup.training.loop import (
    Network,
    Tick,
    batches,
    device,
    load_weights,
    progress,
    return_memory,
    seeded,
    weights_of,
)
from writeup.training.mixed_precision import autocast, precision
from writeup.training.resuming import rounds

__all__ = [
    "Network",
    "Tick",
    "autocast",
    "batches",
    "device",
    "load_weights",
    "precision",
    "progress",
    "return_memory",
    "rounds",
    "seeded",
    "weights_of",
]
