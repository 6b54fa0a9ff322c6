"""Damages to formulas: a sign, a relation, a factor."""

from collections.abc import Iterator

from evidence.damages.items import DERIVATIONS
from writeup.grade.copies import Copy, NothingToDamage
from writeup.grade.damage import Damage

FLIPS = (
    ("formula:convolution/7", r"= H - H' + 1", r"= H H' + 1"),
    ("formula:convolution/7", r"= H - H' + 1", r"= H + H' + 1"),
    ("formula:convolution/1", r"W^{\mathrm{conv}}_f + b_{f}", r"W^{\mathrm{conv}}_f - b_{f}"),
    ("formula:elbo/6", r"\log p(x \mid y) &\ge", r"\log p(x \mid y) &\le"),
    (
        "formula:elbo/5",
        r"+ \mathrm{KL}\left(q(z \mid x, y) \,\|\, p(z \mid x, y)\right)",
        r"- \mathrm{KL}\left(q(z \mid x, y) \,\|\, p(z \mid x, y)\right)",
    ),
    (
        "formula:gaussian_kl_diagonal/4",
        r"\left(1 + \log \sigma_{j}^{2} - \mu_{j}^{2}",
        r"\left(1 + \log \sigma_{j}^{2} + \mu_{j}^{2}",
    ),
    (
        "formula:gaussian_kl_diagonal/4",
        r"&= - \frac{1}{2} \sum_{j=1}^{J} \left(1",
        r"&= \frac{1}{2} \sum_{j=1}^{J} \left(1",
    ),
    ("formula:gaussian_kl/7", r"- J - \log \det \Sigma\right)", r"- J + \log \det \Sigma\right)"),
    (
        "formula:contrastive/2",
        r"s d^{2} + \frac{1}{2} \left(1 - s\right)",
        r"s d^{2} + \frac{1}{2} \left(1 + s\right)",
    ),
    ("formula:gan_optimum/3", r"D = \frac{p}{p + q}", r"D = \frac{q}{p + q}"),
)


def listed() -> Iterator[Damage]:
    for item, old, new in FLIPS:

        def make(copy: Copy, old: str = old, new: str = new) -> None:
            if old not in copy.tex:
                raise NothingToDamage(old)
            copy.tex = copy.tex.replace(old, new)

        yield Damage(
            f"{item}: {old} becomes {new}",
            [item, item.replace("formula", "proof").split("/")[0], DERIVATIONS],
            make,
        )
