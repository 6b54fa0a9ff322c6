"""The report's tables: their heads and rows, formatted; the templates give them captions and places."""

from collections.abc import Callable, Container, Mapping, Sequence
from statistics import fmean
from typing import Any

from assignment3.page.claims import AREAS, RIVALS
from assignment3.page.reference import stated
from assignment3.page.words import INVENTED
from writeup.page.claims import Statement
from writeup.page.context import Recorded
from writeup.page.templating import Table, Tex, bold, by_columns, fixed, integer, p_value, sig, spread
from writeup.results.rows import rows as rows_of
from writeup.results.store import Result, fingerprint
from writeup.results.values import Value, Values

Results = Mapping[str, Sequence[Result]]
DECIDED = "better", "worse", "equivalent"


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
    theirs = stated()["text_cnn"]["accuracy"]

    def settings(part: str) -> str:
        # the tuned settings were chosen after test phrases had been seen
        return settings_of("text_cnn", results)[part] + ("*" if part == "text_cnn_tuned" else "")

    def accuracy(split: str, what: str) -> tuple[str, list[Tex]]:
        values = [v.get(f"{part}{split}/{variant}/{what}_accuracy") for part, variant in names]
        return "r", best(values, 2)

    return by_columns(
        {
            "settings": ("l", [settings(part) for part, _ in names]),
            Tex("pooling, $H'$"): ("l", [variant.replace("_", ", ") for _, variant in names]),
            "reference": (
                "r",
                [
                    fixed(theirs[variant]) if part == "text_cnn" and variant in theirs else ""
                    for part, variant in names
                ],
            ),
            "split by phrase": accuracy("", "phrase"),
            "by sentence": accuracy("_by_sentence", "phrase"),
            "sentences": accuracy("", "sentence"),
        }
    )


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
    wrong = [row for row in rows_of(_best_run(recorded).tables["mistakes"]) if row["set"] == "sentence"]
    return by_columns(
        {
            "sentence": ("l", [_short(row["text"], 66) for row in wrong]),
            "truth": ("l", ["positive" if row["truth"] else "negative" for row in wrong]),
            Tex("$p$(positive)"): ("r", [fixed(float(row["probability"]), 3) for row in wrong]),
        }
    )


def text_cnn_ngrams(recorded: Recorded) -> Table:
    """What the filters with the largest weights answer to, from the best settings; a filter is named once."""
    found = rows_of(_best_run(recorded).tables["ngrams"])
    first = [i == 0 or row["filter"] != found[i - 1]["filter"] for i, row in enumerate(found)]
    return by_columns(
        {
            "filter": ("r", [str(r["filter"]) if new else "" for r, new in zip(found, first, strict=True)]),
            "weight": (
                "r",
                [fixed(float(r["weight"])) if new else "" for r, new in zip(found, first, strict=True)],
            ),
            Tex("$n$-gram"): ("l", [row["ngram"] for row in found]),
            "activation": ("r", [fixed(float(row["activation"])) for row in found]),
        }
    )


def text_cnn_claims(recorded: Recorded) -> Table:
    """Every comparison of two variants of the text CNN, with its verdict; what is decided is bold."""
    made = [
        (words, *(variant.replace("_", ", ") for variant in pair.split("/")), claim)
        for part, words in settings_of("text_cnn", recorded.claims).items()
        for pair, claim in recorded.claims[part].items()
    ]
    return by_columns(
        {
            "settings": ("l", [words for words, *_ in made]),
            Tex("$A$"): ("l", [a for _, a, *_ in made]),
            Tex("$B$"): ("l", [b for _, _, b, _ in made]),
            **_evidence([claim for *_, claim in made]),
        }
    )


def _evidence(made: Sequence[Statement]) -> dict[str, tuple[str, list[object]]]:
    """Columns: difference, interval, runs (or folds) of both sides, adjusted p-value and verdict."""

    def difference(claim: Statement) -> Tex:
        shown = fixed(claim.comparison.difference, claim.measure.digits)
        return bold(shown) if claim.comparison.verdict in DECIDED else shown

    def interval(claim: Statement) -> object:
        c, digits = claim.comparison, claim.measure.digits
        return "" if c.adjusted is None else Tex(f"{fixed(c.low, digits)} to {fixed(c.high, digits)}")

    def p(claim: Statement) -> object:
        c = claim.comparison
        return (
            "" if c.adjusted is None else Tex(str(p_value(c.adjusted)).replace("p = ", "").replace("p ", ""))
        )

    def counts(claim: Statement) -> str:
        return " and ".join(str(count) for count in dict.fromkeys(claim.comparison.counts))

    return {
        Tex("$A - B$"): ("r", [difference(claim) for claim in made]),
        Tex(r"95\,\% interval"): ("r", [interval(claim) for claim in made]),
        "runs": ("r", [counts(claim) for claim in made]),
        Tex("adjusted $p$"): ("r", [p(claim) for claim in made]),
        "verdict": ("l", [claim.comparison.verdict for claim in made]),
    }


