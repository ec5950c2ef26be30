"""Say in two sentences what a page answers, how targets are judged, and what has changed since last year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import polars as pl

from hpedu.assess.standing import Standing
from hpedu.outlook.judgement import LIKELY, STALE_YEARS, UNLIKELY
from hpedu.outlook.method import METHOD, read_track_record
from hpedu.present.page.blocks import Block, Prose, draw_badge, draw_notice, draw_table
from hpedu.present.target import say_chance
from hpedu.present.view import (
    OWED,
    Wording,
    count_shown,
    stated_decimals,
)
from hpedu.registry.models import Target
from hpedu.texts import Language, format_date, format_number, say, school_year

RULES = ("state", "projection", "verdict", "record", "pace", "merger", "year")
COUNTED = ("verdict_changed", "new_value", "revised", "none")


JUDGED = (
    *("met", "milestone_reached", "likely", "leaning"),
    *("uncertain", "unlikely", "missed", "milestone_not_reached"),
)
"""States that say whether a target is or will be met."""
GOOD, BAD = JUDGED[:4], JUDGED[5:]
OPEN = ("impossible", "due", "broken", "short", "one_point")
"""States of targets that have a figure but no verdict."""


def answer(standings: Sequence[Standing], wording: Wording) -> Prose:
    """Say whether the targets will be met, or that this cannot be told, and how all of them stand."""
    if all(s.state == "not_judged" for s in standings):
        return Prose(_say_known(standings, wording))
    counts = Counter(s.state for s in standings)
    judged = sum(counts[state] for state in JUDGED)
    parts = (("judged", JUDGED), ("unjudged", OPEN), ("owed", OWED), ("lapsed", ("lapsed",)))
    words = {
        "all": len(standings),
        "judged": judged,
        "territory": wording.territory,
        "good": sum(counts[state] for state in GOOD),
        "bad": sum(counts[state] for state in BAD),
    }
    key = "answer_verdict" if judged * 2 >= len(standings) else "answer_open" if judged else "answer_none_judged"
    verdict = wording.say(key, **words)
    found = [(key, sum(counts[state] for state in states), states) for key, states in parts]
    counted = "; ".join(wording.say(f"answer_{key}", count=count) for key, count, _ in found if count)
    sentences = [verdict, wording.say("answer_counts", all=len(standings), parts=counted)]
    claims = [_claim_count(states, count) for _, count, states in found]
    claims += [_claim_count(states, sum(counts[state] for state in states)) for states in (GOOD, BAD)]
    return Prose(" ".join(sentences), claims)


def _claim_count(states: Sequence[str], count: int) -> str:
    """Say in XPath that as many rows of the scorecard have one of the states, if the page has a scorecard."""
    rows = f"//tr[@data-state][contains(' {' '.join(states)} ', concat(' ', @data-state, ' '))]"
    return f"not(//tr[@data-state]) or count({rows}) = {count}"


def _say_known(standings: Sequence[Standing], wording: Wording) -> str:
    found = Counter(s.state for s in standings if s.last is not None)
    if not found:
        return wording.say("answer_none_known", all=len(standings), territory=wording.territory)
    states = [
        wording.say("answer_state", count=found[code], state=_lower(wording.name("state", code)))
        for code in wording.registry.codes_of("state")
        if code in found
    ]
    known = sum(found.values())
    if wording.place.is_past:
        return wording.say("answer_history", all=len(standings), known=known, territory=wording.territory)
    return wording.say(
        "answer_known",
        all=len(standings),
        known=known,
        territory=wording.territory,
        states="; ".join(states),
    )


def name_gap(standing: Standing, wording: Wording) -> str:
    """Name a target with its latest figure, its objective and what lies between them, in the target's own unit."""
    target = standing.target
    last, year = wording.last(standing)
    row, indicator = standing.last or {}, wording.registry.indicators[target.id]
    decimals = min(indicator.decimals, max(count_shown(row, indicator), stated_decimals(target)))
    return wording.say(
        "answer_gap",
        name=wording.read(target.name),
        last=last,
        year=year,
        old=wording.say("answer_old") if standing.stale else "",
        objective=wording.objective(target),
        gap=wording.difference(abs(standing.gap or 0.0), target.unit, decimals),
    )


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def explain_rules(language: Language, *, company: bool = False) -> list[str]:
    """Return a sentence or two for each rule: state, projection, verdict, record, pace, merger, years.

    The record quoted is that of series with the company of other provinces where any on the page has it.
    """
    record = read_track_record(company=company)
    words = {
        "least": METHOD.least_points,
        "stale": STALE_YEARS,
        "company": METHOD.least_company,
        "likely": round(LIKELY * 100),
        "unlikely": round(UNLIKELY * 100),
        "questions": format_number(record.questions, 0, language),
        "held": round(record.coverage80 * 10),
        "likely_met": round(record.likely_met_share * 100),
        "unlikely_met": round(record.unlikely_met_share * 100),
    }
    return [say(f"rule_{rule}", language, **words) for rule in RULES]


