"""Which row stands under which, and which rows are one label over two lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.sheet.outline import Line, continues, find_parents


def parents(*texts: str) -> list[str]:
    """The path over each line; a text that ends in "#" has no values, one that ends in "!" is a banner."""
    lines = [Line(text.rstrip("#!"), not text.endswith(("#", "!")), banner=text.endswith("!")) for text in texts]
    return [" / ".join(path) for path in find_parents(lines)]


@pytest.mark.parametrize(
    ("lines", "paths"),
    [
        (["Hải An", "Đồ Sơn", "Kiến An"], ["", "", ""]),
        (["Cả nước", "Hà Nội", "Hải Phòng"], ["", "", ""]),
        (["Tiểu học#", "Lớp", "Trường", "THCS#", "Lớp"], ["", "Tiểu học", "Tiểu học", "", "THCS"]),
        (["Vùng", "  Hà Nội", "  Hải Phòng", "Vùng khác", "  Huế"], ["", "Vùng", "Vùng", "", "Vùng khác"]),
        (["\u00a0\u00a0A a", "B b"], ["", ""]),
        (
            ["Số trường (Trường)", "Công lập", "Tư thục", "Số lớp (Lớp)", "Công lập"],
            ["", "Số trường (Trường)", "Số trường (Trường)", "", "Số lớp (Lớp)"],
        ),
        (
            ["Trường", "Công lập", "Tư thục", "Lớp", "Công lập", "Tư thục"],
            ["", "Trường", "Trường", "", "Lớp", "Lớp"],
        ),
        (
            ["Phòng (Phòng)", "Phân theo loại hình#", "Công lập", "Phân theo loại phòng#", "Tạm", "Lớp (Lớp)"],
            [
                "",
                "Phòng (Phòng)",
                "Phòng (Phòng) / Phân theo loại hình",
                "Phòng (Phòng)",
                "Phòng (Phòng) / Phân theo loại phòng",
                "",
            ],
        ),
        (
            ["Cơ sở", "Trong đó - Of which:#", "Bệnh viện", "Phòng khám", "Giường", "Trong đó:#", "Bệnh viện"],
            [
                "",
                "Cơ sở",
                "Cơ sở / Trong đó - Of which:",
                "Cơ sở / Trong đó - Of which:",
                "",
                "Giường",
                "Giường / Trong đó:",
            ],
        ),
        (["Giáo viên", "Trong đó: Nữ", "Trong đó: Dân tộc", "Học sinh"], ["", "Giáo viên", "Giáo viên", ""]),
        (
            ["I. Trường", "1. Công lập", "- Chuẩn", "+ Mức 1", "2. Tư thục", "II. Lớp"],
            ["", "I. Trường", "I. Trường / 1. Công lập", "I. Trường / 1. Công lập / - Chuẩn", "I. Trường", ""],
        ),
        (["1. Trường", "1.1 Công lập", "1.2. Tư thục", "2. Lớp"], ["", "1. Trường", "1. Trường", ""]),
        (["Công lập#", "1. Trường A", "2. Trường B", "Tổng cộng"], ["", "Công lập", "Công lập", "Công lập"]),
        (["X. An Hưng", "P. An Biên", "X. An Khánh", "H. Cát Hải"], ["", "", "", ""]),
        (["Số tuyệt đối", "Chỉ số (%)!", "Trường", "Lớp"], ["", "", "Chỉ số (%)", "Chỉ số (%)"]),
        (["Huyện An Lão", "Huyện Bạch Long Vĩ#", "Huyện Cát Hải"], ["", "", ""]),
        (["1. An Lão", "2. Bạch Long Vĩ#", "3. Cát Hải"], ["", "", ""]),
    ],
)
def test_a_row_stands_under_what_it_belongs_to(lines: list[str], paths: list[str]) -> None:
    assert parents(*lines) == paths


def test_marks_in_a_column_of_their_own() -> None:
    lines = [Line("Trường", True, "I"), Line("Công lập", True, "1"), Line("Nữ", True), Line("Lớp", True, "II")]
    assert find_parents(lines) == [(), ("Trường",), ("Trường", "Công lập"), ()]


@pytest.mark.parametrize(
    ("above", "below", "whether"),
    [
        (Line("Số lớp học (Lớp)", False), Line("Number of classes", True), True),
        (Line("Số lớp học (Lớp)", True), Line("Number of classes", False), True),
        (Line("Phân theo loại phòng", False), Line("By type of classroom", False), True),
        (Line("Số giáo viên trực tiếp", False), Line("giảng dạy (Người)", True), True),
        (Line("Chỉ số - %", False, banner=True), Line("Index - %", False, banner=True), True),
        (Line("Trong đó - Of which:", False), Line("Primary", True), False),
        (Line("Trong đó:", False), Line("nữ", True), False),
        (Line("Phân theo giới tính", False), Line("Nam", True), False),
        (Line("Tây Nguyên", False), Line("Kon Tum", True), False),
        (Line("Số lớp học", True), Line("Number of pupils", True), False),
        (Line("Tiểu học", False), Line("Số lớp học", True), False),
        (Line("Primary", False), Line("Number of classes", True), False),
    ],
)
def test_a_label_over_two_rows(above: Line, below: Line, whether: bool) -> None:
    assert continues(above, below) is whether


lines = st.builds(
    Line,
    text=st.sampled_from(
        ["a", "  b", "Trong đó", "Trong đó: x", "Lớp (Lớp)", "1. c", "- d", "Tổng số", "Phân theo"]
    ),
    has_values=st.booleans(),
    mark=st.sampled_from(["", "", "I", "1", "2.1"]),
    banner=st.booleans(),
)


@given(st.lists(lines, max_size=12))
def test_parents_are_rows_above_in_their_order(outline: list[Line]) -> None:
    for place, path in enumerate(find_parents(outline)):
        above = iter(line.text.strip() for line in outline[:place])
        assert all(label in above for label in path)
