"""The figures for readers: docs/track_record.md with its chart, and the few that each report quotes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import vl_convert

from tests.backtest.outside import SETTINGS as OUTSIDE
from tests.backtest.run import SETTINGS
from tests.backtest.score import reliability

HERE = Path(__file__).parent
COLUMNS = {
    "questions": ("questions", "d"),
    "relative_mae": ("error / no change", ".3f"),
    "coverage80": ("80% held", ".1%"),
    "coverage95": ("95% held", ".1%"),
    "brier": ("Brier", ".3f"),
    "brier_of_base_rate": ("Brier of the base rate", ".3f"),
    "error": ("error", ".1%"),
    "error_of_no_change": ("of no change", ".1%"),
    "calibration_error": ("calibration error", ".3f"),
    "likely_calls": ("called likely", "d"),
    "likely_met_share": ("of these met", ".0%"),
    "unlikely_calls": ("called unlikely", "d"),
    "unlikely_met_share": ("of these met", ".0%"),
}

SCORED = tuple(name for name in COLUMNS if not name.startswith("error"))
SHARES = ("likely_met_share", "unlikely_met_share", "calibration_error")
PUPILS = ("questions", "error", "error_of_no_change", "coverage80", "coverage95")
COUNTED = {"background": ", others for background", "one_city": ", one province alone"}
RANGES = ("questions", "relative_mae", "coverage80", "coverage95")


def write_page(figures: Mapping[str, Any], path: Path) -> None:
    settings, outside, paired = figures["settings"], figures["outside"], figures["paired"]
    head, alone = settings[figures["setting"]], settings["one_city"]
    filled = (
        (HERE / "track_record.md")
        .read_text(encoding="utf-8")
        .format(
            settings=_table("setting", ((SETTINGS[name], row) for name, row in settings.items())),
            groups=_table("group", head["by_group"].items()),
            group_bars=_bars(head["by_group"], head["group_bars"]),
            horizons=_table("years ahead", head["by_ahead"].items()),
            histories=_table("values known", head["by_history"].items()),
            groups_one_city=_table("group", alone["by_group"].items()),
            rivals=_rivals(figures["rivals"]),
            counts=_table(
                "what is counted",
                (
                    (f"{group}{COUNTED[name]}", row)
                    for name, groups in figures["counts"].items()
                    for group, row in groups.items()
                ),
                RANGES,
            ),
            pupils=_table("level and years known", ((row["what"], row) for row in figures["pupils"]), PUPILS),
            outside=_table("setting", ((OUTSIDE[name], row) for name, row in outside.items()), RANGES),
            likely_bar="{:.0%} to {:.0%}".format(*head["bars"]["likely_met_share"]),
            likely_one_city_bar="{:.0%} to {:.0%}".format(*alone["bars"]["likely_met_share"]),
            paired="{ratio:.3f} ({low:.3f} to {high:.3f})".format(**paired),
            **{f"{what}_bar": f"{low:.3f} to {high:.3f}" for what, (low, high) in head["bars"].items()},
        )
    )
    path.write_text(filled, encoding="utf-8")


def write_quote(settings: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Write what a report quotes: one row for a series without company, one for a series with it."""
    lines = [
        "# Written by `make backtest`: what a report may say of ranges and words like its own, seen on the past:",
        "# held-out provinces, years that nothing was chosen on (docs/track_record.md).",
    ]
    for name, figures in settings.items():
        lines += [
            f"[{name}]",
            f"questions = {figures['questions']}",
            *(f"{key} = {figures[key]:.3f}" for key in ("relative_mae", "coverage80", "coverage95")),
            *(f"{key} = {figures[key]}" for key in ("likely_calls", "unlikely_calls")),
            *(f"{key} = {figures[key]:.3f}" for key in SHARES),
        ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def draw_reliability(answers: pl.DataFrame, path: Path) -> None:
    """Draw what was said against what came."""
    table = reliability(answers).filter(pl.col("questions") >= 30)
    rows = table.select("said", "came", "questions").to_dicts()
    scale = alt.Scale(domain=[0, 1])
    base = alt.Chart(alt.Data(values=rows)).encode(
        alt.X("said:Q", title="Probability that was said", scale=scale, axis=alt.Axis(format=".0%")),
        alt.Y("came:Q", title="Share of these targets that were met", scale=scale, axis=alt.Axis(format=".0%")),
        alt.ColorValue("#0b6e8f"),
    )
    dots = base.mark_point(filled=True, opacity=0.9).encode(
        alt.Size("questions:Q", title="Targets", scale=alt.Scale(range=[30, 400]))
    )
    perfect = alt.Chart(alt.Data(values=[{"x": 0, "y": 0}, {"x": 1, "y": 1}])).mark_line(
        color="#777", strokeDash=[4, 4]
    )
    chart = (perfect.encode(x="x:Q", y="y:Q") + base.mark_line() + dots).properties(width=380, height=380)
    path.write_text(vl_convert.vegalite_to_svg(chart.to_dict()) + "\n", encoding="utf-8")


def _bars(groups: Mapping[str, Mapping[str, float]], bars: Mapping[str, tuple[float, float]]) -> str:
    body = [
        [name, f"{row['relative_mae']:.3f}", "{:.3f} to {:.3f}".format(*bars[name])]
        for name, row in groups.items()
    ]
    return _markdown(["group", "error / no change", "95% range"], body)


def _table(first: str, rows: Iterable[tuple[str, Mapping[str, float]]], columns: Iterable[str] = SCORED) -> str:
    chosen = {key: COLUMNS[key] for key in columns}
    head = [first, *(title for title, _ in chosen.values())]
    body = [[name, *(_show(row[key], form) for key, (_, form) in chosen.items())] for name, row in rows]
    return _markdown(head, body)


def _rivals(rows: Iterable[Mapping[str, Any]]) -> str:
    head = ["rival", "questions", "its error / no change", "hpedu on the same", "its 80% range held", "hpedu's"]
    names = {"ets": "ETS, damped trend (statsmodels; a sample)", "cagr": "CAGR", "least_squares": "least squares"}
    return _markdown(
        head,
        [
            [
                names.get(row["rival"], row["rival"].replace("_", " ")),
                f"{row['questions']:,}",
                f"{row['rival_relative_mae']:.3f}",
                f"{row['hpedu_relative_mae']:.3f}",
                _show(row.get("rival_coverage80"), ".1%"),
                _show(row.get("hpedu_coverage80") if "rival_coverage80" in row else None, ".1%"),
            ]
            for row in rows
        ],
    )


def _show(value: float | None, form: str) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:,}" if form == "d" else f"{value:{form}}"


def _markdown(head: list[str], body: list[list[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *body])
