"""Every question answered, in each setting: by hpedu's public functions and by the rivals."""

from __future__ import annotations

import polars as pl

from hpedu.outlook import judge, project
from tests.backtest.questions import HORIZONS, KEY, TURN, ask, choose_half
from tests.backtest.rivals import forecast_ets, forecast_simply

SETTINGS = {
    "one_city": "one province at a time, with all its indicators: what a report does",
    "together": "all provinces of the half in one frame",
    "one_series": "every series in a frame of its own",
}


def answer(panel: pl.DataFrame, half: str, setting: str, rivals: bool = False) -> pl.DataFrame:
    """One row a question: what was asked, what came, and what hpedu (and the rivals) had said."""
    frames = []
    for origin, known, questions in ask(choose_half(panel, half)):
        mine = _hide(known, setting)
        asked = _hide(questions, setting).with_columns(group=questions["group"], name=questions["indicator"])
        said = project(mine, until=origin + HORIZONS)
        targets = asked.select(*KEY, "comparison", "target", target_year="year")
        verdicts = judge(mine, targets).select("state", "probability", "verdict")
        row = pl.concat([asked, verdicts], how="horizontal").join(said, on=[*KEY, "year"], how="left")
        row = row.with_columns(origin=pl.lit(origin), province=questions["place"])
        if rivals:
            for other in (forecast_simply(known), forecast_ets(known, origin)):
                row = row.join(
                    other,
                    left_on=["province", "name", "year"],
                    right_on=["place", "indicator", "year"],
                    how="left",
                )
        frames.append(row)
    answers = pl.concat(frames).with_columns(
        period=pl.when(pl.col("year") < TURN).then(pl.lit(f"until {TURN - 1}")).otherwise(pl.lit(f"from {TURN}")),
        history=pl.when(pl.col("length") <= 4).then(pl.lit("3-4"))
        .when(pl.col("length") <= 7).then(pl.lit("5-7")).otherwise(pl.lit("8-14")),
    )  # fmt: skip
    usual = (pl.col("actual") - pl.col("last")).abs().mean().over("name")  # so that no unit of measure weighs more
    return answers.with_columns(usual=usual)


def _hide(frame: pl.DataFrame, setting: str) -> pl.DataFrame:
    """Names under which hpedu sees no series that it would not have in this setting."""
    own = pl.concat_str("place", "indicator", separator="|")
    if setting == "one_city":
        return frame.with_columns(indicator=own)
    if setting == "one_series":
        return frame.with_columns(place=own, indicator=own)
    return frame
