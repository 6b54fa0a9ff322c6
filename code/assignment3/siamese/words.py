"""What the claims of problem 2 compare, in words (LaTeX), and how its measures are called.

The margin was set by what a reader would care about, before any run; `primary.toml` has it too.
"""

from writeup.declare import Measure

AREA = Measure(
    "auc",
    margin=0.005,
    what="area under the ROC of unseen subjects",
    says="the area under the ROC of <better> is <difference> larger than that of <worse>",
    digits=4,
)
GIVEN = "the given network"
TUNED = "the tuned network"
PIXELS = "the distance of raw pixels"
FISHER = "Fisher's linear metric"
MODES = "the given network in evaluation mode", "the same network measured in training mode"
TRAINED = "one trained small network with Fisher's layer", "an untrained one with that layer"
HEADLINE = "auc"  # chooses the run that stands for all
LINEAR = {"pixels": "raw pixels", "pca": "whitened PCA", "fisher": "Fisher"}  # in tables and figures
