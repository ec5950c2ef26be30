"""Files of every kind, made with the traits of real ones: told by content, read, and no cell lost."""

from __future__ import annotations

import io
import json
import unicodedata
from collections.abc import Callable

import openpyxl
import pytest

from hpedu.ingest.reading import find_tables, read_file
from hpedu.ingest.schema import Resource
from hpedu.ingest.source import open_source
from hpedu.registry import Registry

RESOURCE = Resource(
    name="file",
    path="file",
    title="t",
    publisher="General Statistics Office of Viet Nam",
    table="t",
    url="",
    published="2020",
    scope="",
    confidence="high",
    transcription=False,
    licenses=[],
)
CLASSES = (
    "Number of classes of general education as of 30 September by province by Cities, provincies, Year and Items"
)


def pxweb_csv() -> bytes:
    lines = [
        f'"{CLASSES}"',
        "",
        '"Cities, provincies";"2015 Total";"2015 Primary";"Prel. 2016 Total";"Prel. 2016 Primary"',
        '" WHOLE COUNTRY";484193;278826;494289;277526',
        '"Red River Delta";110000;60000;..;..',
        '"Thai  Nguyen";5000;2500;5100;2600',
        '"Hai Phong";8253;4461;8576;4686',
        '"General classes in universities have been excluded in province";150;..;..;..',
    ]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def jsonstat() -> bytes:
    def category(*labels: str) -> dict[str, object]:
        return {
            "index": {str(i): i for i in range(len(labels))},
            "label": {str(i): label for i, label in enumerate(labels)},
        }

    names = ["Cities, provincies", "Average population", "Year"]
    places, parts, years = (" WHOLE COUNTRY", "Hai Phong"), ("Total", "Urban"), ("2023", "Prel. 2024")
    dimension: dict[str, object] = {
        name: {"label": name, "category": category(*labels)}
        for name, labels in zip(names, (places, parts, years), strict=True)
    }
    dimension |= {"id": names, "size": [2, 2, 2]}
    dataset = {
        "dimension": dimension,
        "label": "Average population by province, sex and residence by Cities, provincies",
        "value": [100300.1, 101300.2, None, 38600.5, 2100.5, 2124.5, 960.1, None],
    }
    return json.dumps({"dataset": dataset}).encode() + b"\x00"


