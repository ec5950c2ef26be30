"""How far a series moves in a year, and how much of that stays: its own steps, helped by those of other series.

Three to fifteen values say little about a variance; the steps of the unit's other indicators, and of other units'
same indicator, mend most of that. A series is compared with others in its own measure: a bounded rate in units of
p(1-p) (a rate near 99% cannot move like one near 50%), all others in units of their level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpedu.outlook.method import Method

Floats = NDArray[np.float64]
Groups = NDArray[np.int64]

_TINY = 1e-300


def measure_scale(level: Floats, size: Floats, lower: Floats, upper: Floats, edge: float) -> Floats:
    """The unit in which a series' variance is compared with others'.

    span^2 * p(1-p) between two bounds; else the squared distance from the one bound, or from zero. `size` is the
    largest such distance in the series: a count that happens to stand near zero has not stopped moving.
    """
    span = upper - lower
    with np.errstate(invalid="ignore"):
        p = np.clip((level - lower) / span, edge, 1 - edge)
        bounded = span**2 * p * (1 - p)
    foot = np.where(np.isfinite(lower), lower, np.where(np.isfinite(upper), upper, 0.0))
    distance = np.maximum(np.abs(level - foot), 0.2 * size)
    return np.where(np.isfinite(span), bounded, np.maximum(distance, 1e-9) ** 2)


def least_step(size: Floats, bounded: NDArray[np.bool_], group: Groups) -> Floats:
    """Variance below which a step is not believed of a series that was zero throughout; 0 for all others.

    Such a series has no level to measure it by, and ten zeros do not prove an eleventh: the variance of the
    difference of two figures rounded to whole units, or to the size of the others in its `group` if that is less.
    """
    usual, count = median_of_others(size, size > 0, group)
    unit = np.where(count > 0, np.minimum(usual, 1.0), 1.0)
    return np.where((size > 0) | bounded, 0.0, unit**2 / 6)


def pool_variance(
    relative: Floats,
    known: NDArray[np.bool_],
    bounded: NDArray[np.bool_],
    unit: Groups,
    indicator: Groups,
    method: Method,
) -> tuple[Floats, Floats]:
    """Prior relative variance of each series, and how many steps of its own it is worth.

    generic * what is usual for the indicator (median over other units) * what is usual for the unit (median over
    its other indicators, each against what is usual for it), the factors drawn to 1 when few series stand behind
    them. Medians, so that one broken series does not widen the ranges of all the rest; without the series itself.
    """
    generic = np.log(np.where(bounded, method.rate_step, method.level_step))
    floor = generic + np.log(method.steadiest)
    own = np.maximum(np.log(np.where(known & (relative > 0), relative, _TINY)), floor) - generic
    usual, count = median_of_others(own, known, indicator * 2 + bounded)
    weight = count / (count + method.indicator_prior)
    for_indicator = weight * usual
    rest, members = median_of_others(own - for_indicator, known, unit)
    for_unit = members / (members + method.unit_prior) * rest
    prior: Floats = np.exp(generic + for_indicator + for_unit)
    return prior, method.prior_df + weight * (method.pooled_df - method.prior_df)


def pool_slope(
    own: Floats, scale: Floats, steps: Floats, known: NDArray[np.bool_], indicator: Groups, method: Method
) -> tuple[Floats, Floats]:
    """The trend that is believed, a year, and the share of it that is the series' own.

    A series' own median change is drawn to what is usual for the indicator (median over at least three other
    units, in units of `scale`), or to no change where nobody else shows the indicator.
    """
    usual, count = median_of_others(own / scale, known, indicator)
    weight = np.where(count >= method.least_pool, count / (count + method.trend_pool), 0.0)
    prior = method.trend_prior + weight * (method.pooled_trend_prior - method.trend_prior)
    belief = steps / (steps + prior)
    return belief * own + (1 - belief) * weight * usual * scale, belief


def pool_persistence(moves: Floats, known: NDArray[np.bool_], group: Groups, method: Method) -> Floats:
    """Share of a yearly move's variance that stays in the series, what does not being noise around its level.

    1 + 2r, r the correlation of neighbouring moves: the variance of a change over many years against that of as
    many single years (Cochrane 1988: How big is the random walk in GNP?). -0.5 is noise around a level, 0 a random
    walk; moves that go on in one direction, a drift included, make it more. A few pairs say little: it is drawn to
    the median over at least three other units with the indicator, and that to `method.stays`.
    """
    pairs = np.maximum(np.sum(~np.isnan(moves), axis=1) - 1.0, 0.0)
    together, alone = np.nansum(moves[:, 1:] * moves[:, :-1], axis=1), np.nansum(moves**2, axis=1)
    alike = together / np.maximum(alone, _TINY) * (pairs + 1) / np.maximum(pairs, 1)
    own = np.clip(1 + 2 * alike, 0, 2)
    usual, count = median_of_others(own, known & (pairs > 1), group)
    weight = np.where(count >= method.least_pool, count / (count + method.stays_pool), 0.0)
    base = method.stays + weight * (usual - method.stays)
    share: Floats = (pairs * own + method.stays_prior * base) / (pairs + method.stays_prior)
    return np.clip(share, *method.stays_range)


def median_of_others(values: Floats, known: NDArray[np.bool_], group: Groups) -> tuple[Floats, Floats]:
    """For each member of a group: the median of its other known members, and how many they are (0 of 0)."""
    order = np.lexsort((values, ~known, group))
    ranked = values[order]
    _, start, size = np.unique(group[order], return_index=True, return_counts=True)
    first = np.repeat(start, size)
    usable = np.repeat(np.add.reduceat(known[order].astype(np.int64), start), size) if len(start) else first
    place = np.arange(len(order)) - first
    inside = place < usable  # a member that is no part of the pool leaves nothing out
    others = np.where(inside, usable - 1, usable)
    low, high = (others - 1) // 2, others // 2
    low = first + np.maximum(low + (inside & (low >= place)), 0)
    high = first + np.minimum(high + (inside & (high >= place)), np.repeat(size, size) - 1)
    median, count = np.zeros(len(values)), np.zeros(len(values))
    median[order] = np.where(others > 0, (ranked[low] + ranked[high]) / 2, 0.0)
    count[order] = others
    return median, count
