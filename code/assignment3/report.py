"""The table of contents of this report: data, parts, figures, tables, claims, proofs, timings.

Each line names the function that makes it. Nothing here imports what computes.
"""

from pathlib import Path

from assignment3 import config
from assignment3.data import faces, mnist, sst2
from assignment3.page import words
from assignment3.shared.settings import Digits
from writeup.declare import Claim, Data, Figure, Measure, Note, Part, Report, Table, Tie, Timing

MNIST = Data(
    "mnist",
    load="assignment3.data.mnist:load",
    digest="assignment3.data.mnist:digest",
    sha256=mnist.SHA256,
    standin="assignment3.data.standins:mnist",
    source="assignment3.data.mnist:SOURCE",
)
SST2 = Data(
    "sst2",
    load="assignment3.data.sst2:load",
    digest="assignment3.data.sst2:digest",
    sha256=sst2.SHA256,
    standin="assignment3.data.standins:sst2",
    source="assignment3.data.sst2:SOURCE",
)
FACES = Data(
    "att_faces",
    load="assignment3.data.faces:load",
    digest="assignment3.data.faces:digest",
    sha256=faces.SHA256,
    standin="assignment3.data.standins:att_faces",
    source="assignment3.data.faces:SOURCE",
)

judge = Part(
    "digits",
    Digits(),
    MNIST,
    "assignment3.shared.digits",
    derive="assignment3.measures.again:digits",
    possible="assignment3.possible:digits",
)
text_cnn = Part(
    "text_cnn",
    config.TextCnn(),
    SST2,
    "assignment3.parts.text_cnn",
    seeds=5,
    derive="assignment3.measures.again:text_cnn",
    possible="assignment3.possible:text_cnn",
)
phrases = Part(
    "phrases",
    config.Phrases(),
    SST2,
    "assignment3.parts.phrases",
    possible="assignment3.possible:phrases",
)
phrases_by_sentence = phrases.variant("by_sentence", split="sentences")
text_cnn_tuned = text_cnn.variant("tuned", **config.TUNED_TEXT_CNN)
text_cnn_by_sentence = text_cnn.variant("by_sentence", split="sentences")
text_cnn_tuned_by_sentence = text_cnn_tuned.variant("by_sentence", split="sentences")
siamese = Part(
    "siamese",
    config.Siamese(),
    FACES,
    "assignment3.parts.siamese",
    seeds=5,
    derive="assignment3.measures.again:siamese",
    possible="assignment3.possible:siamese",
)
cvae = Part(
    "cvae",
    config.Cvae(),
    MNIST,
    "assignment3.parts.cvae",
    seeds=5,
    needs={"judge": judge},
    derive="assignment3.measures.again:cvae",
    possible="assignment3.possible:cvae",
)
cvae_longer = cvae.variant("longer", **config.LONGER_CVAE)
cvae_guided = cvae.variant("guided", **config.GUIDED_CVAE)
cvae_tuned = cvae.variant("tuned", **config.TUNED_CVAE)  # both
gan = Part(
    "gan",
    config.Gan(),
    MNIST,
    "assignment3.parts.gan",
    seeds=5,
    needs={"judge": judge},
    train_needs={"judge": judge},
    derive="assignment3.measures.again:gan",
    possible="assignment3.possible:gan",
)
gan_penalty = gan.variant("penalty", **config.PENALTY)
gan_falling = gan.variant("falling", **config.FALLING)
gan_tuned = gan.variant("tuned", **config.TUNED_GAN)

assignment = [text_cnn, siamese, cvae, gan]
bench = Timing(
    "bench",
    config.Bench(),
    "assignment3.bench.speed:measure",
    data=[SST2, FACES, MNIST],
    parts=assignment,
    per_processor=True,
    worst=["ratio"],
)
quality = Timing(
    "quality",
    config.Quality(),
    "assignment3.bench.quality:measure",
    data=[SST2, FACES, MNIST],
    parts=assignment,
    needs={"judge": judge},
)
calibration = Timing("claims", config.Calibration(), "assignment3.bench.calibration:measure")
lies = Timing("lies", config.Lies(), "assignment3.bench.lies:measure")
growth = Timing("growth", config.Growth(), "writeup.bench.growth:measure")
faults = Timing("faults", config.Faults(), "assignment3.bench.faults:measure")
grade = Timing("grade", config.Damages(), "assignment3.bench.grader:measure")

texts = [text_cnn, text_cnn_tuned]  # on the random split of phrases
by_sentence = [text_cnn_by_sentence, text_cnn_tuned_by_sentence]
all_texts = [*texts, *by_sentence]
cvaes = [cvae, cvae_longer, cvae_guided, cvae_tuned]
gans = [gan, gan_penalty, gan_falling, gan_tuned]

