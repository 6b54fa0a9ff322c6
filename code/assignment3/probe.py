"""What the code computes here: which recorded runs it holds current, and digests of small trainings.

`python build.py probe FILE` writes them as JSON, so that another version of the code can be compared
with this one bit by bit before it takes over the results recorded by it. A part is run whole on the generated
data with the preset's own flags, for two seeds, and for twenty steps on the real data at its real shapes.
"""

import dataclasses
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch

from assignment3 import benchmark, cvae, digits, gan, runs, siamese, text_cnn, training
from assignment3 import config as configuration
from assignment3.command import ROOT
from writeup import results

SEEDS = 0, 1
STEPS = 20
TEXT = {"epochs": 4, "batch_size": 50, "embedding_dim": 32, "learning_rate": 5e-3}
TEXT |= {"test_phrases": 1000, "validation_phrases": 400}
CVAE = {"epochs": 2, "log_every": 1000, "importance_samples": 20, "importance_images": 20}
CVAE |= {"samples_per_class": 100}
GAN: dict[str, Any] = {
    "iterations": 40,
    "log_every": 10,
    "watch_every": 20,
    "samples": 500,
    "grid_at": (0, 20),
}
SIZES: dict[str, dict[str, Any]] = {
    "digits": {"epochs": 2},
    "text_cnn": TEXT,
    "text_cnn_tuned": TEXT | {"kernel_sizes": (5,)},
    "siamese": {"epochs": 3, "members": 2},
    "cvae": CVAE,
    "cvae_tuned": CVAE,
    "gan": GAN,
    "gan_tuned": GAN,
}
MODULES: dict[str, Any] = {
    "digits": digits,
    "text_cnn": text_cnn,
    "siamese": siamese,
    "cvae": cvae,
    "gan": gan,
}


RANDOM: list[str] = []  # digest of the global random state after the last training


class Enough(Exception):
    """Twenty steps were taken."""


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def weights_digest(states: list[dict[str, torch.Tensor]]) -> str:
    """Of the values of all weights, whatever their names and order."""
    found = [sha(t.detach().cpu().contiguous().numpy().tobytes()) for state in states for t in state.values()]
    return sha("".join(sorted(found)).encode())