def claims(recorded: Recorded) -> Table:
    """Every comparison of the report: Holm's correction runs over those that are tested."""
    made = [claim for group in recorded.claims.values() for claim in group.values()]
    return by_columns(
        {
            "claim": ("l", [claim.claim.name.replace("_", " ") for claim in made]),
            "margin": ("r", [sig(claim.measure.margin, 1) for claim in made]),
            **_evidence(made),
        }
    )


def claims_calibration(recorded: Recorded) -> Table:
    """How often the rule errs in simulated worlds without a difference, in percent."""
    table = recorded.results["claims"][0].tables["regimes"]

    def percent(kind: str) -> tuple[str, list[object]]:
        return "r", [fixed(100 * float(share), 1) for share in table[kind]]

    kinds = {"phrases": "phrases", "folds": "folds", "seeds": "seeds", "all claims": "claim"}
    kinds["report"] = "report"
    return by_columns(
        {"runs": ("l", list(table["regime"])), **{head: percent(kind) for head, kind in kinds.items()}}
    )


def siamese(recorded: Recorded) -> Table:
    """Verification figures of the network and its rivals, means over the folds."""
    v = recorded.v
    return by_columns(
        {
            "method": ("l", [RIVALS[name] for name in AREAS]),
            "AUC": ("r", best([v[f"siamese/{area}"] for area in AREAS.values()], 4)),
            Tex(r"EER, \%"): (
                "r",
                best([v[f"siamese/{area.replace('auc', 'eer')}"] for area in AREAS.values()], 2, least=True),
            ),
        }
    )


def siamese_folds(recorded: Recorded) -> Table:
    """The AUC by fold, mean over the runs; the largest of a fold is bold."""
    folds = [run.tables["folds"] for run in recorded.results["siamese"]]
    areas = {
        name: [
            fmean(column) for column in zip(*(fold[area.replace("/", "_")] for fold in folds), strict=True)
        ]
        for name, area in AREAS.items()
    }
    largest = [max(row) for row in zip(*areas.values(), strict=True)]
    return by_columns(
        {
            "fold": ("l", [str(fold) for fold in folds[0]["fold"]]),
            **{
                RIVALS[name]: (
                    "r",
                    [
                        bold(fixed(area, 4)) if area == top else fixed(area, 4)
                        for area, top in zip(column, largest, strict=True)
                    ],
                )
                for name, column in areas.items()
            },
        }
    )


def siamese_choice(recorded: Recorded) -> Table:
    """By fold the validation AUC of each candidate, mean over the runs, and in how many it was chosen."""
    choices = [rows_of(run.tables["choice"]) for run in recorded.results["siamese"]]
    folds = list(dict.fromkeys(row["fold"] for row in choices[0]))

    def cells(kind: str) -> tuple[str, list[object]]:
        of_fold = [
            [row for rows in choices for row in rows if (row["fold"], row["invented"]) == (fold, kind)]
            for fold in folds
        ]
        return "r", [
            f"{fixed(fmean(row['validation_auc'] for row in some), 4)} ({sum(row['chosen'] for row in some)})"
            for some in of_fold
        ]

    kinds = dict.fromkeys(row["invented"] for row in choices[0])
    return by_columns(
        {"fold": ("l", [str(fold) for fold in folds]), **{INVENTED[kind]: cells(kind) for kind in kinds}}
    )