TYPICAL_TEXT = "max_5/phrase_accuracy"
SETTINGS = "the tuned settings", "the assignment's settings"


def of_phrases(part: Part) -> list[Claim]:
    """Pooling at equal kernel size and kernel size at equal pooling, on the same test phrases."""
    pairs = (("max_5", "avg_5"), ("max_7", "avg_7"), ("max_5", "max_7"), ("avg_5", "avg_7"))
    test = "assignment3.page.claims:on_phrases"
    return [
        Claim(
            f"{part.name}/{a}/{b}",
            (part, a),
            (part, b),
            words.PHRASES,
            (words.network(a), words.network(b)),
            test,
            also=[phrases],
        )
        for a, b in pairs
    ]


def of_areas(a: str, b: str) -> Claim:
    """Two ways to measure the distance of faces, over the folds."""
    test = "assignment3.page.claims:over_folds"
    return Claim(
        f"siamese/{a}/{b}", (siamese, a), (siamese, b), words.AREA, (words.METRICS[a], words.METRICS[b]), test
    )


def of_cvae(name: str, changed: Part, measure: Measure) -> Claim:
    """Changed settings of the CVAE beside the basic ones."""
    sides = words.CVAE[changed.name], words.CVAE[cvae.name]
    return Claim(f"cvae/{name}", (changed, ""), (cvae, ""), measure, sides)


def of_training(part: Part) -> Claim:
    """Our training and the plain loop's after equally much of it: whether ours is as good."""
    test, measure = "assignment3.page.claims:equal_training", words.EQUAL_TRAINING[part.name]
    sides = ("our training", "the plain loop")
    return Claim(f"quality/{part.name}", (quality, "ours"), (quality, "plain"), measure, sides, test)


def of_precision(part: Part) -> Claim:
    """Our training in bf16 and in fp32 after equally much of it: whether the precision is of no account."""
    test, measure = "assignment3.page.claims:equal_training", words.EQUAL_TRAINING[part.name]
    sides = ("our training in bf16", "our training in fp32")
    return Claim(f"precision/{part.name}", (quality, "bf16"), (quality, "fp32"), measure, sides, test)


def tie(function: str, proved: str, computed: str) -> Tie:
    """A loss of a part and the expression that it computes."""
    return Tie(
        f"assignment3.parts.{function}",
        f"assignment3.derivations.ties:{proved}",
        f"assignment3.measures.tied:{computed}",
    )


