"""Problem 4: quality and diversity of the GAN's samples."""

from assignment3.shared.cells import best
from writeup.page.context import Recorded
from writeup.page.templating import Table, Tex, by_columns, fixed, sig, spread

CHANGES = {
    "gan": "assignment's",
    "gan_penalty": "penalty alone",
    "gan_falling": "falling rates alone",
    "gan_tuned": "tuned",
}


def gan(recorded: Recorded) -> Table:
    """Both generators with and without falling rates and penalty, beside real images."""
    v, configs = recorded.v, recorded.configs
    parts = [name for name in recorded.results if name.partition("_")[0] == "gan"]

    def column(
        name: str, real: str = "", *, least: bool = False, mark: bool = True
    ) -> tuple[str, list[object]]:
        values = [v[f"{part}/{name}"] for part in parts]
        cells = best(values, 2, least=least) if mark else [spread(value, 2) for value in values]
        return "r", [*cells, fixed(v[f"gan/{real}"]) if real else ""]

    rates = ["falling" if configs[part].schedule == "linear" else "constant" for part in parts]
    return by_columns(
        {
            "settings": ("l", [*(CHANGES[part] for part in parts), "real images"]),
            "rates": ("l", [*rates, ""]),
            Tex(r"$\gamma$"): ("r", [*(sig(configs[part].penalty, 1) for part in parts), ""]),
            "score": column("classifier_score", "real_classifier_score"),
            "distance": column("frechet_distance", "frechet_floor", least=True),
            "diversity": column("diversity", "real_diversity", mark=False),
            "raw score": column("raw/classifier_score"),
            "raw distance": column("raw/frechet_distance", least=True),
        }
    )
