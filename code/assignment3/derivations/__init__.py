"""The derivations of the report, in the order in which it prints them."""

from assignment3.derivations.contrastive import contrastive
from assignment3.derivations.convolution import convolution
from assignment3.derivations.elbo import elbo, elbo_linear_gaussian
from assignment3.derivations.gan import gan_logits, gan_optimum, gan_value
from assignment3.derivations.gaussian_kl import gaussian_kl, gaussian_kl_1d, gaussian_kl_diagonal
from assignment3.derivations.pooling import average_pooling
from assignment3.derivations.reparameterisation import reparameterisation

ALL = (
    convolution,
    average_pooling,
    contrastive,
    elbo,
    elbo_linear_gaussian,
    gaussian_kl_1d,
    gaussian_kl,
    gaussian_kl_diagonal,
    reparameterisation,
    gan_optimum,
    gan_value,
    gan_logits,
)
