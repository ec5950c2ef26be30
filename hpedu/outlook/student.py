"""Compute Student's t in numpy, so that no heavy library is loaded at run time. Checked against scipy in tests.

With the angle v = arctan(sqrt(df) / t), the density is in proportion to sin(v)^(df - 1): the part beyond t is the
area from 0 to that angle, over the area from 0 to pi (`_area`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_RIGHT = np.pi / 2
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
# From 0 to 1, and squared: so the integrand has no corner at 0, whatever its power.
_ROOTS = (_NODES + 1) / 2
_STEPS = 200
_TINY = 1e-300


def t_cdf(x: ArrayLike, df: ArrayLike) -> Floats:
    """Return P(T <= x) for Student's t with `df` degrees of freedom (1 or more); infinite x allowed."""
    x, df = np.broadcast_arrays(np.asarray(x, float), np.asarray(df, float))
    tail = _area(np.arctan2(np.sqrt(df), np.abs(x)), df) / (2 * _area(np.full(df.shape, _RIGHT), df))
    return np.where(x > 0, 1 - tail, tail)


def t_quantile(p: float, df: ArrayLike) -> Floats:
    """Return the x with P(T <= x) = p, 0 < p < 1, for each of `df`: its angle by Newton's method.

    Each is the same to the last bit whatever others are asked for with it: what is kept must be what is made anew.
    """
    given = np.asarray(df, float)
    each, place = np.unique(given, return_inverse=True)
    angle = np.full(each.shape, _RIGHT)
    wanted = 2 * min(p, 1 - p) * _area(angle, each)
    for _ in range(_STEPS):
        nearer = np.maximum(angle - (_area(angle, each) - wanted) / np.sin(angle) ** (each - 1), angle / 8)
        near = np.isclose(nearer, angle, rtol=1e-15, atol=0)
        if near.all():
            break
        angle = np.where(near, angle, nearer)
    found: Floats = np.sign(p - 0.5) * np.sqrt(each) / np.tan(angle)
    return found[place].reshape(given.shape)


def _area(angle: Floats, df: Floats) -> Floats:
    """Return the integral of sin(v)^(df - 1) from 0 to an angle, by Gauss and Legendre."""
    # Of an angle of 0 the power may be infinite.
    heights = np.sin(np.maximum(angle, _TINY)[..., None] * _ROOTS**2) ** (df[..., None] - 1)
    # A product of matrices would add up in another order for other sizes.
    area: Floats = (heights * (_WEIGHTS * _ROOTS)).sum(axis=-1) * angle
    return area
