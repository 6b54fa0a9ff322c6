"""The proved expressions that functions of the code compute; `measures.tied` calls the functions."""

from sympy import S

from assignment3.derivations.contrastive import contrastive, d, m, y
from assignment3.derivations.gan import ELL, FAKE, REAL, TARGET, gan_logits, non_saturating
from assignment3.derivations.gaussian_kl import COORDINATES
from assignment3.derivations.gaussian_kl import gaussian_kl as divergence
from assignment3.derivations.gaussian_kl import m as dimension
from writeup.proofs.ties import Proved

LARGE = (1e3, -1e3, 50.0, -50.0, 0.0)

LATENT = 3
_mean, _deviation = COORDINATES
_at = range(1, LATENT + 1)
gaussian_kl = Proved(
    divergence,
    "as the code has it",
    variables=(*(_mean[k] for k in _at), *(_deviation[k] for k in _at)),
    fixed={dimension: S(LATENT)},
    edges=((0.0, 0.0, 0.0, 1.0, 1.0, 1.0), (5.0, -5.0, 0.0, 1e-3, 1e2, 1.0)),
)
cross_entropy = Proved(
    gan_logits,
    "stable",
    variables=(ELL, TARGET),
    edges=tuple((logit, target) for logit in LARGE for target in (0.0, 1.0, 0.3)),
)
discriminator = Proved(
    gan_logits,
    "discriminator's loss",
    variables=(REAL, FAKE),
    edges=tuple((real, fake) for real in LARGE for fake in LARGE),
)
generator = Proved(gan_logits, "generator's loss", variables=(FAKE,), edges=tuple((one,) for one in LARGE))
generator_slope = Proved(
    non_saturating, "non-saturating", variables=(ELL,), edges=tuple((one,) for one in LARGE)
)
contrastive_loss = Proved(
    contrastive,
    "on the sheet",
    variables=(d, y, m),
    edges=tuple(
        (distance, different, margin)
        for distance in (0.0, 0.5, 1.0, 7.0)
        for different in (0.0, 1.0)
        for margin in (0.5, 1.0, 2.0)
    ),
)
