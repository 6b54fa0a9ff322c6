"""What the claims compare, in words (LaTeX), and from where on a difference would be relevant.

The margins were set by what a reader would care about, not by what the runs show.
"""

from writeup.declare import Measure

PHRASES = Measure(
    "phrase_accuracy",
    margin=0.5,
    what="share of test phrases classified correctly",
    says="<better> classifies <difference> points more test phrases correctly than <worse>",
    unit="points",
    suffix=r"\,\%",
)
AREA = Measure(
    "auc",
    margin=0.005,
    what="area under the ROC",
    says="the area under the ROC of <better> is <difference> larger than that of <worse>",
    digits=4,
)
CLASS_AS_ASKED = Measure(
    "conditional_accuracy",
    margin=1.0,
    what="share of samples that are read as the class asked for",
    says="with <better>, <difference> points more samples are read as the class asked for than with <worse>",
    unit="points",
    suffix=r"\,\%",
)
NEGATIVE_ELBO = Measure(
    "test_negative_elbo",
    margin=0.5,
    what=r"$-\mathrm{ELBO}$ of the test images",
    says=r"with <better>, $-\mathrm{ELBO}$ of the test images is <difference> nats lower than with <worse>",
    better="lower",
    unit="nats",
    suffix=" nats",
)
SCORE = Measure(
    "classifier_score",
    margin=0.1,
    what="classifier score of the samples",
    says="with <better>, the classifier score of the samples is <difference> higher than with <worse>",
)
DISTANCE = Measure(
    "frechet_distance",
    margin=1.0,
    what=r"Fr\'echet distance of the samples",
    says=r"with <better>, the Fr\'echet distance of the samples is <difference> lower than with <worse>",
    better="lower",
)
PENALTY = "the penalty alone", "the assignment's settings"
FALLING = "falling rates alone", "the assignment's settings"

# After equally much training, by part. "As good" is a claim of its own: the interval lies within the margin.
EQUAL_TRAINING = {
    "text_cnn": Measure(
        "text_cnn",
        margin=0.5,
        what="share of validation phrases classified correctly by the text CNN",
        says="after <better>, <difference> points more phrases are classified correctly than after <worse>",
        unit="points",
        suffix=r"\,\%",
    ),
    "siamese": Measure(
        "siamese",
        margin=0.01,
        what="area under the ROC of the Siamese network's validation subjects",
        says="the Siamese network's area under the ROC is <difference> larger "
        "after <better> than after <worse>",
        digits=3,
    ),
    "cvae": Measure(
        "cvae",
        margin=0.5,
        what=r"$-\mathrm{ELBO}$ of the CVAE on held-out images",
        says=r"the CVAE's $-\mathrm{ELBO}$ is <difference> nats lower after <better> than after <worse>",
        better="lower",
        unit="nats",
        suffix=" nats",
    ),
    "gan": Measure(
        "gan",
        margin=1.0,
        what=r"Fr\'echet distance of the DC-GAN's samples",
        says=r"the Fr\'echet distance of the DC-GAN's samples is <difference> lower "
        "after <better> than after <worse>",
        better="lower",
    ),
}

CVAE = {
    "cvae": "the basic settings",
    "cvae_longer": "longer training alone",
    "cvae_guided": "guidance alone",
    "cvae_tuned": "guidance and longer training",
}
POOLING = {"avg": "average pooling", "max": "maximum pooling"}
SIAMESE_HEADLINE = "cnn/auc"  # of the network alone, as the assignment asks for it
INVENTED = {"none": "none invented", "stretched": "stretched", "warped": "warped"}  # subjects in training
METRICS = {
    "network": "the network joined with Fisher's metric",
    "cnn": "the network alone",
    "fisher": "Fisher's linear metric",
    "pca": "whitened PCA",
    "pixels": "the distance of raw pixels",
}


def network(variant: str) -> str:
    """A variant of the text CNN, such as max_5."""
    pooling, kernel = variant.split("_")
    return f"{POOLING[pooling]} with $H' = {kernel}$"
