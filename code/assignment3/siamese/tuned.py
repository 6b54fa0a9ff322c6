"""Our improved network for faces: all pairs of a batch, more people, an ensemble, a computed layer.

The contrastive loss is that of the assignment. What is ours:

* Every image of a batch is embedded once and all pairs are formed from the embeddings, as unit vectors. The
  given network embeds two images for one pair.
* A small network on small images, augmented a little. Each batch has invented people besides: the images of
  a subject in one smooth deformation, as those of someone else, since 32 people are few to learn from.
* The layer that the loss trains on top of the convolutions knows its 32 people by heart. For other people
  Fisher's metric takes its place, computed after the training from the features of the training subjects'
  faces, each in several augmented views: principal components, whitened by the covariance within a subject.
* Several networks that differ in their random numbers vote by their mean squared distance.

What was seen on validation subjects (32 of the first fold, in four rounds of 24 and 8), as area under the ROC
and equal error rate in percent: one network by its trained layer 0.973 and 7.2; by Fisher's without augmented
views 0.986 and 4.7, with them 0.992 and 4.2; another one 0.988 and 5.0, a wider one 0.989 and 4.4, all three
together 0.992 and 4.2. The same layer on untrained convolutions gave 0.987 and 5.4, on pixels 0.975 and 7.6.
Not better, by the trained layer: stronger augmentation, elastic distortion, light from a side, three doubles
for one, oriented edges in place of the first convolution.

Letters: N images, H W their size, F features, D dimensions, S subjects, P = N (N - 1)/2 pairs.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from assignment3.data.splits import subject_folds
from assignment3.siamese import record
from assignment3.siamese.head import fisher_head
from assignment3.siamese.model import ContrastiveLoss, Data, flat, of_subjects, pair_distances
from assignment3.siamese.record import Floats
from assignment3.siamese.settings import Tuned
from assignment3.siamese.verification import best_threshold
from writeup import training
from writeup.results.tables import add_row
from writeup.runs.record import Findings, Trained
from writeup.training import rounds

GREY_MEAN, GREY_STD = 0.44, 0.20  # of the AT&T faces, on the scale 0..1


class Encoder(nn.Module):
    """Two convolutions on the image at half its size, and two last layers on their features.

    `embedding` is trained by the loss; `mean` and `projection` are Fisher's metric, computed afterwards.
    """

    mean: Tensor
    projection: Tensor

    def __init__(self, config: Tuned) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.AvgPool2d(2),  # N 1 H/2 W/2
            *_block(1, 16, 5),  # N 16 H/4 W/4
            *_block(16, 32, 3),  # N 32 H/8 W/8
            nn.Flatten(),
        )
        F_ = 32 * (config.height // 8) * (config.width // 8)
        self.embedding = nn.Linear(F_, config.embedding_dim)
        self.register_buffer("mean", torch.zeros(F_))
        self.register_buffer("projection", torch.zeros(F_, config.components))

    def forward(self, images: Tensor) -> Tensor:
        """Embeddings [N, D] of length 1 of images [N, 1, H, W], by the layer that is trained."""
        return F.normalize(self.embedding(self.features(images)))


def _block(channels_in: int, channels_out: int, kernel: int) -> Sequence[nn.Module]:
    """Pooling comes first, so that normalisation and ReLU have a quarter of the values to touch."""
    convolution = nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2, bias=False)
    return convolution, nn.MaxPool2d(2), nn.BatchNorm2d(channels_out), nn.ReLU()


def build(config: Tuned, device: torch.device) -> Encoder:
    """An untrained encoder."""
    return Encoder(config).to(device).to(memory_format=torch.channels_last)


def inputs(config: Tuned, data: Data) -> Tensor:
    """All images [N, 1, H, W], averaged down, of about mean 0 and variance 1 overall.

    Not each image by itself: how light a face is belongs to the subject here.
    """
    grey = torch.from_numpy(flat(data)).unsqueeze(1).float() / 255
    return (F.interpolate(grey, (config.height, config.width), mode="area") - GREY_MEAN) / GREY_STD


# --- training ---


def augment(
    images: Tensor, strength: float, generator: torch.Generator, deformation: Tensor | None = None
) -> Tensor:
    """Images [N, 1, H, W], each mirrored by the toss of a coin, turned, scaled and shifted a little.

    At strength 1 at most 10 degrees, 16 % in size, 8 % of the image's size in position. A deformation
    [N, H, W, 2] moves where each pixel is read, in units of half the image.
    """
    N, _, H, W = images.shape

    def uniform(bound: float) -> Tensor:
        return (2 * torch.rand(N, generator=generator) - 1) * bound * strength

    turn, scale = uniform(math.radians(10)), torch.exp(uniform(0.15))
    mirror = torch.where(torch.rand(N, generator=generator) < 0.5, -1.0, 1.0)
    cos, sin = scale * turn.cos(), scale * turn.sin()
    rows = [mirror * cos, -sin * H / W, uniform(0.16), mirror * sin * W / H, cos, uniform(0.16)]
    maps = torch.stack(rows, dim=1).reshape(N, 2, 3).to(images.device)  # in units of half the image
    grid = F.affine_grid(maps, [N, 1, H, W], align_corners=False)  # N H W 2
    if deformation is not None:
        grid = grid + deformation @ maps[:, None, :, :2].mT
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def deformations(faces: Tensor, generator: torch.Generator) -> Tensor:
    """For each subject of faces [S, images, 1, H, W] one that makes someone else of them: [S, H, W, 2].

    Wide or narrow heads, by a factor of 1.4 to 2.9 between width and height, and smoothly distorted by up to
    0.3 of half the image. In units of half the image, to be added to a position.
    """
    S, _, _, H, W = faces.shape
    position = F.affine_grid(torch.eye(2, 3)[None], [1, 1, H, W], align_corners=False)  # 1 H W 2
    sign = 2.0 * torch.randint(2, (S,), generator=generator) - 1
    size = (0.175 + 0.35 * torch.rand(S, generator=generator)) * sign
    stretched = torch.stack([size.exp() - 1, (-size).exp() - 1], dim=1)[:, None, None] * position
    coarse = (2 * torch.rand(S, 2, 3, 3, generator=generator) - 1) * 0.3
    smooth = F.interpolate(coarse, (H, W), mode="bicubic", align_corners=True)
    return (stretched + smooth.permute(0, 2, 3, 1)).to(faces.device)


def batch_of(config: Tuned, faces: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """(images [N, 1, H, W], subject [N]) of faces [S, images, 1, H, W], augmented.

    With invented people each subject has a double: its own images in one new deformation, as someone else's.
    """
    images = faces.shape[1]
    deformation = None
    if config.invented:
        new = deformations(faces, generator)
        faces = torch.cat([faces, faces])
        deformation = torch.cat([torch.zeros_like(new), new]).repeat_interleave(images, dim=0)
    subject = torch.arange(len(faces)).repeat_interleave(images)
    batch = faces.flatten(0, 1)
    if config.augmentation or config.invented:
        batch = augment(batch, config.augmentation, generator, deformation)
    return batch.contiguous(memory_format=torch.channels_last), subject


def fit(
    config: Tuned, faces: Tensor, *, seed: int, tick: training.Tick, unit: str
) -> tuple[Encoder, list[float]]:
    """Train on faces [S, images, 1, H, W]: the encoder, and the mean loss of each epoch.

    A batch holds `batch_images` of every subject. An epoch shows each image at most once: what does not fill
    a batch is left for the next.
    """
    generator = training.seeded(seed)
    S, images = faces.shape[:2]
    encoder = build(config, faces.device)
    criterion = ContrastiveLoss(config.margin)
    batches = max(1, images // config.batch_images)
    optimizer = torch.optim.AdamW(encoder.parameters(), config.learning_rate, weight_decay=1e-4, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=config.epochs * batches, pct_start=0.15
    )
    losses: list[float] = []
    learned = {"encoder": encoder, "optimizer": optimizer, "schedule": schedule, "order": generator}
    for _ in rounds(unit, range(config.epochs), learned | {"losses": losses}):
        found = []
        order = torch.rand(S, images, generator=generator).argsort(1)  # each subject's images, shuffled
        for chosen in order[:, : batches * config.batch_images].chunk(batches, dim=1):
            batch, subject = batch_of(config, faces[torch.arange(S)[:, None], chosen], generator)
            i, j = torch.triu_indices(len(subject), len(subject), offset=1)
            y = (subject[i] != subject[j]).float().to(faces.device)
            d = F.pdist(encoder(batch))[:, None]  # P 1: on a line, the distance of d and 0 is d
            loss = criterion(d, torch.zeros_like(d), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            found.append(loss.item())
        losses.append(float(np.mean(found)))
        tick(found[-1])
    return encoder, losses


@torch.no_grad()
def compute_head(config: Tuned, encoder: Encoder, faces: Tensor, seed: int) -> None:
    """Fisher's metric of the encoder's features of faces [S, images, 1, H, W] in several views each."""
    generator = torch.Generator().manual_seed(seed)
    S, images = faces.shape[:2]
    rows = faces.flatten(0, 1)
    seen = [rows, rows.flip(3)]
    seen += [augment(rows, config.augmentation, generator) for _ in range(config.head_views)]
    found = np.concatenate([features_of(encoder, some) for some in seen])
    subjects = np.tile(np.repeat(np.arange(S), images), len(seen))
    layer = fisher_head(found, subjects, config.components, config.shrinkage)
    mean, projection = (torch.from_numpy(one) for one in layer)
    encoder.mean.copy_(mean)
    encoder.projection[:, : projection.shape[1]] = projection


@torch.no_grad()
def features_of(encoder: Encoder, faces: Tensor) -> Floats:
    """What the convolutions make of faces: [N, F]."""
    encoder.eval()
    found: Floats = torch.cat([encoder.features(some) for some in faces.split(160)]).double().cpu().numpy()
    return found


def prefix(fold: int, member: int) -> str:
    """What the names of an encoder's weights begin with; both count from 1."""
    return f"fold{fold}/member{member}/"


