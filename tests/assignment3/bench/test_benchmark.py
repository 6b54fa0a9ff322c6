"""The benchmark: plain loops compute what ours do; the arithmetic of its figures; a tiny run of the whole."""

import dataclasses
import io
import random
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import pytest
import torch
from rich.console import Console
from torch import Tensor, nn

from assignment3.bench import benchmark, equal_epochs, growth, plain_loops
from assignment3.bench.benchmark import Times
from assignment3.bench.contests import Contest, Work, contests
from assignment3.config import PRESETS, Config, Cvae, Gan, Siamese, TextCnn
from assignment3.data import standins
from assignment3.data.text_features import PAD, encode, vocabulary
from assignment3.page import claims, tables
from assignment3.parts import cvae, gan, siamese, text_cnn
from writeup.page import context as report
from writeup.page import templating
from writeup.results import store as results
from writeup.results import values
from writeup.results.store import Result
from writeup.runs import plan as runs

SMALL_TEXT = TextCnn(epochs=1, batch_size=50, embedding_dim=8, feature_maps=6, precision="fp32")
SMALL = Config(
    text_cnn=SMALL_TEXT,
    siamese=Siamese(height=16, width=16, embedding_dim=4),
    cvae=Cvae(hidden=16, latent=3),
    gan=Gan(batch_size=4),
)
TEMPLATES = benchmark.ROOT / "templates"
TINY = Work(dict.fromkeys(benchmark.PARTS, 2), cvae_epochs=1, gan_iterations=1, siamese_epochs=1)
FIGURES = {
    *("ratio", "ratio_low", "ratio_high", "plain_ms", "ours_ms", "plain_gflop", "ours_gflop", "gflops"),
    *("peak_share", "products_percent", "adam_percent", "products_peak_share"),
}


# --- the plain networks are ours ---


@pytest.mark.parametrize("pooling", ["avg", "max"])
@pytest.mark.parametrize("lengths", [[9, 1, 5, 7], [2, 3]])
def test_the_plain_text_network_computes_the_same(pooling: str, lengths: list[int]) -> None:
    torch.manual_seed(0)
    ours = text_cnn.CNN(SMALL_TEXT, words=30, kernel_size=5, pooling=pooling)
    plain = plain_loops.Conv1dCnn(SMALL_TEXT, words=30, kernel_size=5, pooling=pooling)
    plain.load_state_dict(ours.state_dict())
    rows = [(torch.randint(1, 30, (length,)), torch.tensor(float(length % 2))) for length in lengths]
    ids, labels = plain_loops.padded(rows)
    assert ids.shape == (len(lengths), max(lengths)) and int((ids != PAD).sum()) == sum(lengths)
    torch.testing.assert_close(plain(ids), ours(ids), atol=1e-5, rtol=0)
    plain_loss = nn.functional.binary_cross_entropy_with_logits(plain(ids), labels)
    torch.testing.assert_close(plain_loss, text_cnn.loss(ours(ids), labels), atol=1e-5, rtol=0)
    assert not torch.allclose(plain(ids), ours(ids.flip(0)), atol=1e-5)


def test_the_plain_vae_loss_is_the_same() -> None:
    torch.manual_seed(0)
    model = cvae.ConditionalVae(16, 3)
    x, y, noise = torch.rand(5, 784), torch.eye(10)[:5], torch.randn(5, 3)
    reconstruction, kl = cvae.negative_elbo(model, x, y, noise)
    plain = plain_loops.vae_loss(model, x, y, noise)
    torch.testing.assert_close(plain, (reconstruction + kl).mean(), atol=0, rtol=1e-5)


def as_plain(weights: Mapping[str, Tensor]) -> Iterator[Tensor]:
    """Our generator's weights in the plain order: there the 6,272 units are channel, row, column, here row,
    column, channel.
    """
    for tensor in weights.values():
        if tensor.ndim and tensor.shape[0] == 6272:
            yield tensor.view(7, 7, 128, *tensor.shape[1:]).movedim(2, 0).reshape(tensor.shape)
        else:
            yield tensor


def test_the_plain_gan_networks_compute_the_same() -> None:
    torch.manual_seed(0)
    G, plain_G = gan.Generator(96), plain_loops.gan_generator(96)
    D, plain_D = gan.Discriminator(), plain_loops.gan_discriminator()
    plain_G.load_state_dict(dict(zip(plain_G.state_dict(), as_plain(G.state_dict()), strict=True)))
    plain_D.load_state_dict(dict(zip(plain_D.state_dict(), D.state_dict().values(), strict=True)))
    for network in (G, D, plain_G, plain_D):  # batch norm magnifies what float32 rounds
        network.double()
    z = torch.rand(6, 96, dtype=torch.float64) * 2 - 1
    images, plain_images = G(z), plain_G(z)
    torch.testing.assert_close(plain_images.squeeze(1), images, atol=1e-9, rtol=0)
    torch.testing.assert_close(plain_D(plain_images).squeeze(1), D(images), atol=1e-9, rtol=0)


