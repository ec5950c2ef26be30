"""The fixed picture: the same to the eye, in half the text."""

from __future__ import annotations

import re

import polars as pl
import pytest
import vl_convert

from hpedu.present.charts.picture import VEGALITE, slim
from hpedu.present.charts.trend import trend
from hpedu.present.page.display import ChartText


@pytest.fixture(scope="module")
def svg() -> str:
    frame = pl.DataFrame({"series": ["A & <B>"] * 3, "year": [2023, 2024, 2025], "value": [1.0, 2.0, 4.0]})
    frame = frame.with_columns(status=pl.lit("final"))
    chart = trend(frame, ChartText("T", "A", "n", language="vi", unit_label="<i>", decimals=1))
    picture: str = vl_convert.vegalite_to_svg(chart.spec | {"width": 640}, vl_version=VEGALITE)
    return picture


def test_a_slim_picture_keeps_words_lines_and_size(svg: str) -> None:
    small = slim(svg)
    assert len(small) < 0.6 * len(svg)
    words = re.compile(r"<text[^>]*>([^<]*)<")
    assert words.findall(small) == words.findall(svg)
    assert small.count("<line") == svg.count("<line")
    for size in ("width", "height", "viewBox"):
        wanted = re.search(rf' {size}="([^"]*)"', svg)
        assert wanted and f'{size}="{wanted[1]}"' in small


def test_a_slim_picture_has_no_roles_and_no_namespace(svg: str) -> None:
    small = slim(svg)
    assert not re.search(r"\b(role|aria-\w+|class|xmlns)", small)
    assert "&lt;i&gt;" in small  # still escaped


def test_coordinates_keep_a_tenth_of_a_pixel() -> None:
    drawn = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" viewBox="0 0 9 9">%s</svg>'
    path = '<path d="M1.23456,2.96Lx" stroke="#000"/><path d="" stroke="#000"/><g><g opacity="0"><rect/></g></g>'
    assert '<path d="M1.2,3Lx" stroke="#000" />' in slim(drawn % path)
    assert "rect" not in slim(drawn % path) and "<g" not in slim(drawn % path)
