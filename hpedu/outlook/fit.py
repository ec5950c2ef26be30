"""Fit every series of a frame at once: its level, its trend, and how far it moves in a year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hpedu.outlook.intake import KEY
from hpedu.outlook.method import METHOD, Method

Floats = NDArray[np.float64]
Groups = NDArray[np.int64]

_TINY = 1e-300
_MOST_GROWTH = 20.0


def measure_scale(level: Floats, size: Floats, lower: Floats, upper: Floats, edge: float) -> Floats:
    """Return the unit in which the variance of a series is compared with that of others.

    span^2 * p(1-p) between two bounds; else the squared distance from the one bound, or from zero. `size` is the
    largest such distance in the series: a count that happens to be near zero has not stopped moving.
    """
    span = upper - lower
    with np.errstate(invalid="ignore"):
        p = np.clip((level - lower) / span, edge, 1 - edge)
        bounded = span**2 * p * (1 - p)
    foot = np.where(np.isfinite(lower), lower, np.where(np.isfinite(upper), upper, 0.0))
    distance = np.maximum(np.abs(level - foot), 0.2 * size)
    return np.where(np.isfinite(span), bounded, np.maximum(distance, 1e-9) ** 2)


def least_step(size: Floats, bounded: NDArray[np.bool_], group: Groups) -> Floats:
    """Return the variance below which a step is not believed of a series of zeros; 0 for all other series.

    Such a series has no level to measure it by, and ten zeros do not prove an eleventh: the variance of the
    difference of two figures rounded to whole units, or to the size of the others in its `group` if that is less.
    """
    usual, count = median_of_others(size, size > 0, group)
    unit = np.where(count > 0, np.minimum(usual, 1.0), 1.0)
    return np.where((size > 0) | bounded, 0.0, unit**2 / 6)


def pool_variance(
    relative: Floats,
    known: NDArray[np.bool_],
    generic: Floats,
    alike: Groups,
    place: Groups,
    method: Method,
) -> tuple[Floats, Floats]:
    """Return the prior relative variance of each series, and how many steps of its own it is worth.

    generic * what is usual for the indicator (median over other places) * what is usual for the place (median over
    its other indicators, each against what is usual for it), the factors drawn to 1 when few series are behind
    them. Medians, so that one broken series does not widen the ranges of all the rest; without the series itself.
    """
    base = np.log(generic)
    floor = base + np.log(method.steadiest)
    own = np.maximum(np.log(np.where(known & (relative > 0), relative, _TINY)), floor) - base
    usual, count = median_of_others(own, known, alike)
    weight = count / (count + method.indicator_prior)
    for_indicator = weight * usual
    rest, members = median_of_others(own - for_indicator, known, place)
    for_place = members / (members + method.place_prior) * rest
    prior: Floats = np.exp(base + for_indicator + for_place)
    return prior, method.prior_df + weight * (method.pooled_df - method.prior_df)


def pool_slope(
    own: Floats,
    scale: Floats,
    steps: Floats,
    fresh: Floats,
    known: NDArray[np.bool_],
    indicator: Groups,
    count: NDArray[np.bool_],
    method: Method,
) -> tuple[Floats, Floats]:
    """Return the trend that is believed, a year, and the share of it that is the series' own.

    A series' own median change is drawn to what is usual for the indicator (median over at least three other
    places, in units of `scale`, as far as their figures are `fresh`), or to no change where no other place shows
    the indicator. One that the others do not confirm counts half.
    """
    usual, others = median_of_others(own / scale, known, indicator)
    weight = np.where(others >= method.least_pool, fresh * others / (others + method.trend_pool), 0.0)
    pooled_prior = np.where(count, method.trend_prior, method.pooled_trend_prior)
    prior = method.trend_prior + weight * (pooled_prior - method.trend_prior)
    belief = steps / (steps + prior)
    doubted = (weight > 0) & (own * usual <= 0)
    own = np.where(doubted, method.unconfirmed * own, own)
    return belief * own + (1 - belief) * weight * usual * scale, belief


def pool_persistence(moves: Floats, known: NDArray[np.bool_], group: Groups, method: Method) -> Floats:
    """Return the share of a yearly move's variance that stays in the series; the rest is noise around its level.

    1 + 2r, r the correlation of neighbouring moves: the variance of a change over many years against that of as
    many single years (Cochrane 1988: How big is the random walk in GNP?). -0.5 is noise around a level, 0 a random
    walk; moves that go on in one direction, a drift included, make it more. A few pairs say little: it is drawn to
    the median over at least three other places with the indicator, and that to `method.stays`.
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
    """Return the median of the other known members of each one's group, and how many they are (0 of 0)."""
    order = np.lexsort((values, ~known, group))
    ranked = values[order]
    _, start, size = np.unique(group[order], return_index=True, return_counts=True)
    first = np.repeat(start, size)
    usable = np.repeat(np.add.reduceat(known[order].astype(np.int64), start), size) if len(start) else first
    index = np.arange(len(order)) - first
    # A member that is no part of the pool leaves nothing out.
    inside = index < usable
    others = np.where(inside, usable - 1, usable)
    low, high = (others - 1) // 2, others // 2
    low = first + np.maximum(low + (inside & (low >= index)), 0)
    high = first + np.minimum(high + (inside & (high >= index)), np.repeat(size, size) - 1)
    median, count = np.zeros(len(values)), np.zeros(len(values))
    median[order] = np.where(others > 0, (ranked[low] + ranked[high]) / 2, 0.0)
    count[order] = others
    return median, count


