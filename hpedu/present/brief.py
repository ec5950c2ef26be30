"""Draw the page that answers: the verdict in words, a few figures, what needs attention, who has to do what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hpedu.assess.standing import Standing
from hpedu.assess.tasks import Occurrence
from hpedu.present.page.blocks import render
from hpedu.present.page.display import Fragment
from hpedu.present.scorecard import by_attention
from hpedu.present.summary import answer, name_gap
from hpedu.present.view import OWED, View, Wording
from hpedu.registry.models import Group

TILES = 5
NAMED = 4  # at most as many targets of one kind are named
WORRYING = ("missed", "milestone_not_reached", "unlikely", "impossible", "due")
COLUMNS = ("department", "brief_forms", "brief_confirm", "brief_overdue")


def draw_brief(view: View, standings: Sequence[Standing], overdue: Sequence[Occurrence], group: Group) -> Fragment:
    """Draw the brief of a group of targets: it fits a sheet of paper, and carries itself as plain text.

    Its first paragraph says nothing that the scorecard of the page does not show (`Prose.claims`).
    """
    wording = view.wording
    lead = answer(standings, wording)
    tiles = list(_list_tiles(view, standings, group))[:TILES]
    attention = list(list_attention(standings, wording)) if wording.place.judged else []
    duties = list(_list_duties(standings, overdue, wording)) if wording.place.judged else []
    used = [place for place in range(len(COLUMNS)) if any(row[place] for row in duties)]
    duties = [tuple(row[place] for place in used) for row in duties]
    heads = [wording.say(COLUMNS[place]) for place in used]
    words = {key: wording.say(f"brief_{key}") for key in ("figures", "attention", "duties", "inferred", "text")}
    if COLUMNS.index("brief_overdue") in used:
        words["inferred"] += " " + wording.say("brief_late")
    parts = {
        "lead": lead.text,
        "tiles": tiles,
        "attention": attention,
        "duties": duties,
        "heads": heads,
        "words": words,
    }
    plain = "\n".join(_write_plain(parts))
    return Fragment(render("brief", claims="\n".join(lead.claims), plain=plain, **parts), plain)


def _write_plain(parts: Mapping[str, Any]) -> Iterator[str]:
    """Write the brief as lines to paste into a message."""
    words = parts["words"]
    yield parts["lead"]
    if parts["tiles"]:
        yield f"\n{words['figures']}:"
        yield from (f"- {t['name']}: {t['value']} ({t['year']}). {t['note']}" for t in parts["tiles"])
    if parts["attention"]:
        yield f"\n{words['attention']}:"
        yield from (f"- {line}" for line in parts["attention"])
    if parts["duties"]:
        yield f"\n{words['duties']}:"
        for name, *cells in parts["duties"]:
            said = [
                f"{head.lower()}: {cell}" for head, cell in zip(parts["heads"][1:], cells, strict=True) if cell
            ]
            yield f"- {name}: {'; '.join(said)}"
        yield words["inferred"]


def _list_tiles(view: View, standings: Sequence[Standing], group: Group) -> Iterator[dict[str, str]]:
    """Yield the figures of targets, those that need attention first, then the headlines of the group."""
    for one in by_attention(standings):
        if one.last is not None and one.target.kind != "milestone" and view.wording.place.judged:
            last, year = view.wording.last(one)
            goal = view.wording.say("brief_goal", objective=view.wording.objective(one.target))
            shown = {"value": last, "badge": view.wording.badge(one), "label": f"{one.target.id} {year}"}
            yield _draw_tile(view, one.last["indicator"], goal) | shown
    for name in group.headlines:
        if not view.last(name).missing:
            yield _draw_tile(view, name, "")


def _draw_tile(view: View, indicator: str, goal: str) -> dict[str, str]:
    """Return the newest figure of an indicator, and how it has changed since the year before."""
    row = view.rows(indicator, bounds=True)[-1]
    last, before = view.last(indicator), view.at(indicator, row["year"] - 1)
    change = view.wording.change(before, last)
    words = {"year": before.year, "moved": change.moved}
    known = not (change.missing or row["qualifier"])
    said = view.wording.say("brief_change" if known else "brief_first", **words)
    name = view.wording.read(last.indicator.name)
    year = view.wording.name_year(row["year"], last.indicator)
    note = f"{goal} {said}".strip()
    return {"name": name, "value": last.text, "year": year, "note": note, "badge": "", "label": ""}


def list_attention(standings: Sequence[Standing], wording: Wording) -> Iterator[str]:
    """Yield a line a matter: figures in doubt, targets in danger, old figures, targets that cannot be measured."""
    doubted = [s for s in standings if s.state == "contradicted"]
    for one in doubted[:NAMED]:
        readings, year = wording.readings(one)
        yield wording.say("brief_doubted", name=wording.read(one.target.name), readings=readings, year=year)
    worrying = [s for s in by_attention(standings) if s.state in WORRYING and s.gap is not None]
    for one in worrying[:NAMED]:
        state = wording.name("state", one.state)
        yield wording.say("brief_worrying", state=state, target=name_gap(one, wording))
    old = [s for s in standings if s.stale and s.last is not None]
    if old:
        yield wording.say("brief_old", count=len(old), numbers=_number(old))
    lapsed = [s for s in standings if s.state == "lapsed"]
    if lapsed:
        yield wording.say("brief_lapsed", count=len(lapsed), numbers=_number(lapsed))


def _number(standings: Sequence[Standing]) -> str:
    return ", ".join(str(one.target.number) for one in standings)


def _list_duties(
    standings: Sequence[Standing], overdue: Sequence[Occurrence], wording: Wording
) -> Iterator[tuple[str, ...]]:
    """Yield a row a division: targets to fill in, figures to confirm, tasks overdue; those plans name first."""
    asked = wording.count_owners([s.target for s in standings if s.state in OWED and s.state != "contradicted"])
    doubted = wording.count_owners([s.target for s in standings if s.state == "contradicted"])
    late = Counter(name for one in overdue for name in one.task.departments)
    for name in dict.fromkeys([*asked, *doubted, *late]):
        forms, confirm = (_write_count(counts.get(name, Counter())) for counts in (asked, doubted))
        yield wording.department(name), forms, confirm, str(late[name] or "")


def _write_count(counts: Counter[str]) -> str:
    """Write how many targets the plans assign, and apart from them those that hpedu infers: `10 + 13 *`."""
    stated, inferred = counts["stated"], counts.total() - counts["stated"]
    return " + ".join(filter(None, [str(stated or ""), f"{inferred} *" if inferred else ""]))
