"""What the training of a part calls. The only room with torch; nothing else of the engine imports it."""

from writeup.runs.progress import Tick, progress
from writeup.training.loop import Network, batches, device, load_weights, seeded, weights_of
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
    "rounds",
    "seeded",
    "weights_of",
]