def siamese_hardest(recorded: Recorded) -> Table:
    """Of each fold the subject without which its AUC rises most, hardest fold first; of one run."""
    run = recorded.typical["siamese"]
    subjects = run.tables["subjects"]
    folds = sorted(rows_of(run.tables["folds"]), key=lambda fold: fold["cnn_auc"])
    found = [rows_of(subjects)[hardest(subjects, fold["fold"])] for fold in folds]

    def share(row: Mapping[str, Any]) -> Tex:
        return integer(100 * (row["false_rejects"] + row["false_accepts"]) / max(1, row["fold_errors"]))

    return by_columns(
        {
            "fold": ("l", [str(fold["fold"]) for fold in folds]),
            "subject": ("l", [row["subject"] for row in found]),
            "AUC with": ("r", [fixed(fold["cnn_auc"], 4) for fold in folds]),
            "without": ("r", [fixed(row["fold_auc_without"], 4) for row in found]),
            "rejects": ("r", [integer(row["false_rejects"]) for row in found]),
            "accepts": ("r", [integer(row["false_accepts"]) for row in found]),
            Tex(r"of errors, \%"): ("r", [share(row) for row in found]),
            "own": ("r", [fixed(row["own_distance"], 2) for row in found]),
            "nearest": ("l", [f"{row['nearest']} ({fixed(row['nearest_distance'], 2)})" for row in found]),
        }
    )


def hardest(subjects: Mapping[str, Sequence[Any]], fold: int) -> int:
    """The row of the subject whose absence raises the fold's AUC most, or lowers it least."""
    mine = [i for i, k in enumerate(subjects["fold"]) if k == fold]
    return max(mine, key=lambda i: subjects["fold_auc_without"][i])


def siamese_failures(recorded: Recorded) -> Table:
    """The worst pairs of one run."""
    found = rows_of(recorded.typical["siamese"].tables["failures"])
    return by_columns(
        {
            "verdict": ("l", [row["verdict"] for row in found]),
            "first": ("l", [row["first"] for row in found]),
            "second": ("l", [row["second"] for row in found]),
            "distance": ("r", [fixed(row["distance"], 3) for row in found]),
            "in thresholds": ("r", [fixed(row["scaled"], 2) for row in found]),
            Tex(r"more alike, \%"): ("r", [integer(row["pixels"]) for row in found]),
        }
    )


CVAE_HEADS = {"cvae": "basic", "cvae_longer": "longer", "cvae_guided": "guided", "cvae_tuned": "both"}


def cvae(recorded: Recorded) -> Table:
    """The bounds on the test images, and how samples are read, a column per setting."""
    few = integer(recorded.configs["cvae"].importance_images)
    entries: dict[str, tuple[str, int]] = {
        Tex(r"$-\mathrm{ELBO}$"): ("test_negative_elbo", 2),
        "reconstruction": ("test_reconstruction", 2),
        "KL": ("test_kl", 2),
        Tex(rf"$-\mathrm{{ELBO}}$ of {few} images"): ("importance_negative_elbo", 2),
        "importance-weighted bound of the same": ("importance_bound", 2),
        "active latent dimensions": ("active_units", 1),
        Tex(r"class read as asked for, \%"): ("conditional_accuracy", 2),
        Tex(r"Fr\'echet distance of samples"): ("frechet_distance", 2),
    }

    def cells(part: str) -> tuple[str, list[object]]:
        values = [(recorded.v.get(f"{part}/{name}"), digits) for name, digits in entries.values()]
        return "r", ["" if value is None else spread(value, digits) for value, digits in values]

    parts = {part: head for part, head in CVAE_HEADS.items() if part in recorded.results}
    return by_columns({"": ("l", list(entries)), **{head: cells(part) for part, head in parts.items()}})


def gan(recorded: Recorded) -> Table:
    """Both generators with and without falling rates and penalty, beside real images."""
    v, configs = recorded.v, recorded.configs
    parts = [name for name in recorded.results if name.partition("_")[0] == "gan"]

    def column(
        name: str, real: str = "", *, least: bool = False, mark: bool = True
    ) -> tuple[str, list[object]]:
        values = [v[f"{part}/{name}"] for part in parts]
        cells = best(values, 2, least=least) if mark else [spread(value, 2) for value in values]
        return "r", [*cells, fixed(v[f"gan/{real}"]) if real else ""]

    rates = ["falling" if configs[part].schedule == "linear" else "constant" for part in parts]
    return by_columns(
        {
            "rates": ("l", [*rates, "real images"]),
            Tex(r"$\gamma$"): ("r", [*(sig(configs[part].penalty, 1) for part in parts), ""]),
            "score": column("classifier_score", "real_classifier_score"),
            "distance": column("frechet_distance", "frechet_floor", least=True),
            "diversity": column("diversity", "real_diversity", mark=False),
            "raw score": column("raw/classifier_score"),
            "raw distance": column("raw/frechet_distance", least=True),
        }
    )


