"""Do two photographs show the same person? One network embeds both; their distance says no or yes.

Source: R. Hadsell, S. Chopra, Y. LeCun, Dimensionality reduction by learning an invariant mapping, CVPR 2006.
Network, pairs and loss are those that the class was given. Objective: (1 - y) d^2 + y max(0, m - d)^2, a mean
over the batch, with y = 1 for two people: Hadsell's equation 4 without its halves. Its branches, gradient and
minimum are proved in "contrastive".

Trained and tested twice: with s5, s6 and s7 held out, as the hand-out does, and in folds over all subjects.

Letters: N images, H W their size, S subjects.
"""

from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from assignment3.data.splits import subject_folds
from assignment3.siamese import baselines, record
from assignment3.siamese.record import Floats, Indices
from assignment3.siamese.settings import Siamese
from assignment3.siamese.verification import best_threshold
from writeup import training
from writeup.results.tables import add_row
from writeup.runs.record import Findings, Trained
from writeup.training import rounds

SIDE = 100  # pixels; hand-out
SMALL = 56, 46  # of the images that the linear baselines see: half of 112 x 92
SHOWN = 5  # partners of one person, and as many of others, that are shown beside an anchor
SHOWN_SEED = 498  # draws them; the seed of both published solutions


class Data(Protocol):
    """What is read of the AT&T faces."""

    images: NDArray[np.uint8]  # subjects, images of each, rows, columns


