"""Pages of text in columns of fixed width: figures say where the columns are, headers and gaps follow them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpedu.ingest.propose import stand_in
from hpedu.ingest.readers.fixed_width import align_page, read_plain_text
from hpedu.ingest.reading import read_file
from hpedu.ingest.source import open_source
from hpedu.registry import Registry
from tests.ingest.words.test_vietnamese import encode

BY_PROVINCE = """
288        Số học sinh phổ thông tại thời điểm 30/9/2011
           phân theo địa phương
           Number of pupils of general education as of 30 September 2011
           by province

                                                        ĐVT: Học sinh - Unit: Pupil

                                   Tổng số             Chia ra - Of which
                                    Total     Tiểu học  Trung học Trung học
                                              Primary     cơ sở   phổ thông
                                                          Lower     Upper
                                                        secondary secondary

Cả nước - Whole country           1478156       710095     492640    275421
Đồng bằng sông Hồng
Red River Delta                    315923       143188     105390     67345
      Hải Dương                    267777       117105      94868     55804
      Hải Phòng                    273312                   88365     63175
      Hà Nam                       121772       121772

608 Giáo dục - Education
"""

BY_YEAR = """
281        Số trường học và số lớp học phổ thông tại thời điểm 30/9
           Number of schools and classes of general education
           as of 30 September
                                                         Năm học - School year

                                                2005-   2009-   2010- Sơ bộ - Prel.
                                                 2006    2010    2011     2011-2012

Số trường học (Trường)
Number of schools (School)                      27227   28408   28593         28803
 Tiểu học - Primary school                      14688   15172   15242         15337
Số lớp học (Nghìn lớp)
Number of classes (Thous. classes)              508,7   484,5   490,5         488,1
 Tiểu học - Primary                             276,6   268,1   272,4         274,7

                                               Chỉ số phát triển (Năm trước = 100) - %
                                                   Index (Previous year = 100) - %
Trường học - School                             101,5   101,0   100,7         100,7
"""


RESOURCE = stand_in(Path("x")).model_copy(update={"publisher": "General Statistics Office of Viet Nam"})


def figures(text: str, registry: Registry) -> dict[tuple[str, ...], tuple[float, str]]:
    reading = read_file(open_source(text.encode("latin-1" if "§" in text else "utf-8")), RESOURCE, registry)
    keys = ("measure", "level", "territory")
    return {
        (*(row[key] for key in keys), str(row["year"])): (row["value"], row["status"])
        for row in reading.observations
    }


@pytest.mark.parametrize("legacy", [False, True], ids=["unicode", "tcvn3"])
def test_a_header_parted_by_single_blanks_and_a_gap_in_a_row(legacy: bool, registry: Registry) -> None:
    found = figures(encode(BY_PROVINCE, "tcvn3") if legacy else BY_PROVINCE, registry)
    assert found["pupils", "general", "viet_nam", "2011"] == (1478156, "final")
    assert found["pupils", "general", "red_river_delta", "2011"] == (315923, "final")  # named over two lines
    assert found["pupils", "lower_secondary", "hai_phong_old", "2011"] == (88365, "final")
    assert found["pupils", "upper_secondary", "hai_phong_old", "2011"] == (63175, "final")
    assert ("pupils", "primary", "hai_phong_old", "2011") not in found
    assert len(found) == 4 * 4 - 1 + 2


def test_years_over_two_lines_units_in_labels_and_a_block_of_indices(registry: Registry) -> None:
    reading = read_file(open_source(BY_YEAR.encode()), RESOURCE, registry)
    found = figures(BY_YEAR, registry)
    assert found["schools", "primary", "viet_nam", "2005"] == (14688, "final")
    assert found["classes", "primary", "viet_nam", "2010"] == (272400, "final")
    assert found["classes", "general", "viet_nam", "2011"] == (488100, "preliminary")
    assert len(found) == 16
    assert [row["reason"] for row in reading.issues] == ["not_kept"] * 4


def test_years_that_could_be_taken_for_others_are_not_read(registry: Registry) -> None:
    """Three years over four columns: which of them has none cannot be told."""
    header = BY_YEAR[
        BY_YEAR.index("                                                2005-") : BY_YEAR.index("\nSố trường học (")
    ]
    doubtful = BY_YEAR.replace(header, " " * 48 + "2005 2009 2010\n")
    reading = read_file(open_source(doubtful.encode()), stand_in(Path("x")), registry)
    assert reading.observations == []


@pytest.mark.parametrize(
    "text",
    [
        "Trường mẫu giáo nhận trẻ em từ 3 đến 6 tuổi.\nNăm 2011 có 13174 trường.\nHết.",
        "a  1  2\nb  1  2",
        "a    1    22\nb           1    2\nc  1  2\nd   3     44",
    ],
    ids=["prose", "too few rows", "not in line"],
)
def test_what_does_not_stand_in_line_is_left_to_its_blanks(text: str) -> None:
    assert align_page(text.splitlines()) is None


def test_years_of_which_one_has_a_word_before_it_are_no_row_of_figures() -> None:
    years = ["2013", "2013", "Prel. 2014", "Prel. 2014", "2015"]
    rows = [["Hai Phong", *map(str, range(10001, 10006))], ["Ha Noi", *map(str, range(20001, 20006))]]
    lines = ["".join(text.rjust(14) for text in row) for row in [["", *years], *rows, *rows]]
    page = align_page(lines)
    assert page is not None and page[0][0] == ["", *years]


@pytest.mark.parametrize(("last", "found"), [("Ba      31  351", "351…"), ("Ba      31  35120", "35120")])
def test_a_page_that_ends_short_of_its_last_column(last: str, found: str) -> None:
    """Nothing ends the line; a figure as far right as those above it is whole, and so is one with a line's end."""
    page = f"      2015   2016\nMot     12  12345\nHai     15  13345\nTu      16  14345\n{last}"
    assert read_plain_text(page.encode())[0].rows[-1][-1] == found
    assert read_plain_text(f"{page}\n".encode())[0].rows[-1][-1] == found.removesuffix("…")


@pytest.mark.parametrize("corner", ["Địa phương   ", ""])
def test_names_that_do_not_stand_over_their_figures_are_none(corner: str) -> None:
    rows = [
        "Hà Nội   52011   53011   54012",
        "Hải Phòng   41233   42233   43234",
        "Quảng Ninh   21212   22212   23213",
    ]
    page = align_page([f"{corner}Tổng số   Tiểu học   Trung học cơ sở", *rows])
    assert page is None or page[0][0][1:] == ["", "", ""]
