"""Problem 1 as the report declares it: data, parts, figures, tables, claims and more. It imports no torch."""

from assignment3.data import yelp
from assignment3.text_cnn import settings, words
from assignment3.text_cnn.settings import QUICK as QUICK
from assignment3.text_cnn.settings import SMOKE as SMOKE
from writeup.declare import Claim, Data, Figure, Note, Part, Side, Table, Tie

YELP = Data(
    "yelp",
    load="assignment3.data.yelp:load",
    digest="assignment3.data.yelp:digest",
    sha256=yelp.SHA256,
    standin="assignment3.data.standins:yelp",
    source="assignment3.data.yelp:SOURCE",
)

text_cnn = Part(
    "text_cnn",
    settings.TextCnn(),
    YELP,
    "assignment3.text_cnn.model",
    seeds=10,
    derive="assignment3.text_cnn.checks:derive",
    possible="assignment3.text_cnn.checks:possible",
)
normal_start = text_cnn.variant("normal_start", seeds=5, **settings.NORMAL_START)
masked = text_cnn.variant("masked", seeds=5, **settings.MASKED)
like_length = text_cnn.variant("like_length", seeds=5, **settings.LIKE_LENGTH)
tuned = Part(
    "text_cnn_tuned",
    settings.Tuned(),
    YELP,
    "assignment3.text_cnn.tuned",
    seeds=5,
    derive="assignment3.text_cnn.checks:derive",
    possible="assignment3.text_cnn.checks:possible",
)
changed = [normal_start, masked, like_length]
PARTS = [text_cnn, *changed, tuned]
UNRECORDED: list[str] = []
TYPICAL = "max_5/test_accuracy"


def figure(name: str, typical: str = "") -> Figure:
    """A figure of the networks as set, by the function that draws it."""
    module = "assignment3.text_cnn.figures"
    return Figure(f"text_cnn_{name}", f"{module}:{name}", [text_cnn], typical, alt=f"{module}:alt_{name}")


FIGURES = [figure("model", TYPICAL), figure("loss"), figure("words", TYPICAL)]
_tables = "assignment3.text_cnn.tables"
TABLES = [
    Table("text_cnn", f"{_tables}:accuracies", of=[text_cnn, tuned]),
    Table("text_cnn_epochs", f"{_tables}:epochs", of=[text_cnn, tuned]),
    Table("text_cnn_settings", f"{_tables}:settings", of=[text_cnn, *changed]),
    Table("text_cnn_filters", f"{_tables}:filters", of=[text_cnn], typical=TYPICAL),
]
NOTES = [
    Note("text_cnn_networks", f"{_tables}:networks_in_words", of=[text_cnn]),
    Note("text_cnn_beside", f"{_tables}:beside_reference", of=[text_cnn]),
    Note("text_cnn_falls", f"{_tables}:falls", of=[text_cnn]),
    Note("text_cnn_order", f"{_tables}:order", of=[text_cnn]),
    Note("text_cnn_negations", f"{_tables}:negations", of=[text_cnn], typical=TYPICAL),
]


def on_sentences(name: str, a: Side, b: Side, sides: tuple[str, str], **declared: object) -> Claim:
    """Two classifiers of the same test sentences."""
    test = "assignment3.text_cnn.comparisons:on_sentences"
    return Claim(f"text_cnn/{name}", a, b, words.ACCURACY, sides, test, **declared)  # type: ignore[arg-type]


def pair(a: str, b: str, **declared: object) -> Claim:
    """Two networks of the assignment's settings."""
    sides = words.network(a), words.network(b)
    return on_sentences(f"{a}/{b}", (text_cnn, a), (text_cnn, b), sides, **declared)


def change(part: Part, network: str, said: str) -> Claim:
    """One network with a single change of its settings, beside the same as set."""
    sides = f"{words.network(network)} {said}", f"{words.network(network)} as set"
    return on_sentences(
        f"{part.name.removeprefix('text_cnn_')}/{network}", (part, network), (text_cnn, network), sides
    )


CHANGES = {  # behind a network's name
    "normal_start": r"from $\mathcal{N}(0, 1)$",
    "masked": "over own windows",
    "like_length": "in batches of like length",
}
# The first two are what the runs are for; they were committed, with their margin, before the runs.
CLAIMS = [
    on_sentences(
        "pooling",
        (text_cnn, "max"),
        (text_cnn, "avg"),
        (words.POOLING["max"], words.POOLING["avg"]),
        primary=True,
    ),
    on_sentences(
        "kernel",
        (text_cnn, "5"),
        (text_cnn, "7"),
        ("a network with $H' = 5$", "a network with $H' = 7$"),
        primary=True,
    ),
    pair("max_5", "avg_5"),
    pair("max_7", "avg_7"),
    pair("max_5", "max_7"),
    pair("avg_5", "avg_7"),
    pair("max_5", "bag_of_words"),
    pair("avg_5", "mean_of_embeddings"),
    on_sentences(
        "tuned/bag_of_words",
        (tuned, words.TOGETHER),
        (text_cnn, "bag_of_words"),
        (words.TUNED, words.BASELINES["bag_of_words"]),
    ),
    on_sentences(
        "tuned/max_5", (tuned, words.TOGETHER), (text_cnn, "max_5"), (words.TUNED, words.network("max_5"))
    ),
    *(
        change(part, network, CHANGES[part.name.removeprefix("text_cnn_")])
        for part in changed
        for network in ("max_5", "avg_5")
    ),
]
PROOFS = [
    "assignment3.derivations.convolution:channels",
    "assignment3.derivations.convolution:convolution",
]
SUPPLEMENT_PROOFS = ["assignment3.derivations.pooling:average_pooling"]
TIES = [
    Tie(
        "assignment3.text_cnn.model:loss",
        "assignment3.derivations.ties:cross_entropy",
        "assignment3.text_cnn.tied:text_loss",
    )
]
