"""Settings that train in a moment, and both stages in one call."""

from types import SimpleNamespace

from assignment3.cvae import model
from assignment3.cvae.settings import Cvae
from writeup.runs.record import Findings, Model

CONFIG = Cvae(
    epochs=2,
    batch_size=16,
    hidden=12,
    latent=3,
    log_every=2,
    importance_samples=8,
    importance_images=5,
    samples_per_class=4,
)


def run(config: Cvae, data: SimpleNamespace, judge: Model, *, seed: int) -> Findings:
    """Train and evaluate."""
    return model.evaluate(config, data, model.train(config, data, seed=seed), seed=seed, judge=judge)
