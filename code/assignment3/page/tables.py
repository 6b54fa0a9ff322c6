"""The report's tables: their heads and rows, formatted; the templates give them captions and places."""

from collections.abc import Container, Mapping, Sequence
from statistics import fmean
from typing import Any

from assignment3.page.claims import AREAS, RIVALS
from assignment3.page.reference import stated
from assignment3.page.words import INVENTED
from writeup.page.claims import Statement
from writeup.page.context import Recorded
from writeup.page.templating import Table, Tex, bold, fixed, integer, p_value, sig, spread
from writeup.results.store import Result, fingerprint
from writeup.results.values import Value, Values

Results = Mapping[str, Sequence[Result]]


def best(values: Sequence[Value | None], digits: int, *, least: bool = False) -> list[Tex]:
    """The values with their spread, blank where none was recorded; the best mean is bold."""
    known = [value for value in values if value is not None]
    chosen = (min if least else max)(known, key=lambda value: value.mean, default=None)
    return [
        Tex() if value is None else bold(spread(value, digits)) if value is chosen else spread(value, digits)
        for value in values
    ]


def settings_of(part: str, results: Container[str]) -> dict[str, str]:
    """The part and its tuned variant, where it ran, each with a word for its settings."""
    words = {part: "assignment's", f"{part}_tuned": "tuned"}
    return {name: word for name, word in words.items() if name in results}


def text_cnn(recorded: Recorded) -> Table:
    """Accuracies of every setting beside the reference's: on the test phrases of both splits, and, trained
    after the split by phrase, on whole sentences.
    """
    results, v = recorded.results, recorded.v
    names = [name.split("/") for name in text_variants(results)]
    columns = [
        best([v.get(f"{part}{split}/{variant}/{what}_accuracy") for part, variant in names], 2)
        for split, what in (("", "phrase"), ("_by_sentence", "phrase"), ("", "sentence"))
    ]
    rows: list[list[object]] = []
    for (part, variant), *accuracies in zip(names, *columns, strict=True):
        # the tuned settings were chosen after test phrases had been seen
        settings = settings_of("text_cnn", results)[part] + ("*" if part == "text_cnn_tuned" else "")
        there = stated()["text_cnn"]["accuracy"].get(variant) if part == "text_cnn" else None
        reference = "" if there is None else fixed(there)
        rows.append([settings, variant.replace("_", ", "), reference, *accuracies])
    head = ["settings", Tex("pooling, $H'$"), "reference", "split by phrase", "by sentence", "sentences"]
    return Table(head, rows, "llrrrr")


def _best_run(recorded: Recorded) -> Result:
    """A run of the settings that the validation phrases favour."""
    return recorded.typical[best_text_variant(recorded.results, recorded.v).split("/")[0]]


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


def text_cnn_mistakes(recorded: Recorded) -> Table:
    """The surest wrong answers about sentences, from the best settings."""
    table = _best_run(recorded).tables["mistakes"]
    rows: list[list[object]] = [
        [_short(text, 66), "positive" if truth else "negative", fixed(float(p), 3)]
        for kind, text, truth, p in zip(
            table["set"], table["text"], table["truth"], table["probability"], strict=True
        )
        if kind == "sentence"
    ]
    return Table(["sentence", "truth", Tex("$p$(positive)")], rows, "llr")


def text_cnn_ngrams(recorded: Recorded) -> Table:
    """What the filters with the largest weights answer to, from the best settings; a filter is named once."""
    table = _best_run(recorded).tables["ngrams"]
    rows: list[list[object]] = []
    named = None
    for number, weight, text, answer in zip(
        table["filter"], table["weight"], table["ngram"], table["activation"], strict=True
    ):
        head: list[object] = ["", ""] if number == named else [str(number), fixed(float(weight))]
        rows.append([*head, text, fixed(float(answer))])
        named = number
    return Table(["filter", "weight", Tex("$n$-gram"), "activation"], rows, "rrlr")


def text_cnn_claims(recorded: Recorded) -> Table:
    """Every comparison of two variants of the text CNN, with its verdict; what is decided is bold."""
    rows: list[list[object]] = []
    for part, words in settings_of("text_cnn", recorded.claims).items():
        for pair, claim in recorded.claims[part].items():
            a, b = (variant.replace("_", ", ") for variant in pair.split("/"))
            rows.append([words, a, b, *_evidence(claim)])
    return Table(["settings", Tex("$A$"), Tex("$B$"), *EVIDENCE], rows, "lll" + "r" * 4 + "l")