class SiameseNetwork(nn.Module):
    """The network that both images of a pair share, as it was handed out."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            *_block(1, 8),  # N 8 50 50
            *_block(8, 16),  # N 16 25 25
            *_block(16, 32),  # N 32 12 12
            nn.Flatten(),  # N 4608
        )
        self.fully_connected = nn.Sequential(
            nn.Linear(32 * 12 * 12, 1024),
            nn.ReLU(),
            nn.Linear(1024, 512),
            nn.ReLU(),
            nn.Linear(512, 8),
        )

    def forward_once(self, x: Tensor) -> Tensor:
        """Embeddings f(x) [N, 8] of images [N, 1, 100, 100] in [0, 1]."""
        embeddings: Tensor = self.fully_connected(self.convolutions(x))
        return embeddings

    def forward(self, x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor]:
        """f(x1) and f(x2); in training mode batch norm sees one side of the pairs at a time."""
        return self.forward_once(x1), self.forward_once(x2)


def _block(channels_in: int, channels_out: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(channels_in, channels_out, 3, padding=1),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.BatchNorm2d(channels_out),
    )


class ContrastiveLoss(nn.Module):
    """L = (1 - y) d^2 + y max(0, m - d)^2 with d = ||f(x1) - f(x2)||, mean over the batch."""

    def __init__(self, margin: float = 2.0) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, output1: Tensor, output2: Tensor, y: Tensor) -> Tensor:
        """output1, output2: embeddings [N, D]; y [N]: 1 for two people, 0 for one."""
        d = torch.linalg.vector_norm(output1 - output2, dim=1)
        same, different = d**2, (self.margin - d).clamp_min(0) ** 2
        loss: Tensor = ((1 - y) * same + y * different).mean()
        return loss


def build(device: torch.device) -> SiameseNetwork:
    """An untrained network. With channels last in memory a step takes half the time."""
    return SiameseNetwork().to(device).to(memory_format=torch.channels_last)


def inputs(images: NDArray[np.uint8]) -> Tensor:
    """Images [N, rows, columns] as float [N, 1, 100, 100] in [0, 1], resized as Pillow does (bilinear)."""
    grey = torch.from_numpy(images).unsqueeze(1)
    return F.interpolate(grey, (SIDE, SIDE), mode="bilinear", antialias=True).float() / 255


def flat(data: Data) -> NDArray[np.uint8]:
    """All images [N, rows, columns], subject after subject."""
    return data.images.reshape(-1, *data.images.shape[2:])


def draw_pairs(subjects: int, images: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """As many pairs as there are images: (first [N], second [N], y [N]).

    The first is any image. A fair coin says whether the second is any image of the same person (y = 0; it may
    be the very same image) or any of the other people (y = 1).
    """
    N = subjects * images
    first = torch.randint(N, (N,), generator=generator)
    y = torch.randint(2, (N,), generator=generator)
    person = (first // images + y * torch.randint(1, subjects, (N,), generator=generator)) % subjects
    second = images * person + torch.randint(images, (N,), generator=generator)
    return first, second, y.float()


def fit(
    config: Siamese, faces: Tensor, images: int, *, seed: int, tick: training.Tick, unit: str
) -> tuple[SiameseNetwork, list[float], list[float]]:
    """Train on faces [N, 1, H, W], `images` of each subject.

    Returns the network and, of each epoch, the loss of the first batch (which the hand-out notes) and the
    mean over the batches.
    """
    generator = training.seeded(seed)
    network = build(faces.device)
    criterion = ContrastiveLoss(config.margin)
    optimizer = torch.optim.Adam(network.parameters(), config.learning_rate, fused=True)
    firsts: list[float] = []
    means: list[float] = []
    learned = {"network": network, "optimizer": optimizer, "pairs": generator}
    logged = {"firsts": firsts, "means": means}
    for _ in rounds(unit, range(config.epochs), learned | logged):
        found = []
        drawn = draw_pairs(len(faces) // images, images, generator)
        for first, second, y in zip(*(one.split(config.batch_size) for one in drawn), strict=True):
            loss = criterion(*network(faces[first], faces[second]), y.to(faces.device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        firsts.append(found[0])
        means.append(float(np.mean(found)))
        tick(found[-1])
    return network, firsts, means


def groups(config: Siamese, subjects: int) -> dict[str, tuple[Indices, Indices]]:
    """By name the trainings of a run: which subjects train, and which are tested."""
    held = np.sort(np.array(config.held_out)) - 1
    folds = subject_folds(subjects, config.folds, validation=0)
    return {
        "heldout": (np.setdiff1d(np.arange(subjects), held), held),
        **{f"fold{k}": (fold.train, fold.test) for k, fold in enumerate(folds, 1)},
    }


def of_subjects(subjects: Indices, images: int) -> Tensor:
    """The indices of all images of these subjects."""
    return torch.from_numpy(np.add.outer(subjects * images, np.arange(images)).ravel())


def train(config: Siamese, data: Data, *, seed: int) -> Trained:
    """Train one network with s5, s6 and s7 held out, and one for each fold."""
    S, images = data.images.shape[:2]
    faces = inputs(flat(data)).to(training.device())
    weights: dict[str, NDArray[Any]] = {}
    log: dict[str, list[Any]] = {}
    for k, (group, (known, _)) in enumerate(groups(config, S).items()):
        with training.progress(f"siamese, {group}", config.epochs) as tick:
            network, firsts, means = fit(
                config,
                faces[of_subjects(known, images)],
                images,
                seed=1000 * seed + k,
                tick=tick,
                unit=group,
            )
        weights |= training.weights_of(network, f"{group}/")
        for epoch, (first, mean) in enumerate(zip(firsts, means, strict=True), 1):
            add_row(log, training=group, epoch=epoch, first_batch=first, mean=mean)
    return Trained(weights, logs={"loss": log})


# --- evaluation ---


@torch.no_grad()
def embed(network: SiameseNetwork, faces: Tensor) -> Floats:
    """Embeddings [N, 8] in evaluation mode: batch norm uses the running averages of the training."""
    network.eval()
    rows: Floats = torch.cat([network.forward_once(some) for some in faces.split(100)]).double().cpu().numpy()
    return rows


@torch.no_grad()
def embed_in_training_mode(network: SiameseNetwork, faces: Tensor) -> Floats:
    """Embeddings [N, 8] as the published solutions' figures have them: a batch of one image in training mode,
    so that batch norm uses the mean and variance of that image alone. (It moves the running averages.)
    """
    network.train()
    rows: Floats = torch.cat([network.forward_once(face[None]) for face in faces]).double().cpu().numpy()
    return rows


def pair_distances(embeddings: Floats) -> Floats:
    """Euclidean distances [P] of all pairs of rows, in the order of `record.pair_indices`."""
    i, j = record.pair_indices(len(embeddings))
    found: Floats = np.linalg.norm(embeddings[i] - embeddings[j], axis=1)
    return found


def small(data: Data) -> Floats:
    """All images [N, 56, 46] in [0, 1], averaged down, as the linear baselines see them."""
    grey = torch.from_numpy(flat(data)).unsqueeze(1).double() / 255
    pixels: Floats = F.interpolate(grey, SMALL, mode="area")[:, 0].numpy()
    return pixels


def linear_distances(config: Siamese, data: Data, known: Indices, test: Indices) -> dict[str, Floats]:
    """By baseline the distances of the test subjects' pairs; fitted on the known subjects alone."""
    images = data.images.shape[1]
    pixels = small(data)
    seen, unseen = (pixels[of_subjects(some, images).numpy()] for some in (known, test))
    embeddings = {
        "pixels": baselines.pixels(unseen),
        "pca": baselines.whitened_pca(seen, unseen, config.baseline_dim),
        "fisher": baselines.fisher(seen, np.repeat(known, images), unseen, config.baseline_dim),
    }
    return {name: pair_distances(rows) for name, rows in embeddings.items()}


