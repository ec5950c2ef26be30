"""Rows held packed come out as they went in, and a large table is read once per combination of labels."""

from __future__ import annotations

from typing import Any

import polars as pl

from hpedu.ingest.records import Records
from hpedu.ingest.schema import ISSUES, Cell, Cells


def issue(number: int) -> dict[str, Any]:
    cell, printed = f"B{number}", str(number % 7)
    text = f"t.csv, S!{cell}: {printed}"
    return {
        "file": "t.csv",
        "sheet": "S",
        "cell": cell,
        "printed": printed,
        "reason": "no_year" if number % 3 else "no_layout",
        "subject": "",
        "message_vi": text,
        "message_en": f"{text} ({printed})",
    }


def test_rows_come_out_as_they_went_in() -> None:
    rows = [issue(number) for number in range(70_000)]
    records = Records(ISSUES, rows)
    assert len(records) == len(rows) and list(records) == rows
    assert (records[0], records[-1], records[66_000:66_003]) == (rows[0], rows[-1], rows[66_000:66_003])
    assert records.frame().equals(pl.DataFrame(rows, schema=ISSUES, orient="row"))


def test_records_are_joined() -> None:
    records = Records(ISSUES, [issue(1)])
    records += Records(ISSUES, [issue(2), issue(3)])
    assert records == [issue(1), issue(2), issue(3)]


def test_kinds_have_their_first_row_and_count() -> None:
    records = Records(ISSUES, map(issue, range(10)))
    assert records.kinds("reason", "subject") == [(issue(0), 4), (issue(1), 6)]


def test_a_column_is_filled() -> None:
    records = Records(ISSUES, [issue(1), issue(2)])
    records.fill("file", "other.csv")
    assert {row["file"] for row in records} == {"other.csv"}


def test_no_rows_make_an_empty_frame() -> None:
    assert Records(ISSUES).frame().equals(pl.DataFrame(schema=ISSUES))


def test_cells_of_ragged_records_are_found_by_their_number() -> None:
    rows = [["a", "1", "2"], ["b"], ["c", "3"]]

    def read_row(number: int, row: Any) -> Any:
        return (Cell("", f"{number}-{place}", text, {"row": row[0]}) for place, text in enumerate(row[1:]))

    cells = Cells(rows, [2, 2, 3], read_row)
    assert [cell.printed for cell in cells] == ["1", "2", "3"] == [cells[n].printed for n in range(3)]
    assert (cells[-1].address, len(cells), bool(Cells([], [], read_row))) == ("2-0", 3, False)
    assert [cell.printed for cell in cells.bear_all_labels()] == ["1", "2", "3"]
