"""What the claims of problem 2 compare, in words (LaTeX), and how its measures are called.

The margin was set by what a reader would care about, before any run; `primary.toml` has it too.
"""

from writeup.declare import Measure

AREA = Measure(
    "auc",
    margin=0.005,
    what="area under the ROC of unseen people",
    says="the area under the ROC of <better> is <difference> larger than that of <worse>",
    digits=4,
)
GIVEN = "the given network"
TUNED = "the tuned network"
PIXELS = "raw pixels"
FISHER = "Fisher's metric"
MODES = "the given network", "the same in training mode"
TRAINED = "one trained small network", "an untrained one"  # both with Fisher's layer
HEADLINE = "auc"  # chooses the run that stands for all
LINEAR = {"pixels": "raw pixels", "pca": "whitened PCA", "fisher": "Fisher's metric"}  # in tables and figures
