"""The workbook of the school list: empty, with last year's schools, and read back."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook

from hpedu.demo.schools import make_schools
from hpedu.errors import HpeduError
from hpedu.ingest.schools.addresses import list_valid
from hpedu.ingest.schools.lists import read_school_list, school_schema
from hpedu.ingest.source import open_source
from hpedu.present.exports.school_form import HEAD, KEPT, list_headers, make_school_form
from hpedu.registry import Registry


@pytest.fixture(scope="module")
def last_year() -> pl.DataFrame:
    """Thirty schools of 2025, one of them closed since, and an older list of other schools."""
    schools = make_schools(30).with_columns(synthetic=pl.lit(None, pl.Boolean))
    closed = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("closed")).otherwise(pl.lit("operating"))
    older = make_schools(5, seed=7, year=2024)
    return pl.concat([schools.with_columns(operating_status=closed), older])


def open_form(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content))


def test_last_years_schools_are_filled_in_and_read_back(registry: Registry, last_year: pl.DataFrame) -> None:
    content, count = make_school_form(last_year, registry, 2026)
    assert count == 29
    read = read_school_list(open_source(content), "list.xlsx", registry)
    assert read.issues.is_empty() and read.frame.height == 29
    assert set(read.frame["year"]) == {2026}
    before = last_year.filter(pl.col("year") == 2025, pl.col("operating_status") != "closed")
    kept = [name for name in KEPT if name != "commune_name"]
    assert read.frame.select(kept).sort("ministry_code").equals(before.select(kept).sort("ministry_code"))
    # A figure of last year is never taken for one of this year.
    asked = [name for name, column in registry.school_columns.items() if column.kind in ("count", "date")]
    assert all(read.frame[name].null_count() == 29 for name in asked)


def test_all_columns_and_allowed_values_are_there(registry: Registry, last_year: pl.DataFrame) -> None:
    workbook = open_form(make_school_form(last_year, registry, 2026)[0])
    sheet = workbook.worksheets[0]
    heads = [cell.value for cell in sheet[HEAD]]
    left_out = {registry.school_columns[name].name.vi for name in ("synthetic", "year")}
    assert set(heads) == set(list_headers(registry).values()) - left_out
    rules = {str(rule.sqref).rstrip("0123456789:"): rule for rule in sheet.data_validations.dataValidation}
    letters = {cell.value: cell.column_letter for cell in sheet[HEAD]}

    def rule_of(name: str) -> Any:
        letter = letters[registry.school_columns[name].name.vi]
        return next(rule for place, rule in rules.items() if place.startswith(f"{letter}{HEAD + 1}"))

    assert rule_of("ownership").formula1 == '"Công lập,Ngoài công lập"'
    assert rule_of("international").formula1 == '"có,không"'
    assert (rule_of("pupils").type, rule_of("pupils").formula1) == ("whole", "0")
    assert rule_of("national_standard_date").type == "date"
    assert not rule_of("levels").showErrorMessage
    communes = workbook[workbook.sheetnames[1]]
    assert rule_of("commune_name").formula1.endswith(f"$B$2:$B${communes.max_row}")
    assert communes.max_row - 1 == len(list_valid(date(2026, 9, 30), registry)) == 114


def test_without_any_list_the_rows_are_empty_and_new_schools_can_be_typed(registry: Registry) -> None:
    content, count = make_school_form(pl.DataFrame(schema=school_schema(registry)), registry, 2026)
    assert count == 0
    workbook = open_form(content)
    sheet = workbook.worksheets[0]
    letters = {cell.value: cell.column_letter for cell in sheet[HEAD]}
    typed = {"ministry_code": "31000001", "name": "Trường A", "levels": "TH", "commune_name": "Phường Hải Dương"}
    for name, text in typed.items():
        sheet[f"{letters[registry.school_columns[name].name.vi]}{HEAD + 1}"] = text
    saved = io.BytesIO()
    workbook.save(saved)
    read = read_school_list(open_source(saved.getvalue()), "list.xlsx", registry)
    assert read.issues.is_empty(), read.issues["message_en"].to_list()
    assert read.frame.select("name", "year").rows() == [("Trường A", 2026)]


def test_a_year_nobody_can_mean_is_refused(registry: Registry) -> None:
    with pytest.raises(HpeduError, match="no year 26"):
        make_school_form(pl.DataFrame(schema=school_schema(registry)), registry, 26)
