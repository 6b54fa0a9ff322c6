"""A tiny run of the benchmark: all four parts, small, on generated data."""

import pytest

from assignment3.bench import speed
from assignment3.config import Bench, Cvae, Gan, Siamese, TextCnn
from assignment3.data import standins
from writeup.bench.setting import Setting
from writeup.results.store import Result

WORK = Bench(
    rounds=3, plain_text_steps=2, plain_siamese_steps=2, plain_cvae_steps=2, plain_gan_steps=2,
    siamese_epochs=1, cvae_epochs=1, gan_iterations=1, matrix=64,
)  # fmt: skip
CONFIGS = {
    "text_cnn": TextCnn(epochs=1, batch_size=50, embedding_dim=8, feature_maps=6, precision="fp32"),
    "siamese": Siamese(height=16, width=16, embedding_dim=4, precision="bf16"),
    "cvae": Cvae(hidden=16, latent=3, precision="bf16"),
    "gan": Gan(batch_size=4, precision="bf16"),
}


@pytest.fixture(scope="session")
def setting() -> Setting:
    data = {
        "sst2": standins.sst2(train=200, dev=10),
        "mnist": standins.mnist(train=150, test=10),
        "att_faces": standins.att_faces(),
    }
    return Setting(WORK, CONFIGS, data, {}, {}, {}, lambda line: None)


@pytest.fixture(scope="session")
def recorded(setting: Setting) -> Result:
    found = speed.measure(setting)
    return Result("bench", 0, found.scalars, found.tables, provenance={"fingerprint": "f"})