BENCH_PARTS = {"text_cnn": "text CNN", "siamese": "Siamese", "cvae": "CVAE", "gan": "DC-GAN"}


def performance(recorded: Recorded) -> Table:
    """Each part's time beside the plain loop's."""
    v, parts = recorded.v, rows_of(recorded.results["bench"][0].tables["parts"])
    names = [row["part"] for row in parts]
    return by_columns(
        {
            "part": ("l", [BENCH_PARTS[part] for part in names]),
            "per": ("l", [row["unit"] for row in parts]),
            "plain, ms": ("r", [sig(v[f"bench/{part}/plain_ms"]) for part in names]),
            "ours, ms": ("r", [sig(v[f"bench/{part}/ours_ms"]) for part in names]),
            "ratio": ("r", [bold(fixed(v[f"bench/{part}/ratio"])) for part in names]),
            "range": (
                "r",
                [
                    Tex(f"{fixed(v[f'bench/{part}/ratio_low'])} to {fixed(v[f'bench/{part}/ratio_high'])}")
                    for part in names
                ],
            ),
        }
    )


HEADLINE = 2.0  # times: every part is trained at least so much faster than by the plain loop


def headline(recorded: Recorded) -> float:
    """What is claimed of every part's ratio."""
    return HEADLINE


def performance_machines(recorded: Recorded) -> Table:
    """A row for each recorded kind of processor, the last first: ratios and peaks."""
    runs = recorded.results["bench"]
    parts = runs[0].tables["parts"]["part"]

    def ratios(part: str) -> list[float | None]:
        return [run.scalars.get(f"{part}/ratio") for run in runs]

    def recorded_on(run: Result) -> str:
        same = fingerprint(run) == fingerprint(runs[0])
        return str(run.provenance.get("date", ""))[:10] + ("" if same else "*")

    holds = [
        all(ratio is not None and ratio >= HEADLINE for ratio in row)
        for row in zip(*map(ratios, parts), strict=True)
    ]
    return by_columns(
        {
            "machine": ("l", [run.provenance.get("machine", "") for run in runs]),
            "recorded": ("l", [recorded_on(run) for run in runs]),
            **{
                BENCH_PARTS[part]: ("r", ["" if ratio is None else fixed(ratio) for ratio in ratios(part)])
                for part in parts
            },
            "fp32": ("r", [integer(run.scalars["peak_fp32_gflops"]) for run in runs]),
            "bf16": ("r", [integer(run.scalars["peak_bf16_gflops"]) for run in runs]),
            "holds": ("l", ["yes" if there else "no" for there in holds]),
        }
    )


def performance_peak(recorded: Recorded) -> Table:
    """What of the machine's peak each part reaches, and where its time goes."""
    v, parts = recorded.v, rows_of(recorded.results["bench"][0].tables["parts"])
    names = [row["part"] for row in parts]

    def cells(name: str, form: Callable[[Value], Tex] = integer) -> tuple[str, list[object]]:
        return "r", [form(v[f"bench/{part}/{name}"]) for part in names]

    return by_columns(
        {
            "part": ("l", [BENCH_PARTS[part] for part in names]),
            "type": ("l", [row["precision"] for row in parts]),
            "plain": cells("plain_gflop", sig),
            "ours": cells("ours_gflop", sig),
            "rate": cells("gflops"),
            "of peak": cells("peak_share"),
            "products": cells("products_percent"),
            "reach": cells("products_peak_share"),
            "Adam": cells("adam_percent"),
        }
    )


QUALITY = {"plain": "plain", "ours in fp32": "fp32", "ours in bf16": "bf16"}


def quality(recorded: Recorded) -> Table:
    """How good the plain loop and ours are after equally many epochs."""
    run = recorded.results["quality"][0]
    s, seeds = run.scalars, round(run.scalars["seeds"])
    parts = rows_of(run.tables["parts"])

    def figure(row: Mapping[str, Any], side: str) -> Tex:
        name = f"{row['part']}/{side}"
        return spread(Value(name, s[name], s[f"{name}_std"], seeds, fingerprint(run)), row["digits"])

    return by_columns(
        {
            "part": ("l", [BENCH_PARTS[row["part"]] for row in parts]),
            "measure": ("l", [row["measure"] for row in parts]),
            **{
                head: ("r", [figure(row, side) for row in parts])
                for head, side in QUALITY.items()
                if f"{parts[0]['part']}/{side}" in s
            },
        }
    )


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 2].rsplit(" ", 1)[0] + " …"
