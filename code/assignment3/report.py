"""The table of contents of this report: four problems, the judge of their samples, the order of the page.

Each problem declares its own parts, figures, tables, claims, notes and ties; what stands here belongs to the
whole. Nothing here imports what computes.
"""

from collections.abc import Mapping
from pathlib import Path

from assignment3.cvae import declared as cvae
from assignment3.gan import declared as gan
from assignment3.shared.declared import judge
from assignment3.shared.settings import Changes
from assignment3.siamese import declared as siamese
from assignment3.text_cnn import declared as text_cnn
from writeup.declare import Note, Preset, Report, Table

PROBLEMS = text_cnn, siamese, cvae, gan
PARTS = [judge, *(part for problem in PROBLEMS for part in problem.PARTS)]

# Declared, and not recorded yet: the full report leaves them out until they are.
UNRECORDED: tuple[str, ...] = (
    "text_cnn_normal_start",
    "text_cnn_masked",
    "text_cnn_like_length",
    "text_cnn_tuned",
    "siamese_all_pairs",
    "siamese_augmented",
    "cvae_binarised",
    "cvae_guided",
    "cvae_larger",
    "gan_handout",
    "gan_twenty",
    "gan_penalty",
    "gan_falling",
    "gan_beta2",
    "gan_tuned",
)


def together(name: str) -> dict[str, Changes]:
    """The changes of one preset, of all problems, by part."""
    return {part: changes for one in PROBLEMS for part, changes in getattr(one, name).items()}


def presets() -> Mapping[str, Preset]:
    """The sizes of the whole: `full` is the homework, `quick` runs the four problems on the real data,
    shortened, without the parts that change one thing; `smoke` runs all of it on generated data.
    """
    quick = {"digits": {"epochs": 1}, **together("QUICK")}
    smoke = {"digits": {"epochs": 2}, **together("SMOKE")}
    return {
        "full": Preset(without=UNRECORDED),
        "quick": Preset(
            mark="preset quick: shortened training",
            seeds=1,
            without=tuple(part.name for part in PARTS if part.name not in quick),
            changes=quick,
        ),
        "smoke": Preset(mark="generated stand-in data", seeds=1, standins=True, changes=smoke),
    }


REPORT = Report(
    root=Path(__file__).resolve().parents[2],
    parts=PARTS,
    presets=presets(),
    figures=[figure for problem in PROBLEMS for figure in problem.FIGURES],
    claims=[claim for problem in PROBLEMS for claim in problem.CLAIMS],
    tables=[
        *(table for problem in PROBLEMS for table in problem.TABLES),
        Table("claims", "assignment3.shared.tables:claims"),
    ],
    notes=[
        Note("ref", "assignment3.shared.quoted:reference"),
        Note("primary_commit", "assignment3.shared.tables:primary_commit"),
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
