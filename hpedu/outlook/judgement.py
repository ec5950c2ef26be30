"""Judge targets: the state first, then a probability, and only then a word.

A word is a code (`met`, `missed`, `likely`, `leaning`, `uncertain`, `unlikely`); the caller says it in a sentence.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from hpedu.outlook.fit import Fits, Floats, fit
from hpedu.outlook.intake import KEY, Intake, take_with_background
from hpedu.outlook.method import METHOD, Method
from hpedu.outlook.student import t_cdf
from hpedu.sums import read_columns

LIKELY, UNLIKELY = 0.60, 0.10
"""Cuts of the probability; how often each word came true: docs/track_record.md."""
STALE_YEARS = 3
"""A last value older than this is used with a caution."""
TOLERANCE = 1e-9
"""Relative to the target: 48.05 computed from counts is 48.05."""
JUDGEMENT = read_columns("judgement")


def judge(
    series: object,
    targets: object,
    *,
    as_of: int | None = None,
    background: object = None,
    origin: int | None = None,
    method: Method = METHOD,
) -> pl.DataFrame:
    """Say of every target in which state it is and how probable it is to be met in its year.

    Parameters
    ----------
    series
        As for `hpedu.outlook.project`. All of it helps to know how far a series can move in a year.
    targets
        `indicator`, `comparison` (`>=`, `>`, `<=`, `<`), `target` (number) and perhaps `target_year` (a year;
        null where the plan names none) and `place`; without it a target holds for every place of the series.
    as_of
        The year it is now, for `stale`; the newest year of the series if not given.
    background
        The same indicators of other places (see `hpedu.outlook.project`); they are not judged.
    origin
        Pretend it is this year: later values are not looked at.

    Returns
    -------
    polars.DataFrame
        One row a place and target, in order of the targets, then of the places; columns `place`, `indicator` and
        `JUDGEMENT`:

        - `state`: `no_data`, `one_point`, `short` (fewer than three comparable values), `broken` (fewer than three
          since the break): none of these has a probability. Else `due` (there is a value of the target year or a
          later one), `met` (the last value meets it), `lost` (an earlier one did), `undated` (no year to judge
          for), or `projected`.
        - `reason`: what else limits the verdict: `after_break`, `no_value_for_target_year` (that year is past and
          its value is not published), `jump` (the last step is far beyond the usual ones, or what lies before such
          a step was left out), or null.
        - `stale`: the last value is over three years older than `as_of`.
        - `met_since`, `lost_since`: first year of the present run of values that meet, or no longer meet, it.
        - `probability`: that the figure published for the target year meets the target.
        - `company`: how many other places show the indicator, in years not much older.
        - `verdict`: `met`, `missed` (facts: they need no trend), `likely`, `leaning`, `uncertain`, `unlikely`, or
          null. With fewer than ten other places for company `leaning` is said for `likely`; after a break neither.
    """
    intake = Intake()
    goals = intake.take_targets(targets, "judged")
    frame, asked = take_with_background(series, background, origin, intake)
    own = frame.join(asked.select("place").unique(), on="place", how="semi")
    wanted = _spread_targets(goals, own)
    now = pl.lit(own["year"].max() if as_of is None else as_of, dtype=pl.Int64)
    fits = fit(frame, method)
    fitted = fits.keys.with_row_index("row").with_columns(
        company=pl.Series(fits.company), jumped=pl.Series(fits.jumped)
    )
    seen = _look_back(wanted, own).join(fitted, on=KEY, how="left", maintain_order="left")
    ahead = pl.col("target_year") - pl.col("last_year")
    least = method.least_points
    seen = seen.with_columns(
        state=pl.when(pl.col("last_year").is_null()).then(pl.lit("no_data"))
        .when((pl.col("points") < least) & pl.col("after_break")).then(pl.lit("broken"))
        .when(pl.col("points") == 1).then(pl.lit("one_point"))
        .when(pl.col("points") < least).then(pl.lit("short"))
        .when(ahead <= 0).then(pl.lit("due"))
        .when(pl.col("meets")).then(pl.lit("met"))
        .when(pl.col("lost_since").is_not_null()).then(pl.lit("lost"))
        .when(pl.col("target_year").is_null()).then(pl.lit("undated"))
        .otherwise(pl.lit("projected")),
        reason=pl.when(pl.col("after_break")).then(pl.lit("after_break"))
        .when((ahead > 0) & (pl.col("target_year") < now)).then(pl.lit("no_value_for_target_year"))
        .when(pl.col("jumped")).then(pl.lit("jump")),
        stale=now - pl.col("last_year") > STALE_YEARS,
    )  # fmt: skip
    seen = seen.with_columns(probability=_probabilities(seen, fits))
    return (
        seen.with_columns(verdict=_choose_word(method.least_company))
        .sort("position", "place")
        .select(*KEY, *JUDGEMENT)
    )


def _spread_targets(targets: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row a place and target, `position` being that of the target; one without a place is of all."""
    goals = targets.with_row_index("position")
    places = frame.select(pl.col("place").unique())
    own, common = goals.drop_nulls("place"), goals.filter(pl.col("place").is_null()).drop("place")
    everywhere = common.join(places if len(places) else pl.DataFrame({"place": [""]}), how="cross")
    return pl.concat([own, everywhere.select(own.columns)])


