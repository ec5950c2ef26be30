"""The checks on the project's own figures: the errors known to be in print are found, and little else."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from hpedu.ingest.checks import find_breaches
from hpedu.registry import Registry

KNOWN = [
    ("sum", "city/hppc_2016_preschool.csv", "J18", "2.426 (công lập) + 548 (ngoài công lập) = 2.974, in là 2.984"),
    ("sum", "city/hppc_2016_preschool.csv", "J20", "2.696 (công lập) + 870 (ngoài công lập) = 3.566, in là 3.466"),
    ("digit_swap", "city/hppc_2016_preschool.csv", "J34", "= 3.264, in là 3.246"),
    ("sum", "nso/web_2022_general_overview.csv", "J7", "= 497.274, in là 497.342"),
    ("sum", "nso/web_2022_general_overview.csv", "J11", "= 500.493, in là 500.400"),
    ("sum", "nso/web_2022_general_overview.csv", "J19", "= 517.403, in là 517.352"),
    ("sum", "nso/pxweb_2019_general_schoolgirls.csv", "N4", "= 7.671.420, in là 7.669.275"),
    ("sum", "press/2025_doet_council.csv", "J9", "87 (công lập) + 17 (ngoài công lập) = 104, phải là 100"),
    ("jump", "nso/pxweb_2019_kindergarten.csv", "AJ6", "266 (2010) → 201 (2011) → 264 (2012)"),
    ("jump", "nso/pxweb_2019_general_women_teachers.csv", "AY5", "6.746 (2015) → 5.150 (2016) → 6.990 (2017)"),
    *(
        ("unit_slip", "nso/pxweb_2019_kindergarten.csv", cell, "gần 1000 lần")
        for cell in ("BC4", "BC5", "BC6", "BG4", "BG5", "BG6")
    ),
]


@pytest.fixture(scope="module")
def found(tables: Any, registry: Registry) -> list[dict[str, Any]]:
    # As ingest does, without the panels of all provinces.
    checked = tables.observations.filter(~pl.col("file").str.starts_with("nso/provinces_"))
    return find_breaches(checked, registry).findings.to_dicts()


@pytest.mark.parametrize(("check", "file", "cell", "text"), KNOWN)
def test_a_known_error_is_found(found: list[dict[str, Any]], check: str, file: str, cell: str, text: str) -> None:
    [row] = [row for row in found if (row["check"], row["file"], row["cell"]) == (check, file, cell)]
    assert text in row["message_vi"]


def test_every_erratum_is_found_again(found: list[dict[str, Any]], registry: Registry) -> None:
    assert {row["erratum"] for row in found} - {""} == set(registry.errata)


def test_there_are_few_others(found: list[dict[str, Any]]) -> None:
    others = [row for row in found if not row["erratum"] and row["severity"] != "note"]
    assert len(others) <= 20, [row["message_en"] for row in others]
