r"""The convolution of the text CNN: channel by channel, by element, its size, and the size after global
pooling (problems 1.1 to 1.3).

Homework 1 defines `*_filt` on one channel: a filter slides along a sequence and is not flipped. Of a matrix
it means the sum over the channels. The left sides mean what `nn.Conv1d` computes: a banded matrix that holds
the kernel, times the input. The tests read the same matrix off `nn.Conv1d` itself.
"""

from sympy import (
    Expr,
    ImmutableDenseNDimArray,
    ImmutableMatrix,
    IndexedBase,
    Matrix,
    Poly,
    S,
    Sum,
    Symbol,
    Tuple,
    expand,
    symbols,
)

from writeup.proofs.models import LITERAL, Model, Values
from writeup.proofs.notation import add, mul, notation
from writeup.proofs.steps import Derivation, Step

n, f, c, i, t, C, N, F, H, POOLED = symbols("n f c i t C N F H H''", integer=True, positive=True)
KERNEL = Symbol("H'", integer=True, positive=True)
X, W, Y = (
    IndexedBase("X", real=True),
    IndexedBase(r"W^{\mathrm{conv}}", real=True),
    IndexedBase("Y", real=True),
)
X_n, W_f, Y_nf = Symbol("X_n"), Symbol(r"W^{\mathrm{conv}}_f"), Symbol("Y_{n, f}")
b_f = Symbol("b_f", real=True)

Filt = notation("Filt", r"#1 \ast_{\mathrm{filt}} #2")
X_nc, W_fc = Symbol("X_{n, c}"), Symbol(r"W^{\mathrm{conv}}_{f, c}")  # channel c of each
OverChannels = notation("OverChannels", r"\sum_{c=1}^{C} #1")
P = Symbol("P")  # what global pooling leaves of Y
Shape = notation("Shape", r"\operatorname{shape} #1")
_earlier, _left = (Symbol(name, integer=True, nonnegative=True) for name in "kr")


def banded_matrix(kernel: Matrix, length: int) -> Matrix:
    """What `nn.Conv1d` applies to X (C, length), flattened row by row: the kernel (C, H'), moved one column
    per row.
    """
    channels, width = kernel.shape

    def entry(row: int, column: int) -> Expr:
        channel, h = divmod(column, length)
        return kernel[channel, h - row] if 0 <= h - row < width else S.Zero

    return ImmutableMatrix(length - width + 1, channels * length, entry)


def filt(x: Matrix, kernel: Matrix) -> Matrix:
    """Valid cross-correlation summed over channels: a window slides along x (C, H) and meets the kernel (C,
    H').
    """
    width = kernel.cols
    starts = range(x.cols - width + 1)
    return ImmutableMatrix([sum(x[:, s : s + width].multiply_elementwise(kernel)) for s in starts])


def filt_of_channel(x: Matrix, kernel: Matrix) -> Matrix:
    """Homework 1's, on one channel (1, H) and a filter (1, H'): the product of their polynomials, with the
    filter's coefficients reversed since it is not flipped, where the filter lies wholly on the sequence.
    """
    z = Symbol("z")
    signal = sum(value * z**k for k, value in enumerate(x))
    reverse = sum(value * z**k for k, value in enumerate(reversed(list(kernel))))
    product = Poly(expand(signal * reverse), z)
    return ImmutableMatrix([product.coeff_monomial(z**k) for k in range(kernel.cols - 1, x.cols)])


def each(x: Matrix | tuple[Matrix, ...], kernel: Matrix | tuple[Matrix, ...]) -> Matrix | tuple[Matrix, ...]:
    """Of matrices the sum over their channels; of channels, those of every c, one by one."""
    if isinstance(x, tuple):
        return tuple(map(filt_of_channel, x, kernel))
    return filt(x, kernel)


def over_channels(of_each: tuple[Matrix, ...]) -> Matrix:
    """The sum of what each channel gives."""
    return sum(of_each[1:], of_each[0])


def layer(channels: int, length: int, width: int) -> tuple[Matrix, Matrix, Matrix]:
    """Symbolic X_n (C, H), W_f (C, H') and the output Y_{n,f} (H - H' + 1) of the layer."""
    x = ImmutableMatrix(channels, length, lambda row, col: X[n, row + 1, col + 1])
    kernel = ImmutableMatrix(channels, width, lambda row, col: W[f, row + 1, col + 1])
    y = banded_matrix(kernel, length) * ImmutableMatrix(list(x)) + b_f * Matrix.ones(length - width + 1, 1)
    return x, kernel, ImmutableMatrix(y)


SIZES = ((1, 1, 1), (1, 4, 2), (2, 5, 3), (3, 4, 4), (2, 6, 5))  # C, H, H'


def _vector_model(channels: int, length: int, width: int) -> Model:
    x, kernel, y = layer(channels, length, width)
    name = f"C = {channels}, H = {length}, H' = {width}"
    meaning = {X_n: x, W_f: kernel, Y_nf: y, b_f: b_f * Matrix.ones(y.rows, 1), Filt: each}
    rows = {X_nc: x, W_fc: kernel}
    by_channel = {one: tuple(whole.row(k) for k in range(channels)) for one, whole in rows.items()}
    return Model(name, {**meaning, **by_channel, OverChannels: over_channels})


def _element_models(channels: int, length: int, width: int) -> list[Model]:
    y = layer(channels, length, width)[2]
    return [
        Model(
            f"C = {channels}, H = {length}, H' = {width}, t = {at + 1}",
            {C: S(channels), H: S(length), KERNEL: S(width), t: S(at + 1), Y[n, f, t]: y[at]},
        )
        for at in range(y.rows)
    ]