def _look_back(wanted: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Say what the past shows of each target; only values that are comparable with the last one count."""
    since = pl.col("break_year").max().over(KEY).fill_null(pl.col("year").min().over(KEY))
    past = frame.with_columns(comparable=pl.col("year") >= since, cut=pl.col("year").min().over(KEY) < since)
    gap = pl.when(pl.col("comparison").is_in([">=", ">"])).then(1).otherwise(-1) * (
        pl.col("value") - pl.col("target")
    )
    slack = TOLERANCE * pl.max_horizontal(1.0, pl.col("target").abs())
    strict = pl.col("comparison").is_in([">", "<"])
    rows = wanted.join(past, on=KEY, how="left", maintain_order="left_right").with_columns(
        good=pl.when(strict).then(gap > slack).otherwise(gap >= -slack)
    )
    counted = pl.col("comparable")
    year, good = pl.col("year").filter(counted), pl.col("good").filter(counted)
    last_bad, last_good = year.filter(~good).max(), year.filter(good).max()
    decides = (year <= pl.col("target_year").first()).arg_true().last().fill_null(0)
    return rows.group_by("position", *KEY, "comparison", "target", "target_year", maintain_order=True).agg(
        points=counted.sum().cast(pl.Int64),
        after_break=pl.col("cut").first().fill_null(False),
        last_year=pl.col("year").last(),
        last_value=pl.col("value").last(),
        meets=good.last(),
        met_in_time=good.get(decides, null_on_oob=True),
        met_since=pl.when(good.last()).then(year.filter(year > last_bad.fill_null(-9999)).min()),
        lost_since=pl.when(~good.last() & good.any()).then(year.filter(year > last_good).min()),
    )


def _probabilities(seen: pl.DataFrame, fits: Fits) -> pl.Series:
    """Return how probably the figure published for the target year meets the target, where there is a trend.

    A figure is published in steps (`Fits.grid`), and what would lie beyond a bound is published at the bound. So
    `>= 100` of a rate is met by all that rounds to 100 or would lie above; `> 100` is never met.
    """
    judged = seen.select(
        ok=pl.col("state").is_in(["met", "lost", "projected"])
        & (pl.col("target_year") > pl.col("last_year")).fill_null(False)
    )["ok"]
    some = seen.filter(judged)
    rows = some["row"].cast(pl.Int64).to_numpy()
    ahead = (some["target_year"] - some["last_year"]).cast(pl.Float64).to_numpy()
    threshold = _reach(some, fits.grid[rows])
    upward = some["comparison"].is_in([">=", ">"]).to_numpy()
    distance = fits.measure_distance(rows, fits.centre(rows, ahead), threshold)
    below = t_cdf(distance / np.maximum(fits.spread(rows, ahead), 1e-12), fits.df[rows])
    chance = np.where(upward, 1 - below, below)
    lower, upper = fits.lower[rows], fits.upper[rows]
    chance = np.where(np.where(upward, threshold <= lower, threshold >= upper), 1.0, chance)
    chance = np.where(np.where(upward, threshold > upper, threshold < lower), 0.0, chance)
    out = np.full(len(seen), np.nan)
    out[judged.to_numpy()] = chance
    return pl.Series("probability", out).fill_nan(None)


def _reach(some: pl.DataFrame, grid: Floats) -> Floats:
    """Return where the last published figure that misses ends and the first that meets begins."""
    target = some["target"].to_numpy() / grid
    comparison = some["comparison"].to_numpy()
    up, down = np.ceil(target - 1e-6), np.floor(target + 1e-6)
    return grid * np.select(
        [comparison == ">=", comparison == ">", comparison == "<="], [up - 0.5, down + 0.5, down + 0.5], up - 0.5
    )


def _choose_word(least_company: int) -> pl.Expr:
    fact = pl.when(pl.col("target_year") <= pl.col("last_year")).then("met_in_time").otherwise("meets")
    chance = pl.col("probability")
    broken = pl.col("points") == 0
    return (
        pl.when(~broken & fact).then(pl.lit("met"))
        .when(~broken & (pl.col("target_year") <= pl.col("last_year"))).then(pl.lit("missed"))
        .when((chance >= LIKELY) & ~pl.col("after_break") & (pl.col("company") >= least_company))
        .then(pl.lit("likely"))
        .when((chance >= LIKELY) & ~pl.col("after_break")).then(pl.lit("leaning"))
        .when(chance >= UNLIKELY).then(pl.lit("uncertain"))
        .when(chance < UNLIKELY).then(pl.lit("unlikely"))
    )  # fmt: skip