def trained_states(module: Any) -> tuple[list[dict[str, torch.Tensor]], Callable[..., Any]]:
    """A list that fills with the weights of every network that `module.train` trains; the old function.

    The global random state after the last training goes to RANDOM.
    """
    states: list[dict[str, torch.Tensor]] = []
    original = module.train

    def train(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        networks = [getattr(made, name, None) for name in ("model", "generator", "encoder")] + [made, *args]
        network = next(n for n in networks if isinstance(n, torch.nn.Module))
        states.append({k: v.detach().clone() for k, v in network.state_dict().items()})
        RANDOM[:] = [sha(torch.get_rng_state().numpy().tobytes())]
        return made

    module.train = train
    return states, original


def whole(part: str, config: Any, data: Any, seed: int, extra: dict[str, Any]) -> dict[str, Any]:
    """Digests of one whole run: weights, random state, and the files that would be recorded."""
    module = MODULES[runs.module_name(part)]
    states, original = trained_states(module)
    try:
        result = module.run(config, data, seed=seed, **extra)
    finally:
        module.train = original
    with tempfile.TemporaryDirectory() as folder:
        results.save(dataclasses.replace(result, provenance={}), Path(folder))
        document = json.loads((Path(folder) / results.FILE).read_text())
    scalars = {k: v for k, v in document["scalars"].items() if not k.endswith("seconds_per_epoch")}
    return {
        "weights": weights_digest(states),
        "random": RANDOM[0],
        "scalars": scalars,
        "files": sorted(document["sha256"].values()),
    }


@contextmanager
def counted(module: Any, losses: list[str]) -> Iterator[None]:
    """Progress that keeps the losses of STEPS steps and then raises Enough."""

    @contextmanager
    def progress(label: str, steps: int) -> Iterator[Callable[..., None]]:
        def tick(loss: float, steps_done: int = 1) -> None:
            losses.append(float(loss).hex())
            if len(losses) == STEPS:
                raise Enough

        yield tick

    owners: list[Any] = [owner for owner in (training, module) if hasattr(owner, "progress")]
    original = training.progress
    for owner in owners:
        owner.progress = progress
    try:
        yield
    finally:
        for owner in owners:
            owner.progress = original


def steps(part: str, config: Any, data: Any, extra: dict[str, Any]) -> str:
    """Digest of the losses of the first steps at real shapes, and of the random state after them."""
    module = MODULES[runs.module_name(part)]
    losses: list[str] = []
    with counted(module, losses), suppress(Enough):
        module.run(config, data, seed=0, **extra)
    assert len(losses) == STEPS, part
    return sha(" ".join(losses).encode() + torch.get_rng_state().numpy().tobytes())


def probe() -> dict[str, dict[str, Any]]:
    """All parts' digests."""
    torch.set_num_threads(1)
    full = configuration.preset("full")
    small = {part: dataclasses.replace(getattr(full, part), **sizes) for part, sizes in SIZES.items()}
    made_up = {name: runs.load_data("standin", name, None) for name in ("mnist", "sst2", "att_faces")}
    folder = benchmark.data_folder(None)
    real = {name: runs.load_data("real", name, folder) for name in made_up}
    judge = digits.train(small["digits"], made_up["mnist"], seed=0)
    found = {}
    for part in configuration.PARTS:
        name = runs.DATA[runs.module_name(part)]
        extra = {"judge": judge} if configuration.DEPENDS.get(part) else {}
        found[part] = {
            "config": plain(small[part]),
            "whole": {str(seed): whole(part, small[part], made_up[name], seed, extra) for seed in SEEDS},
            "steps": steps(part, getattr(full, part), real[name], extra),
        }
    return found


def plain(config: Any) -> dict[str, Any]:
    """A configuration as JSON."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(config).items()}


def recorded() -> dict[str, dict[str, Any]]:
    """Every recorded run of the full preset: is it current, and what are its inputs."""
    full = configuration.preset("full")
    return {
        f"{run.part}/{run.seed}": {
            "current": run.current,
            "fingerprint": run.fingerprint,
            "config": plain(getattr(full, run.part)),
            "data": runs.data_digest("real", runs.DATA[runs.module_name(run.part)]),
        }
        for run in runs.plan(full, [ROOT / "report" / "results"])
    }


def judge_again() -> str | None:
    """Digest of the judge's weights, trained again in full; None unless its recorded result came out again.

    The recorded results name no weights. Where scalars, tables and logs are the recorded ones to the last
    bit, so are the weights that judged the recorded samples.
    """
    torch.set_num_threads(1)
    full = configuration.preset("full")
    (run,) = runs.plan(full, [ROOT / "report" / "results"], ["digits"])
    kept: list[dict[str, torch.Tensor]] = []
    data = runs.load_data("real", "mnist", benchmark.data_folder(None))
    result = digits.run(full.digits, data, seed=0, keep=lambda model: kept.append(model.state_dict()))
    with tempfile.TemporaryDirectory() as folder:
        results.save(dataclasses.replace(result, provenance={}), Path(folder))
        again, before = (json.loads((f / results.FILE).read_text()) for f in (Path(folder), run.recorded))
    if any(again[key] != before[key] for key in ("scalars", "sha256")):
        return None
    digest = hashlib.sha256()
    for name, tensor in sorted(kept[0].items()):
        array = tensor.detach().cpu().contiguous().numpy()
        digest.update(f"{name}:{array.dtype.str}:{array.shape}\n".encode() + array.tobytes())
    return digest.hexdigest()


def main(words: list[str]) -> int:
    """Write the digests to the file that the words name."""
    found = {"runs": recorded(), "parts": probe(), "weights": {"digits/0": judge_again()}}
    Path(words[0]).write_text(json.dumps(found, indent=1))
    return 0
