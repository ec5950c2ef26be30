"""The three chart forms: what they draw, what they refuse, what their tables say."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from typing import Any

import altair
import polars as pl
import pytest
from jsonschema import ValidationError

from hpedu.present.charts import style
from hpedu.present.charts.axes import Break, Doubt, Goal, Route
from hpedu.present.charts.bars import ranked, stacked
from hpedu.present.charts.style import nice_ticks, spread
from hpedu.present.charts.trend import CROSSED, trend
from hpedu.present.page.display import Chart, ChartText

Row = tuple[str, int, float | None, str]
RISING: list[Row] = [("Hải Phòng", year, 30.0 + year - 2020, "final") for year in range(2020, 2026)]
GOAL = Goal(48.05, 2030, "Mục tiêu", "≥ ", path_from="Hải Phòng")


def make_frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["series", "year", "value", "status"], orient="row")


TEXT = ChartText(title="T", alt="A", name="n", language="vi", unit_label="%", decimals=1)
ENGLISH = replace(TEXT, language="en")
CALENDAR = replace(TEXT, school_year=False)
COUNTS = replace(TEXT, unit_label="trẻ", decimals=0)


def draw(rows: list[Row], *, text: ChartText = TEXT, **options: Any) -> Chart:
    return trend(make_frame(rows), text, **options)


def list_layers(chart: Chart, mark: str) -> list[dict[str, Any]]:
    """The layers of a mark, each with its rows under `rows`."""
    layers = [layer for layer in chart.spec["layer"] if layer["mark"]["type"] == mark]
    return [layer | {"rows": find_rows(chart, layer)} for layer in layers]


def find_rows(chart: Chart, layer: dict[str, Any]) -> list[dict[str, Any]]:
    data = layer.get("data") or chart.spec["data"]
    rows: list[dict[str, Any]] = data.get("values") or chart.spec["datasets"][data["name"]]
    return rows


def list_runs(chart: Chart) -> list[list[int]]:
    """The years of each unbroken stretch of the known lines."""
    line = next(layer for layer in list_layers(chart, "line") if "strokeDash" in layer["encoding"])
    runs: dict[int, list[int]] = {}
    for row in line["rows"]:
        runs.setdefault(row["run"], []).append(row["year"])
    return list(runs.values())


def test_a_missing_year_breaks_the_line() -> None:
    chart = draw([row for row in RISING if row[1] != 2022])
    assert list_runs(chart) == [[2020, 2021], [2023, 2024, 2025]]
    assert chart.table["Hải Phòng"].to_list() == ["30,0", "31,0", "…", "33,0", "34,0", "35,0"]
    assert "không có số liệu" in chart.remarks


def test_none_is_a_missing_year() -> None:
    assert list_runs(draw([*RISING[:2], ("Hải Phòng", 2022, None, "final"), *RISING[3:]])) == [
        [2020, 2021],
        [2023, 2024, 2025],
    ]


def test_lines_of_different_series_are_never_joined() -> None:
    chart = draw([*RISING[:3], *[("Hải Dương", year, 20.0, "final") for year in (2023, 2024)]])
    assert list_runs(chart) == [[2020, 2021, 2022], [2023, 2024]]


def test_series_differ_in_colour_dash_and_shape() -> None:
    chart = draw([*RISING, *[("Hải Dương", year, 20.0, "final") for year in range(2020, 2025)]])
    line, points = list_layers(chart, "line")[0]["encoding"], list_layers(chart, "point")[0]["encoding"]
    for channel in (line["color"], line["strokeDash"], points["shape"]):
        first, second = channel["scale"]["range"]
        assert first != second
    labels = [row["words"] for row in list_layers(chart, "text")[-1]["rows"]]
    assert labels == ["Hải Phòng\n35,0", "Hải Dương\n20,0"]


def test_derived_values_have_hollow_points_and_a_mark_in_the_table() -> None:
    rows = [("A", 2020, 1.0, "final"), ("A", 2021, 2.0, "derived"), ("A", 2022, 3.0, "preliminary")]
    chart = draw(rows, text=ENGLISH)
    filled, hollow = list_layers(chart, "point")
    assert [row["year"] for row in filled["rows"]] == [2020, 2022]
    assert [row["year"] for row in hollow["rows"]] == [2021]
    assert hollow["mark"]["fill"] == style.BACKGROUND
    assert chart.table["A"].to_list() == ["1.0", "2.0\N{NO-BREAK SPACE}d", "3.0\N{NO-BREAK SPACE}p"]
    assert "d: derived from its parts" in chart.remarks and "p: preliminary" in chart.remarks
    assert "○ derived from its parts" in chart.svg


def draw_fan(**options: Any) -> Chart:
    """A rising series, two projected years with bands of 1, 2 and 3 to either side, and a target."""
    frame = make_frame([*RISING, ("Hải Phòng", 2026, 36.0, "projected"), ("Hải Phòng", 2027, 37.0, "projected")])
    ahead = pl.when(pl.col("year") > 2025)
    frame = frame.with_columns(
        ahead.then(pl.col("value") + sign * reach).alias(f"{side}{level}")
        for reach, level in enumerate((50, 80, 95), start=1)
        for side, sign in (("lo", -1), ("hi", 1))
    )
    return trend(frame, TEXT, target=GOAL, **options)


def test_a_projection_departs_from_the_last_known_point() -> None:
    ahead = next(layer for layer in list_layers(draw_fan(), "line") if layer["mark"].get("strokeCap") == "round")
    assert [row["year"] for row in ahead["rows"]] == [2025, 2026, 2027]


def test_the_fan_opens_at_the_last_known_point_and_its_80_percent_has_an_edge() -> None:
    chart = draw_fan()
    bands = list_layers(chart, "area")
    for band, (level, reach) in zip(bands, ((95, 3), (80, 2), (50, 1)), strict=True):
        ends = [(row["year"], row[f"lo{level}"], row[f"hi{level}"]) for row in band["rows"]]
        assert ends == [(2025, 35, 35), (2026, 36 - reach, 36 + reach), (2027, 37 - reach, 37 + reach)]
    assert [band["mark"]["strokeWidth"] > 0 for band in bands] == [False, True, False]
    assert all("khoảng 80%" in text for text in (chart.svg, chart.table.columns[2 + 1]))
    assert chart.table["khoảng 80%"].to_list()[-2:] == ["34,0 đến 38,0", "35,0 đến 39,0"]
    assert chart.table["Hải Phòng"][-1] == "37,0\N{NO-BREAK SPACE}db"


def test_a_figure_in_doubt_is_a_cross_for_each_reading_and_off_the_line() -> None:
    chart = draw([("a", 2023, 10.0, "final"), ("a", 2024, 11.0, "final")], doubt=Doubt(2025, [13.0, 17.0]))
    [crosses] = [layer for layer in list_layers(chart, "point") if layer["mark"].get("shape") == CROSSED]
    assert [row["value"] for row in find_rows(chart, crosses)] == [13.0, 17.0]
    assert list_runs(chart) == [[2023, 2024]]
    assert "mâu thuẫn" in str(chart.spec)


def test_required_path_and_second_path_differ_in_form_and_are_explained() -> None:
    route = Route("Theo kế hoạch", [(2022, 40.0), (2030, 50.0)])
    chart = draw_fan(route=route)
    dashes = {
        tuple(layer["mark"]["strokeDash"]): layer["rows"]
        for layer in list_layers(chart, "line")
        if "strokeDash" in layer["mark"]
    }
    assert len(dashes) == 3  # projection, required path, route
    paths = [[(row["year"], row["value"]) for row in rows] for rows in dashes.values()]
    assert [(2025, 35.0), (2030, 48.05)] in paths and [(2022, 40.0), (2030, 50.0)] in paths
    assert "Lộ trình cần có" in chart.svg and "- - - Theo kế hoạch" in chart.svg
    assert "Theo kế hoạch: 2022-2023: 40,0; 2030-2031: 50,0" in chart.remarks


def test_no_line_crosses_a_break_and_its_label_says_why() -> None:
    marks = [Break(2022, "Cách tính mới"), Break(2024, "Mẫu phiếu mới"), Break(1990, "xưa")]
    chart = draw(RISING, breaks=marks)
    assert list_runs(chart) == [[2020, 2021], [2022, 2023], [2024, 2025]]
    assert "Cách tính mới" in chart.svg and "xưa" not in chart.svg
    assert "từ 2022-2023: Cách tính mới" in chart.remarks
    heights = [layer["mark"]["y"] for layer in list_layers(chart, "text") if "y" in layer["mark"]]
    assert len(heights) == len(set(heights)) == 3  # of the merger and both breaks


def test_the_target_keeps_the_decimals_of_the_plan() -> None:
    chart = draw(RISING, target=GOAL)
    assert "Mục tiêu: ≥ 48,05" in chart.svg
    assert "Mục tiêu (năm 2030): ≥ 48,05" in chart.remarks
    diamond = next(layer for layer in list_layers(chart, "point") if layer["mark"].get("shape") == "diamond")
    assert (diamond["rows"][0]["year"], diamond["rows"][0]["value"]) == (2030, 48.05)


@pytest.mark.parametrize(("start", "drawn"), [("A", True), ("", False), ("B", False)])
def test_a_path_starts_from_the_series_that_is_judged_or_there_is_none(start: str, drawn: bool) -> None:
    goal = Goal(48.05, 2030, "Mục tiêu", "≥ ", path_from=start)
    chart = draw([("A", 2020, 1.0, "final"), ("A", 2021, 2.0, "final")], target=goal)
    assert (TEXT.say("required_path") in chart.svg) is drawn


def test_another_place_is_named_and_grey_even_alone() -> None:
    chart = draw([("Hải Dương cũ", 2023, 87.3, "final")], context=["Hải Dương cũ"])
    assert "Hải Dương cũ" in chart.svg and style.QUIET_INK in json.dumps(chart.spec)
    assert style.COLOURS[0] not in json.dumps(chart.spec)
    assert "Hải Dương cũ" not in draw([("Hải Dương cũ", 2023, 87.3, "final")]).svg


@pytest.mark.parametrize(("years", "marked"), [((2020, 2026), True), ((2015, 2021), False)])
def test_the_merger_is_marked_where_the_years_span_it(years: tuple[int, int], marked: bool) -> None:
    chart = draw([("A", year, 1.0, "final") for year in range(*years)])
    assert ("Sáp nhập 1/7/2025" in chart.svg) is marked


def test_the_merger_lies_before_the_school_year_2025_and_in_the_calendar_year() -> None:
    by_school = list_layers(draw(RISING), "rule")[0]["rows"]
    by_calendar = list_layers(draw(RISING, text=CALENDAR), "rule")[0]["rows"]
    assert (by_school[0]["year"], by_calendar[0]["year"]) == (2024.75, 2025)


def test_years_are_never_written_as_numbers() -> None:
    assert "2020-21" in draw(RISING).svg
    calendar = draw(RISING, text=CALENDAR).svg
    assert ">2025<" in calendar and "2.025" not in calendar
    assert draw(RISING).table["Năm học"].to_list()[0] == "2020-2021"


def test_an_axis_that_does_not_start_at_zero_says_so() -> None:
    high = [("A", year, 95.0 + year % 2, "final") for year in range(2015, 2020)]
    assert "(trục không bắt đầu từ 0)" in draw(high).svg
    assert "(axis does not start at 0)" in draw(high, text=ENGLISH).svg
    assert "không bắt đầu" not in draw(high, zero=True).svg


def test_numbers_in_the_picture_follow_the_language() -> None:
    many = [("A", year, 178_000.0 + 700 * (year - 2015), "final") for year in range(2015, 2020)]
    assert "180.000" in draw(many, text=COUNTS).svg
    assert "180,000" in draw(many, text=replace(COUNTS, language="en")).svg


def test_synthetic_values_make_the_chart_synthetic() -> None:
    chart = draw([("A", 2020, 1.0, "synthetic"), ("A", 2021, 2.0, "final")])
    assert chart.synthetic
    assert "DỮ LIỆU MÔ PHỎNG" in chart.svg


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("A", 2020, None, "final")], "at least one figure"),
        ([("A", 2020, 1.0, "final"), ("A", 2020, 2.0, "final")], "two figures for one point"),
        ([(f"S{i}", 2020, 1.0, "final") for i in range(7)], "at most 6"),
    ],
)
def test_what_cannot_be_drawn_honestly_is_refused(rows: list[Row], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw(rows)


def test_a_frame_without_its_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="missing: status"):
        trend(make_frame(RISING).drop("status"), TEXT)


def make_stack(rows: list[tuple[str, int, float | None]]) -> Chart:
    frame = pl.DataFrame(rows, schema=["part", "year", "value"], orient="row")
    return stacked(frame, COUNTS, part_order=["Công lập", "Tư"])


def test_a_bar_that_lacks_a_part_is_not_drawn_smaller() -> None:
    private = [("Tư", 2020, 500.0), ("Tư", 2021, None), ("Tư", 2022, 700.0)]
    public = [("Công lập", 2020, 1500.0), ("Công lập", 2021, 1600.0), ("Công lập", 2022, 1700.0)]
    chart = make_stack([*private, *public])
    bars = list_layers(chart, "bar")[0]["rows"]
    assert [(bar["part"], bar["year"], bar["base"], bar["top"]) for bar in bars] == [
        ("Công lập", "2020-21", 0, 1500),
        ("Tư", "2020-21", 1500, 2000),
        ("Công lập", "2022-23", 0, 1700),
        ("Tư", "2022-23", 1700, 2400),
    ]
    assert chart.table.rows()[1] == ("2021-2022", "1.600", "…", "…")
    assert chart.table["Tổng"].to_list() == ["2.000", "…", "2.400"]


def test_parts_that_make_no_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        make_stack([("Tư", 2020, -1.0)])
    with pytest.raises(ValueError, match="no year has all parts"):
        make_stack([("Tư", 2020, 1.0), ("Công lập", 2021, 1.0)])
    with pytest.raises(ValueError, match="not in the order given: Khác"):
        make_stack([("Khác", 2020, 1.0)])


def test_ranked_bars_stand_in_order_with_their_values() -> None:
    frame = pl.DataFrame(
        [("A", 2.0, False), ("B", None, False), ("C", 1234.5, True)],
        schema=["label", "value", "highlight"],
        orient="row",
    )
    chart = ranked(frame, TEXT)
    assert chart.table.rows() == [("C", "1.234,5"), ("A", "2,0"), ("B", "…")]
    colours = {row["full"]: row["colour"] for row in list_layers(chart, "bar")[0]["rows"]}
    assert colours["C"] != colours["A"]
    assert "1.234,5" in chart.svg


def draw_everything() -> list[Chart]:
    ahead = [("Hải Phòng", year, 36.0, "projected") for year in range(2026, 2031)]
    whole = draw(
        [*RISING, *ahead, ("Hải Dương", 2024, 30.0, "derived"), ("Hải Dương", 2025, None, "final")],
        target=GOAL,
        route=Route("Lộ trình", [(2026, 40.0), (2030, 48.0)]),
        breaks=[Break(2022, "đổi cách đếm")],
        synthetic=True,
    )
    many = draw([(f"Tỉnh {n}", year, float(n), "final") for n in range(6) for year in (2020, 2021)])
    bars = ranked(
        pl.DataFrame({"label": ["A", "B"], "value": [2.0, None], "highlight": [True, False]}),
        TEXT,
    )
    return [whole, many, bars, make_stack([("Tư", 2024, 500.0), ("Công lập", 2024, 9.0), ("Tư", 2025, None)])]


@pytest.mark.parametrize("chart", draw_everything(), ids=["trend", "legend", "ranked", "stacked"])
def test_every_form_follows_the_schema(chart: Chart) -> None:
    """Drawn unchecked (`hpedu.present.charts.style.unchecked`), so checked here, as altair would check it."""
    altair.Chart.from_dict(chart.spec)
    broken = chart.spec | {"layer": [{"mark": "unicorn"}]}
    with pytest.raises(ValidationError):
        altair.Chart.from_dict(broken)


@pytest.mark.parametrize("colour", [*style.COLOURS, *style.SEQUENCE, style.PLAIN, style.HIGHLIGHT])
def test_colours_stand_out_from_paper_and_carry_letters(colour: str) -> None:
    assert style.contrast(colour, style.BACKGROUND) >= 3
    assert style.contrast(colour, style.ink_on(colour)) >= 4.5


def test_colours_of_labels_can_be_read_and_differ() -> None:
    assert all(style.contrast(colour, style.BACKGROUND) >= 4.5 for colour in style.COLOURS)
    assert all(one != other for one, other in combinations(style.COLOURS, 2))


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (91.2, 97.9, [90, 92, 94, 96, 98]),
        (0.31, 0.52, [0.3, 0.35, 0.4, 0.45, 0.5, 0.55]),
        (5, 5, [5, 6]),
        (0, 0, [0, 0.2]),
        (-3, 4, [-4, -2, 0, 2, 4]),
    ],
)
def test_ticks_are_round_and_enclose_the_values(low: float, high: float, ticks: list[float]) -> None:
    assert nice_ticks(low, high) == ticks


def test_labels_move_apart_and_stay_in_the_plot() -> None:
    placed = spread([100, 102, 279], [20, 20, 20], 0, 280)
    assert placed == [100, 120, 270]


def test_a_figure_knows_its_cells_and_what_is_doubtful_about_it() -> None:
    frame = make_frame(RISING).with_columns(
        inputs=pl.concat_list(pl.format("a.csv!B{}", "year")),
        flags=pl.when(pl.col("year").is_in([2021, 2022, 2024])).then(pl.lit(["làm tròn"])).otherwise(pl.lit([])),
    )
    chart = trend(frame, TEXT)
    assert chart.origins[0] == [[], ["a.csv!B2020"]]
    assert chart.table["Hải Phòng"].to_list()[:2] == ["30,0", "31,0\N{NO-BREAK SPACE}‡"]
    assert "‡ 2021-2022 đến 2022-2023, 2024-2025: làm tròn" in chart.remarks
    marks = [layer for layer in list_layers(chart, "text") if layer["mark"].get("text") == "‡"]
    assert [row["year"] for row in marks[0]["rows"]] == [2021, 2022, 2024]
    assert chart.data is not None and chart.data["inputs"].to_list()[0] == ["a.csv!B2020"]


def test_bars_know_their_cells() -> None:
    parts = [("Công lập", 2024, 9.0, ["a!B1"]), ("Tư", 2024, 5.0, ["a!C1"])]
    frame = pl.DataFrame(parts, schema=["part", "year", "value", "inputs"], orient="row")
    assert stacked(frame, COUNTS).origins == [[[], ["a!B1"], ["a!C1"], []]]
    bars = ranked(frame.rename({"part": "label"}).drop("year"), COUNTS)
    assert bars.origins == [[[], ["a!B1"]], [[], ["a!C1"]]]
