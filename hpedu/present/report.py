"""Make the parts of a report for its notebook: one territory, one school year, one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from hpedu import store
from hpedu.assess.changes import (
    compare_standings,
    locate_saved_standings,
    read_saved_standings,
    tabulate_standings,
)
from hpedu.assess.recalled import recall_standings
from hpedu.assess.standing import HORIZON, Standing, assess_targets, digest_standings
from hpedu.assess.tasks import Occurrence, list_occurrences
from hpedu.errors import check_name
from hpedu.folders import find_project
from hpedu.ingest.forms.design import Cover, duty_series, name_milestone_state
from hpedu.present import registers
from hpedu.present.base import is_made
from hpedu.present.brief import draw_brief
from hpedu.present.charts.bars import stacked
from hpedu.present.charts.trend import trend
from hpedu.present.commune_map import draw_commune_map
from hpedu.present.comparison import draw_peers, read_compared
from hpedu.present.exports.form import (
    formula_series,
    locate_rows,
    name_form,
    offer_forms,
    watch_series,
)
from hpedu.present.forecasts import draw_enrolment, draw_private_schools, draw_requirements
from hpedu.present.page.blocks import Block, Prose, draw_notice, draw_table
from hpedu.present.page.display import Chart, ChartText, Fragment, PageHead
from hpedu.present.scorecard import draw_scorecard, has_figure
from hpedu.present.summary import answer, draw_changes, explain_rules
from hpedu.present.target import describe_silent, draw_target, say_rests
from hpedu.present.view import OWED, View
from hpedu.registry import load_registry
from hpedu.registry.asked import Group, Scenario, Territory, Tongue, Year, checked
from hpedu.registry.models import Indicator
from hpedu.texts import LANGUAGES, Language, current_language, format_date

if TYPE_CHECKING:
    import pandas


class Report(View):
    """A report on a group of targets, and everything it can say, draw and tabulate.

    Parameters
    ----------
    group
        Target group: preschool, general, higher, continuing; or overview for all of them.
    territory, year, language
        As of `View`; by default the city, the newest year and the language of the report before, or the machine's.
    horizon
        Last year of the projections.
    pupil_growth, class_size, scenario
        What `enrolment` and `requirements` take: percent a year on top of the projection; pupils per class, for
        all levels or each (None: as in the last year); low, middle or high.
    peers
        False to leave out where the old province stands among all.
    made_by
        The office that publishes the page.

    Raises
    ------
    WrongParameters
        Naming all that cannot be: a name that does not exist, with the closest ones; a year or number that is
        none.
    """

    @checked
    def __init__(
        self,
        group: Group,
        *,
        territory: Territory | None = None,
        year: Year | None = None,
        language: Tongue | None = None,
        horizon: Year = HORIZON,
        pupil_growth: float = 0.0,
        class_size: float | Mapping[str, float] | None = None,
        scenario: Scenario = "middle",
        peers: bool = True,
        made_by: str = "",
    ) -> None:
        super().__init__(
            territory=territory or load_registry().city, year=year, language=language or current_language()
        )
        self.group = self.notebook = group
        self._horizon, self._made_by = horizon, made_by
        self._growth, self._class_size, self._scenario = pupil_growth, class_size, scenario
        self._shows_peers = peers
        # The rows of the form of each group, by target.
        self._asked: dict[str, dict[str, str]] = {}
        self.standings: list[Standing] = []
        self.standings = self._assess(self.group)

    def __repr__(self) -> str:
        parts = (self._name_group(self.group), self.wording.territory, self.school_year(self.year), self.language)
        return f"{type(self).__name__}: {' · '.join(parts)}"

    # -- the page ------------------------------------------------------------------------------------------

    def head(self, *, title: str = "", questions: Sequence[str] | None = None) -> PageHead:
        """Return the head of the page: title, what it answers, who made it, the sources of everything on it.

        Title and questions are by default the texts of the notebook.
        """
        title = title or self.text("title")
        questions = self.text("questions").splitlines() if questions is None else questions
        territory = self.registry.territories[self.territory]
        shown = self._own_values("viet_nam")
        resources = self.resources(self._with_peers(shown))
        digests = store.file_digests([resource.path for resource in resources])
        name = territory.name.get(self.language)
        subtitle = self._say("plan_for_old_city", territory=name) if territory.role == "city" else ""
        if history := self._say_past():
            title = self._say("history_title", territory=name, group=self._name_group(self.group))
            subtitle, questions = history.plain, ()
        return PageHead(
            title=title,
            subtitle=subtitle,
            language=self.language,
            group=self.group,
            territory=name,
            year=self.year,
            questions=list(questions),
            synthetic=bool((shown["status"] == "synthetic").any()),
            unread=store.unread_files(),
            sources=self.list_sources(resources, digests),
            rules=[] if territory.is_past else self._explain(),
            past=territory.is_past,
            made_by=self._made_by or self.registry.offices["made_by"].name.get(self.language),
            siblings=self._list_siblings(),
        )

    def answer(self) -> Prose:
        """Say what the page answers, in a few sentences made from the data."""
        return answer(self.standings, self.wording)

    def brief(self) -> Fragment:
        """Draw what a reader in a hurry needs, on one sheet of paper: the answer, figures, and what to do."""
        group = self.registry.groups[self.group]
        # Tasks are given to divisions, not to groups of targets: only a page on everything lists them.
        return draw_brief(self, self.standings, [] if group.targets else self.overdue(), group)

    def scorecard(self, group: str | None = None) -> Fragment:
        """Draw the table of the group's targets, or of another group's; all of them in the overview."""
        group = group or self.group
        shown = self._assess(group)
        whole = not self.registry.groups[group].targets
        caption = self._say("all_targets") if whole else self._name_group(group)
        own = group == self.group and not whole
        pages: dict[str, str | None] = {group: ""}
        if not own:
            # A group that has no page is on the one of all.
            beside = {name: row.page for name, row in self.registry.groups.items()}
            pages = {name: f"{name}.html" if self._is_made(name) else None for name in beside if beside[name]}
            # What only the plans ask for is left out of the page of a territory that was no more then.
            bare = None if self.wording.place.is_past else ""
            pages |= {name: bare for name, made in beside.items() if not made}
        # On a page of all targets each is defined where its group is.
        here = [s for s in shown if pages[s.target.group] == "" and not has_figure(s)]
        details = {s.target.id: describe_silent(self, s, asked=self._say_asked(s)) for s in here}
        return draw_scorecard(shown, self.wording, caption=caption, pages=pages, details=details)

    def target(self, name: str) -> Block:
        """Draw the block of one target: where it stands, its chart, and the facts behind it."""
        check_name("target", name, self.registry.targets)
        own = self._assess(self.registry.targets[name].group)
        return self._draw_target(next(s for s in own if s.target.id == name))

    def targets(self, *levels: str, group: str | None = None) -> Block:
        """Draw the blocks of the targets of the group that have a figure (of some levels only, if named)."""
        group = group or self.group
        for level in levels:
            check_name("level", level, self.registry.codes_of("level"))
        own = self._assess(group)
        wanted = [s for s in own if s.target.group == group and s.target.level in (levels or [s.target.level])]
        wanted = list(filter(has_figure, wanted))
        if self.wording.place.is_past:
            # Nothing is owed for a territory that is no more: what has no figure is not spoken of.
            wanted = [s for s in wanted if s.target.kind != "milestone" and self.rows(s.target.id, bounds=True)]
        if not wanted:
            return Block(draw_notice(self._say("answer_none_known", all=0, territory=self.wording.territory)))
        return Block(*(piece for one in wanted for piece in self._draw_target(one).pieces))

    def trend(
        self,
        indicators: str | Sequence[str],
        *,
        title: str = "",
        alt: str = "",
        territories: str | Sequence[str] | None = None,
        since: int | None = None,
        future: bool = False,
        zero: bool | None = None,
    ) -> Chart | Fragment:
        """Draw indicators of the territory over the years, or one in several territories; many of both, in plots.

        Alone, an indicator of a merged city is drawn with its parts: they are other territories, so the lines are
        never joined. Without any value the chart is a sentence that says so.

        Parameters
        ----------
        title, alt
            What stands above the chart, and what it shows in a sentence; by default the names of the indicators.
        since
            The first year drawn; by default that of the first figure.
        """
        names = [indicators] if isinstance(indicators, str) else list(indicators)
        if territories is None:
            parts = self.registry.territories[self.territory].parts if len(names) == 1 else []
            territories = [self.territory, *parts]
        territories = [territories] if isinstance(territories, str) else territories
        frame = self.values(names, territories=territories, future=future, flat=False).filter(
            pl.col("qualifier") == "", pl.lit(True) if since is None else pl.col("year") >= since
        )
        if frame.is_empty():
            return draw_notice(self._say_missing(names, territories))
        labels, text = self._describe(names, territories, title, alt, f"{names[0]}-compared")
        label = pl.col("indicator").replace_strict(labels)
        one_place = len(names) > 1 and frame["territory"].n_unique() == 1
        frame = frame.with_columns(series=label if one_place else pl.col("territory_name"))
        if len(names) > 1 and not one_place:
            frame = frame.with_columns(panel=label)
        return trend(self.drawn(frame), text, zero=zero)

    def stacked(
        self, parts: Sequence[str], *, title: str = "", alt: str = "", territory: str | None = None
    ) -> Chart | Fragment:
        """Draw indicators that are parts of a whole, stacked by year."""
        places = [territory or self.territory]
        frame = self.values(parts, territories=places, flat=False)
        if frame.is_empty():
            return draw_notice(self._say_missing(parts, places))
        labels, text = self._describe(parts, places, title, alt, f"{parts[0]}-parts")
        return stacked(
            frame.select("year", "value", "inputs", part=pl.col("indicator").replace_strict(labels)),
            text,
            part_order=list(labels.values()),
            synthetic=bool((frame["status"] == "synthetic").any()),
        )

    def table(self, frame: pandas.DataFrame, *, caption: str, decimals: int = 0) -> Fragment:
        """Draw a pandas frame (its index is the first column) as a table; numbers in the page's language.

        An empty frame is a sentence that says so.
        """
        import pandas  # whoever has a frame has loaded it

        if frame.empty:
            return draw_notice(self._say("no_values_said", territory=self.wording.territory, names=caption))
        shown = frame.reset_index()
        numeric = {i for i, kind in enumerate(shown.dtypes) if pandas.api.types.is_numeric_dtype(kind)}
        rows = [
            [
                self._write(None if pandas.isna(cell) else cell, decimals) if i in numeric else cell
                for i, cell in enumerate(row)
            ]
            for row in shown.itertuples(index=False)
        ]
        return draw_table([str(c) for c in shown.columns], rows, caption=caption, numeric=numeric)

    def peers(self) -> Block:
        """Show where the old province stands among all (`hpedu.present.comparison.draw_peers`)."""
        if not self._shows_peers:
            return Block(draw_notice(self._say("peers_off")))
        return draw_peers(self, self._own_indicators())

    def commune_map(self, indicator: str) -> Block:
        """Draw a rate or count in each commune on a map, with a table; nothing where no school list has it."""
        row = self.indicator(check_name("indicator", indicator, self.registry.indicators))
        drawn = None
        if self.territory == self.registry.city:
            drawn = draw_commune_map(row, self.registry, self.language, self.year)
        return Block(*filter(None, [drawn]))

    # -- what it would take --------------------------------------------------------------------------------

    def enrolment(self, *levels: str, until: int = 2030) -> Block:
        """Draw pupils of levels, counted and projected with ranges (`hpedu.present.forecasts.draw_enrolment`)."""
        said = self._say_past()
        return Block(said) if said else draw_enrolment(self, levels, until=until, growth=self._growth)

    def requirements(self, *levels: str, until: int = 2030) -> Block:
        """Tabulate what these pupils would take (`hpedu.present.forecasts.draw_requirements`)."""
        if said := self._say_past():
            return Block(said)
        return draw_requirements(
            self,
            levels,
            scenario=self._scenario,
            growth=self._growth,
            class_size=self._class_size,
            until=until,
        )

    def private_schools(self, *levels: str) -> Fragment:
        """Tabulate how many private schools the plan's shares take: as new ones, or as public ones converted."""
        return draw_private_schools(self, levels)

    # -- what is missing, what is doubtful, what the plans say besides --------------------------------------

    def missing(self) -> Block:
        """Offer the forms for what is missing."""
        if said := self._say_past():
            return Block(said)
        groups = list(dict.fromkeys(s.target.group for s in self.standings))
        asked = watch_series(groups, self.year, self.registry)
        forms = offer_forms(
            groups,
            territory=self.territory,
            year=self.year,
            observations=store.series_observations(asked, self.territory),
            wording=self.wording,
        )
        return Block(forms)

    def coverage(self) -> pandas.DataFrame:
        """Count the targets by group (rows) and state (columns)."""
        return registers.count_states(self.standings, self.wording)

    def quality(self) -> Block:
        """List figures of the page that carry a flag, cells that were set aside, and what was corrected.

        A group's page names what touches the figures it shows; the page on the data names all.
        """
        shown = self._own_values()
        if self.registry.groups[self.group].targets:
            shown = shown.filter(pl.col("indicator").is_in({indicator for indicator, _ in self._values}))
        files = None if not self.registry.groups[self.group].targets else [r.path for r in self.resources(shown)]
        folded = files is not None
        flagged = registers.list_flagged(shown, self.wording, folded=folded)
        aside = registers.list_set_aside(store.issues(files), self.wording, folded=folded)
        rest = [aside, registers.list_errata(self.wording, folded=folded)]
        if self.registry.decisions:
            rest.append(registers.list_decisions(self.wording))
        return Block(flagged, *rest) if flagged else Block(*rest)

    def findings(self) -> Fragment:
        """List what does not agree among all published figures, with the arithmetic and what to do."""
        return registers.list_findings(store.findings(), self.wording)

    def revisions(self) -> Fragment:
        """List the figures that later editions changed most."""
        return registers.list_revisions(store.revisions(), self.wording)

    def changes(self, since: int | None = None) -> Block:
        """Tabulate what changed since the report for a year: new and revised figures, states, and why.

        By default it is last year's. Its standings are those saved with the report; else those that today's data
        give up to that year.
        """
        project, year = find_project(), self.year - 1 if since is None else since
        store.record_report_use(locate_saved_standings(project, year, self.territory), project)
        before = read_saved_standings(project, year, self.territory)
        saved = before is not None
        if before is None:
            before = tabulate_standings(self._assess(self.group, year))
        values = self._own_values().filter(pl.col("territory") == self.territory)
        found = compare_standings(before, tabulate_standings(self.standings), values)
        return draw_changes(found, self.wording, year=year, saved=saved)

    def overdue(self) -> list[Occurrence]:
        """Return what was due by the newest source and has no result: a task, and each time it was due."""
        return [] if self.wording.place.is_past else [one for one in self._occurrences() if one.late]

    def count_tasks(self) -> Prose:
        """Say how many tasks the plans set, which of them are overdue, and what they wish without a number."""
        overdue = dict.fromkeys(one.task.title.get(self.language) for one in self.overdue())
        return Prose(
            self._say(
                "tasks_said",
                total=len(self.registry.tasks),
                late=len(overdue),
                names=f" ({'; '.join(overdue)})" if overdue else "",
                wishes=len(self.registry.goals),
                far=sum(goal.horizon == 2045 for goal in self.registry.goals),
            )
        )

    def tasks(self) -> Fragment:
        """List the tasks that both plans assign, with lead and time, and the state of each occurrence."""
        return self._say_past() or registers.list_tasks(self._occurrences(), self.wording)

    def goals(self) -> Fragment:
        """List what the plans want without a number, the 2045 vision among it, and why it is no target."""
        return registers.list_goals(self.wording)

    def duties(self, chapter: str = "") -> Fragment:
        """List the duties that the plans set without a number, what could measure them, and what was reported.

        Parameters
        ----------
        chapter
            Only those of a chapter of the plans, such as "V".
        """
        asked = map(duty_series, self.registry.duties.values())
        known = store.series_observations(asked, self.territory).filter(pl.col("year") <= self.year)
        return registers.list_duties(self.wording, known, chapter)

    # -- inside --------------------------------------------------------------------------------------------

    def _explain(self) -> list[str]:
        """Say how to read the verdicts of this page, and what its outlooks rest on."""
        company = any(one.has_company for one in self.standings)
        return [*explain_rules(self.language, company=company), *say_rests(self.standings, self.wording)]

    def _is_made(self, group: str, territory: str = "", language: str = "") -> bool:
        """Return whether a page beside this one is there, or comes with it."""
        place = f"{self.year}/{territory or self.territory}/{language or self.language}/{group}.html"
        return self.registry.groups[group].page and is_made(place)

    def _list_siblings(self) -> list[dict[str, str]]:
        """List the pages beside this one: `kind` (previous, next, territory, language), `place`, `name`."""
        groups = [name for name in self.registry.groups if name == self.group or self._is_made(name)]
        here = groups.index(self.group)
        beside = [("previous", name) for name in groups[:here][-1:]]
        beside += [("next", name) for name in groups[here + 1 :][:1]]
        found = [{"kind": k, "place": f"{name}.html", "name": self._name_group(name)} for k, name in beside]
        for name, place in self.registry.reported_territories().items():
            if name != self.territory and self._is_made(self.group, territory=name):
                away = f"../../{name}/{self.language}/{self.group}.html"
                found.append({"kind": "territory", "place": away, "name": place.name.get(self.language)})
        for language in LANGUAGES:
            if language != self.language and self._is_made(self.group, language=language):
                away = f"../{language}/{self.group}.html"
                found.append(
                    {"kind": "language", "place": away, "name": self._say("other_language"), "language": language}
                )
        return found

    def _describe(
        self, indicators: Sequence[str], places: Sequence[str], title: str, alt: str, name: str
    ) -> tuple[dict[str, str], ChartText]:
        """Return what each indicator of a chart is called in it, by id, and the words of the chart."""
        labels, measure = self._tell_apart(indicators)
        title = title or "; ".join(map(self._name_indicator, indicators))
        text = self.describe_chart(
            self.indicator(indicators[0]),
            title=title,
            alt=alt or title,
            name=name if len(indicators) > 1 else indicators[0],
            places=places,
            more=indicators[1:],
        )
        return labels, replace(text, measure=measure)

    def _say_past(self) -> Fragment | None:
        """Say that a territory is no more, and where it has gone; None of one that is."""
        if not self.wording.place.is_past:
            return None
        successor = self.registry.territories[self.wording.place.successor].name.get(self.language)
        return draw_notice(self._say("history_said", territory=self.wording.territory, successor=successor))

    def _occurrences(self) -> list[Occurrence]:
        every = self._assess("overview")
        return list_occurrences(self.registry, self.known(store.observations()), every, self.year)

    def _assess(self, group: str, year: int | None = None) -> list[Standing]:
        """Find where the targets of a group stand; those of all groups for a report on all.

        How far a series can move in a year is learnt from every series of the territory, so all of them are read;
        what is recorded as used is the result for these targets.
        """
        if year is None and self.standings and self._holds(group):
            # A target is judged the same on every page that has it.
            return [s for s in self.standings if group in (s.target.group, self.group)]
        year = self.year if year is None else year
        if self.until:
            values = self.known(store.territory_values(self.territory))
            found = assess_targets(values, self.registry, self.territory, year, horizon=self._horizon)
        else:
            found = recall_standings(self.territory, year, self._horizon)
        own = [one for one in found if group == one.target.group or not self.registry.groups[group].targets]
        store.record_use(digest_standings(own, year, self._horizon))
        return own

    def _draw_target(self, standing: Standing) -> Block:
        return draw_target(self, standing, asked=self._say_asked(standing), document=self._find_document(standing))

    def _say_asked(self, standing: Standing) -> str:
        """Say in which rows of which form a target without a figure is asked for; "" if it is not."""
        group = standing.target.group
        if standing.state not in OWED or self.territory != self.registry.city:
            return ""
        if group not in self._asked:
            known = store.series_observations(watch_series([group], self.year, self.registry), self.territory)
            cover = Cover(group, self.territory, self.year)
            self._asked[group] = locate_rows(cover, known, self.registry, self.language)
        rows = self._asked[group].get(standing.target.id)
        return f"{name_form(group, self.territory, self.year)}, {rows}" if rows else ""

    def _find_document(self, standing: Standing) -> str:
        """Return what was reported of a milestone, newest year first: state, decision, date, evidence, remark."""
        if standing.target.kind != "milestone" or standing.last is None:
            return ""
        series = formula_series(self.registry.indicators[standing.target.milestone_indicator])
        known = self.known(store.series_observations(series, self.territory))
        told = known.filter(pl.col("note") != "", pl.col("year") <= standing.last["year"])
        return "; ".join(
            self._say(
                "document_of_year",
                year=self.school_year(row["year"]),
                state=name_milestone_state(row["value"], self.registry, self.language),
                document=", ".join(format_date(part, self.language) for part in row["note"].split("; ")),
            )
            for row in told.sort("year", descending=True).iter_rows(named=True)
        )

    def _holds(self, group: str) -> bool:
        """Return whether targets and indicators of a group are on this page."""
        return self.group == group or not self.registry.groups[self.group].targets

    def _own_indicators(self) -> list[Indicator]:
        return [i for i in self.registry.indicators.values() if self._holds(i.group)]

    def _with_peers(self, shown: pl.DataFrame) -> pl.DataFrame:
        """Return values with those of the other provinces that a group's page compares with."""
        if (
            not self.registry.groups[self.group].targets
            or self.registry.territories[self.territory].role == "country"
        ):
            return shown
        return pl.concat([shown, read_compared(self._own_indicators(), self.registry)])

    def _own_values(self, *compared: str) -> pl.DataFrame:
        """Return the values of the group's indicators in the territory, its parts, and the places compared."""
        own = [i.id for i in self._own_indicators()]
        places = dict.fromkeys([self.territory, *self.registry.territories[self.territory].parts, *compared])
        return self.known(store.indicator_values(own, places)).filter(pl.col("year") <= self.year)


def show_lines(name: str, territory: str | None, language: Language) -> Iterator[str]:
    """Write everything about one target. Raises `UnknownName` if no target has this id, with the closest ones."""
    city = load_registry().city if territory is None else territory
    for piece in Report("overview", territory=city, year=None, language=language).target(name).pieces:
        yield piece.plain
