"""The form as it is handed out, and the way of a filled one through to the targets."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from openpyxl import load_workbook

from hpedu.assess.standing import Standing, assess_targets
from hpedu.assess.tasks import list_occurrences
from hpedu.cache import VARIABLE as CACHE_VARIABLE
from hpedu.errors import NoYear, Refused, UnknownName, WrongEnding
from hpedu.ingest import schema
from hpedu.ingest.derive import mark_current
from hpedu.ingest.forms.design import COVER, SHEETS, Sheet, SheetKind
from hpedu.ingest.forms.filled import is_form, read_form
from hpedu.ingest.schema import Resource
from hpedu.ingest.source import open_source
from hpedu.present.exports.form import (
    formula_series,
    offer_forms,
    write_form,
)
from hpedu.present.exports.form_workbook import FIRST, HEAD
from hpedu.present.registers import list_tasks
from hpedu.present.view import Wording
from hpedu.registry import Registry
from hpedu.texts import LANGUAGES, Language
from hpedu.values import compute_indicators

NOTHING = pl.DataFrame(schema=schema.OBSERVATIONS)
# A form of a group has no sheet of duties.
OF_GROUP: dict[SheetKind, Sheet] = {kind: sheet for kind, sheet in SHEETS.items() if kind != "duties"}
GROUPS = ("preschool", "general", "higher", "continuing", "cross_cutting")


RESOURCE = Resource(
    name="form", path="form.xlsx", title="Form", publisher="Department", table="form", url="",
    published="2026-11-20", scope="", confidence="high", transcription=False, licenses=[],
)  # fmt: skip


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> dict[str, Path]:
    """An empty form of every group, where nothing is known."""
    folder = tmp_path_factory.mktemp("forms")
    for group in GROUPS:
        write_form(folder / f"{group}.xlsx", subject=group, year=2026, observations=NOTHING, registry=registry)
    return {group: folder / f"{group}.xlsx" for group in GROUPS}


def read_rows(path: Path, kind: SheetKind) -> list[dict[str, Any]]:
    """The cells of a sheet of the form, by column."""
    design = SHEETS[kind]
    sheet = load_workbook(path)[design.name]
    names = [column.id for column in design.columns]
    return [dict(zip(names, row, strict=True)) for row in sheet.iter_rows(min_row=FIRST)]


def key(row: dict[str, Any]) -> str:
    return str(row["key"].value).partition(" #")[0]


class TestRows:
    def test_each_series_is_asked_for_once(self, forms: dict[str, Path]) -> None:
        for path in forms.values():
            keys = [key(row) for row in read_rows(path, "numbers")]
            assert keys and len(keys) == len(set(keys))

    def test_a_series_names_all_targets_it_feeds(self, forms: dict[str, Path], registry: Registry) -> None:
        row = next(row for row in read_rows(forms["preschool"], "numbers") if key(row) == "schools/preschool")
        for target in ("preschool_private_school_share", "preschool_national_standard_share"):
            assert registry.targets[target].name.vi in row["targets"].value
            assert registry.targets[target].legal_source.vi in row["legal"].value
        assert row["series"].value == "Trường học – Mầm non (2026-2027)\nSchools – Preschool (2026-27)"
        assert row["unit"].value == "trường"
        assert "suy ra" in row["department"].value and "Phòng Giáo dục Mầm non" in row["department"].value

    def test_what_is_known_is_not_asked_for(
        self, tmp_path: Path, registry: Registry, make_observations: Callable[..., pl.DataFrame]
    ) -> None:
        city = {"territory": "hai_phong", "year": 2026, "measure": "pupils"}
        known = make_observations(
            city | {"level": "nursery"},
            city | {"level": "kindergarten", "year": 2025},
            city | {"level": "preschool", "qualifier": ">"},
            city | {"level": "preschool", "ownership": "private", "territory": "hai_phong_old"},
        )
        count = write_form(
            tmp_path / "f.xlsx", subject="preschool", year=2026, observations=known, registry=registry
        )
        keys = [key(row) for row in read_rows(tmp_path / "f.xlsx", "numbers")]
        assert len(keys) == count and "pupils/nursery" not in keys
        assert {"pupils/kindergarten", "pupils/preschool", "pupils/preschool/ownership=private"} <= set(keys)

    def test_all_milestones_and_tasks_have_a_row(self, forms: dict[str, Path], registry: Registry) -> None:
        milestones = [key(row) for path in forms.values() for row in read_rows(path, "milestones")]
        assert len(milestones) == len(set(milestones)) == 7
        assert "unesco_learning_city_member/continuing" in milestones
        tasks = [key(row) for row in read_rows(forms["general"], "tasks")]
        # The reviews are not due before 2030, and target 66 asks for the new university.
        assert len(set(tasks)) == len(tasks) == len(registry.tasks) - 2
        assert "task_done/all/detail=resolution_173_174_plan-3_1" in tasks

    def test_overview_is_the_targets_across_levels(
        self, tmp_path: Path, forms: dict[str, Path], registry: Registry
    ) -> None:
        write_form(tmp_path / "f.xlsx", subject="overview", year=2026, observations=NOTHING, registry=registry)
        keys = [[key(r) for r in read_rows(p, "numbers")] for p in (tmp_path / "f.xlsx", forms["cross_cutting"])]
        assert keys[0] == keys[1]

    def test_bad_names_and_filled_forms_are_refused(self, tmp_path: Path, registry: Registry) -> None:
        path = tmp_path / "f.xlsx"
        with pytest.raises(UnknownName, match="preschool"):
            write_form(path, subject="preschol", year=2026, observations=NOTHING, registry=registry)
        with pytest.raises(UnknownName):
            write_form(path, subject="general", year=2026, territory="x", observations=NOTHING, registry=registry)
        path.write_bytes(b"filled in")
        with pytest.raises(Refused, match="may have been filled in"):
            write_form(path, subject="general", year=2026, observations=NOTHING, registry=registry)
        assert path.read_bytes() == b"filled in"


class TestLook:
    def test_only_what_is_to_be_filled_in_is_unlocked(self, forms: dict[str, Path]) -> None:
        for kind, design in OF_GROUP.items():
            for row in read_rows(forms["preschool"], kind):
                for column in design.columns:
                    cell = row[column.id]
                    assert cell.protection.locked == (column.role != "fill")
                    assert (cell.value is None) == (column.role == "fill")
                    assert (cell.fill.fgColor.rgb == "00FFF6CC") == (column.role == "fill")

    def test_sheets_are_protected_frozen_and_print_on_a4(self, forms: dict[str, Path]) -> None:
        workbook = load_workbook(forms["preschool"])
        assert workbook.sheetnames == ["Hướng dẫn", *(design.name for design in OF_GROUP.values())]
        for sheet in workbook.worksheets:
            assert sheet.protection.sheet and sheet.protection.password is None
            assert (sheet.page_setup.orientation, str(sheet.page_setup.paperSize)) == ("landscape", "9")
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, int(sheet.title == COVER))
        for design in OF_GROUP.values():
            sheet = workbook[design.name]
            assert sheet.freeze_panes.endswith(str(FIRST)) and sheet.row_dimensions[HEAD].hidden
            last = sheet.cell(FIRST, len(design.columns)).column_letter
            assert sheet.column_dimensions[last].hidden

    def test_ranges_and_drop_downs(self, forms: dict[str, Path]) -> None:
        def rules(group: str, kind: SheetKind) -> dict[str, Any]:
            sheet = load_workbook(forms[group])[SHEETS[kind].name]
            return {rule.type: rule for rule in sheet.data_validations.dataValidation}

        whole = rules("preschool", "numbers")["whole"]
        assert (whole.operator, whole.formula1, whole.allow_blank) == ("greaterThanOrEqual", "0", True)
        assert "số nguyên" in whole.error and "whole" in whole.error
        assert {"whole", "decimal"} == set(rules("cross_cutting", "numbers"))  # budgets have decimals
        assert rules("preschool", "milestones")["list"].formula1 == '"Đạt,Chưa đạt"'
        assert rules("preschool", "tasks")["list"].formula1 == '"Hoàn thành,Đang thực hiện,Chưa thực hiện"'
        assert "date" in rules("preschool", "tasks")

    def test_the_cover_says_who_and_how_and_can_be_recognised(
        self, forms: dict[str, Path], registry: Registry
    ) -> None:
        cover = load_workbook(forms["preschool"]).worksheets[0]
        texts = [str(cell.value) for row in cover.iter_rows() for cell in row if cell.value]
        assert "2026-2027" in texts[0] and "Thành phố Hải Phòng" in texts[0] and "2026-27" in texts[0]
        assert any(text.startswith("hpedu-form 1 preschool hai_phong 2026") for text in texts)
        assert any(registry.departments["preschool_primary"].name.vi in text for text in texts)
        unlocked = [cell for row in cover.iter_rows() for cell in row if not cell.protection.locked]
        assert len(unlocked) == 2 and all(cell.value is None for cell in unlocked)
        assert all(is_form(open_source(path.read_bytes())) for path in forms.values())

    @pytest.mark.parametrize("text", ["=1+1", "+84", "-5", "@SUM(A1)"])
    def test_text_that_a_spreadsheet_would_run_stays_text(
        self, tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch, text: str
    ) -> None:
        measure = registry.measures["pupils"]
        evil = measure.model_copy(update={"definition": measure.definition.model_copy(update={"vi": text})})
        monkeypatch.setitem(registry.measures, "pupils", evil)
        write_form(tmp_path / "f.xlsx", subject="preschool", year=2026, observations=NOTHING, registry=registry)
        row = next(row for row in read_rows(tmp_path / "f.xlsx", "numbers") if key(row) == "pupils/nursery")
        assert row["definition"].value.startswith(text)
        assert row["definition"].data_type == "s" and row["definition"].quotePrefix


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, forms: dict[str, Path], registry: Registry) -> pl.DataFrame:
    """What is read from a form of the preschool group, filled in as a person would."""
    answers: dict[str, dict[str, object]] = {
        "pupils/nursery": {"value": "12.000", "origin": "CSDL ngành, 30/9/2026"},
        "resident_population_school_age/nursery": {"value": 30000},
        "milestone_reached/kindergarten/detail=preschool_universalisation_5yo_maintained": {
            "state": "Đạt",
            "decision": "15/QĐ-UBND",
            "date": date(2026, 2, 1),
        },
        "milestone_reached/preschool/detail=preschool_database_completed": {"state": "Chưa đạt"},
        "task_done/all/detail=strategy_plan-4": {
            "state": "Hoàn thành",
            "decision": "99/BC-SGDĐT",
            "date": "20/12/2025",
        },
        "task_done/all/detail=strategy_plan-8": {"state": "Đang thực hiện"},
    }
    workbook = load_workbook(forms["preschool"])
    for design in OF_GROUP.values():
        names = [column.id for column in design.columns]
        for row in workbook[design.name].iter_rows(min_row=FIRST):
            for column, value in answers.pop(str(row[-1].value).partition(" #")[0], {}).items():
                row[names.index(column)].value = value
    assert answers == {}
    path = tmp_path_factory.mktemp("filled") / "form.xlsx"
    workbook.save(path)
    reading = read_form(open_source(path.read_bytes()), RESOURCE, registry)
    assert not reading.issues
    return mark_current(pl.DataFrame(reading.observations, schema=schema.OBSERVATIONS, orient="row"))


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Path:
    """The form of a division that owes things on both grounds."""
    path = tmp_path_factory.mktemp("division") / "form.xlsx"
    write_form(path, subject="planning_finance", year=2026, observations=NOTHING, registry=registry)
    return path


class TestDivision:
    """The form of a division: all it owes, what a plan assigns apart from what is inferred."""

    def test_what_a_plan_assigns_stands_apart_and_first(self, form: Path) -> None:
        rows = read_rows(form, "numbers")
        heads = {str(row["number"].value): n for n, row in enumerate(rows) if row["key"].value is None}
        stated, inferred = heads.values()
        assert next(iter(heads)).startswith("Kế hoạch giao đích danh") and stated == 0 < inferred
        asked = {key(row) for row in rows[1:inferred]}
        assert "budget_total_account/all" in asked and "schools/preschool" not in asked
        assert "schools/preschool" in {key(row) for row in rows[inferred:]}

    def test_every_target_task_and_duty_of_a_division_is_in_its_form(
        self, tmp_path: Path, registry: Registry
    ) -> None:
        for division in registry.departments:
            path = tmp_path / f"{division}.xlsx"
            write_form(path, subject=division, year=2025, observations=NOTHING, registry=registry)
            fed = {
                line.partition(".")[0]
                for row in read_rows(path, "numbers")
                for line in str(row["targets"].value).split("\n")
            }
            fed |= {str(row["number"].value) for row in read_rows(path, "milestones")}
            own = [target for target in registry.targets.values() if division in target.departments]
            assert {str(target.number) for target in own} <= fed
            duties = [one.id for one in registry.duties.values() if division in registry.bearers_of(one)]
            kept = load_workbook(path).sheetnames
            assert (SHEETS["duties"].name in kept) == bool(duties)
            if duties:
                found = {key(row).partition("detail=")[2] for row in read_rows(path, "duties")} - {""}
                assert found == set(duties)
        tasks = {key(row) for row in read_rows(tmp_path / "organisation.xlsx", "tasks")}
        assert "task_done/all/detail=strategy_plan-1" in tasks
        assert "task_done/all/detail=strategy_plan-2" not in tasks

    def test_figures_that_measure_a_duty_are_asked_for(self, form: Path, registry: Registry) -> None:
        rows = {key(row): row for row in read_rows(form, "numbers")}
        for duty in ("investment_publication", "financial_autonomy"):
            for name in registry.duties[duty].indicators:
                for series in formula_series(registry.indicators[name]):
                    assert (
                        registry.duties[duty].duty.vi in rows[f"{series.measure}/{series.level}"]["targets"].value
                    )

    def test_a_duty_is_read_back_with_its_document_and_evidence(self, form: Path, registry: Registry) -> None:
        workbook = load_workbook(form)
        design = SHEETS["duties"]
        names = [column.id for column in design.columns]
        sheet = workbook[design.name]
        for column, text in {"state": "Hoàn thành", "decision": "5/BC", "evidence": "bao_cao.pdf"}.items():
            sheet.cell(FIRST + 1, names.index(column) + 1).value = text
        saved = io.BytesIO()
        workbook.save(saved)
        reading = read_form(open_source(saved.getvalue()), RESOURCE, registry)
        assert not reading.issues
        (row,) = reading.observations
        assert (row["measure"], row["detail"], row["value"]) == ("duty_done", "investment_publication", 1)
        assert row["note"] == "5/BC; bao_cao.pdf"

    @pytest.mark.parametrize("year", [26, 0, -5, 999_999])
    def test_a_year_nobody_can_mean_gets_a_sentence(self, tmp_path: Path, registry: Registry, year: int) -> None:
        with pytest.raises(NoYear, match=str(year)):
            write_form(tmp_path / "f.xlsx", subject="higher", year=year, observations=NOTHING, registry=registry)

    def test_a_form_is_called_a_workbook(self, tmp_path: Path, registry: Registry) -> None:
        with pytest.raises(WrongEnding, match=r"Type f\.xlsx"):
            write_form(tmp_path / "f.csv", subject="higher", year=2026, observations=NOTHING, registry=registry)


class TestRoundTrip:
    """Written, filled in, read, and through to the states of the targets."""

    def test_targets_change_state(self, filled: pl.DataFrame, registry: Registry) -> None:
        def standings(observations: pl.DataFrame) -> dict[str, Standing]:
            values = compute_indicators(observations, registry)
            return {s.target.id: s for s in assess_targets(values, registry, "hai_phong", 2026)}

        before, after = standings(NOTHING), standings(filled)
        assert before["nursery_enrolment_rate"].state == "no_data"
        rate = after["nursery_enrolment_rate"]
        assert rate.state == "one_point" and rate.last is not None
        assert (rate.last["value"], rate.last["sources"]) == (40, ["form"])
        five = "preschool_universalisation_5yo_maintained"
        assert (before[five].state, after[five].state) == ("milestone_unreported", "milestone_reached")
        assert after["preschool_database_completed"].state == "milestone_not_reached"

    def test_a_completed_task_is_overdue_no_more(self, filled: pl.DataFrame, registry: Registry) -> None:
        values = compute_indicators(filled, registry)
        standings = assess_targets(values, registry, "hai_phong", 2026)
        found = list_occurrences(registry, filled, standings, 2026)
        late = {one.task.id for one in found if one.late}
        assert "strategy_plan 8" in late and "strategy_plan 4" not in late
        listed = list_tasks(found, Wording(registry, "vi", "hai_phong")).plain
        assert "31/12/2025: hoàn thành (99/BC-SGDĐT; 2025-12-20)" in listed
        assert "31/12/2025: quá hạn theo kế hoạch; hpedu chưa nhận báo cáo kết quả" in listed

    def test_a_figure_is_asked_only_for_years_its_last_day_allows(
        self, tmp_path: Path, forms: dict[str, Path], registry: Registry
    ) -> None:
        path = tmp_path / "f.xlsx"
        write_form(path, subject="cross_cutting", year=2025, observations=NOTHING, registry=registry)
        dated = {"universities_new/tertiary", "schools_national_standard/preschool_general"}
        assert dated <= {key(row) for row in read_rows(path, "numbers")}
        assert not dated & {key(row) for row in read_rows(forms["cross_cutting"], "numbers")}

    def test_what_was_abolished_is_not_asked_for_but_its_substitute_is(self, forms: dict[str, Path]) -> None:
        rows = {key(row): row["targets"].value for row in read_rows(forms["continuing"], "numbers")}
        assert not [name for name in rows if name.startswith("districts")]
        assert "không bắt buộc" in rows["communes_learning_community/continuing"]

    def test_the_next_form_asks_only_for_the_rest(
        self, tmp_path: Path, filled: pl.DataFrame, forms: dict[str, Path], registry: Registry
    ) -> None:
        count = write_form(
            tmp_path / "f.xlsx", subject="preschool", year=2026, observations=filled, registry=registry
        )
        assert count == len(read_rows(forms["preschool"], "numbers")) - 2


class TestOffer:
    """The form a page offers: whole inside the page, and only to a territory that can fill it in."""

    @pytest.fixture(autouse=True)
    def keep_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(CACHE_VARIABLE, "off")

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_form_of_each_group_opens_from_the_page(self, registry: Registry, language: Language) -> None:
        wording = Wording(registry, language, "hai_phong")
        offered = offer_forms(
            ["preschool", "higher"], territory="hai_phong", year=2025, observations=NOTHING, wording=wording
        )
        forms = re.findall(r'download="([^"]+)" href="data:[^;]+;base64,([^"]+)"', offered.html)
        assert [name for name, _ in forms] == [
            "hpedu-preschool-hai_phong-2025.xlsx",
            "hpedu-higher-hai_phong-2025.xlsx",
        ]
        for _, content in forms:
            assert openpyxl.load_workbook(io.BytesIO(base64.b64decode(content))).sheetnames
        assert 'id="missing"' in offered.html

    def test_a_territory_that_is_no_more_is_asked_for_nothing(self, registry: Registry) -> None:
        wording = Wording(registry, "en", "hai_phong_old")
        offered = offer_forms(
            ["preschool"], territory="hai_phong_old", year=2025, observations=NOTHING, wording=wording
        )
        assert "<a" not in offered.html
        assert "city of today" in offered.plain
