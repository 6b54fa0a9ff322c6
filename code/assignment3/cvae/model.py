"""Training of the conditional VAE by Adam, as the hand-out sets it; `network` has the model and its bound."""

import torch

from assignment3.cvae.evaluate import evaluate
from assignment3.cvae.network import (
    binarised,
    build,
    negative_elbo,
    objective,
    pixels_and_classes,
    printed,
)
from assignment3.cvae.settings import Cvae
from assignment3.data.images import DigitData, examined
from writeup.results.tables import add_row
from writeup.runs.record import Trained
from writeup.training import batches, progress, rounds, seeded, weights_of

__all__ = ["evaluate", "train"]  # the stages of a part


def train(config: Cvae, data: DigitData, *, seed: int) -> Trained:
    """Minimise the `objective` on the training images, in a fresh order each epoch.

    Logs: `steps`, a row every `log_every` batches as the hand-out prints them, and `epochs`, their means.
    """
    data = examined(data, config.validation_images)
    generator = seeded(seed)
    model = build(config).train()
    pixels, classes = pixels_and_classes(data.train_images, data.train_labels)
    N = len(pixels)
    each = -(-N // config.batch_size)
    optimizer = torch.optim.Adam(model.parameters(), config.learning_rate, fused=True)
    steps: dict[str, list[float]] = {}
    epochs: dict[str, list[float]] = {}
    logs = {"steps": steps, "epochs": epochs}
    state = {"model": model, "optimizer": optimizer, "order": generator}
    with progress("cvae", config.epochs * each) as tick:
        for epoch in rounds("cvae", range(1, config.epochs + 1), state | logs, each):
            sums = torch.zeros(2, dtype=torch.float64)
            noise = torch.randn(N, config.latent, generator=generator).split(config.batch_size)
            order = batches(N, config.batch_size, generator)
            for number, (batch, drawn) in enumerate(zip(order, noise, strict=True)):
                chosen = batch.to(pixels.device)
                x, y = pixels.index_select(0, chosen), classes.index_select(0, chosen)
                if config.pixels == "binarised":
                    x = binarised(x, generator)
                terms = negative_elbo(model, x, y, drawn.to(pixels.device))
                loss = objective(config.loss, *terms)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                tick(loss.item())
                total = torch.stack([term.detach().sum() for term in terms]).cpu()
                if number % config.log_every == 0:
                    seen = number * config.batch_size
                    log_terms(steps, config, epoch, seen, total / len(batch), len(batch))
                sums += total
            log_terms(epochs, config, epoch, N, sums / N, config.batch_size)
    return Trained(weights_of(model), logs=logs)


def log_terms(
    log: dict[str, list[float]], config: Cvae, epoch: int, examples: int, terms: torch.Tensor, batch: int
) -> None:
    """Add a row: the loss as it is printed, and the mean terms of -ELBO in nats an image."""
    reconstruction, kl = terms.tolist()
    add_row(
        log,
        epoch=epoch,
        examples=examples,
        loss=printed(config.loss, reconstruction, kl, batch),
        reconstruction=reconstruction,
        kl=kl,
    )
