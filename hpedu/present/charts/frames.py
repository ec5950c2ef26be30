"""Check the frames that charts are made of, and put their years and marks into words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from hpedu.present.page.display import ChartText

MERGER_YEAR = 2025
MARKED = ("preliminary", "derived", "estimated", "projected", "synthetic")


def require_columns(values: pl.DataFrame, *columns: str) -> None:
    """Raise ValueError if the frame lacks a column or holds no figure at all."""
    missing = [column for column in columns if column not in values.columns]
    if missing:
        raise ValueError(f"a chart needs the columns {', '.join(columns)}; missing: {', '.join(missing)}")
    if values["value"].drop_nulls().is_empty():
        raise ValueError("a chart needs at least one figure; where there is none, say so in a sentence")


def refuse_repeats(values: pl.DataFrame, *key: str) -> None:
    """Raise ValueError if a key is there twice: two figures for one point would be drawn as one."""
    repeated = values.filter(values.select(key).is_duplicated())
    if not repeated.is_empty():
        raise ValueError(f"two figures for one point: {repeated.select(key).row(0)}")


def order_names(names: pl.Series, order: Sequence[str] | None, room: int) -> list[str]:
    """Return the names in the order given, or of first appearance.

    Raises `ValueError` if a name is not in `order`, or there are more than `room`.
    """
    found: list[str] = names.unique(maintain_order=True).to_list()
    if order is not None:
        unknown = [name for name in found if name not in order]
        if unknown:
            raise ValueError(f"not in the order given: {', '.join(unknown)}")
        found = [name for name in order if name in found]
    if len(found) > room:
        raise ValueError(f"{len(found)} names cannot be told apart in one chart, at most {room}: split it")
    return found


def every_year(values: pl.DataFrame) -> list[int]:
    """Return all years from the first to the last with a figure, those in between without one included."""
    years: list[int] = values.drop_nulls("value")["year"].to_list()
    return list(range(min(years), max(years) + 1))


def short_year(text: ChartText, year: int) -> str:
    """Name a year in short: `2015-16` in both languages, since an axis has no room for `2015-2016`."""
    return f"{year}-{(year + 1) % 100:02}" if text.school_year else str(year)


def explain_marks(statuses: Iterable[str], missing: bool, text: ChartText) -> list[str]:
    """Return one explanation for each mark that a table uses, `…` included."""
    used = set(statuses)
    remarks = [
        f"{text.say(f'mark_{status}')}: {text.say(f'status_{status}')}" for status in MARKED if status in used
    ]
    return [*remarks, text.say("missing_remark")] if missing else remarks
