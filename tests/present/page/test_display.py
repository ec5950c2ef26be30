"""What notebooks show, and what they hand to the page."""

from __future__ import annotations

import json
from dataclasses import replace

import nbformat
import polars as pl
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from pydantic import TypeAdapter

from hpedu.present import PAGE_HEAD
from hpedu.present.charts.bars import stacked
from hpedu.present.charts.plot import Picture
from hpedu.present.charts.trend import trend
from hpedu.present.page.display import (
    CHART,
    Chart,
    ChartText,
    Fragment,
    PageHead,
    describe_making,
    describe_origin,
)
from hpedu.texts import say

SOURCES = [{"file": "a.csv", "published": "2025-06-30"}, {"file": "b.xlsx", "published": "2026-11-20"}]


@pytest.fixture(scope="module")
def chart() -> Chart:
    frame = pl.DataFrame({"part": ["Công lập", "Tư thục"], "year": [2024, 2024], "value": [1234.5, 1000.0]})
    text = ChartText("Xếp hạng", "Công lập nhiều hơn", "rank", language="vi", unit_label="trẻ", decimals=1)
    return stacked(frame, text)


def test_a_chart_brings_lab_page_and_words(chart: Chart) -> None:
    bundle = chart._repr_mimebundle_()
    assert set(bundle) == {CHART, "text/html", "text/plain"}
    assert bundle["text/plain"] == "Công lập nhiều hơn"
    page = bundle[CHART]
    rows = [["2024-2025", "1.234,5", "1.000,0", "2.234,5"]]
    assert page["table"] == {"columns": ["Năm học", "Công lập", "Tư thục", "Tổng"], "rows": rows}
    assert chart.svg.startswith("<svg") and "1.234,5" in chart.svg
    assert TypeAdapter(Picture).validate_python(json.loads(json.dumps(page["picture"]))).title == "Xếp hạng"


def test_a_notebook_shows_the_picture_of_the_page_and_the_pointer_is_told_each_figure(chart: Chart) -> None:
    shown = chart._repr_mimebundle_()["text/html"]
    assert shown.startswith('<figure role="img" aria-label="Công lập nhiều hơn"><svg') and "Xếp hạng" in shown
    line = trend(
        pl.DataFrame({"series": "A", "year": [2023, 2024], "value": [1.0, 2.0], "status": "final"}), chart.text
    )
    assert "<title>A, 2023-2024, 1,0" in line.html


def test_bundles_are_valid_outputs_and_always_the_same(chart: Chart) -> None:
    bundle = chart._repr_mimebundle_()
    notebook = new_notebook(cells=[new_code_cell("c", outputs=[new_output("display_data", data=bundle)])])
    nbformat.validate(notebook)
    assert json.dumps(bundle) == json.dumps(replace(chart)._repr_mimebundle_())


def test_the_synthetic_warning_is_part_of_the_picture(chart: Chart) -> None:
    warned = replace(chart, synthetic=True)
    warning = say("synthetic_chart", "vi")
    assert warning in warned.svg and warning not in chart.svg
    assert warning in warned.html and warning in warned.spec["title"]["subtitle"]


def test_a_page_head_can_be_read_in_the_notebook() -> None:
    head = PageHead("Mầm non", "phụ đề", "vi", "preschool", "Hải Phòng", 2025, ["Đang ở đâu?"], synthetic=True)
    bundle = head._repr_mimebundle_()
    assert bundle["text/markdown"].startswith("# Mầm non\n\n**DỮ LIỆU MÔ PHỎNG")
    assert bundle["text/markdown"].endswith("phụ đề\n\n- Đang ở đâu?")
    assert bundle[PAGE_HEAD]["group"] == "preschool"
    assert bundle["text/plain"] == "Mầm non"


def test_a_fragment_is_html_and_text() -> None:
    assert Fragment("<b>x</b>", "x")._repr_mimebundle_() == {"text/html": "<b>x</b>", "text/plain": "x"}


def test_an_origin_names_each_file_once_and_its_source() -> None:
    assert describe_origin(["b.xlsx!S!C4", "a.csv!B2", "b.xlsx!S!C5", "c.csv!A1"], SOURCES) == [
        {"file": "b.xlsx", "cells": "S!C4, S!C5", "source": 2},
        {"file": "a.csv", "cells": "B2", "source": 1},
        {"file": "c.csv", "cells": "A1", "source": 0},
    ]


def test_the_foot_dates_the_data_not_the_run() -> None:
    head = {
        "group": "preschool", "territory": "Hải Phòng", "year": 2025, "language": "vi",
        "sources": SOURCES, "inputs_digest": "abc",
    }  # fmt: skip
    facts = dict(describe_making(head))
    assert facts["Tham số"] == "preschool · Hải Phòng · 2025-2026 · vi"
    assert facts["Nguồn mới nhất công bố"] == "20/11/2026"
    assert "hpedu 0" in facts["Phiên bản"]
