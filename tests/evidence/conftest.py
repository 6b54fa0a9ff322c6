"""A tiny run of the benchmark: all four problems, small, on generated data."""

from types import SimpleNamespace

import pytest

from assignment3.cvae.settings import Cvae
from assignment3.data import standins
from assignment3.gan.settings import Gan
from assignment3.siamese.settings import Siamese
from assignment3.text_cnn.settings import TextCnn
from evidence import speed
from evidence.settings import Bench
from writeup.bench.setting import Setting
from writeup.results.store import Result

WORK = Bench(
    rounds=3, plain_text_steps=2, plain_siamese_steps=1, plain_cvae_steps=2, plain_gan_steps=2,
    siamese_epochs=1, cvae_images=64, gan_iterations=1, profiled_images=32, matrix=64,
)  # fmt: skip
CONFIGS = {
    "text_cnn": TextCnn(epochs=1, batch_size=50, embedding_dim=8, feature_maps=6),
    "siamese": Siamese(batch_size=6, held_out=(1, 2), folds=2),
    "cvae": Cvae(hidden=16, latent=3),
    "gan": Gan(batch_size=4, images=100),
}


@pytest.fixture(scope="session")
def setting() -> Setting:
    data = {
        "yelp": standins.yelp(train=200, dev=20, test=20),
        "mnist": standins.mnist(train=150, test=10),
        "att_faces": SimpleNamespace(images=standins.att_faces().images[:6, :3]),
    }
    return Setting(WORK, CONFIGS, data, {}, {}, {}, lambda line: None)


@pytest.fixture(scope="session")
def recorded(setting: Setting) -> Result:
    found = speed.measure(setting)
    return Result("bench", 0, found.scalars, found.tables, provenance={"fingerprint": "f"})
