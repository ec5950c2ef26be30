"""The table of territories and their codes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from vietnamadminunits import convert_address
from vietnamadminunits.database import get_data

from hpedu.errors import RegistryError
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry import Registry
from hpedu.registry.load import HOME, read_registry


def test_63_provinces_stood_before_the_reform_and_ha_tay_before_them(registry: Registry) -> None:
    provinces = [t for t in registry.territories.values() if t.role in ("province", "part")]
    assert len(provinces) == 63 + 1
    assert [t.id for t in provinces if t.valid_to and t.valid_to.year == 2008] == ["ha_tay"]


def test_codes_are_those_of_a_table_made_by_others(registry: Registry) -> None:
    theirs = {row["provinceCode"]: row["provinceShort"] for row in get_data(table="admin_units_legacy")}
    ours = {
        row.code: registry.territories[row.territory] for row in registry.province_codes if row.scheme == "nso"
    }
    assert ours.keys() == theirs.keys()
    names = {alias.name for alias in registry.territory_names}
    assert names.issuperset(name for name in theirs.values() if name != "Bà Rịa Vũng Tàu")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "nso,01,ha_noi",
            "nso,01,hanoi",
            "province_codes.csv: line 2 territory: no such territory (found: hanoi)",
        ),
        (
            "nso,02,ha_giang",
            "nso,01,ha_giang",
            "province_codes.csv: line 3: ha_noi and ha_giang have this code on the same day",
        ),
    ],
)
def test_a_code_that_leads_nowhere_or_to_two_provinces_is_refused(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    home = tmp_path / "registry"
    shutil.copytree(HOME, home, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    text = (home / "province_codes.csv").read_text(encoding="utf-8")
    assert old in text
    (home / "province_codes.csv").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RegistryError) as caught:
        read_registry(home)
    assert [str(p) for p in caught.value.problems] == [problem]


def test_the_successors_are_those_of_an_independent_table(registry: Registry) -> None:
    """One commune of each province of before July 2025, sent through the conversion of vietnamadminunits."""
    rows = {row["provinceShort"]: row for row in get_data(table="admin_units_legacy") if row["ward"]}
    addresses = {short: ", ".join([row["ward"], row["district"], row["province"]]) for short, row in rows.items()}
    expected = {
        fold_text(short): fold_text(convert_address(address).short_province)
        for short, address in addresses.items()
    }
    found = {
        fold_text(territory.name.vi).removeprefix("tp "): fold_text(
            registry.territories[territory.successor].name.vi
        )
        for territory in registry.territories.values()
        if territory.role == "province" and territory.successor
    }
    assert len(found) >= 50
    for old, new in found.items():
        if old in expected:
            assert new.endswith(expected[old]) or expected[old].endswith(new), old
    assert len(found.keys() & expected.keys()) >= 48
