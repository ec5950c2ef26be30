"""What a standing says, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hpedu.outlook import Standing
from hpedu.outlook.record import read_track_record
from hpedu.present.naming import Wording
from hpedu.present.numbers import format_date, format_number
from hpedu.present.quantity import name_year, with_unit
from hpedu.present.wording import phrase
from hpedu.registry.models import Indicator

STEP = 5  # a probability is said in steps of so many percent: more would be false precision
TRENDLESS = ("one_point", "short", "broken")
ENDS = {"point": "point", "low": "lo80", "high": "hi80"}


def say_standing(standing: Standing, wording: Wording) -> list[str]:
    """Where the target stands and what it would take, in the order a reader asks."""
    return [
        *_say_last(standing, wording),
        *_say_state(standing, wording),
        *_say_projection(standing, wording),
        *_say_pace(standing, wording),
        *_say_cautions(standing, wording),
        *_say_open_sdg(standing, wording),
    ]


def say_chance(probability: float, wording: Wording) -> str:
    """A probability in words: "about 35%", "below 5%"."""
    percent = round(probability * 100 / STEP) * STEP
    key = "chance_below" if percent < STEP else "chance_above" if percent > 100 - STEP else "chance_between"
    return phrase(key, wording.language, number=min(max(percent, STEP), 100 - STEP))


def say_outlook(
    standing: Standing, wording: Wording, row: Mapping[str, Any], *, unit: bool = True
) -> dict[str, str]:
    """Centre and 80% range of a projected year as text: `point`, `low`, `high`; the low end is always bare."""
    indicator = wording.book.indicators[standing.target.id]
    language, decimals = wording.language, indicator.decimals
    said = {key: format_number(row[name], decimals, language) for key, name in ENDS.items()}
    if unit:
        for key in ("point", "high"):
            said[key] = with_unit(row[ENDS[key]], indicator.unit, decimals, language, wording.book)
    return said


def _say_last(standing: Standing, wording: Wording) -> Iterator[str]:
    target, language = standing.target, wording.language
    who = {"department": wording.departments(target), "basis": wording.department_basis(target)}
    if standing.state == "no_data":
        parts = [part.get(language) for part in (target.numerator, target.denominator) if part]
        needs = "; ".join(parts or [target.definition.get(language)])
        yield phrase("no_data_said", language, territory=wording.territory, needs=needs, **who)
    elif standing.state == "milestone_unreported":
        yield phrase("milestone_said", language, **who)
    elif standing.last is not None:
        last, year = wording.last(standing)
        shown = last or wording.book.name("state", standing.state, language)
        yield f"{phrase('last_value', language)}: {shown} ({year})."


def _say_state(standing: Standing, wording: Wording) -> Iterator[str]:
    target, language, state = standing.target, wording.language, standing.state
    if standing.last is None:
        return
    when = phrase("by_due", language, year=target.year) if target.year else ""
    chance = "" if standing.probability is None else say_chance(standing.probability, wording)
    if state in ("likely", "uncertain", "unlikely"):
        yield phrase(f"{state}_said", language, when=when, chance=chance)
    elif state == "met":
        if standing.met_since is not None and standing.points > 1:
            yield phrase("met_since_said", language, year=_year(standing, standing.met_since, wording))
        else:
            yield phrase("met_said", language)
        if chance and when:
            yield phrase("keep_said", language, when=when, chance=chance)
    elif state == "missed" and target.year is None:
        yield phrase("floor_missed_said", language, year=wording.last(standing)[1])
    elif state == "missed":
        yield phrase("missed_said", language, year=target.year)
    elif state == "due" and target.last_day is not None:
        yield phrase("due_said", language, day=format_date(target.last_day.isoformat(), language))
    elif state in TRENDLESS:
        reason = wording.break_reason(standing) if state == "broken" else ""
        yield phrase(f"{state}_said", language, points=standing.points, reason=reason)
    if standing.lost_since is not None:
        yield phrase("lost_said", language, year=_year(standing, standing.lost_since, wording))


def _say_projection(standing: Standing, wording: Wording) -> Iterator[str]:
    row = standing.outlook
    if row is not None and standing.target.year is not None:
        words = say_outlook(standing, wording, row)
        year = _year(standing, row["year"], wording)
        held = round(read_track_record().coverage80 * 10)
        yield " ".join(
            [
                phrase("projection_said", wording.language, year=year, **words),
                phrase("record_said", wording.language, held=held),
            ]
        )


def _say_pace(standing: Standing, wording: Wording) -> Iterator[str]:
    if standing.required_pace is None or standing.target.year is None:
        return
    language, year = wording.language, standing.target.year
    required = wording.pace(standing.required_pace, standing.target)
    if standing.observed_pace is None:
        yield phrase("pace_needed_said", language, year=year, required=required)
    else:
        observed = wording.pace(standing.observed_pace, standing.target)
        yield phrase("pace_said", language, year=year, required=required, observed=observed)
    if standing.best_pace is not None and standing.observed_pace is not None:
        best = wording.pace(standing.best_pace, standing.target)
        yield phrase("best_pace_said", language, span=standing.best_span, best=best)


def _say_cautions(standing: Standing, wording: Wording) -> Iterator[str]:
    target, language = standing.target, wording.language
    if standing.broken and standing.state not in TRENDLESS:
        yield phrase("after_break_said", language, reason=wording.break_reason(standing))
    if standing.stale and standing.last is not None:
        yield phrase("stale_said", language, year=wording.last(standing)[1])
    if target.year_basis == "yearly":
        yield phrase("yearly_floor_said", language)
    if target.implausible:
        yield f"{phrase('implausible', language)}: {target.implausible.get(language)}"


def _say_open_sdg(standing: Standing, wording: Wording) -> Iterator[str]:
    progress = standing.progress
    if progress is not None and progress["score"] is not None and progress["base_year"] is not None:
        yield phrase(
            "open_sdg_said",
            wording.language,
            **{"class": phrase(f"open_sdg_{progress['class']}", wording.language)},
            score=format_number(progress["score"], 1, wording.language),
            base=_year(standing, progress["base_year"], wording),
        )


def _year(standing: Standing, year: int, wording: Wording) -> str:
    indicator: Indicator = wording.book.indicators[standing.target.id]
    return name_year(year, indicator, wording.book, wording.language)
