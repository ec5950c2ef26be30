"""Two editions of the same series."""

from __future__ import annotations

import polars as pl
import pytest

from hpedu.outlook import SeriesError, revisions


def edition(values: dict[int, float]) -> pl.DataFrame:
    return pl.DataFrame({"place": "a", "indicator": "x", "year": list(values), "value": list(values.values())})


def test_what_was_changed_added_and_taken_back() -> None:
    found = revisions(edition({2020: 1.0, 2021: 2.0, 2022: 3.0}), edition({2021: 2.5, 2022: 3.0, 2023: 4.0}))
    assert found.select("year", "before", "after", "change", "kind").rows() == [
        (2020, 1.0, None, None, "gone"),
        (2021, 2.0, 2.5, 0.5, "changed"),
        (2023, None, 4.0, None, "new"),
    ]


def test_both_tables_are_checked() -> None:
    with pytest.raises(SeriesError):
        revisions(edition({2020: 1.0}), edition({2020: 1.0}).drop("value"))