EVIDENCE = [Tex("$A - B$"), Tex(r"95\,\% interval"), "runs", Tex("adjusted $p$"), "verdict"]


def _evidence(claim: Statement) -> list[object]:
    """Difference, interval, runs (or folds) of both sides, adjusted p-value and verdict of a comparison."""
    c, digits = claim.comparison, claim.measure.digits
    counts = " and ".join(str(count) for count in dict.fromkeys(c.counts))
    difference = fixed(c.difference, digits)
    if c.adjusted is None:
        return [difference, "", counts, "", c.verdict]
    decided = c.verdict != "undecided"
    interval = Tex(f"{fixed(c.low, digits)} to {fixed(c.high, digits)}")
    p = Tex(str(p_value(c.adjusted)).replace("p = ", "").replace("p < ", "< "))
    return [bold(difference) if decided else difference, interval, counts, p, c.verdict]


def claims(recorded: Recorded) -> Table:
    """Every comparison of the report: Holm's correction runs over those that are tested."""
    rows = [
        [claim.claim.name.replace("_", " "), sig(claim.measure.margin, 1), *_evidence(claim)]
        for group in recorded.claims.values()
        for claim in group.values()
    ]
    return Table(["claim", "margin", *EVIDENCE], rows, "l" + "r" * 5 + "l")


def claims_calibration(recorded: Recorded) -> Table:
    """How often the rule errs in simulated worlds without a difference, in percent."""
    kinds = {
        "phrases": "phrases",
        "folds": "folds",
        "seeds": "seeds",
        "claim": "all claims",
        "report": "report",
    }
    table = recorded.results["claims"][0].tables["regimes"]
    rows: list[list[object]] = [
        [regime, *(fixed(100 * float(table[kind][i]), 1) for kind in kinds)]
        for i, regime in enumerate(table["regime"])
    ]
    return Table(["runs", *kinds.values()], rows, "l" + "r" * len(kinds))


def siamese(recorded: Recorded) -> Table:
    """Verification figures of the network and its rivals, means over the folds."""
    v = recorded.v
    auc = best([v[f"siamese/{area}"] for area in AREAS.values()], 4)
    eer = best([v[f"siamese/{area.replace('auc', 'eer')}"] for area in AREAS.values()], 2, least=True)
    rows: list[list[object]] = [[RIVALS[name], *cells] for name, *cells in zip(RIVALS, auc, eer, strict=True)]
    return Table(["method", "AUC", Tex(r"EER, \%")], rows, "lrr")


def siamese_folds(recorded: Recorded) -> Table:
    """The AUC by fold, mean over the runs."""
    runs = recorded.results["siamese"]
    rows: list[list[object]] = []
    for k in range(len(runs[0].tables["folds"]["fold"])):
        areas = [
            fmean(run.tables["folds"][area.replace("/", "_")][k] for run in runs) for area in AREAS.values()
        ]
        cells = [bold(fixed(area, 4)) if area == max(areas) else fixed(area, 4) for area in areas]
        rows.append([str(k + 1), *cells])
    return Table(["fold", *RIVALS.values()], rows, "l" + "r" * len(RIVALS))


def siamese_choice(recorded: Recorded) -> Table:
    """By fold the validation AUC of each candidate, mean over the runs, and in how many it was chosen."""
    runs = recorded.results["siamese"]
    tables = [run.tables["choice"] for run in runs]
    folds, kinds = (list(dict.fromkeys(tables[0][name])) for name in ("fold", "invented"))
    rows: list[list[object]] = []
    for fold in folds:
        cells = []
        for kind in kinds:
            i = list(zip(tables[0]["fold"], tables[0]["invented"], strict=True)).index((fold, kind))
            area = fmean(table["validation_auc"][i] for table in tables)
            cells.append(f"{fixed(area, 4)} ({sum(table['chosen'][i] for table in tables)})")
        rows.append([str(fold), *cells])
    return Table(["fold", *(INVENTED[kind] for kind in kinds)], rows, "l" + "r" * len(kinds))


