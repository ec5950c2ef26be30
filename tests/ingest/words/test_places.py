"""A name means the territory that bore it on that day, a district or an institution."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.words.places import resolve_place, resolve_territory
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry import load_registry
from hpedu.registry.models import TerritoryName

LAST_DAY, FIRST_DAY = date(2025, 6, 30), date(2025, 7, 1)
REGISTRY = load_registry()


@pytest.mark.parametrize("name", ["Hai Phong", "Thành phố Hải Phòng", "hải phòng", "HAI  PHONG"])
def test_hai_phong_is_another_territory_from_1_july_2025(name: str) -> None:
    assert resolve_territory(name, LAST_DAY, REGISTRY) == "hai_phong_old"
    assert resolve_territory(name, FIRST_DAY, REGISTRY) == "hai_phong"
    assert resolve_territory(unicodedata.normalize("NFD", name), FIRST_DAY, REGISTRY) == "hai_phong"


def test_hai_duong_ended() -> None:
    assert resolve_territory("Hai Duong", LAST_DAY, REGISTRY) == "hai_duong_old"
    assert resolve_territory("Tỉnh Hải Dương", date(1997, 1, 1), REGISTRY) == "hai_duong_old"
    assert resolve_territory("Hai Duong", FIRST_DAY, REGISTRY) is None


def test_the_country_has_many_names_and_no_end() -> None:
    for name in (" WHOLE COUNTRY", "CẢ NƯỚC", "Viet Nam", "VNM"):
        found = {resolve_territory(name, day, REGISTRY) for day in (LAST_DAY, FIRST_DAY)}
        assert found == {"viet_nam"}


def test_an_id_means_itself() -> None:
    for territory in REGISTRY.territories:
        assert resolve_territory(territory, LAST_DAY, REGISTRY) == territory


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Hai Phong (*)",
        "Note: Hai Phong",
        "31",
        "30",
        "Hai",
        "Hai Phong city total",
    ],
)
def test_what_we_do_not_know_stays_unknown(name: str) -> None:
    """A bare code above all: 31 is Hai Phong for the statistics office and Quang Binh for the ministry."""
    assert resolve_territory(name, LAST_DAY, REGISTRY) is None


NAMES = REGISTRY.territory_names
DAYS = st.dates(date(1990, 1, 1), date(2035, 12, 31))


def bearers(alias: TerritoryName, on: date) -> list[str]:
    """Whom a row of the table of names means on a day, worked out apart from the code under test."""
    territory = load_registry().territories[alias.territory]
    first = max(alias.valid_from or date.min, territory.valid_from or date.min)
    return [territory.id] if first <= on <= (territory.valid_to or date.max) else []


@given(st.sampled_from(NAMES), DAYS, st.sampled_from(["NFC", "NFD"]), st.booleans(), st.booleans(), st.booleans())
def test_a_name_means_its_territory_however_it_is_written(
    alias: TerritoryName, on: date, form: str, upper: bool, bare: bool, wide: bool
) -> None:
    name = fold_text(alias.name) if bare else alias.name
    name = name.upper() if upper else name
    name = name.replace(" ", "  ").replace("-", "–") if wide else name
    expected = [bearer for row in NAMES if row.name == alias.name for bearer in bearers(row, on)]
    assert [resolve_territory(unicodedata.normalize(form, f" {name}"), on, REGISTRY)] == (expected or [None])  # type: ignore[arg-type]


@given(st.sampled_from(NAMES), st.sampled_from(NAMES), DAYS, st.sampled_from([" - ", " – ", "\n", " / "]))
def test_two_names_in_one_cell_must_mean_one_territory(
    one: TerritoryName, other: TerritoryName, on: date, joint: str
) -> None:
    both = resolve_territory(f"{one.name}{joint}{other.name}", on, REGISTRY)
    same = resolve_territory(one.name, on, REGISTRY), resolve_territory(other.name, on, REGISTRY)
    assert both == (same[0] if same[0] == same[1] else None)


@given(st.text(max_size=30), DAYS)
def test_any_text_is_a_known_territory_or_none(name: str, on: date) -> None:
    assert resolve_territory(name, on, REGISTRY) in {None, *REGISTRY.territories}


def test_no_name_is_of_two_territories_on_one_day() -> None:
    for on in (date(2000, 1, 1), date(2015, 9, 30), LAST_DAY, FIRST_DAY):
        named = {(fold_text(row.name), bearer) for row in NAMES for bearer in bearers(row, on)}
        assert max(Counter(name for name, _ in named).values()) == 1


@pytest.mark.parametrize(
    ("printed", "territory"),
    [
        ("Thai  Nguyen", "thai_nguyen"),
        ("Thua Thien-Hue", "thua_thien_hue"),
        ("Thừa Thiên - Huế", "thua_thien_hue"),
        ("Hue", "thua_thien_hue"),
        ("Ba Ria - Vung Tau", "ba_ria_vung_tau"),
        ("Hoà Bình", "hoa_binh"),
        ("Ho Chi Minh city", "tp_ho_chi_minh"),
        ("TP. Hồ Chí Minh", "tp_ho_chi_minh"),
        ("T.P. Hồ Chí Minh", "tp_ho_chi_minh"),
        ("Ðắk Lắk", "dak_lak"),
        ("Bắc Cạn", "bac_kan"),
        ("Tỉnh Quảng Ninh", "quang_ninh"),
        ("Hanoi", "ha_noi"),
        ("Cả nước - Whole country", "viet_nam"),
        ("Trung du và miền núi phía Bắc\nNorthern midlands and mountain areas", "northern_midlands_mountains"),
        ("Northern Central area and Central coastal area", "north_central_and_central_coast"),
        ("Đông Nam Bộ - South East", "south_east"),
    ],
)
def test_rows_as_tables_print_them(printed: str, territory: str) -> None:
    assert resolve_territory(printed, date(2011, 9, 30), REGISTRY) == territory


def test_a_region_is_no_province() -> None:
    for row in NAMES:
        if REGISTRY.territories[row.territory].role == "region":
            found = resolve_territory(row.name, date(2011, 9, 30), REGISTRY)
            assert found is not None
            assert REGISTRY.territories[found].role == "region"


def test_ha_tay_ended_in_2008() -> None:
    assert resolve_territory("Ha Tay", date(2007, 9, 30), REGISTRY) == "ha_tay"
    assert resolve_territory("Ha Tay", date(2008, 9, 30), REGISTRY) is None


def test_a_province_that_was_enlarged_in_2025_is_not_the_one_before() -> None:
    assert resolve_territory("Hung Yen", LAST_DAY, REGISTRY) == "hung_yen"
    assert resolve_territory("Hung Yen", FIRST_DAY, REGISTRY) is None
    assert resolve_territory("Quang Ninh", FIRST_DAY, REGISTRY) == "quang_ninh"


def test_the_city_of_a_province_is_not_the_province() -> None:
    assert resolve_territory("Thành phố Hải Dương", LAST_DAY, REGISTRY) is None
    assert resolve_territory("TP. Huế", date(2024, 9, 30), REGISTRY) is None
    assert resolve_territory("TP. Huế", date(2025, 9, 30), REGISTRY) == "thua_thien_hue"


@pytest.mark.parametrize(
    "footer",
    [
        "General classes in universities have been excluded in province",
        "Pupils in universities",
        "Hà Nội (*)",
        "Hà Nội - Hải Phòng",
        "Cities, provinces",
    ],
)
def test_footers_and_doubtful_rows_are_no_territory(footer: str) -> None:
    assert resolve_territory(footer, date(2011, 9, 30), REGISTRY) is None


@pytest.mark.parametrize(
    ("printed", "place"),
    [
        ("Quận Hồng Bàng - Hong Bang urban district", "hong_bang"),
        ("H. Thủy Nguyên – Thuy Nguyen  rural district", "thuy_nguyen"),
        ("TP. Thuỷ Nguyên", "thuy_nguyen"),
        ("an lao", "an_lao"),
        ("Thành phố Hải Dương", "hai_duong_city"),
        ("Hai Duong city", "hai_duong_city"),
        ("Haiphong University", "haiphong_university"),
        ("Hải Dương", None),
        ("Hải Phòng", None),
        ("TỔNG SỐ - TOTAL", None),
        ("Quận Hồng Bàng - Hai An urban district", None),
    ],
)
def test_districts_as_tables_print_them(printed: str, place: str | None) -> None:
    assert resolve_place(printed, REGISTRY) == place


def test_every_place_is_found_by_its_names_and_its_id() -> None:
    for place in REGISTRY.places.values():
        for name in (place.name.vi, fold_text(place.name.vi), place.name.en, place.id):
            assert resolve_place(name, REGISTRY) == place.id


def test_names_are_those_of_the_registry_that_is_handed_over() -> None:
    without = replace(REGISTRY, territory_names=[], territories={}, places={})
    assert resolve_territory("Hai Phong", FIRST_DAY, REGISTRY) == "hai_phong"
    assert resolve_territory("Hai Phong", FIRST_DAY, without) is None
    assert resolve_place("Haiphong University", without) is None
