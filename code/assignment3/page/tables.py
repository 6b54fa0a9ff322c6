"""The report's tables: their heads and rows, formatted; the templates give them captions and places."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from assignment3.page.claims import AREAS, RIVALS, Claim
from assignment3.page.reference import REFERENCE
from writeup.page.templating import Tex, bold, fixed, integer, p_value, sig, spread
from writeup.results.store import Result
from writeup.results.values import Value, Values

Results = Mapping[str, Sequence[Result]]


@dataclass(frozen=True)
class Table:
    """What booktabs() takes; `align` has a letter (l, c, r) for each column of `head`."""

    head: Sequence[object]
    rows: Sequence[Sequence[object]]
    align: str


def all_tables(results: Results, v: Values, claimed: Mapping[str, Mapping[str, Claim]]) -> dict[str, Table]:
    """Tables by name, for the parts that ran."""
    tables: dict[str, Table] = {}
    if "text_cnn" in results:
        tables |= text_cnn(results, v) | {"text_cnn_claims": text_claims(claimed)}
    if "siamese" in results:
        tables |= siamese(results["siamese"], v)
    if "cvae" in results:
        tables["cvae"] = cvae(v, settings_of("cvae", results))
    if "gan" in results:
        tables["gan"] = gan(v, settings_of("gan", results))
    if "bench" in results:
        tables |= performance(results["bench"][0], v)
    if "quality" in results:
        tables["quality"] = quality(results["quality"][0])
    return tables


def best(values: Sequence[Value], digits: int, *, least: bool = False) -> list[Tex]:
    """The values with their spread; the best mean is bold."""
    chosen = (min if least else max)(values, key=lambda value: value.mean)
    return [bold(spread(value, digits)) if value is chosen else spread(value, digits) for value in values]


def settings_of(part: str, results: Container[str]) -> dict[str, str]:
    """The part and its tuned variant, where it ran, each with a word for its settings."""
    words = {part: "assignment's", f"{part}_tuned": "tuned"}
    return {name: word for name, word in words.items() if name in results}


def text_cnn(results: Results, v: Values) -> dict[str, Table]:
    """Accuracies of every variant in both settings, beside the reference's; examples from the best."""
    names = text_variants(results)
    columns = [
        best([v[f"{name}/{what}"] for name in names], 2)
        for what in ("validation_accuracy", "phrase_accuracy", "sentence_accuracy")
    ]
    rows = []
    settings = settings_of("text_cnn", results)
    for name, *accuracies in zip(names, *columns, strict=True):
        part, variant = name.split("/")
        pooling, kernel = variant.split("_")
        stated = REFERENCE["text_cnn"]["accuracy"].get(variant) if part == "text_cnn" else None
        rows.append([settings[part], pooling, kernel, "" if stated is None else fixed(stated), *accuracies])
    head = ["settings", "pooling", Tex("$H'$"), "reference", "validation", "test phrases", "test sentences"]
    shown = results[best_text_variant(results, v).split("/")[0]][0].tables
    return {
        "text_cnn": Table(head, rows, "lllrrrr"),
        "text_cnn_mistakes": mistakes(shown["mistakes"]),
        "text_cnn_ngrams": ngrams(shown["ngrams"]),
    }


def text_variants(results: Results) -> list[str]:
    """The text CNN's variants as part/variant, in the order of the configuration."""
    return [
        f"{part}/{name.removesuffix('/phrase_accuracy')}"
        for part in settings_of("text_cnn", results)
        for name in results[part][0].scalars
        if name.endswith("/phrase_accuracy")
    ]


def best_text_variant(results: Results, v: Values) -> str:
    """The variant that the validation phrases favour, as part/variant."""
    return max(text_variants(results), key=lambda name: v[f"{name}/validation_accuracy"].mean)


def mistakes(table: Mapping[str, Sequence[Any]]) -> Table:
    """The surest wrong answers about sentences."""
    rows: list[list[object]] = [
        [_short(text, 66), "positive" if truth else "negative", fixed(float(p), 3)]
        for kind, text, truth, p in zip(
            table["set"], table["text"], table["truth"], table["probability"], strict=True
        )
        if kind == "sentence"
    ]
    return Table(["sentence", "truth", Tex("$p$(positive)")], rows, "llr")


