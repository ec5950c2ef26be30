"""What changed since last year's report, as readers see it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from hpedu.present.blocks import Block, draw_badge, draw_notice, draw_table
from hpedu.present.naming import Wording
from hpedu.present.numbers import format_date, school_year
from hpedu.present.quantity import name_year, with_unit
from hpedu.present.target_words import say_chance
from hpedu.present.wording import phrase
from hpedu.registry.models import Target

COUNTED = ("verdict_changed", "new_value", "revised", "none")


def draw_changes(changes: pl.DataFrame, wording: Wording, *, year: int, kept: bool) -> Block:
    """The targets that changed, before and now, and why; and what they are compared with.

    Parameters
    ----------
    changes
        Columns `hpedu.outlook.changes.CHANGES`.
    year
        School year of the report compared with.
    kept
        Whether that report's standings were kept; else they were computed from today's data.
    """
    language = wording.language
    counts = Counter(reason for reasons in changes["why"].to_list() for reason in reasons)
    counts["verdict_changed"] = changes["change"].to_list().count("verdict_changed")
    counts["none"] = changes["why"].to_list().count([])
    named = school_year(year, language)
    counted = phrase("changes_counted", language, year=named, **{key: counts[key] for key in COUNTED})
    compared = phrase("changes_kept" if kept else "changes_computed", language, year=named)
    rows = [_draw_row(row, wording) for row in changes.iter_rows(named=True) if row["why"]]
    if not rows:
        return Block(draw_notice(f"{counted}. {compared}"))
    heads = ("before", "state_before", "after", "state_after", "why")
    columns = [phrase(key, language) for key in ("target", *(f"changes_{head}" for head in heads))]
    return Block(draw_table(columns, rows, caption=counted), draw_notice(compared))


def _draw_row(row: dict[str, Any], wording: Wording) -> list[object]:
    target = wording.book.targets[row["target"]]
    return [
        f"{target.number}. {target.name.get(wording.language)}",
        _say_value(target, row["value_before"], row["year_before"], wording),
        _draw_state(row["state_before"], wording),
        _say_value(target, row["value_after"], row["year_after"], wording),
        _draw_state(row["state_after"], wording),
        " ".join(
            [*(_say_reason(reason, row, target, wording) for reason in row["why"]), *_say_chances(row, wording)]
        ),
    ]


def _draw_state(state: str | None, wording: Wording) -> object:
    """A badge; a state that an older hpedu knew and this one does not is named as it was kept."""
    if state not in wording.book.codes_of("state"):
        return state or ""
    return draw_badge(state, wording.book.name("state", state, wording.language))


def _say_value(target: Target, value: float | None, year: int | None, wording: Wording) -> str:
    if value is None or year is None:
        return "–"
    named = _name_year(target, year, wording)
    if target.kind == "milestone":  # its state says all
        return named
    decimals = wording.book.indicators[target.id].decimals
    return f"{with_unit(value, target.unit, decimals, wording.language, wording.book)} ({named})"


def _say_chances(row: dict[str, Any], wording: Wording) -> list[str]:
    """How the chance has moved, if readers would notice."""
    if row["probability_before"] is None or row["probability_after"] is None:
        return []
    old, new = (say_chance(row[f"probability_{when}"], wording) for when in ("before", "after"))
    return [phrase("changes_chance", wording.language, old=old, new=new)] if old != new else []


def _say_reason(reason: str, row: dict[str, Any], target: Target, wording: Wording) -> str:
    language = wording.language
    if reason == "new_value":
        first = "changes_first_report" if target.kind == "milestone" else "changes_first_value"
        key = first if row["value_before"] is None else "changes_new_value"
        return phrase(key, language, year=_name_year(target, row["year_after"], wording))
    if reason in ("revised", "withdrawn"):
        decimals = wording.book.indicators[target.milestone_indicator or target.id].decimals
        old, new = (
            "" if value is None else with_unit(value, target.unit, decimals, language, wording.book)
            for value in (row["value_before"], row["value_revised"])
        )
        year = _name_year(target, row["year_before"], wording)
        edition = format_date(row["edition"] or "", language)
        return phrase(f"changes_{reason}", language, year=year, edition=edition, old=old, new=new)
    return phrase(f"changes_{reason}", language)


def _name_year(target: Target, year: int, wording: Wording) -> str:
    indicator = wording.book.indicators[target.milestone_indicator or target.id]
    return name_year(year, indicator, wording.book, wording.language)
