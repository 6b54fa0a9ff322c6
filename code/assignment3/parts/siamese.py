"""Do two photographs show the same person? One network embeds both; their distance says no or yes.

Source: R. Hadsell, S. Chopra, Y. LeCun, Dimensionality reduction by learning an invariant mapping, CVPR 2006:
the distance is their equation 1, the contrastive loss their equation 4. They write Y = 0 for a similar pair;
our `same` is 1 for one. Objective: same d^2/2 + (1 - same) max(0, margin - d)^2/2, in squared units of the
embedding, a weighted mean over pairs. Its branches, gradient and minimum are proved in the derivation
"contrastive". Judged by cross-validation: no subject that is tested was seen in training.

The networks alone miss what a linear metric on the pixels sees, and the other way round: so the embedding
that is judged joins both, and the record gives each alone as well.

Letters: N images, H W their size, D dimensions of the embedding, P = N (N - 1)/2 pairs, S subjects.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from assignment3.config import Siamese
from assignment3.data.splits import Fold, subject_folds
from assignment3.measures import face_baselines, face_record, verification
from assignment3.measures.face_record import Booleans, Floats, Indices, Outcome
from writeup import training
from writeup.errors import UserError
from writeup.results.store import Findings, Trained

GREY_MEAN, GREY_STD = 0.44, 0.20  # of the AT&T faces, on the scale 0..1


class Data(Protocol):
    """What is read of the AT&T faces."""

    images: NDArray[np.uint8]  # subjects, images of each, rows, columns


class Encoder(nn.Module):
    """The network that both images of a pair share: two convolutions, one linear layer, a unit vector.

    It halves the image first: at a fifth of the cost the faces of unseen subjects were told apart as well.
    """

    def __init__(self, height: int, width: int, embedding_dim: int) -> None:
        super().__init__()
        self.features = nn.Sequential(  # N 1 H W
            nn.AvgPool2d(2),  # N 1 H/2 W/2
            *_block(1, 16, 5),  # N 16 H/4 W/4
            *_block(16, 32, 3),  # N 32 H/8 W/8
        )
        self.embedding = nn.Linear(32 * (height // 8) * (width // 8), embedding_dim)

    def forward(self, images: Tensor) -> Tensor:
        """Embeddings [N, D] of length 1 of images [N, 1, H, W]."""
        features = self.features(images).flatten(1)
        return F.normalize(self.embedding(features).float())


def _block(channels_in: int, channels_out: int, kernel: int) -> Sequence[nn.Module]:
    """Pooling comes first, so that normalisation and ReLU have a quarter of the values to touch."""
    convolution = nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2, bias=False)
    return convolution, nn.MaxPool2d(2), nn.BatchNorm2d(channels_out), nn.ReLU()


def build(config: Siamese, device: torch.device) -> Encoder:
    """An untrained encoder."""
    encoder = Encoder(config.height, config.width, config.embedding_dim)
    return encoder.to(device).to(memory_format=torch.channels_last)


def pair_distances(embeddings: Tensor) -> Tensor:
    """Euclidean distances [P] of all pairs of rows [N, D], in the order of `pair_indices`.

    `pdist` gives the gradient 0 for two equal rows, where the square root's own derivative is infinite.
    """
    return F.pdist(embeddings)


def pair_indices(count: int) -> Tensor:
    """The pairs (i, j), i < j, of `count` images as int64 [2, P]: (0, 1), (0, 2), ..., (1, 2), ..."""
    return torch.triu_indices(count, count, offset=1)


def contrastive_loss(distance: Tensor, same: Tensor, margin: float, weight: Tensor | None = None) -> Tensor:
    """Hadsell, Chopra, LeCun 2006, eq. 4: distance [P], same [P] (1 or True: one subject) -> mean over pairs.

    Weights [P] take the place of the mean's 1/P. Their Y is our 1 - same.
    """
    same = same.to(distance.dtype)
    loss = same * distance**2 / 2 + (1 - same) * (margin - distance).clamp_min(0) ** 2 / 2
    return loss.mean() if weight is None else (loss * weight).sum()


def balanced_weights(distance: Tensor, same: Tensor, margin: float) -> Tensor:
    """Half of the weight to the genuine pairs, half to the impostor pairs that are still within the margin.

    In a batch of all subjects most impostor pairs lie beyond the margin, where loss and gradient are 0; a
    plain mean over them would let the few hard ones fade as training succeeds.
    """
    hard = ~same & (distance < margin)
    return same / (2 * same.sum().clamp_min(1)) + hard / (2 * hard.sum().clamp_min(1))


def inputs(images: NDArray[np.uint8], height: int, width: int) -> Tensor:
    """Images [N, rows, columns] as float [N, 1, H, W], averaged down, of about mean 0 and variance 1 overall.

    Not each image by itself: how light a face is belongs to the subject here, as the validation subjects say.
    """
    grey = torch.from_numpy(images).unsqueeze(1).float() / 255
    return (F.interpolate(grey, (height, width), mode="area") - GREY_MEAN) / GREY_STD


def grouped(config: Siamese, data: Data) -> Tensor:
    """All faces as network inputs [S, images, 1, H, W]."""
    S, images, *size = data.images.shape
    faces = inputs(data.images.reshape(S * images, *size), config.height, config.width)
    return faces.reshape(S, images, *faces.shape[1:])


def shown(faces: Tensor) -> NDArray[np.uint8]:
    """Network inputs [N, 1, H, W] as grey levels [N, H, W] again."""
    grey: NDArray[np.uint8] = ((faces[:, 0].cpu() * GREY_STD + GREY_MEAN) * 255).round().byte().numpy()
    return grey


def augment(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Images [N, 1, H, W], each mirrored by the toss of a coin, turned, scaled and shifted a little.

    At strength 1 at most 10 degrees, 16 % in size, 8 % of the image's size in position.
    """
    N, _, H, W = images.shape

    def uniform(bound: float) -> Tensor:
        return (2 * torch.rand(N, generator=generator) - 1) * bound * strength

    turn, scale = uniform(math.radians(10)), torch.exp(uniform(0.15))
    mirror = torch.where(torch.rand(N, generator=generator) < 0.5, -1.0, 1.0)
    cos, sin = scale * turn.cos(), scale * turn.sin()
    rows = [mirror * cos, -sin * H / W, uniform(0.16), mirror * sin * W / H, cos, uniform(0.16)]
    maps = torch.stack(rows, dim=1).reshape(N, 2, 3).to(images.device)  # in units of half the image
    grid = F.affine_grid(maps, [N, 1, H, W], align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


@torch.no_grad()
def embed(encoder: Encoder, images: Tensor) -> Tensor:
    """Embeddings [N, D] of images [N, 1, H, W]: mean of face and mirror image, scaled to length 1 again."""
    was_training = encoder.training
    encoder.eval()
    both = encoder(torch.cat([images, images.flip(3)])).chunk(2)
    encoder.train(was_training)
    return F.normalize(both[0] + both[1])


@dataclass(frozen=True)
class Member:
    """An encoder with the weights of its best epoch, and what was seen on the way."""

    encoder: Encoder
    best_epoch: int
    log: list[tuple[int, float, float]]  # epoch, training loss since the last row, validation AUC


def fit(config: Siamese, faces: Tensor, validation: Tensor, *, seed: int, tick: training.Tick) -> Member:
    """Train on faces [S, images, 1, H, W]; the epoch is chosen by the AUC of validation faces, shaped alike.

    A batch holds `batch_images` of every subject; each image is embedded once and all pairs are formed from
    the embeddings. An epoch shows each image at most once: what does not fill a batch is left for the next.
    Epochs of the first half are no candidates: four subjects' AUC is noisy, the learning rate still high.
    """
    generator = training.seeded(seed)
    S, images = faces.shape[:2]
    encoder = build(config, faces.device)
    batches = max(1, images // config.batch_images)
    optimizer = torch.optim.AdamW(encoder.parameters(), config.learning_rate, weight_decay=1e-4, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=config.epochs * batches, pct_start=0.15
    )
    best = (-1.0, 0, encoder.state_dict())
    log, losses = [], []
    for epoch in range(1, config.epochs + 1):
        order = torch.rand(S, images, generator=generator).argsort(1)  # each subject's images, shuffled
        for chosen in order[:, : batches * config.batch_images].chunk(batches, dim=1):
            batch = faces[torch.arange(S)[:, None], chosen].flatten(0, 1)
            batch = augment(batch, config.augmentation, generator)
            subject = torch.arange(S, device=faces.device).repeat_interleave(chosen.shape[1])
            i, j = pair_indices(len(subject))
            same = subject[i] == subject[j]
            with training.autocast(config.precision):
                embeddings = encoder(batch.contiguous(memory_format=torch.channels_last))
            distance = pair_distances(embeddings)
            weight = balanced_weights(distance.detach(), same, config.margin)
            loss = contrastive_loss(distance, same, config.margin, weight)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        tick(losses[-1])
        if epoch % config.evaluate_every == 0 or epoch == config.epochs:
            embeddings = embed(encoder, validation.flatten(0, 1))
            if not embeddings.isfinite().all():
                raise UserError(f"siamese: no finite embeddings at epoch {epoch}; lower the learning rate")
            area = verification.auc(*distances_of(embeddings, images))
            log.append((epoch, float(np.mean(losses)), area))
            losses = []
            if epoch > config.epochs // 2 and area >= best[0]:  # of equals the later: trained at a lower rate
                best = (area, epoch, {k: v.detach().clone() for k, v in encoder.state_dict().items()})
    encoder.load_state_dict(best[2])
    return Member(encoder, best[1], log)


def distances_of(embeddings: Tensor | Floats, images: int) -> tuple[Floats, Booleans]:
    """(distance [P], same [P]) of all pairs of embeddings [S images, D], which are sorted by subject."""
    rows = torch.as_tensor(embeddings).double().cpu()
    i, j = pair_indices(len(rows)).numpy() // images
    return pair_distances(rows).numpy(), i == j


def prefix(fold: int, member: int) -> str:
    """What the names of an encoder's weights begin with; both count from 1."""
    return f"fold{fold}/member{member}/"


def train(config: Siamese, data: Data, *, seed: int) -> Trained:
    """Cross-validate over all subjects: in each fold train `members` encoders.

    Array best_epochs: a row per fold, a column per member.
    """
    faces = grouped(config, data).to(training.device())
    folds = subject_folds(len(faces), config.folds, config.validation_subjects)
    weights: dict[str, NDArray[Any]] = {}
    log: list[tuple[float, ...]] = []
    best_epochs = np.zeros((len(folds), config.members), np.int64)
    for k, fold in enumerate(folds, 1):
        known, watched = faces[fold.train], faces[fold.validation]
        with training.progress(f"siamese, fold {k}/{len(folds)}", config.members * config.epochs) as tick:
            members = [
                fit(config, known, watched, seed=1000 * seed + m, tick=tick) for m in range(config.members)
            ]
        for m, member in enumerate(members, 1):
            weights |= training.weights_of(member.encoder, prefix(k, m))
            best_epochs[k - 1, m - 1] = member.best_epoch
        log += [(k, *row) for row in np.mean([member.log for member in members], axis=0)]
    fold_numbers, epochs, losses, areas = (list(column) for column in zip(*log, strict=True))
    loss = {
        "fold": fold_numbers,
        "epoch": [int(epoch) for epoch in epochs],
        "train_loss": losses,
        "validation_auc": areas,
    }
    return Trained(weights, logs={"loss": loss}, arrays={"best_epochs": best_epochs})


def measure(config: Siamese, faces: Tensor, fold: Fold, members: Sequence[Encoder]) -> Outcome:
    """Measure the encoders and the baselines on the test subjects of `fold`; faces [S, images, 1, H, W].

    Members and the linear metric `fisher` are fitted apart and joined to one embedding of length 1. Its
    squared distance is a weighted mean: that of the members, and with `linear_weight`^2 the linear one's.
    """
    images = faces.shape[1]
    known = _flat(faces[fold.train])
    owners = np.repeat(fold.train, images)

    def linear(subjects: Indices) -> Floats:
        return face_baselines.fisher(known, owners, _flat(faces[subjects]), config.baseline_dim)

    def convolutional(subjects: Indices, some: Sequence[Encoder]) -> Floats:
        parts = [embed(encoder, faces[subjects].flatten(0, 1)) for encoder in some]
        vectors: Floats = (torch.cat(parts, dim=1) / math.sqrt(len(parts))).double().cpu().numpy()
        return vectors

    def joined(subjects: Indices) -> Floats:
        weight = config.linear_weight
        both = [convolutional(subjects, members), weight * linear(subjects)]
        return np.hstack(both) / math.hypot(1, weight)

    embeddings = {
        "network": joined(fold.test),
        "cnn": convolutional(fold.test, members),
        "cnn_single": convolutional(fold.test, members[:1]),
        "pca": face_baselines.whitened_pca(known, _flat(faces[fold.test]), config.baseline_dim),
        "fisher": linear(fold.test),
        "pixels": face_baselines.pixels(_flat(faces[fold.test])),
    }
    numbers = np.add.outer(fold.test * images, np.arange(images)).ravel()  # of the unseen faces
    return Outcome(
        fold=fold,
        pairs=numbers[pair_indices(len(numbers)).numpy()],
        same=distances_of(embeddings["network"], images)[1],
        distances={name: distances_of(rows, images)[0] for name, rows in embeddings.items()},
        threshold=verification.best_threshold(*distances_of(joined(fold.validation), images)),
        embeddings=embeddings["network"],
    )


def _flat(faces: Tensor) -> Floats:
    """Faces [S, images, 1, H, W] as numpy [S images, H, W]."""
    pixels: Floats = faces.flatten(0, 2).double().cpu().numpy()
    return pixels


def evaluate(config: Siamese, data: Data, trained: Trained, *, seed: int) -> Findings:
    """Test each fold's encoders once, on subjects that they have not seen. Nothing is drawn."""
    faces = grouped(config, data).to(training.device())
    images = faces.shape[1]
    outcomes = []
    for k, fold in enumerate(subject_folds(len(faces), config.folds, config.validation_subjects), 1):
        encoders = [
            training.load_weights(build(config, faces.device), trained.weights, prefix(k, m))
            for m in range(1, config.members + 1)
        ]
        outcomes.append(measure(config, faces, fold, encoders))
    return Findings(
        scalars=face_record.scalars(outcomes)
        | {"parameters": sum(p.numel() for p in encoders[0].parameters()), "members": config.members},
        tables={
            "folds": face_record.table(outcomes, trained.arrays["best_epochs"]),
            "subjects": face_record.subjects(outcomes, images),
            "failures": face_record.failures(outcomes, images),
        },
        logs=trained.logs,
        arrays=face_record.arrays(outcomes, shown(faces.flatten(0, 1))),
    )
