"""What a report notebook talks to: one territory, one school year, one language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas
import polars as pl

from hpedu import data
from hpedu.errors import UnknownName
from hpedu.ingest.package import read_package
from hpedu.ingest.pipeline import read_record
from hpedu.ingest.resource import Resource
from hpedu.outlook import Standing, assess_targets
from hpedu.paths import find_project
from hpedu.present import charts, registers
from hpedu.present.blocks import Block, Prose, draw_notice, draw_table
from hpedu.present.display import Chart, Fragment, PageHead
from hpedu.present.numbers import format_number, school_year
from hpedu.present.quantity import (
    COUNTS,
    Change,
    Quantity,
    basis,
    describe_change,
    name_year,
    with_unit,
)
from hpedu.present.scorecard import (
    Wording,
    describe_value,
    draw_scorecard,
    draw_target_facts,
    draw_target_head,
)
from hpedu.present.wording import phrase
from hpedu.registry import Language, registry
from hpedu.registry.models import Indicator, Target, Task


class Report:
    """The point of view of a report and everything it can say, draw and tabulate.

    Parameters
    ----------
    group
        Target group: preschool, general, higher, continuing; or overview for all of them.
    territory
        Id of a territory with the role city, part or country; nobody judges a single province or a region.
    year
        Year in which the school year reported on starts; None for the newest in the data. Later
        figures are left out.
    language
        "vi" or "en".

    Raises
    ------
    UnknownName
        For a group, territory or language that does not exist, with the closest names.
    """

    def __init__(self, group: str, *, territory: str, year: int | None, language: str) -> None:
        self.book = registry()
        self.group = _known("group", group, self.book.codes_of("group"))
        self.territory = _known("territory", territory, self.book.reported_territories())
        self.language: Language = "vi" if _known("language", language, ("vi", "en")) == "vi" else "en"
        self._all = data.indicator_values()
        self.year = data.newest_year(self._all) if year is None else year
        self._known = self._all.filter(pl.col("year") <= self.year)
        self.wording = Wording(self.book, self.language, territory)
        self.standings = assess_targets(self._all, self.book, territory, self.year)

    # -- words ---------------------------------------------------------------------------------------------

    def text(self, *, vi: str, en: str, **values: object) -> str:
        """The template of the page's language with values filled in (`Quantity`, `Change`, numbers, text)."""
        template = vi if self.language == "vi" else en
        return template.format(**{name: self._spell(value) for name, value in values.items()})

    def say(self, *, vi: str, en: str, **values: object) -> Prose:
        """A paragraph made from the data. If a figure it needs is missing, it says that instead."""
        lacking = [v for v in values.values() if isinstance(v, (Quantity, Change)) and v.missing]
        if lacking:
            return Prose(f"*{self._say_lacking(lacking)}*")
        return Prose(self.text(vi=vi, en=en, **values))

    def school_year(self, year: int) -> str:
        """The school year that starts in `year`, as the page's language writes it."""
        return school_year(year, self.language)

    def last(self, indicator: str, territory: str | None = None) -> Quantity:
        """The newest value of an indicator up to the report's year."""
        rows = self._rows(indicator, territory)
        return self._quantity(indicator, rows[-1] if rows else None, territory)

    def at(self, indicator: str, year: int, territory: str | None = None) -> Quantity:
        """The value of an indicator in one year."""
        rows = [row for row in self._rows(indicator, territory, future=True) if row["year"] == year]
        return self._quantity(indicator, rows[0] if rows else None, territory)

    def change(self, indicator: str, *, since: int, territory: str | None = None) -> Change:
        """From the first value of `since` or later to the newest one."""
        rows = self._rows(indicator, territory)
        later = [row for row in rows if row["year"] >= since]
        first = self._quantity(indicator, later[0] if len(later) > 1 else None, territory)
        last = self._quantity(indicator, rows[-1] if rows else None, territory)
        return describe_change(first, last, self.language, self.book)

    # -- figures -------------------------------------------------------------------------------------------

    def values(
        self, indicators: Sequence[str], *, territories: Sequence[str] | None = None, future: bool = False
    ) -> pl.DataFrame:
        """Values of indicators, with names in the page's language.

        Parameters
        ----------
        territories
            Ids; by default the report's own.
        future
            Also years after the report's (projected population).

        Returns
        -------
        polars.DataFrame
            Columns `indicator, name, territory, territory_name, year, year_name, value, unit, status,
            qualifier, flags, inputs`, in the order asked for, by year.
        """
        for name in indicators:
            _known("indicator", name, self.book.indicators)
        territories = [self.territory] if territories is None else list(territories)
        rows = [
            row
            | {
                "name": self._indicator(name).name.get(self.language),
                "territory_name": self.book.territories[territory].name.get(self.language),
                "year_name": name_year(row["year"], self._indicator(name), self.book, self.language),
            }
            for name in indicators
            for territory in territories
            for row in self._rows(name, territory, future=future, bounds=True)
        ]
        columns: dict[str, Any] = {
            "indicator": pl.String,
            "name": pl.String,
            "territory": pl.String,
            "territory_name": pl.String,
            "year": pl.Int32,
            "year_name": pl.String,
            "value": pl.Float64,
            "unit": pl.String,
            "status": pl.String,
            "qualifier": pl.String,
            "flags": pl.List(pl.String),
            "inputs": pl.List(pl.String),
        }
        return pl.DataFrame([{c: row[c] for c in columns} for row in rows], schema=columns, orient="row")

    # -- the page ------------------------------------------------------------------------------------------

    def head(self, *, title: str, questions: Sequence[str]) -> PageHead:
        """The head of the page: title, what it answers, and the sources of everything on it."""
        territory = self.book.territories[self.territory]
        shown = self._known.filter(pl.col("indicator").is_in(self._own_indicators()))
        record = read_record(find_project()) or {}
        name = territory.name.get(self.language)
        city = territory.role == "city"
        return PageHead(
            title=title,
            subtitle=phrase("plan_for_old_city", self.language, territory=name) if city else "",
            language=self.language,
            group=self.group,
            territory=name,
            year=self.year,
            questions=list(questions),
            synthetic=bool((shown["status"] == "synthetic").any()),
            sources=[self._source(r) for r in self._resources(shown)],
            inputs_digest=str(record.get("digest", "")),
        )

    def scorecard(self, group: str | None = None) -> Fragment:
        """The table of the group's targets, or of another group's; all of them in the overview."""
        group = group or self.group
        shown = [s for s in self.standings if group in (*registers.WHOLE, s.target.group)]
        whole = group in registers.WHOLE
        caption = phrase("all_targets", self.language) if whole else self._group_name(group)
        return draw_scorecard(shown, self.wording, caption=caption, anchors=group == self.group and not whole)

    def target(self, name: str) -> Block:
        """The block of one target: where it stands, the chart, and what stands behind it."""
        _known("target", name, self.book.targets)
        standing = next(s for s in self.standings if s.target.id == name)
        target = standing.target
        indicator = self.book.indicators.get(target.milestone_indicator or name)
        series = self._rows(indicator.id, None, bounds=True) if indicator else []
        facts = draw_target_facts(
            standing,
            self.wording,
            national=self._context([target.id, *target.national_indicators], "viet_nam"),
            proxies=self._context(target.proxies, self.territory),
            flags=self._flags(series),
            sources=[f"{r.publisher}: {r.title}" for r in self._resources(pl.DataFrame(series))] if series else [],
            series=series,
        )
        parts = self._say_parts(indicator) if indicator and standing.last is None else []
        head = draw_target_head(standing, self.wording, parts=parts)
        chart = self._draw_target(standing) if indicator and target.kind != "milestone" else None
        return Block(head, chart, facts) if chart else Block(head, facts)

    def targets(self, *levels: str, group: str | None = None) -> Block:
        """The blocks of all targets of the group (of some levels only, if any are named)."""
        group = group or self.group
        for level in levels:
            _known("level", level, self.book.codes_of("level"))
        wanted = [t for t in self.book.targets.values() if t.group == group and (not levels or t.level in levels)]
        return Block(*(piece for t in wanted for piece in self.target(t.id).pieces))

    def trend(
        self,
        indicators: str | Sequence[str],
        *,
        title: str,
        alt: str,
        territories: Sequence[str] | None = None,
        future: bool = False,
        zero: bool | None = None,
    ) -> Chart | Fragment:
        """Indicators of the territory over the years, or one indicator in several territories.

        Alone, an indicator of a merged city is drawn with its parts: they are other territories, so the lines are
        never joined. Without any value the chart is a sentence that says so.
        """
        names = [indicators] if isinstance(indicators, str) else list(indicators)
        if territories is None:
            parts = self.book.territories[self.territory].parts if len(names) == 1 else []
            territories = [self.territory, *parts]
        frame = self.values(names, territories=territories, future=future).filter(pl.col("qualifier") == "")
        if frame.is_empty():
            return draw_notice(self._say_missing(names, territories))
        first = self._indicator(names[0])
        label = "name" if len(names) > 1 else "territory_name"
        return charts.trend(
            frame.rename({label: "series"}).select("series", "year", "value", "status"),
            title=title,
            alt=alt,
            name=f"chart-{names[0].replace('_', '-')}" + ("-compared" if len(names) > 1 else ""),
            language=self.language,
            unit_label=self.book.name("unit", first.unit, self.language),
            decimals=first.decimals,
            school_year=basis(first, self.book) == "school_year",
            zero=zero,
        )

    def stacked(
        self, parts: Sequence[str], *, title: str, alt: str, territory: str | None = None
    ) -> Chart | Fragment:
        """Indicators that are parts of a whole, stacked by year."""
        frame = self.values(parts, territories=[territory or self.territory])
        if frame.is_empty():
            return draw_notice(self._say_missing(parts, [territory or self.territory]))
        first = self._indicator(parts[0])
        return charts.stacked(
            frame.rename({"name": "part"}).select("part", "year", "value"),
            title=title,
            alt=alt,
            name=f"chart-{parts[0].replace('_', '-')}-parts",
            language=self.language,
            unit_label=self.book.name("unit", first.unit, self.language),
            decimals=first.decimals,
            part_order=[self._indicator(name).name.get(self.language) for name in parts],
            synthetic=bool((frame["status"] == "synthetic").any()),
            school_year=basis(first, self.book) == "school_year",
        )

    def table(self, frame: pandas.DataFrame, *, caption: str, decimals: int = 0) -> Fragment:
        """A pandas frame (its index is the first column) as a table; numbers in the page's language.

        An empty frame is a sentence that says so.
        """
        if frame.empty:
            return draw_notice(
                phrase("no_values_said", self.language, territory=self.wording.territory, names=caption)
            )
        shown = frame.reset_index()
        numeric = {i for i, kind in enumerate(shown.dtypes) if pandas.api.types.is_numeric_dtype(kind)}
        rows = [
            [self._cell(cell, decimals) if i in numeric else cell for i, cell in enumerate(row)]
            for row in shown.itertuples(index=False)
        ]
        return draw_table([str(c) for c in shown.columns], rows, caption=caption, numeric=numeric)

    # -- what is missing, what is doubtful, what the plans say besides --------------------------------------

    def missing(self) -> Fragment:
        """The targets without a figure, what has to be counted for each, and who is responsible."""
        own = [s for s in self.standings if self.group in (*registers.WHOLE, s.target.group)]
        return registers.list_missing(own, self.wording)

    def coverage(self) -> pandas.DataFrame:
        """Targets by group (rows) and state (columns): how many."""
        return registers.count_states(self.standings, self.wording)

    def quality(self) -> Block:
        """Figures of the page that carry a flag, cells that were set aside, and what was corrected."""
        shown = self._known.filter(
            pl.col("indicator").is_in(self._own_indicators()),
            pl.col("territory").is_in([self.territory, *self.book.territories[self.territory].parts]),
        )
        flagged = registers.list_flagged(shown, self.wording)
        rest = (registers.list_set_aside(data.issues(), self.wording), registers.list_errata(self.wording))
        return Block(flagged, *rest) if flagged else Block(*rest)

    def findings(self) -> Fragment:
        """What does not agree among all published figures, with the arithmetic and what to do."""
        return registers.list_findings(data.findings(), self.wording)

    def revisions(self) -> Fragment:
        """The figures that later editions changed most."""
        return registers.list_revisions(data.revisions(), self.wording)

    def overdue(self) -> list[Task]:
        """The tasks whose last day lies before the end of the school year reported on, without a result."""
        return registers.find_overdue(self.book, self.year, self._done())

    def tasks(self) -> Fragment:
        """The assignment tables of both plans: by lead and time, completed and overdue ones marked."""
        return registers.list_tasks(self.overdue(), self._done(), self.wording)

    def goals(self) -> Fragment:
        """What the plans want without a number, the 2045 vision among it, and why it is no target."""
        return registers.list_goals(self.wording)

    # -- inside --------------------------------------------------------------------------------------------

    def _done(self) -> dict[tuple[str, str], str]:
        return registers.find_done(self.book, data.observations(), self.year)

    def _draw_target(self, standing: Standing) -> Chart | None:
        target = standing.target
        indicator = self.book.indicators[target.id]
        parts = self.book.territories[self.territory].parts
        country = [] if indicator.unit in COUNTS else ["viet_nam"]
        frame = self.values([target.id], territories=[self.territory, *parts, *country])
        frame = frame.filter(pl.col("qualifier") == "")
        own = self.book.territories[self.territory].name.get(self.language)
        if frame.filter(pl.col("territory") != "viet_nam").is_empty():
            return None
        goal = charts.Goal(
            float(target.value),
            target.year or self.year,
            phrase("goal_2030", self.language),
            target.comparison,
        )
        order = [own] if own in frame["territory_name"] else []
        order += [name for name in frame["territory_name"].unique(maintain_order=True) if name != own]
        last, year = self.wording.last(standing)
        name = target.name.get(self.language)
        title = f"{name}: {last} ({year})" if last else name
        objective = f"{phrase('goal_2030', self.language)} {self.wording.objective(target)}"
        return charts.trend(
            frame.rename({"territory_name": "series"}).select("series", "year", "value", "status"),
            title=title,
            alt=f"{title}. {objective} ({self.wording.deadline(target)}). {', '.join(order)}.",
            name=f"chart-{target.id.replace('_', '-')}",
            language=self.language,
            unit_label=self.book.name("unit", indicator.unit, self.language),
            decimals=indicator.decimals,
            target=goal,
            series_order=order,
            school_year=basis(indicator, self.book) == "school_year",
        )

    def _rows(
        self, indicator: str, territory: str | None, *, future: bool = False, bounds: bool = False
    ) -> list[dict[str, Any]]:
        _known("indicator", indicator, self.book.indicators)
        # What was counted after the report's year stays unknown to it; a projection was known all along.
        foreseen = pl.col("status").is_in(["estimated", "projected"])
        source = self._all.filter((pl.col("year") <= self.year) | foreseen) if future else self._known
        rows = source.filter(
            pl.col("indicator") == indicator, pl.col("territory") == (territory or self.territory)
        ).sort("year")
        return [row for row in rows.iter_rows(named=True) if bounds or not row["qualifier"]]

    def _quantity(self, name: str, row: dict[str, Any] | None, territory: str | None) -> Quantity:
        indicator = self._indicator(name)
        place = self.book.territories[territory or self.territory].name.get(self.language)
        if row is None:
            return Quantity(indicator, None, "", "", "", place)
        return Quantity(
            indicator,
            row["value"],
            format_number(row["value"], indicator.decimals, self.language),
            with_unit(row["value"], row["unit"], indicator.decimals, self.language, self.book),
            name_year(row["year"], indicator, self.book, self.language),
            place,
        )

    def _say_parts(self, indicator: Indicator) -> list[str]:
        """The last value of each territory merged into this one, where there is any."""
        lines = []
        for part in self.book.territories[self.territory].parts:
            rows = self._rows(indicator.id, part, bounds=True)
            if rows:
                name = self.book.territories[part].name.get(self.language)
                value = describe_value(rows[-1], indicator, self.wording)
                lines.append(phrase("part_said", self.language, part=name, value=value))
        return lines

    def _context(self, indicators: Sequence[str], territory: str) -> list[str]:
        lines = []
        for name in indicators:
            if name in self.book.indicators:
                rows = self._rows(name, territory, bounds=True)
                lines += [describe_value(rows[-1], self._indicator(name), self.wording)] if rows else []
        return lines

    def _flags(self, rows: Sequence[dict[str, Any]]) -> list[str]:
        flags = dict.fromkeys(flag for row in rows for flag in row["flags"])
        return [self.book.name("flag", flag, self.language) for flag in flags]

    def _resources(self, values: pl.DataFrame) -> list[Resource]:
        used = set(values["sources"].explode().drop_nulls()) if values.height else set()
        return [r for r in read_package(find_project().raw).values() if r.name in used]

    def _source(self, resource: Resource) -> dict[str, str]:
        return {
            "name": resource.name,
            "publisher": resource.publisher,
            "title": resource.title,
            "url": resource.url,
            "published": resource.published,
            "confidence": phrase(f"confidence_{resource.confidence}", self.language),
            "file": resource.path,
        }

    def _say_missing(self, indicators: Sequence[str], territories: Sequence[str]) -> str:
        names = dict.fromkeys(self._indicator(name).name.get(self.language) for name in indicators)
        where = ", ".join(self.book.territories[t].name.get(self.language) for t in territories)
        return phrase("no_values_said", self.language, territory=where, names="; ".join(names))

    def _say_lacking(self, lacking: Sequence[Quantity | Change]) -> str:
        """A sentence a territory: it has no figure at all, or too few to tell a change."""
        said: dict[tuple[str, str], dict[str, None]] = {}
        for one in lacking:
            last = one.last if isinstance(one, Change) else one
            key = "no_values_said" if last.missing else "too_few_said"
            said.setdefault((key, last.territory), {})[last.indicator.name.get(self.language)] = None
        return " ".join(
            phrase(key, self.language, territory=territory, names="; ".join(names))
            for (key, territory), names in said.items()
        )

    def _spell(self, value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return value
        return format_number(value, 0 if isinstance(value, int) else 1, self.language)

    def _cell(self, cell: float, decimals: int) -> str:
        return format_number(None if pandas.isna(cell) else cell, decimals, self.language)

    def _group_name(self, group: str) -> str:
        return self.book.name("group", group, self.language)

    def _own_indicators(self) -> list[str]:
        return [i.id for i in self.book.indicators.values() if self.group in (*registers.WHOLE, i.group)]

    def _indicator(self, name: str) -> Indicator:
        return self.book.indicators[name]


def _known(kind: str, name: str, names: Any) -> str:
    if name not in names:
        raise UnknownName(kind, name, names)
    return name


def list_targets(
    *,
    group: str | None = None,
    state: str | None = None,
    department: str | None = None,
    territory: str = "hai_phong",
) -> list[tuple[Target, Standing]]:
    """The targets of the plans with where each stands, filtered by group, state and department.

    Raises
    ------
    UnknownName
        For a filter that is no group, state, department or territory.
    """
    book = registry()
    for kind, name, known in (
        ("group", group, book.codes_of("group")),
        ("state", state, book.codes_of("state")),
        ("department", department, book.departments),
        ("territory", territory, book.reported_territories()),
    ):
        if name is not None:
            _known(kind, name, known)
    values = data.indicator_values()
    return [
        (s.target, s)
        for s in assess_targets(values, book, territory, data.newest_year(values))
        if (group is None or s.target.group == group)
        and (state is None or s.state == state)
        and (department is None or department in s.target.departments)
    ]
