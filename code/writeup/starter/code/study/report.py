"""The table of contents: data, parts, figures, claims, proofs. A string names the function that makes it."""

from pathlib import Path

from writeup.declare import Claims, Data, Figure, Part, Report

from study.experiment import Config

POINTS = Data("points", standin="study.experiment:points")
descent = Part("descent", Config(), POINTS, "study.experiment", seeds=5)
both = [descent, descent.variant("penalty", penalty=0.3)]
REPORT = Report(
    root=Path(__file__).resolve().parents[2],
    parts=both,
    figures=[Figure("error", "study.page:error", of=both)],
    claims=[Claims("penalty", "study.page:penalty", of=both)],
    proofs=["study.derivation:gradient"],
)
