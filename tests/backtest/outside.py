"""A check from outside: national series of another publisher, none of which any choice was made on.

UNESCO's Institute for Statistics, Viet Nam (data/raw/uis): rates by census, survey and register, many with years
between two values. Each value from 2004 to 2019 that has two before it is an origin, up to six years ahead.
"""

from __future__ import annotations

import polars as pl

from hpedu.outlook import project
from tests.backtest.questions import KEY
from tests.conftest import ROOT

FILE = "data/raw/uis/sdg_2024-09_viet_nam.csv"
ORIGINS = range(2004, 2020)
HORIZONS = 6
GROSS = ("air_1_glast", "air_2_gpv_glast", "ger_5t8")  # children of any age over those of one: may pass 100%
SETTINGS = {"together": "all in one frame", "alone": "every series in a frame of its own"}


def load_outside() -> pl.DataFrame:
    """Columns `place`, `indicator`, `year`, `value`, `lower`, `upper`; all in per cent."""
    return pl.read_csv(ROOT / FILE).select(
        place="COUNTRY_ID",
        indicator="INDICATOR_ID",
        year="YEAR",
        value="VALUE",
        lower=pl.lit(0.0),
        upper=pl.when(~pl.col("INDICATOR_ID").is_in(GROSS)).then(100.0),
    )


def answer_outside(panel: pl.DataFrame, setting: str) -> pl.DataFrame:
    """One row a value that came later: `last`, `actual`, `ahead`, `usual` and the columns of `project`."""
    if setting == "alone":
        panel = panel.with_columns(place="indicator")
    frames = []
    for origin in ORIGINS:
        known = panel.filter(pl.col("year") <= origin).sort(*KEY, "year")
        newest = pl.col("year").max().over(KEY)
        last = known.filter(newest == origin).group_by(KEY).agg(last=pl.col("value").last())
        came = panel.filter(pl.col("year").is_between(origin + 1, origin + HORIZONS))
        said = project(known, until=origin + HORIZONS).filter(status="projected")
        asked = came.select(*KEY, "year", actual="value").join(last, on=KEY).join(said, on=[*KEY, "year"])
        frames.append(asked.with_columns(ahead=pl.col("year") - origin))
    usual = (pl.col("actual") - pl.col("last")).abs().mean().over("indicator")
    return pl.concat(frames).with_columns(usual=usual).filter(pl.col("usual") > 0).sort(*KEY, "year", "ahead")
