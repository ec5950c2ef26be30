"""What a text says of the unit, and what it does not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hpedu.ingest.words.units import find_scale, find_units, is_percent, read_unit
from hpedu.registry import load_registry


@pytest.mark.parametrize(
    ("text", "scale", "kinds"),
    [
        ("Nghìn người", 1000, {"persons"}),
        ("1000 người", 1000, {"persons"}),
        ("1.000 học sinh", 1000, {"pupils"}),
        ("triệu đồng", 1_000_000, {"money"}),
        ("Trường", 1, {"schools"}),
        ("%", 1, {"percent"}),
        ("Học sinh/lớp", 1, {"pupils", "classes"}),
        ("ng. HS", 1000, {"pupils"}),
        ("nghìn", 1000, set()),
    ],
)
def test_a_unit_is_read(text: str, scale: int, kinds: set[str]) -> None:
    unit = read_unit(text)
    assert unit is not None and (unit.scale, unit.kinds) == (Decimal(scale), kinds)


@pytest.mark.parametrize("text", ["", "thùng", "nghìn triệu", "Ng.", "ĐVT", "2 người"])
def test_what_is_not_wholly_a_unit_is_none(text: str) -> None:
    assert read_unit(text) is None


@pytest.mark.parametrize(
    ("unit", "measure", "fits"),
    [
        ("nghìn người", "pupils", True),
        ("giáo viên", "pupils", False),
        ("trường", "pupils", False),
        ("trường", "schools", True),
        ("%", "pupils", False),
        ("%", "literacy_rate_15plus", True),
        ("nghìn", "schools", True),
        # A ratio may name what it divides, and an amount anything but parts of a hundred.
        ("học sinh/giáo viên", "uis_pupil_trained_teacher_ratio", True),
        ("%", "uis_pupil_trained_teacher_ratio", False),
    ],
)
def test_a_unit_names_what_a_measure_counts(unit: str, measure: str, fits: bool) -> None:
    found = read_unit(unit)
    assert found is not None and found.counts(load_registry().measures[measure]) is fits


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Quy mô trường tiểu học (Nghìn học sinh)", ("nghin hoc sinh",)),
        ("Quy mô trường tiểu học, nghìn người", ("nghin nguoi",)),
        ("Quy mô trường tiểu học - người", ("nguoi",)),
        ("Nghìn học sinh", ("nghin hoc sinh",)),
        ("Đơn vị tính: thùng", ("thung",)),
        ("Đơn vị: Sở Giáo dục", ()),
        ("Có nghìn học sinh đến trường", ("nghin hoc sinh",)),
        # A quantity, a rate, and words of which only one is known, state no unit.
        ("Thành phố có 2 triệu em đến trường", ()),
        ("Số ca trên nghìn trẻ", ()),
        ("Mỗi nghìn trẻ", ()),
        ("Hàng nghìn thứ", ()),
        ("Các học sinh giỏi", ()),
    ],
)
def test_units_in_free_text(text: str, found: tuple[str, ...]) -> None:
    assert find_units(text) == found


@pytest.mark.parametrize("more", ["", " của", " của bảng", " của bảng này", " của bảng này và"])
def test_a_unit_that_is_stated_ends_where_it_is_none_any_more(more: str) -> None:
    assert find_units(f"Ghi chú: số liệu tính bằng nghìn học sinh{more}") == ("nghin hoc sinh",)


@pytest.mark.parametrize(
    ("text", "scale"),
    [("nghìn người", 1000), ("Tỷ lệ biết chữ", 1), ("tỷ đồng", 10**9), ("Tỷ suất sinh", 1), ("k", 1), ("lớp", 1)],
)
def test_a_factor_in_a_text(text: str, scale: int) -> None:
    assert find_scale(text) == scale


def test_two_factors_are_none() -> None:
    assert find_scale("nghìn người, triệu đồng") is None


@pytest.mark.parametrize(("text", "is_part"), [("Tỷ lệ (%)", True), ("‰", True), ("người", False)])
def test_parts_of_a_hundred(text: str, is_part: bool) -> None:
    assert is_percent(text) is is_part
