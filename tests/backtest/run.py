"""Every question answered, in each setting: by hpedu's public functions and by the rivals."""

from __future__ import annotations

import polars as pl

from hpedu.outlook import judge, project
from tests.backtest.questions import HORIZONS, KEY, Window, ask, choose_half
from tests.backtest.rivals import forecast_ets, forecast_simply

SETTINGS = {
    "background": "one province, with all others for background: what a report does",
    "one_city": "one province at a time, with all its indicators and no background",
    "stale": "one province, with a background that ends five years before",
}
STALE_YEARS = 5


def answer(panel: pl.DataFrame, half: str, setting: str, window: Window, rivals: bool = False) -> pl.DataFrame:
    """One row a question: what was asked, what came, and what hpedu (and the rivals) had said."""
    frames = []
    for origin, known, questions in ask(choose_half(panel, half), window):
        seen = panel.filter(pl.col("year") <= origin - (STALE_YEARS if setting == "stale" else 0))
        rows = pl.concat(
            _answer_place(own, questions.filter(place=place), _surround(seen, setting), origin)
            for (place,), own in known.group_by("place", maintain_order=True)
        )
        if rivals:
            for other in (forecast_simply(known), forecast_ets(known, origin)):
                rows = rows.join(other, on=[*KEY, "year"], how="left")
        frames.append(rows)
    answers = pl.concat(frames).with_columns(
        history=pl.when(pl.col("length") <= 4).then(pl.lit("3-4"))
        .when(pl.col("length") <= 7).then(pl.lit("5-7")).otherwise(pl.lit("8-15")),
    )  # fmt: skip
    # So that no unit of measure weighs more than another.
    usual = (pl.col("actual") - pl.col("last")).abs().mean().over("indicator")
    return answers.with_columns(usual=usual, province="place")


def _surround(seen: pl.DataFrame, setting: str) -> pl.DataFrame | None:
    return None if setting == "one_city" else seen


def _answer_place(
    known: pl.DataFrame, questions: pl.DataFrame, background: pl.DataFrame | None, origin: int
) -> pl.DataFrame:
    said = project(known, until=origin + HORIZONS, background=background)
    targets = questions.select(*KEY, "comparison", "target", target_year="year")
    verdicts = judge(known, targets, background=background).select("state", "probability", "verdict")
    rows = pl.concat([questions, verdicts], how="horizontal").join(said, on=[*KEY, "year"], how="left")
    return rows.with_columns(origin=pl.lit(origin))
