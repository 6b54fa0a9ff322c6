"""The table of contents of this report: four problems, the judge of their samples, the order of the page.

Each problem declares its own parts, figures, tables, claims, notes and ties; what stands here belongs to the
whole. Nothing here imports what computes.
"""

from pathlib import Path

from assignment3.cvae import declared as cvae
from assignment3.gan import declared as gan
from assignment3.presets import presets
from assignment3.shared.declared import judge
from assignment3.siamese import declared as siamese
from assignment3.text_cnn import declared as text_cnn
from writeup.declare import Note, Report, Table

PROBLEMS = text_cnn, siamese, cvae, gan
PARTS = [judge, *(part for problem in PROBLEMS for part in problem.PARTS)]

REPORT = Report(
    root=Path(__file__).resolve().parents[2],
    parts=PARTS,
    presets=presets([part.name for part in PARTS]),
    figures=[figure for problem in PROBLEMS for figure in problem.FIGURES],
    claims=[claim for problem in PROBLEMS for claim in problem.CLAIMS],
    tables=[
        *(table for problem in PROBLEMS for table in problem.TABLES),
        Table("claims", "assignment3.shared.claims:claims"),
    ],
    notes=[
        Note("ref", "assignment3.shared.quoted:reference"),
        Note("primary_commit", "assignment3.shared.claims:primary_commit"),
        Note("quoted", "assignment3.shared.quoted:quoted"),
        *(note for problem in PROBLEMS for note in problem.NOTES),
    ],
    proofs=[
        "assignment3.derivations.convolution:channels",
        "assignment3.derivations.convolution:convolution",
        "assignment3.derivations.pooling:average_pooling",
        "assignment3.derivations.contrastive:contrastive",
        "assignment3.derivations.gibbs:log_bound",
        "assignment3.derivations.gibbs:gibbs",
        "assignment3.derivations.elbo:elbo",
        "assignment3.derivations.elbo:elbo_linear_gaussian",
        "assignment3.derivations.gaussian_kl:gaussian_kl_1d",
        "assignment3.derivations.gaussian_kl:gaussian_kl",
        "assignment3.derivations.gaussian_kl:gaussian_kl_diagonal",
        "assignment3.derivations.reparameterisation:reparameterisation",
        "assignment3.derivations.gan:gan_optimum",
        "assignment3.derivations.gan:gan_value",
        "assignment3.derivations.gan:gan_logits",
        "assignment3.derivations.gan:non_saturating",
    ],
    ties=[tie for problem in PROBLEMS for tie in problem.TIES],
    templates="templates/assignment3",
    others=["evidence.report:REPORT"],
)
