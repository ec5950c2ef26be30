"""Rows of one school: parts are joined, repetitions set aside, and what may be one school is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hpedu.ingest.schools.lists import SchoolList, join_lists, read_school_list
from hpedu.ingest.schools.totals import total_schools
from hpedu.ingest.source import open_source
from hpedu.registry import Registry
from tests.ingest.schools.test_lists import HEADER, change, make_workbook, read, reasons
from tests.ingest.schools.test_totals import figure
from tests.ingest.test_reading import RESOURCE

PRIMARY = change(code="55000077", name="Trường Sông Xanh", levels="Tiểu học", pupils=410)
SECONDARY = change(code="55000077", name="Trường Sông Xanh", levels="THCS", pupils=320, girls=150)


def read_sheets(registry: Registry, **sheets: Sequence[Sequence[Any]]) -> SchoolList:
    book = make_workbook([["Bìa"]], **{name: [HEADER, *rows] for name, rows in sheets.items()})
    return read_school_list(open_source(book), "a.xlsx", registry)


@pytest.mark.parametrize(
    "other", ["55000077", "055000077", "0055.000.077", "55-000-077", "55000077.0", "55 000 077"]
)
def test_a_code_is_one_however_it_is_written(registry: Registry, other: str) -> None:
    found = read_sheets(registry, A=[PRIMARY], B=[[*PRIMARY[:2], other, *PRIMARY[3:]]])
    assert found.frame.select("ministry_code", "pupils").rows() == [("55000077", 410)]
    assert reasons(found) == [("school_duplicate", "C2")]


def test_a_sheet_for_each_level_makes_one_school(registry: Registry) -> None:
    found = read_sheets(registry, TH=[PRIMARY], THCS=[SECONDARY])
    totals = total_schools(found.frame, registry)
    assert figure(totals, "schools/lower_secondary")["value"] == 1
    assert [figure(totals, f"pupils/{level}")["value"] for level in ("primary", "lower_secondary")] == [410, 320]
    assert figure(totals, "pupils/general")["value"] == 730
    assert set(totals["flags"].explode().drop_nulls()) <= {"incomplete"}
    assert reasons(found) == [("school_parts_joined", "C2")]


@pytest.mark.parametrize(
    "other",
    [
        change(code="55000077", name="Trường Sông Xanh", levels="TH&THCS", pupils=320),
        change(code="55000077", name="Trường Núi Cao", levels="THCS", pupils=320),
        change(code="55000077", name="Trường Sông Xanh", levels="THCS", pupils=320, ownership="Tư thục"),
    ],
)
def test_in_doubt_no_figure_counts_and_sums_say_so(registry: Registry, other: list[Any]) -> None:
    found = read_sheets(registry, A=[PRIMARY, other])
    assert found.frame.height == 1
    assert found.frame["pupils"].to_list() == [None]
    assert "school_rows_differ" in found.issues["reason"].to_list()
    # No school has given its pupils, so there is no sum to be wrong.
    assert total_schools(found.frame, registry).filter(measure="pupils").is_empty()


def test_one_name_under_two_codes_is_noted(registry: Registry) -> None:
    twin = change(code="55000099", name="TRƯỜNG  Sông xanh", pupils=200)
    found = read_sheets(registry, A=[PRIMARY, twin, change(code="55000098", name="Trường khác")])
    assert found.frame.height == 3
    assert reasons(found) == [("school_same_name", "C3")]
    assert "55000077" in found.issues["subject"].item()


@pytest.mark.parametrize("code", ["55000077-01", "55000077.2", "55000077/B"])
def test_a_code_that_extends_another_is_noted(registry: Registry, code: str) -> None:
    found = read_sheets(registry, A=[PRIMARY, change(code=code, name="Điểm trường", pupils=200)])
    assert found.frame.height == 2
    assert reasons(found) == [("school_code_extends", "C3")]


def test_of_two_lists_the_later_counts_and_levels_join(registry: Registry) -> None:
    def read_file(name: str, *rows: list[Any]) -> Any:
        return read_school_list(open_source(make_workbook([HEADER, *rows])), name, registry).frame

    def publish(name: str, day: str) -> Any:
        return RESOURCE.model_copy(update={"path": name, "published": day})

    lists = [read_file("old.xlsx", PRIMARY), read_file("new.xlsx", [*PRIMARY[:8], 415, 190])]
    days = {"old.xlsx": publish("old.xlsx", "2025-10"), "new.xlsx": publish("new.xlsx", "2026-01-15")}
    joined, issues = join_lists(lists, days, registry)
    assert joined["pupils"].to_list() == [415]
    assert issues.select("reason", "file").rows() == [("school_duplicate", "old.xlsx")]
    lists = [read_file("old.xlsx", PRIMARY), read_file("new.xlsx", SECONDARY)]
    joined, issues = join_lists(lists, dict.fromkeys(days, days["old.xlsx"]), registry)
    assert joined.select("pupils_primary", "pupils_lower_secondary").rows() == [(410, 320)]


def test_a_good_list_has_no_issue(registry: Registry) -> None:
    assert read(registry, PRIMARY, change(code="55000078", name="Trường khác")).issues.is_empty()
