"""What others would say: no change, linear drift, least squares, CAGR, and ETS as a library fits it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pandas
import polars as pl
from scipy import stats

from tests.backtest.questions import HORIZONS, KEY, SEED

SIMPLE = ("no_change", "linear_drift", "least_squares", "cagr")
ETS_SERIES = 25  # series an origin that ETS is fitted to: it takes a hundred times as long as all of ours
ETS_LEAST = 5  # values it needs


def forecast_simply(known: pl.DataFrame) -> pl.DataFrame:
    """`place`, `indicator`, `year` and one column a rival; for least squares its textbook 80% range as well."""
    return pl.DataFrame(list(_forecast_each(known)), orient="row", schema=SIMPLE_SCHEMA)


SIMPLE_SCHEMA = {
    "place": pl.String(),
    "indicator": pl.String(),
    "year": pl.Int64(),
    **dict.fromkeys(SIMPLE, pl.Float64()),
    "least_squares_lo80": pl.Float64(),
    "least_squares_hi80": pl.Float64(),
}


def _forecast_each(known: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    for (place, indicator), group in known.group_by(KEY, maintain_order=True):
        x, y = group["year"].to_numpy().astype(float), group["value"].to_numpy()
        span, mean = x[-1] - x[0], x.mean()
        spread = ((x - mean) ** 2).sum()
        slope = ((x - mean) * (y - y.mean())).sum() / spread
        error = y - y.mean() - slope * (x - mean)
        sigma = np.sqrt((error**2).sum() / (len(x) - 2))
        reach = stats.t.ppf(0.9, len(x) - 2) * sigma
        growth = (y[-1] / y[0]) ** (1 / span) if y[0] * y[-1] > 0 else 1.0
        for ahead in range(1, HORIZONS + 1):
            when = x[-1] + ahead
            line = y.mean() + slope * (when - mean)
            half = reach * np.sqrt(1 + 1 / len(x) + (when - mean) ** 2 / spread)
            drift = y[-1] + ahead * (y[-1] - y[0]) / span
            yield place, indicator, int(when), y[-1], drift, line, y[-1] * growth**ahead, line - half, line + half


def forecast_ets(known: pl.DataFrame, origin: int) -> pl.DataFrame:
    """statsmodels' ETS (additive error, damped additive trend) for a sample of series, with its own 80% range."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    long = known.filter(pl.len().over(KEY) >= ETS_LEAST)
    keys = long.select(KEY).unique().sort(KEY)
    sample = keys.sample(min(ETS_SERIES, len(keys)), seed=SEED + origin)
    rows = []
    for (place, indicator), group in long.join(sample, on=KEY).group_by(KEY, maintain_order=True):
        values = pandas.Series(group.sort("year")["value"].to_numpy())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # five values: it often says that it did not converge, and answers
            fitted = ETSModel(values, error="add", trend="add", damped_trend=True).fit(disp=False)
            told = fitted.get_prediction(start=len(values), end=len(values) + HORIZONS - 1).summary_frame(
                alpha=0.2
            )
        for ahead, (point, low, high) in enumerate(told[["mean", "pi_lower", "pi_upper"]].to_numpy(), start=1):
            rows.append((place, indicator, origin + ahead, point, low, high))
    names = [*KEY, "year", "ets", "ets_lo80", "ets_hi80"]
    return pl.DataFrame(rows, orient="row", schema=names).with_columns(pl.col("year").cast(pl.Int64))
