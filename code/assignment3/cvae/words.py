"""What the claims of problem 3 compare, in words (LaTeX), and from where on a difference would be relevant.

The margins were set by what a reader would care about, before any run; `primary.toml` has them too.
"""

from writeup.declare import Measure

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
SETTINGS = {
    "cvae": "the given settings",
    "cvae_guided": "guidance alone",
    "cvae_larger": "the larger network alone",
    "cvae_tuned": "the tuned settings",
}
TITLES = {  # in figures and tables
    "cvae": "given",
    "cvae_larger": "larger",
    "cvae_guided": "guided",
    "cvae_tuned": "tuned",
    "cvae_reference": "reference's loss",
}