def ngrams(table: Mapping[str, Sequence[Any]]) -> Table:
    """What the filters with the largest weights answer to; a filter is named once."""
    rows: list[list[object]] = []
    named = None
    for number, weight, text, answer in zip(
        table["filter"], table["weight"], table["ngram"], table["activation"], strict=True
    ):
        head: list[object] = ["", ""] if number == named else [str(number), fixed(float(weight))]
        rows.append([*head, text, fixed(float(answer))])
        named = number
    return Table(["filter", "weight", Tex("$n$-gram"), "activation"], rows, "rrlr")


def text_claims(claimed: Mapping[str, Mapping[str, Claim]]) -> Table:
    """Every comparison of two variants of the text CNN, with interval and p; what is decided is bold."""
    rows: list[list[object]] = []
    for part, words in settings_of("text_cnn", claimed).items():
        for pair, claim in claimed[part].items():
            a, b = (variant.replace("_", ", ") for variant in pair.split("/"))
            c = claim.comparison
            difference = fixed(c.difference) if c.verdict == "unclear" else bold(fixed(c.difference))
            interval = Tex(f"{fixed(c.low)} to {fixed(c.high)}")
            rows.append([words, a, b, difference, interval, p_value(c.p)])
    head = ["settings", Tex("$A$"), Tex("$B$"), Tex("$A - B$"), Tex(r"95\,\% interval"), ""]
    return Table(head, rows, "lllrrr")


def siamese(runs: Sequence[Result], v: Values) -> dict[str, Table]:
    """Verification figures of the network and its rivals, means over the folds; the AUC by fold."""
    auc = best([v[f"siamese/{area}"] for area in AREAS.values()], 4)
    eer = [v.get(f"siamese/{area.replace('auc', 'eer')}") for area in AREAS.values()]
    summary: list[list[object]] = [
        [RIVALS[name], auc[row], "" if error is None else spread(error, 2)]
        for row, (name, error) in enumerate(zip(RIVALS, eer, strict=True))
    ]
    folds = runs[0].tables["folds"]
    by_fold: list[list[object]] = []
    for k in range(len(folds["fold"])):
        areas = [
            fmean(run.tables["folds"][area.replace("/", "_")][k] for run in runs) for area in AREAS.values()
        ]
        cells = [bold(fixed(area, 4)) if area == max(areas) else fixed(area, 4) for area in areas]
        by_fold.append([str(k + 1), *cells])
    return siamese_failures(runs[0]) | {
        "siamese": Table(["method", "AUC", Tex(r"EER, \%")], summary, "lrr"),
        "siamese_folds": Table(["fold", *RIVALS.values()], by_fold, "l" + "r" * len(RIVALS)),
    }


def siamese_failures(run: Result) -> dict[str, Table]:
    """Of each fold the subject with most wrong verdicts (hardest fold first); and the worst pairs."""
    t, folds = run.tables["subjects"], run.tables["folds"]
    rows: list[tuple[float, list[object]]] = []
    for fold, area in zip(folds["fold"], folds["auc"], strict=True):
        mine = [i for i, k in enumerate(t["fold"]) if k == fold]
        i = max(mine, key=lambda i: t["false_rejects"][i] + t["false_accepts"][i])
        rejects, accepts = t["false_rejects"][i], t["false_accepts"][i]
        share = 100 * (rejects + accepts) / max(1, t["fold_errors"][i])
        nearest = f"{t['nearest'][i]} ({t['nearest_distance'][i]:.2f})"
        cells = [fixed(area, 4), t["subject"][i], integer(rejects), integer(accepts), integer(share)]
        own = fixed(t["own_distance"][i], 2)
        rows.append((area, [str(fold), *cells, own, nearest, fixed(t["fold_auc_without"][i], 4)]))
    head = [
        "fold",
        "AUC",
        "subject",
        "rejects",
        "accepts",
        Tex(r"of errors, \%"),
        "own",
        "nearest",
        "AUC without",
    ]
    f = run.tables["failures"]
    pairs: list[list[object]] = [
        [verdict, first, second, fixed(distance, 2), integer(pixels)]
        for verdict, first, second, distance, pixels in zip(
            f["verdict"], f["first"], f["second"], f["distance"], f["pixels"], strict=True
        )
    ]
    return {
        "siamese_hardest": Table(head, [row for _, row in sorted(rows, key=lambda r: r[0])], "lrlrrrrlr"),
        "siamese_failures": Table(
            ["verdict", "first", "second", "distance", Tex(r"more alike, \%")], pairs, "lllrr"
        ),
    }