def siamese_hardest(recorded: Recorded) -> Table:
    """Of each fold the subject without which its AUC rises most, hardest fold first; of one run."""
    run = recorded.typical["siamese"]
    t, folds = run.tables["subjects"], run.tables["folds"]
    rows: list[tuple[float, list[object]]] = []
    for fold, area in zip(folds["fold"], folds["cnn_auc"], strict=True):
        i = hardest(t, fold)
        rejects, accepts = t["false_rejects"][i], t["false_accepts"][i]
        share = 100 * (rejects + accepts) / max(1, t["fold_errors"][i])
        nearest = f"{t['nearest'][i]} ({t['nearest_distance'][i]:.2f})"
        cells = [t["subject"][i], fixed(area, 4), fixed(t["fold_auc_without"][i], 4)]
        cells += [integer(rejects), integer(accepts), integer(share), fixed(t["own_distance"][i], 2), nearest]
        rows.append((area, [str(fold), *cells]))
    head = [
        "fold",
        "subject",
        "AUC with",
        "without",
        "rejects",
        "accepts",
        Tex(r"of errors, \%"),
        "own",
        "nearest",
    ]
    return Table(head, [row for _, row in sorted(rows, key=lambda r: r[0])], "llrrrrrrl")


def hardest(subjects: Mapping[str, Sequence[Any]], fold: int) -> int:
    """The row of the subject whose absence raises the fold's AUC most, or lowers it least."""
    mine = [i for i, k in enumerate(subjects["fold"]) if k == fold]
    return max(mine, key=lambda i: subjects["fold_auc_without"][i])


def siamese_failures(recorded: Recorded) -> Table:
    """The worst pairs of one run."""
    f = recorded.typical["siamese"].tables["failures"]
    names = ("verdict", "first", "second", "distance", "scaled", "pixels")
    pairs: list[list[object]] = [
        [verdict, first, second, fixed(distance, 3), fixed(scaled, 2), integer(pixels)]
        for verdict, first, second, distance, scaled, pixels in zip(*(f[name] for name in names), strict=True)
    ]
    head = ["verdict", "first", "second", "distance", "in thresholds", Tex(r"more alike, \%")]
    return Table(head, pairs, "lllrrr")


CVAE_HEADS = {"cvae": "basic", "cvae_longer": "longer", "cvae_guided": "guided", "cvae_tuned": "both"}


def cvae(recorded: Recorded) -> Table:
    """The bounds on the test images, and how samples are read, a column per setting."""
    v, heads = recorded.v, {part: head for part, head in CVAE_HEADS.items() if part in recorded.results}
    few = integer(recorded.configs["cvae"].importance_images)
    entries = [
        (Tex(r"$-\mathrm{ELBO}$"), "test_negative_elbo", 2),
        ("reconstruction", "test_reconstruction", 2),
        ("KL", "test_kl", 2),
        (Tex(rf"$-\mathrm{{ELBO}}$ of {few} images"), "importance_negative_elbo", 2),
        ("importance-weighted bound of the same", "importance_bound", 2),
        ("active latent dimensions", "active_units", 1),
        (Tex(r"class read as asked for, \%"), "conditional_accuracy", 2),
        (Tex(r"Fr\'echet distance of samples"), "frechet_distance", 2),
    ]
    rows: list[list[object]] = []
    for label, name, digits in entries:
        values = [v.get(f"{part}/{name}") for part in heads]
        rows.append([label, *("" if value is None else spread(value, digits) for value in values)])
    return Table(["", *heads.values()], rows, "l" + "r" * len(heads))


def gan(recorded: Recorded) -> Table:
    """Both generators with and without falling rates and penalty, beside real images."""
    v, configs = recorded.v, recorded.configs
    parts = [name for name in recorded.results if name.partition("_")[0] == "gan"]

    def column(name: str) -> list[Value]:
        return [v[f"{part}/{name}"] for part in parts]

    columns = [
        best(column("classifier_score"), 2),
        best(column("frechet_distance"), 2, least=True),
        [spread(value, 2) for value in column("diversity")],
        best(column("raw/classifier_score"), 2),
        best(column("raw/frechet_distance"), 2, least=True),
    ]
    rows: list[list[object]] = []
    for part, *numbers in zip(parts, *columns, strict=True):
        rates = "falling" if configs[part].schedule == "linear" else "constant"
        rows.append([rates, sig(configs[part].penalty, 1), *numbers])
    real = [fixed(v[f"gan/{name}"]) for name in ("real_classifier_score", "frechet_floor", "real_diversity")]
    rows.append(["real images", "", *real, "", ""])
    head = ["rates", Tex(r"$\gamma$"), "score", "distance", "diversity", "raw score", "raw distance"]
    return Table(head, rows, "lrrrrrr")


