"""What problem 2 declares of itself: data, parts, figures, tables, claims, notes, ties. No torch."""

from assignment3.data import faces
from assignment3.siamese.settings import Siamese
from writeup.declare import Claim, Data, Figure, Note, Part, Table, Tie

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
    seeds=5,
    derive="assignment3.siamese.checks:derive",
    possible="assignment3.siamese.checks:possible",
)

PARTS: list[Part] = [siamese]
FIGURES: list[Figure] = []
TABLES: list[Table] = []
NOTES: list[Note] = []
CLAIMS: list[Claim] = []
TIES: list[Tie] = []