def shown_pairs(subjects: Indices, images: int) -> Indices:
    """Two anchors with ten partners each: [2, 11] indices of images, the anchor first.

    Drawn by a fixed seed: two of these people, one image of each, five more images of the person, five images
    of other people. (The hand-out's own figures show any image beside an anchor.)
    """
    random = np.random.RandomState(SHOWN_SEED)
    every = of_subjects(subjects, images).numpy()
    rows = []
    for person in random.choice(subjects, 2, replace=False):
        own = every // images == person
        anchor, *same = random.choice(every[own], 1 + SHOWN, replace=False)
        rows.append([anchor, *same, *random.choice(every[~own], SHOWN, replace=False)])
    return np.array(rows)


def evaluate(config: Siamese, data: Data, trained: Trained, *, seed: int) -> Findings:
    """Test each network once, on subjects that it has not seen."""
    S, images = data.images.shape[:2]
    faces = inputs(flat(data)).to(training.device())
    arrays: dict[str, NDArray[Any]] = {}
    pairs: dict[str, list[Any]] = {}
    thresholds = []
    embeddings = np.zeros((S * images, 8), np.float16)
    for group, (known, test) in groups(config, S).items():
        network = training.load_weights(build(faces.device), trained.weights, f"{group}/")
        seen, unseen = of_subjects(known, images), of_subjects(test, images)
        rows = embed(network, faces)
        singly = embed_in_training_mode(network, faces)
        arrays[f"{group}/subjects"] = test.astype(np.uint8)
        arrays[f"{group}/network"] = pair_distances(rows[unseen]).astype(np.float16)
        arrays[f"{group}/training_mode"] = pair_distances(singly[unseen]).astype(np.float16)
        if group == "heldout":
            anchors = np.stack([shown_pairs(some, images) for some in (known, test)])  # training, test; 2; 11
            arrays["pairs_images"] = halved(faces[anchors.ravel()]).reshape(
                *anchors.shape, SIDE // 2, SIDE // 2
            )
            for name, some in zip(("training", "test"), anchors, strict=True):
                add_pairs(pairs, name, some, images, {"dissimilarity": rows, "training_mode": singly})
            continue
        for name, found in linear_distances(config, data, known, test).items():
            arrays[f"{group}/{name}"] = found.astype(np.float16)
        i, j = record.pair_indices(len(seen)) // images
        thresholds.append(best_threshold(pair_distances(rows[seen]), i == j))
        embeddings[unseen] = rows[unseen]
    arrays |= {"thresholds": np.array(thresholds), "embeddings": embeddings}
    parameters = sum(p.numel() for p in network.parameters())
    return Findings(
        scalars=record.scalars(arrays) | {"parameters": parameters},
        tables={"folds": record.table(arrays), "pairs": pairs},
        logs=trained.logs,
        arrays=arrays,
    )


def halved(faces: Tensor) -> NDArray[np.uint8]:
    """Network inputs [N, 1, 100, 100] as grey levels [N, 50, 50], to be shown."""
    grey: NDArray[np.uint8] = (F.avg_pool2d(faces, 2)[:, 0] * 255).round().byte().cpu().numpy()
    return grey


def add_pairs(
    table: dict[str, list[Any]], name: str, anchors: Indices, images: int, measured: dict[str, Floats]
) -> None:
    """Add a row for each partner of each anchor in [2, 11]: its distance by each of the embeddings."""

    def face(index: int) -> str:
        return f"s{index // images + 1}/{index % images + 1}"

    for anchor, *partners in anchors.tolist():
        for partner in partners:
            add_row(
                table,
                set=name,
                anchor=face(anchor),
                partner=face(partner),
                different=int(anchor // images != partner // images),
                **{
                    way: float(np.linalg.norm(rows[anchor] - rows[partner])) for way, rows in measured.items()
                },
            )
