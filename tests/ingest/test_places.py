"""A name means the territory that bore it on that day."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from hpedu.ingest.places import resolve_territory
from hpedu.registry import Registry

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


def test_an_id_means_itself(book: Registry) -> None:
    for territory in book.territories:
        assert resolve_territory(territory, LAST_DAY) == territory


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Ha Tay",
        "Red River Delta",
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