def test_the_plain_pairs_are_half_genuine_and_prepared_as_ours() -> None:
    settings = Siamese(height=28, width=23, augmentation=0.0)  # a quarter
    random.seed(0)
    faces = standins.att_faces().images[:6]
    pairs = plain_loops.Pairs(settings, faces)
    first, second, same = zip(*(pairs[i] for i in range(len(pairs))), strict=True)
    assert 0.25 < sum(same) / len(same) < 0.75
    ours = siamese.inputs(faces.reshape(60, 112, 92), 28, 23)
    for i, image in enumerate(first):  # mirrored by the toss of a coin, grey levels rounded to integers
        assert min((image - o).abs().max().item() for o in (ours[i], ours[i].flip(2))) < 0.1
    for i, (partner, alike) in enumerate(zip(second, same, strict=True)):
        nearest = min(
            range(60), key=lambda j: min((partner - o).abs().sum() for o in (ours[j], ours[j].flip(2)))
        )
        assert (nearest // 10 == i // 10) == bool(alike)


# --- plain loops learn ---


def test_the_plain_text_loop_learns() -> None:
    torch.manual_seed(0)
    texts = [f"{'fine' if i % 2 else 'dull'} word{i % 7}" for i in range(40)]
    examples = encode(texts, [i % 2 for i in range(40)], vocabulary(texts))
    settings = dataclasses.replace(SMALL_TEXT, batch_size=16, learning_rate=0.03)
    model = plain_loops.Conv1dCnn(settings, words=20, kernel_size=5, pooling="max")
    counts = list(islice(plain_loops.text_loop(settings, model, examples), 30))
    assert counts[:3] == [16, 16, 8]
    assert ((model(examples.ids) > 0) == (examples.labels > 0.5)).all()


# --- arithmetic ---


def test_the_ratio_is_taken_within_rounds() -> None:
    rounds = [Times(10, 2), Times(30, 3), Times(8, 4)]  # 5, 10 and 2 times
    assert benchmark.ratio(rounds) == (5, 2, 10)


def test_the_figures_follow_from_made_up_timings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "time_shares", lambda work: (40.0, 25.0, 2.0))
    contest = Contest("siamese", "x", "fp32", lambda: 1, lambda: 1, images_per_unit=(20, 4))
    rounds = [Times(50, 5), Times(60, 5), Times(70, 5)]
    found = benchmark.figures(contest, rounds, gflop=(3.0, 1.0), peak=400.0)
    assert found["siamese/ratio"] == 12 and found["siamese/ratio_low"] == 10
    assert (found["siamese/plain_ms"], found["siamese/ours_ms"]) == (60, 5)
    assert found["siamese/gflops"] == 200  # 1 GFLOP in 5 ms
    assert found["siamese/peak_share"] == 50
    assert found["siamese/products_peak_share"] == 125  # 1 GFLOP in 2 ms
    assert found["siamese/ratio_per_image"] == pytest.approx(12 * 4 / 20)


def test_operations_are_counted_forward_and_backward() -> None:
    weight = torch.randn(8, 5, requires_grad=True)
    x = torch.randn(3, 8, requires_grad=True)

    def work() -> float:
        (x @ weight).sum().backward()
        return 2

    assert benchmark.gflop_of(work) * 1e9 == pytest.approx(3 * (2 * 3 * 8 * 5) / 2)


def test_most_time_of_a_product_is_in_products() -> None:
    a = torch.rand(400, 400)

    def work() -> float:
        for _ in range(20):
            a @ a
        return 20

    products, adam, ms = benchmark.time_shares(work)
    assert 30 < products <= 100 and adam == 0 and ms > 0


# --- the whole ---


@pytest.fixture(scope="module")
def recorded() -> Result:
    data = {
        "sst2": standins.sst2(train=200, dev=10),
        "mnist": standins.mnist(train=150, test=10),
        "att_faces": standins.att_faces(),
    }
    chosen = contests(SMALL, data, TINY, benchmark.PARTS)
    return benchmark.measure(chosen, rounds=3, side=64)


def test_a_run_records_every_figure(recorded: Result, tmp_path: Path) -> None:
    expected = {f"{part}/{name}" for part in benchmark.PARTS for name in FIGURES}
    expected |= {"siamese/ratio_per_image", "peak_fp32_gflops", "peak_bf16_gflops", "rounds"}
    assert set(recorded.scalars) == expected
    assert all(value >= 0 for value in recorded.scalars.values())
    assert all(recorded.scalars[f"{part}/ratio"] > 0 for part in benchmark.PARTS)
    assert all(recorded.scalars[f"{part}/ours_gflop"] > 0 for part in benchmark.PARTS)
    v = recorded.scalars
    assert v["text_cnn/plain_gflop"] > v["text_cnn/ours_gflop"]  # distinct words are multiplied once
    assert v["gan/plain_gflop"] > v["gan/ours_gflop"]  # one pass of G serves both
    assert v["cvae/plain_gflop"] == pytest.approx(v["cvae/ours_gflop"], rel=1e-6)
    result = dataclasses.replace(recorded, provenance=benchmark.provenance(PRESETS["full"], 1.0))
    results.save(result, tmp_path)
    assert results.load(tmp_path).tables["rounds"]["round"] == [1, 2] * 4