BENCH_PARTS = {"text_cnn": "text CNN", "siamese": "Siamese", "cvae": "CVAE", "gan": "DC-GAN"}
BENCH_COLUMNS = (
    *("ratio", "ratio_low", "ratio_high", "plain_ms", "ours_ms", "plain_gflop", "ours_gflop", "gflops"),
    *("peak_share", "products_percent", "products_peak_share", "adam_percent"),
)


def performance(recorded: Recorded) -> Table:
    """Each part's time beside the plain loop's."""
    rows: list[list[object]] = []
    parts = recorded.results["bench"][0].tables["parts"]
    for part, unit in zip(parts["part"], parts["unit"], strict=True):
        value = {name: recorded.v[f"bench/{part}/{name}"] for name in BENCH_COLUMNS}
        span = Tex(f"{fixed(value['ratio_low'])} to {fixed(value['ratio_high'])}")
        cells = [sig(value["plain_ms"]), sig(value["ours_ms"]), bold(fixed(value["ratio"])), span]
        rows.append([BENCH_PARTS[part], unit, *cells])
    return Table(["part", "per", "plain, ms", "ours, ms", "ratio", "range"], rows, "llrrrr")


HEADLINE = 2.0  # times: every part is trained at least so much faster than by the plain loop


def headline(recorded: Recorded) -> float:
    """What is claimed of every part's ratio."""
    return HEADLINE


def performance_machines(recorded: Recorded) -> Table:
    """A row for each recorded kind of processor, the last first: ratios and peaks."""
    runs = recorded.results["bench"]
    parts = runs[0].tables["parts"]["part"]
    rows: list[list[object]] = []
    for run in runs:
        ratios = [run.scalars.get(f"{part}/ratio") for part in parts]
        peaks = [integer(run.scalars[f"peak_{precision}_gflops"]) for precision in ("fp32", "bf16")]
        holds = all(ratio is not None and ratio >= HEADLINE for ratio in ratios)
        same = fingerprint(run) == fingerprint(runs[0])
        rows.append(
            [
                run.provenance.get("machine", ""),
                run.provenance.get("date", "")[:10] + ("" if same else "*"),
                *("" if ratio is None else fixed(ratio) for ratio in ratios),
                *peaks,
                "yes" if holds else "no",
            ]
        )
    heads = [BENCH_PARTS[part] for part in parts]
    return Table(
        ["machine", "recorded", *heads, "fp32", "bf16", "holds"], rows, "ll" + "r" * (len(parts) + 2) + "l"
    )


def performance_peak(recorded: Recorded) -> Table:
    """What of the machine's peak each part reaches, and where its time goes."""
    rows: list[list[object]] = []
    parts = recorded.results["bench"][0].tables["parts"]
    for part, precision in zip(parts["part"], parts["precision"], strict=True):
        value = {name: recorded.v[f"bench/{part}/{name}"] for name in BENCH_COLUMNS}
        work = [sig(value["plain_gflop"]), sig(value["ours_gflop"]), integer(value["gflops"])]
        percents = [integer(value[name]) for name in BENCH_COLUMNS[-4:]]
        rows.append([BENCH_PARTS[part], precision, *work, *percents])
    head = ["part", "type", "plain", "ours", "rate", "of peak", "products", "reach", "Adam"]
    return Table(head, rows, "llrrrrrrr")


def quality(recorded: Recorded) -> Table:
    """How good the plain loop and ours are after equally many epochs, and in what time."""
    run = recorded.results["quality"][0]
    s, seeds = run.scalars, round(run.scalars["seeds"])

    def cell(name: str, digits: int) -> Tex:
        return spread(Value(name, s[name], s[f"{name}_std"], seeds, fingerprint(run)), digits)

    parts = run.tables["parts"]
    rows: list[list[object]] = [
        [BENCH_PARTS[part], measure, cell(f"{part}/plain", digits), cell(f"{part}/ours", digits)]
        + [fixed(s[f"{part}/{side}_seconds"], 1) for side in ("plain", "ours")]
        for part, measure, digits in zip(parts["part"], parts["measure"], parts["digits"], strict=True)
    ]
    return Table(["part", "measure", "plain", "ours", "plain, s", "ours, s"], rows, "llrrrr")


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 2].rsplit(" ", 1)[0] + " …"
