"""The history book: how it is handed out, filled in, sent back, and read, whatever was done to it on the way."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZipFile

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell

from hpedu.assess.standing import assess_targets
from hpedu.errors import Refused, WrongEnding
from hpedu.ingest import schema
from hpedu.ingest.derive import derive_merged, mark_current
from hpedu.ingest.forms.design import (
    CHECKS,
    COMPUTED,
    COVER,
    MARKER,
    PASTED,
    Column,
    head_column,
    range_of,
    read_key,
)
from hpedu.ingest.interpret import Reading
from hpedu.ingest.pipeline import read_own
from hpedu.ingest.propose import stand_in
from hpedu.ingest.reading import read_file
from hpedu.ingest.source import open_source
from hpedu.present.exports.form_workbook import FIRST, HEAD
from hpedu.present.exports.history import NoYears, read_years, write_history
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef
from hpedu.values import compute_indicators
from tests.ingest.test_reading_formats import expected, figures, vietnamese

YEARS = range(2019, 2026)
ODF = ("office", "table", "text")
NOTHING = pl.DataFrame(schema=schema.OBSERVATIONS)
NURSERY = "hai_phong_old:pupils/nursery"
PRESCHOOL = "hai_phong_old:pupils/preschool"
BOTH_SESSIONS = "hai_phong_old:pupils_two_sessions/preschool"


@dataclass
class Book:
    """A book in the hands of whoever fills it in."""

    workbook: Workbook
    registry: Registry

    def rows(self) -> Iterator[tuple[str, dict[str, Cell]]]:
        """Yield every row with a key: the key without its seal, and its cells by column."""
        for sheet in self.workbook:
            heads = {str(cell.value).partition(":")[2]: cell.column for cell in sheet[HEAD] if cell.value}
            for number in range(FIRST, sheet.max_row + 1):
                key = sheet.cell(number, heads["key"]).value if "key" in heads else None
                if key:
                    cells = {name: sheet.cell(number, column) for name, column in heads.items()}
                    yield str(key).partition(" #")[0], cells

    def find(self, key: str) -> dict[str, Cell]:
        return dict(self.rows())[key]

    def type(self, key: str, **values: object) -> Book:
        """Type into cells of a row, by column; a year is `y2021`."""
        for name, value in values.items():
            self.find(key)[name.removeprefix("y")].value = value
        return self

    def read(self) -> Reading:
        content = io.BytesIO()
        self.workbook.save(content)
        return read_file(open_source(content.getvalue()), stand_in(Path("so.xlsx")), self.registry)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> bytes:
    """The book of all targets, where nothing is known."""
    path = tmp_path_factory.mktemp("book") / "so.xlsx"
    write_history(path, years=YEARS, observations=NOTHING, titles={}, registry=registry)
    return path.read_bytes()


@pytest.fixture
def book(empty: bytes, registry: Registry) -> Book:
    return Book(load_workbook(io.BytesIO(empty)), registry)


@pytest.fixture
def known(tmp_path: Path, registry: Registry, make_observations: Callable[..., pl.DataFrame]) -> Book:
    """A book into which pupils of 2019 to 2021 are printed, from a published table."""
    old = {"territory": "hai_phong_old", "level": "nursery", "source": "yearbook"}
    given = [old | {"year": 2019 + place, "value": 40_000.0 + 1_000 * place} for place in range(3)]
    path = tmp_path / "so.xlsx"
    observations = make_observations(*given)
    write_history(
        path, years=YEARS, observations=observations, titles={"yearbook": "Niên giám"}, registry=registry
    )
    return Book(load_workbook(path), registry)


def values(reading: Reading) -> dict[tuple[str, int], float]:
    return {(row["territory"], row["year"]): row["value"] for row in reading.observations}


def reasons(reading: Reading) -> dict[str, str]:
    """Cell -> reason of what was set aside."""
    return {issue["cell"]: issue["reason"] for issue in reading.issues}


def write_open_document(workbook: Workbook) -> bytes:
    """Save a workbook as LibreOffice does in its own format, which says of each number that it is one."""
    tables = []
    for sheet in workbook:
        rows = []
        for row in sheet.iter_rows(values_only=True):
            cells = []
            for value in row:
                lines = "" if value is None else str(value)
                shown = "".join(f"<text:p>{escape(line)}</text:p>" for line in lines.splitlines())
                kind = 'office:value-type="string"' if shown else ""
                if isinstance(value, int | float):
                    kind = f'office:value-type="float" office:value="{value}"'
                cells.append(f"<table:table-cell {kind}>{shown}</table:table-cell>")
            rows.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
        tables.append(f'<table:table table:name="{escape(sheet.title)}">{"".join(rows)}</table:table>')
    names = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ODF)
    body = f"<office:body><office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body>"
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", f"<office:document-content {names}>{body}</office:document-content>")
    return content.getvalue()


class TestWritten:
    def test_a_sheet_a_division_and_the_rest_around_it(self, book: Book, registry: Registry) -> None:
        divisions = [row.sheet for row in registry.departments.values() if row.valid_to is None]
        assert book.workbook.sheetnames == [COVER, *divisions, CHECKS, PASTED]
        for sheet in book.workbook.worksheets[1:]:
            assert sheet.protection.sheet and str(sheet.page_setup.paperSize) == "8"
            assert sheet.page_setup.orientation == "landscape" and len(sheet.title) <= 31

    def test_every_series_stands_once_in_each_territory(self, book: Book) -> None:
        keys = [key for key, _ in book.rows() if key != COMPUTED]
        assert len(keys) == len(set(keys))
        asked: dict[str, set[SeriesRef]] = {
            place: set() for place in ("hai_phong", "hai_phong_old", "hai_duong_old")
        }
        for key in keys:
            place, series, _ = read_key(key)
            asked[place].add(series)
        assert asked["hai_phong_old"] == asked["hai_duong_old"] < asked["hai_phong"]
        # Milestones are of the city, and what is counted by communes is so since the merger.
        others = {series.measure for series in asked["hai_phong"] - asked["hai_phong_old"]}
        assert others == {
            *("milestone_reached", "unesco_learning_city_member"),
            *("communes_literacy_level2", "communes_learning_community"),
        }

    def test_an_old_province_is_not_asked_after_its_end(self, book: Book) -> None:
        cells = book.find(NURSERY)
        assert cells["2025"].protection.locked and not cells["2024"].protection.locked

    def test_what_is_known_is_grey_with_its_source_and_what_comes_is_said(self, known: Book) -> None:
        cells = known.find(NURSERY)
        assert [cells[str(year)].value for year in (2019, 2020, 2021, 2022)] == [40000, 41000, 42000, None]
        assert all(cells[str(year)].protection.locked for year in (2019, 2020, 2021))
        assert cells["known_from"].value == "2019–2021: Niên giám\nTừ 2022: chờ bảng công bố này"
        assert cells["2022"].fill.fgColor.rgb != known.find(PRESCHOOL)["2022"].fill.fgColor.rgb

    def test_the_other_years_give_the_usual_range(self, known: Book) -> None:
        place = known.find(NURSERY)["2022"]
        rules = [r for r in place.parent.data_validations.dataValidation if place.coordinate in r.sqref]
        assert [(r.type, r.formula1, r.formula2, r.errorStyle) for r in rules] == [
            ("whole", "13333", "126000", "warning")
        ]

    def test_the_share_is_computed_beside_its_parts(self, book: Book) -> None:
        sheet = book.find(BOTH_SESSIONS)["2021"].parent
        texts = [str(cell.value) for row in sheet.iter_rows() for cell in row]
        parts = [book.find(key)["2021"].coordinate for key in (BOTH_SESSIONS, PRESCHOOL)]
        assert any(f"ROUND(100*SUM({parts[0]})/SUM({parts[1]}),2)" in text for text in texts)

    def test_a_row_whose_series_breaks_says_so(self, book: Book) -> None:
        text = book.find("hai_phong:communes_universalisation_level3/primary")["definition"].value
        assert "Từ 2025" in text and "114 đơn vị" in text

    def test_a_sum_is_checked_against_its_parts(self, book: Book) -> None:
        rows = {key.partition(":")[2]: cells for key, cells in book.rows() if key.startswith("hai_phong_old:")}
        parts = [f"D{rows[f'pupils/{level}']['2019'].row}:I" for level in ("nursery", "kindergarten")]
        formula = str(rows["pupils/preschool"]["remark"].value)
        assert all(part[:-1] in formula for part in parts) and "Không bằng tổng các dòng" in formula
        assert "Không bằng tổng" not in str(rows["pupils/primary"]["remark"].value)

    def test_a_division_is_asked_for_the_budget_and_what_else_its_duties_are_measured_by(self, book: Book) -> None:
        for series in (
            "education_recurrent_estimate",
            "education_investment_medium_term",
            "public_units_autonomy_4",
        ):
            cells = book.find(f"hai_phong:{series}/all")
            assert cells["key"].parent.title == "Kế hoạch - Tài chính" and cells["targets"].value
            assert not cells["2025"].protection.locked

    def test_progress_stands_on_each_sheet(self, book: Book) -> None:
        for sheet in book.workbook.worksheets[1:-2]:
            assert any(str(cell.value).startswith('="Đã điền "&SUM(') for cell in sheet[1])

    def test_one_group_or_division(self, tmp_path: Path, registry: Registry) -> None:
        asked = {"observations": NOTHING, "titles": {}, "registry": registry, "years": YEARS}
        counts = [
            write_history(tmp_path / f"{name}.xlsx", subject=name, **asked) for name in ("preschool", "quality")
        ]
        assert load_workbook(tmp_path / "quality.xlsx").sheetnames == [COVER, "Quản lý chất lượng", CHECKS, PASTED]
        assert counts[0] > counts[1] > 0
        with pytest.raises(Refused, match="may have been filled in"):
            write_history(tmp_path / "quality.xlsx", **asked)
        with pytest.raises(WrongEnding):
            write_history(tmp_path / "quality.pdf", **asked)

    @pytest.mark.parametrize("text", ["2019", "2025-2019", "2019-2099", "x-y", "1900-2025", "2019-2019"])
    def test_years_nobody_can_mean(self, text: str) -> None:
        with pytest.raises(NoYears):
            read_years(text)
        assert read_years("2019-2025") == YEARS


class TestRead:
    def test_empty_it_says_nothing(self, book: Book, known: Book) -> None:
        for one in (book, known):
            reading = one.read()
            assert not reading.observations and not list(reading.issues)

    def test_half_filled(self, known: Book) -> None:
        reading = known.type(NURSERY, y2023="43.000", y2024=43500, origin="Báo cáo năm học").read()
        assert not list(reading.issues)
        assert values(reading) == {("hai_phong_old", 2023): 43000, ("hai_phong_old", 2024): 43500}
        assert {row["note"] for row in reading.observations} == {"Báo cáo năm học"}

    def test_saved_as_an_open_document(self, known: Book) -> None:
        known.type(NURSERY, y2022=43_000, y2023=44_000)
        content = write_open_document(known.workbook)
        reading = read_file(open_source(content), stand_in(Path("so.ods")), known.registry)
        assert not list(reading.issues)
        assert values(reading) == {("hai_phong_old", 2022): 43_000, ("hai_phong_old", 2023): 44_000}

    def test_sheets_renamed_cover_too_and_rows_sorted(self, book: Book) -> None:
        book.type(NURSERY, y2021=40000)
        for place, sheet in enumerate(book.workbook.worksheets):
            sheet.title = f"Trang {place}"
        cells = book.find(NURSERY)
        moved = {name: cell.value for name, cell in cells.items()}
        sheet = cells["key"].parent
        for name, cell in cells.items():
            sheet.cell(sheet.max_row if name != "number" else sheet.max_row + 5, cell.column).value = moved[name]
            cell.value = None
        assert values(book.read()) == {("hai_phong_old", 2021): 40000}

    def test_a_row_copied_is_named_once(self, book: Book) -> None:
        cells = book.type(NURSERY, y2021=40000).find(NURSERY)
        sheet, last = cells["key"].parent, cells["key"].parent.max_row + 2
        for cell in cells.values():
            sheet.cell(last, cell.column).value = cell.value
        reading = book.read()
        assert values(reading) == {("hai_phong_old", 2021): 40000}
        assert set(reasons(reading).values()) == {"form_duplicate_row"}

    def test_a_correction_with_its_reason_goes_before_what_was_known(self, known: Book) -> None:
        reading = known.type(NURSERY, fix_year="2020-2021", fix_value=41900, fix_reason="nhập nhầm cột").read()
        assert not list(reading.issues)
        (row,) = reading.observations
        assert (row["year"], row["value"], row["note"]) == (2020, 41900, "nhập nhầm cột")

    def test_what_is_typed_beside_a_printed_figure_goes_with_it(self, known: Book) -> None:
        population = "hai_phong_old:resident_population_school_age/nursery"
        reading = known.type(population, y2021=100_000, y2022=101_000).type(NURSERY, y2022=43_000).read()
        flags = {(row["measure"], row["year"]): row["flags"] for row in reading.observations}
        assert flags == {
            ("resident_population_school_age", 2021): ["beside_known"],
            ("resident_population_school_age", 2022): [],
            ("pupils", 2022): [],
        }

    def test_milestones_take_a_state_a_year(self, book: Book) -> None:
        key = "hai_phong:milestone_reached/kindergarten/detail=preschool_universalisation_5yo_maintained"
        reading = book.type(key, y2024="Đạt", y2025="Chưa đạt").read()
        assert values(reading) == {("hai_phong", 2024): 1, ("hai_phong", 2025): 0}

    def test_each_year_of_a_milestone_has_decision_date_and_evidence(self, book: Book) -> None:
        key = "hai_phong:milestone_reached/kindergarten/detail=preschool_universalisation_5yo_maintained"
        book.type(key, y2023="Đạt", y2024="Đạt", y2025="Chưa đạt", note="đã soát")
        book.type(f"{key} decision", y2023="15/QĐ-UBND", y2024="27/QĐ-UBND", y2021="9/QĐ-UBND")
        book.type(f"{key} date", y2023="1/2/2024", y2024=datetime(2025, 3, 4), y2025="hôm qua")
        book.type(f"{key} evidence", y2024="qd27.pdf")
        reading = book.read()
        assert {row["year"]: row["note"] for row in reading.observations} == {
            2023: "15/QĐ-UBND; 2024-02-01; đã soát",
            2024: "27/QĐ-UBND; 2025-03-04; qd27.pdf; đã soát",
            2025: "đã soát",
        }
        assert reasons(reading) == {
            # No state says what the decision of 2021 is about.
            book.find(f"{key} decision")["2021"].coordinate: "form_without_value",
            book.find(f"{key} date")["2025"].coordinate: "form_not_a_date",
        }

    def test_the_rows_of_a_milestone_may_be_sorted_and_one_copied_is_named(self, book: Book) -> None:
        key = "hai_phong:milestone_reached/kindergarten/detail=preschool_universalisation_5yo_maintained"
        book.type(key, y2024="Đạt").type(f"{key} decision", y2024="15/QĐ-UBND")
        cells = book.find(f"{key} decision")
        sheet = cells["2024"].parent
        sheet.insert_rows(FIRST)
        for cell in cells.values():
            sheet.cell(FIRST, cell.column).value = cell.value
        reading = book.read()
        assert [row["note"] for row in reading.observations] == ["15/QĐ-UBND"]
        assert list(reasons(reading).values()) == ["form_duplicate_row"]

    def test_a_milestone_reached_without_a_decision_is_doubted_by_the_book(self, book: Book) -> None:
        key = "hai_phong:milestone_reached/kindergarten/detail=preschool_universalisation_5yo_maintained"
        cells = book.find(key)
        state, decision = cells["2024"].coordinate, book.find(f"{key} decision")["2024"].coordinate
        assert f'AND({state}="Đạt",{decision}="")' in cells["remark"].value
        date_cell = book.find(f"{key} date")["2024"]
        assert date_cell.number_format == "dd/mm/yyyy" and not date_cell.protection.locked

    def test_a_state_that_is_known_stands_in_its_cell_and_is_not_read_again(
        self, tmp_path: Path, registry: Registry, make_observations: Callable[..., pl.DataFrame]
    ) -> None:
        detail = "preschool_universalisation_5yo_maintained"
        key = f"hai_phong:milestone_reached/kindergarten/detail={detail}"
        known = {"measure": "milestone_reached", "level": "kindergarten", "detail": detail, "unit": "status"}
        given = [known | {"territory": "hai_phong", "year": 2022 + value, "value": value} for value in (0, 1)]
        path = tmp_path / "so.xlsx"
        write_history(path, years=YEARS, observations=make_observations(*given), titles={}, registry=registry)
        book = Book(load_workbook(path), registry)
        cells = book.find(key)
        assert [cells[year].value for year in ("2022", "2023", "2024")] == ["Chưa đạt", "Đạt", None]
        assert cells["2023"].protection.locked
        assert not list(book.read().issues) and not list(book.read().observations)
        reading = book.type(key, y2023="Chưa đạt").read()
        assert reasons(reading) == {cells["2023"].coordinate: "form_known_changed"}
        assert "Đạt" in next(iter(reading.issues))["message_vi"]

    def test_it_dates_itself(self, book: Book, registry: Registry) -> None:
        content = io.BytesIO()
        book.type(NURSERY, y2021=40000).workbook.save(content)
        own = read_own(content.getvalue(), registry, name="so.xlsx")
        assert own is not None and own[0].published == "2026" and len(own[1].observations) == 1


class TestWrong:
    """Each slip is named by its cell, with what to do."""

    @pytest.mark.parametrize(
        ("typed", "reason"),
        [
            ("khoảng 500", "form_not_a_number"),
            (0.98, "form_share"),
            ("98%", "form_share"),
            (41.25, "form_not_whole"),
            (-5, "form_negative"),
        ],
    )
    def test_no_count(self, book: Book, typed: object, reason: str) -> None:
        cell = book.type(NURSERY, y2021=typed).find(NURSERY)["2021"]
        reading = book.read()
        assert reasons(reading) == {cell.coordinate: reason} and not reading.observations
        (issue,) = reading.issues
        assert f"{cell.parent.title}!{cell.coordinate}" in issue["message_vi"] and "Hãy" in issue["message_vi"]

    def test_thousands(self, known: Book) -> None:
        cell = known.type(NURSERY, y2022=43, y2023=44000).find(NURSERY)["2022"]
        reading = known.read()
        assert reasons(reading) == {cell.coordinate: "form_thousands"}
        assert values(reading) == {("hai_phong_old", 2023): 44000}

    def test_what_begins_may_grow_a_thousandfold(self, book: Book) -> None:
        assert not list(book.type(BOTH_SESSIONS, y2021=3, y2022=3000).read().issues)

    def test_numerator_and_denominator_swapped(self, book: Book) -> None:
        book.type(BOTH_SESSIONS, y2021=50000, y2022=48000).type(PRESCHOOL, y2021=48000, y2022=50000)
        reading = book.read()
        cells = {book.find(key)["2021"].coordinate for key in (BOTH_SESSIONS, PRESCHOOL)}
        assert reasons(reading) == dict.fromkeys(cells, "form_part_exceeds_whole")
        assert {year for _, year in values(reading)} == {2022}

    def test_a_known_whole_is_less_than_a_part(self, known: Book) -> None:
        """What was printed into the book counts, and only what was typed is set aside."""
        cell = known.type(NURSERY, y2022=40000).type(PRESCHOOL, y2019=39000).find(PRESCHOOL)["2019"]
        assert cell.coordinate not in reasons(known.read())  # nursery is no share of preschool

    def test_a_year_too_far(self, known: Book) -> None:
        cells = known.type(NURSERY, fix_year="2027-2028", fix_value=1, fix_reason="x").find(NURSERY)
        assert reasons(known.read()) == {cells["fix_value"].coordinate: "form_year_outside"}
        cells["fix_year"].value = cells["fix_value"].value = cells["fix_reason"].value = None
        head = cells["2024"].parent.cell(HEAD, cells["2024"].column)
        head.value = f"{MARKER}:2034"
        head.offset(row=1).value = head_column(Column("2034", 10))
        cells["2024"].value = 43000
        assert reasons(known.read()) == {cells["2024"].coordinate: "form_year_outside"}

    def test_a_year_in_which_the_province_was_no_more(self, known: Book) -> None:
        cell = known.type(NURSERY, y2025=44_000).find(NURSERY)["2025"]
        assert reasons(known.read()) == {cell.coordinate: "form_year_outside"}

    def test_a_correction_of_a_span_that_is_no_school_year(self, known: Book) -> None:
        known.type(NURSERY, fix_year="2020-2025", fix_value=41_500, fix_reason="in sai")
        assert set(reasons(known.read()).values()) == {"form_fix_incomplete"} and not known.read().observations

    def test_a_correction_of_what_was_typed_leaves_none_of_the_two(self, known: Book) -> None:
        known.type(NURSERY, y2022=43_000, fix_year="2022-2023", fix_value=43_500, fix_reason="in sai")
        assert list(reasons(known.read()).values()) == ["form_duplicate_row"] * 2 and not known.read().observations

    def test_a_column_pasted_beside_the_years(self, known: Book) -> None:
        cell = known.type(NURSERY, fix_year=43500).find(NURSERY)["fix_year"]
        assert reasons(known.read()) == {cell.coordinate: "form_fix_incomplete"}

    @pytest.mark.parametrize("missing", ["fix_year", "fix_value", "fix_reason"])
    def test_a_correction_is_of_a_year_a_value_and_a_reason(self, known: Book, missing: str) -> None:
        whole = {"fix_year": "2021-2022", "fix_value": 43500, "fix_reason": "x"}
        del whole[missing]
        cells = known.type(NURSERY, **whole).find(NURSERY)
        assert reasons(known.read()) == {cells[name].coordinate: "form_fix_incomplete" for name in whole}

    def test_a_grey_cell_typed_over(self, known: Book) -> None:
        cell = known.type(NURSERY, y2020=41001).find(NURSERY)["2020"]
        reading = known.read()
        assert reasons(reading) == {cell.coordinate: "form_known_changed"}
        assert "41000" in next(iter(reading.issues))["message_vi"]

    def _fill_block(self, book: Book) -> list[dict[str, Cell]]:
        """Fill in the years 2019 to 2022 of the rows of a sheet for one territory."""
        sheet = book.workbook.worksheets[3]
        run = [c for k, c in book.rows() if c["key"].parent is sheet and k.startswith("hai_duong_old")]
        for place, cells in enumerate(run):
            for year in range(2019, 2023):
                # None is like its neighbour.
                cells[str(year)].value = 1000 * 3 ** (place % 4) + year
        return run

    @pytest.mark.parametrize(("column", "heading"), [("unit", "Đơn vị: nghìn"), ("2021", "2030-2031")])
    def test_a_heading_changed_in_what_it_means_is_named(self, book: Book, column: str, heading: str) -> None:
        cell = book.type(NURSERY, y2021=40_000).find(NURSERY)[column]
        cell.parent.cell(HEAD + 1, cell.column).value = heading
        assert set(reasons(book.read()).values()) == {"form_unknown_row"}

    def test_a_column_moved_by_one_row(self, book: Book) -> None:
        run = self._fill_block(book)
        typed = [cells["2021"].value for cells in run]
        for cells, value in zip(run[1:], typed, strict=False):
            cells["2021"].value = value
        run[0]["2021"].value = None
        moved = {cell for cell, reason in reasons(book.read()).items() if reason == "form_moved"}
        # What is like the figures of its own row was pasted with the others.
        assert moved == {cells["2021"].coordinate for cells in run[1:]}

    def test_small_figures_pasted_for_two_years(self, book: Book) -> None:
        run = self._fill_block(book)
        for place, cells in enumerate(run):
            for year in YEARS:
                cells[str(year)].value = 20 + 3 * place + (year - 2019)
            cells["2022"].value = cells["2021"].value
        found = reasons(book.read())
        assert {cells["2022"].coordinate for cells in run} <= {
            cell for cell, reason in found.items() if reason == "form_repeated"
        }
        run[0]["2022"].value = 99
        assert "form_repeated" not in reasons(book.read()).values()

    def test_a_numerator_and_a_denominator_that_are_swapped(self, book: Book) -> None:
        population = "hai_phong_old:resident_population_school_age/nursery"
        for place, year in enumerate(YEARS[:-1]):
            book.type(NURSERY, **{f"y{year}": 40_000 + 500 * place})
            book.type(population, **{f"y{year}": 90_000 + 500 * place})
        book.type(NURSERY, y2022=91_500).type(population, y2022=41_500)
        cells = [book.find(key)["2022"].coordinate for key in (NURSERY, population)]
        assert reasons(book.read()) == dict.fromkeys(cells, "form_swapped")

    def test_a_part_above_its_whole_in_several_years_is_one_text(self, book: Book) -> None:
        for year in (2020, 2021):
            book.type(BOTH_SESSIONS, **{f"y{year}": 200 + year}).type(PRESCHOOL, **{f"y{year}": year})
        (text,) = {row["subject"] for row in book.read().issues.join().to_dicts()}
        assert text.count(" > ") == 2

    def test_a_column_pasted_for_two_years(self, book: Book) -> None:
        run = self._fill_block(book)
        for cells in run:
            cells["2022"].value = cells["2021"].value
        repeated = {cell for cell, reason in reasons(book.read()).items() if reason == "form_repeated"}
        assert repeated >= {cells[year].coordinate for cells in run[:4] for year in ("2021", "2022")}

    @pytest.mark.parametrize("step", [1, -1])
    def test_a_column_pasted_a_year_beside_what_is_known(
        self,
        step: int,
        tmp_path: Path,
        registry: Registry,
        make_observations: Callable[..., pl.DataFrame],
    ) -> None:
        # So many are known in 2021; they are typed once more a year beside it, but for the last digit of one.
        levels = {"kindergarten": 89_493, "primary": 200_212, "lower_secondary": 132_516}
        old = {"territory": "hai_phong_old", "source": "yearbook", "year": 2021}
        given = [old | {"level": level, "value": float(value)} for level, value in levels.items()]
        path = tmp_path / "so.xlsx"
        write_history(path, years=YEARS, observations=make_observations(*given), titles={}, registry=registry)
        book = Book(load_workbook(path), registry)
        for level, value in levels.items():
            typed = {f"y{2021 + step}": value + (level == "primary")}
            book.type(f"hai_phong_old:pupils/{level}", **typed)
        own = book.find("hai_phong_old:pupils/kindergarten")
        found = reasons(book.read())
        assert set(found.values()) == {"form_repeated"} and len(found) == 3
        assert own[str(2021 + step)].coordinate in found


class TestPasted:
    TABLE = (
        ("Số học sinh phổ thông tại thời điểm 30/9 phân theo cấp học",),
        ("Đơn vị: Học sinh",),
        ("", "2021-2022", "2022-2023"),
        ("Tiểu học", 1, 2),
    )

    def test_a_table_pasted_is_read_like_any_other(self, book: Book) -> None:
        sheet = book.workbook[PASTED]
        sheet.title = "Bảng cũ"
        for number, row in enumerate(self.TABLE, FIRST):
            for place, value in enumerate(row, 1):
                sheet.cell(number, place).value = value
        reading = book.read()
        assert [found.table.cells[0].address for found in reading.tables] == ["B7"]
        # It has no layout: that is said of each cell, with its address.
        assert reasons(reading) == {"B7": "no_layout", "C7": "no_layout"}

    def test_a_known_table_gives_its_figures_with_their_cells(self, book: Book) -> None:
        sheet = book.workbook[PASTED]
        for number, row in enumerate(vietnamese(), FIRST + 2):
            for place, text in enumerate(row, 1):
                sheet.cell(number, place).value = int(text) if text.isdigit() and place > 1 else text
        reading = book.type(NURSERY, y2021=40000).read()
        pasted = [row for row in reading.observations if row["sheet"] == PASTED]
        assert figures(Reading(pasted)) == expected()
        assert {row["cell"] for row in pasted if row["territory"] == "viet_nam"} == {
            f"{c}9" for c in "BCDEFGHIJKLM"
        }
        assert len(reading.observations) == len(pasted) + 1
        assert {issue["printed"] for issue in reading.issues} == {".."}


class TestAllTargets:
    """69 of 69 targets can be fed by some row."""

    def test_every_target_has_its_value(self, book: Book, registry: Registry) -> None:
        filled = 0
        for key, cells in book.rows():
            if key == COMPUTED:
                continue
            territory, series, detail = read_key(key)
            for year in YEARS:
                asked = territory != registry.city or year == YEARS[-1]
                if asked and not detail and not cells[str(year)].protection.locked:
                    cells[str(year)].value = _invent(series, year, registry)
                    filled += 1
        reading = book.read()
        assert not list(reading.issues) and len(reading.observations) == filled > 1000
        published = pl.DataFrame(reading.observations, schema=schema.OBSERVATIONS, orient="row")
        observations = mark_current(pl.concat([published, derive_merged(published, registry)]))
        standings = assess_targets(compute_indicators(observations, registry), registry, registry.city, 2025)
        fed = {one.target.id for one in standings if one.last is not None or one.state == "milestone_reached"}
        lapsed = {one.target.id for one in standings if one.state == "lapsed"}
        assert len(registry.targets) == 69 and fed | lapsed == set(registry.targets)


def _invent(series: SeriesRef, year: int, registry: Registry) -> object:
    """Return a figure that no other contradicts: a part is no more than its whole, each year a little more."""
    unit = registry.measures[series.measure].unit
    if unit == "status":
        return "Đạt"
    if series.measure.startswith("budget_total"):
        return 500.5
    return 100 + year - 2019 if range_of(unit).whole else 50.5
