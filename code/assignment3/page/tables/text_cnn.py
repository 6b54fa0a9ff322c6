"""Problem 1: accuracies, mistakes and n-grams of the text CNN."""

from assignment3.page.tables.claims import evidence
from assignment3.shared.cells import Results, best, settings_of
from assignment3.shared.quoted import stated
from writeup.page.context import Recorded
from writeup.page.templating import Table, Tex, by_columns, fixed
from writeup.results.rows import rows as rows_of
from writeup.results.store import Result
from writeup.results.values import Values


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
            "split by sentence": accuracy("_by_sentence", "phrase"),
            "whole sentences": accuracy("", "sentence"),
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
            **evidence([claim for *_, claim in made]),
        }
    )


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


def _best_run(recorded: Recorded) -> Result:
    """A run of the settings that the validation phrases favour."""
    return recorded.typical[best_text_variant(recorded.results, recorded.v).split("/")[0]]


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 2].rsplit(" ", 1)[0] + " …"
