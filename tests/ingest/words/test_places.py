"""A name means the territory that bore it on that day."""

from __future__ import annotations

import time
import unicodedata
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.errors import UnknownName
from hpedu.ingest.words.places import resolve_code, resolve_territory
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry import Registry, load_registry
from hpedu.registry.models import TerritoryName

LAST_DAY, FIRST_DAY = date(2025, 6, 30), date(2025, 7, 1)


@pytest.mark.parametrize("name", ["Hai Phong", "Thành phố Hải Phòng", "hải phòng", "HAI  PHONG"])
def test_hai_phong_is_another_territory_from_1_july_2025(name: str) -> None:
    assert resolve_territory(name, LAST_DAY) == "hai_phong_old"
    assert resolve_territory(name, FIRST_DAY) == "hai_phong"
    assert resolve_territory(unicodedata.normalize("NFD", name), FIRST_DAY) == "hai_phong"


def test_hai_duong_ended() -> None:
    assert resolve_territory("Hai Duong", LAST_DAY) == "hai_duong_old"
    assert resolve_territory("Tỉnh Hải Dương", date(1997, 1, 1)) == "hai_duong_old"
    assert resolve_territory("Hai Duong", FIRST_DAY) is None


def test_the_country_has_many_names_and_no_end() -> None:
    for name in (" WHOLE COUNTRY", "CẢ NƯỚC", "Viet Nam", "VNM"):
        assert resolve_territory(name, LAST_DAY) == resolve_territory(name, FIRST_DAY) == "viet_nam"


def test_an_id_means_itself(registry: Registry) -> None:
    for territory in registry.territories:
        assert resolve_territory(territory, LAST_DAY) == territory


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
    assert resolve_territory(name, LAST_DAY) is None


NAMES = load_registry().territory_names
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
    assert [resolve_territory(unicodedata.normalize(form, f" {name}"), on)] == (expected or [None])  # type: ignore[arg-type]


@given(st.sampled_from(NAMES), st.sampled_from(NAMES), DAYS, st.sampled_from([" - ", " – ", "\n", " / "]))
def test_two_names_in_one_cell_must_mean_one_territory(
    one: TerritoryName, other: TerritoryName, on: date, joint: str
) -> None:
    both = resolve_territory(f"{one.name}{joint}{other.name}", on)
    same = resolve_territory(one.name, on), resolve_territory(other.name, on)
    assert both == (same[0] if same[0] == same[1] else None)


@given(st.text(max_size=30), DAYS)
def test_any_text_is_a_known_territory_or_none(name: str, on: date) -> None:
    assert resolve_territory(name, on) in {None, *load_registry().territories}


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
    assert resolve_territory(printed, date(2011, 9, 30)) == territory


def test_a_region_is_no_province() -> None:
    for row in NAMES:
        if load_registry().territories[row.territory].role == "region":
            found = resolve_territory(row.name, date(2011, 9, 30))
            assert found is not None
            assert load_registry().territories[found].role == "region"


def test_ha_tay_ended_in_2008() -> None:
    assert resolve_territory("Ha Tay", date(2007, 9, 30)) == "ha_tay"
    assert resolve_territory("Ha Tay", date(2008, 9, 30)) is None


def test_a_province_that_was_enlarged_in_2025_is_not_the_one_before() -> None:
    assert resolve_territory("Hung Yen", LAST_DAY) == "hung_yen"
    assert resolve_territory("Hung Yen", FIRST_DAY) is None
    assert resolve_territory("Quang Ninh", FIRST_DAY) == "quang_ninh"


def test_the_city_of_a_province_is_not_the_province() -> None:
    assert resolve_territory("Thành phố Hải Dương", LAST_DAY) is None
    assert resolve_territory("TP. Huế", date(2024, 9, 30)) is None
    assert resolve_territory("TP. Huế", date(2025, 9, 30)) == "thua_thien_hue"


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
    assert resolve_territory(footer, date(2011, 9, 30)) is None


def test_a_code_says_something_in_its_scheme_only() -> None:
    assert resolve_code("31", "nso", LAST_DAY) == "hai_phong_old"
    assert resolve_code("31", "nso", FIRST_DAY) == "hai_phong"
    assert resolve_code("30", "nso", FIRST_DAY) is None
    assert resolve_code("31", "moet_exam", LAST_DAY) == "quang_binh"
    assert resolve_code("1", "nso", LAST_DAY) == resolve_code(" 01 ", "nso", LAST_DAY) == "ha_noi"
    assert resolve_code("99", "nso", LAST_DAY) is None
    for scheme in ("", "gso"):
        with pytest.raises(UnknownName, match="No scheme of province codes"):
            resolve_code("31", scheme, LAST_DAY)


def test_every_province_of_the_day_before_the_reform_has_one_code() -> None:
    codes = {row.code for row in load_registry().province_codes if row.scheme == "nso"}
    found = [resolve_code(code, "nso", LAST_DAY) for code in codes]
    alive = [
        t.id for t in load_registry().territories.values() if t.role in ("province", "part") and t.id != "ha_tay"
    ]
    assert sorted(found) == sorted(alive)  # type: ignore[type-var]
    assert len(alive) == 63


def test_a_hundred_thousand_names_take_less_than_a_second() -> None:
    start = time.perf_counter()
    for turn in range(100_000):
        resolve_territory(NAMES[turn % len(NAMES)].name, date(2000 + turn % 20, 9, 30))
    assert time.perf_counter() - start < 1
