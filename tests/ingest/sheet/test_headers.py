"""Tables found in sheets and read: what each value stands under and beside, and that no cell is lost."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from hpedu.ingest.readers.excel import read_workbook
from hpedu.ingest.schema import Cell, address
from hpedu.ingest.sheet.grid import Grid, Merge, is_blank, make_grid
from hpedu.ingest.sheet.headers import RestRole, Table, read_block, read_grid
from hpedu.ingest.sheet.regions import find_blocks


def sheet(text: str, *merged: Merge) -> Grid:
    """A grid drawn with "|" between cells; "\\n" is a line break in a cell, "~" an indent."""
    rows = [line.split("|") for line in text.strip("\n").split("\n")]
    return make_grid("Trang 1", [[_cell(text) for text in row] for row in rows], merged)


def _cell(text: str) -> str:
    return text.strip(" ").replace("\\n", "\n").replace("~", " ")


def at(table: Table, place: str) -> Cell:
    return next(cell for cell in table.cells if cell.address == place)


def labels(table: Table, place: str) -> tuple[str, str, str]:
    """Column, row and parent of a value."""
    found = at(table, place).labels
    return found["column"], found["row"], found["parent"]


def roles(table: Table) -> dict[str, RestRole]:
    return {cell.address: cell.role for cell in table.rest}


def count_balance(grid: Grid) -> None:
    present = {address(r, c): t for r, row in enumerate(grid.rows) for c, t in enumerate(row) if not is_blank(t)}
    tables = read_grid(grid)
    read = [(cell.address, cell.printed) for table in tables for cell in (*table.cells, *table.rest)]
    assert len(read) == len(present)
    assert dict(read) == present


YEARBOOK = """
12. Số trường, lớp và phòng học mầm non
Number of schools, classes and classrooms of preschool education

|Năm học – School year||
|2010-\\n2011|2011-\\n2012|Sơ bộ\\nPrel.\\n2012-2013
Số trường học (Trường)\\nNumber of schools (School)|312|318|325
Công lập – Public|201|207|215
Ngoài công lập – Non-public|111|111|110
Số lớp học (Lớp)\\nNumber of classes (Class)|2.105|2.214|2.398
Công lập – Public|1.400|1.501|1.622
Ngoài công lập – Non-public|705|713|776
Số phòng học (Phòng)
Number of classrooms (Classroom)|2.001|2.100|2.222
Phân theo loại phòng
By type of classroom
Phòng kiên cố - Permanent classrooms|1.001|1.100|-
Phòng bán kiên cố
Semi permanent classrooms|1.000|1.000|..
|Chỉ số phát triển (Năm trước = 100) - %||
|Index (Previous year = 100) - %||
Trường học - School|101,2|101,9|102,2
Công lập – Public|102,0|103,0|103,9
Ngoài công lập – Non-public|100,1|100,0|99,1
Lớp học - Class|105,1|105,2|108,3
Công lập – Public|107,2|107,2|108,1
Ngoài công lập – Non-public|101,0|101,1|108,8

(*) Không kể các nhóm trẻ độc lập
Excluding independent groups
"""

DISTRICTS = """
Số trường tiểu học phân theo huyện, quận
Number of primary schools by district
||||||ĐVT: Trường – Unit: School
|Năm học 2014-2015|||Năm học 2015-2016||
|Tổng số\\nTotal|Chia ra – Of which||Tổng số\\nTotal|Chia ra – Of which|
||Công lập\\nPublic|Ngoài\\nCông lập\\nNon-\\nPublic||Công lập\\nPublic|Ngoài\\nCông lập\\nNon-\\nPublic
TỔNG SỐ - TOTAL|41|31|10|44|33|11
Quận Đồ Sơn|12|9|3|13|9|4
Huyện An Lão|29|22|7|31|24|7
Huyện Bạch Long Vĩ||||||
Huyện Cát Hải|-|x|..|—|…|.

Số lớp tiểu học phân theo huyện, quận
Number of primary classes by district
||||ĐVT: Lớp – Unit: Class
|Tổng số|Lớp 1|Lớp 2|Lớp 3
TỔNG SỐ - TOTAL|9|4|3|2
Quận Đồ Sơn|9|4|3|2
"""

FORM = """
SỞ GD&ĐT HẢI PHÒNG||||CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM||
TRƯỜNG TIỂU HỌC SỐ 1||||Độc lập - Tự do - Hạnh phúc||