def draw_changes(changes: pl.DataFrame, wording: Wording, *, year: int, saved: bool) -> Block:
    """Tabulate the targets that changed, before and now, and why; and say what they are compared with.

    `year` is that of the report compared with; if its standings were not `saved`, they were computed from today's
    data.
    """
    language = wording.language
    counts = Counter(reason for reasons in changes["why"].to_list() for reason in reasons)
    counts["verdict_changed"] = int(changes["turned"].sum())
    counts["none"] = changes["why"].to_list().count([])
    named = school_year(year, language)
    counted = wording.say("changes_counted", year=named, **{key: counts[key] for key in COUNTED})
    compared = wording.say("changes_kept" if saved else "changes_computed", year=named)
    rows = [_draw_row(row, wording) for row in changes.iter_rows(named=True) if row["why"]]
    if not rows:
        return Block(draw_notice(f"{counted}. {compared}"))
    heads = ("before", "state_before", "after", "state_after", "why")
    columns = [wording.say(key) for key in ("target", *(f"changes_{head}" for head in heads))]
    return Block(draw_table(columns, rows, caption=counted), draw_notice(compared))


def _draw_row(row: dict[str, Any], wording: Wording) -> list[object]:
    target = wording.registry.targets[row["target"]]
    return [
        f"{target.number}. {wording.read(target.name)}",
        _say_value(target, row["value_before"], row["year_before"], wording),
        _draw_state(row["state_before"], wording),
        _say_value(target, row["value_after"], row["year_after"], wording),
        _draw_state(row["state_after"], wording),
        " ".join(
            [*(_say_reason(reason, row, target, wording) for reason in row["why"]), *_say_chances(row, wording)]
        ),
    ]


def _draw_state(state: str | None, wording: Wording) -> object:
    """Draw a badge; a state that only an older hpedu knew is named as it was saved."""
    if state not in wording.registry.codes_of("state"):
        return state or ""
    return draw_badge(state, wording.name("state", state))


def _say_value(target: Target, value: float | None, year: int | None, wording: Wording) -> str:
    if value is None or year is None:
        return "–"
    named = _name_year(target, year, wording)
    if target.kind == "milestone":  # its state says all
        return named
    decimals = wording.registry.indicators[target.id].decimals
    return f"{wording.with_unit(value, target.unit, decimals)} ({named})"


def _say_chances(row: dict[str, Any], wording: Wording) -> list[str]:
    """Say how the chance has moved, if readers would notice."""
    if row["probability_before"] is None or row["probability_after"] is None:
        return []
    old, new = (say_chance(row[f"probability_{when}"], wording) for when in ("before", "after"))
    return [wording.say("changes_chance", old=old, new=new)] if old != new else []


def _say_reason(reason: str, row: dict[str, Any], target: Target, wording: Wording) -> str:
    language = wording.language
    if reason == "new_value":
        first = "changes_first_report" if target.kind == "milestone" else "changes_first_value"
        key = first if row["value_before"] is None else "changes_new_value"
        return wording.say(key, year=_name_year(target, row["year_after"], wording))
    if reason in ("revised", "withdrawn"):
        decimals = wording.registry.indicators[target.milestone_indicator or target.id].decimals
        old, new = (
            "" if value is None else wording.with_unit(value, target.unit, decimals)
            for value in (row["value_before"], row["value_revised"])
        )
        year = _name_year(target, row["year_before"], wording)
        edition = format_date(row["edition"] or "", language)
        return wording.say(f"changes_{reason}", year=year, edition=edition, old=old, new=new)
    return wording.say(f"changes_{reason}")


def _name_year(target: Target, year: int, wording: Wording) -> str:
    return wording.name_year(year, wording.registry.indicators[target.milestone_indicator or target.id])
