"""What problem 2 declares of itself: data, parts, figures, tables, claims, notes, ties. No torch."""

from dataclasses import replace

from assignment3.data import faces
from assignment3.siamese import words
from assignment3.siamese.settings import ALL_PAIRS, AUGMENTED, UNTRAINED, Siamese, Tuned
from assignment3.siamese.settings import QUICK as QUICK
from assignment3.siamese.settings import SMOKE as SMOKE
from writeup.declare import Claim, Data, Figure, Note, Part, Side, Table, Tie

FACES = Data(
    "att_faces",
    load="assignment3.data.faces:load",
    digest="assignment3.data.faces:digest",
    sha256=faces.SHA256,
    standin="assignment3.data.standins:att_faces",
    source="assignment3.data.faces:SOURCE",
)
siamese = Part(
    "siamese",
    Siamese(),
    FACES,
    "assignment3.siamese.model",
    seeds=2,
    derive="assignment3.siamese.checks:derive",
    possible="assignment3.siamese.checks:possible",
)

ours = replace(
    siamese,
    config=Tuned(),
    code="assignment3.siamese.tuned",
    seeds=5,
    possible="assignment3.siamese.checks:possible_tuned",
)
siamese_tuned = replace(ours, name="siamese_tuned")
# The gains one by one, and what the network knows before it is trained.
siamese_all_pairs = ours.variant("all_pairs", **ALL_PAIRS)
siamese_augmented = ours.variant("augmented", **AUGMENTED)
siamese_untrained = ours.variant("untrained", **UNTRAINED)

PARTS: list[Part] = [siamese, siamese_tuned, siamese_all_pairs, siamese_augmented, siamese_untrained]
UNRECORDED: list[str] = []


def figure(name: str, function: str, of: list[Part], typical: str = "", *, live: bool = False) -> Figure:
    """A figure of this problem, its alternative text and, if it is `live`, what moves below it, by
    the name of the function that draws it.
    """
    module = "assignment3.siamese.figures"
    names = {"draw": function, "alt": f"alt_{function}"} | ({"live": f"live_{function}"} if live else {})
    return Figure(name, of=of, typical=typical, **{key: f"{module}:{name}" for key, name in names.items()})


FIGURES: list[Figure] = [
    figure("siamese_model", "model", [siamese], words.HEADLINE),
    figure("siamese_loss", "loss", [siamese]),
    figure("siamese_pairs", "pairs", [siamese], words.HEADLINE, live=True),
    figure("siamese_people", "people", [siamese, siamese_tuned], words.HEADLINE),
    figure("siamese_roc", "roc", [siamese, siamese_tuned]),
    figure("siamese_distances", "distances", [siamese], words.HEADLINE, live=True),
]
_tables = "assignment3.siamese.tables"
TABLES: list[Table] = [
    Table("siamese", f"{_tables}:methods", of=PARTS),
    Table("siamese_folds", f"{_tables}:folds", of=[siamese, siamese_tuned]),
]
NOTES: list[Note] = [
    Note("siamese_history", f"{_tables}:history", of=[siamese]),
    Note("siamese_hardest", f"{_tables}:hardest", of=[siamese, siamese_tuned], typical=words.HEADLINE),
    Note("siamese_shown", f"{_tables}:shown_pairs", of=[siamese], typical=words.HEADLINE),
]


def claim(name: str, a: Side, b: Side, sides: tuple[str, str], **declared: object) -> Claim:
    """Two ways to measure the distance of faces, over the subjects of all folds."""
    test = "assignment3.siamese.comparisons:over_subjects"
    return Claim(f"siamese/{name}", a, b, words.AREA, sides, test, **declared)  # type: ignore[arg-type]


given, tuned = (siamese, "network"), (siamese_tuned, "network")
pixels, fisher = (siamese, "pixels"), (siamese, "fisher")
CLAIMS: list[Claim] = [
    claim("network/pixels", given, pixels, (words.GIVEN, words.PIXELS), primary=True),
    claim("tuned/fisher", tuned, fisher, (words.TUNED, words.FISHER), primary=True),
    claim("network/fisher", given, fisher, (words.GIVEN, words.FISHER)),
    claim("network/training_mode", given, (siamese, "training_mode"), words.MODES),
    claim("tuned/network", tuned, given, (words.TUNED, words.GIVEN)),
    claim(
        "tuned/untrained",
        (siamese_tuned, "single"),
        (siamese_untrained, "network"),
        words.TRAINED,
        kind="equivalence",
    ),
]
PROOFS = ["assignment3.derivations.contrastive:contrastive"]
SUPPLEMENT_PROOFS = ["assignment3.derivations.contrastive:contrastive_slopes"]
TIES: list[Tie] = [
    Tie(
        "assignment3.siamese.model:ContrastiveLoss",
        "assignment3.derivations.ties:contrastive_loss",
        "assignment3.siamese.tied:contrastive_loss",
    )
]
