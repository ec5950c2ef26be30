"""Answers -> figures: error, coverage, interval score, Brier score, calibration; bars clustered by province."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from hpedu.outlook.judgement import LIKELY, UNLIKELY
from tests.backtest.questions import KEY, SEED

BOOTSTRAPS = 400
BINS = np.linspace(0, 1, 11)


def score(answers: pl.DataFrame) -> dict[str, float]:
    """The figures of build/backtest.json for some questions."""
    return score_ranges(answers) | score_chances(answers)


def score_ranges(answers: pl.DataFrame) -> dict[str, float]:
    """Error, coverage and interval score. Errors are in units of the usual no-change error."""
    scaled = answers.with_columns(error=_relative("point"), still=_relative("last"))
    figures: dict[str, float] = {
        "questions": len(answers),
        "relative_mae": scaled["error"].sum() / max(scaled["still"].sum(), 1e-300),
    }
    for level in (50, 80, 95):
        figures[f"coverage{level}"] = float(answers.select(_held(level).mean()).item())
    for level in (80, 95):
        figures[f"interval_score{level}"] = float(answers.select(_interval_score(level).mean()).item())
    return figures


def score_chances(answers: pl.DataFrame) -> dict[str, float]:
    """Of questions that got a probability and whose target was not met already."""
    asked = answers.filter(pl.col("probability").is_not_null(), pl.col("state") != "met")
    chance, met = asked["probability"].to_numpy(), asked["met"].to_numpy().astype(float)
    likely, unlikely = chance >= LIKELY, chance < UNLIKELY
    table = reliability(asked)
    return {
        "targets": len(asked),
        "brier": float(np.mean((chance - met) ** 2)),
        "brier_of_base_rate": float(met.mean() * (1 - met.mean())),
        "calibration_error": float((table["share"] * (table["said"] - table["came"]).abs()).sum()),
        "likely_calls": int(likely.sum()),
        "likely_met_share": float(met[likely].mean()) if likely.any() else float("nan"),
        "unlikely_calls": int(unlikely.sum()),
        "unlikely_met_share": float(met[unlikely].mean()) if unlikely.any() else float("nan"),
    }


def reliability(asked: pl.DataFrame) -> pl.DataFrame:
    """Ten bins of probability: `said` (mean), `came` (share met), `questions`, `share`."""
    asked = asked.filter(pl.col("probability").is_not_null(), pl.col("state") != "met")
    place = np.clip(np.digitize(asked["probability"].to_numpy(), BINS) - 1, 0, 9)
    return (
        asked.with_columns(bin=pl.Series(place))
        .group_by("bin")
        .agg(said=pl.col("probability").mean(), came=pl.col("met").mean(), questions=pl.len())
        .sort("bin")
        .with_columns(share=pl.col("questions") / pl.col("questions").sum())
    )


def score_by(answers: pl.DataFrame, *names: str) -> dict[str, dict[str, float]]:
    return {
        ", ".join(map(str, key)): score(part)
        for key, part in answers.sort(names).group_by(names, maintain_order=True)
    }


def bar(answers: pl.DataFrame, what: str) -> tuple[float, float]:
    """95% bootstrap range of a figure, whole provinces drawn again."""
    random = np.random.default_rng(SEED)
    likely = ((pl.col("probability") >= LIKELY) & (pl.col("state") != "met")).fill_null(False)
    above, below = {
        "relative_mae": (_relative("point"), _relative("last")),
        "coverage80": (_held(80).cast(pl.Float64), pl.lit(1.0)),
        "coverage95": (_held(95).cast(pl.Float64), pl.lit(1.0)),
        "likely_met_share": (likely & pl.col("met"), likely),
    }[what]
    sums = answers.group_by("province").agg(a=above.sum(), b=(below + 0 * pl.col("last")).sum()).sort("province")
    a, b = sums["a"].to_numpy(), sums["b"].to_numpy()
    draws = random.integers(0, len(a), (BOOTSTRAPS, len(a)))
    low, high = np.quantile(a[draws].sum(axis=1) / b[draws].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)


def compare(better: pl.DataFrame, worse: pl.DataFrame) -> dict[str, Any]:
    """Error of one setting over that of another on the same questions; 95% range with provinces drawn again."""
    same = better.join(worse, on=[*KEY, "origin", "year"], suffix="_other")
    sums = same.group_by("province").agg(
        a=_relative("point").sum(), b=((pl.col("actual") - pl.col("point_other")).abs() / pl.col("usual")).sum()
    )
    a, b = (sums.sort("province")[name].to_numpy() for name in "ab")
    draws = np.random.default_rng(SEED).integers(0, len(a), (BOOTSTRAPS, len(a)))
    low, high = np.quantile(a[draws].sum(axis=1) / b[draws].sum(axis=1), [0.025, 0.975])
    return {"questions": len(same), "ratio": float(a.sum() / b.sum()), "low": float(low), "high": float(high)}


def compare_rivals(answers: pl.DataFrame) -> list[dict[str, Any]]:
    """Error of each rival and of hpedu on the same questions, and how often their 80% ranges held."""
    rows: list[dict[str, Any]] = []
    for name in ("no_change", "linear_drift", "least_squares", "cagr", "ets"):
        same = answers.filter(pl.col(name).is_not_null())
        row = {"rival": name, "questions": len(same)}
        for who, column in (("rival_relative_mae", name), ("hpedu_relative_mae", "point")):
            row[who] = same.select(_relative(column).sum() / _relative("last").sum()).item()
        for who, stem in (("rival_coverage80", f"{name}_"), ("hpedu_coverage80", "")):
            if f"{stem}lo80" in same.columns:
                inside = pl.col("actual").is_between(pl.col(f"{stem}lo80") - 1e-9, pl.col(f"{stem}hi80") + 1e-9)
                row[who] = same.select(inside.mean()).item()
        rows.append(row)
    return rows


def _relative(column: str) -> pl.Expr:
    return (pl.col("actual") - pl.col(column)).abs() / pl.col("usual")


def _held(level: int) -> pl.Expr:
    return pl.col("actual").is_between(pl.col(f"lo{level}") - 1e-9, pl.col(f"hi{level}") + 1e-9)


def _interval_score(level: int) -> pl.Expr:
    """Gneiting & Raftery 2007: width, and 2/alpha times what the value lies outside."""
    low, high, actual = pl.col(f"lo{level}"), pl.col(f"hi{level}"), pl.col("actual")
    outside = pl.max_horizontal(low - actual, 0) + pl.max_horizontal(actual - high, 0)
    return (high - low + 2 / (1 - level / 100) * outside) / pl.col("usual")
