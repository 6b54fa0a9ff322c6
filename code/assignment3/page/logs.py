"""Training logs, line by line as the reference report prints them. No torch: rendering uses this."""

from collections.abc import Mapping, Sequence


def cvae_lines(log: Mapping[str, Sequence[float]], train_examples: int) -> list[str]:
    """Lines such as "Train Epoch: 1 [16000/60000 (27%)] Loss: 0.006640".

    A row each of the columns epoch, examples and loss; PyTorch's own VAE example prints this format.
    """
    return [
        f"Train Epoch: {epoch:.0f} [{examples:.0f}/{train_examples} ({examples / train_examples:.0%})] "
        f"Loss: {value:.6f}"
        for epoch, examples, value in zip(log["epoch"], log["examples"], log["loss"], strict=True)
    ]


def gan_lines(log: Mapping[str, Sequence[float]]) -> list[str]:
    """Lines such as "Iter: 250, D: 1.387, G:0.8243": losses to 4 significant digits, as CS231n prints them.

    A row each of the columns iteration, d_loss and g_loss.
    """
    return [
        f"Iter: {iteration:.0f}, D: {d_loss:.4}, G:{g_loss:.4}"
        for iteration, d_loss, g_loss in zip(log["iteration"], log["d_loss"], log["g_loss"], strict=True)
    ]
