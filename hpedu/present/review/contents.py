"""Say what the report that the Director signs says: its sections and appendices, from registry and standings.

Sentences, tables and charts are those of the pages. What only people can judge is left blank and marked.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from typing import Any

import polars as pl

from hpedu import store
from hpedu.assess.standing import HORIZON, SCHOOL_YEAR_END, Standing, is_over
from hpedu.assess.tasks import FIRST_YEAR
from hpedu.decoding import read_toml
from hpedu.errors import check_name, mistyped
from hpedu.present import registers
from hpedu.present.forecasts import draw_requirements
from hpedu.present.page.blocks import Prose, draw_notice, draw_table
from hpedu.present.page.display import Chart, Fragment
from hpedu.present.report import Report
from hpedu.present.target import draw_target_chart, say_chance, say_rests, say_standing
from hpedu.present.view import OWED
from hpedu.registry import load_registry
from hpedu.registry.asked import Year, checked
from hpedu.registry.models import Target
from hpedu.texts import format_date

SILENT_ROWS = tuple(state for state in OWED if state != "contradicted")
"""States of a target that has nothing to tell but what is needed and from whom: it is a row, not a sentence."""
HALF = 6  # months
LISTED = 6  # targets that a sentence lists

Piece = Chart | Fragment | Prose


@dataclass(frozen=True)
class Part:
    """A piece of the document under its own title, if it has one; its pieces may be parts themselves."""

    title: str
    pieces: Sequence[Piece | Part]

    def flatten(self, level: int = 2) -> Iterator[Piece]:
        """Return what a notebook shows: titles as headings of Markdown."""
        if self.title:
            yield Prose(f"{'#' * level} {self.title}")
        for piece in self.pieces:
            yield from piece.flatten(level + 1) if isinstance(piece, Part) else [piece]

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for piece in self.flatten():
            display(piece)  # type: ignore[no-untyped-call]


@cache
def read_design() -> dict[str, Any]:
    """Read what stands in a report of each kind, in which order, and how it looks (`review.toml`)."""
    return read_toml(__file__, "review.toml")


def _check_day(kind: str, until: str) -> str:
    """Return the last day of a half year; "" for the others, which have none."""
    try:
        day = date.fromisoformat(until).isoformat() if until else ""
    except ValueError:
        raise mistyped("half_needs_day") from None
    if (kind == "half") != bool(day):
        raise mistyped("half_needs_day")
    return day


class Review(Report):
    """The report on the plans as the department hands it in: what it says, by sections and appendices.

    Parameters
    ----------
    kind
        year, half, five-year or ten-year.
    until
        Last day of a half year (ISO 8601 or a date): what was published later is not in the report.
    territory, year, language
        As of `Report`.

    Raises
    ------
    UnknownName
        For a kind or language that does not exist and a territory that nobody judges, with the closest names.
    Refused
        If a half year has no last day, or another report has one.
    """

    @checked
    def __init__(
        self,
        kind: str = "year",
        *,
        territory: str = "",
        year: Year | None = None,
        until: date | str | None = None,
        language: str = "vi",
    ) -> None:
        self.kind = check_name("review kind", kind, read_design()["kind"])
        self.until = _check_day(kind, str(until or ""))
        cities = [one.id for one in load_registry().territories.values() if one.role == "city"]
        place = check_name("territory", territory or cities[0], cities)
        super().__init__("overview", territory=place, year=year, language=language)
        self.notebook = "review"
        self._own = read_design()["kind"][kind]
        self._before = self._own["since"] or self.year - 1
        self._base = {one.target.id: one for one in self._assess("overview", min(FIRST_YEAR, self.year))}
        self.used = self._own_values("viet_nam")
        self.synthetic = bool((self.used["status"] == "synthetic").any())

    # -- the document ------------------------------------------------------------------------------------------

    def subject(self) -> str:
        """Say what the report is on: the period of its kind."""
        return self._say(
            f"review_subject_{self.kind.replace('-', '_')}",
            territory=self.wording.territory,
            year=self.school_year(self.year),
            start=format_date(self._start(), self.language),
            end=format_date(self.until, self.language),
        )

    def opening(self) -> list[str]:
        """Say what the report rests on, and that a program wrote its figures."""
        unread = store.unread_files()
        said = [self._say("review_opening")]
        newest = max((one.published for one in self.resources(self.used)), default="")
        said.append(self._say("review_made", day=format_date(newest, self.language)))
        if self.until:
            said.append(self._say("review_until", day=format_date(self.until, self.language)))
        if unread:
            said.append(self._say("review_unread", files=", ".join(unread)))
        return said

    def sections(self) -> list[Part]:
        """Return the sections of the report in their order."""
        return [self._make(one) for one in read_design()["section"]]

    def appendices(self) -> list[Part]:
        """Return the appendices of the report in their order."""
        return [self._make(one) for one in read_design()["appendix"]]

    def _make(self, design: dict[str, Any]) -> Part:
        parts: list[Piece | Part] = []
        for one in design["parts"]:
            if self.kind in one.get("kinds", [self.kind]):
                pieces = list(getattr(self, f"_say_{one['part']}")()) if "part" in one else []
                pieces += [Prose(self._say(one["blank"]))] if "blank" in one else []
                year = self.school_year(self._before)
                parts += [Part(self._say(one["title"], year=year), pieces)] if "title" in one else pieces
        return Part(self._say(design["title"]), parts)

    # -- I: the situation --------------------------------------------------------------------------------------

    def _say_network(self) -> Iterator[Piece]:
        """Tabulate what is known of the sector, with what has changed since the report before."""
        rows, before = [], self._before
        for name in read_design()["network"]["indicators"]:
            values = self.rows(name)
            if values:
                earlier = [row for row in values if row["year"] <= before]
                first = self._quantity(name, earlier[-1] if earlier else None, None)
                last = self._quantity(name, values[-1], None)
                change = self.wording.change(first, last)
                new = values[-1]["year"] > before
                told = self._say("review_none") if first.missing else f"{first} ({first.year})"
                said = "review_no_new" if not new else "review_no_first" if first.missing else ""
                changed = self._say(said) if said else change.moved
                rows.append([self._name_indicator(name), told, f"{last} ({last.year})", changed])
        columns = [self._say("indicator"), self._say("review_before", year=self.school_year(before))]
        columns += [self._say("review_now"), self._say("change")]
        caption = self._say("review_network_caption")
        if rows:
            yield draw_table(columns, rows, caption=caption, numeric={1, 2})
        else:
            yield draw_notice(self._say("nothing_listed", caption=caption))

    def _say_received(self) -> Iterator[Piece]:
        """List the sources of the figures that were published in the half year."""
        yield self._list_published(self._start())

    def _say_changed(self) -> Iterator[Piece]:
        yield from self.changes(self._before).pieces

    def _say_directed(self) -> Iterator[Piece]:
        named = dict.fromkeys(
            document for task in self.registry.tasks for document in task.documents.split("; ") if document
        )
        yield Prose(self._say("review_documents", documents="; ".join(named)))

    # -- II: results -------------------------------------------------------------------------------------------

    def _say_judged(self) -> Iterator[Piece]:
        yield self.answer()
        yield Prose(self._say("rule_year"))
        yield Prose(self._say("review_basis", year=self.school_year(self.year)))
        # What outlooks rest on is said once, not with each target.
        yield from map(Prose, say_rests(self.standings, self.wording))

    def _say_targets(self) -> Iterator[Part]:
        """Say where each target stands, by group: sentences if there is something to tell, else a row."""
        for group, held in groupby(self.standings, lambda one: one.target.group):
            standings = list(held)
            sections = dict.fromkeys(one.target.section for one in standings)
            title = self._say("review_group", group=self._name_group(group), sections="; ".join(sections))
            silent = [one for one in standings if one.state in SILENT_ROWS]
            rows = [registers.list_missing(silent, self.wording, grounds=False)] if silent else []
            pieces: list[Piece] = []
            for standing in standings:
                if standing not in silent:
                    told = " ".join(say_standing(standing, self.wording))
                    pieces.append(Prose(f"{self._name(standing)}: {told}"))
                    chart = self._draw(standing)
                    pieces += [chart] if chart else []
            yield Part(title, [*pieces, *rows])

    def _draw(self, standing: Standing) -> Chart | None:
        wanted = standing.state in self._own["charts"] or self._own["charts"] == "all"
        drawable = wanted and standing.points > 1 and standing.target.kind != "milestone"
        return draw_target_chart(self, standing) if drawable else None

    def _say_tasks(self) -> Iterator[Piece]:
        yield self.count_tasks()
        done = [one for one in self._occurrences() if one.state == "done"]
        if done:
            yield registers.list_tasks(done, self.wording)

    def _say_organised(self) -> Iterator[Piece]:
        yield self.duties("V")

    # -- III: assessment ---------------------------------------------------------------------------------------

    def _say_achieved(self) -> Iterator[Piece]:
        met = [one for one in self.standings if one.state in ("met", "milestone_reached")]
        yield from self._list_standings("review_met", met)

    def _say_limits(self) -> Iterator[Piece | Part]:
        for title, states in read_design()["limits"].items():
            yield from self._list_standings(title, [one for one in self.standings if one.state in states])
        yield from self._list_standings("review_stale", [one for one in self.standings if one.stale])
        yield registers.count_owed(self.standings, self.wording)

    def _list_standings(self, title: str, standings: Sequence[Standing]) -> Iterator[Piece]:
        """List targets in a sentence; more of them than a sentence holds in a table."""
        said = self._say(title)
        if not standings:
            yield Prose(self._say("nothing_listed", caption=said))
            return
        if len(standings) > LISTED:
            rows = [
                [
                    str(one.target.number),
                    one.target.name.get(self.language),
                    self._say_value(one),
                    self._say_state(one),
                ]
                for one in standings
            ]
            yield self.wording.table(
                ("number_short", "target", "review_done", "review_judged"), rows, title, numeric={2}
            )
            return
        lines = "; ".join(self._name_short(one) for one in standings)
        yield Prose(self._say("review_listed", title=said, count=len(standings), lines=lines))

    # -- IV: the next period -----------------------------------------------------------------------------------

    def _say_paces(self) -> Iterator[Piece]:
        rows = [
            [
                str(one.target.number),
                one.target.name.get(self.language),
                f"{self.wording.objective(one.target)} ({self.wording.deadline(one.target)})",
                *(self.wording.pace(pace, one.target) or self._say("review_none") for pace in paces),
            ]
            for one in self.standings
            if (paces := (one.required_pace, one.observed_pace, one.best_pace))[0] is not None
            and one.state != "met"
        ]
        keys = ("number_short", "target", "target_value", "required_pace", "observed_pace", "review_best_pace")
        yield self.wording.table(keys, rows, "review_paces_caption", numeric={3, 4, 5})

    def _say_needs(self) -> Iterator[Piece]:
        yield from draw_requirements(self, [], until=max(HORIZON, self.year + 1)).pieces

    def _say_due(self) -> Iterator[Piece]:
        """List what is overdue, and what falls due before the next report of a year."""
        end = f"{self.year + 2}-{SCHOOL_YEAR_END}"
        named = [
            one
            for one in self._occurrences()
            if one.late or (one.state == "open" and one.due is not None and is_over(one.due, end))
        ]
        yield registers.list_tasks(named, self.wording)

    # -- V: proposals ------------------------------------------------------------------------------------------

    def _say_proposals(self) -> Iterator[Piece]:
        """Propose only what the data force: a substitute to choose, a figure to confirm, figures to supply."""
        forced = [one for one in self.standings if one.state in ("lapsed", "contradicted", "impossible")]
        for standing in forced:
            yield Prose(f"{self._name(standing)}: {' '.join(say_standing(standing, self.wording))}")
        owed = [one.target for one in self.standings if one.state in OWED]
        if owed:
            yield Prose(" ".join(self._say_owed(owed)))

    def _say_owed(self, owed: Sequence[Target]) -> Iterator[str]:
        """Say how much is missing, and to whom the plans assign most of it."""
        yield self._say("review_missing", count=len(owed))
        first, counts = next(iter(self.wording.count_owners(owed).items()))
        if not counts["stated"]:
            yield self._say("review_none_owed")
            return
        yield self._say("review_owed", department=self.wording.department(first), count=counts["stated"])
        if counts["inferred"]:
            yield self._say("review_inferred", count=counts["inferred"])

    # -- appendices --------------------------------------------------------------------------------------------

    def _say_target_table(self) -> Iterator[Piece]:
        rows = [
            [
                str(one.target.number),
                one.target.name.get(self.language),
                self._name_unit(one),
                f"{self.wording.bare_objective(one.target)} ({self.wording.deadline(one.target)})".strip(),
                self._say_value(self._base[one.target.id]),
                self._say_value(one),
                self._say_state(one),
                self.wording.owner(one.target),
            ]
            for one in self.standings
        ]
        keys = ("number_short", "target", "value_unit", "target_value", "review_base", "review_done")
        yield self.wording.table((*keys, "review_judged", "owner"), rows, "all_targets")
        yield Prose(self._say("review_base_said", year=self.school_year(FIRST_YEAR)))

    def _name_unit(self, standing: Standing) -> str:
        target = standing.target
        milestone = target.kind == "milestone"
        return (
            self._say("review_milestone") if milestone else self.registry.name("unit", target.unit, self.language)
        )

    def _say_value(self, standing: Standing) -> str:
        """Write the last figure with its year, of a milestone its state; say so if there is none to use."""
        value, year = self.wording.last(standing)
        if not year:
            return self._say("review_none")
        return f"{value or self.registry.name('state', standing.state, self.language)} ({year})"

    def _say_state(self, standing: Standing) -> str:
        state = self.registry.name("state", standing.state, self.language)
        if standing.probability is None or standing.outlook is None:
            return "; ".join(filter(None, [state, self._find_document(standing)]))
        return f"{state}; {self._say('chance_cell', chance=say_chance(standing.probability, self.wording))}"

    def _say_task_table(self) -> Iterator[Piece]:
        yield self.tasks()

    def _say_sources(self) -> Iterator[Piece]:
        yield self._list_published("")

    def _say_unused(self) -> Iterator[Piece]:
        wrong = store.findings().filter(pl.col("severity") == "error")
        yield registers.list_findings(wrong, self.wording)
        files = [one.path for one in self.resources(self.used)]
        yield registers.list_set_aside(store.issues(files), self.wording)
        yield registers.list_errata(self.wording)
        yield registers.list_decisions(self.wording)

    # -- inside ------------------------------------------------------------------------------------------------

    def _list_published(self, start: str) -> Fragment:
        """List the sources published since a day, or all of them."""
        listed = [one for one in self.list_sources(self.resources(self.used)) if one["published"] >= start]
        rows = [
            [one["publisher"], one["title"], format_date(one["published"], self.language), one["confidence"]]
            for one in listed
        ]
        keys = ("review_publisher", "source", "review_published", "review_confidence")
        return self.wording.table(keys, rows, "review_sources_caption")

    def _start(self) -> str:
        """Return the first day of the half year; one that ends with a month begins with one."""
        if not self.until:
            return ""
        end = date.fromisoformat(self.until) + timedelta(1)
        year, month = divmod(end.year * 12 + end.month - 1 - HALF, 12)
        return date(year, month + 1, min(end.day, monthrange(year, month + 1)[1])).isoformat()

    def _name(self, standing: Standing) -> str:
        """Name a target with its number, its objective and when it is due."""
        target = standing.target
        marks = ", ".join(filter(None, [self.wording.objective(target), self.wording.deadline(target)]))
        return f"{target.number}. {target.name.get(self.language)} ({marks})"

    def _name_short(self, standing: Standing) -> str:
        """Name a target with its last figure."""
        value, year = self.wording.last(standing)
        last = f" ({', '.join(filter(None, [value, year]))})" if year else ""
        return f"{standing.target.number}. {standing.target.name.get(self.language)}{last}"
