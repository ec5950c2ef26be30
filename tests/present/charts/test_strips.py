"""Strips: a dot a place, each strip on its own scale."""

from __future__ import annotations

import altair
import polars as pl
import pytest

from hpedu.present.charts.strips import WIDTH, Strip, strips
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


def test_a_figure_lies_between_the_ends_of_its_strip() -> None:
    strip = make_strip()
    assert strip.ends == (20.0, 40.0)
    assert [strip.place(value) for value in (20.0, 30.0, 40.0)] == [0, WIDTH // 2, WIDTH]
    assert make_strip(own=5.0, then=None, named={}, others=[5.0]).place(5.0) == WIDTH // 2


def test_every_place_is_drawn_and_the_own_is_written() -> None:
    spec = draw(make_strip(), make_strip(then=None, region=None)).spec
    altair.Chart.from_dict(spec)
    layers = [layer["data"]["values"] for layer in spec["layer"]]
    dots = next(rows for rows in layers if isinstance(rows[0].get("x"), list))
    assert dots[0]["x"] == [0, 750]
    points = [row for rows in layers for row in rows if "place" in row]
    assert {(row["place"], row["words"]) for row in points} == {
        ("Hải Phòng", "30,0 học sinh/lớp"),
        ("Hà Nội", "25,0 học sinh/lớp"),
    }


def test_the_picture_can_be_drawn() -> None:
    assert "Hà Nội" in draw(make_strip()).svg


def test_without_a_strip_there_is_no_chart() -> None:
    with pytest.raises(ValueError, match="at least one strip"):
        draw()
