"""The window to explore, where there are no controls, and what its controls do."""

from __future__ import annotations

import contextlib
import io

import ipywidgets
import pytest

import hpedu
from hpedu.desk.explore import _add_controls
from hpedu.errors import UnknownName, WrongParameters
from hpedu.present.page.display import Chart


def test_it_shows_chart_table_sources_and_code_anywhere() -> None:
    found = hpedu.explore("kindergarten_pupils", "hai_phong_old", since=2015, language="vi")
    assert isinstance(found.chart, Chart)
    assert min(found.chart.data["year"]) >= 2015
    data = found._repr_mimebundle_()
    for wanted in ("<svg", "<table", "Nguồn số liệu", "Viết thành mã", "nso/"):
        assert wanted in data["text/html"]
    assert "vega" not in " ".join(data)


def test_its_code_makes_the_same_chart() -> None:
    found = hpedu.explore("kindergarten_pupils", since=2016, until=2020, language="en")
    *lines, last, _ = found.code.splitlines()
    names: dict[str, object] = {}
    exec("\n".join(lines), names)
    again = eval(last, names)
    assert isinstance(found.chart, Chart) and again.spec == found.chart.spec
    assert again.data["year"].max() == 2020


def test_an_indicator_without_figures_is_a_sentence() -> None:
    silent = set(hpedu.indicators()["id"]) - set(hpedu.indicator_values(territories="hai_phong")["indicator"])
    found = hpedu.explore(min(silent), language="en")
    assert len(found.parts()) == 1 and not isinstance(found.chart, Chart)


def test_what_is_mistyped_is_said() -> None:
    with pytest.raises(UnknownName, match="kindergarten_pupils"):
        hpedu.explore("kindergarten_pupil")
    with pytest.raises(WrongParameters, match="hai_phong_old"):
        hpedu.explore(territory="hai_phong_odl", language="en")


def test_a_control_draws_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ipywidgets.Widget] = []
    made_before = ipywidgets.Widget.__init__

    def keep(widget: ipywidgets.Widget, **options: object) -> None:
        made_before(widget, **options)
        made.append(widget)

    monkeypatch.setattr(ipywidgets.Widget, "__init__", keep)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        view = _add_controls(hpedu.explore("kindergarten_pupils", language="en"))
        choices = [one for one in made if isinstance(one, ipywidgets.Dropdown)]
        choices[1].value = "hai_phong_old"
    assert "model_id" in view
    assert "'hai_phong_old'" in printed.getvalue()
