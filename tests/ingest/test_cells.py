"""What a cell is decides how it is read: formats, raised footnotes, errors, formulas, typed numbers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from hpedu.ingest.interpret import Reading
from hpedu.ingest.propose import stand_in
from hpedu.ingest.reading import find_tables, read_file
from hpedu.ingest.source import open_source
from hpedu.registry import Registry

RATES = "Percentage of literate population at 15 years of age and above by province by Cities, provinces and Year"
PUPILS = (
    "Number of pupils of general education as of 30 September by province by Cities, provincies, Years and Items"
)
POPULATION = "Average population by province by Cities, provincies, Average population and Year"
Rows = Sequence[Sequence[object]]


def book(title: str, rows: Rows, formats: Mapping[str, str] | None = None) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append([title])
    sheet.append([])
    for row in rows:
        sheet.append(list(row))
    for place, code in (formats or {}).items():
        sheet[place].number_format = code
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def raised(text: str, mark: str) -> CellRichText:
    return CellRichText(text, TextBlock(InlineFont(vertAlign="superscript"), mark))


def text_file(title: str, rows: Rows) -> bytes:
    lines = [f'"{title}"', "", *(";".join(f'"{text}"' for text in row) for row in rows)]
    return "\r\n".join(lines).encode()


def page(title: str, rows: Rows) -> bytes:
    body = "".join("<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>" for row in rows)
    return f"<html><body><h2>{title}</h2><table>{body}</table></body></html>".encode()


def read(data: bytes, registry: Registry, *, cells: int) -> Reading:
    """Read a file and hold its balance: so many cells are values, and each is an observation or an issue."""
    reading = read_file(open_source(data), stand_in(Path("tried.xlsx")), registry)
    assert len(reading.observations) + len(reading.issues) == cells
    return reading


def values(reading: Reading) -> dict[str, float]:
    return {row["cell"]: row["value"] for row in reading.observations}


def reasons(reading: Reading) -> dict[str, str]:
    return {row["cell"]: row["reason"] for row in reading.issues}


class TestPercent:
    ROWS = (["", "2019", "2020"], ["Hai Phong", 0.9712, 0.983], ["Hai Duong", 0.9645, 1])

    @pytest.mark.parametrize("code", ["0.0%", "0%", "0.00 %", "[Red]0.0%;-0.0%", '0.0%" ";"-"'])
    def test_a_percent_format_is_read_as_printed(self, code: str, registry: Registry) -> None:
        formats = dict.fromkeys(["B4", "C4", "B5", "C5"], code)
        reading = read(book(RATES, self.ROWS, formats), registry, cells=4)
        assert values(reading) == {"B4": 97.12, "C4": 98.3, "B5": 96.45, "C5": 100}

    @pytest.mark.parametrize("code", ['0.0"%"', r"0.0\%", "General", "#,##0.0"])
    def test_a_sign_that_is_only_shown_changes_nothing(self, code: str, registry: Registry) -> None:
        rows = (["", "2019", "2020"], ["Hai Phong", 97.1, 98.3])
        assert values(read(book(RATES, rows, {"B4": code, "C4": code}), registry, cells=2)) == {
            "B4": 97.1,
            "C4": 98.3,
        }

    def test_a_format_that_depends_on_the_value_is_refused(self, registry: Registry) -> None:
        reading = read(book(RATES, self.ROWS, {"B4": "[>0.5]0.0;0.0%", "C4": "0.0%"}), registry, cells=4)
        assert reasons(reading)["B4"] == "marked_number"
        assert values(reading)["C4"] == 98.3

    @pytest.mark.parametrize("write", [book, text_file, page])
    def test_fractions_without_a_format_are_refused(self, write: object, registry: Registry) -> None:
        assert callable(write)
        reading = read(write(RATES, self.ROWS), registry, cells=4)
        assert set(reasons(reading).values()) == {"fraction_or_percent"}
        assert not reading.observations

    @pytest.mark.parametrize("formats", [{}, {"C4": "0.0%"}])
    def test_a_fraction_among_rates_is_refused(self, formats: dict[str, str], registry: Registry) -> None:
        rows = (["", "2019", "2020"], ["Hai Phong", 0.971, 0.983 if formats else 98.3], ["Hai Duong", 96.5, 97.2])
        reading = read(book(RATES, rows, formats), registry, cells=4)
        assert reasons(reading) == {"B4": "fraction_or_percent"}

    def test_a_small_rate_among_small_rates_is_read(self, registry: Registry) -> None:
        rows = (["", "2019", "2020"], ["Hai Phong", 0.9, 1.4], ["Hai Duong", 2.5, 0.4])
        assert len(read(book(RATES, rows), registry, cells=4).observations) == 4

    def test_a_percent_sign_in_a_count_is_refused(self, registry: Registry) -> None:
        reading = read(book(PUPILS, (["", "2019 Total"], ["Hai Phong", 351]), {"B4": "0%"}), registry, cells=1)
        assert reasons(reading) == {"B4": "other_unit"}

    def test_small_rates_with_their_sign_are_read(self, registry: Registry) -> None:
        rows = (["", "2019", "2020"], ["Hai Phong", "0,4%", "0,7%"])
        assert values(read(text_file(RATES, rows), registry, cells=2)) == {"B4": 0.4, "C4": 0.7}


class TestScaling:
    def test_a_format_in_thousands_is_read_where_the_unit_is_thousands(self, registry: Registry) -> None:
        rows = (["", "Total 2018", "Total 2019"], ["Hai Phong", 2013800, 2033300])
        reading = read(book(POPULATION, rows, {"B4": "#,##0.0,", "C4": "0,"}), registry, cells=2)
        assert values(reading) == {"B4": 2013800, "C4": 2033300}
        assert [row["printed"] for row in reading.observations] == ["2013.8", "2033.3"]

    @pytest.mark.parametrize("code", ["#,##0,", "0.0,", "0,,", "#,##0.000,,"])
    def test_it_is_refused_where_the_unit_says_nothing(self, code: str, registry: Registry) -> None:
        rows = (["", "2019 Total"], ["Hai Phong", 351000000], ["Hai Duong", 341902])
        reading = read(book(PUPILS, rows, {"B4": code}), registry, cells=2)
        assert reasons(reading) == {"B4": "scaled_format"}
        assert values(reading) == {"B5": 341902}


class TestTypedNumbers:
    def test_a_point_in_a_typed_number_is_a_decimal_mark(self, registry: Registry) -> None:
        rows = (
            ["", "Total 2018", "Total 2019"],
            ["Hai Phong", 2013.755, 2033.345],
            ["Hai Duong", 1807.512, 1896.0],
        )
        reading = read(book(POPULATION, rows), registry, cells=4)
        assert values(reading) == {"B4": 2013755, "C4": 2033345, "B5": 1807512, "C5": 1896000}

    def test_typed_decimals_are_no_grouped_counts(self, registry: Registry) -> None:
        rows = (["", "2018 Total", "2019 Total"], ["Hai Phong", 267.777, 268.123], ["Hai Duong", 275.0, 280.25])
        reading = read(book(PUPILS, rows), registry, cells=4)
        assert reasons(reading) == dict.fromkeys(("B4", "C4", "B5", "C5"), "not_whole")

    def test_text_beside_typed_numbers_is_still_in_doubt(self, registry: Registry) -> None:
        rows = (["", "Total 2018", "Total 2019"], ["Hai Phong", 2013.755, "2.033"])
        reading = read(book(POPULATION, rows), registry, cells=2)
        assert values(reading) == {"B4": 2013755}
        assert reasons(reading) == {"C4": "ambiguous_number"}


class TestMarks:
    @pytest.mark.parametrize("mark", ["2", "(2)", "a", "*", "1,3"])
    def test_a_raised_mark_is_not_glued_to_the_number(self, mark: str, registry: Registry) -> None:
        rows = (["", "2019 Total"], ["Hai Phong", raised("351222", mark)], ["Hai Duong", 341902])
        reading = read(book(PUPILS, rows), registry, cells=2)
        found = values(reading)
        assert found.pop("B5") == 341902
        assert not found or found == {"B4": 351222}  # never more digits

    @pytest.mark.parametrize("text", ["351222<sup>2</sup>", '351222<span style="vertical-align:super">2</span>'])
    def test_nor_on_a_web_page(self, text: str, registry: Registry) -> None:
        rows = (["", "2019 Total"], ["Hai Phong", text], ["Hai Duong", "341902"])
        reading = read(page(PUPILS, rows), registry, cells=2)
        assert values(reading) == {"B3": 341902}
        assert reasons(reading) == {"B2": "marked_number"}

    @pytest.mark.parametrize("write", [book, text_file, page])
    def test_a_value_with_a_mark_stays_a_value(self, write: object, registry: Registry) -> None:
        assert callable(write)
        odd = ["1.234*", "13,5(1)", "1334¹", "1434(p)", "(133)", "~1534", "12445.", "1634 e", "1734p", "≥ 1834"]
        odd += ["b 1934", "1234–1260", "351211 (2)", "o.7", "#N/A", "#REF!"]
        names = ["Ha Noi", "Vinh Phuc", "Bac Ninh", "Quang Ninh", "Hai Duong", "Hung Yen", "Thai Binh", "Ha Nam"]
        names += ["Nam Dinh", "Ninh Binh", "Ha Giang", "Cao Bang", "Bac Kan", "Lao Cai", "Yen Bai", "Son La"]
        rows = (["", "2019 Total"], *([n, t] for n, t in zip(names, odd, strict=True)), ["Hai Phong", "351222"])
        reading = read(write(PUPILS, rows), registry, cells=17)
        assert [row["territory"] for row in reading.observations] == ["hai_phong_old"]
        assert {row["printed"] for row in reading.issues} == set(odd)


class TestOddCells:
    @pytest.mark.parametrize(
        ("value", "reason"),
        [(True, "not_a_number"), (date(2024, 5, 12), "not_a_number"), (-351222, "negative_count")],
    )
    def test_what_is_no_count_is_refused(self, value: object, reason: str, registry: Registry) -> None:
        rows = (["", "2019 Total", "2019 Primary"], ["Hai Phong", value, 179311], ["Hai Duong", 341902, 168533])
        reading = read(book(PUPILS, rows), registry, cells=4)
        assert reasons(reading) == {"B4": reason}
        assert values(reading) == {"C4": 179311, "B5": 341902, "C5": 168533}


class TestUncomputed:
    ROWS = (
        ["", "2019 Total", "2019 Primary"],
        ["Hai Phong", "=SUM(C4:C4)", 179311],
        ["Hai Duong", 341902, "#DIV/0!"],
    )

    def test_formulas_and_errors_are_named(self, registry: Registry) -> None:
        reading = read(book(PUPILS, self.ROWS), registry, cells=4)
        assert values(reading) == {"C4": 179311, "B5": 341902}
        assert reasons(reading) == {"B4": "formula_not_calculated", "C5": "error_in_cell"}
        assert {row["printed"] for row in reading.issues} == {"=SUM(C4:C4)", "#DIV/0!"}

    def test_a_zero_that_a_program_stored_is_no_value(self, registry: Registry) -> None:
        data = book(PUPILS, self.ROWS)
        out = io.BytesIO()
        with ZipFile(io.BytesIO(data)) as old, ZipFile(out, "w") as new:
            for name in old.namelist():
                text = old.read(name)
                assert name != "xl/workbook.xml" or b'fullCalcOnLoad="1"' in text
                new.writestr(
                    name, text.replace(b"</f><v></v>", b"</f><v>0</v>").replace(b"</f><v/>", b"</f><v>0</v>")
                )
        reading = read(out.getvalue(), registry, cells=4)
        assert reasons(reading)["B4"] == "formula_not_calculated"

    def test_a_column_of_bare_formulas_does_not_become_labels(self, registry: Registry) -> None:
        rows = (["", "2019 Total", "2019 Primary"], ["Hai Phong", "=C4*2", 179311], ["Hai Duong", "=C5*2", 168533])
        reading = read(book(PUPILS, rows), registry, cells=4)
        assert values(reading) == {"C4": 179311, "C5": 168533}

    def test_every_filled_cell_is_laid_out(self) -> None:
        [found] = find_tables(open_source(book(PUPILS, self.ROWS)))
        assert [cell.address for cell in found.table.cells] == ["B4", "C4", "B5", "C5"]
