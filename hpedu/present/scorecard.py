"""Draw the scorecard: a row a target, in the form the department uses in its own reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from hpedu.assess.standing import Standing
from hpedu.present.page.blocks import render
from hpedu.present.page.display import Fragment
from hpedu.present.target import say_chance, say_outlook
from hpedu.present.view import OWED, Wording, count_shown, name_year
from hpedu.texts import format_number, say

SHOWN = 3  # newest values in a row
COLUMNS = (
    *("number_short", "target", "value_unit", "target_value", "last_values"),
    *("course", "outlook_column", "state", "owner"),
)
WIDTH, HEIGHT, MARGIN = 96, 28, 4
Points = Sequence[tuple[int, float]]
Series = Sequence[Mapping[str, Any]]


def draw_scorecard(
    standings: Sequence[Standing],
    series: Mapping[str, Series],
    wording: Wording,
    *,
    caption: str,
    pages: Mapping[str, str | None],
) -> Fragment:
    """Draw the table of targets: number, unit, objective, last years, course, outlook, verdict, department.

    Parameters
    ----------
    series
        Known values of each target (columns `hpedu.values.VALUES`), by id of the target.
    pages
        By target group, the page to link to: with the blocks of its targets and what is missing. "" is this page,
        None is no page. The targets of a group that is not named are not linked, but what is missing is, here.
    """
    rows = [
        _row(standing, series.get(standing.target.id, ()), wording) | _links(standing, pages)
        for standing in standings
    ]
    columns = [say(key, wording.language) for key in COLUMNS]
    html = render("scorecard", rows=rows, columns=columns, caption=caption)
    plain = "\n".join(_plain(row) for row in rows)
    return Fragment(html, f"{caption}\n{plain}")


def _links(standing: Standing, pages: Mapping[str, str | None]) -> dict[str, str]:
    page, named = pages.get(standing.target.group, ""), standing.target.group in pages
    return {
        "link": f"{page}#{standing.target.id}" if named and page is not None else "",
        "ask_link": "" if page is None else f"{page}#missing",
    }


def _row(standing: Standing, series: Series, wording: Wording) -> dict[str, Any]:
    target, language = standing.target, wording.language
    milestone = target.kind == "milestone"
    return {
        "number": target.number,
        "id": target.id,
        "name": target.name.get(language),
        "unit": "" if milestone else wording.registry.name("unit", target.unit, language),
        "objective": wording.bare_objective(target),
        "deadline": "" if wording.place.is_past else target.year or wording.deadline(target),
        "values": [] if milestone else [*_list_readings(standing, wording), *_last_values(series, wording)],
        "reported": wording.last(standing)[1] if milestone else "",
        "course": "" if milestone else _sparkline(standing, series),
        "outlook": _outlook(standing, wording),
        "asked": standing.state in OWED and standing.state != "contradicted",
        "ask": say("ask_cell", language),
        "badge": wording.badge(standing),
        "state": wording.registry.name("state", standing.state, language),
        "code": standing.state,
        "owners": " ".join(target.departments) if standing.state in OWED else "",
        "department": wording.owner(target) if wording.place.judged else "",
    }


def _list_readings(standing: Standing, wording: Wording) -> list[tuple[str, str, str]]:
    """List what a contradicted newest figure may be, in the form of `_last_values`."""
    readings, year = wording.readings(standing)
    return [(readings, year, "\n".join(standing.doubted["inputs"]))] if standing.doubted else []


def _last_values(series: Series, wording: Wording) -> list[tuple[str, str, str]]:
    """List the newest values with their years and cells (one a line), newest first; a bound keeps its sign."""
    values = []
    used = [row for row in series if row["qualifier"] != "contradicted"]
    for row in used[: -SHOWN - 1 : -1]:
        indicator = wording.registry.indicators[row["indicator"]]
        text = format_number(row["value"], count_shown(row, indicator), wording.language)
        sign = f"{row['qualifier']} " if row["qualifier"] in (">", "<") else ""
        year = name_year(row["year"], indicator, wording.registry, wording.language)
        values.append((sign + text, year, "\n".join(row["inputs"])))
    return values


def _sparkline(standing: Standing, series: Series) -> str:
    target = standing.target
    known = [(row["year"], row["value"]) for row in series if not row["qualifier"]]
    due = target.due or (known[-1][0] if known else 0)
    ahead = [(row["year"], row["point"]) for row in standing.projection if row["year"] <= due]
    return draw_sparkline(known, ahead, float(target.value), due)


def draw_sparkline(known: Points, ahead: Points, target: float, due: int) -> Markup:
    """Draw known values as a line, the projection dashed, the target as a diamond; "" without a value.

    Parameters
    ----------
    known, ahead
        (year, value) in order of years; `ahead` is the centre of the projection.
    """
    if not known:
        return Markup("")
    path = [*known, *ahead]
    years = [year for year, _ in path] + [due]
    values = [value for _, value in path] + [target]

    def place(year: int, value: float) -> str:
        across = (year - min(years)) / max(max(years) - min(years), 1)
        up = (value - min(values)) / ((max(values) - min(values)) or 1)
        return f"{MARGIN + across * (WIDTH - 2 * MARGIN):.1f},{HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN):.1f}"

    return render(
        "sparkline",
        width=WIDTH,
        height=HEIGHT,
        line=" ".join(place(*point) for point in known),
        ahead=" ".join(place(*point) for point in [known[-1], *ahead]) if ahead else "",
        last=place(*known[-1]).split(","),
        target=place(due, target).split(","),
    )


def _outlook(standing: Standing, wording: Wording) -> list[str]:
    """Say what is expected: the range of the target year, the chance, or what it takes."""
    language, lines = wording.language, []
    if standing.state == "contradicted":
        return [say("confirm_cell", language)]
    row = standing.outlook
    if row is not None and standing.target.year is not None:
        lines.append(say("outlook_cell", language, **say_outlook(standing, wording, row, unit=False)))
    if standing.probability is not None:
        lines.append(say("chance_cell", language, chance=say_chance(standing.probability, wording)))
    elif standing.required_pace is not None:
        pace = wording.pace(standing.required_pace, standing.target)
        year = wording.last(standing)[1]
        lines.append(
            say("needed_old_cell" if wording.is_old(standing) else "needed_cell", language, pace=pace, year=year)
        )
    if standing.stale and standing.last is not None:
        lines.append(say("stale_cell", language))
    return lines


def _plain(row: Mapping[str, Any]) -> str:
    values = ", ".join(f"{value} ({year})" for value, year, _ in row["values"])
    parts = [values, *row["outlook"], row["state"]]
    return f"{row['number']}. {row['name']}: {row['objective']}; " + "; ".join(part for part in parts if part)
