"""Shares that no whole number gives, and one share printed of the whole and of a part."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from hpedu.ingest.checks import find_breaches
from hpedu.registry import Registry

SHARE = {"measure": "national_standard_share", "level": "preschool_general", "unit": "percent"}
SCHOOLS = {"measure": "schools", "level": "preschool_general", "unit": "schools"}
PUBLIC = {"ownership": "public"}


@pytest.fixture
def check(make_observations: Callable[..., pl.DataFrame], registry: Registry) -> Callable[..., list[str]]:
    def run(share: float, step: float, *more: dict[str, object], schools: float = 1588.0) -> list[str]:
        rows = [SHARE | {"value": share, "step": step}, SCHOOLS | {"value": schools}, *more]
        placed = [{"cell": f"B{n}", "printed": str(row["value"])} | row for n, row in enumerate(rows, start=2)]
        found = find_breaches(make_observations(*placed), registry).findings
        return [check for check in found["check"] if check.startswith("share")]

    return run


@pytest.mark.parametrize(
    ("share", "step", "schools", "found"),
    [
        (76.98, 0.01, 1588.0, ["share_of_count"]),
        (76.95, 0.01, 1588.0, []),  # 1,222
        (78.09, 0.01, 840.0, []),  # 656 / 840 = 78.095, cut off
        (77.0, 1.0, 1588.0, []),
        (24.0, 1.0, 4.0, ["share_of_count"]),  # 1 is 25%, a whole step above
    ],
)
def test_a_share_is_a_whole_number_of_its_total(
    check: Callable[..., list[str]], share: float, step: float, schools: float, found: list[str]
) -> None:
    assert check(share, step, schools=schools) == found


@pytest.mark.parametrize(
    ("part", "step", "found"),
    [(76.9, 0.1, ["share_of_part"]), (85.4, 0.1, []), (99.0, 1.0, ["share_of_part"])],
)
def test_a_share_of_the_whole_is_not_that_of_a_part(
    check: Callable[..., list[str]], part: float, step: float, found: list[str]
) -> None:
    rows = [SHARE | PUBLIC | {"value": part, "step": step}, SCHOOLS | PUBLIC | {"value": 1404.0}]
    assert check(76.95, 0.01, *rows) == found