def test_the_tables_of_the_report(recorded: Result) -> None:
    v = values.collect([("bench", "f", recorded.scalars)])
    made = tables.performance(recorded, v)
    for table in made.values():
        assert len(table.rows) == 4 and all(
            len(row) == len(table.head) == len(table.align) for row in table.rows
        )


def test_the_figures_are_printed(recorded: Result) -> None:
    console = Console(file=io.StringIO(), width=80)
    benchmark.show(recorded, console)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    for part in benchmark.PARTS:
        assert printed.count(f" {part} ") == 2
        assert f"{recorded.scalars[f'{part}/ratio']:.3g}" in printed
    assert "…" not in printed


def section(recorded: Result, scalars: Mapping[str, float]) -> str:
    """The appendix "Performance" with other numbers in place of `scalars`."""
    run = dataclasses.replace(recorded, scalars={**recorded.scalars, **scalars})
    match = equal_epochs.Match(
        "cvae", "-ELBO", "nats", -1, 2, lambda seed: (100.0 + seed, 8.0), lambda seed: (101.5 + seed, 2.0)
    )
    quality = equal_epochs.measure([match], 3, lambda line: None)
    quality = dataclasses.replace(quality, provenance={"fingerprint": "f"})
    grown = growth.ratios([("seeds", 1, 2.0), ("seeds", 2, 3.5)])
    grown |= growth.report_ratios([(25, 250, 4.0), (200, 2000, 30.0)])
    timings = (("bench", run.scalars), ("quality", quality.scalars), ("growth", grown))
    v = values.collect([(name, "f", numbers) for name, numbers in timings])
    context = {
        "results": {"bench": [run], "quality": [quality]},
        "quality": [quality],
        "growth": [grown],
        "claims": {"quality": claims.quality(quality)},
        "rows": report.rows,
        "stale": {"growth"},
        "v": v,
        "config": SMALL,
        "tables": tables.performance(run, v) | {"quality": tables.quality(quality)},
        "booktabs": templating.booktabs,
    }
    return templating.render(TEMPLATES, "sections/performance.tex.j2", context)


def test_the_appendix_prints_the_recorded_ratios(recorded: Result) -> None:
    text = section(recorded, {f"{part}/ratio": 90 + i + 0.25 for i, part in enumerate(benchmark.PARTS)})
    assert all(rf"\textbf{{{90 + i}.25}}" in text for i in range(4))


def test_the_appendix_says_who_is_better_after_equal_epochs_and_how_cost_grows(recorded: Result) -> None:
    text = " ".join(section(recorded, {}).split())
    assert "The CVAE: the plain loop beats our training by 1.500 nats" in text
    assert r"$101.00 \pm 1.00$ & $102.50 \pm 1.00$ & 8.0 & 2.0" in text
    assert "cost at most 1.75 times the time" in text
    assert "7.5 times as long as one that is 8 times smaller" in text
    assert text.count(r"\textbf{Stale.}") == 1


@pytest.mark.parametrize(
    ("products", "reach", "adam", "said"),
    [
        (80, 90, 5, r"matrix products, which take 80\,\% of the time at 90\,\% of the peak."),
        (80, 20, 5, r"too small or too narrow for more than 20\,\% of the peak."),
        (30, 90, 50, r"so memory: it takes 50\,\% of the time, the products 30\,\%."),
        (30, 90, 20, r"but 50\,\% of element-wise passes"),
    ],
)
def test_what_binds_follows_from_the_numbers(
    recorded: Result, products: float, reach: float, adam: float, said: str
) -> None:
    numbers = {"products_percent": products, "products_peak_share": reach, "adam_percent": adam}
    text = section(recorded, {f"gan/{name}": number for name, number in numbers.items()})
    assert said in text.partition(r"\item The DC-{}GAN")[2]


def test_missing_data_are_replaced_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    load, notes = runs.load_data, list[str]()

    def offline(kind: str, name: str, data_dir: Path | None) -> object:
        if kind == "real":
            raise benchmark.UserError("no network")
        return load(kind, name, data_dir)

    monkeypatch.setattr(runs, "load_data", offline)
    data, real = benchmark.load(["siamese"], None, notes.append)
    assert not real and set(data) == {"att_faces"}
    assert notes == ["generated stand-ins take the place of att_faces: no network"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--record", "--only", "gan"], "error: --record keeps all parts together: leave --only out\n"),
        (["--data-dir", "/nowhere"], "error: data directory /nowhere: no such folder"),
    ],
)
def test_mistakes_cost_one_line(words: list[str], error: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.main(words) == 1
    assert capsys.readouterr().err.startswith(error)