REPORT = Report(
    root=Path(__file__).resolve().parents[2],
    parts=[
        judge,
        phrases,
        phrases_by_sentence,
        *all_texts,
        siamese,
        cvae,
        cvae_longer,
        cvae_guided,
        cvae_tuned,
        *gans,
    ],
    presets=config.PRESETS,
    timings=[bench, growth, quality, calibration, lies, faults, grade],
    figures=[
        Figure(
            "text_cnn_loss",
            "assignment3.page.figures:text_cnn_loss",
            alt="assignment3.page.alts:text_cnn_loss",
            of=[text_cnn],
        ),
        Figure(
            "text_cnn_tuned_loss",
            "assignment3.page.figures:text_cnn_loss",
            alt="assignment3.page.alts:text_cnn_loss",
            of=[text_cnn_tuned],
        ),
        Figure(
            "siamese_loss",
            "assignment3.page.figures:siamese_loss",
            alt="assignment3.page.alts:siamese_loss",
            of=[siamese],
        ),
        Figure(
            "siamese_distances",
            "assignment3.page.figures:siamese_distances",
            alt="assignment3.page.alts:siamese_distances",
            of=[siamese],
            typical=words.SIAMESE_HEADLINE,
        ),
        Figure(
            "siamese_roc",
            "assignment3.page.figures:siamese_roc",
            alt="assignment3.page.alts:siamese_roc",
            of=[siamese],
        ),
        Figure(
            "siamese_pairs",
            "assignment3.page.figures:siamese_pairs",
            alt="assignment3.page.alts:siamese_pairs",
            of=[siamese],
            typical=words.SIAMESE_HEADLINE,
        ),
        Figure(
            "siamese_embedding",
            "assignment3.page.figures:siamese_embedding",
            alt="assignment3.page.alts:siamese_embedding",
            of=[siamese],
            typical=words.SIAMESE_HEADLINE,
        ),
        Figure(
            "cvae_loss",
            "assignment3.page.figures:cvae_loss",
            alt="assignment3.page.alts:cvae_loss",
            of=[cvae],
        ),
        Figure(
            "cvae_samples",
            "assignment3.page.figures:cvae_samples",
            alt="assignment3.page.alts:cvae_samples",
            of=[cvae, cvae_tuned],
            typical="test_negative_elbo",
        ),
        Figure(
            "cvae_tuned_reconstructions",
            "assignment3.page.figures:cvae_reconstructions",
            alt="assignment3.page.alts:cvae_reconstructions",
            of=[cvae_tuned],
            typical="test_negative_elbo",
        ),
        Figure(
            "cvae_tuned_styles",
            "assignment3.page.figures:cvae_styles",
            alt="assignment3.page.alts:cvae_styles",
            of=[cvae_tuned],
            typical="test_negative_elbo",
        ),
        Figure(
            "cvae_tuned_vary",
            "assignment3.page.figures:cvae_vary",
            alt="assignment3.page.alts:cvae_vary",
            of=[cvae_tuned],
            typical="test_negative_elbo",
        ),
        Figure(
            "gan_loss", "assignment3.page.figures:gan_loss", alt="assignment3.page.alts:gan_loss", of=[gan]
        ),
        Figure(
            "gan_progress",
            "assignment3.page.figures:gan_progress",
            alt="assignment3.page.alts:gan_progress",
            of=[gan],
            typical="classifier_score",
        ),
        Figure(
            "gan_samples",
            "assignment3.page.figures:gan_samples",
            alt="assignment3.page.alts:gan_samples",
            of=[gan, gan_tuned],
            typical="classifier_score",
        ),
        Figure(
            "gan_tuned_loss",
            "assignment3.page.figures:gan_loss",
            alt="assignment3.page.alts:gan_loss",
            of=[gan_tuned],
        ),
        Figure(
            "gan_tuned_progress",
            "assignment3.page.figures:gan_progress",
            alt="assignment3.page.alts:gan_progress",
            of=[gan_tuned],
            typical="classifier_score",
        ),
        Figure(
            "gan_classes",
            "assignment3.page.figures:gan_classes",
            alt="assignment3.page.alts:gan_classes",
            of=[gan, gan_tuned],
        ),
        Figure(
            "gan_tuned_neighbours",
            "assignment3.page.figures:gan_neighbours",
            alt="assignment3.page.alts:gan_neighbours",
            of=[gan_tuned],
            typical="classifier_score",
        ),
        Figure(
            "gan_tuned_watch",
            "assignment3.page.figures:gan_watch",
            alt="assignment3.page.alts:gan_watch",
            of=[gan_tuned],
        ),
        Figure(
            "growth_cost",
            "assignment3.page.figures:growth_cost",
            alt="assignment3.page.alts:growth_cost",
            of=[growth],
        ),
    ],
    claims=[
        *(claim for part in texts for claim in of_phrases(part)),
        of_areas("network", "cnn"),
        of_areas("network", "fisher"),
        of_areas("cnn", "fisher"),
        of_areas("cnn", "pca"),
        of_areas("cnn", "pixels"),
        of_cvae("conditional_accuracy", cvae_tuned, words.CLASS_AS_ASKED),
        of_cvae("test_negative_elbo", cvae_tuned, words.NEGATIVE_ELBO),
        of_cvae("guided/conditional_accuracy", cvae_guided, words.CLASS_AS_ASKED),
        of_cvae("longer/test_negative_elbo", cvae_longer, words.NEGATIVE_ELBO),
        Claim("gan/classifier_score", (gan_tuned, ""), (gan, ""), words.SCORE, SETTINGS),
        Claim("gan/frechet_distance", (gan_tuned, ""), (gan, ""), words.DISTANCE, SETTINGS),
        Claim("gan/penalty", (gan_penalty, ""), (gan, ""), words.DISTANCE, words.PENALTY),
        Claim("gan/falling", (gan_falling, ""), (gan, ""), words.DISTANCE, words.FALLING),
        *(of_training(part) for part in assignment),
        *(of_precision(part) for part in assignment),
    ],
    tables=[
        Table("text_cnn", "assignment3.page.tables.text_cnn:text_cnn", of=all_texts),
        Table("text_cnn_claims", "assignment3.page.tables.text_cnn:text_cnn_claims", of=texts),
        Table("claims", "assignment3.page.tables.claims:claims"),
        Table("claims_calibration", "assignment3.page.tables.claims:claims_calibration", of=[calibration]),
        Table(
            "text_cnn_mistakes",
            "assignment3.page.tables.text_cnn:text_cnn_mistakes",
            of=texts,
            typical=TYPICAL_TEXT,
        ),
        Table(
            "text_cnn_ngrams",
            "assignment3.page.tables.text_cnn:text_cnn_ngrams",
            of=texts,
            typical=TYPICAL_TEXT,
        ),
        Table("siamese", "assignment3.page.tables.siamese:siamese", of=[siamese]),
        Table("siamese_folds", "assignment3.page.tables.siamese:siamese_folds", of=[siamese]),
        Table("siamese_choice", "assignment3.page.tables.siamese:siamese_choice", of=[siamese]),
        Table(
            "siamese_hardest",
            "assignment3.page.tables.siamese:siamese_hardest",
            of=[siamese],
            typical=words.SIAMESE_HEADLINE,
        ),
        Table(
            "siamese_failures",
            "assignment3.page.tables.siamese:siamese_failures",
            of=[siamese],
            typical=words.SIAMESE_HEADLINE,
        ),
        Table("cvae", "assignment3.page.tables.cvae:cvae", of=cvaes),
        Table("gan", "assignment3.page.tables.gan:gan", of=gans),
        Table("performance", "assignment3.page.tables.performance:performance", of=[bench]),
        Table("performance_machines", "assignment3.page.tables.performance:performance_machines", of=[bench]),
        Table("performance_peak", "assignment3.page.tables.performance:performance_peak", of=[bench]),
        Table("quality", "assignment3.page.tables.performance:quality", of=[quality]),
    ],
    notes=[
        Note("headline", "assignment3.page.tables.performance:headline", of=[bench]),
        Note("ref", "assignment3.shared.quoted:reference"),
        Note("literature", "assignment3.shared.quoted:literature"),
        Note("text_cnn_differences", "assignment3.page.gap:differences", of=texts),
        Note("text_cnn_contained", "assignment3.page.gap:contained", of=texts),
        Note("text_cnn_conflicts", "assignment3.page.gap:conflicts", of=[phrases]),
        Note(
            "text_cnn_by_sentence_less",
            "assignment3.page.gap:by_sentence",
            of=[text_cnn_by_sentence, text_cnn_tuned_by_sentence, *texts],
        ),
        Note("text_cnn_assignment", "assignment3.page.notes:text_cnn_best", of=[text_cnn]),
        Note("text_cnn_tuned_best", "assignment3.page.notes:text_cnn_best", of=[text_cnn_tuned]),
        Note("text_cnn_assignment_words", "assignment3.page.notes:text_cnn_best_words", of=[text_cnn]),
        Note("text_cnn_best", "assignment3.page.notes:text_cnn_best", of=texts),
        Note("text_cnn_best_words", "assignment3.page.notes:text_cnn_best_words", of=texts),
        Note("text_cnn_networks", "assignment3.page.notes:text_cnn_networks", of=[text_cnn]),
        Note("cvae_log", "assignment3.page.notes:cvae_log", of=[cvae], typical="test_negative_elbo"),
        Note(
            "cvae_log_excerpt",
            "assignment3.page.notes:cvae_log_excerpt",
            of=[cvae],
            typical="test_negative_elbo",
        ),
        Note("gan_log", "assignment3.page.notes:gan_log", of=[gan], typical="classifier_score"),
        Note(
            "gan_log_excerpt",
            "assignment3.page.notes:gan_log_excerpt",
            of=[gan],
            typical="classifier_score",
        ),
        Note("siamese_history", "assignment3.page.notes:siamese_history", of=[siamese]),
        Note(
            "gan_watch", "assignment3.page.notes:gan_watch", of=[gan, gan_tuned], typical="classifier_score"
        ),
        Note("gan_shares", "assignment3.page.notes:gan_shares", of=[gan, gan_tuned]),
    ],
    proofs=[
        "assignment3.derivations.convolution:convolution",
        "assignment3.derivations.pooling:average_pooling",
        "assignment3.derivations.contrastive:contrastive",
        "assignment3.derivations.gibbs:log_bound",
        "assignment3.derivations.gibbs:gibbs",
        "assignment3.derivations.elbo:elbo",
        "assignment3.derivations.elbo:elbo_linear_gaussian",
        "assignment3.derivations.gaussian_kl:gaussian_kl_1d",
        "assignment3.derivations.gaussian_kl:gaussian_kl",
        "assignment3.derivations.gaussian_kl:gaussian_kl_diagonal",
        "assignment3.derivations.reparameterisation:reparameterisation",
        "assignment3.derivations.gan:gan_optimum",
        "assignment3.derivations.gan:gan_value",
        "assignment3.derivations.gan:gan_logits",
        "assignment3.derivations.gan:non_saturating",
    ],
    ties=[
        tie("siamese:contrastive_loss", "contrastive_loss", "contrastive_loss"),
        tie("cvae:gaussian_kl", "gaussian_kl", "gaussian_kl"),
        tie("cvae:bernoulli_nll", "pixels", "bernoulli_nll"),
        tie("cvae:negative_elbo", "pixels", "elbo_reconstruction"),
        tie("cvae:negative_elbo", "in_single", "elbo_kl"),
        tie("gan:discriminator_loss", "discriminator", "discriminator_loss"),
        tie("gan:generator_loss", "generator", "generator_loss"),
        tie("gan:generator_loss", "generator_slope", "generator_slope"),
        tie("text_cnn:loss", "cross_entropy", "text_loss"),
    ],
)
