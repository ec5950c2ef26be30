"""Compute Student's t in numpy, as far as it is needed, so that no heavy library is loaded at run time.

Checked against scipy in tests. The distribution function is the regularised incomplete beta function by its
continued fraction (Abramowitz & Stegun 26.5.8, 26.7.1), the quantile its inverse by Newton's method.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, pi, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_TINY = 1e-300
_STEPS = 200


def t_cdf(x: ArrayLike, df: ArrayLike) -> Floats:
    """Return P(T <= x) for Student's t with `df` degrees of freedom (> 0); infinite x allowed."""
    x, df = np.broadcast_arrays(np.asarray(x, float), np.asarray(df, float))
    with np.errstate(over="ignore", invalid="ignore"):
        rest = np.where(np.isinf(x), 0.0, df / (df + x * x))
    tail = 0.5 * _incomplete_beta(df / 2, 0.5, rest)
    return np.where(x > 0, 1 - tail, tail)


def t_quantile(p: float, df: ArrayLike) -> Floats:
    """Return the x with P(T <= x) = p, 0 < p < 1, for each of `df`."""
    df = np.asarray(df, float)
    unique, index = np.unique(df, return_inverse=True)
    return np.array([_quantile(p, float(each)) for each in unique])[index].reshape(df.shape)


@lru_cache(maxsize=4096)
def _quantile(p: float, df: float) -> float:
    """Use Newton's method between brackets: a step that leaves them is replaced by half of their distance."""
    if p < 0.5:
        return -_quantile(1 - p, df)
    low, high = 0.0, 2.0
    while t_cdf(high, df) < p:
        high *= 2
    x = (low + high) / 2
    for _ in range(80):
        error = float(t_cdf(x, df)) - p
        low, high = (x, high) if error < 0 else (low, x)
        following = x - error / _density(x, df)
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - x) <= 1e-12 * max(1.0, x):
            break
        x = following
    return following


def _density(x: float, df: float) -> float:
    top = exp(lgamma((df + 1) / 2) - lgamma(df / 2)) / sqrt(df * pi)
    return top * float((1 + x * x / df) ** (-(df + 1) / 2))


def _incomplete_beta(a: Floats, b: float, x: Floats) -> Floats:
    """Return the regularised I_x(a, b); the continued fraction is used on the side where it converges fast."""
    x = np.asarray(x, float)
    swap = x > (a + 1) / (a + b + 2)
    first, second = np.where(swap, b, a), np.where(swap, a, b)
    z = np.where(swap, 1 - x, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        front = np.exp(first * np.log(z) + second * np.log1p(-z) - _log_beta(a, b)) / first
    value = np.where(z <= 0, 0.0, np.nan_to_num(front) * _fraction(first, second, z))
    return np.where(swap, 1 - value, value)


def _log_beta(a: Floats, b: float) -> Floats:
    unique, index = np.unique(a, return_inverse=True)
    return np.array([lgamma(v) + lgamma(b) - lgamma(v + b) for v in unique])[index].reshape(a.shape)


def _fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    """Return the continued fraction by Lentz's method."""
    c = np.ones_like(x)
    d = 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    h = d.copy()
    for m in range(1, _STEPS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away_from_zero(1 + step * d)
            c = _away_from_zero(1 + step / c)
            h *= c * d
        if np.all(np.abs(c * d - 1) < 1e-14):
            break
    return h


def _away_from_zero(values: Floats) -> Floats:
    return np.where(np.abs(values) < _TINY, _TINY, values)
