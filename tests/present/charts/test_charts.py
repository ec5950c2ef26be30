"""The three chart forms: what they draw, what they refuse, what their tables say."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import altair
import polars as pl
import pytest
from jsonschema import ValidationError

from hpedu.present.charts.bars import stacked
from hpedu.present.charts.plot import Mark
from hpedu.present.charts.plot import draw as draw_picture
from hpedu.present.charts.style import COLOURS, PARTS, SERIES, nice_ticks, spread
from hpedu.present.charts.trend import DOTTED, PATH_DASH, Break, Doubt, Goal, trend
from hpedu.present.page import display as page
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


def list_marks(chart: Chart, kind: str) -> list[Mark]:
    return [mark for panel in chart.picture.panels for mark in panel.marks if mark.kind == kind]


def list_years(mark: Mark) -> list[float]:
    return [x for x, _ in mark.points]


def list_runs(chart: Chart) -> list[list[float]]:
    """The years of each unbroken stretch of the known lines."""
    return [
        list_years(line)
        for line in list_marks(chart, "line")
        if line.dash not in (DOTTED, PATH_DASH) and line.shape
    ]


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
    one, other = list_marks(chart, "line")
    assert one.colour != other.colour and one.dash != other.dash and one.shape != other.shape
    assert [label.words for label in chart.picture.panels[0].labels] == ["Hải Phòng\n35,0", "Hải Dương\n20,0"]


def test_a_territory_keeps_its_colour_whatever_stands_beside_it() -> None:
    frame = make_frame([("Cả nước", 2020, 1.0, "final"), ("Hải Phòng", 2020, 2.0, "final")])
    looks = {"Cả nước": "country", "Hải Phòng": "city"}
    frame = frame.with_columns(look=pl.col("series").replace_strict(looks))
    for shown in (frame, frame.filter(pl.col("series") == "Hải Phòng")):
        dots = {mark.series: mark.colour for mark in list_marks(trend(shown, TEXT), "dots")}
        assert dots.items() <= looks.items() and dots["Hải Phòng"] == "city"


def test_derived_values_have_hollow_points_and_a_mark_in_the_table() -> None:
    rows = [("A", 2020, 1.0, "final"), ("A", 2021, 2.0, "derived"), ("A", 2022, 3.0, "preliminary")]
    chart = draw(rows, text=ENGLISH)
    filled, hollow = list_marks(chart, "dots")
    assert list_years(filled) == [2020, 2022] and not filled.hollow
    assert list_years(hollow) == [2021] and hollow.hollow
    assert chart.table["A"].to_list() == ["1.0", "2.0\N{NO-BREAK SPACE}d", "3.0\N{NO-BREAK SPACE}p"]
    assert "d: derived from its parts" in chart.remarks and "p: preliminary" in chart.remarks
    assert "derived from its parts" in chart.svg


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
    [ahead] = [line for line in list_marks(draw_fan(), "line") if line.dash == DOTTED]
    assert list_years(ahead) == [2025, 2026, 2027]


def test_the_fan_opens_at_the_last_known_point_and_its_80_percent_has_an_edge() -> None:
    chart = draw_fan()
    bands = list_marks(chart, "area")
    for band, reach in zip(bands, (3, 2, 1), strict=True):
        ends = [(year, low, high) for (year, low), high in zip(band.points, band.upper, strict=True)]
        assert ends == [(2025, 35, 35), (2026, 36 - reach, 36 + reach), (2027, 37 - reach, 37 + reach)]
    edges = [line for line in list_marks(chart, "line") if not line.shape and line.width < 1]
    assert [edge.points for edge in edges] == [
        bands[1].points,
        [*zip(list_years(bands[1]), bands[1].upper, strict=True)],
    ]
    assert all("khoảng 80%" in text for text in (chart.svg, chart.table.columns[2 + 1]))
    assert chart.table["khoảng 80%"].to_list()[-2:] == ["34,0 đến 38,0", "35,0 đến 39,0"]
    assert chart.table["Hải Phòng"][-1] == "37,0\N{NO-BREAK SPACE}db"


def test_what_is_over_of_a_forecast_is_shown_as_past() -> None:
    past = TEXT.say("past_unknown")
    [shade] = list_marks(draw_fan(now=2026), "box")
    assert shade.points[0][0] == 2025.5 and shade.points[1][0] == 2026.5
    assert past in draw_fan(now=2026).svg
    assert past not in draw_fan(now=2025).svg and past not in draw_fan().svg


def test_a_figure_in_doubt_is_a_cross_for_each_reading_and_off_the_line() -> None:
    chart = draw([("a", 2023, 10.0, "final"), ("a", 2024, 11.0, "final")], doubt=Doubt(2025, [13.0, 17.0]))
    [crosses] = [mark for mark in list_marks(chart, "dots") if mark.shape == "cross"]
    assert list(crosses.points) == [(2025, 13.0), (2025, 17.0)]
    assert list_runs(chart) == [[2023, 2024]]
    assert "mâu thuẫn" in chart.svg


def test_path_target_and_merger_are_told_apart() -> None:
    chart = draw_fan()
    [path] = [line for line in list_marks(chart, "line") if line.dash == PATH_DASH]
    assert list(path.points) == [(2025, 35.0), (2030, 48.05)] and path.colour == "goal"
    [panel] = chart.picture.panels
    assert panel.goal == 48.05 and [rule.words for rule in panel.rules] == ["Sáp nhập 1/7/2025"]
    assert all(words in chart.svg for words in ("Lộ trình cần có", "Mục tiêu: ≥ 48,05", "Sáp nhập 1/7/2025"))


def test_no_line_crosses_a_break_and_its_label_says_why() -> None:
    marks = [Break(2022, "Cách tính mới"), Break(2024, "Mẫu phiếu mới"), Break(1990, "xưa")]
    chart = draw(RISING, breaks=marks)
    assert list_runs(chart) == [[2020, 2021], [2022, 2023], [2024, 2025]]
    assert "Cách tính mới" in chart.svg and "xưa" not in chart.svg
    assert "từ 2022-2023: Cách tính mới" in chart.remarks
    heights = dict(re.findall(r'y="([0-9.]+)"[^>]*>(Cách tính mới|Mẫu phiếu mới|Sáp nhập)', chart.svg))
    assert len(heights) == 3  # each has a line of its own


def test_the_target_keeps_the_decimals_of_the_plan() -> None:
    chart = draw(RISING, target=GOAL)
    assert "Mục tiêu: ≥ 48,05" in chart.svg
    assert "Mục tiêu (năm 2030): ≥ 48,05" in chart.remarks
    diamond = next(mark for mark in list_marks(chart, "dots") if mark.shape == "diamond")
    assert list(diamond.points) == [(2030, 48.05)]


@pytest.mark.parametrize(("start", "drawn"), [("A", True), ("", False), ("B", False)])
def test_a_path_starts_from_the_series_that_is_judged_or_there_is_none(start: str, drawn: bool) -> None:
    goal = Goal(48.05, 2030, "Mục tiêu", "≥ ", path_from=start)
    chart = draw([("A", 2020, 1.0, "final"), ("A", 2021, 2.0, "final")], target=goal)
    assert (TEXT.say("required_path") in chart.svg) is drawn


def test_every_line_is_named_in_the_picture_even_alone() -> None:
    chart = draw([("Hải Dương cũ", 2023, 87.3, "final")])
    assert all("Hải Dương cũ" in draw_picture(chart.picture, width) for width in (720, 340))


def test_several_plots_share_their_axis_and_name_their_lines_once() -> None:
    rows = [(place, year, value, "final") for place, value in (("A", 1.0), ("B", 4.0)) for year in (2020, 2021)]
    frames = [
        make_frame(rows).with_columns(pl.col("value") * times, panel=pl.lit(f"P{times}")) for times in (1, 2)
    ]
    chart = trend(pl.concat(frames), TEXT)
    assert [panel.name for panel in chart.picture.panels] == ["P1", "P2"]
    assert len({(panel.y.low, panel.y.high) for panel in chart.picture.panels}) == 1
    assert chart.table.columns == ["Năm học", "P1: A", "P1: B", "P2: A", "P2: B"]
    assert chart.svg.count(">A<") == 1


@pytest.mark.parametrize(("years", "marked"), [((2020, 2026), True), ((2015, 2021), False)])
def test_the_merger_is_marked_where_the_years_span_it(years: tuple[int, int], marked: bool) -> None:
    chart = draw([("A", year, 1.0, "final") for year in range(*years)])
    assert ("Sáp nhập 1/7/2025" in chart.svg) is marked


def test_the_merger_lies_before_the_school_year_2025_and_in_the_calendar_year() -> None:
    school, calendar = draw(RISING).picture.panels[0], draw(RISING, text=CALENDAR).picture.panels[0]
    assert (school.rules[0].at, calendar.rules[0].at) == (2024.75, 2025)


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
        ([("A", 2020, 1.0, "final"), ("A", 2020, 2.0, "final")], "two figures for one point"),
        ([(f"S{i}", 2020, 1.0, "final") for i in range(7)], "at most 6"),
    ],
)
def test_what_cannot_be_drawn_honestly_is_refused(rows: list[Row], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw(rows)


def make_stack(rows: list[tuple[str, int, float | None]]) -> Chart:
    frame = pl.DataFrame(rows, schema=["part", "year", "value"], orient="row")
    return stacked(frame, COUNTS, part_order=["Công lập", "Tư"])


def test_a_bar_that_lacks_a_part_is_not_drawn_smaller() -> None:
    private = [("Tư", 2020, 500.0), ("Tư", 2021, None), ("Tư", 2022, 700.0)]
    public = [("Công lập", 2020, 1500.0), ("Công lập", 2021, 1600.0), ("Công lập", 2022, 1700.0)]
    chart = make_stack([*private, *public])
    bars = [(bar.series, *(round(y) for _, y in bar.points)) for bar in list_marks(chart, "box")]
    assert bars == [("Công lập", 0, 1500), ("Tư", 1500, 2000), ("Công lập", 0, 1700), ("Tư", 1700, 2400)]
    assert chart.table.rows()[1] == ("2021-2022", "1.600", "…", "…")
    assert chart.table["Tổng"].to_list() == ["2.000", "…", "2.400"]


def test_parts_that_make_no_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        make_stack([("Tư", 2020, -1.0)])
    with pytest.raises(ValueError, match="no year has all parts"):
        make_stack([("Tư", 2020, 1.0), ("Công lập", 2021, 1.0)])
    with pytest.raises(ValueError, match="not in the order given: Khác"):
        make_stack([("Khác", 2020, 1.0)])


def test_shares_reach_a_hundred_and_no_further() -> None:
    frame = pl.DataFrame({"part": ["A", "B"], "year": [2020, 2020], "value": [70.04, 30.0]})
    panel = stacked(frame, TEXT).picture.panels[0]
    assert panel.y.high == 100 and max(y for mark in panel.marks for _, y in mark.points) == 100


def test_title_measure_and_source_stand_in_the_picture() -> None:
    text = replace(TEXT, title="Một phát hiện", measure="Tỷ lệ", source="Nguồn: Cục Thống kê; công bố đến 2022.")
    chart = draw(RISING, text=text)
    assert all(
        words in chart.svg for words in ("Một phát hiện", "Tỷ lệ, %", "Nguồn: Cục Thống kê; công bố đến 2022.")
    )
    assert "Nguồn: Cục Thống kê" in json.dumps(chart.spec, ensure_ascii=False)


def test_figures_for_a_spreadsheet_have_names_units_and_years_as_printed() -> None:
    frame = make_frame([("A", 2020, 12.3456, "derived")]).with_columns(inputs=pl.lit(["a.csv!B2"]))
    figures = trend(frame, replace(TEXT, source="S")).list_figures()
    row = dict(zip(figures["columns"], figures["rows"][0], strict=True))
    assert (row["Chuỗi số liệu"], row["Năm học"], row["Giá trị"], row["Đơn vị tính"]) == (
        "A",
        "2020-2021",
        12.3,
        "%",
    )
    assert "S" in row.values() and "a.csv!B2" in row.values() and "tính từ các phần hợp thành" in row.values()


def list_words(svg: str) -> list[tuple[float, float, float, str]]:
    """Left and right end, height and words of each text, as wide as a plain font makes them."""
    words = []
    for tag, said in re.findall(r"<text([^>]*)>([^<]*)<", svg):
        place = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        x, width = float(place["x"]), 0.5 * float(place.get("font-size", 12)) * len(html.unescape(said))
        left = {"end": x - width, "middle": x - width / 2}.get(place.get("text-anchor", ""), x)
        words.append((left, left + width, float(place["y"]), said))
    return words


@pytest.mark.parametrize("width", [720, 340])
def test_words_stay_in_the_picture_and_do_not_cover_each_other(width: int) -> None:
    for chart in draw_everything():
        words = list_words(draw_picture(chart.picture, width))
        assert all(left >= -1 and right <= width + 1 for left, right, _, _ in words), words
        for one, other in combinations(words, 2):
            assert one[1] <= other[0] or other[1] <= one[0] or abs(one[2] - other[2]) >= 10, (one, other)


def draw_everything() -> list[Chart]:
    ahead = [("Hải Phòng", year, 36.0, "projected") for year in range(2026, 2031)]
    whole = draw(
        [*RISING, *ahead, ("Hải Dương", 2024, 30.0, "derived"), ("Hải Dương", 2025, None, "final")],
        target=GOAL,
        breaks=[Break(2022, "đổi cách đếm")],
        synthetic=True,
    )
    many = draw([(f"Tỉnh {n}", year, float(n), "final") for n in range(6) for year in (2020, 2021)])
    return [
        whole,
        many,
        draw_fan(),
        make_stack([("Tư", 2024, 500.0), ("Công lập", 2024, 9.0), ("Tư", 2025, None)]),
    ]


@pytest.mark.parametrize("chart", draw_everything(), ids=["trend", "legend", "fan", "stacked"])
def test_every_form_follows_the_schema(chart: Chart) -> None:
    """Altair goes on from it, and it draws every figure."""
    spec = chart.spec | {"$schema": altair.SCHEMA_URL}
    altair.Chart.from_dict(spec)
    assert len(spec["data"]["values"]) == chart.data.height
    broken = spec | {"mark": "unicorn"}
    with pytest.raises(ValidationError):
        altair.Chart.from_dict(broken)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (`#rrggbb`) as WCAG 2 defines it, from 1 to 21."""

    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def read_dark() -> dict[str, str]:
    """The colours of a page in the dark; what it does not name is as in the light."""
    style = (Path(page.__file__).parent / "templates/hpedu/style.css").read_text(encoding="utf-8")
    night = style.split("prefers-color-scheme: dark", 1)[1].split("}", 1)[0]
    return COLOURS | dict(re.findall(r"--(\w+): (#\w{6})", night))


@pytest.mark.parametrize("colours", [COLOURS, read_dark()], ids=["light", "dark"])
def test_colours_stand_out_from_the_ground_and_carry_letters(colours: dict[str, str]) -> None:
    for name, ink in PARTS.items():
        assert contrast(colours[name], colours["paper"]) >= 3, name
        assert contrast(colours[name], colours[ink]) >= 4.5, name
    for name in (*SERIES, "ink", "quiet", "goal", "alarm"):
        assert contrast(colours[name], colours["paper"]) >= 4.5, name
    assert len({colours[name] for name in SERIES}) == len(SERIES)


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
    assert [list_years(mark)[0] for mark in list_marks(chart, "dots") if mark.shape == "‡"] == [2021, 2022, 2024]
    assert chart.data["inputs"].to_list()[0] == ["a.csv!B2020"]


def test_bars_know_their_cells() -> None:
    parts = [("Công lập", 2024, 9.0, ["a!B1"]), ("Tư", 2024, 5.0, ["a!C1"])]
    frame = pl.DataFrame(parts, schema=["part", "year", "value", "inputs"], orient="row")
    assert stacked(frame, COUNTS).origins == [[[], ["a!B1"], ["a!C1"], []]]
