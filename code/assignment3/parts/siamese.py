"""Do two photographs show the same person? One network embeds both; their distance says no or yes.

Source: R. Hadsell, S. Chopra, Y. LeCun, Dimensionality reduction by learning an invariant mapping, CVPR 2006:
the distance is their equation 1, the contrastive loss their equation 4. They write Y = 0 for a similar pair;
our `same` is 1 for one. Objective: same d^2/2 + (1 - same) max(0, margin - d)^2/2, in squared units of the
embedding, a mean over all pairs. Its branches, gradient and minimum are proved in "contrastive".

Judged by cross-validation: a subject that a fold tests is seen neither in its training nor in its choices. It
chooses the kind of invented subjects and the threshold, by cross-validation among the other subjects. The
network is judged alone and, beside that, joined with a linear metric on the pixels.

Letters: N images, H W their size, D dimensions of the embedding, P = N (N - 1)/2 pairs, S subjects.
"""

import itertools
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
from assignment3.data.splits import Fold, inner_rounds, subject_folds, untested
from assignment3.measures import face_baselines, face_record, verification
from assignment3.measures.face_record import Booleans, Floats, Indices, Outcome
from writeup import training
from writeup.errors import UserError
from writeup.results.store import Findings, Trained
from writeup.resuming import rounds

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


def contrastive_loss(distance: Tensor, same: Tensor, margin: float) -> Tensor:
    """Hadsell, Chopra, LeCun 2006, eq. 4: distance [P], same [P] (1 or True: one subject) -> mean over pairs.

    Their Y is our 1 - same.
    """
    same = same.to(distance.dtype)
    loss = same * distance**2 / 2 + (1 - same) * (margin - distance).clamp_min(0) ** 2 / 2
    return loss.mean()


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


def deformations(kind: str, faces: Tensor, generator: torch.Generator) -> Tensor:
    """For each subject of faces [S, images, 1, H, W] one that makes someone else of them: [S, H, W, 2].

    "stretched": wide or narrow heads, by a factor of 1.4 to 2.9 between width and height. "warped": smoothly
    distorted as well, by up to 0.3 of half the image. In units of half the image, to be added to a position.
    """
    S, _, _, H, W = faces.shape
    position = F.affine_grid(torch.eye(2, 3)[None], [1, 1, H, W], align_corners=False)  # 1 H W 2
    size = (0.175 + 0.35 * torch.rand(S, generator=generator)) * (
        2.0 * torch.randint(2, (S,), generator=generator) - 1
    )
    found = torch.stack([size.exp() - 1, (-size).exp() - 1], dim=1)[:, None, None] * position
    if kind == "warped":
        coarse = (2 * torch.rand(S, 2, 3, 3, generator=generator) - 1) * 0.3
        smooth = F.interpolate(coarse, (H, W), mode="bicubic", align_corners=True)
        found = found + smooth.permute(0, 2, 3, 1)
    return found.to(faces.device)