BÁO CÁO THỐNG KÊ CUỐI NĂM||||||
(Tính đến ngày 31/5/2024)||||||
STT|Chỉ tiêu|ĐVT|Tổng số|Trong đó||Ghi chú
||||Nữ|Dân tộc|
A|B|C|1|2|3|4
I|Lớp|Lớp|15|||
1|Lớp ghép|Lớp|2|x|x|tạm
II|Học sinh|Em|512|250|12|
1|Tuyển mới|Em|100|51|2|
|Trong đó: 6 tuổi|Em|98|50|2|
STT|Chỉ tiêu|ĐVT|Tổng số|Trong đó||Ghi chú
||||Nữ|Dân tộc|
III|Giáo viên|Người|22|20|#REF!|
Tổng cộng|||549|chưa có||

||||Hải Phòng, ngày 31 tháng 5 năm 2024||
Người lập biểu||||HIỆU TRƯỞNG||
(Ký, ghi rõ họ tên)||||||
"""


class TestYearbook:
    table = read_block(find_blocks(sheet(YEARBOOK))[0])

    def test_title_lines_are_one_without_the_number_of_the_table(self) -> None:
        assert self.table.title == (
            "Số trường, lớp và phòng học mầm non Number of schools, classes and classrooms of preschool education"
        )

    def test_years_broken_over_lines_are_mended(self) -> None:
        assert labels(self.table, "B6")[0] == "Năm học – School year / 2010-2011"
        assert labels(self.table, "D6")[0] == "Năm học – School year / Sơ bộ Prel. 2012-2013"

    def test_the_same_label_under_several_groups(self) -> None:
        assert labels(self.table, "B7")[1:] == (
            "Công lập – Public",
            "Số trường học (Trường) Number of schools (School)",
        )
        assert labels(self.table, "B10")[1:] == ("Công lập – Public", "Số lớp học (Lớp) Number of classes (Class)")

    def test_labels_over_two_rows_are_one(self) -> None:
        room = "Số phòng học (Phòng) Number of classrooms (Classroom)"
        kinds = f"{room} / Phân theo loại phòng By type of classroom"
        assert labels(self.table, "C13")[1:] == (room, "")
        assert labels(self.table, "C16")[1:] == ("Phòng kiên cố - Permanent classrooms", kinds)
        assert labels(self.table, "C18")[1:] == ("Phòng bán kiên cố Semi permanent classrooms", kinds)

    def test_an_index_block_is_the_parent_of_its_rows(self) -> None:
        index = "Chỉ số phát triển (Năm trước = 100) - % Index (Previous year = 100) - %"
        assert labels(self.table, "B21") == ("Năm học – School year / 2010-2011", "Trường học - School", index)
        assert labels(self.table, "B22")[2] == f"{index} / Trường học - School"
        assert labels(self.table, "D26")[1:] == ("Ngoài công lập – Non-public", f"{index} / Lớp học - Class")

    def test_marks_are_values_and_notes_are_none(self) -> None:
        assert [at(self.table, place).printed for place in ("D16", "D18")] == ["-", ".."]
        assert {roles(self.table)[place] for place in ("A28", "A29")} == {"footer"}
        assert roles(self.table)["B19"] == "label"


class TestDistricts:
    first, second = read_grid(sheet(DISTRICTS))

    def test_three_tiers_without_merges(self) -> None:
        assert labels(self.first, "B7")[0] == "Năm học 2014-2015 / Tổng số Total"
        assert labels(self.first, "D7")[0] == "Năm học 2014-2015 / Chia ra – Of which / Ngoài Công lập Non-Public"
        assert labels(self.first, "F7")[0] == "Năm học 2015-2016 / Chia ra – Of which / Công lập Public"

    def test_the_unit_stands_in_the_corner(self) -> None:
        assert at(self.first, "B8").labels["unit"] == "ĐVT: Trường – Unit: School"
        assert roles(self.first)["G3"] == "unit"
        assert at(self.second, "B17").labels["unit"] == "ĐVT: Lớp – Unit: Class"

    def test_tables_one_under_the_other(self) -> None:
        assert self.second.title == "Số lớp tiểu học phân theo huyện, quận Number of primary classes by district"
        assert labels(self.second, "C17") == ("Lớp 1", "TỔNG SỐ - TOTAL", "")

    def test_every_kind_of_mark_is_a_value(self) -> None:
        marks = [cell.printed for cell in self.first.cells if cell.address.endswith("11")]
        assert marks == ["-", "x", "..", "—", "…", "."]

    def test_a_district_that_reports_nothing_is_no_section(self) -> None:
        assert labels(self.first, "B11")[1:] == ("Huyện Cát Hải", "")
        assert roles(self.first)["A10"] == "label"

    def test_merged_headers_give_the_same_labels(self) -> None:
        merges = [Merge(3, 1, 3, 3), Merge(3, 4, 3, 6), Merge(4, 2, 4, 3), Merge(4, 5, 4, 6)]
        merges += [Merge(4, 1, 5, 1), Merge(4, 4, 5, 4), Merge(0, 0, 0, 6), Merge(3, 0, 5, 0)]
        merged = read_grid(sheet(DISTRICTS, *merges))[0]
        assert [cell.labels for cell in merged.cells] == [cell.labels for cell in self.first.cells]


class TestForm:
    grid = sheet(FORM)
    (table,) = read_grid(grid)

    def test_the_header_is_found_under_the_letterhead(self) -> None:
        assert self.table.title == "BÁO CÁO THỐNG KÊ CUỐI NĂM (Tính đến ngày 31/5/2024)"
        assert roles(self.table)["E1"] == "letterhead"
        assert labels(self.table, "D9")[0] == "Tổng số"
        assert labels(self.table, "F11")[0] == "Trong đó / Dân tộc"

    def test_a_column_that_counts_columns_is_no_data(self) -> None:
        assert roles(self.table)["D8"] == "header"

    def test_index_and_unit_have_labels_of_their_own(self) -> None:
        found = at(self.table, "D12").labels
        assert (found["index"], found["row"], found["unit"]) == ("1", "Tuyển mới", "Em")

    def test_the_index_says_what_stands_under_what(self) -> None:
        assert labels(self.table, "E12")[2] == "Học sinh"
        assert labels(self.table, "D13")[1:] == ("Trong đó: 6 tuổi", "Học sinh / Tuyển mới")

    def test_a_header_on_the_next_page_is_the_same_again(self) -> None:
        assert {roles(self.table)[place] for place in ("A14", "D14", "E15", "F15")} == {"header", "corner"}
        assert labels(self.table, "E16") == ("Trong đó / Nữ", "Giáo viên", "")

    def test_unreadable_text_and_errors_are_values(self) -> None:
        assert at(self.table, "F16").printed == "#REF!"
        assert labels(self.table, "E17") == ("Trong đó / Nữ", "Tổng cộng", "")
        assert at(self.table, "E17").printed == "chưa có"

    def test_notes_and_signatures_are_not(self) -> None:
        assert {roles(self.table)[place] for place in ("E19", "A20", "E20", "A21")} == {"footer"}
        assert roles(self.table)["G10"] == "remark"


class TestLayouts:
    """Other ways in which tables are laid out."""

    def test_years_down_the_side(self) -> None:
        table = read_grid(sheet("Qua các năm\nNăm|Trường|Lớp\n2010|12|13\n2011|14|15\nSơ bộ 2012|16|17"))[0]
        assert labels(table, "C3") == ("Lớp", "2010", "")
        assert labels(table, "B5") == ("Trường", "Sơ bộ 2012", "")

    def test_several_label_columns(self) -> None:
        table = read_grid(sheet("Địa bàn|Loại|2014|2015\nHải An|Công|1|2\n|Tư|3|4\nĐồ Sơn|Công|5|6\nTỔNG||9|12"))[
            0
        ]
        assert [labels(table, f"C{row}")[1] for row in (2, 3, 4, 5)] == [
            "Hải An / Công",
            "Hải An / Tư",
            "Đồ Sơn / Công",
            "TỔNG",
        ]

    def test_label_cells_merged_over_rows(self) -> None:
        grid = sheet(
            "Địa bàn|Loại|2014|2015\nHải An|Công|1|2\n||3|4\nĐồ Sơn|Công|5|6", Merge(1, 0, 2, 0), Merge(1, 1, 2, 1)
        )
        assert labels(read_grid(grid)[0], "C3")[1] == "Hải An / Công"

    def test_tables_side_by_side(self) -> None:
        text = "Số trường\nTỉnh|2014|2015||Tỉnh|2014|2015\n"
        text += "Hà Nội|1|2||Huế|3|4\nHải Phòng|1|2||An Giang|3|4\nĐà Nẵng|1|2||Cà Mau|3|4"
        table = read_grid(sheet(text))[0]
        assert labels(table, "C4") == ("2015", "Hải Phòng", "")
        assert labels(table, "F4") == ("2014", "An Giang", "")

    def test_grades_for_names(self) -> None:
        table = read_grid(sheet("STT|Trường|Tổng số|6|7|8|9\n1|THCS A|40|10|10|10|10\n2|THCS B|44|11|11|11|11"))[0]
        assert labels(table, "E3") == ("7", "THCS B", "")
        assert len(table.cells) == 10

    def test_one_row_a_class_with_its_name_over_each_header(self) -> None:
        text = "DANH SÁCH LỚP\n\nLớp 1A\nSTT|Họ tên|Tuổi\n1|An|6\n2|Bình|6\n"
        text += "\nLớp 1B\nSTT|Họ tên|Tuổi\n1|Chi|7\n2|Dũng|6"
        (table,) = read_grid(sheet(text))
        assert table.title == "DANH SÁCH LỚP"
        assert labels(table, "C6") == ("Tuổi", "Bình", "Lớp 1A")
        assert labels(table, "C10") == ("Tuổi", "Chi", "Lớp 1B")

    def test_the_next_page_of_a_yearbook(self) -> None:
        text = "80 Số trường\n|2014|2015\nBắc Bộ|5|6\n~Hà Nội|3|4\n"
        text += "\n80 (Tiếp theo) Số trường\n(Cont.) Schools\n|2014|2015\n~Hải Phòng|2|2"
        (table,) = read_grid(sheet(text))
        assert table.title == "Số trường"
        assert labels(table, "B9") == ("2014", "Hải Phòng", "Bắc Bộ")
        assert roles(table)["A6"] == "title"

    def test_another_table_with_the_same_header(self) -> None:
        text = "1. Số trường\nQuận|2014|2015\nHải An|1|2\n2. Số lớp\nQuận|2014|2015\nHải An|10|20"
        first, second = read_grid(sheet(text))
        assert (first.title, second.title) == ("Số trường", "Số lớp")
        assert labels(second, "B6") == ("2014", "Hải An", "")

    def test_a_row_of_units_under_the_names(self) -> None:
        text = "|Trường học|Lớp học\n|(Trường)|(Nghìn lớp)\n|School|Class\nCả nước|13174|117,9\nHà Nội|857|9,5"
        table = read_grid(sheet(text))[0]
        assert labels(table, "C4")[0] == "Lớp học / Class"
        assert at(table, "C4").labels["unit"] == "(Nghìn lớp)"

    def test_the_unit_changes_on_the_way(self) -> None:
        text = "Dân số\nĐơn vị tính: Người\n|2014|2015\nNam|1|2\nNữ|3|4\nĐơn vị tính: %\nNam|25|33\nNữ|75|67"
        table = read_grid(sheet(text))[0]
        assert [at(table, place).labels["unit"] for place in ("B4", "B7")] == [
            "Đơn vị tính: Người",
            "Đơn vị tính: %",
        ]

    def test_a_part_of_a_table_has_a_unit_of_its_own(self) -> None:
        text = "Dân số\nBiểu 5||ĐVT: Người\n|2014|2015\nNam|1|2\n"
        text += "|Chỉ số phát triển (Năm trước = 100) - %|\n|Index (Previous year = 100)|\nNam|9|9\n"
        text += "|2014|2015\nNữ|8|8\n|Số tuyệt đối|\nNam|1|2"
        table = read_grid(sheet(text))[0]
        units = {cell.address: cell.labels["unit"] for cell in table.cells if cell.address.startswith("B")}
        assert units == {"B4": "ĐVT: Người", "B7": "%", "B9": "%", "B11": "ĐVT: Người"}
        assert roles(table)["C2"] == "unit"

    def test_a_first_row_without_figures_is_no_header(self) -> None:
        text = "Quận|Trường|Lớp\nHải An|Chưa có|Chưa có\nĐồ Sơn|3|4\nKiến An|3|không\nCát Hải|3|4\nLê Chân|5|6"
        table = read_grid(sheet(text))[0]
        assert labels(table, "C2") == ("Lớp", "Hải An", "")
        assert at(table, "C4").printed == "không"

    def test_labels_again_in_english_at_the_right(self) -> None:
        text = "Số trường\nQuận|2014|2015|\nHải An|1|2|Hai An\nĐồ Sơn|3|4|Do Son\nKiến An|5|6|Kien An"
        table = read_grid(sheet(text))[0]
        assert len(table.cells) == 6
        assert roles(table)["D3"] == "label"

    @pytest.mark.parametrize("numbers", ["2.416|98,38|230 065|1,234.5", "-5|12%|1.234.567,89|3(*)"])
    def test_numbers_in_any_national_style(self, numbers: str) -> None:
        table = read_grid(sheet(f"Quận|A a|B b|C c|D d\nHải An|{numbers}"))[0]
        assert [cell.printed for cell in table.cells] == numbers.split("|")

    def test_figures_that_look_like_years(self) -> None:
        table = read_grid(sheet("Quận|Số trường|Số lớp\nTổng số|1995|2010\nHải An|12|13"))[0]
        assert labels(table, "B2") == ("Số trường", "Tổng số", "")

    def test_a_sheet_without_numbers_has_no_values(self) -> None:
        (table,) = read_grid(sheet("Mã|Tên\nMN|Mầm non\nTH|Tiểu học"))
        assert (table.title, table.cells) == ("Trang 1", [])
        assert set(roles(table).values()) == {"text"}

    def test_an_empty_sheet_has_no_table(self) -> None:
        assert find_blocks(make_grid("s", [])) == []
        assert [table.cells for table in read_grid(make_grid("s", [["", " "]]))] == [[]]


def test_a_workbook_from_end_to_end() -> None:
    book = Workbook()
    data = book.active
    data.title = "Số liệu"
    nfd = unicodedata.normalize("NFD", "Mầm non")
    for row in (
        ["Biểu 3. Số trường mầm non"],
        [],
        ["Quận, huyện", "2023-\n2024", None, None, "2024-\n2025", None, None],
        [None, "Tổng\nTotal", "Loại hình", None, "Tổng\nTotal", "Loại hình", None],
        [None, None, "Công lập\nPublic", "Tư thục\nPrivate", None, "Công lập\nPublic", "Tư thục\nPrivate"],
        [nfd],
        ["Hồng Bàng", 12, 10, 2, 13, 11, 2],
        ["Mẫu giáo"],
        ["Hồng Bàng", 1.5, 0.1 + 0.2, None, "..", "-", None],
        ["Nguồn: Sở GD&ĐT"],
    ):
        data.append(row)
    for merged in ("A1:G1", "A3:A5", "B3:D3", "E3:G3", "B4:B5", "C4:D4", "E4:E5", "F4:G4"):
        data.merge_cells(merged)
    book.create_sheet("Danh mục").append(["Mã", "Tên"])
    out = io.BytesIO()
    book.save(out)
    grid, catalogue = read_workbook(out.getvalue())
    (table,) = read_grid(grid)
    assert table.title == "Số trường mầm non"
    assert labels(table, "D7") == ("2023-2024 / Loại hình / Tư thục Private", "Hồng Bàng", "Mầm non")
    assert labels(table, "E9") == ("2024-2025 / Tổng Total", "Hồng Bàng", "Mẫu giáo")
    assert [cell.printed for cell in table.cells] == ["12", "10", "2", "13", "11", "2", "1.5", "0.3", "..", "-"]
    assert read_grid(catalogue)[0].cells == []


@pytest.mark.parametrize("text", [YEARBOOK, DISTRICTS, FORM])
def test_every_cell_is_read_or_has_a_role(text: str) -> None:
    count_balance(sheet(text))


TEXTS = """
a|Quận Đồ Sơn|Số lớp (Lớp)|Number|1|2|2.416|98,38|2014|2015-2016|-|x|..|STT|ĐVT: Lớp|%|(*) ghi|Người lập biểu
Trong đó|Tổng số|(1)|I|Ghi chú| Lớp|Biểu 1|Mã|SỞ GD|Lớp 1A
"""
cells = st.sampled_from(["", "", "", *TEXTS.strip().replace("\n", "|").split("|")])


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    width, height = draw(st.integers(1, 5)), draw(st.integers(0, 9))
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=height, max_size=height))
    corners = st.tuples(st.integers(0, 8), st.integers(0, 4), st.integers(0, 2), st.integers(0, 2))
    merged = [
        Merge(top, left, top + down, left + right)
        for top, left, down, right in draw(st.lists(corners, max_size=3))
    ]
    inside = [m for m in merged if m.bottom < height and m.right < width]
    return make_grid("s", rows, inside)


@given(grids())
def test_no_cell_of_any_sheet_is_lost_or_read_twice(grid: Grid) -> None:
    count_balance(grid)


@given(grids())
def test_blocks_part_the_rows_of_a_sheet(grid: Grid) -> None:
    rows = [row for block in find_blocks(grid) for row, _ in block.numbered()]
    assert rows == list(range(len(grid.rows)))


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_two_tiers_of_any_width_are_paired_right(years: int, items: int, districts: int) -> None:
    top = [text for year in range(years) for text in [f"Năm học 20{20 + year}-20{21 + year}", *[""] * (items - 1)]]
    bottom = [f"Loại {item}" for _ in range(years) for item in range(items)]
    body = [[f"Quận số {d}", *[str(100 * d + c) for c in range(years * items)]] for d in range(districts)]
    (table,) = read_grid(make_grid("s", [["Quận", *top], ["", *bottom], *body]))
    assert [cell.labels["column"] for cell in table.cells[: years * items]] == [
        f"Năm học 20{20 + year}-20{21 + year} / Loại {item}" for year in range(years) for item in range(items)
    ]
    assert len(table.cells) == districts * years * items


def test_the_number_of_a_table_may_stand_in_a_cell_of_its_own() -> None:
    grid = sheet(
        "290|Trường, lớp, giáo viên và học sinh mẫu giáo phân theo địa phương\n"
        "|Kindergarten education by province\n"
        "|Trường học|||Lớp học\n|2019|2020||2019|2020\nHải Dương|300|301||3800|3820\nHải Phòng|320|321||4100|4120"
    )
    (table,) = read_grid(grid)
    assert table.title.startswith("Trường, lớp") and table.title.endswith("Kindergarten education by province")
    assert labels(table, "B5") == ("Trường học / 2019", "Hải Dương", "")
    assert {roles(table)[place] for place in ("A1", "B1", "B2")} == {"title"}


def test_a_lone_text_ends_the_header_above_it_or_marks_the_newest_year() -> None:
    grid = sheet(
        "Số nữ giáo viên\n||Năm học - School year\n|||Sơ bộ\n|2008-|2009-|Prel.\n|2009|2010|2010-\n|||2011(*)\n\n"
        "Tiểu học - Primary|276,3|273,1|275,6\nTrung học cơ sở|208,8|213,3|216,8"
    )
    (table,) = read_grid(grid)
    assert table.title.startswith("Số nữ giáo viên") and "Sơ bộ" not in table.title
    assert labels(table, "B8") == ("2008-2009", "Tiểu học - Primary", "")
    assert "Sơ bộ" in labels(table, "D8")[0] and "2010-" in labels(table, "D8")[0]
    assert labels(table, "D9")[2] == ""


def test_a_lone_text_that_begins_anew_is_still_over_the_rows_below() -> None:
    grid = sheet("Số học sinh\n|2018|2019|2020\n||Công lập\nHải Phòng|10|11|12\n||Tư thục\nHải Phòng|1|2|3")
    (table,) = read_grid(grid)
    assert labels(table, "B4") == ("2018", "Hải Phòng", "Công lập")
    assert labels(table, "C6") == ("2019", "Hải Phòng", "Tư thục")


@pytest.mark.parametrize(
    ("corner", "found"), [(["Địa phương"], ["A", "B", "C"]), ([""], ["A", "B", "C"]), ([], ["", "", ""])]
)
def test_a_header_without_its_corner_names_nothing(corner: list[str], found: list[str]) -> None:
    """Where blank cells were dropped, each name would be one column too far left."""
    rows = [["Bảng"], [*corner, "A", "B", "C"], ["Hà Nội", "520", "11", "7"], ["Hải Phòng", "410", "12", "8"]]
    [table] = read_grid(make_grid("", rows))
    assert [cell.labels["column"] for cell in table.cells] == found * 2
