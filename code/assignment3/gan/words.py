"""What the claims of problem 4 compare, in words (LaTeX), and from where on a difference would be relevant.

The margins were set by what a reader would care about, before any run; `primary.toml` has them too.
"""

from writeup.declare import Measure

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
LATER_SCORE = Measure(
    "classifier_score",
    margin=0.1,
    what="classifier score of the samples",
    says="after <better>, the classifier score of the samples is <difference> higher than after <worse>",
)
LATER_DISTANCE = Measure(
    "frechet_distance",
    margin=1.0,
    what=r"Fr\'echet distance of the samples",
    says=r"after <better>, the Fr\'echet distance of the samples is <difference> lower than after <worse>",
    better="lower",
)
QUARTER = "the last iteration", "a quarter of the iterations"
TUNED = "the tuned settings", "the given settings"
PENALTY = "the penalty alone", "the given settings"
FALLING = "falling rates alone", "the given settings"
BETA2 = r"$\beta_2$ alone", "the given settings"
AVERAGED = "the mean of the weights alone", "the given settings"
SETTINGS = {  # in the table and in figures
    "gan": "given",
    "gan_handout": "hand-out's size",
    "gan_twenty": "its batches, 20 epochs",
    "gan_penalty": "penalty alone",
    "gan_falling": "falling rates alone",
    "gan_beta2": r"$\beta_2$ alone",
    "gan_tuned": "tuned",
}
