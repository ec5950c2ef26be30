"""What the back-test asks: rolling origins, histories cut short, a mix of targets. Fixed before any tuning.

- Each origin of a window, up to seven years ahead; a history is cut to a length drawn from 3 to 15 values.
- One target a series, origin and horizon: 5, 10, 20, 35 or 50% of the gap between the last value and where there
  is to go (the bound for a completion or literacy rate, else the best tenth of provinces at the origin; 10% of the
  level for those already there). Four in five point the way the plans want, one in five the other way; a third of
  the comparisons are strict. Two decimals.
- Split by province and by year: choices were made on half of the provinces (`tune`) with outcomes to 2016
  (`CHOICE`); figures are reported on the other half (`held_out`) with outcomes of 2017 to 2021 (`TEST`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

SEED = 20261127
HORIZONS = 7
LENGTHS = (3, 15)
SHARES = (0.05, 0.10, 0.20, 0.35, 0.50)
TO_THE_BOUND = ("graduation_rate", "literacy_rate")
KEY = ["place", "indicator"]


@dataclass(frozen=True)
class Window:
    """Years from which is looked ahead, and the years whose figures are asked for."""

    origins: range
    outcomes: range


CHOICE = Window(range(2005, 2015), range(2006, 2017))
TEST = Window(range(2010, 2021), range(2017, 2022))


def choose_half(panel: pl.DataFrame, half: str) -> pl.DataFrame:
    """The panel of `tune` or of `held_out`."""
    places = np.array(panel["place"].unique().sort().to_list())
    np.random.default_rng(SEED).shuffle(places)
    tune = places[: len(places) // 2].tolist()
    return panel.filter(pl.col("place").is_in(tune) == (half == "tune"))


def ask(panel: pl.DataFrame, window: Window) -> Iterator[tuple[int, pl.DataFrame, pl.DataFrame]]:
    """For each origin: what was known (histories cut), and the questions with their outcome.

    Questions: `place`, `indicator`, `group`, `direction`, `year`, `ahead`, `length`, `last`, `actual`, `target`,
    `comparison`, `met`.
    """
    for origin in window.origins:
        random = np.random.default_rng([SEED, origin])
        known = panel.filter(pl.col("year") <= origin)
        each = known.group_by(KEY, maintain_order=True).agg(pl.len().alias("have"), newest=pl.col("year").max())
        cut = random.integers(LENGTHS[0], LENGTHS[1] + 1, len(each))
        each = each.with_columns(length=pl.min_horizontal("have", pl.Series(cut)))
        each = each.filter(pl.col("length") >= LENGTHS[0], pl.col("newest") == origin)
        known = known.join(each.select(*KEY, "length"), on=KEY).sort(*KEY, "year")
        known = known.filter(pl.col("year").rank("ordinal", descending=True).over(KEY) <= pl.col("length"))
        truth = panel.select(*KEY, "year", actual="value").filter(
            pl.col("year").is_between(origin + 1, origin + HORIZONS), pl.col("year").is_in(list(window.outcomes))
        )
        last = known.group_by(KEY, maintain_order=True).agg(
            pl.col("value").last().alias("last"), pl.col("length", "group", "direction", "upper").first()
        )
        questions = truth.join(last, on=KEY).sort(*KEY, "year")
        if len(questions):
            yield (
                origin,
                known.drop("length"),
                _set_targets(questions, random).with_columns(ahead=pl.col("year") - origin),
            )


def _set_targets(questions: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
    count = len(questions)
    drawn = questions.with_columns(
        share=pl.Series(random.choice(SHARES, count)),
        along=pl.Series(random.random(count) < 0.8),
        strict=pl.Series(random.random(count) < 1 / 3),
    )
    up = (pl.col("direction") == "up") == pl.col("along")
    best = pl.when(up).then(pl.col("last").quantile(0.9)).otherwise(pl.col("last").quantile(0.1)).over("indicator")
    room = pl.when(up).then(best - pl.col("last")).otherwise(pl.col("last") - best)
    room = (
        pl.when(pl.col("indicator").is_in(TO_THE_BOUND) & up)
        .then(pl.col("upper") - pl.col("last"))
        .otherwise(room)
    )
    room = pl.when(room > 0).then(room).otherwise(0.1 * pl.col("last"))
    sign = pl.when(up).then(1).otherwise(-1)
    comparison = pl.when(up).then(pl.lit(">=")).otherwise(pl.lit("<="))
    target = (pl.col("last") + sign * pl.col("share") * room).round(2)
    return drawn.with_columns(
        target=target,
        comparison=pl.when(pl.col("strict")).then(comparison.str.head(1)).otherwise(comparison),
        met=pl.when(up & pl.col("strict")).then(pl.col("actual") > target)
        .when(up).then(pl.col("actual") >= target)
        .when(pl.col("strict")).then(pl.col("actual") < target)
        .otherwise(pl.col("actual") <= target),
    ).drop("share", "along", "strict")  # fmt: skip
