"""The table of contents of this report: four problems, the judge of their samples, the order of the page.

Each problem declares its own parts, figures, tables, claims, notes and ties; what stands here belongs to the
whole. Nothing here imports what computes.
"""

from pathlib import Path

from assignment3.cvae import declared as cvae
from assignment3.gan import declared as gan
from assignment3.presets import presets
from assignment3.shared.declared import MNIST, judge
from assignment3.siamese import declared as siamese
from assignment3.text_cnn import declared as text_cnn
from evidence import settings
from writeup.declare import Figure, Note, Report, Table, Timing

PROBLEMS = text_cnn, siamese, cvae, gan
PARTS = [judge, *(part for problem in PROBLEMS for part in problem.PARTS)]

# One part of each problem: the assignment's own settings, beside which plain loops are timed.
assignment = [problem.PARTS[0] for problem in PROBLEMS]
DATA = [text_cnn.YELP, siamese.FACES, MNIST]
bench = Timing(
    "bench",
    settings.Bench(),
    "evidence.speed:measure",
    data=DATA,
    parts=assignment,
    per_processor=True,
    worst=["ratio"],
)
lies = Timing("lies", settings.Lies(), "evidence.lies:measure")
growth = Timing("growth", settings.Growth(), "evidence.growth:measure")
faults = Timing("faults", settings.Faults(), "evidence.faults.homework:measure")
grade = Timing("grade", settings.Damages(), "evidence.grader:measure")

REPORT = Report(
    root=Path(__file__).resolve().parents[2],
    parts=PARTS,
    presets=presets([part.name for part in PARTS]),
    timings=[bench, growth, lies, faults, grade],
    figures=[
        *(figure for problem in PROBLEMS for figure in problem.FIGURES),
        Figure(
            "growth_cost",
            "evidence.page:growth_cost",
            alt="evidence.page:alt_growth_cost",
            of=[growth],
        ),
    ],
    claims=[claim for problem in PROBLEMS for claim in problem.CLAIMS],
    tables=[
        *(table for problem in PROBLEMS for table in problem.TABLES),
        Table("claims", "assignment3.shared.claims:claims"),
        Table("performance", "evidence.page:performance", of=[bench]),
        Table("performance_machines", "evidence.page:performance_machines", of=[bench]),
        Table("performance_peak", "evidence.page:performance_peak", of=[bench]),
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
)
