"""Problem 3: bounds and samples of the conditional VAE."""

from writeup.page.context import Recorded
from writeup.page.templating import Table, Tex, by_columns, integer, spread

CVAE_HEADS = {"cvae": "basic", "cvae_longer": "longer", "cvae_guided": "guided", "cvae_tuned": "both"}


def cvae(recorded: Recorded) -> Table:
    """The bounds on the test images, and how samples are read, a column per setting."""
    few = integer(recorded.configs["cvae"].importance_images)
    entries: dict[str, tuple[str, int]] = {
        Tex(r"$-\mathrm{ELBO}$"): ("test_negative_elbo", 2),
        "reconstruction": ("test_reconstruction", 2),
        "KL": ("test_kl", 2),
        Tex(rf"$-\mathrm{{ELBO}}$ of {few} images"): ("importance_negative_elbo", 2),
        "importance-weighted bound of the same": ("importance_bound", 2),
        "active latent dimensions": ("active_units", 1),
        Tex(r"class read as asked for, \%"): ("conditional_accuracy", 2),
        Tex(r"Fr\'echet distance of samples"): ("frechet_distance", 2),
    }

    def cells(part: str) -> tuple[str, list[object]]:
        values = [(recorded.v.get(f"{part}/{name}"), digits) for name, digits in entries.values()]
        return "r", ["" if value is None else spread(value, digits) for value, digits in values]

    parts = {part: head for part, head in CVAE_HEADS.items() if part in recorded.results}
    return by_columns({"": ("l", list(entries)), **{head: cells(part) for part, head in parts.items()}})
