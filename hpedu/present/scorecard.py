"""Draw the scorecard: a strip for each target that has a figure, a line for each that has none, by division."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup

from hpedu.assess.standing import Standing
from hpedu.present.page.blocks import render
from hpedu.present.page.display import Fragment
from hpedu.present.strip import draw_strip
from hpedu.present.target import say_chance, say_outlook
from hpedu.present.view import OWED, Wording
from hpedu.texts import say

COLUMNS = ("number_short", "target", "newest_value", "target_value", "strip", "outlook_column", "state")
ATTENTION = (
    *("missed", "milestone_not_reached", "unlikely", "contradicted", "impossible", "due", "uncertain", "broken"),
    *("short", "one_point", "leaning", "likely", "met", "milestone_reached", "lapsed", "not_judged"),
)
"""States of targets that have something to show, in the order in which somebody should look at them."""


def has_figure(standing: Standing) -> bool:
    """Return whether there is a figure or a report to show, be it a doubtful one."""
    return standing.last is not None or standing.doubted is not None


def by_attention(standings: Sequence[Standing]) -> list[Standing]:
    """Return the targets that have something to show, those that need attention first."""
    shown = filter(has_figure, standings)
    return sorted(shown, key=lambda s: (ATTENTION.index(s.state), s.probability or 0.0, s.target.number))


def draw_scorecard(
    standings: Sequence[Standing],
    wording: Wording,
    *,
    caption: str,
    pages: Mapping[str, str | None],
    details: Mapping[str, Markup],
) -> Fragment:
    """Draw the targets: what is known as strips, in the order of attention; the silent ones a line each.

    Parameters
    ----------
    pages
        By target group, the page to link to: with the blocks of its targets and the form for what is missing. ""
        is this page, None is no page. Targets of a group that is not named are not linked, but their forms are.
    details
        What a silent target wants, by its id: shown on demand.
    """
    rows = [_row(one, wording) | _links(one, pages) for one in by_attention(standings)]
    silent = [
        _silent_row(one, wording) | _links(one, pages) | {"details": details.get(one.target.id, "")}
        for one in standings
        if not has_figure(one)
    ]
    silent.sort(key=lambda row: row["division"])
    folds = [
        {"name": name or wording.say("no_figures_caption"), "rows": list(found)}
        for name, found in groupby(silent, key=lambda row: row["division"])
    ]
    html = render(
        "scorecard",
        rows=rows,
        folds=[fold | {"count": wording.say("fold_count", count=len(fold["rows"]))} for fold in folds],
        columns=[wording.say(key) for key in COLUMNS],
        caption=caption,
        inferred=any(row["division"].endswith("*") for row in silent),
        words={key: wording.say(f"scorecard_{key}") for key in SAID},
    )
    return Fragment(html, "\n".join([caption, *map(_plain, rows), *map(_plain_silent, silent)]))


SAID = ("key", "order", "by_attention", "by_plan", "by_division", "silent", "inferred", "ask")


def _links(standing: Standing, pages: Mapping[str, str | None]) -> dict[str, str]:
    page, named = pages.get(standing.target.group, ""), standing.target.group in pages
    return {
        "link": f"{page}#{standing.target.id}" if named and page is not None else "",
        "ask_link": "" if page is None else f"{page}#missing",
    }


def _row(standing: Standing, wording: Wording) -> dict[str, Any]:
    last, year = wording.readings(standing) if standing.doubted else wording.last(standing)
    inputs = (standing.doubted or standing.last or {"inputs": []})["inputs"]
    return _name(standing, wording) | {
        "value": last,
        "year": year,
        "inputs": "\n".join(inputs),
        "strip": draw_strip(standing, wording),
        "outlook": _outlook(standing, wording),
    }


def _silent_row(standing: Standing, wording: Wording) -> dict[str, Any]:
    return _name(standing, wording) | {"asked": standing.state in OWED}


def _name(standing: Standing, wording: Wording) -> dict[str, Any]:
    target = standing.target
    return {
        "number": target.number,
        "id": target.id,
        "name": wording.read(target.name),
        "badge": wording.badge(standing),
        "objective": wording.objective(target),
        "deadline": "" if wording.place.is_past else target.year or wording.deadline(target),
        "state": wording.name("state", standing.state),
        "code": standing.state,
        "owners": " ".join(target.departments) if standing.state in OWED else "",
        "division": wording.owner(target) if wording.place.judged else "",
    }


def _outlook(standing: Standing, wording: Wording) -> list[str]:
    """Say what is expected: the range of the target year, the chance, or what it takes."""
    language, lines = wording.language, []
    if standing.state == "contradicted":
        return [wording.say("confirm_cell")]
    row = standing.outlook
    if row is not None and standing.target.year is not None:
        lines.append(wording.say("outlook_cell", **say_outlook(standing, wording, row, unit=False)))
    if standing.probability is not None:
        lines.append(wording.say("chance_cell", chance=say_chance(standing.probability, wording)))
    elif standing.required_pace is not None:
        pace = wording.pace(standing.required_pace, standing.target)
        year = wording.last(standing)[1]
        lines.append(
            say("needed_old_cell" if wording.is_old(standing) else "needed_cell", language, pace=pace, year=year)
        )
    if standing.stale and standing.last is not None:
        lines.append(wording.say("stale_cell"))
    return lines


def _plain(row: Mapping[str, Any]) -> str:
    value = f"{row['value']} ({row['year']})" if row["value"] else row["year"]
    parts = [value, *row["outlook"], row["state"]]
    return f"{row['number']}. {row['name']}: {row['objective']}; " + "; ".join(part for part in parts if part)


def _plain_silent(row: Mapping[str, Any]) -> str:
    return f"{row['number']}. {row['name']}: {row['state']} ({row['division']})"
