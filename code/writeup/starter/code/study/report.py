"""The table of contents: data, parts, figures, claims, proofs. A string names the function that makes it."""

from pathlib import Path

from writeup.declare import Claim, Data, Figure, Measure, Part, Report

from study.experiment import Config

POINTS = Data("points", standin="study.experiment:points")
descent = Part("descent", Config(), POINTS, "study.experiment", seeds=5)
penalised = descent.variant("penalty", penalty=0.3)
both = [descent, penalised]

# The margin is the smallest difference that would matter: to be chosen before the runs are seen.
SAYS = "<better>, the error on new points is <difference> lower than <worse>"
ERROR = Measure("error", 0.01, what="error on new points", says=SAYS, better="lower")
SIDES = "with the penalty", "without it"
REPORT = Report(
    root=Path(__file__).resolve().parents[2],
    parts=both,
    figures=[Figure("error", "study.page:error", of=both, alt="study.page:error_in_words")],
    claims=[Claim("penalty/error", (penalised, ""), (descent, ""), ERROR, SIDES)],
    proofs=["study.derivation:gradient"],
)
