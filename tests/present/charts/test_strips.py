"""Strips: a dot a place, each strip on its own scale."""

from __future__ import annotations

import altair
import polars as pl
import pytest

from hpedu.present.charts.strips import Strip, strips
from hpedu.present.page.display import Chart, ChartText

TEXT = ChartText("Vị trí", "Mỗi tỉnh một chấm", "chart-peers", "vi", "", 1)


def make_strip(**more: object) -> Strip:
    fields = {
        "name": "Sĩ số bình quân lớp tiểu học",
        "unit": "học sinh/lớp",
        "decimals": 1,
        "own": 30.0,
        "then": 40.0,
        "named": {"Hà Nội": 25.0},
        "others": [20.0, 35.0],
        "quartiles": (22.0, 28.0, 34.0),
        "region": 27.0,
        "rank": "2/4",
    }
    return Strip(**(fields | more))  # type: ignore[arg-type]


def draw(*rows: Strip) -> Chart:
    table = pl.DataFrame({"Tên": [row.name for row in rows]})
    return strips(rows, TEXT, table, own="Hải Phòng", key=["Chấm xám: các tỉnh khác"])


def test_a_strip_reaches_from_its_least_to_its_largest_figure() -> None:
    assert make_strip().ends == (20.0, 40.0)
    low, high = make_strip(own=5.0, then=None, named={}, others=[5.0]).ends
    assert low < 5.0 < high


def test_every_place_is_drawn_and_the_own_is_written() -> None:
    chart = draw(make_strip(), make_strip(then=None, region=None))
    altair.Chart.from_dict(chart.spec | {"$schema": altair.SCHEMA_URL})
    first, second = chart.picture.panels
    assert {words for mark in first.marks for words in mark.words} == {
        "Hải Phòng: 30,0 học sinh/lớp (2/4)",
        "Hà Nội: 25,0 học sinh/lớp",
    }
    assert [len(mark.points) for mark in first.marks if mark.shape == "small"] == [2]
    assert len(first.marks) == len(second.marks) + 2
    assert "30,0" in chart.svg and "(2/4)" in chart.svg


def test_the_picture_can_be_drawn() -> None:
    assert "Hà Nội" in draw(make_strip()).svg


def test_without_a_strip_there_is_no_chart() -> None:
    with pytest.raises(ValueError, match="at least one strip"):
        draw()
