"""Forms as people hand them in: numbers as text, dates as text, half empty, sorted, copied, mistyped."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from hpedu.ingest import schema
from hpedu.ingest.forms.design import (
    COVER,
    SHEETS,
    Cover,
    Range,
    duty_series,
    read_cover_code,
    seal,
    task_series,
    write_cover_code,
    write_key,
)
from hpedu.ingest.forms.filled import (
    find_cover,
    is_form,
    read_form,
    read_typed_date,
    read_typed_number,
)
from hpedu.ingest.interpret import Reading
from hpedu.ingest.quarantine import SetAside, Unreadable
from hpedu.ingest.schema import Resource
from hpedu.ingest.source import open_source
from hpedu.present.exports.form import write_form
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula

RESOURCE = Resource(
    name="form_preschool_2026",
    path="department/form.xlsx",
    title="Form",
    publisher="Department",
    table="form",
    url="",
    published="2026-11-20",
    scope="",
    confidence="high",
    transcription=False,
    licenses=[],
)
PUPILS, POPULATION = "pupils/nursery", "resident_population_school_age/nursery"
MILESTONE = "milestone_reached/kindergarten/detail=preschool_universalisation_5yo_maintained"
TASK = "task_done/all/detail=strategy_plan-4"
WHOLE, PERCENT, AMOUNT = Range(True), Range(False, Decimal(100)), Range(False)


class Form:
    """A form in the hands of whoever fills it in."""

    def __init__(self, path: Path, registry: Registry) -> None:
        self.registry = registry
        self.workbook = load_workbook(path)

    def sheet(self, name: str) -> Any:
        return self.workbook[SHEETS[name].name]  # type: ignore[index]

    def find(self, key: str, column: str) -> Any:
        """The cell of a series in a column, in whatever sheet it stands."""
        for kind, design in SHEETS.items():
            columns = [c.id for c in design.columns]
            for row in self.sheet(kind).iter_rows(min_row=4):
                if str(row[-1].value).partition(" #")[0] == key:
                    return row[columns.index(column)]
        raise KeyError(key)

    def type(self, key: str, **cells: object) -> Form:
        for column, value in cells.items():
            self.find(key, column).value = value
        return self

    def save(self) -> bytes:
        content = io.BytesIO()
        self.workbook.save(content)
        return content.getvalue()

    def read(self) -> Reading:
        return read_form(open_source(self.save()), RESOURCE, self.registry)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Path:
    path = tmp_path_factory.mktemp("form") / "form.xlsx"
    observations = pl.DataFrame(schema=schema.OBSERVATIONS)
    write_form(path, subject="preschool", year=2026, observations=observations, registry=registry)
    return path


@pytest.fixture
def form(empty: Path, registry: Registry) -> Form:
    return Form(empty, registry)


def only_issue(reading: Reading) -> dict[str, Any]:
    assert reading.observations == []
    (issue,) = reading.issues
    for language in ("vi", "en"):
        assert RESOURCE.path in issue[f"message_{language}"]
        assert issue["sheet"] in issue[f"message_{language}"]
    return issue


class TestFilled:
    def test_an_empty_form_is_a_form_without_figures_or_complaints(self, form: Form) -> None:
        assert form.read() == Reading()

    def test_what_goes_with_a_published_figure_is_marked(
        self, form: Form, tmp_path: Path, registry: Registry, make_observations: Callable[..., pl.DataFrame]
    ) -> None:
        key = "schools_national_standard/preschool"
        schools = {"measure": "schools", "level": "preschool", "territory": "hai_phong", "year": 2026}
        path = tmp_path / "form.xlsx"
        known = make_observations(schools | {"value": 596.0})
        write_form(path, subject="preschool", year=2026, observations=known, registry=registry)
        flags = [one.type(key, value=430).read().observations[0]["flags"] for one in (form, Form(path, registry))]
        assert flags == [[], ["beside_known"]]

    def test_what_goes_with_figures_that_other_forms_ask_for_is_not(self, form: Form) -> None:
        # A target of all levels together divides teachers by what the norm requires: this form is not about it.
        (row,) = form.type("teachers/preschool", value=596).read().observations
        assert row["flags"] == []

    def test_a_value_is_an_observation_with_its_cell(self, form: Form) -> None:
        reading = form.type(PUPILS, value="12.345", origin="30/9/2026", note="= ước tính").read()
        assert not reading.issues
        (row,) = reading.observations
        assert pl.DataFrame([row], schema=schema.OBSERVATIONS, orient="row").height == 1
        assert row.keys() == schema.OBSERVATIONS.keys() - {"digest"}  # which the pipeline adds to every row
        assert (row["measure"], row["level"], row["ownership"], row["sex"]) == ("pupils", "nursery", "all", "both")
        assert (row["territory"], row["year"], row["status"]) == ("hai_phong", 2026, "final")
        assert (row["value"], row["printed"], row["unit"], row["step"]) == (12345, "12.345", "persons", 1)
        assert (row["source"], row["edition"]) == (RESOURCE.name, RESOURCE.published)
        assert (row["file"], row["sheet"]) == (RESOURCE.path, "Số liệu")
        assert row["cell"] == form.find(PUPILS, "value").coordinate
        assert row["note"] == "30/9/2026; = ước tính"

    def test_a_synthetic_form_says_so_and_its_values_too(self, tmp_path: Path, registry: Registry) -> None:
        invented = pl.DataFrame([{"status": "synthetic", "year": 2020}], schema=schema.OBSERVATIONS)
        path = tmp_path / "synthetic.xlsx"
        write_form(path, subject="preschool", year=2026, observations=invented, registry=registry)
        made_up = Form(path, registry)
        assert all("MÔ PHỎNG" in str(sheet["A1"].value) for sheet in made_up.workbook)
        made_up.find(PUPILS, "value").value = 41250
        made_up.find(MILESTONE, "state").value = "Đạt"
        rows = made_up.read().observations
        assert [row["status"] for row in rows] == ["synthetic", "synthetic"]
        grids = open_source(made_up.save()).grids
        found = find_cover(grids, registry)
        assert found and found.synthetic and find_cover(grids[1:], registry) is None
        cover = made_up.workbook.worksheets[0]
        (code,) = [cell for row in cover for cell in row if " synthetic #" in str(cell.value)]
        # A territory that this registry does not know is none.
        assert find_cover(grids, replace(registry, territories={})) is None
        code.value = code.value.replace(" synthetic", "")  # the mark cannot be taken off
        reading = made_up.read()
        assert not reading.observations
        assert {issue["reason"] for issue in reading.issues} == {"form_cover"}

    def test_columns_may_be_moved(self, form: Form) -> None:
        sheet = form.sheet("numbers")
        form.find(PUPILS, "value").value = 41250
        rows = [list(row) for row in sheet.values]
        for number, row in enumerate(rows, 1):
            for place, value in enumerate(reversed(row), 1):
                sheet.cell(number, place).value = value
        assert [row["value"] for row in form.read().observations] == [41250]

    def test_zero_is_a_figure(self, form: Form) -> None:
        assert form.type(PUPILS, value=0).read().observations[0]["value"] == 0

    @pytest.mark.parametrize(
        "typed", [date(2026, 6, 5), datetime(2026, 6, 5, 8, 30), "05/06/2026", "ngày 5 tháng 6 năm 2026", 46178]
    )
    def test_a_milestone_takes_state_decision_and_date(self, form: Form, typed: object) -> None:
        cell = form.find(MILESTONE, "date")
        reading = form.type(MILESTONE, state="Đạt", decision="12/QĐ-UBND", date=typed).read()
        assert not reading.issues and cell.value == typed
        (row,) = reading.observations
        assert (row["value"], row["unit"], row["printed"]) == (1, "status", "Đạt")
        assert row["note"] == "12/QĐ-UBND; 2026-06-05"

    @pytest.mark.parametrize(
        ("key", "state", "value"),
        [
            (MILESTONE, "chưa đạt ", 0),
            (MILESTONE, "Reached", 1),
            (TASK, "Hoàn thành", 1),
            (TASK, "Đang thực hiện", 0),
            (TASK, "Chưa thực hiện", 0),
        ],
    )
    def test_states(self, form: Form, key: str, state: str, value: int) -> None:
        (row,) = form.type(key, state=state).read().observations
        assert row["value"] == value

    def test_sheets_may_be_renamed_and_rows_deleted(self, form: Form) -> None:
        form.type(POPULATION, value=9)
        form.sheet("numbers").delete_rows(form.find(PUPILS, "value").row)
        form.sheet("numbers").title = "Phòng GDMN"
        assert [row["value"] for row in form.read().observations] == [9]


class TestWrong:
    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            ("khoảng 500", "form_not_a_number"),
            ("500 trẻ", "form_not_a_number"),
            ("-", "form_not_a_number"),
            ("#REF!", "error_in_cell"),
            (-5, "form_negative"),
            ("−5", "form_negative"),
            (12.5, "form_not_whole"),
            ("12,5", "form_not_whole"),
            ("1.234,5", "form_not_whole"),
        ],
    )
    def test_a_value_that_is_no_count(self, form: Form, value: object, reason: str) -> None:
        issue = only_issue(form.type(PUPILS, value=value).read())
        assert issue["reason"] == reason
        assert issue["cell"] == form.find(PUPILS, "value").coordinate
        assert issue["printed"] == str(value)
        for language in ("vi", "en"):
            assert f"!{issue['cell']}" in issue[f"message_{language}"]
            assert f"“{value}”" in issue[f"message_{language}"]

    def test_an_unknown_state(self, form: Form) -> None:
        issue = only_issue(form.type(TASK, state="xong").read())
        assert issue["reason"] == "form_unknown_state"
        assert "Hoàn thành, Đang thực hiện, Chưa thực hiện" in issue["message_vi"]

    @pytest.mark.parametrize("typed", ["31/02/2026", "12/2026", "2026", "tháng 12", "5/6/26"])
    def test_a_date_that_is_none_does_not_cost_the_state(self, form: Form, typed: str) -> None:
        reading = form.type(TASK, state="Hoàn thành", decision="7/BC", date=typed).read()
        assert [row["note"] for row in reading.observations] == ["7/BC"]
        assert [(i["reason"], i["printed"]) for i in reading.issues] == [("form_not_a_date", typed)]

    def test_a_remark_without_a_value_is_not_lost(self, form: Form) -> None:
        issue = only_issue(form.type(PUPILS, note="chưa tổng hợp").read())
        assert (issue["reason"], issue["printed"]) == ("form_without_value", "chưa tổng hợp")

    def test_a_part_greater_than_its_whole_names_both(self, form: Form) -> None:
        form.type("pupils/preschool", value=500).type("pupils/preschool/ownership=private", value=501)
        form.type(PUPILS, value=7)
        reading = form.read()
        assert [row["value"] for row in reading.observations] == [7]
        assert {issue["printed"] for issue in reading.issues} == {"500", "501"}
        whole = form.find("pupils/preschool", "value").coordinate
        part = form.find("pupils/preschool/ownership=private", "value").coordinate
        for issue in reading.issues:
            assert issue["reason"] == "form_part_exceeds_whole"
            assert f"Số liệu!{part} (501) > Số liệu!{whole} (500)" in issue["message_vi"]

    def test_the_numerator_of_a_share_greater_than_its_denominator(self, form: Form) -> None:
        form.type("institutions_smart_classroom/preschool", value=31)
        form.type("schools/preschool", value=20).type("independent_preschool_facilities/preschool", value=10)
        reading = form.read()
        assert reading.observations == [] and len(reading.issues) == 3
        assert "= 30" in next(iter(reading.issues))["message_en"]

    def test_equal_parts_and_gross_rates_are_fine(self, form: Form) -> None:
        form.type("pupils/preschool", value=500).type("pupils/preschool/ownership=private", value=500)
        form.type(PUPILS, value=110).type(POPULATION, value=100)
        assert not form.read().issues


class TestTampered:
    def test_labels_sorted_without_their_keys(self, form: Form) -> None:
        form.type(PUPILS, value=5)
        here, there = form.find(PUPILS, "series"), form.find(POPULATION, "series")
        here.value, there.value = there.value, here.value
        assert only_issue(form.read())["reason"] == "form_unknown_row"

    @pytest.mark.parametrize("key", [None, "pupils/primary", "pupils/nursery #00000000", "#", "= + #1"])
    def test_a_changed_key(self, form: Form, key: str | None) -> None:
        form.type(PUPILS, value=5).find(PUPILS, "key").value = key
        assert only_issue(form.read())["reason"] == "form_unknown_row"

    def test_a_key_of_a_measure_that_is_no_more(self, form: Form) -> None:
        labels = [str(form.find(PUPILS, column).value) for column in ("number", "series")]
        form.type(PUPILS, value=5).find(PUPILS, "key").value = write_key(SeriesRef("children", "nursery"), *labels)
        assert only_issue(form.read())["reason"] == "form_unknown_row"

    def test_a_row_added_below(self, form: Form) -> None:
        sheet = form.sheet("numbers")
        sheet.cell(sheet.max_row + 1, form.find(PUPILS, "value").column).value = 5
        assert only_issue(form.read())["reason"] == "form_unknown_row"

    def test_a_row_copied_below(self, form: Form) -> None:
        form.type(PUPILS, value=5)
        sheet, row = form.sheet("numbers"), form.find(PUPILS, "value").row
        sheet.append([cell.value for cell in sheet[row]])
        reading = form.read()
        assert [row["value"] for row in reading.observations] == [5]
        assert [issue["reason"] for issue in reading.issues] == ["form_duplicate_row"]

    def test_a_row_copied_with_another_value_leaves_neither(self, form: Form) -> None:
        form.type(PUPILS, value=5)
        sheet, row = form.sheet("numbers"), form.find(PUPILS, "value").row
        sheet.append([6 if cell.value == 5 else cell.value for cell in sheet[row]])
        reading = form.read()
        assert reading.observations == []
        assert [(i["reason"], i["printed"]) for i in reading.issues] == [
            ("form_duplicate_row", "5"),
            ("form_duplicate_row", "6"),
        ]

    def test_a_value_over_two_rows_is_of_neither(self, form: Form) -> None:
        cell = form.type(PUPILS, value=5).find(PUPILS, "value")
        below = cell.offset(row=1).coordinate
        form.sheet("numbers").merge_cells(f"{cell.coordinate}:{below}")
        assert only_issue(form.read())["reason"] == "form_merged"

    def test_a_value_over_two_columns_is_named(self, form: Form) -> None:
        cell = form.type(PUPILS, value=5).find(PUPILS, "value")
        form.sheet("numbers").merge_cells(f"{cell.coordinate}:{cell.offset(column=1).coordinate}")
        assert only_issue(form.read())["reason"] == "form_merged"

    def test_what_stands_beside_the_columns_of_the_form_is_named(self, form: Form) -> None:
        sheet = form.sheet("numbers")
        row = form.find(PUPILS, "value").row
        sheet.cell(row, sheet.max_column + 2).value = 1234
        issue = only_issue(form.read())
        assert (issue["reason"], issue["printed"]) == ("form_stray", "1234")

    def test_a_form_without_its_first_sheet_is_a_form_still(self, form: Form) -> None:
        form.type(PUPILS, value=5)
        del form.workbook[COVER]
        assert only_issue(form.read())["reason"] == "form_cover"

    def test_a_remark_over_two_rows_does_not_cost_the_value(self, form: Form) -> None:
        cell = form.type(PUPILS, value=5, note="ước tính").find(PUPILS, "note")
        form.sheet("numbers").merge_cells(f"{cell.coordinate}:{cell.offset(row=1).coordinate}")
        reading = form.read()
        assert [(row["value"], row["note"]) for row in reading.observations] == [(5, "")]
        assert [issue["reason"] for issue in reading.issues] == ["form_merged"]

    @pytest.mark.parametrize("unit", ["nghìn người", "%", None])
    def test_a_changed_unit(self, form: Form, unit: str | None) -> None:
        form.type(PUPILS, value=5).find(PUPILS, "unit").value = unit
        assert only_issue(form.read())["reason"] == "form_unknown_row"

    def test_a_unit_typed_into_a_heading(self, form: Form) -> None:
        cell = form.type(PUPILS, value=5).find(PUPILS, "value")
        form.sheet("numbers").cell(3, cell.column).value = "Giá trị (nghìn)"
        assert only_issue(form.read())["reason"] == "form_unknown_row"

    def test_another_year_over_the_rows_than_on_the_cover(self, form: Form) -> None:
        title = form.type(PUPILS, value=5).sheet("numbers")["A1"]
        title.value = title.value.replace("2026", "2025")
        assert only_issue(form.read())["reason"] == "form_unknown_row"

    @pytest.mark.parametrize("year", ["2026", "2027"])
    def test_the_year_retyped_in_the_title_only(self, form: Form, year: str) -> None:
        title = form.type(PUPILS, value=5).workbook.worksheets[0]["A1"]
        title.value = title.value.replace("(năm 2026)", f"(năm {year})")
        reading = form.read()
        if year == "2026":
            assert len(reading.observations) == 1
        else:
            assert only_issue(reading)["reason"] == "form_cover"

    def test_a_form_of_another_version_is_a_form_and_is_not_read(self, form: Form) -> None:
        form.type(PUPILS, value=5)
        for row in form.workbook.worksheets[0].iter_rows():
            for cell in row:
                if str(cell.value).startswith("hpedu-form 1"):
                    cell.value = cell.value.replace("hpedu-form 1", "hpedu-form 2")
        assert is_form(open_source(form.save()))
        assert only_issue(form.read())["reason"] == "form_cover"

    @pytest.mark.parametrize(("version", "is_read"), [(1, True), (2, False), (0, False)])
    def test_a_cover_of_another_version_is_not_read_however_well_it_is_sealed(
        self, version: int, is_read: bool
    ) -> None:
        code = f"hpedu-form {version} preschool hai_phong 2026"
        found = read_cover_code(f"{code} #{seal(code, 'Biểu')}", "Biểu")
        assert found == (Cover("preschool", "hai_phong", 2026) if is_read else None)

    def test_a_sheet_that_is_not_the_form_s_is_named(self, form: Form) -> None:
        form.workbook.create_sheet("Nháp")["B2"] = 12
        issue = only_issue(form.read())
        assert (issue["reason"], issue["cell"], issue["printed"]) == ("form_unknown_sheet", "B2", "12")


class TestIsForm:
    def test_by_content(self, empty: Path) -> None:
        assert is_form(open_source(empty.read_bytes()))

    def test_other_files_are_none(self, empty: Path) -> None:
        content = io.BytesIO()
        workbook = Workbook()
        workbook.active.title = "Hướng dẫn"
        workbook.active["A1"] = "Hướng dẫn điền biểu"
        workbook.save(content)
        assert not is_form(open_source(content.getvalue()))
        assert not is_form(open_source(b"hpedu-form 1"))
        for data in (b"", b"PK", empty.read_bytes()[:2000]):
            with pytest.raises((Unreadable, BadZipFile)):
                open_source(data)

    def test_as_many_people_as_a_city_can_have_are_read(self, form: Form) -> None:
        most = int(form.registry.limits["form_figure"].value)
        [row] = form.type(POPULATION, value=most).read().observations
        assert row["value"] == most

    @pytest.mark.parametrize("typed", [10_000_001, 999999999999999, "9" * 400])
    def test_more_people_than_a_city_can_have_are_set_aside(self, form: Form, typed: object) -> None:
        assert only_issue(form.type(POPULATION, value=typed).read())["reason"] == "form_out_of_range"


class TestTyped:
    @pytest.mark.parametrize(
        ("printed", "allowed", "value"),
        [
            ("1234", WHOLE, "1234"),
            ("1.234", WHOLE, "1234"),
            ("1,234", WHOLE, "1234"),
            ("1 234 567", WHOLE, "1234567"),
            ("1\u00a0234", WHOLE, "1234"),
            ("98,5", PERCENT, "98.5"),
            ("98.5%", PERCENT, "98.5"),
            ("1.234", PERCENT, "1.234"),
            ("12345.678", AMOUNT, "12345.678"),
            ("12.345,67", AMOUNT, "12345.67"),
            ("12,345.67", AMOUNT, "12345.67"),
            ("1.234.567", AMOUNT, "1234567"),
        ],
    )
    def test_numbers(self, printed: str, allowed: Range, value: str) -> None:
        assert read_typed_number(printed, allowed) == Decimal(value)

    @pytest.mark.parametrize(
        ("printed", "allowed", "reason"),
        [
            ("12.345", AMOUNT, "form_ambiguous"),
            ("100,1", PERCENT, "form_out_of_range"),
            ("-0,1", PERCENT, "form_negative"),
            ("1.23.456", WHOLE, "form_not_a_number"),
            ("1.234 567", WHOLE, "form_not_a_number"),
            ("0.123", WHOLE, "form_not_whole"),
            ("5%", WHOLE, "form_not_a_number"),
            ("٣", WHOLE, "form_not_a_number"),
        ],
    )
    def test_refused_numbers(self, printed: str, allowed: Range, reason: str) -> None:
        with pytest.raises(SetAside) as refused:
            read_typed_number(printed, allowed)
        assert refused.value.reason == reason

    @given(st.integers(0, 10**12), st.sampled_from([".", ",", " ", ""]))
    def test_every_count_comes_back_however_it_is_grouped(self, number: int, mark: str) -> None:
        assert read_typed_number(f"{number:,}".replace(",", mark), WHOLE) == number

    @given(st.text(max_size=12), st.sampled_from([WHOLE, PERCENT, AMOUNT]))
    def test_no_text_breaks_it(self, printed: str, allowed: Range) -> None:
        try:
            number = read_typed_number(printed, allowed)
        except SetAside as aside:
            assert aside.reason.startswith("form_")
        else:
            assert number >= 0 and number.is_finite()

    @given(st.dates(date(1990, 1, 1), date(2099, 12, 31)), st.sampled_from(["%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d"]))
    def test_dates(self, day: date, style: str) -> None:
        assert read_typed_date(day.strftime(style)) == day


class TestShape:
    @given(st.text(max_size=20), st.integers(1900, 2099), st.integers(1900, 2099))
    def test_a_cover_code_belongs_to_its_title(self, title: str, year: int, other: int) -> None:
        cover = Cover("preschool", "hai_phong", year)
        code = write_cover_code(cover, f"{title} {year}")
        assert read_cover_code(code, f"{title} {other}") == (cover if year == other else None)

    def test_keys_are_formulas(self) -> None:
        series = SeriesRef("pupils", "primary", "private", "female", "grade_1")
        key = write_key(series, "1", "x").partition(" #")[0]
        assert key == "pupils/primary/ownership=private/sex=female/detail=grade_1"
        assert parse_formula(key) == (series,)

    def test_what_is_done_of_each_task_and_duty_has_a_series_of_its_own(self, registry: Registry) -> None:
        series = [*map(duty_series, registry.duties.values()), *map(task_series, registry.tasks)]
        assert len(set(series)) == len(series) > 40
        assert all(parse_formula(write_key(one, "1", "x").partition(" #")[0]) == (one,) for one in series)

    def test_the_reasons_of_forms_say_what_to_do(self, registry: Registry) -> None:
        reasons = {code: row.name for code, row in registry.codes_of("reason").items() if code.startswith("form_")}
        assert len(reasons) == 23
        for said in reasons.values():
            assert (
                "{file}" in said.vi and "{file}" in said.en and "{subject}" in said.vi and "{subject}" in said.en
            )
            assert "Hãy" in said.vi
