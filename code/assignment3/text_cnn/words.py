"""What the claims of problem 1 compare, in words (LaTeX), and from where on a difference is relevant."""

from writeup.declare import Measure

ACCURACY = Measure(
    "test_accuracy",
    margin=0.5,  # points; set by what a reader would care about, not by what the runs show
    what="share of test sentences classified correctly",
    says="<better> classifies <difference> points more test sentences correctly than <worse>",
    unit="points",
    suffix=r"\,\%",
)
POOLING = {"avg": "average pooling", "max": "maximum pooling"}
BASELINES = {"bag_of_words": "the bag of words", "mean_of_embeddings": "the mean of embeddings"}
TUNED = "the tuned network"
TOGETHER = "side_by_side"  # the tuned part's name of its members together


def network(name: str) -> str:
    """A network by its recorded name, such as max_5."""
    if name in BASELINES:
        return BASELINES[name]
    if name == TOGETHER:
        return TUNED
    pooling, kernel = name.split("_")
    return f"{POOLING[pooling]} with $H' = {kernel}$"
