"""The tables of an analyst: flat, documented, by one name or many, and never empty for a name mistyped."""

from __future__ import annotations

import inspect
import io
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest

import hpedu
from hpedu.desk.tables import DESIGN
from hpedu.errors import UnknownName
from hpedu.outlook import project
from hpedu.present.page.display import Chart
from hpedu.texts import remember_language

TABLES: dict[str, Callable[..., pl.DataFrame]] = {
    name: getattr(hpedu, name)
    for name in (
        *("observations", "indicator_values", "issues", "findings", "revisions", "schools"),
        *("targets", "indicators", "measures", "territories", "tasks"),
    )
}


@pytest.fixture(autouse=True)
def _english() -> None:
    remember_language("en")


@pytest.mark.parametrize("name", TABLES)
def test_every_frame_is_flat_documented_and_written_by_every_library(name: str, tmp_path: Path) -> None:
    frame = TABLES[name]()
    assert not any(kind.is_nested() for kind in frame.schema.values())
    documented = re.findall(r"`(\w+)`", inspect.getdoc(TABLES[name]) or "")
    own = frame.columns if name != "schools" else frame.columns[:7]
    assert [column for column in own if column not in documented] == []
    assert pl.read_csv(io.StringIO(frame.write_csv()), infer_schema=False).height == frame.height
    few = hpedu.to_pandas(frame.head(50)).drop_duplicates()
    few.to_excel(tmp_path / "t.xlsx", index=False)
    assert openpyxl.load_workbook(tmp_path / "t.xlsx").active.max_row == len(few) + 1  # type: ignore[union-attr]


def test_what_each_column_means_is_said_in_both_languages() -> None:
    said = (inspect.getdoc(hpedu.targets) or "").splitlines()
    assert any(f"`value`: {text}" in said for text in DESIGN["text"]["targets.value"].values())
    for column, text in DESIGN["text"].items():
        assert text.keys() == {"vi", "en"} and all(text.values()), column
    # Each text of its own belongs to a column that is there.
    places = {f"{table}.{name}" for table, names in DESIGN["columns"].items() for name in names.split()}
    names = {place.rpartition(".")[2] for place in places}
    assert [one for one in DESIGN["text"] if one not in places | names] == []


def test_one_name_or_many_and_each_filter_by_itself() -> None:
    one = hpedu.indicator_values("kindergarten_pupils")
    assert set(one["indicator"]) == {"kindergarten_pupils"} and one["territory"].n_unique() > 3
    assert hpedu.indicator_values(["kindergarten_pupils"]).equals(one)
    city = hpedu.indicator_values(territories="hai_phong")
    assert set(city["territory"]) == {"hai_phong"} and city["indicator"].n_unique() > 50
    both = hpedu.indicator_values("kindergarten_pupils", "hai_phong")
    assert both.height == one.filter(territory="hai_phong").height > 0
    pupils = hpedu.observations("pupils", levels="primary")
    assert set(pupils["measure"]) == {"pupils"} and set(pupils["level"]) == {"primary"}
    assert hpedu.targets("kindergarten_enrolment_rate")["id"].to_list() == ["kindergarten_enrolment_rate"]
    assert set(hpedu.targets(group="preschool")["group"]) == {"preschool"}


@pytest.mark.parametrize(
    ("call", "close"),
    [
        (lambda: hpedu.indicator_values("kindergarten_pupil"), "kindergarten_pupils"),
        (lambda: hpedu.indicator_values(territories="hai_phong_odl"), "hai_phong_old"),
        (lambda: hpedu.observations("pupil"), "pupils"),
        (lambda: hpedu.observations(levels=["primry"]), "primary"),
        (lambda: hpedu.targets("kindergarten_enrolment_rat"), "kindergarten_enrolment_rate"),
        (lambda: hpedu.indicators(group="preshool"), "preschool"),
        (lambda: hpedu.measures("pupls"), "pupils"),
        (lambda: hpedu.territories(["ha_no"]), "ha_noi"),
        (lambda: hpedu.Report("preschool").values("kindergarten_pupil"), "kindergarten_pupils"),
        (lambda: hpedu.Report("preschool").trend("kindergarten_pupils", territories="hai_pong"), "hai_phong"),
    ],
)
def test_a_name_mistyped_is_never_an_empty_frame(call: Callable[[], object], close: str) -> None:
    with pytest.raises(UnknownName, match=close):
        call()


def test_values_of_indicators_are_projected_and_judged_as_typed() -> None:
    values = hpedu.indicator_values(territories="hai_phong")
    found = hpedu.project(values)
    assert set(found["place"]) == {"hai_phong"} and (found["status"] == "projected").any()
    rates = found.filter(indicator="kindergarten_enrolment_rate")
    assert rates["hi95"].max() is None or rates["hi95"].max() <= 100  # type: ignore[operator]
    assert hpedu.project(hpedu.to_pandas(values)).equals(found)
    judged = hpedu.judge(values, hpedu.targets(group="preschool"))
    assert set(judged["indicator"]) <= set(hpedu.targets(group="preschool")["id"])
    assert hpedu.judge(values, hpedu.to_pandas(hpedu.targets(group="preschool"))).equals(judged)


def test_a_series_of_one_s_own_goes_through_as_it_is() -> None:
    own = {"indicator": ["x"] * 4, "year": [2020, 2021, 2022, 2023], "value": [1.0, 2.0, 3.0, 4.0]}
    assert hpedu.project(own).equals(project(own))


def test_a_report_needs_its_group_and_a_chart_its_indicator(tmp_path: Path) -> None:
    report = hpedu.Report("preschool")
    assert repr(report).startswith("Report: ") and report.language == "en"
    chart = report.trend("kindergarten_pupils")
    assert isinstance(chart, Chart) and chart.text.title == report.indicator("kindergarten_pupils").name.en
    assert chart.data.height > 10 and chart.spec["mark"]["type"] == "line"
    for ending, start in {"svg": b"<svg", "png": b"\x89PNG", "json": b"{", "csv": b"Indicator"}.items():
        assert chart.save(tmp_path / f"c.{ending}").read_bytes().startswith(start)
    with pytest.raises(ValueError, match=r"\.svg, \.png"):
        chart.save(tmp_path / "c.doc")


def test_names_are_in_the_language_asked_for() -> None:
    assert hpedu.territories("hai_phong", language="vi")["name"].item() == "Thành phố Hải Phòng"
    assert hpedu.territories("hai_phong")["name"].item() == "Hai Phong City"
