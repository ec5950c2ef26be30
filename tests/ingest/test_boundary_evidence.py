"""Pages of another place under a layout of one territory: refused whole, with what names the other."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from hpedu.ingest.interpret import Reading
from hpedu.ingest.propose import stand_in
from hpedu.ingest.reading import read_file
from hpedu.ingest.source import open_source
from hpedu.ingest.words.places import find_mentions
from hpedu.registry import Registry

SCHOOLS = "Số trường phổ thông phân theo huyện, quận"
RATES = "Tỷ lệ học sinh tốt nghiệp các cấp học phổ thông"
OWN = ["Quận Hồng Bàng", "Quận Lê Chân", "Huyện Tiên Lãng"]
OTHERS = ["Huyện Nam Sách", "Huyện Thanh Hà", "Huyện Ninh Giang"]
UNKNOWN = ["Huyện Một", "Huyện Hai", "Huyện Ba"]
HEADER: list[list[object]] = [["", "2014", "2015"], ["", "Tổng số", "Tổng số"]]
OFFICE = "General Statistics Office of Viet Nam"


def districts(places: list[str], *above: str) -> list[list[object]]:
    body: list[list[object]] = [[place, 30 + n, 20 + n] for n, place in enumerate(places)]
    return [*([text] for text in above), [SCHOOLS], *HEADER, ["Tổng số", 500, 510], *body]


def rates(*between: str, below: str = "") -> list[list[object]]:
    body: list[list[object]] = [["Tiểu học Primary", 99.5, 99.6], ["Trung học cơ sở Lower secondary", 98.5, 98.25]]
    years: list[object] = ["", "2017-2018", "2018-2019"]
    return [[RATES], *([text] for text in between), years, *body, [], [below]]


def workbook(rows: list[list[object]], sheet: str = "Sheet1") -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0].title = sheet
    for row in rows:
        book.worksheets[0].append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read(rows: list[list[object]], registry: Registry, sheet: str = "Sheet1", **described: str) -> Reading:
    resource = stand_in(Path("x.xlsx")).model_copy(update={"published": "2020", **described})
    reading = read_file(open_source(workbook(rows, sheet)), resource, registry)
    present = sum(isinstance(cell, int | float) for row in rows for cell in row)
    assert len(reading.observations) + len(reading.issues) == present
    return reading


def test_a_page_of_the_city_shows_it_by_its_districts(registry: Registry) -> None:
    reading = read(districts(OWN), registry)
    assert [row["territory"] for row in reading.observations] == ["hai_phong_old"] * 8
    assert not reading.issues


@pytest.mark.parametrize(
    ("places", "above"),
    [
        (OTHERS, ""),
        ([*OWN, OTHERS[0]], ""),
        (UNKNOWN, ""),
        (UNKNOWN, "Thành phố Hải Phòng"),
        (OWN, "Tỉnh Quảng Ninh"),
    ],
)
def test_other_districts_refuse_the_total_too(places: list[str], above: str, registry: Registry) -> None:
    reading = read(districts(places, *filter(None, [above])), registry)
    assert reading.observations == []
    # A letterhead that no layout knows is part of the title.
    assert {row["reason"] for row in reading.issues} <= {"other_territory", "no_layout"}


@pytest.mark.parametrize(
    "lines", [["Thành phố Hải Phòng"], ["TỈNH HẢI DƯƠNG"], ["Đơn vị tính: % - Hải Phòng"], ["Hai Phong city"]]
)
def test_a_line_that_names_a_province_refuses_a_page_of_the_country(lines: list[str], registry: Registry) -> None:
    reading = read(rates(*lines), registry, publisher=OFFICE)
    assert reading.observations == []
    assert {row["reason"] for row in reading.issues} <= {"other_territory", "no_layout"}


@pytest.mark.parametrize(
    "below", ["Nguồn: Cục Thống kê thành phố Hải Phòng", "Hải Phòng, ngày 5 tháng 3 năm 2020"]
)
def test_so_does_its_source_or_signature(below: str, registry: Registry) -> None:
    reading = read(rates(below=below), registry, publisher=OFFICE)
    assert [row["reason"] for row in reading.issues] == ["other_territory"] * 4


def test_so_do_the_sheet_and_the_publisher(registry: Registry) -> None:
    for found in (
        read(rates(), registry, sheet="Hải Phòng", publisher=OFFICE),
        read(rates(), registry, publisher="Sở Giáo dục và Đào tạo Hải Phòng"),
    ):
        assert [row["reason"] for row in found.issues] == ["other_territory"] * 4


def test_without_evidence_nothing_is_read(registry: Registry) -> None:
    reading = read(rates(), registry)
    assert [row["reason"] for row in reading.issues] == ["territory_not_shown"] * 4
    assert "publisher" in next(iter(reading.issues))["message_vi"]
    motto = read(rates(below="CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), registry)
    assert motto.observations == []


@pytest.mark.parametrize(
    "described",
    [{"publisher": OFFICE}, {"publisher": "x", "scope": "Whole country"}, {"publisher": "Tổng cục Thống kê"}],
)
def test_publisher_or_scope_are_evidence(described: dict[str, str], registry: Registry) -> None:
    reading = read(rates(), registry, **described)
    assert [row["territory"] for row in reading.observations] == ["viet_nam"] * 4


def test_a_city_page_of_a_later_year_is_not_of_the_old_city(registry: Registry) -> None:
    rows = districts(OWN)
    rows[1] = ["", "2024", "2025"]
    reading = read(rows, registry, published="2026")
    assert [row["year"] for row in reading.observations] == [2024] * 4
    assert {row["reason"] for row in reading.issues} == {"no_such_territory_then"}


def test_names_are_found_with_their_accents(registry: Registry) -> None:
    def names(text: str) -> list[str]:
        return [name for name, _ in find_mentions(text, registry)]

    assert names("CỤC THỐNG KÊ TỈNH HẢI DƯƠNG 123. Số trường") == ["TỈNH HẢI DƯƠNG"]
    assert names("giá lại và ăn giảng ở hạ năm") == []
    assert names("Ba Ria-Vung Tau, Hoà Bình") == ["Ba Ria Vung Tau", "Hoà Bình"]
