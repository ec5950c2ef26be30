"""What all chart forms share: checks of the frame, axes, text with a halo, the finished spec."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import altair
import polars as pl
from altair.utils.schemapi import debug_mode

from hpedu.present import theme
from hpedu.present.layout import HEIGHT, LINE
from hpedu.present.numbers import count_decimals, school_year
from hpedu.present.wording import phrase
from hpedu.registry.models import Language

Rows = list[dict[str, Any]]
Layers = list[Any]  # altair charts; altair is untyped for us

AXIS_LETTERS = 44  # of a line of an axis title, on a phone
MERGER_YEAR = 2025
WHOLE = ("$schema", "config")  # of a chart, not of its layers
MARKED = ("preliminary", "derived", "estimated", "projected", "synthetic")


@contextmanager
def unchecked() -> Iterator[None]:
    """While it lasts, altair takes every piece of a chart as it is; also a decorator of a chart form.

    altair holds each piece against the Vega-Lite schema, most of the time of a chart. What a chart is made of
    depends on hpedu's code alone, so the tests do that, once (`test_every_form_follows_the_schema`).
    """
    with debug_mode(False):
        yield


def require_columns(values: pl.DataFrame, *columns: str) -> None:
    """Raise ValueError if the frame lacks a column or holds no figure at all."""
    missing = [column for column in columns if column not in values.columns]
    if missing:
        raise ValueError(f"a chart needs the columns {', '.join(columns)}; missing: {', '.join(missing)}")
    if values["value"].drop_nulls().is_empty():
        raise ValueError("a chart needs at least one figure; where there is none, say so in a sentence")


def refuse_repeats(values: pl.DataFrame, *key: str) -> None:
    """Raise ValueError if a key stands twice: two figures for one point would be drawn as one."""
    repeated = values.filter(values.select(key).is_duplicated())
    if not repeated.is_empty():
        raise ValueError(f"two figures for one point: {repeated.select(key).row(0)}")


def find_inputs(values: pl.DataFrame, *key: str) -> dict[tuple[Any, ...], list[str]]:
    """The cells (`file!cell`) that each figure comes from, by its key; empty if the frame does not tell."""
    if "inputs" not in values.columns:
        return {}
    return {row[:-1]: row[-1] for row in values.select(*key, "inputs").iter_rows()}


def order_names(names: pl.Series, order: Sequence[str] | None, room: int) -> list[str]:
    """The names in the order asked for, or of first appearance.

    Raises
    ------
    ValueError
        If a name is not in `order`, or there are more than `room`.
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
    """All years from the first to the last with a figure, those without one in between included."""
    years: list[int] = values.drop_nulls("value")["year"].to_list()
    return list(range(min(years), max(years) + 1))


def name_year(year: int, by_school_year: bool, language: Language) -> str:
    return school_year(year, language) if by_school_year else str(year)


def label_year(year: int, by_school_year: bool) -> str:
    """`2015-16` in both languages: an axis has no room for the Vietnamese `2015-2016`."""
    return name_year(year, by_school_year, "en")


def year_header(by_school_year: bool, language: Language) -> str:
    return phrase("school_year" if by_school_year else "year", language)


def title_values(ticks: Sequence[float], unit_label: str, language: Language) -> list[str]:
    """The lines over the axis of values: its unit, and a warning if it does not start at 0."""
    starts_at_zero = ticks[0] <= 0 <= ticks[-1]
    notes = [] if starts_at_zero else [phrase("axis_not_zero", language)]
    whole = " ".join([unit_label, *notes])
    return [whole] if len(whole) <= AXIS_LETTERS else [*textwrap.wrap(unit_label, AXIS_LETTERS), *notes]


def value_axis(ticks: Sequence[float], title: list[str], lift: int = 12) -> Any:
    """The axis of values; its title stands level, `lift` pixels above the plot, and reads at once."""
    return altair.Axis(
        title=title,
        titleAngle=0,
        titleAlign="left",
        titleBaseline="bottom",
        titleX=-36,
        titleY=-lift - LINE * (len(title) - 1),
        values=list(ticks),
        format=f",.{max(map(count_decimals, ticks))}f",
        domain=False,
        ticks=False,
    )


def lift_legend(title: list[str], lift: int) -> int:
    """How far above the plot a legend clears the title of the axis of values."""
    return lift + LINE * (len(title) + 1)


def data_of(values: pl.DataFrame | Rows) -> Any:
    """An altair chart over rows that stand inside the spec."""
    rows = values.to_dicts() if isinstance(values, pl.DataFrame) else values
    return altair.Chart(altair.Data(values=rows))


def write_text(rows: Rows, encoding: Mapping[str, Any], **mark: Any) -> Layers:
    """A text layer over its own white halo, so that no line crosses the letters."""
    mark = {"lineBreak": "\n", "lineHeight": LINE, **mark}
    halo = {"stroke": theme.BACKGROUND, "strokeWidth": 4, "strokeJoin": "round", "opacity": 0.9}
    uncoloured = {channel: value for channel, value in encoding.items() if channel != "color"}
    return [
        data_of(rows).mark_text(**mark, **halo).encode(**uncoloured),
        data_of(rows).mark_text(**mark).encode(**encoding),
    ]


def draw_merger(row: dict[str, Any], x: Any, *, late: bool, language: Language, shift: float = 0) -> Layers:
    """A dashed rule where two provinces became one city; its words stand above the plot, on the longer side."""
    rows = [row | {"words": phrase("merger", language)}]
    side = {"align": "right", "dx": 4} if late else {"align": "left", "dx": -4}
    words = data_of(rows).mark_text(y=-8, baseline="bottom", color=theme.QUIET_INK, **side)
    return [
        data_of(rows).mark_rule(strokeDash=[4, 3], color=theme.PLAIN, xOffset=shift).encode(x=x),
        words.encode(x=x, text=altair.Text("words:N")),
    ]


def finish(layers: Layers, *, language: Language, height: int = HEIGHT, right: int = 8) -> dict[str, Any]:
    """Lay the layers over each other and dress them: a complete spec, as wide as its container."""
    # altair.layer copies every layer twice over; written one by one they are the same, in less than half the time.
    drawn = [layer.to_dict(validate=False) for layer in layers]
    return {
        "$schema": altair.SCHEMA_URL,
        "layer": [{key: part for key, part in layer.items() if key not in WHOLE} for layer in drawn],
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 4, "top": 8, "right": right, "bottom": 4},
        "config": theme.theme(language),
    }


def explain_marks(statuses: Iterable[str], missing: bool, language: Language) -> list[str]:
    """One explanation for each mark that a table uses, `…` included."""
    used = set(statuses)
    notes = [
        f"{phrase(f'mark_{status}', language)}: {phrase(f'status_{status}', language)}"
        for status in MARKED
        if status in used
    ]
    return [*notes, phrase("missing_note", language)] if missing else notes
