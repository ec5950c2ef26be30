"""Back series of a merger: sums of counts, ratios of sums, and nothing where a part is missing."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.outlook.intake import SeriesError
from hpedu.outlook.merging import MERGED, merge_parts

PARTS = pl.DataFrame({"whole": ["city", "city"], "part": ["west", "east"], "valid_to": [2024, 2024]})
SCHEMA = {
    "place": pl.String,
    "indicator": pl.String,
    "year": pl.Int32,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "status": pl.String,
}


def table(*rows: tuple[Any, ...]) -> pl.DataFrame:
    """Rows of place, year, numerator, denominator and perhaps status, of one indicator."""
    full = [(place, "x", year, above, below, (*rest, "final")[0]) for place, year, above, below, *rest in rows]
    return pl.DataFrame(full, schema=SCHEMA, orient="row")


def merge(*rows: tuple[Any, ...], parts: pl.DataFrame = PARTS, scale: float = 100) -> list[dict[str, Any]]:
    return merge_parts(table(*rows), parts, scale=scale).to_dicts()


def test_a_ratio_is_computed_from_the_sums() -> None:
    [row] = merge(("west", 2020, 90.0, 100.0), ("east", 2020, 100.0, 400.0))
    # (90 + 100) / (100 + 400) = 38%; the mean of 90% and 25% would be 57.5%
    assert (row["value"], row["numerator"], row["denominator"]) == (38.0, 190.0, 500.0)
    assert (row["place"], row["status"], row["parts"]) == ("city", "derived", "west + east")


def test_counts_add() -> None:
    [row] = merge(("west", 2020, 90.0, None), ("east", 2020, 100.0, None), scale=1)
    assert (row["value"], row["denominator"], row["status"]) == (190.0, None, "derived")


@pytest.mark.parametrize(
    "east",
    [(), (("east", 2020, None, 400.0),), (("east", 2020, 100.0, None),), (("east", 2021, 100.0, 400.0),)],
    ids=["no row", "no numerator", "no denominator", "another year"],
)
def test_a_missing_part_makes_the_whole_missing(east: tuple[Any, ...]) -> None:
    row = next(row for row in merge(("west", 2020, 90.0, 100.0), *east) if row["year"] == 2020)
    assert (row["value"], row["numerator"], row["status"], row["missing"]) == (None, None, "missing", "east")


def test_its_own_figures_go_first() -> None:
    rows = merge(
        ("west", 2024, 90.0, 100.0),
        ("east", 2024, 100.0, 400.0),
        ("city", 2024, 200.0, 500.0),
        ("city", 2025, 250.0, 500.0),
    )
    assert [(row["year"], row["value"], row["status"]) for row in rows] == [
        (2024, 40.0, "final"),
        (2025, 50.0, "final"),
    ]


def test_after_the_merger_parts_make_nothing() -> None:
    assert merge(("west", 2025, 90.0, 100.0), ("east", 2025, 100.0, 400.0)) == []


def test_parts_can_change_over_the_years() -> None:
    parts = pl.DataFrame(
        {"whole": ["city"] * 3, "part": ["west", "east", "isle"], "valid_from": [None, None, 2010]},
        schema_overrides={"valid_from": pl.Int32},
    )
    rows = merge(
        ("west", 2009, 1.0, 2.0), ("east", 2009, 1.0, 2.0), ("west", 2010, 1.0, 2.0), ("east", 2010, 1.0, 2.0),
        parts=parts,
    )  # fmt: skip
    assert [(row["year"], row["value"], row["missing"]) for row in rows] == [
        (2009, 50.0, ""),
        (2010, None, "isle"),
    ]


@pytest.mark.parametrize(
    ("west", "east", "whole"),
    [
        ("final", "final", "derived"),
        ("preliminary", "final", "derived"),
        ("final", "estimated", "estimated"),
        ("projected", "estimated", "projected"),
        ("synthetic", "projected", "synthetic"),
    ],
)
def test_a_sum_is_as_soft_as_its_softest_part(west: str, east: str, whole: str) -> None:
    [row] = merge(("west", 2020, 1.0, 2.0, west), ("east", 2020, 1.0, 2.0, east))
    assert row["status"] == whole


def test_nothing_is_divided_by_zero() -> None:
    [row] = merge(("west", 2020, 0.0, 0.0), ("east", 2020, 0.0, 0.0))
    assert (row["value"], row["status"], row["numerator"]) == (None, "missing", 0.0)


def test_rates_cannot_be_merged() -> None:
    rates = pl.DataFrame({"place": ["west"], "indicator": ["x"], "year": [2020], "value": [90.0]})
    with pytest.raises(SeriesError, match="a rate cannot be merged; give its numerator and denominator"):
        merge_parts(rates, PARTS)


def test_problems_are_said_at_once() -> None:
    parts = pl.DataFrame({"whole": ["city", "city"], "part": ["city", "east"]})
    with pytest.raises(SeriesError) as caught:
        merge_parts(table(("west", 2020, 1.0, 2.0, "guessed")), parts)
    assert [str(problem) for problem in caught.value.problems] == [
        "counts: column status: is none of final, preliminary, derived, estimated, projected, synthetic "
        "(found: guessed)",
        "parts: whole=city: is a part of itself",
    ]
    with pytest.raises(SeriesError, match="occurs 2 times"):
        merge_parts(table(("west", 2020, 1.0, 2.0), ("west", 2020, 1.0, 3.0)), PARTS)


count = st.none() | st.integers(0, 10**6).map(float)


@given(st.lists(st.tuples(count, count, count, count), min_size=1, max_size=6))
def test_every_value_equals_the_one_computed_again(years: list[tuple[float | None, ...]]) -> None:
    rows = [
        (part, 2010 + n, above, below)
        for n, (a, b, c, d) in enumerate(years)
        for part, above, below in (("west", a, b), ("east", c, d))
    ]
    if all(below is None for *_, below in rows):
        return  # then it is a table of counts
    merged = merge_parts(table(*rows), PARTS)
    assert dict(merged.schema) == MERGED
    found = dict(merged.select("year", "value").rows())
    for n, (a, b, c, d) in enumerate(years):
        whole = None not in (a, b, c, d) and b + d > 0  # type: ignore[operator]
        assert found[2010 + n] == (pytest.approx((a + c) / (b + d)) if whole else None)  # type: ignore[operator]
