"""Files with the traits of published ones: every value cell comes out, with its address and its labels."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.readers.json_tables import is_jsonstat, read_jsonstat
from hpedu.ingest.readers.text import is_pxweb_csv, is_tidy_csv, read_pxweb_csv, read_tidy_csv
from hpedu.ingest.schema import column_letters
from hpedu.ingest.source import TABLES

PXWEB = (
    "\ufeff"
    '"Number of schools,  classes by province by Cities, provincies, Year and Items"\r\n'
    "\r\n"
    '"Cities, provincies";"2005(**) Teacher";"2016 Pupil (Thous. Pupil)";"Prel. 2016"\r\n'
    '" WHOLE COUNTRY";1;76.5;..\r\n'
    '"Ha Tay";2;..;3\r\n'
    '"Thai  Nguyen";4;5;6\r\n'
    "\r\n"
    '"(*) Excluding 2 centres"\r\n'
    '"Hai Phong (*)";7;8;9;10\r\n'
).encode()

TIDY = (
    "\ufeffterritory,Year, VALUE ,note\r\n"
    'hai_phong_old,2015,468,"two\r\nlines"\r\n'
    "hai_phong_old,2016,-,\r\n"
    "\r\n"
    "hai_phong_old,2017,,\r\n"
).encode()


def jsonstat(values: list[Any], index: Any = None) -> bytes:
    """A dataset of two provinces by two years, as the statistics office's server sends it."""
    dataset = {
        "label": "Average  population by province",
        "dimension": {
            "id": ["Cities, provincies", "Year"],
            "size": [2, 2],
            "Cities, provincies": {
                "label": "Cities, provincies",
                "category": {
                    "index": index or {"0": 0, "1": 1},
                    "label": {"0": " WHOLE COUNTRY", "1": "Hai  Phong"},
                },
            },
            "Year": {
                "label": "Year",
                "category": {"index": {"0": 0, "1": 1}, "label": {"0": "2023", "1": "Prel. 2024"}},
            },
        },
        "value": values,
    }
    return json.dumps({"dataset": dataset}).encode() + b"\x00"


class TestColumnLetters:
    @pytest.mark.parametrize(
        ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (54, "BC"), (701, "ZZ"), (702, "AAA")]
    )
    def test_as_spreadsheets_name_them(self, index: int, letters: str) -> None:
        assert column_letters(index) == letters

    @given(st.integers(0, 10**6))
    def test_the_letters_count_back_to_the_index(self, index: int) -> None:
        number = 0
        for letter in column_letters(index):
            number = number * 26 + ord(letter) - ord("A") + 1
        assert number - 1 == index


class TestPxwebCsv:
    def test_title_and_labels_are_clean(self) -> None:
        table = read_pxweb_csv(PXWEB)
        assert table.title == "Number of schools, classes by province by Cities, provincies, Year and Items"
        assert [cell.labels["row"] for cell in list(table.cells)[::3]] == [
            "WHOLE COUNTRY",
            "Ha Tay",
            "Thai Nguyen",
            "Hai Phong (*)",
            "Hai Phong (*)",
        ]

    def test_every_value_cell_has_its_spreadsheet_address(self) -> None:
        cells = {cell.address: cell.printed for cell in read_pxweb_csv(PXWEB).cells}
        assert cells == {
            "B4": "1",
            "C4": "76.5",
            "D4": "..",
            "B5": "2",
            "C5": "..",
            "D5": "3",
            "B6": "4",
            "C6": "5",
            "D6": "6",
            "B9": "7",
            "C9": "8",
            "D9": "9",
            "E9": "10",
        }

    def test_the_header_stands_over_its_cells_and_over_no_other(self) -> None:
        labels = {cell.address: cell.labels["column"] for cell in read_pxweb_csv(PXWEB).cells}
        assert (labels["B4"], labels["C4"], labels["D4"]) == (
            "2005(**) Teacher",
            "2016 Pupil (Thous. Pupil)",
            "Prel. 2016",
        )
        assert labels["E9"] == ""

    def test_rows_and_columns_of_any_size_are_counted_right(self) -> None:
        header = ";".join(['"P"', *(f'"{year}"' for year in range(1950, 2010))])
        body = "\n".join(";".join([f'"Row {n}"', *(str(n * 100 + i) for i in range(60))]) for n in range(5))
        cells = read_pxweb_csv(f'"T by P and Year"\n\n{header}\n{body}\n'.encode()).cells
        assert len(cells) == 5 * 60
        assert (cells[-1].address, cells[-1].printed, cells[-1].labels["column"]) == ("BI8", "459", "2009")