def batch_of(
    faces: Tensor, strength: float, invented: str, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """(images [N, 1, H, W], subject [N]) of faces [S, images, 1, H, W], augmented.

    Unless `invented` is "none", each subject has a double: its own images in one new deformation, as those of
    someone else, so that there are more subjects to tell apart.
    """
    images = faces.shape[1]
    deformation = None
    if invented != "none":
        new = deformations(invented, faces, generator)
        faces = torch.cat([faces, faces])
        deformation = torch.cat([torch.zeros_like(new), new]).repeat_interleave(images, dim=0)
    subject = torch.arange(len(faces), device=faces.device).repeat_interleave(images)
    return augment(faces.flatten(0, 1), strength, generator, deformation), subject


@torch.no_grad()
def embed(encoder: Encoder, images: Tensor, shift: int = 0) -> Tensor:
    """Embeddings [N, D] of images [N, 1, H, W]: mean of face and mirror image, scaled to length 1 again.

    With a shift the mean goes over the nine images that are moved by -shift, 0 or shift pixels each way.
    """
    H, W = images.shape[2:]
    was_training = encoder.training
    encoder.eval()
    padded = F.pad(images, (shift,) * 4, mode="replicate") if shift else images
    steps = (0, shift, 2 * shift) if shift else (0,)
    total = torch.zeros(())
    for row, column in itertools.product(steps, steps):
        moved = padded[:, :, row : row + H, column : column + W]
        face, mirror = encoder(torch.cat([moved, moved.flip(3)])).chunk(2)
        total = total.to(face.device) + face + mirror
    encoder.train(was_training)
    return F.normalize(total)


@dataclass(frozen=True)
class Member:
    """A trained encoder, and what was seen on the way."""

    encoder: Encoder
    losses: list[float]  # before the first step, then the mean of each epoch
    areas: list[tuple[int, float]]  # epoch, AUC of the validation faces


def fit(
    config: Siamese,
    faces: Tensor,
    validation: Tensor | None = None,
    *,
    seed: int,
    tick: training.Tick,
    invented: str = "none",
    unit: str = "",
) -> Member:
    """Train on faces [S, images, 1, H, W], watching validation faces, shaped alike, without choosing by them.

    A batch holds `batch_images` of every subject; each image is embedded once and all pairs are formed from
    the embeddings. An epoch shows each image at most once: what does not fill a batch is left for the next.
    """
    generator = training.seeded(seed)
    S, images = faces.shape[:2]
    encoder = build(config, faces.device)
    batches = max(1, images // config.batch_images)
    optimizer = torch.optim.AdamW(encoder.parameters(), config.learning_rate, weight_decay=1e-4, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=config.epochs * batches, pct_start=0.15
    )
    losses: list[float] = []
    areas: list[tuple[int, float]] = []
    learned = {"encoder": encoder, "optimizer": optimizer, "schedule": schedule, "order": generator}
    logged = {"losses": losses, "areas": areas}
    for epoch in rounds(unit, range(1, config.epochs + 1), learned | logged):
        found = []
        order = torch.rand(S, images, generator=generator).argsort(1)  # each subject's images, shuffled
        for chosen in order[:, : batches * config.batch_images].chunk(batches, dim=1):
            shown_now = faces[torch.arange(S)[:, None], chosen]
            batch, subject = batch_of(shown_now, config.augmentation, invented, generator)
            i, j = pair_indices(len(subject))
            with training.autocast(config.precision):
                embeddings = encoder(batch.contiguous(memory_format=torch.channels_last))
            loss = contrastive_loss(pair_distances(embeddings), subject[i] == subject[j], config.margin)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            found.append(loss.item())
        losses += found[:1] if epoch == 1 else []
        losses.append(float(np.mean(found)))
        tick(found[-1])
        if validation is not None and (epoch % config.evaluate_every == 0 or epoch == config.epochs):
            rows = embed(encoder, validation.flatten(0, 1))
            if not rows.isfinite().all():
                raise UserError(f"siamese: no finite embeddings at epoch {epoch}; lower the learning rate")
            areas.append((epoch, verification.auc(*distances_of(rows, images))))
    return Member(encoder, losses, areas)


def distances_of(embeddings: Tensor | Floats, images: int) -> tuple[Floats, Booleans]:
    """(distance [P], same [P]) of all pairs of embeddings [S images, D], which are sorted by subject."""
    rows = torch.as_tensor(embeddings).double().cpu()
    i, j = pair_indices(len(rows)).numpy() // images
    return pair_distances(rows).numpy(), i == j


@dataclass(frozen=True)
class Trial:
    """One round of the choice: an encoder trained on some of the subjects, seen on the others."""

    areas: list[tuple[int, float]]  # epoch, AUC; without shifts
    area: float  # after training, with the shifts of the test
    distances: Floats  # P


def attempt(
    config: Siamese,
    faces: Tensor,
    one: Fold,
    *,
    invented: str,
    seed: int,
    tick: training.Tick,
    unit: str = "",
) -> Trial:
    """Train on `one.train`, measure on `one.validation`."""
    watched = faces[one.validation]
    member = fit(config, faces[one.train], watched, seed=seed, tick=tick, invented=invented, unit=unit)
    rows = embed(member.encoder, watched.flatten(0, 1), config.shift)
    distances, same = distances_of(rows, faces.shape[1])
    return Trial(member.areas, verification.auc(distances, same), distances)


def prefix(fold: int, member: int) -> str:
    """What the names of an encoder's weights begin with; both count from 1."""
    return f"fold{fold}/member{member}/"


def train(config: Siamese, data: Data, *, seed: int) -> Trained:
    """Cross-validate over all subjects: in each fold choose what to invent, then train `members` encoders.

    The choice is made by AUC, in rounds of cross-validation among the subjects that the fold does not test;
    on all of these the encoders are then trained. Arrays: choice_auc [folds, candidates, rounds]; for fold k
    from 1 fold<k>/distances, those of the validation pairs of all rounds with what was chosen.
    """
    faces = grouped(config, data).to(training.device())
    folds = subject_folds(len(faces), config.folds, config.validation_subjects)
    weights: dict[str, NDArray[Any]] = {}
    losses: list[tuple[int, int, float]] = []
    watched: list[tuple[int, str, int, float]] = []
    arrays: dict[str, NDArray[Any]] = {}
    choice = []
    for k, fold in enumerate(folds, 1):
        inner = inner_rounds(fold, config.validation_subjects)
        fits = len(config.invented) * len(inner) + config.members
        with training.progress(f"siamese, fold {k}/{len(folds)}", fits * config.epochs) as tick:
            trials = [
                [
                    attempt(
                        config,
                        faces,
                        one,
                        invented=kind,
                        seed=1000 * seed + 500 + r,
                        tick=tick,
                        unit=f"fold {k}, {kind}, round {r}",
                    )
                    for r, one in enumerate(inner)
                ]
                for kind in config.invented
            ]
            choice.append([[trial.area for trial in row] for row in trials])
            best = int(np.mean(choice[-1], axis=1).argmax())
            members = [
                fit(
                    config,
                    faces[untested(fold)],
                    seed=1000 * seed + m,
                    tick=tick,
                    invented=config.invented[best],
                    unit=f"fold {k}, member {m}",
                )
                for m in range(config.members)
            ]
        for m, member in enumerate(members, 1):
            weights |= training.weights_of(member.encoder, prefix(k, m))
        losses += [
            (k, epoch, loss) for epoch, loss in enumerate(np.mean([m.losses for m in members], axis=0))
        ]
        for kind, row in zip(config.invented, trials, strict=True):
            means = np.mean([trial.areas for trial in row], axis=0)
            watched += [(k, kind, int(epoch), area) for epoch, area in means]
        arrays[f"fold{k}/distances"] = np.concatenate([trial.distances for trial in trials[best]])
    logs = {
        "loss": columns(losses, "fold", "epoch", "train_loss"),
        "validation": columns(watched, "fold", "invented", "epoch", "validation_auc"),
    }
    return Trained(weights, logs=logs, arrays=arrays | {"choice_auc": np.array(choice)})


def columns(rows: Sequence[tuple[Any, ...]], *names: str) -> dict[str, list[Any]]:
    """Rows as columns by name."""
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def measure(
    config: Siamese, faces: Tensor, fold: Fold, members: Sequence[Encoder], validated: Floats
) -> Outcome:
    """Measure the encoders and the baselines on the test subjects of `fold`; faces [S, images, 1, H, W].

    The distance of the ensemble is the root of its members' mean squared distance. Joined with the linear
    metric `fisher` it is the root of a weighted mean, `linear_weight`^2 for the square of the linear one.
    `validated` are the network's distances in the rounds of the choice: they set the thresholds.
    """
    images = faces.shape[1]

    def linear(known: Indices, others: Indices) -> Floats:
        owners = np.repeat(known, images)
        return face_baselines.fisher(_flat(faces[known]), owners, _flat(faces[others]), config.baseline_dim)

    def convolutional(some: Sequence[Encoder]) -> Floats:
        parts = [embed(encoder, faces[fold.test].flatten(0, 1), config.shift) for encoder in some]
        vectors: Floats = (torch.cat(parts, dim=1) / math.sqrt(len(parts))).double().cpu().numpy()
        return vectors

    def joined(network: Floats, fisher: Floats) -> Floats:
        share = config.linear_weight**2
        found: Floats = np.sqrt((network**2 + share * fisher**2) / (1 + share))
        return found

    known, test = untested(fold), _flat(faces[fold.test])
    embeddings = {
        "cnn": convolutional(members),
        "cnn_single": convolutional(members[:1]),
        "pca": face_baselines.whitened_pca(_flat(faces[known]), test, config.baseline_dim),
        "fisher": linear(known, fold.test),
        "pixels": face_baselines.pixels(test),
    }
    distances = {name: distances_of(rows, images)[0] for name, rows in embeddings.items()}
    rounds = [
        distances_of(linear(one.train, one.validation), images)
        for one in inner_rounds(fold, config.validation_subjects)
    ]
    fishers, same = (np.concatenate(column) for column in zip(*rounds, strict=True))
    numbers = np.add.outer(fold.test * images, np.arange(images)).ravel()  # of the unseen faces
    return Outcome(
        fold=fold,
        pairs=numbers[pair_indices(len(numbers)).numpy()],
        same=distances_of(embeddings["cnn"], images)[1],
        distances=distances | {"network": joined(distances["cnn"], distances["fisher"])},
        thresholds={
            "cnn": verification.best_threshold(validated, same),
            "network": verification.best_threshold(joined(validated, fishers), same),
        },
        embeddings=embeddings["cnn"],
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
        outcomes.append(measure(config, faces, fold, encoders, trained.arrays[f"fold{k}/distances"]))
    return Findings(
        scalars=face_record.scalars(outcomes)
        | {"parameters": sum(p.numel() for p in encoders[0].parameters()), "members": config.members},
        tables={
            "folds": face_record.table(outcomes),
            "choice": face_record.choice(config.invented, trained.arrays["choice_auc"]),
            "subjects": face_record.subjects(outcomes, images),
            "failures": face_record.failures(outcomes, images),
        },
        logs=trained.logs,
        arrays=face_record.arrays(outcomes, shown(faces.flatten(0, 1))),
    )
