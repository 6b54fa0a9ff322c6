"""What problem 4 declares of itself: parts, figures, tables, claims, notes, ties. No torch."""

from assignment3.gan import words
from assignment3.gan.settings import BETA2, FALLING, HANDOUT, PENALTY, TUNED, TWENTY, Gan
from assignment3.gan.settings import QUICK as QUICK
from assignment3.gan.settings import SMOKE as SMOKE
from assignment3.shared.declared import MNIST, judge
from writeup.declare import Claim, Figure, Measure, Note, Part, Side, Table, Tie

gan = Part(
    "gan",
    Gan(),
    MNIST,
    "assignment3.gan.model",
    seeds=1,
    needs={"judge": judge},
    train_needs={"judge": judge},
    derive="assignment3.gan.checks:derive",
    possible="assignment3.gan.checks:possible",
)
gan_handout = gan.variant("handout", seeds=1, **HANDOUT)
gan_twenty = gan.variant("twenty", seeds=1, **TWENTY)
gan_penalty = gan.variant("penalty", seeds=5, **PENALTY)
gan_falling = gan.variant("falling", seeds=5, **FALLING)
gan_beta2 = gan.variant("beta2", seeds=5, **BETA2)
gan_tuned = gan.variant("tuned", seeds=1, **TUNED)

PARTS: list[Part] = [gan, gan_handout, gan_twenty, gan_penalty, gan_falling, gan_beta2, gan_tuned]
# Not recorded yet: the full report leaves them out until they are.
UNRECORDED = ["gan_handout", "gan_twenty", "gan_penalty", "gan_falling", "gan_beta2"]

TYPICAL = "classifier_score"


def figure(name: str, function: str, of: list[Part], typical: str = "", *, live: bool = False) -> Figure:
    """A figure of this problem, its alternative text and, if it is `live`, what moves below it, by
    the name of the function that draws it.
    """
    module = "assignment3.gan.figures"
    names = {"draw": function, "alt": f"alt_{function}"} | ({"live": f"live_{function}"} if live else {})
    return Figure(name, of=of, typical=typical, **{key: f"{module}:{name}" for key, name in names.items()})


def note(name: str, function: str, of: list[Part], typical: str = "") -> Note:
    """Anything else that this problem's templates print."""
    return Note(name, f"assignment3.gan.tables:{function}", of=of, typical=typical)


FIGURES: list[Figure] = [
    figure("gan_model", "model", [gan]),
    figure("gan_loss", "loss", [gan]),
    figure("gan_progress", "progress", [gan, gan_tuned], live=True),
    figure("gan_neighbours", "neighbours", [gan, gan_tuned], TYPICAL),
    figure("gan_lines", "lines", [gan], TYPICAL),
]
TABLES: list[Table] = [
    Table("gan", "assignment3.gan.tables:gan", of=PARTS),
    Table("gan_log", "assignment3.gan.tables:gan_log", of=[gan], typical=TYPICAL),
]
NOTES: list[Note] = [
    note("gan_log_excerpt", "log_excerpt", [gan], TYPICAL),
    note("gan_outside", "gan_outside", [gan]),
    note("gan_ahead", "gan_ahead", [gan]),
    note("gan_first", "gan_first", [gan]),
    note("gan_levels", "gan_levels", [gan_handout, gan, gan_twenty]),
    note("gan_course", "gan_course", [gan]),
    note("gan_shares", "gan_shares", [gan]),
]


def claim(name: str, a: Side, b: Side, measure: Measure, sides: tuple[str, str], *, primary: bool) -> Claim:
    """A comparison of this problem, seed by seed."""
    return Claim(f"gan/{name}", a, b, measure, sides, primary=primary)


given, quarter, end = (gan, ""), (gan, "quarter"), (gan, "end")
CLAIMS: list[Claim] = [
    claim("quarter", end, quarter, words.LATER_SCORE, words.QUARTER, primary=True),
    claim("classifier_score", (gan_tuned, ""), given, words.SCORE, words.TUNED, primary=True),
    claim("frechet_distance", (gan_tuned, ""), given, words.DISTANCE, words.TUNED, primary=True),
    claim("quarter_distance", end, quarter, words.LATER_DISTANCE, words.QUARTER, primary=False),
    claim("penalty", (gan_penalty, ""), given, words.DISTANCE, words.PENALTY, primary=False),
    claim("falling", (gan_falling, ""), given, words.DISTANCE, words.FALLING, primary=False),
    claim("beta2", (gan_beta2, ""), given, words.DISTANCE, words.BETA2, primary=False),
    claim("averaged", (gan, "averaged"), given, words.DISTANCE, words.AVERAGED, primary=False),
]


def tie(function: str, proved: str, computed: str) -> Tie:
    """A loss and the expression that it computes."""
    return Tie(
        f"assignment3.gan.model:{function}",
        f"assignment3.derivations.ties:{proved}",
        f"assignment3.gan.tied:{computed}",
    )


SUPPLEMENT_PROOFS = [
    "assignment3.derivations.gan:gan_optimum",
    "assignment3.derivations.gan:gan_value",
    "assignment3.derivations.gan:gan_logits",
    "assignment3.derivations.gan:non_saturating",
]
TIES: list[Tie] = [
    tie("bce_loss", "cross_entropy", "bce_loss"),
    tie("discriminator_loss", "discriminator", "discriminator_loss"),
    tie("generator_loss", "generator", "generator_loss"),
    tie("generator_loss", "generator_slope", "generator_slope"),
]
