"""What problem 4 declares of itself: parts, figures, tables, claims, notes, ties. No torch."""

from assignment3.gan.settings import FALLING, HANDOUT, PENALTY, TUNED, Gan
from assignment3.shared.declared import MNIST, judge
from writeup.declare import Claim, Figure, Note, Part, Table, Tie

gan = Part(
    "gan",
    Gan(),
    MNIST,
    "assignment3.gan.model",
    seeds=10,
    needs={"judge": judge},
    train_needs={"judge": judge},
    derive="assignment3.gan.checks:derive",
    possible="assignment3.gan.checks:possible",
)
gan_handout = gan.variant("handout", seeds=1, **HANDOUT)
gan_penalty = gan.variant("penalty", seeds=5, **PENALTY)
gan_falling = gan.variant("falling", seeds=5, **FALLING)
gan_tuned = gan.variant("tuned", seeds=5, **TUNED)

PARTS: list[Part] = [gan, gan_handout, gan_penalty, gan_falling, gan_tuned]
FIGURES: list[Figure] = []
TABLES: list[Table] = []
NOTES: list[Note] = []
CLAIMS: list[Claim] = []
TIES: list[Tie] = []