def yearbook_rows() -> list[list[object]]:
    return [
        ["2. Giáo dục phổ thông"],
        ["    Basic education"],
        [],
        ["", "1998 - 1999", " 1999 - 2000", "2000 - 2001(*)"],
        ["Cả 3 cấp - Total"],
        ["  Số lớp học - Nghìn lớp"],
        ["  Classes - Thous. classes", 480.5, 495.25, "502,7"],
        ["Cấp tiểu học - Primary"],
        ["  Số lớp học - Nghìn lớp"],
        ["  Classes - Thous. classes", 320, "..", 319.9],
        ["(*) Số liệu sơ bộ - Preliminary data"],
    ]


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Biểu 53"
    for row in rows:
        sheet.append(row)
    catalogue = book.create_sheet("DM")
    catalogue.append(["Mã", "Tên"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def yearbook_xlsx() -> bytes:
    return workbook([[cell if cell != "502,7" else 502.7 for cell in row] for row in yearbook_rows()])


def yearbook_decomposed() -> bytes:
    def decompose(cell: object) -> object:
        return unicodedata.normalize("NFD", cell) if isinstance(cell, str) else cell

    return workbook([[decompose(cell) if cell != "502,7" else 502.7 for cell in row] for row in yearbook_rows()])


def yearbook_html() -> bytes:
    rows = "".join(
        "<tr>" + "".join(f"<td>{str(cell).replace('502,7', '502.7')}</td>" for cell in row) + "</tr>"
        for row in yearbook_rows()
        if row
    )
    return f"<html><head><meta charset='utf-8'></head><body><table>{rows}</table></body></html>".encode()


def yearbook_tcvn3() -> bytes:
    """The Vietnamese of the yearbook in TCVN3, as an old workbook holds it (letters of the tables used here)."""
    letters = {"ụ": "ô", "á": "¸", "ổ": "æ", "ố": "è", "ớ": "í", "ọ": "ä", "ấ": "Ê", "ả": "¶", "ể": "Ó"}
    letters |= {"ì": "×", "ơ": "¬", "ộ": "é", "ệ": "Ö", "ô": "«"}

    def encode(cell: object) -> object:
        if not isinstance(cell, str) or cell == "502,7":
            return 502.7 if cell == "502,7" else cell
        return "".join(letters.get(letter, letter) for letter in cell)

    return workbook([[encode(cell) for cell in row] for row in yearbook_rows()])


FILES: dict[str, Callable[[], bytes]] = {
    "pxweb_csv": pxweb_csv,
    "jsonstat": jsonstat,
    "yearbook_xlsx": yearbook_xlsx,
    "yearbook_decomposed": yearbook_decomposed,
    "yearbook_html": yearbook_html,
    "yearbook_tcvn3": yearbook_tcvn3,
    "unknown_sheet": lambda: workbook(
        [["Số cây xanh theo trường"], ["Trường", 2023, 2024], ["A", 5, 7], ["B", 1, 2]]
    ),
    "text": lambda: "Số trường\nTên | 2014 | 2015\nQuận A | 12 | 13\nQuận B | 8 | -\n".encode(),
}


@pytest.mark.parametrize("make", FILES.values(), ids=FILES.keys())
def test_cells_read_and_set_aside_are_all_cells(make: Callable[[], bytes], registry: Registry) -> None:
    data = make()
    present = [cell.address for found in find_tables(open_source(data)) for cell in found.table.cells]
    reading = read_file(open_source(data), RESOURCE, registry)
    assert present, "no cell was found at all"
    handled = [row["cell"] for row in [*reading.observations, *reading.issues]]
    assert sorted(handled) == sorted(present)
    assert all(issue["message_vi"] and issue["message_en"] for issue in reading.issues)


@pytest.mark.parametrize("name", ["yearbook_xlsx", "yearbook_decomposed", "yearbook_html", "yearbook_tcvn3"])
def test_one_table_in_four_dresses(name: str, registry: Registry) -> None:
    reading = read_file(open_source(FILES[name]()), RESOURCE, registry)
    values = {(row["level"], row["year"]): (row["value"], row["status"]) for row in reading.observations}
    assert values == {
        ("general", 1998): (480500.0, "final"),
        ("general", 1999): (495250.0, "final"),
        ("general", 2000): (502700.0, "preliminary"),
        ("primary", 1998): (320000.0, "final"),
        ("primary", 2000): (319900.0, "preliminary"),
    }
    assert [(issue["reason"], issue["printed"]) for issue in reading.issues] == [("not_published", "..")]


def test_every_row_of_a_province_table_is_accounted_for(registry: Registry) -> None:
    reading = read_file(open_source(pxweb_csv()), RESOURCE, registry)
    phong = {
        (row["level"], row["year"]): row for row in reading.observations if row["territory"] == "hai_phong_old"
    }
    assert phong["primary", 2016]["value"] == 4686
    assert phong["primary", 2016]["status"] == "preliminary"
    assert phong["primary", 2016]["cell"] == "E7"
    footnote = [issue for issue in reading.issues if issue["cell"].endswith("8")]
    assert {issue["reason"] for issue in footnote} <= {"unknown_territory", "not_published"}
    assert len(footnote) == 4


def test_a_table_nobody_described_is_set_aside_with_what_to_do(registry: Registry) -> None:
    reading = read_file(open_source(FILES["unknown_sheet"]()), RESOURCE, registry)
    assert reading.observations == []
    assert {issue["reason"] for issue in reading.issues} == {"no_layout"}
    assert "Số cây xanh theo trường" in next(iter(reading.issues))["message_en"]