@dataclass(frozen=True)
class Fits:
    """Every series of a frame, fitted at once. Arrays have one entry a series, by place and indicator."""

    keys: pl.DataFrame
    status: list[str]
    """`projected`, `one_point`, `short` or `broken`."""
    last_year: NDArray[np.int64]
    last: Floats
    level: Floats
    """Weighted mean of last value, smoothed value and median of the last ones."""
    slope: Floats
    """Yearly change that is believed."""
    doubt: Floats
    """Share of it by which the range widens."""
    gap: Floats
    """Distance from the level to where other places would draw it; 0 without company."""
    closing: Floats
    """Share of that distance which is closed each year."""
    jumped: NDArray[np.bool_]
    """The last step is a jump, or the level counts only from one on."""
    company: NDArray[np.int64]
    """How many other places show the indicator in years not much older than the series."""
    step: Floats
    """Variance of a yearly step."""
    steps: Floats
    """Number of changes behind that variance."""
    stays: Floats
    """Share of it that lasts beyond the year."""
    df: Floats
    lower: Floats
    """-inf for none."""
    upper: Floats
    grid: Floats
    """Figures are published in steps of this size."""
    proportional: Floats
    """Ranges around a centre above this are symmetric in proportion, else in units; inf for all but counts."""
    method: Method

    def centre(self, rows: NDArray[np.int64], ahead: Floats) -> Floats:
        """Return the projected figure `ahead` years after the last value, unclipped."""
        damp = self.method.damping
        drift = self.slope[rows] * damp * (1 - damp**ahead) / (1 - damp)
        closed = self.gap[rows] * (1 - (1 - self.closing[rows]) ** ahead)
        return self.level[rows] + self.method.trend_weight * drift + closed

    def spread(self, rows: NDArray[np.int64], ahead: Floats) -> Floats:
        """Return the scale of Student's t around the centre."""
        stays, steps = self.stays[rows], np.maximum(self.steps[rows], 1)
        noise = (1 - stays) * np.where(stays < 1, self.method.noise, 1.0)
        growth = stays * (ahead + self.method.widening * ahead**2 / steps) + noise
        drift = self.doubt[rows] * self.slope[rows] * ahead
        return np.sqrt(self.method.scale * self.step[rows] * growth + drift**2)

    def reach(self, rows: NDArray[np.int64], centre: Floats, distance: Floats) -> Floats:
        """Return the figures at a distance from the centre, in units; of a count in proportion, clipped."""
        counts = centre > self.proportional[rows]
        base = np.where(counts, centre, 1.0)
        return self.clip(
            rows, np.where(counts, base * np.exp(np.minimum(distance / base, _MOST_GROWTH)), centre + distance)
        )

    def measure_distance(self, rows: NDArray[np.int64], centre: Floats, figures: Floats) -> Floats:
        """Return the distance at which `reach` gives these figures; -inf for none or less of a count."""
        counts = centre > self.proportional[rows]
        base = np.where(counts, centre, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.where(figures > 0, base * np.log(figures / base), -np.inf)
        return np.where(counts, relative, figures - centre)

    def clip(self, rows: NDArray[np.int64], values: Floats) -> Floats:
        return np.clip(values, self.lower[rows], self.upper[rows])


def fit(frame: pl.DataFrame, method: Method = METHOD) -> Fits:
    """Fit every series of a frame (see `hpedu.outlook.intake.take_with_background`)."""
    frame = frame.with_columns(since=pl.col("break_year").max().over(KEY))
    keys = frame.group_by(KEY, maintain_order=True).agg(
        broken=pl.col("since").first().is_not_null() & (pl.col("year").min() < pl.col("since").first()),
        lower=pl.col("lower").first().fill_null(-float("inf")),
        upper=pl.col("upper").first().fill_null(float("inf")),
        newest=pl.col("year").last(),
        kind=pl.col("kind").first().fill_null(""),
    )
    kept = frame.filter(pl.col("since").is_null() | (pl.col("year") >= pl.col("since")))
    counted = kept.group_by(KEY, maintain_order=True).agg(points=pl.len())
    keys = keys.join(counted, on=KEY, how="left", maintain_order="left").with_columns(
        pl.col("points").fill_null(0).cast(pl.Int64)
    )
    keys = keys.join(measure_closing(kept, method), on="indicator", how="left", maintain_order="left")
    points = keys["points"].to_numpy()
    values, years = _stack(kept, points)
    return _fit_arrays(keys, values, years, method)


def _stack(kept: pl.DataFrame, points: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return values and years, one row a series, the newest in the last column, nan before the first."""
    width = int(points.max(initial=1))
    row = np.repeat(np.arange(len(points)), points)
    column = (
        width - np.repeat(points, points) + np.arange(len(row)) - np.repeat(np.cumsum(points) - points, points)
    )
    values, years = np.full((len(points), width), np.nan), np.full((len(points), width), np.nan)
    values[row, column], years[row, column] = kept["value"].to_numpy(), kept["year"].to_numpy()
    return values, years


def _fit_arrays(keys: pl.DataFrame, values: Floats, years: Floats, method: Method) -> Fits:
    points = keys["points"].to_numpy()
    broken = keys["broken"].to_numpy()
    usable = points >= method.least_points
    lower, upper = keys["lower"].to_numpy(), keys["upper"].to_numpy()
    last = np.nan_to_num(values[:, -1])
    gaps = np.diff(years, axis=1)
    changes = np.diff(values, axis=1) / gaps
    steps = np.maximum(points - 1.0, 0.0)
    foot = np.where(np.isfinite(lower), lower, np.where(np.isfinite(upper), upper, 0.0))
    kind = keys["kind"].to_numpy()
    score, count = kind == "score", kind == "count"
    bounded = np.isfinite(lower) & np.isfinite(upper) & ~score
    place, indicator = (keys[name].rank("dense").to_numpy().astype(np.int64) for name in KEY)
    # A share, a count and a score of one name are three indicators.
    alike = indicator * 4 + bounded + 2 * score
    size = np.nan_to_num(np.nanmax(np.abs(values - foot[:, None]), axis=1, initial=0.0))
    scale = measure_scale(last, size, lower, upper, method.edge)
    scale = np.where(score, _measure_moves(changes, usable & score, alike, _grid(values)), scale)
    newest = keys["newest"].to_numpy()
    elsewhere, company = median_of_others(newest.astype(np.float64), usable, alike)
    fresh = np.clip(1 - (newest - elsewhere) / method.stale_company, 0.0, 1.0)
    slope, belief = pool_slope(
        _own_trend(changes, method), np.sqrt(scale), steps, fresh, usable, alike, count, method
    )
    own_df = steps - belief
    squares: Floats = np.nansum((changes - slope[:, None]) ** 2 * gaps, axis=1)
    own = squares / np.maximum(own_df, 1)
    generic = np.select([score, bounded], [1.0, method.rate_step], method.level_step)
    prior, worth = pool_variance(own / scale, usable, generic, alike, np.where(score, -1 - alike, place), method)
    kept, jumped = drop_before_jump(values, changes, np.sqrt(prior * scale), method)
    level = _locate(kept, gaps, method)
    pull = fresh * _measure_pull(level, lower, upper, usable, alike, method)
    least = np.where(score, 0.0, least_step(size, bounded, alike))
    # Deviations are averaged, not variances: one wild year should not rule all ranges.
    deviation = (worth * np.sqrt(prior * scale) + own_df * np.sqrt(own)) / (worth + own_df)
    return Fits(
        keys=keys.select(KEY),
        status=[_name_status(int(n), bool(b), method) for n, b in zip(points, broken, strict=True)],
        last_year=keys["newest"].to_numpy(),
        last=last,
        level=level,
        slope=slope,
        doubt=np.where(count, method.count_drift_doubt, method.drift_doubt),
        # Places differ in size: a count is not drawn to the counts of others.
        gap=np.where(count, 0.0, pull),
        closing=keys["closing"].to_numpy(),
        jumped=jumped,
        # Figures of long ago are no company for what is to come.
        company=np.where(fresh > 0, company, 0).astype(np.int64),
        step=np.maximum(deviation**2, least) * np.where(broken, method.break_factor, 1.0),
        steps=steps,
        stays=pool_persistence(changes * np.sqrt(gaps), usable, alike, method),
        df=np.minimum(worth + own_df, method.most_df),
        lower=lower,
        upper=upper,
        grid=_grid(values),
        # A count near zero has no proportion that could be told.
        proportional=np.where(count, 0.2 * size, np.inf),
        method=method,
    )


def _name_status(points: int, broken: bool, method: Method) -> str:
    if points >= method.least_points:
        return "projected"
    return "broken" if broken else "one_point" if points == 1 else "short"


def _own_trend(changes: Floats, method: Method) -> Floats:
    """Return the median yearly change or the last ones', whichever is smaller; 0 if they disagree."""
    whole, recent = _middle(changes), _middle(changes[:, -method.recent :])
    return np.where(whole * recent > 0, np.sign(whole) * np.minimum(np.abs(whole), np.abs(recent)), 0.0)


def _middle(rows: Floats) -> Floats:
    """Return the median of each row, nan left out; 0 for a row of nothing."""
    # Sorting puts nan last.
    ranked = np.sort(rows, axis=1)
    count = np.sum(~np.isnan(rows), axis=1)
    if not rows.size:
        return np.zeros(len(rows))
    index = np.arange(len(rows))
    low, high = (
        ranked[index, np.maximum(count - 1, 0) // 2],
        ranked[index, np.minimum(count // 2, rows.shape[1] - 1)],
    )
    return np.where(count > 0, (low + high) / 2, 0.0)


def measure_closing(frame: pl.DataFrame, method: Method) -> pl.DataFrame:
    """Return by indicator the share of its distance to the median of a year that a place closes in the next.

    Columns `indicator`, `closing`. Of distances in neighbouring years the part that is left is counted on the side
    where the place was in the year before both: of two years alone, the noise of the first would pass for a
    distance that is closed in the second.
    """
    year, same_year = pl.col("year"), ["indicator", "year"]
    away = frame.select(
        *KEY,
        "year",
        away=pl.col("value") - pl.col("value").median().over(same_year),
        places=pl.len().over(same_year),
    ).filter(pl.col("places") > method.least_company)
    pairs = away.with_columns(
        side=pl.col("away").shift(1).over(KEY).sign(),
        left=pl.col("away").shift(-1).over(KEY),
        near=(year.shift(1).over(KEY) == year - 1) & (year.shift(-1).over(KEY) == year + 1),
    ).filter("near")
    found = pairs.group_by("indicator").agg(
        share=1 - (pl.col("left") * pl.col("side")).sum() / (pl.col("away") * pl.col("side")).sum(),
        pairs=pl.len(),
    )
    # Where distances grow, or where every place has the same value, nothing is closed.
    share = pl.when(pl.col("share").is_finite()).then(pl.col("share").clip(0, method.most_closing)).otherwise(0.0)
    found = found.select("indicator", closing=share * pl.col("pairs") / (pl.col("pairs") + method.closing_prior))
    every = frame.select(pl.col("indicator").unique())
    return every.join(found, on="indicator", how="left").with_columns(pl.col("closing").fill_null(0.0))


def _measure_moves(changes: Floats, known: NDArray[np.bool_], group: Groups, grid: Floats) -> Floats:
    """Return the variance of a yearly move as the moves of the series and of its like show it, for scores."""
    own: Floats = np.nanmean(np.append(changes**2, np.full((len(changes), 1), 0.0), axis=1), axis=1)
    others, count = median_of_others(own, known, group)
    return np.maximum(np.where(count > 0, (own + others) / 2, own), grid**2 / 6)


def _measure_pull(
    level: Floats, lower: Floats, upper: Floats, known: NDArray[np.bool_], group: Groups, method: Method
) -> Floats:
    """Return how far other places would draw each level; 0 where they are too few.

    That is the distance to their median; less so for a share that is nearer to its bound than the median is, where
    a distance of a point means more: in proportion to p(1-p).
    """
    usual, count = median_of_others(level, known, group)
    span = upper - lower
    with np.errstate(invalid="ignore"):
        own, theirs = (np.clip((each - lower) / span, 0.005, 0.995) for each in (level, usual))
        nearer = np.minimum(1.0, own * (1 - own) / (theirs * (1 - theirs)))
    distance = (usual - level) * np.where(np.isfinite(span), nearer, 1.0)
    return np.where(count >= method.least_company, distance, 0.0)


def drop_before_jump(
    values: Floats, changes: Floats, usual: Floats, method: Method
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the values since the last jump that later values confirm, nan before; and where there is any jump.

    A jump is a step of `method.jump` times the median step of the series, or the `usual` one where that is more.
    It is confirmed where the last value lies on its new side, as it does after the way back from a slip; the last
    step itself cannot be.
    """
    steps = np.abs(changes)
    far = steps > method.jump * np.maximum(_middle(steps), usual)[:, None]
    old, new, last = values[:, :-1], values[:, 1:], values[:, -1:]
    confirmed = far & ((last - (old + new) / 2) * (new - old) > 0)
    confirmed[:, -1:] = False
    order = np.arange(1, far.shape[1] + 1)
    since = np.max(np.where(confirmed, order, 0), axis=1, initial=0)
    kept = np.where(np.arange(values.shape[1]) < since[:, None], np.nan, values)
    return kept, (since > 0) | np.any(far[:, -1:], axis=1)


def _locate(values: Floats, gaps: Floats, method: Method) -> Floats:
    """Return the level the projection starts from."""
    if not len(values):
        return np.zeros(0)
    rest = 1 - method.trend_weight - method.smooth_weight
    last, recent = np.nan_to_num(values[:, -1]), _middle(values[:, -method.recent :])
    return method.trend_weight * last + method.smooth_weight * _smooth(values, gaps, method) + rest * recent


def _smooth(values: Floats, gaps: Floats, method: Method) -> Floats:
    """Smooth exponentially, each series with the weight that served its own past best.

    After a gap of k years the older level keeps (1 - weight)^k.
    """
    alphas = np.array(method.alphas)[:, None]
    known, filled, gaps = ~np.isnan(values), np.nan_to_num(values), np.nan_to_num(gaps)
    level, loss = np.zeros((len(alphas), len(values))), np.zeros((len(alphas), len(values)))
    begun = np.zeros(len(values), bool)
    for column in range(values.shape[1]):
        now = known[:, column]
        error = np.where(begun & now, filled[:, column] - level, 0.0)
        loss += error**2
        keep = (1 - alphas) ** gaps[:, column - 1] if column else 0.0
        level = np.where(now, filled[:, column] - keep * error, level)
        begun |= now
    best: Floats = level[np.argmin(loss, axis=0), np.arange(len(values))]
    return best


def _grid(values: Floats) -> Floats:
    """Return the step of two decimals, as plans and yearbooks print; of four where a series itself has more."""
    fine = np.nansum(np.abs(values - np.round(values, 2)) > 1e-9, axis=1) > 0
    return np.where(fine, 1e-4, 1e-2)
