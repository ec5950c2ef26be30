"""An analyst's own charts in a real IPython: what JupyterLab and a page draw of them without a network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import altair
import pandas
import polars as pl
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell, new_notebook, new_output

from hpedu.desk.notebook import KINDS, plot, set_up, show_chart
from hpedu.errors import Refused, UnknownName
from hpedu.present.page.display import LAB_CHART, WIDE, PageHead
from hpedu.present.page.page import render_page
from hpedu.texts import current_language, remember_language

FRAME = pandas.DataFrame({"year": [2020, 2021, 2022], "rate": [30.5, 31.0, 33.25], "share": [1, 2, 3]})
CHART = altair.Chart(pl.from_dict(FRAME.to_dict("list"))).mark_line().encode(x="year:O", y="rate:Q")


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    shell = InteractiveShell.instance()
    before = pandas.get_option("plotting.backend")
    set_up()
    yield shell
    pandas.set_option("plotting.backend", before)
    InteractiveShell.clear_instance()


@pytest.fixture(autouse=True)
def _vietnamese() -> None:
    remember_language("vi")


def show(shell: InteractiveShell, shown: object) -> dict[str, Any]:
    assert shell.display_formatter is not None
    data, _ = shell.display_formatter.format(shown)
    return dict(data)


@pytest.mark.parametrize("chart", [CHART, CHART | CHART, CHART + CHART, CHART.facet("year:O")])
def test_any_chart_is_what_lab_itself_draws(shell: InteractiveShell, chart: Any) -> None:
    data = show(shell, chart)
    assert set(data) == {LAB_CHART, "text/plain"}
    assert data[LAB_CHART]["$schema"].endswith("v5.json")
    assert "http" not in json.dumps({**data[LAB_CHART], "$schema": ""})


def test_numbers_are_those_of_the_report_and_the_author_has_the_last_word() -> None:
    spec = show_chart(CHART.configure_axis(gridColor="red"))[LAB_CHART]
    assert spec["config"]["locale"]["number"]["decimal"] == ","
    assert spec["config"]["axis"]["gridColor"] == "red" and "labelColor" in spec["config"]["axis"]
    remember_language("en")
    assert show_chart(CHART)[LAB_CHART]["config"]["locale"]["number"]["decimal"] == "."


def test_a_chart_of_many_rows_is_drawn_and_its_width_ends() -> None:
    many = pl.DataFrame({"x": range(6000)})
    spec = show_chart(altair.Chart(many).mark_point().encode(x="x").properties(width="container"))[LAB_CHART]
    assert spec["width"] == WIDE


def test_the_page_draws_it_too() -> None:
    head = PageHead(title="t", subtitle="", language="vi", group="preschool", territory="x", year=2025)
    chart = CHART.encode(y=altair.Y("rate:Q").axis(format=".1f"))
    outputs = [new_output("display_data", data=d) for d in (head._repr_mimebundle_(), show_chart(chart))]
    page = render_page(new_notebook(cells=[new_code_cell("", outputs=outputs)]))
    assert 'aria-label="Biểu đồ của người phân tích"' in page and ">35,0<" in page


@pytest.mark.parametrize("kind", KINDS)
def test_pandas_draws_every_kind(shell: InteractiveShell, kind: str) -> None:
    across = {"x": "year", "y": ["rate", "share"]} if kind != "scatter" else {"x": "rate", "y": "share"}
    chart = FRAME.plot(kind=kind, title="T", **across)
    spec = show(shell, chart)[LAB_CHART]
    assert spec["title"] == "T"
    assert {row["value"] for row in next(iter(spec["datasets"].values()))} >= {1, 2, 3}


def test_a_series_is_drawn_along_its_index(shell: InteractiveShell) -> None:
    spec = show(shell, FRAME.set_index("year")["rate"].plot())[LAB_CHART]
    assert spec["encoding"]["x"]["title"] == "year" and spec["encoding"]["y"]["title"] == "rate"


def test_what_is_not_drawn_says_what_to_use() -> None:
    with pytest.raises(Refused, match=r"kind = line, bar.*altair\.Chart"):
        plot(FRAME, kind="hexbin")
    with pytest.raises(Refused, match="figsize"):
        plot(FRAME, figsize=(3, 4))
    with pytest.raises(Refused, match="no column of numbers"):
        plot(pandas.DataFrame({"a": ["x"]}))


def test_an_error_is_one_line_in_the_language_of_the_report(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise UnknownName("territory", "hai_phong_odl", ["hai_phong_old"])

    shell.user_ns["fail"] = fail
    shell.run_cell("fail()")
    text = capsys.readouterr().out.strip()
    assert "hai_phong_old" in text and "\n" not in text
    assert text == UnknownName("territory", "hai_phong_odl", ["hai_phong_old"]).say(current_language())
