"""Units, headers and sheets of office tables: each figure comes out right, or is set aside with its reason."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hpedu.ingest.interpret import Reading
from hpedu.ingest.propose import stand_in
from hpedu.ingest.reading import read_file
from hpedu.ingest.source import open_source
from hpedu.registry import Registry

PUPILS = "Số học sinh phổ thông tại thời điểm 30/9 phân theo địa phương"
HEADER = ["Địa phương", "Tổng số", "Tiểu học"]
ROWS = [["Hải Phòng", "402", "203"], ["Hải Dương", "311", "154"], ["Hà Nội", "1605", "811"]]

Sheet = Sequence[Sequence[str]]


def workbook(hidden: str = "", state: str = "hidden", **sheets: Sheet) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([int(text) if text.isdecimal() and int(text) > 2100 else text or None for text in row])
        sheet.sheet_state = state if name == hidden else "visible"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def html(rows: Sheet) -> bytes:
    body = "".join(f"<tr>{''.join(f'<td>{text}</td>' for text in row)}</tr>" for row in rows)
    return f"<html><body><table>{body}</table></body></html>".encode()


def delimited(rows: Sheet) -> bytes:
    return "\r\n".join(";".join(f'"{text}"' for text in row) for row in rows).encode()


def read(data: bytes, registry: Registry) -> Reading:
    return read_file(open_source(data), stand_in(Path("bang.xlsx")), registry)


def reasons(reading: Reading) -> set[str]:
    return {row["reason"] for row in reading.issues}


def is_balanced(reading: Reading, count: int) -> bool:
    places = Counter((row["sheet"], row["cell"]) for row in [*reading.observations, *reading.issues])
    return len(places) == count and set(places.values()) == {1}


def table(*, above: Sheet = (), header: Sequence[str] = HEADER, below: Sheet = ()) -> list[Sequence[str]]:
    return [[f"{PUPILS} năm 2019", "", ""], *above, header, *ROWS, *below]


@pytest.mark.parametrize("write", [lambda rows: workbook(S=rows), html, delimited])
@pytest.mark.parametrize(
    "unit",
    [
        "ĐVT: Nghìn học sinh", "DVT: nghin hs", "Đơn vị tính: 1.000 người", "Unit: '000 pupils",
        "Unit: ths. pers.", "Đơn vị tính: vạn người", "ĐVT: Ng.HS", "ĐVT: ngàn em", "Unit: Thousand",
        "ĐVT: %", "ĐVT: triệu học sinh",
        "ĐVT: thùng", "ĐVT: Ng.", "Unit of measure: dozen pupils", "ĐVT: Trường",
        "ĐVT: Giáo viên", "Unit: Lecturer", "Đơn vị tính: Dân số", "Unit: Pupils and teachers",
    ],
)  # fmt: skip
def test_a_unit_of_other_figures_refuses_the_table(unit: str, write, registry: Registry) -> None:  # type: ignore[no-untyped-def]
    for above in ([["", "", unit]], [[unit, "", ""]]):
        reading = read(write(table(above=above)), registry)
        assert reading.observations == [] and reasons(reading) <= {"other_unit", "unknown_unit"}
        assert is_balanced(reading, 6)


@pytest.mark.parametrize(
    "rows",
    [
        table(header=["Nghìn học sinh", "Tổng số", "Tiểu học"]),
        table(header=["Tỉnh/thành phố (ng. HS)", "Tổng số", "Tiểu học"]),
        table(header=["ĐVT: vạn", "Tổng số", "Tiểu học"]),
        table(header=["Địa phương", "Tổng số (nghìn người)", "Tiểu học"]),
        table(above=[["(Nghìn học sinh)", "", ""]]),
        table(above=[["Thous. pupils", "", ""]]),
        table(above=[["", "ĐVT:", "Nghìn người"]]),
        table(below=[["Ghi chú: số liệu tính bằng nghìn học sinh", "", ""]]),
        table(below=[["Note: figures in thousands.", "", ""]]),
        table(below=[["Đơn vị: 1.000 HS", "", ""]]),
        table(below=[["", "", "ĐVT: nghìn HS"]]),
        table(below=[["Ghi chú: (x 1000)", "", ""]]),
        table(below=[["(*) Đơn vị tính: 1000 người", "", ""]]),
        table(below=[["Nguồn: Sở GDĐT; tính bằng ngàn em", "", ""]]),
    ],
)
def test_a_unit_is_seen_wherever_it_is_printed(rows: Sheet, registry: Registry) -> None:
    for data in (workbook(S=rows), html(rows)):
        reading = read(data, registry)
        assert reading.observations == []
        assert reasons(reading) & {"other_unit", "unknown_unit"} and reasons(reading) <= {
            "other_unit", "unknown_unit", "unknown_item",
        }  # fmt: skip
        assert is_balanced(reading, 6)


@pytest.mark.parametrize(
    "note",
    ["Note: figures in thousand pupils", "ĐVT: nghìn học sinh", "Unit: box", "Đơn vị: Trường", "Unit: Person/km2"],
)
def test_formats_that_label_their_cells_have_notes_too(note: str, registry: Registry) -> None:
    title = "Number of pupils of general education as of 30 September by province"
    listed = [[f"{title} by Cities, provincies, Years and Items"], [], ["Cities, provincies", "2019 Primary"]]
    px = f'''CHARSET="ANSI";
TITLE="{title}"; NOTE="{note}"; STUB="Province"; HEADING="Year","Items"; VALUES("Province")="Hai Phong";
VALUES("Year")="2019"; VALUES("Items")="Primary"; DATA=203;'''
    stat = f"""{{"class": "dataset", "id": ["place", "year"], "size": [1, 1], "note": ["{note}"],
        "label": "{title}",
        "dimension": {{"place": {{"label": "Province", "category": {{"label": {{"31": "Hai Phong"}}}}}},
          "year": {{"label": "Year", "category": {{"index": ["2019 Primary"]}}}}}}, "value": [203]}}"""
    for text in (delimited([*listed, ["Hai Phong", "203"], [note]]).decode(), px, stat):
        reading = read(text.encode(), registry)
        assert reading.observations == [] and len(reading.issues) >= 1
        assert reasons(reading) & {"unknown_unit", "other_unit"}
        assert len(read(text.replace(note, "Data of schools").encode(), registry).observations) == 1


def test_the_unit_stands_below_its_name_under_a_px_web_table(registry: Registry) -> None:
    title = "Number of pupils of general education as of 30 September by province"
    head = [[f"{title} by Cities, provincies, Years and Items"], [], ["Cities, provincies", "2019 Primary"]]
    body = [[place, str(203 + n)] for n, place in enumerate(("Hai Phong", "Hai Duong", "Ha Noi", "Thai Binh"))]
    for unit, count in (("Pupils", 4), ("Trường", 0), ("Thousand pupils", 0), ("", 4)):
        foot = [["Units:"], [unit], ["Contact:"], ["Vụ Thống kê"]]
        assert len(read(delimited([*head, *body, *foot]), registry).observations) == count


@pytest.mark.parametrize("text", ["<p>Ghi chú: số liệu tính bằng nghìn em</p>", "<i>Đơn vị: Giáo viên</i>"])
def test_a_page_states_the_unit_before_or_behind_its_table(text: str, registry: Registry) -> None:
    page = html(table()).decode()
    assert len(read(page.encode(), registry).observations) == 6
    for place in (page.index("<table"), page.index("</table>") + len("</table>")):
        reading = read(f"{page[:place]}{text}{page[place:]}".encode(), registry)
        assert reading.observations == [] and reasons(reading) == {"other_unit"}


@pytest.mark.parametrize("unit", ["ĐVT: Học sinh", "Unit: Pupil", "ĐVT: Người - Unit: Person", "(HS)", "ĐVT: em"])
def test_the_unit_of_the_layout_is_read(unit: str, registry: Registry) -> None:
    reading = read(workbook(S=table(above=[["", "", unit]])), registry)
    assert len(reading.observations) == 6


@pytest.mark.parametrize(
    "line",
    ["CỤC THỐNG KÊ THÀNH PHỐ HẢI PHÒNG", "Chi cục Thống kê khu vực X", "GENERAL STATISTICS OFFICE",
     "Thống kê thành phố Hải Phòng", "TỔNG CỤC THỐNG KÊ", "SỞ GIÁO DỤC VÀ ĐÀO TẠO"],
)  # fmt: skip
def test_a_letterhead_is_no_part_of_the_title(line: str, registry: Registry) -> None:
    reading = read(workbook(S=[[line, "", ""], *table()]), registry)
    assert "no_layout" not in reasons(reading)


@pytest.mark.parametrize(
    ("label", "year", "status"),
    [
        ("NH 24-25", 2024, "final"), ("Năm học 2024-25", 2024, "final"), ("2024(p)", 2024, "preliminary"),
        ("SB 2024", 2024, "preliminary"), ("2024 (sơ bộ)", 2024, "preliminary"), ("2024¹", 2024, "final"),
        ("2024-2025 (ước)", 2024, "estimated"), ("Ước 2024", 2024, "estimated"), ("2024e", 2024, "estimated"),
        ("2024 est.", 2024, "estimated"), ("2024*", 2024, "final"), ("2024**", 2024, "final"),
        ("Prel. 2024", 2024, "preliminary"), ("31/5/2025", 2024, "final"), ("30/9/2024", 2024, "final"),
    ],
)  # fmt: skip
def test_a_year_is_read_with_its_status(label: str, year: int, status: str, registry: Registry) -> None:
    rows = years_under(["Tiểu học", "", "Trung học cơ sở", ""], ["2018", label, "2018", label])
    for data in (workbook(S=rows), delimited(rows), html(rows)):
        reading = read(data, registry)
        assert {(row["year"], row["status"]) for row in reading.observations} == {(2018, "final"), (year, status)}
        assert len(reading.observations) == 12
        marked = {row["note"] for row in reading.observations if row["year"] != 2018}
        assert marked == {
            "(*)" if label == "2024*" else "(**)" if label == "2024**" else "(1)" if "¹" in label else ""
        }


@pytest.mark.parametrize("label", ["KH 2024", "24-25", "FY25", "2024 so với 2023", "Quý 3", "2024-2026", "k/h"])
def test_a_label_that_is_not_understood_refuses_its_own_column(label: str, registry: Registry) -> None:
    rows = years_under(["Tiểu học", "", "Trung học cơ sở", ""], ["2018", label, "2018", label])
    for corner in ("", "Địa phương"):
        rows[2] = [corner, *rows[2][1:]]
        reading = read(workbook(S=rows), registry)
        assert {row["cell"][0] for row in reading.observations} == {"B", "D"}
        assert {row["cell"][0] for row in reading.issues} == {"C", "E"}
        assert {row["value"] for row in reading.observations if row["cell"] == "B4"} == {70001}


def years_under(tier: Sequence[str], years: Sequence[str]) -> list[list[str]]:
    width = len(years)
    body = [
        [name, *(str(10000 * (7 - c) + r) for c in range(width))]
        for r, name in enumerate(["Hải Phòng", "Hải Dương", "Hà Nội"], 1)
    ]
    return [[PUPILS, *[""] * width], ["", *tier], ["", *years], *body]


def test_years_set_in_the_middle_of_their_group(registry: Registry) -> None:
    items = ["Tổng số", "Tiểu học", "Trung học cơ sở"] * 2
    for first, second in ((0, 3), (1, 4), (2, 5), (1, 3), (0, 5)):
        tier = ["", "", "", "", "", ""]
        tier[first], tier[second] = "2017", "2018"
        reading = read(workbook(S=years_under(tier, items)), registry)
        found = {(row["cell"][0], row["year"]) for row in reading.observations}
        assert found == {*((c, 2017) for c in "BCD"), *((c, 2018) for c in "EFG")}


def test_years_that_cannot_be_told_apart_are_refused(registry: Registry) -> None:
    # Other names in each group, or a year that lacks: nobody knows how far a year goes.
    for tier, items in (
        (["", "2017", "", "2018"], ["Tổng số", "Tiểu học", "Tổng số", "Trung học cơ sở"]),
        (["", "2017", "", ""], ["Tổng số", "Tiểu học", "Tổng số", "Tiểu học"]),
    ):
        reading = read(workbook(S=years_under(tier, items)), registry)
        read_of = {(row["cell"][0], row["year"]) for row in reading.observations}
        assert read_of <= {("C", 2017), ("E", 2018)}
        assert is_balanced(reading, 12)


def test_a_status_over_years_goes_on_with_the_item(registry: Registry) -> None:
    rows = years_under(["Tổng số", "", "Sơ bộ", ""], ["2020", "2021", "2022", "2023"])
    reading = read(workbook(S=rows), registry)
    assert {(row["year"], row["status"]) for row in reading.observations} == {
        (2020, "final"), (2021, "final"), (2022, "preliminary"), (2023, "preliminary"),
    }  # fmt: skip
    assert {row["level"] for row in reading.observations} == {"general"}


@pytest.mark.parametrize("line", ["Of which: Ethnic minorities", "Trong đó: Nữ", "In which: female", "Of which:"])
def test_a_dividing_row_never_continues_the_row_above(line: str, registry: Registry) -> None:
    others = [[name, str(int(first) // 2), str(int(second) // 2)] for name, first, second in ROWS]
    reading = read(workbook(S=[*table(), [line, "", ""], *others]), registry)
    assert {row["cell"] for row in reading.observations} == {f"{c}{r}" for c in "BC" for r in (3, 4, 5)}
    assert is_balanced(reading, 12)


@pytest.mark.parametrize("name", ["Nữ", "Nam", "Công lập", "Dân tộc", "HS nữ", "THCS", "Urban", "Ngoài công lập"])
def test_a_part_in_the_name_of_a_sheet_refuses_it(name: str, registry: Registry) -> None:
    other = [[*row[:1], *(f"{text}1" if text.isdigit() else text for text in row[1:])] for row in table()]
    reading = read(workbook(**{"Chung": table(), name: other}), registry)
    assert {row["sheet"] for row in reading.observations} == {"Chung"} and len(reading.observations) == 6
    # A sheet "THCS" may have a total of its own; its other items are not of that level either.
    assert reasons(reading) == {"other_sheet"}


@pytest.mark.parametrize("name", ["Sheet1", "Năm 2019", "Nam 2019", "Việt Nam", "Bieu 3", "2019", "Nam nữ"])
def test_other_names_of_sheets_say_nothing(name: str, registry: Registry) -> None:
    assert len(read(workbook(**{name: table()}), registry).observations) == 6


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_set_aside(state: str, registry: Registry) -> None:
    reading = read(workbook("cũ", state, moi=table(), cũ=table()), registry)
    assert {row["sheet"] for row in reading.observations} == {"moi"}
    assert [row["reason"] for row in reading.issues] == ["hidden_sheet"] * 6


def test_a_figure_given_twice_is_not_read(registry: Registry) -> None:
    header = ["Địa phương", "Tiểu học", "Trung học cơ sở", "Tiểu học"]
    rows = [[f"{PUPILS} năm 2019"], header, ["Hải Phòng", "203", "120", "302"], ["Hà Nội", "811", "520", "811"]]
    reading = read(workbook(S=rows), registry)
    assert {row["cell"] for row in reading.observations} == {"C3", "C4"}
    twice = {(row["cell"], row["subject"]) for row in reading.issues if row["reason"] == "figure_twice"}
    assert twice == {("B3", "S!D3"), ("D3", "S!B3"), ("B4", "S!D4"), ("D4", "S!B4")}


def test_equal_prints_on_two_sheets_are_one_figure(registry: Registry) -> None:
    """A sheet that repeats a figure costs nothing; where the sheets differ, neither is read."""
    other = [list(row) for row in table()]
    other[-1][1] = f"{other[-1][1]}1"
    reading = read(workbook(A=table(), B=other), registry)
    assert {row["sheet"] for row in reading.observations} == {"A"} and len(reading.observations) == 5
    assert Counter(row["reason"] for row in reading.issues) == {"figure_repeated": 5, "figure_twice": 2}
    repeated = next(row for row in reading.issues if row["reason"] == "figure_repeated")
    assert repeated["sheet"] == "B" and repeated["subject"] == f"A!{repeated['cell']}"


def test_one_fraction_shows_that_none_is_whole(registry: Registry) -> None:
    rows = [[f"{PUPILS} năm 2019"], HEADER, ["Hải Phòng", "402", "203,5"], ["Hà Nội", "1605", "811"]]
    reading = read(workbook(S=rows), registry)
    assert {row["cell"] for row in reading.observations} == {"B3", "B4"}
    assert reasons(reading) == {"not_whole"}


def test_a_mark_that_changes_its_meaning_refuses_its_column(registry: Registry) -> None:
    title = "Average population by province by Cities, provincies, Years"
    rows = [[title], ["Cities, provincies", "Total 2017", "Total 2018"], ["Hai Phong", "1.990,2", "2,003"],
            ["Hai Duong", "1.780,1", "1.790,4"]]  # fmt: skip
    reading = read(delimited([rows[0], [], *rows[1:]]), registry)
    assert {row["value"] for row in reading.observations} == {1990200, 1780100}
    assert reasons(reading) == {"ambiguous_number"}


def test_grouped_counts_in_a_plain_format(registry: Registry) -> None:
    title = "Number of pupils of general education as of 30 September by province"
    rows = [[f"{title} by Cities, provincies, Years and Items"], [], ["Cities, provincies", "2019 Primary"]]
    for printed in ("179,377", "179.377"):
        reading = read(delimited([*rows, ["Hai Phong", printed]]), registry)
        values = {row["value"] for row in reading.observations}
        assert values == ({179377} if "," in printed else set())


@pytest.mark.parametrize(("mark", "status"), [("e", "estimated"), ("p", "preliminary"), ("b", "final")])
def test_the_status_of_jsonstat_is_that_of_the_figure(mark: str, status: str, registry: Registry) -> None:
    data = f"""{{"version": "2.0", "class": "dataset", "id": ["place", "year"], "size": [1, 2],
        "label": "Percentage of literate population at 15 years of age and above by province",
        "dimension": {{"place": {{"label": "Province", "category": {{"label": {{"31": "Hai Phong"}}}}}},
          "year": {{"label": "Year", "category": {{"index": ["2019", "2020"]}}}}}},
        "value": [97.1, 97.4], "status": ["{mark}", null]}}"""
    reading = read(data.encode(), registry)
    assert [(row["status"], row["note"]) for row in reading.observations] == [(status, mark), ("final", "")]


def hide(data: bytes, *, row: int = 0, column: str = "") -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    if row:
        book.worksheets[0].row_dimensions[row].hidden = True
    if column:
        book.worksheets[0].column_dimensions[column].hidden = True
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize(("hidden", "cells"), [({"row": 4}, {"B4", "C4"}), ({"column": "C"}, {"C3", "C4", "C5"})])
def test_hidden_rows_and_columns_are_set_aside(
    hidden: dict[str, Any], cells: set[str], registry: Registry
) -> None:
    reading = read(hide(workbook(moi=table()), **hidden), registry)
    assert {row["cell"] for row in reading.issues if row["reason"] == "hidden_cell"} == cells
    assert len(reading.observations) == 6 - len(cells)