def cvae(v: Values, settings: Mapping[str, str]) -> Table:
    """The bound and its parts on the test images, and how samples are read, a column per setting."""
    entries = [
        (Tex(r"$-\mathrm{ELBO}$"), "test_negative_elbo", 2),
        ("reconstruction", "test_reconstruction", 2),
        ("KL", "test_kl", 2),
        ("importance-weighted bound", "importance_bound", 2),
        ("active latent dimensions", "active_units", 1),
        (Tex(r"class read as asked for, \%"), "conditional_accuracy", 2),
        (Tex(r"Fr\'echet distance of samples"), "frechet_distance", 2),
    ]
    rows = [
        [label, *(spread(v[f"{part}/{name}"], digits) for part in settings)]
        for label, name, digits in entries
    ]
    return Table(["", *settings.values()], rows, "l" + "r" * len(settings))


def gan(v: Values, settings: Mapping[str, str]) -> Table:
    """Quality and diversity, a column per setting, beside real images."""
    nearest = fixed(v["gan/real_neighbour_distance"], 2)
    entries = [
        ("classifier score", "classifier_score", 2, fixed(v["gan/real_classifier_score"], 2)),
        (Tex(r"Fr\'echet distance"), "frechet_distance", 2, fixed(v["gan/frechet_floor"], 2)),
        ("classes present", "classes_present", 1, "10"),
        ("class entropy in nats", "class_entropy", 3, ""),
        ("distance to the nearest training image", "neighbour_distance", 2, nearest),
    ]
    rows: list[list[object]] = [
        [label, *(spread(v[f"{part}/{name}"], digits) for part in settings), real]
        for label, name, digits, real in entries
    ]
    return Table(["", *settings.values(), "real images"], rows, "l" + "r" * (len(settings) + 1))


BENCH_PARTS = {"text_cnn": "text CNN", "siamese": "Siamese", "cvae": "CVAE", "gan": "DC-GAN"}
BENCH_COLUMNS = (
    *("ratio", "ratio_low", "ratio_high", "plain_ms", "ours_ms", "plain_gflop", "ours_gflop", "gflops"),
    *("peak_share", "products_percent", "products_peak_share", "adam_percent"),
)


def performance(run: Result, v: Values) -> dict[str, Table]:
    """Each part's time beside the plain loop's, and what of the machine's peak it reaches where."""
    times: list[list[object]] = []
    shares: list[list[object]] = []
    parts = run.tables["parts"]
    for part, unit, precision in zip(parts["part"], parts["unit"], parts["precision"], strict=True):
        value = {name: v[f"bench/{part}/{name}"] for name in BENCH_COLUMNS}
        span = Tex(f"{fixed(value['ratio_low'])} to {fixed(value['ratio_high'])}")
        cells = [sig(value["plain_ms"]), sig(value["ours_ms"]), bold(fixed(value["ratio"])), span]
        times.append([BENCH_PARTS[part], unit, *cells])
        work = [sig(value["plain_gflop"]), sig(value["ours_gflop"]), integer(value["gflops"])]
        percents = [integer(value[name]) for name in BENCH_COLUMNS[-4:]]
        shares.append([BENCH_PARTS[part], precision, *work, *percents])
    head = ["part", "type", "plain", "ours", "rate", "of peak", "products", "reach", "Adam"]
    return {
        "performance": Table(["part", "per", "plain, ms", "ours, ms", "ratio", "range"], times, "llrrrr"),
        "performance_peak": Table(head, shares, "llrrrrrrr"),
    }


def quality(run: Result) -> Table:
    """How good the plain loop and ours are after equally many epochs, and in what time."""
    s, seeds = run.scalars, round(run.scalars["seeds"])

    def cell(name: str, digits: int) -> Tex:
        return spread(Value(name, s[name], s[f"{name}_std"], seeds, run.fingerprint), digits)

    parts = run.tables["parts"]
    rows: list[list[object]] = [
        [BENCH_PARTS[part], measure, cell(f"{part}/plain", digits), cell(f"{part}/ours", digits)]
        + [fixed(s[f"{part}/{side}_seconds"], 1) for side in ("plain", "ours")]
        for part, measure, digits in zip(parts["part"], parts["measure"], parts["digits"], strict=True)
    ]
    return Table(["part", "measure", "plain", "ours", "plain, s", "ours, s"], rows, "llrrrr")


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 2].rsplit(" ", 1)[0] + " …"
