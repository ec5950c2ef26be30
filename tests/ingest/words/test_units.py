"""Communes, districts and institutions by name and code, on a day."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.words.places import resolve_commune, resolve_district, resolve_place
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry import load_registry
from hpedu.registry.models import Commune

LAST_DAY, FIRST_DAY = date(2025, 6, 30), date(2025, 7, 1)
NEW = [commune for commune in load_registry().communes if commune.valid_from == FIRST_DAY]
OLD = [commune for commune in load_registry().communes if commune.valid_to == LAST_DAY]


@given(st.sampled_from(NEW), st.sampled_from(["NFC", "NFD"]), st.booleans())
def test_each_commune_of_2025_is_found_by_its_full_name(commune: Commune, form: str, upper: bool) -> None:
    name = unicodedata.normalize(form, commune.name.upper() if upper else commune.name)
    assert resolve_commune(name, FIRST_DAY) == (commune.code, FIRST_DAY)
    assert resolve_commune(name, FIRST_DAY, "Hải Phòng") == (commune.code, FIRST_DAY)


@given(st.sampled_from(OLD))
def test_each_old_commune_is_found_in_its_district(commune: Commune) -> None:
    [district] = [d.name for d in load_registry().districts if d.code == commune.district_code]
    assert resolve_commune(commune.name, LAST_DAY, None, district) == (commune.code, None)


@given(st.sampled_from(NEW + OLD))
def test_a_code_is_another_commune_on_another_day(commune: Commune) -> None:
    on = commune.valid_from or LAST_DAY
    assert resolve_commune(commune.code, on) == (commune.code, commune.valid_from)
    assert resolve_commune(commune.code, on, "Thanh Hóa") is None


@given(st.sampled_from(NEW + OLD), st.sampled_from([LAST_DAY, FIRST_DAY]))
def test_without_accents_a_name_is_never_taken_for_another(commune: Commune, on: date) -> None:
    bare = fold_text(commune.name)
    found = resolve_commune(bare, on)
    homographs = [c for c in NEW + OLD if fold_text(c.name) == bare and c in (NEW if on == FIRST_DAY else OLD)]
    assert found in [None, *((c.code, c.valid_from) for c in homographs)]
    if len(homographs) != 1:
        assert found is None


@given(st.text(max_size=20))
def test_any_text_is_a_known_commune_or_none(name: str) -> None:
    assert resolve_commune(name, FIRST_DAY) in {None, *((c.code, c.valid_from) for c in NEW)}


def test_cẩm_giang_and_cẩm_giàng_are_two_communes() -> None:
    assert resolve_commune("Cẩm Giang", FIRST_DAY) == ("10888", FIRST_DAY)
    assert resolve_commune("Xã Cẩm Giàng", FIRST_DAY) == ("10903", FIRST_DAY)
    assert resolve_commune("Cam Giang", FIRST_DAY) is None
    assert resolve_commune("Cẩm Giàng", LAST_DAY) is None


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("P.Thành Đông", "10507"),
        ("P. Thanh Dong", "10507"),
        ("Thành Đông ward", "10507"),
        ("Phường Thành Đông - Thanh Dong ward", "10507"),
        ("Phường Thành Đông - Hai Duong ward", None),
        ("Hải Dương", "10525"),
        ("Đặc khu Cát Hải", "11914"),
        ("X. Thành Đông", None),
        ("Phường", None),
        ("31", None),
        ("", None),
    ],
)
def test_kinds_as_files_write_them(printed: str, code: str | None) -> None:
    assert resolve_commune(printed, FIRST_DAY) == (None if code is None else (code, FIRST_DAY))


def test_a_name_borne_twice_needs_its_district() -> None:
    assert resolve_commune("Xã Quang Trung", LAST_DAY) is None
    assert resolve_commune("Xã Quang Trung", LAST_DAY, None, "H. An Lão") == ("11647", None)
    assert resolve_commune("Xã Quang Trung", LAST_DAY, None, "Nowhere") is None


def test_the_province_is_the_one_of_that_day() -> None:
    assert resolve_commune("10507", FIRST_DAY, "hai_phong") == ("10507", FIRST_DAY)
    for gone in ("hai_phong_old", "hai_duong_old", "Hải Dương", "Nowhere"):
        assert resolve_commune("10507", FIRST_DAY, gone) is None


@pytest.mark.parametrize(
    ("printed", "code", "place"),
    [
        ("Quận Hồng Bàng - Hong Bang urban district", "303", "hong_bang"),
        ("H. Thủy Nguyên – Thuy Nguyen  rural district", "311", "thuy_nguyen"),
        ("TP. Thuỷ Nguyên", "311", "thuy_nguyen"),
        ("an lao", "313", "an_lao"),
        ("Huyện Bạch Long Vĩ", "318", None),
        ("Thành phố Hải Dương", "288", "hai_duong_city"),
        ("Hai Duong city", "288", "hai_duong_city"),
        ("Haiphong University", None, "haiphong_university"),
        ("Hải Dương", None, None),
        ("Hải Phòng", None, None),
        ("TỔNG SỐ - TOTAL", None, None),
        ("Quận Hồng Bàng - Hai An urban district", None, None),
    ],
)
def test_districts_as_tables_print_them(printed: str, code: str | None, place: str | None) -> None:
    assert resolve_district(printed) == code
    assert resolve_place(printed) == place


def test_every_old_district_is_found_by_its_name() -> None:
    for district in load_registry().districts:
        assert resolve_district(district.name) == resolve_district(fold_text(district.name)) == district.code
    for place in load_registry().places.values():
        assert resolve_place(place.name.vi) == resolve_place(place.name.en) == resolve_place(place.id) == place.id
