"""Proof by induction over the number of terms of sums and products.

That a sum over 1, ..., n + 1 is the sum over 1, ..., n and its last term is all that is used of it.
"""

from sympy import Add, Basic, Dummy, Expr, Product, Sum, Symbol, expand

from writeup.proofs.algebra import Method, Undecided, prove_equal, rational_in_logs

TRIED = 3  # values of n at which numbers come first


def prove(left: Expr, right: Expr, n: Symbol, base: Expr) -> Method:
    """left = right for every integer n >= base; Refuted at some n, or Undecided where the step fails."""
    for k in range(TRIED):
        prove_equal(_at(left, n, base + k), _at(right, n, base + k))
    gained = _step(left, n) - _step(right, n)
    if gained != 0 and rational_in_logs(expand(gained)) != 0:
        raise Undecided(f"the step from {n} to {n} + 1 leaves {gained}")
    return "symbolic"


def _at(expr: Expr, n: Symbol, value: Expr) -> Expr:
    return expr.subs(n, value).doit()


def _step(expr: Expr, n: Symbol) -> Expr:
    """What the expression gains from n to n + 1, sums and products up to n taken for unknowns."""
    after = expr.subs(n, n + 1).replace(lambda e: isinstance(e, Sum | Product), lambda e: _parted(e, n))
    unknown: dict[Basic, Dummy] = {
        atom: Dummy(positive=atom.function.is_positive or None, real=True)
        for atom in (after - expr).atoms(Sum, Product)
    }
    return (after - expr).xreplace(unknown)


def _parted(whole: Expr, n: Symbol) -> Expr:
    """A sum or product that ends at (something) + 1, as that to (something) and the last term."""
    (index, first, last), rest = whole.limits[0], whole.limits[1:]
    if rest or not last.has(n):
        return whole
    term = whole.function.subs(index, last)
    before = whole.func(whole.function, (index, first, last - 1))
    return Add(before, term) if isinstance(whole, Sum) else before * term