def train(config: Tuned, data: Data, *, seed: int) -> Trained:
    """Train `members` encoders for each fold, on the subjects that it does not test."""
    S, images = data.images.shape[:2]
    faces = inputs(config, data).to(training.device())
    faces = faces.reshape(S, images, *faces.shape[1:])
    weights: dict[str, NDArray[Any]] = {}
    log: dict[str, list[Any]] = {}
    for k, fold in enumerate(subject_folds(S, config.folds, validation=0), 1):
        known = faces[fold.train]
        with training.progress(f"siamese, fold {k}", config.members * config.epochs) as tick:
            for m in range(1, config.members + 1):
                own = 1000 * seed + 100 * k + m
                encoder, losses = fit(config, known, seed=own, tick=tick, unit=f"fold {k}, member {m}")
                compute_head(config, encoder, known, own)
                weights |= training.weights_of(encoder, prefix(k, m))
                for epoch, loss in enumerate(losses, 1):
                    add_row(log, fold=k, member=m, epoch=epoch, mean=loss)
    return Trained(weights, logs={"loss": log})


# --- evaluation ---


def views(faces: Tensor, shift: int) -> Iterator[Tensor]:
    """Faces [N, 1, H, W] and their mirror images, each moved by -shift, 0 and shift pixels both ways."""
    H, W = faces.shape[2:]
    padded = F.pad(faces, (shift,) * 4, mode="replicate") if shift else faces
    steps = (0, shift, 2 * shift) if shift else (0,)
    for row, column in itertools.product(steps, steps):
        moved = padded[:, :, row : row + H, column : column + W]
        yield moved
        yield moved.flip(3)