def _size_model(channels: int, length: int, width: int) -> Model:
    """H'' is the number of elements that the layer gives."""
    y = layer(channels, length, width)[2]
    return Model(f"H = {length}, H' = {width}", {H: S(length), KERNEL: S(width), POOLED: S(y.rows)})


def _pooling_model(sentences: int, filters: int, length: int) -> Model:
    """The mean over the whole length as the matrix that computes it, of every sentence and filter."""
    whole = banded_matrix(ImmutableMatrix.ones(1, length) / length, length)
    row = list(whole * ImmutableMatrix(length, 1, lambda at, _: Y[n, f, at + 1]))
    pooled = ImmutableDenseNDimArray([[row] * filters] * sentences)
    return Model(
        f"N = {sentences}, F = {filters}, H'' = {length}",
        {
            N: S(sentences),
            F: S(filters),
            POOLED: S(length),
            P: pooled,
            Shape: lambda array: Tuple(*array.shape),
        },
    )


PLACES = Model(
    "windows that start within the sequence",
    values=(Values(H, KERNEL + _earlier + _left, _left, add(H, -KERNEL, -_earlier), reads=_earlier),),
)
POSITIONS = Sum(S.One, (t, 1, add(H, -KERNEL, 1)))
VECTORS = tuple(_vector_model(*size) for size in SIZES)

channels = Derivation(
    "channels",
    "The convolution, channel by channel",
    assumptions=(
        r"$X_{n,c} \in \mathbb{R}^{H}$ and $W^{\mathrm{conv}}_{f,c} \in \mathbb{R}^{H'}$ are channel $c$ of "
        r"$X_n \in \mathbb{R}^{C \times H}$ and of $W^{\mathrm{conv}}_f \in \mathbb{R}^{C \times H'}$, "
        r"$b_f \in \mathbb{R}$",
        r"on one channel $\ast_{\mathrm{filt}}$ is that of homework 1: the filter slides along and is not "
        r"flipped",
    ),
    models=VECTORS,
    steps=(
        Step(
            "by channel",
            lhs=Y_nf,
            rhs=add(OverChannels(Filt(X_nc, W_fc)), b_f),
            rule=r"what the layer computes; $b_f$ is added to every element",
            label="eq:conv-channels",
            answers="convolution",
        ),
        Step(
            "in short",
            rhs=add(Filt(X_n, W_f), b_f),
            rule=r"$\ast_{\mathrm{filt}}$ of matrices is the sum over their channels",
            label="eq:conv",
            answers="convolution",
        ),
    ),
)

convolution = Derivation(
    "convolution",
    "The convolution and the size of its output",
    assumptions=(
        r"$X_n \in \mathbb{R}^{C \times H}$, $W^{\mathrm{conv}}_f \in \mathbb{R}^{C \times H'}$, "
        r"$b_f \in \mathbb{R}$, $1 \le H' \le H$",
        r"$\ast_{\mathrm{filt}}$ is the valid cross-correlation, summed over the $C$ channels",
    ),
    steps=(
        Step(
            "element",
            lhs=Y[n, f, t],
            rhs=add(Sum(mul(X[n, c, add(t, i, -1)], W[f, c, i]), (c, 1, C), (i, 1, KERNEL)), b_f),
            rule=r"definition of $\ast_{\mathrm{filt}}$",
            text="Element by element,",
            label="eq:conv-element",
            answers="convolution",
            models=tuple(model for size in SIZES for model in _element_models(*size)),
        ),
        Step(
            "last position",
            lhs=add(add(H, -KERNEL, 1), KERNEL, -1),
            rhs=H,
            rule="it ends on the last token",
            text="A window from $t$ on ends at $t + H' - 1$. The last that fits starts at $H - H' + 1$:",
        ),
        Step(
            "those before",
            lhs=H,
            relation=">=",
            rhs=add(add(H, -KERNEL, 1), -_earlier, KERNEL, -1),
            gap=_earlier,
            rule="it ends so many tokens earlier",
            text="One that starts $k$ places before it fits too,",
            models=(PLACES,),
        ),
        Step(
            "back to the first",
            lhs=add(add(H, -KERNEL, 1), -_earlier),
            relation=">=",
            rhs=S.One,
            gap=add(H, -KERNEL, -_earlier),
            rule="it starts at the first token or later",
            models=(PLACES,),
        ),
        Step(
            "one further",
            lhs=add(add(H, -KERNEL, 2), KERNEL, -1),
            relation=">",
            rhs=H,
            gap=S.One,
            rule="one token too far",
            text="and the next one does not:",
        ),
        Step(
            "size",
            lhs=POOLED,
            rhs=POSITIONS,
            rule="one output for each window that fits",
            text="So the size of $Y_{n,f}$ is",
            models=tuple(_size_model(*size) for size in SIZES),
        ),
        Step(
            "count",
            rhs=add(H, -KERNEL, 1),
            rule="a sum of ones",
            label="eq:conv-size",
            models=(LITERAL,),
            induction=(H, KERNEL),
            answers="size",
        ),
        Step(
            "pooled",
            lhs=Shape(P),
            rhs=Tuple(N, F, Sum(S.One, (t, 1, add(POOLED, -POOLED, 1)))),
            rule="one output for each window that fits",
            text="Global pooling is a window as long as its input, so that its output $P$ has",
            models=tuple(_pooling_model(*size) for size in ((1, 1, 1), (2, 3, 4), (3, 2, 5))),
        ),
        Step(
            "one window",
            rhs=Tuple(N, F, S.One),
            rule="the same count, with $H''$ twice",
            models=(LITERAL,),
            answers="pooling",
        ),
    ),
)
