r"""What average pooling leaves of a convolution with zeros at both ends: the sum of the words, in no order.

With $H' - 1$ zeros before and after the sentence every word meets every offset of the kernel exactly once:
word h meets offset i in window h - i + H', and there is one. So the sum over the windows parts into a sum
over the offsets and one over the words.
"""

from sympy import ImmutableMatrix, Matrix, Pow, S, Sum, Symbol, zeros

from assignment3.derivations.convolution import (
    KERNEL,
    SIZES,
    C,
    H,
    W,
    X,
    Y_nf,
    b_f,
    banded_matrix,
    c,
    f,
    i,
    n,
)
from writeup.proofs.models import Linear, Model, Values
from writeup.proofs.notation import add, minus, mul, notation
from writeup.proofs.steps import Derivation, Step

h = Symbol("h", integer=True, positive=True)
Average = notation("Average", r"\operatorname{avg}_t \left( #1 \right)_t")
WINDOWS = Pow(add(H, KERNEL, -1), -1)


def _wide_model(channels: int, length: int, width: int) -> Model:
    x = ImmutableMatrix(channels, length, lambda row, column: X[n, row + 1, column + 1])
    kernel = ImmutableMatrix(channels, width, lambda row, column: W[f, row + 1, column + 1])
    margin = zeros(channels, width - 1)
    padded = Matrix.hstack(margin, Matrix(x), margin)
    y = banded_matrix(kernel, padded.cols) * ImmutableMatrix(list(padded))
    y = ImmutableMatrix(y + b_f * Matrix.ones(y.rows, 1))
    return Model(
        f"C = {channels}, H = {length}, H' = {width}",
        {
            C: S(channels),
            H: S(length),
            KERNEL: S(width),
            Y_nf: y,
            Average: lambda vector: sum(vector) / vector.rows,
        },
    )


# Also a sentence shorter than the kernel.
MODELS = tuple(_wide_model(*size) for size in (*SIZES, (2, 2, 4)))

_left, _missing = (Symbol(name, integer=True, nonnegative=True) for name in ("p", "q"))
WITHIN = Model(
    "offsets within the kernel, words within the sentence",
    values=(
        Values(H, h + _left, _left, add(H, -h)),
        Values(KERNEL, i + _missing, _missing, add(KERNEL, -i)),
    ),
)
SUMS = Model("any sizes", linear=Linear(), instances=MODELS)
_window = add(h, -i, KERNEL)

average_pooling = Derivation(
    "average_pooling",
    "Average pooling of a wide convolution",
    assumptions=(
        r"$Y_{n,f}$ is the convolution of $X_n$ with $H' - 1$ zeros at both ends, "
        r"so that it has $H + H' - 1$ elements",
    ),
    models=MODELS,
    steps=(
        Step(
            "not before the first window",
            lhs=_window,
            relation=">=",
            rhs=S.One,
            gap=add(add(h, -1), add(KERNEL, -i)),
            rule="first word, last offset",
            text="Word $h$ meets offset $i$ in window $h - i + H'$, and there is such a window:",
            models=(WITHIN,),
        ),
        Step(
            "not after the last",
            lhs=add(H, KERNEL, -1),
            relation=">=",
            rhs=_window,
            gap=add(add(H, minus(h)), add(i, -1)),
            rule="last word, first offset",
            models=(WITHIN,),
        ),
        Step(
            "every word meets every offset",
            text="so that",
            lhs=Average(Y_nf),
            rhs=add(
                mul(WINDOWS, Sum(mul(W[f, c, i], X[n, c, h]), (c, 1, C), (i, 1, KERNEL), (h, 1, H))),
                b_f,
            ),
            rule="each pair of word and offset lies in one window",
        ),
        Step(
            "the sums part",
            rhs=add(
                mul(
                    WINDOWS,
                    Sum(mul(Sum(W[f, c, i], (i, 1, KERNEL)), Sum(X[n, c, h], (h, 1, H))), (c, 1, C)),
                ),
                b_f,
            ),
            rule="distributive law",
            label="eq:average-pooling",
            models=(SUMS,),
        ),
    ),
)