def unit(rows: Floats) -> Floats:
    """Each row at length 1."""
    found: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return found


def embeddings(config: Tuned, encoder: Encoder, faces: Tensor) -> dict[str, Floats]:
    """Of faces [N, 1, H, W], by the last layer ("fisher" or "trained"): unit vectors [N, D].

    Each is the mean over the views of a face.
    """
    weight, bias, mean, projection = (
        one.detach().double().cpu().numpy()
        for one in (*encoder.embedding.parameters(), encoder.mean, encoder.projection)
    )
    fisher, trained = [], []
    for view in views(faces, config.shift):
        found = features_of(encoder, view)
        fisher.append(unit((found - mean) @ projection))
        trained.append(unit(found @ weight.T + bias))
    return {"fisher": unit(np.sum(fisher, axis=0)), "trained": unit(np.sum(trained, axis=0))}


def evaluate(config: Tuned, data: Data, trained: Trained, *, seed: int) -> Findings:
    """Test each fold's encoders once, on subjects that they have not seen. Nothing is drawn.

    Measures: "network" is the whole and "single" its first encoder; "trained_layer" and
    "single_trained_layer" are the same by the layers that the loss trained.
    """
    S, images = data.images.shape[:2]
    faces = inputs(config, data).to(training.device())
    arrays: dict[str, NDArray[Any]] = {}
    thresholds = []
    for k, fold in enumerate(subject_folds(S, config.folds, validation=0), 1):
        squares: dict[str, list[Floats]] = {"fisher": [], "trained": []}  # of the test subjects' pairs
        known = []  # the same of the training subjects, with Fisher's head
        for m in range(1, config.members + 1):
            encoder = training.load_weights(build(config, faces.device), trained.weights, prefix(k, m))
            rows = embeddings(config, encoder, faces)
            for layer, some in rows.items():
                squares[layer].append(pair_distances(some[of_subjects(fold.test, images)]) ** 2)
            known.append(pair_distances(rows["fisher"][of_subjects(fold.train, images)]) ** 2)
        arrays[f"fold{k}/subjects"] = fold.test.astype(np.uint8)
        for measure, voters in (
            ("network", squares["fisher"]),
            ("single", squares["fisher"][:1]),
            ("trained_layer", squares["trained"]),
            ("single_trained_layer", squares["trained"][:1]),
        ):
            arrays[f"fold{k}/{measure}"] = np.sqrt(np.mean(voters, axis=0)).astype(np.float16)
        owner = np.repeat(fold.train, images)[record.pair_indices(len(fold.train) * images)]
        thresholds.append(best_threshold(np.sqrt(np.mean(known, axis=0)), owner[0] == owner[1]))
    arrays["thresholds"] = np.array(thresholds)
    parameters = sum(p.numel() for p in encoder.parameters())
    return Findings(
        scalars=record.scalars(arrays) | {"parameters": parameters},
        tables={"folds": record.table(arrays)},
        logs=trained.logs,
        arrays=arrays,
    )
