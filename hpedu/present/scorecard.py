"""Draw the scorecard: a strip for each target that has a figure, a line for each that has none, by division."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup

from hpedu import store
from hpedu.assess.standing import Standing, assess_targets
from hpedu.errors import check_name
from hpedu.present.page.blocks import render
from hpedu.present.page.display import Fragment
from hpedu.present.target import draw_strip, say_chance, say_outlook
from hpedu.present.view import OWED, Wording
from hpedu.registry import load_registry
from hpedu.registry.models import Target
from hpedu.texts import Language

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

    `pages` has, by target group, the page to link to: with the blocks of its targets and the form for what is
    missing. "" is this page, None is no page. Targets of a group that is not named are not linked, but their forms
    are. `details` says what a silent target wants, by its id: shown on demand.
    """
    rows = [_fill(one, wording, pages) for one in by_attention(standings)]
    silent = [
        _fill(one, wording, pages) | {"details": details.get(one.target.id, "")}
        for one in standings
        if not has_figure(one)
    ]
    silent.sort(key=lambda row: row["division"])
    html = render(
        "scorecard",
        rows=rows,
        folds=[(name, list(found)) for name, found in groupby(silent, key=lambda row: row["division"])],
        columns=[wording.say(key) for key in COLUMNS],
        caption=caption,
        inferred=any(row["division"].endswith("*") for row in silent),
        say=wording.say,
    )
    return Fragment(html, "\n".join([caption, *map(_plain, [*rows, *silent])]))


def _fill(standing: Standing, wording: Wording, pages: Mapping[str, str | None]) -> dict[str, Any]:
    """Return what stands in the row of a target; one without a figure leaves out what is said of figures."""
    target, page = standing.target, pages.get(standing.target.group, "")
    named = target.group in pages and page is not None
    owed = standing.state in OWED
    row = {
        "number": target.number,
        "id": target.id,
        "name": wording.read(target.name),
        "link": f"{page}#{target.id}" if named else "",
        "ask_link": f"{page}#missing" if owed and page is not None else "",
        "badge": wording.badge(standing),
        "objective": wording.objective(target),
        "deadline": "" if wording.place.is_past else target.year or wording.deadline(target),
        "state": wording.name("state", standing.state),
        "code": standing.state,
        "owners": " ".join(target.departments) if owed else "",
        "division": wording.owner(target) if wording.place.judged else "",
    }
    if not has_figure(standing):
        return row
    last, year = wording.readings(standing) if standing.doubted else wording.last(standing)
    inputs = (standing.doubted or standing.last or {"inputs": []})["inputs"]
    return row | {
        "value": last,
        "year": year,
        "inputs": "\n".join(inputs),
        "strip": draw_strip(standing, wording),
        "outlook": list(_say_outlook(standing, wording)),
    }


def _say_outlook(standing: Standing, wording: Wording) -> Iterator[str]:
    """Say what is expected: the range of the target year, the chance, or what it takes."""
    row = standing.outlook
    if standing.state == "contradicted":
        yield wording.say("confirm_cell")
        return
    if row is not None and standing.target.year is not None:
        yield wording.say("outlook_cell", **say_outlook(standing, wording, row, unit=False))
    if standing.probability is not None:
        yield wording.say("chance_cell", chance=say_chance(standing.probability, wording))
    elif standing.required_pace is not None:
        key = "needed_old_cell" if wording.is_old(standing) else "needed_cell"
        pace = wording.pace(standing.required_pace, standing.target)
        yield wording.say(key, pace=pace, year=wording.last(standing)[1])
    if standing.stale and standing.last is not None:
        yield wording.say("stale_cell")


def _plain(row: Mapping[str, Any]) -> str:
    """Write a row for readers of plain text."""
    name = f"{row['number']}. {row['name']}"
    if "value" not in row:
        return f"{name}: {row['state']} ({row['division']})"
    value = f"{row['value']} ({row['year']})" if row["value"] else row["year"]
    return f"{name}: {'; '.join(filter(None, [row['objective'], value, *row['outlook'], row['state']]))}"


def list_targets(
    *,
    group: str | None = None,
    state: str | None = None,
    department: str | None = None,
    territory: str | None = None,
) -> list[tuple[Target, Standing]]:
    """List the targets of the plans with where each stands, filtered by group, state and department.

    Raises `UnknownName` for a filter that is no group, state, department or territory.
    """
    registry = load_registry()
    territory = registry.city if territory is None else territory
    for kind, name, names in (
        ("group", group, registry.groups),
        ("state", state, registry.codes_of("state")),
        ("department", department, registry.departments),
        ("territory", territory, registry.reported_territories()),
    ):
        if name is not None:
            check_name(kind, name, names)
    return [
        (s.target, s)
        for s in assess_targets(store.indicator_values(), registry, territory, store.newest_year())
        if (group is None or s.target.group == group)
        and (state is None or s.state == state)
        and (department is None or department in s.target.departments)
    ]


def list_lines(
    *, territory: str | None = None, language: Language, width: int = 80, **chosen: str | None
) -> Iterator[str]:
    """Write the targets `chosen` (`list_targets`) in lines no wider than the terminal: name, objective, state."""
    found = list_targets(territory=territory, **chosen)
    registry = load_registry()
    wording = Wording(registry, language, registry.city if territory is None else territory)
    for target, standing in found:
        last, year = wording.last(standing)
        facts = (wording.objective(target), f"{last} ({year})" if last else "", wording.state(standing))
        name = f"{target.number:>2}  {target.name.get(language)}"
        for text in (name, f"    {target.id}: {' · '.join(filter(None, facts))}"):
            yield from textwrap.wrap(text, width, subsequent_indent="    ", break_long_words=False)
    yield f"{len(found)} / {len(registry.targets)}"
