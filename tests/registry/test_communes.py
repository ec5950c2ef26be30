"""The communes of 1 July 2025 and what became of the old ones, against the counts of DESIGN section 3 and
against `vietnamadminunits`, a table made by others."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from datetime import date
from functools import cache

from vietnamadminunits.converter.converter_2025 import DICT_PROVINCE_WARD_DIVIDED, DICT_PROVINCE_WARD_NO_DIVIDED
from vietnamadminunits.database import get_data

from hpedu.registry import Registry
from hpedu.registry.models import Commune

MERGER = date(2025, 7, 1)
CITY_KEY = "thanhphohaiphong"

# The package splits "Xã Hòa Bình" of Vĩnh Bảo (11890) as if it were its namesake in Kim Thành (10798), which
# would carry a commune over the old provincial line, and the other way round.
NAMESAKES = {("11890", "10804"), ("11890", "10843"), ("10798", "11911")}


def new_ones(registry: Registry) -> dict[str, Commune]:
    return {commune.code: commune for commune in registry.communes if commune.valid_from == MERGER}


def old_ones(registry: Registry) -> dict[str, Commune]:
    return {commune.code: commune for commune in registry.communes if commune.valid_from is None}


class TestCounts:
    def test_114_new_and_374_old_communes(self, registry: Registry) -> None:
        assert len(new_ones(registry)) == 114
        assert Counter(commune.kind for commune in new_ones(registry).values()) == {
            "commune": 67,
            "ward": 45,
            "special_zone": 2,
        }
        assert Counter(commune.province_code for commune in old_ones(registry).values()) == {"31": 167, "30": 207}
        assert len(registry.communes) == 114 + 374

    def test_old_ones_ended_the_day_before(self, registry: Registry) -> None:
        assert {commune.valid_to for commune in old_ones(registry).values()} == {date(2025, 6, 30)}
        assert {commune.valid_to for commune in new_ones(registry).values()} == {None}
        assert {commune.district_code for commune in new_ones(registry).values()} == {""}

    def test_the_key_is_code_and_first_day(self, registry: Registry) -> None:
        keys = [(commune.code, commune.valid_from) for commune in registry.communes]
        assert len(set(keys)) == len(keys)

    def test_a_join_on_the_bare_code_is_a_bug(self, registry: Registry) -> None:
        """113 of the 114 codes were codes of an old commune, 95 of them under another name."""
        old, new = old_ones(registry), new_ones(registry)
        reused = new.keys() & old.keys()
        assert len(reused) == 113
        assert [new[code].name for code in new.keys() - reused] == ["Đặc khu Bạch Long Vĩ"]
        assert sum(new[code].name != old[code].name for code in reused) == 95

    def test_accents_tell_communes_apart(self, registry: Registry) -> None:
        """Without accents Cẩm Giang and Cẩm Giàng would be one commune."""
        names = {commune.name for commune in registry.communes}
        assert {"Xã Cẩm Giang", "Xã Cẩm Giàng"} <= names


class TestConversions:
    def test_no_new_commune_crosses_the_old_provincial_line(self, registry: Registry) -> None:
        province = {district.code: district.province_code for district in registry.districts}
        origins: dict[str, set[str]] = defaultdict(set)
        for row in registry.conversions:
            origins[row.new_code].add(province[row.old_district_code])
        assert Counter(frozenset(origin) for origin in origins.values()) == {
            frozenset({"31"}): 50,
            frozenset({"30"}): 64,
        }

    def test_every_old_commune_went_somewhere_and_whole_ones_to_one_place(self, registry: Registry) -> None:
        went: dict[str, list[str]] = defaultdict(list)
        for row in registry.conversions:
            went[row.old_code].append(row.extent)
        assert went.keys() - {""} == old_ones(registry).keys()
        for code, extents in went.items():
            assert ("whole" in extents) == (len(extents) == 1), code

    def test_a_population_goes_to_one_place_only(self, registry: Registry) -> None:
        kept = Counter(row.old_code for row in registry.conversions if row.extent == "part_area_whole_population")
        assert set(kept.values()) == {1}

    def test_old_communes_lie_in_the_district_they_are_said_to(self, registry: Registry) -> None:
        old = old_ones(registry)
        for row in registry.conversions:
            if row.old_code:
                assert old[row.old_code].district_code == row.old_district_code, row

    def test_8_of_27_districts_can_be_rebuilt(self, registry: Registry) -> None:
        origins: dict[str, set[str]] = defaultdict(set)
        for row in registry.conversions:
            origins[row.new_code].add(row.old_district_code)
        rebuilt = {
            district.code
            for district in registry.districts
            if all(came == {district.code} for came in origins.values() if district.code in came)
        }
        assert rebuilt == {district.code for district in registry.districts if district.rebuildable}
        assert (len(rebuilt), len(registry.districts)) == (8, 27)


class TestAgainstAnIndependentTable:
    def test_names_and_codes_of_2025(self, registry: Registry) -> None:
        theirs = {
            row["wardCode"]: row["ward"]
            for row in get_data(["provinceCode", "wardCode", "ward"])
            if row["provinceCode"] == "31"
        }
        assert {code: commune.name for code, commune in new_ones(registry).items()} == nfc_values(theirs)

    def test_names_codes_and_districts_before(self, registry: Registry) -> None:
        theirs = {
            row["wardCode"]: (nfc(row["ward"]), row["districtCode"], row["provinceCode"])
            for row in old_units_of_the_package()
            if row["wardCode"]
        }
        ours = {code: (c.name, c.district_code, c.province_code) for code, c in old_ones(registry).items()}
        assert ours == theirs

    def test_districts(self, registry: Registry) -> None:
        theirs = {row["districtCode"]: row["district"] for row in old_units_of_the_package()}
        assert {district.code: district.name for district in registry.districts} == nfc_values(theirs)

    def test_conversions(self, registry: Registry) -> None:
        whole = {(row.old_code, row.new_code) for row in registry.conversions if row.extent == "whole"}
        parts = {(row.old_code, row.new_code) for row in registry.conversions if row.extent != "whole"}
        assert whole | parts | NAMESAKES == undivided_of_the_package() | divided_of_the_package()
        assert undivided_of_the_package() <= whole
        assert parts <= divided_of_the_package()


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def nfc_values(table: dict[str, str]) -> dict[str, str]:
    return {key: nfc(value) for key, value in table.items()}


@cache
def old_units_of_the_package() -> list[dict[str, str]]:
    rows = get_data("*", table="admin_units_legacy")
    return [row for row in rows if row["provinceCode"] in ("30", "31")]


@cache
def codes_of_the_package() -> tuple[dict[str, str], dict[str, str]]:
    """The package's keys for old communes and new ones, and the code of each."""
    old = {
        f"{row['provinceKey']}_{row['districtKey']}_{row['wardKey'] or ''}": row["wardCode"] or ""
        for row in old_units_of_the_package()
    }
    new = {row["wardKey"]: row["wardCode"] for row in get_data("*") if row["provinceKey"] == CITY_KEY}
    return old, new


def undivided_of_the_package() -> set[tuple[str, str]]:
    old, new = codes_of_the_package()
    table = DICT_PROVINCE_WARD_NO_DIVIDED[CITY_KEY]
    return {(old[key], new[name]) for name, keys in table.items() for key in keys}


def divided_of_the_package() -> set[tuple[str, str]]:
    old, new = codes_of_the_package()
    table = DICT_PROVINCE_WARD_DIVIDED[CITY_KEY]
    return {(old[key], new[part["newWardKey"]]) for key, parts in table.items() for part in parts}
