"""Communes: the written kind must agree, an old name asks for the code, and a decree needs only its rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from hpedu.ingest.schools.addresses import OTHER_KIND, RENAMED, UNKNOWN, find_commune
from hpedu.registry import Registry
from hpedu.registry.models import Commune, Conversion
from tests.ingest.schools.test_lists import change, read

DAY = date(2025, 9, 30)


@pytest.mark.parametrize(
    ("code", "name", "found"),
    [
        ("10525", "Phường Hải Dương", ("10525", "")),
        ("10525", "P. Hai Duong", ("10525", "")),
        ("10525", "Hải Dương", ("10525", "")),
        ("10525", "", ("10525", "")),
        ("10525", "Xã Hải Dương", (None, UNKNOWN)),
        ("10525", "Phường Thành Đông", (None, UNKNOWN)),
        ("", "phường hải dương", ("10525", "")),
        ("", "Ward Hai Duong", ("10525", "")),
        ("", "Xã Hải Dương", (None, OTHER_KIND)),
        ("", "Đặc khu Hải Dương", (None, OTHER_KIND)),
        ("", "Xã Hòa Bình", (None, OTHER_KIND)),
        ("", "Phường Nguyễn Trãi", (None, RENAMED)),
        ("", "Phường Trần Phú", (None, OTHER_KIND)),
        ("", "", (None, UNKNOWN)),
    ],
)
def test_code_name_and_kind_agree(registry: Registry, code: str, name: str, found: tuple[str | None, str]) -> None:
    assert find_commune(code, name, DAY, registry) == found


def test_every_commune_of_today_is_found_by_code_and_name(registry: Registry) -> None:
    for commune in registry.communes:
        if commune.valid_to is None:
            assert find_commune(commune.code, commune.name, DAY, registry) == (commune.code, "")


def test_a_name_is_never_taken_for_the_heir_of_another_place(registry: Registry) -> None:
    refused = 0
    for old in registry.communes:
        if old.valid_to is None:
            continue
        heirs = {row.new_code for row in registry.conversions if row.old_code == old.code}
        found, reason = find_commune("", old.name, DAY, registry)
        assert found is None or found in heirs
        refused += reason == RENAMED
    assert refused > 100


def test_a_later_decree_needs_only_its_rows(registry: Registry) -> None:
    new = Commune(
        code="19999",
        valid_from=date(2026, 9, 20),
        valid_to=None,
        name="Phường Bình Minh Mới",
        kind="ward",
        province_code="31",
        district_code="",
        source="test",
    )
    old = next(row for row in registry.communes if row.code == "10525" and row.valid_to is None)
    ended = old.model_copy(update={"valid_to": date(2026, 9, 19)})
    later = replace(
        registry,
        communes=[*(ended if row is old else row for row in registry.communes), new],
        conversions=[
            *registry.conversions,
            Conversion(new_code="19999", old_code="10525", old_district_code="", extent="whole"),
        ],
    )
    rows = [
        change(code="55000001", year=year, commune=code, place=name, name=str(n))
        for n, (year, code, name) in enumerate(
            [
                ("2026-2027", "19999", new.name),
                ("2025-2026", "19999", new.name),
                ("2025-2026", "10525", old.name),
                ("2026-2027", "10525", old.name),
                ("2026-2027", None, old.name),
            ]
        )
    ]
    placed = [read(later, row).frame["commune_code"].item() for row in rows]
    assert placed == ["19999", None, "10525", None, None]
