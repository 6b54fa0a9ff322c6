"""What settings of problem 4 cannot be, and scalars computed again from what a result records. No torch."""

from assignment3.data.mnist import Mnist
from assignment3.gan.settings import Gan
from assignment3.shared import scores
from assignment3.shared.checks import Trouble, batch_fits, memory_fits
from writeup.results.store import Result

SHOWN = 16  # samples of a batch that a log line shows


def possible(config: Gan, data: Mnist) -> Trouble:
    """Images that are there, and samples enough for a covariance."""
    if config.images > (there := len(data.train_labels)):
        yield "images", f"at most {there}, the number of training images"
    yield from batch_fits(config.batch_size, config.images)
    if config.batch_size < SHOWN:
        yield "batch_size", f"at least {SHOWN}, as many samples as a log line shows"
    for name in ("samples", "looked_at"):
        if getattr(config, name) < 2:
            yield name, "at least 2, for a covariance of features"
    if config.looked_at > config.samples:
        yield "looked_at", f"at most {config.samples}, the number of samples"
    if config.iterations < 2:
        yield "iterations", "at least 2, for a curve"
    if config.falling > 1:
        yield "falling", "at most 1, the whole of the run"
    yield from memory_fits({"noise_dim": 1024 * config.noise_dim})


def derive(result: Result) -> dict[str, float]:
    """The first losses from the log; both generators' classes from the tables by class; the scores at the
    end and at a quarter of the training from the table of the looks.
    """
    histogram, within = result.tables["class_histogram"], result.tables["within_classes"]
    found = {f"first_{name}": result.logs["steps"][name][0] for name in ("d_loss", "g_loss")}
    for column in histogram.keys() - {"digit", "real"}:
        derived = scores.of_histogram(histogram[column])
        derived["diversity"] = scores.diversity(within[column], within["real"])
        prefix = "" if column == "samples" else f"{column}/"
        found |= {prefix + name: value for name, value in derived.items()}
    course = result.tables["quality"]
    quarter = course["iteration"].index(int(result.scalars["quarter/iteration"]))
    for mark, row in (("quarter", quarter), ("end", -1)):
        found |= {f"{mark}/{name}": float(column[row]) for name, column in course.items()}
    return found