class TestJsonStat:
    def test_a_nul_at_the_end_and_nulls_are_no_trouble(self) -> None:
        table = read_jsonstat(jsonstat([98504.4, None, 2072.4, 2105]))
        assert table.title == "Average population by province"
        assert [(cell.address, cell.printed, *cell.labels.values()) for cell in table.cells] == [
            ("value[0]", "98504.4", "WHOLE COUNTRY", "2023"),
            ("value[1]", "..", "WHOLE COUNTRY", "Prel. 2024"),
            ("value[2]", "2072.4", "Hai Phong", "2023"),
            ("value[3]", "2105", "Hai Phong", "Prel. 2024"),
        ]

    @pytest.mark.parametrize("index", [{"1": 0, "0": 1}, ["1", "0"]], ids=["table", "list"])
    def test_categories_stand_in_the_order_of_their_index(self, index: Any) -> None:
        cells = read_jsonstat(jsonstat([1, 2, 3, 4], index)).cells
        assert [cell.labels["Cities, provincies"] for cell in cells] == ["Hai Phong"] * 2 + ["WHOLE COUNTRY"] * 2
        assert [cell.printed for cell in cells] == ["1", "2", "3", "4"]

    def test_too_few_values_are_damage(self) -> None:
        with pytest.raises(ValueError, match="3 values where its dimensions ask for 4"):
            read_jsonstat(jsonstat([1, 2, 3]))


class TestTidyCsv:
    def test_one_cell_a_row_labelled_by_all_other_columns(self) -> None:
        table = read_tidy_csv(TIDY)
        assert table.title == "territory,Year,VALUE,note"
        assert [(cell.address, cell.printed) for cell in table.cells] == [
            ("C2", "468"),
            ("C3", "-"),
            ("C5", ""),
        ]
        assert table.cells[0].labels == {"territory": "hai_phong_old", "Year": "2015", "note": "two lines"}

    def test_a_row_of_another_width_is_damage(self) -> None:
        with pytest.raises(ValueError, match="line 2 does not have 3 cells"):
            read_tidy_csv(b"year,value,note\n2015,1,a,b\n")

    @pytest.mark.parametrize("data", [b'"x,value\n1,2\n', b"\r,value\n1,2\n"])
    def test_a_header_whose_value_is_swallowed_is_damage(self, data: bytes) -> None:
        assert is_tidy_csv(data)
        with pytest.raises(ValueError, match="value"):
            read_tidy_csv(data)

    def test_a_quoted_header_is_a_header(self) -> None:
        data = b'"Year","Value"\n"2015","1"\n'
        assert is_tidy_csv(data)
        assert [cell.printed for cell in read_tidy_csv(data).cells] == ["1"]


class TestRecognition:
    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            (PXWEB, "pxweb_csv"),
            (PXWEB.decode("utf-8-sig").replace("\r\n", "\n").encode(), "pxweb_csv"),
            (jsonstat([1, 2, 3, 4]), "jsonstat"),
            (b"\xef\xbb\xbf\n" + jsonstat([1, 2, 3, 4]), "jsonstat"),
            (TIDY, "tidy_csv"),
            (b"INDICATOR_ID,COUNTRY_ID,YEAR,VALUE\n", "tidy_csv"),
        ],
    )
    def test_a_file_is_of_exactly_one_kind(self, data: bytes, kind: str) -> None:
        assert [name for name, (recognise, _) in TABLES.items() if recognise(data)] == [kind]

    @given(st.binary(max_size=200))
    def test_looking_at_any_bytes_never_fails(self, data: bytes) -> None:
        for recognise in (is_pxweb_csv, is_jsonstat, is_tidy_csv):
            assert recognise(data) in (True, False)

    @pytest.mark.parametrize(
        "data",
        [b"", b"a,b\n1,2\n", b'"Title"\n', b'{"version": "2.0"}', b"%PDF-1.7 value", b"values,valued\n"],
    )
    def test_other_files_are_of_none(self, data: bytes) -> None:
        assert not any(recognise(data) for recognise, _ in TABLES.values())
