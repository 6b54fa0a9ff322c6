"""Damages to sentences that compare: sides, direction, difference, p, runs, interval, verdict."""

from collections.abc import Callable, Iterator
from functools import partial

from evidence.damages.items import COMPARISONS, NUMBERS
from writeup.grade import truth
from writeup.grade.copies import Copy, bumped
from writeup.grade.damage import Damage
from writeup.page.source import formats
from writeup.page.source.formats import Tex, fixed, p_value


def listed(known: truth.Truth) -> Iterator[Damage]:
    def swap(old: str, new: str) -> Callable[[Copy], None]:
        return lambda copy: copy.swap(old, new)

    for name in (
        "text_cnn/max_5/avg_5",
        "cvae/conditional_accuracy",
        "gan/frechet_distance",
        "gan/classifier_score",
    ):
        one = known.claims.get(name)
        if one is None or one.comparison.verdict not in ("better", "worse"):
            continue
        at = [COMPARISONS, f"claim:{name}", NUMBERS]
        size = fixed(abs(one.comparison.difference), one.measure.digits)
        said = str(formats.sentence(one.says(size)))
        other = str(
            formats.sentence(
                Tex(one.says(size).replace(one.a, "\0").replace(one.b, one.a).replace("\0", one.b))
            )
        )
        yield Damage(f"{name}: its sides exchanged", at, swap(said, other))
        turned = said
        for a, b in (("more ", "fewer "), ("higher", "lower"), ("lower", "higher"), ("raises", "lowers")):
            if a in said:
                turned = said.replace(a, b)
                break
        yield Damage(f"{name}: its direction turned", at, swap(said, turned))
        yield Damage(f"{name}: its difference", at, swap(said, said.replace(str(size), bumped(str(size)))))
        assert one.comparison.adjusted is not None
        p = str(p_value(one.comparison.adjusted))
        worse = p.replace("0.001", "0.0001") if "<" in p else bumped(p)
        yield Damage(
            f"{name}: its p-value",
            at,
            partial(Copy.behind, anchor=said, old=p, new=worse),
        )
        yield Damage(f"{name}: its runs", at, partial(Copy.behind, anchor=said, old=" runs", new="0 runs"))
    for name in ("text_cnn/max_5/max_7",):
        one = known.claims.get(name)
        if one is None or one.comparison.low is None:
            continue
        at = [COMPARISONS, f"claim:{name}", NUMBERS]
        low = str(fixed(one.comparison.low, one.measure.digits))
        yield Damage(
            f"{name}: its interval",
            at,
            swap(f"interval {low}", f"interval {bumped(low)}"),
        )
        sides = f"between {one.a} and {one.b}"
        yield Damage(
            f"{name}: decided without evidence",
            at,
            swap(f"no significant difference {sides}", f"a significant difference {sides}"),
        )
    at = [COMPARISONS, "claim:siamese/network/cnn"]
    for name, old, new in (
        (
            "another measure",
            r"difference in the area under the ROC between",
            "difference in the error between",
        ),
        ("another side", r"and the network alone, between", "and raw pixels, between"),
        ("a pair that no test compared", r", nor between", " or between anything else, nor between"),
    ):
        yield Damage(
            f"several claims in a sentence: {name}",
            at,
            lambda copy, old=old, new=new: copy.rewrite(old, lambda m: new),  # type: ignore[misc]
        )
    for name, old, new in (
        ("another measure", r"the area under the ROC of the Siamese", "the error rate of the Siamese"),
        (
            "one more that is open",
            r"and in the (\S+ of the CVAE on held-out images)",
            r"in the \1 and in the Fréchet distance of the DC-GAN's samples",
        ),
    ):
        yield Damage(
            f"several equivalences in a sentence: {name}",
            [COMPARISONS, "claim:precision/cvae"],
            lambda copy, old=old, new=new: copy.rewrite(old, lambda m: m.expand(new)),  # type: ignore[misc]
        )
