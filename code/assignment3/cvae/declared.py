"""What the report declares of problem 3: parts, figures, tables, claims, ties."""

from assignment3.cvae.settings import BINARISED, REFERENCE, Cvae
from assignment3.shared.declared import MNIST, judge
from writeup.declare import Part

cvae = Part(
    "cvae",
    Cvae(),
    MNIST,
    "assignment3.cvae.model",
    seeds=10,
    needs={"judge": judge},
    derive="assignment3.cvae.checks:derive",
    possible="assignment3.cvae.checks:possible",
)
cvae_binarised = cvae.variant("binarised", seeds=5, **BINARISED)
cvae_reference = cvae.variant("reference", seeds=5, **REFERENCE)

PARTS = [cvae, cvae_binarised, cvae_reference]
