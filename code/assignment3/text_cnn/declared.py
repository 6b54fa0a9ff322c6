"""Problem 1 as the report declares it: data, parts, figures, tables, claims. It imports no torch."""

from assignment3.data import yelp
from assignment3.text_cnn import settings
from writeup.declare import Claim, Data, Figure, Note, Part, Table, Tie

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
PARTS = [text_cnn, normal_start, masked, like_length]

FIGURES: list[Figure] = []
TABLES: list[Table] = []
NOTES: list[Note] = []
CLAIMS: list[Claim] = []
TIES: list[Tie] = []
