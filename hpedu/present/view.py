"""Read and word the figures of one page: one territory, up to one school year, in one language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
from markupsafe import Markup

from hpedu import store
from hpedu.assess.standing import Standing
from hpedu.errors import check_name
from hpedu.ingest.schema import Resource
from hpedu.present.base import BaseReport
from hpedu.present.page.blocks import Prose, draw_badge, draw_notice, draw_table
from hpedu.present.page.display import ChartText, Fragment
from hpedu.registry import Registry
from hpedu.registry.models import Duty, Indicator, OtherTarget, Target, Task, Text
from hpedu.sums import read_columns
from hpedu.texts import Language, count_decimals, format_date, format_number, say, school_year

_SIGNS = {">=": "≥", ">": ">", "<=": "≤", "<": "<"}
SIGNS = {"milestone": "", "": ""} | {code: f"{sign}\N{NO-BREAK SPACE}" for code, sign in _SIGNS.items()}
WHOLE = 100  # percent
OWED = ("no_data", "overdue", "contradicted", "milestone_unreported")
"""States of a target for which a division owes a figure, a report or a confirmation."""
SILENT = (*OWED, "lapsed")
"""States of a target about which nothing is known for certain."""
GROUNDS = ("stated", "inferred", "disputed")
"""Grounds on which a division answers for a target."""


class Lexicon:
    """The texts, the names of the registry, and figures with their units and years, in one language."""

    def __init__(self, registry: Registry, language: Language) -> None:
        self.registry, self.language = registry, language

    def say(self, key: str, **values: object) -> str:
        """Return a text in the language of the page."""
        return say(key, self.language, **values)

    def read(self, text: Text | None) -> str:
        """Return the wording of the registry in the language of the page; "" if there is none."""
        return text.get(self.language) if text else ""

    def name(self, dimension: str, code: str) -> str:
        """Name a code of the registry."""
        return self.registry.name(dimension, code, self.language)

    def write(self, value: float | Decimal | None, decimals: int = 0) -> str:
        """Write a number."""
        return format_number(value, decimals, self.language)

    def date(self, day: date | None) -> str:
        """Write a day; "" without one."""
        return format_date(day.isoformat(), self.language) if day else ""

    def value(self, row: Mapping[str, Any]) -> str:
        """Write an indicator value with its unit and the decimals that are shown."""
        shown = count_shown(row, self.registry.indicators[row["indicator"]])
        return self.with_unit(row["value"], row["unit"], shown)

    def year(self, row: Mapping[str, Any]) -> str:
        """Name the year of an indicator value."""
        return self.name_year(row["year"], self.registry.indicators[row["indicator"]])

    def describe_value(self, row: Mapping[str, Any], indicator: Indicator) -> str:
        """Write an indicator value in a line: name, number with unit, year; a bound keeps its sign."""
        sign = {"about": "≈ "}.get(row["qualifier"], f"{row['qualifier']} " if row["qualifier"] else "")
        return f"{self.read(indicator.name)}: {sign}{self.value(row)} ({self.year(row)})"

    def name_year(self, year: int, indicator: Indicator) -> str:
        """Name a year of an indicator: "2021-2022" for a school year, "2021" for a calendar year."""
        return school_year(year, self.language) if basis(indicator, self.registry) == "school_year" else str(year)

    def with_unit(self, value: float, unit: str, decimals: int) -> str:
        """Write a number with its unit: "22,0%", "31,5 học sinh/lớp"; a status or plain ratio has none."""
        return self.write(value, decimals) + self.name_unit(unit)

    def name_unit(self, unit: str) -> str:
        """Name a unit as it follows its number, with the space between; a status or plain ratio has none."""
        if unit in ("status", "ratio", "per_100"):
            return ""
        label = self.name("unit", unit)
        return label if unit in ("percent", "per_1000") else f" {label}"

    def difference(self, value: float, unit: str, decimals: int) -> str:
        """Write a difference of two values with its unit; of two percents, in percentage points."""
        if unit == "percent":
            return self.say("points", number=self.write(value, decimals))
        return self.with_unit(value, unit, decimals)

    def table(
        self,
        keys: Iterable[str],
        rows: Sequence[Sequence[object]],
        caption: str,
        *,
        numeric: Collection[int] = (),
        keeper: bool = False,
        folded: bool = False,
    ) -> Fragment:
        """Draw a table; the names of its columns and its caption are given by their keys in the texts.

        Where there is nothing to list, a sentence says so.
        """
        title = self.say(caption)
        if not rows:
            return draw_notice(self.say("nothing_listed", caption=title))
        names = map(self.say, keys)
        columns = [name[:1].upper() + name[1:] for name in names]
        return draw_table(columns, rows, caption=title, numeric=numeric, keeper=keeper, folded=folded)

    def change(self, first: Quantity, last: Quantity) -> Change:
        """Put a change into words; amounts of percents are in points, always without a sign."""
        if first.value is None or last.value is None:
            return Change(first, last, "", "", "", "")
        difference, decimals = last.value - first.value, last.indicator.decimals
        if not round(difference, decimals):
            return Change(first, last, *[self.say("held")] * 4)
        verb = self.say("rose" if difference > 0 else "fell")
        amount = self.difference(abs(difference), last.indicator.unit, decimals)
        moved = self.say("changed_by", verb=verb, amount=amount)
        if not first.value:
            return Change(first, last, verb, moved, moved, moved)
        percent = f"{self.write(abs(difference) / first.value * 100, 1)}%"
        relative = self.say("changed_by", verb=verb, amount=percent)
        return Change(first, last, verb, moved, relative, f"{moved} ({percent})")


class Wording(Lexicon):
    """The words for targets and standings of one territory."""

    def __init__(self, registry: Registry, language: Language, territory: str) -> None:
        super().__init__(registry, language)
        self.place = registry.territories[territory]
        self.territory = self.place.name.get(language)

    def objective(self, target: Target) -> str:
        """Write the objective as the plan gives it: "≥ 48,05%", with all decimals; "" for a milestone.

        A territory that is no more has none.
        """
        bare = self.bare_objective(target)
        unit = self.name_unit(target.unit)
        return f"{bare}{unit}" if bare else ""

    def sign(self, target: Target) -> str:
        """Write the comparison of an objective; "" where nothing can be more than that: 100% is 100%."""
        if target.unit == "percent" and target.value == WHOLE and target.comparison == ">=":
            return ""
        more = self.say("more_than") + "\N{NO-BREAK SPACE}"
        return more if target.comparison == ">" else SIGNS[target.comparison]

    def bare_objective(self, target: Target) -> str:
        """Write the objective without its unit, for a table that has a column of units."""
        if target.kind == "milestone" or self.place.is_past:
            return ""
        return self.sign(target) + self.write(target.value, stated_decimals(target))

    def deadline(self, target: Target) -> str:
        """Say by which year a target is to be met, or that it holds every year."""
        return self.say("by_year", year=target.year) if target.year else self.say("yearly")

    def departments(self, target: Target) -> str:
        """Name the divisions that answer for a target."""
        return "; ".join(map(self.department, target.departments))

    def owner(self, target: Target) -> str:
        """Name the divisions that answer for a target in a table: marked, unless the plan assigns it to them."""
        return self.departments(target) + ("" if target.department_basis == "stated" else " *")

    def count_owners(self, targets: Sequence[Target]) -> dict[str, Counter[str]]:
        """Count targets by division and by the ground on which it answers, most of those assigned by a plan first.

        What a plan assigns, what hpedu infers and what the plans dispute are never one count.
        """
        counts: dict[str, Counter[str]] = {}
        for target in targets:
            for name in target.departments:
                counts.setdefault(name, Counter())[target.department_basis.partition("_")[0]] += 1
        return dict(sorted(counts.items(), key=lambda item: [-item[1][ground] for ground in GROUNDS]))

    def department(self, name: str) -> str:
        """Name a division; of one that has ended, say when, and who has its work now or that this is not known."""
        row = self.registry.departments[name]
        if row.valid_to is None:
            return self.read(row.name)
        key, successor = "department_ended", ""
        if row.successor:
            key, successor = "department_followed", self.department(row.successor)
        return self.say(key, name=self.read(row.name), day=self.date(row.valid_to), successor=successor)

    def lead(self, task: Task) -> str:
        """Name the divisions that lead a task, with what the plan adds."""
        names = "; ".join(map(self.department, task.departments))
        return f"{names} ({self.read(task.lead_note)})" if task.lead_note else names

    def bearer(self, duty: Duty) -> str:
        """Name the divisions that have a duty, marked if the plan does not; say so if nobody is known."""
        named = self.registry.bearers_of(duty)
        mark = "" if duty.departments else " *"
        return "; ".join(map(self.department, named)) + mark if named else self.say("no_bearer")

    def name_place(self, section: str, annex: str) -> str:
        """Name a place in a plan: section, and row of the annex."""
        row = self.say("annex_row", row=annex) if annex else ""
        return ", ".join(filter(None, [section, row]))

    def other_target(self, other: OtherTarget) -> str:
        """Write a target of others in a line: who, what, how much, by when."""
        decimals = stated_decimals(other)
        ends = [self.write(float(end), decimals) for end in (other.value, other.upper) if end]
        unit = self.name_unit(other.unit)
        amount = "" if other.unit == "status" else SIGNS[other.comparison] + "–".join(ends) + unit
        named = ", ".join(filter(None, [self.read(other.name), amount]))
        return f"{self.read(other.owner)}: {named} ({other.year})"

    def department_basis(self, target: Target) -> str:
        """Say why these divisions answer for a target."""
        owner = self.registry.owners.get(target.owner)
        subject, section = (self.read(owner.name), owner.section) if owner else ("", "")
        return self.say(f"department_{target.department_basis}", subject=subject, section=section)

    def badge(self, standing: Standing) -> Markup:
        """Draw the state of a target as sign and words."""
        return draw_badge(standing.state, self.name("state", standing.state))

    def pace(self, value: float | None, target: Target) -> str:
        """Write a yearly change: points for a percentage, percent for a count, else the target's unit.

        A small step has a decimal more, so as not to be written as none.
        """
        if value is None:
            return ""
        if self.registry.indicators[target.id].counts:
            return self.say("a_year_percent", number=self.write(value, 1))
        decimals = 0 if target.unit == "per_10k" else 1
        if not round(value, decimals):
            decimals += bool(round(value, decimals + 1))
        return self.difference(value, target.unit, decimals)

    def break_reason(self, standing: Standing) -> str:
        """Say why the target's series breaks, the newest break; "" if it does not."""
        breaks = self.registry.breaks_of(standing.target.id, standing.territory)
        return self.read(breaks[-1].reason) if breaks else ""

    def last(self, standing: Standing) -> tuple[str, str]:
        """Write the last value and its year, both "" if there is none."""
        row = standing.last
        if row is None:
            return "", ""
        if standing.target.kind == "milestone":
            return "", self.year(row)
        sign = f"{row['qualifier']} " if row.get("qualifier") in (">", "<") else ""
        return sign + self.value(row), self.year(row)

    def state(self, standing: Standing) -> str:
        """Name the state, with the readings of a figure that is contradicted and a word on one that is old."""
        name = self.name("state", standing.state)
        readings, year = self.readings(standing)
        marks = [f"{readings} ({year})"] if readings else []
        marks += [self.say("stale_cell")] if standing.stale and standing.last is not None else []
        return "; ".join([name, *marks])

    def readings(self, standing: Standing) -> tuple[str, str]:
        """Write what a contradicted figure may be, "13 hoặc 17%", and its year; both "" if none is."""
        row = standing.doubted
        if row is None:
            return "", ""
        indicator = self.registry.indicators[row["indicator"]]
        numbers = [format_number(value, indicator.decimals, self.language, trim=True) for value in row["readings"]]
        unit = self.name_unit(row["unit"])
        return f" {self.say('or')} ".join(numbers) + unit, self.year(row)

    def is_old(self, standing: Standing) -> bool:
        """Return whether what is left to do is counted from a later year than that of the last figure."""
        left, due = standing.years_left, standing.target.due
        if standing.last is None or left is None or due is None:
            return False
        return bool(due - left > standing.last["year"])


def stated_decimals(target: Target | OtherTarget) -> int:
    """Return how many decimals the plan gives an objective, zeros at the end included."""
    return max(0, -int(target.value.as_tuple().exponent))


def count_shown(row: Mapping[str, Any], indicator: Indicator) -> int:
    """Return how many decimals of an indicator value are shown; of one taken as published, no more than it has."""
    if row.get("denominator") is not None:
        return indicator.decimals
    return min(indicator.decimals, count_decimals(row["value"]))


def basis(indicator: Indicator, registry: Registry) -> str:
    """Return what `year` means for an indicator: `school_year` or `calendar`, as its numerator is counted."""
    return registry.measures[indicator.numerator.partition("/")[0]].basis


@dataclass(frozen=True)
class Quantity:
    """One indicator value, ready for a sentence; `missing` if there is none.

    In a template, `{q}` is number and unit, `{q.number}` the number alone, `{q.year}` its year.
    """

    indicator: Indicator
    value: float | None
    number: str
    text: str
    year: str
    territory: str = ""  # as readers know it

    @property
    def missing(self) -> bool:
        return self.value is None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Change:
    """A change from one value of an indicator to a later one.

    In a template, `{c}` is "rose by 20 schools (5%)", `{c.moved}` and `{c.relative}` its halves, `{c.verb}` the
    verb alone; `{c.first}`, `{c.last}` are its ends.
    """

    first: Quantity
    last: Quantity
    verb: str
    moved: str
    relative: str
    text: str

    @property
    def missing(self) -> bool:
        return self.first.missing or self.last.missing

    def __str__(self) -> str:
        return self.text


SHOWN = read_columns("shown")


class View(BaseReport):
    """Figures and words as seen from a territory, a school year and a language.

    Parameters
    ----------
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
        For a territory or language that does not exist, with the closest names.
    """

    until: str = ""  # the last day of publication (ISO 8601) that the report knows of; "" for the newest

    def __init__(self, *, territory: str, year: int | None, language: str) -> None:
        super().__init__(language)
        self.territory = check_name("territory", territory, self.registry.reported_territories())
        self.year = store.newest_year() if year is None else year
        self.wording = Wording(self.registry, self.language, territory)
        # A page asks for the same values many times.
        self._values: dict[tuple[str, str], list[dict[str, Any]]] = {}

    # -- words ---------------------------------------------------------------------------------------------

    def say(self, key: str = "", *, vi: str = "", en: str = "", **values: object) -> Prose:
        """Write a paragraph from the data. If a figure it needs is missing, it says that instead."""
        lacking = [v for v in values.values() if isinstance(v, (Quantity, Change)) and v.missing]
        if lacking:
            return Prose(f"*{self._say_lacking(lacking)}*")
        return super().say(key, vi=vi, en=en, **values)

    def last(self, indicator: str, territory: str | None = None) -> Quantity:
        """Return the newest value of an indicator up to the report's year."""
        rows = self.rows(indicator, territory)
        return self._quantity(indicator, rows[-1] if rows else None, territory)

    def at(self, indicator: str, year: int, territory: str | None = None) -> Quantity:
        """Return the value of an indicator in one year."""
        rows = self.rows(indicator, territory, future=True)
        return self._quantity(indicator, next((row for row in rows if row["year"] == year), None), territory)

    def change(self, indicator: str, *, since: int, territory: str | None = None) -> Change:
        """Return the change from the first value of `since` or later to the newest one."""
        rows = self.rows(indicator, territory)
        later = [row for row in rows if row["year"] >= since]
        first = self._quantity(indicator, later[0] if len(later) > 1 else None, territory)
        last = self._quantity(indicator, rows[-1] if rows else None, territory)
        return self.wording.change(first, last)

    # -- figures -------------------------------------------------------------------------------------------

    def known(self, figures: pl.DataFrame) -> pl.DataFrame:
        """Return the figures published by the last day the report knows of: all of them, unless it has one.

        A source dated by its month or year counts as published in time if the day lies in it.
        """
        if not self.until:
            return figures
        day = pl.lit(self.until)
        return figures.filter(pl.col("edition") <= day.str.slice(0, pl.col("edition").str.len_chars()))

    def values(
        self,
        indicators: str | Sequence[str],
        *,
        territories: str | Sequence[str] | None = None,
        future: bool = False,
        flat: bool = True,
    ) -> pl.DataFrame:
        """Return values of indicators, with names in the page's language.

        Parameters
        ----------
        indicators, territories
            Ids, one or many; territories by default the report's own.
        future
            Also years after the report's (projected population).
        flat
            Flags and inputs as texts; else as lists, as charts take them.

        Returns
        -------
        polars.DataFrame
            Columns `indicator, name, territory, territory_name, year, year_name`; `value`, in the unit that `unit`
            names, with `decimals` of them shown; `status, qualifier, flags, inputs` as of
            `hpedu.indicator_values`. In the order of `indicators`, by year.

        Raises
        ------
        UnknownName
            For a name that is none, with the closest ones.
        """
        indicators = [indicators] if isinstance(indicators, str) else indicators
        if territories is None or isinstance(territories, str):
            territories = [territories or self.territory]
        for territory in territories:
            check_name("territory", territory, self.registry.territories)
        rows = [
            row
            | {
                "name": self._name_indicator(name),
                "territory_name": self.registry.territories[territory].name.get(self.language),
                "year_name": self.wording.name_year(row["year"], self.indicator(name)),
                "decimals": count_shown(row, self.indicator(name)),
            }
            for name in indicators
            for territory in territories
            for row in self.rows(name, territory, future=future, bounds=True)
        ]
        frame = pl.DataFrame([{name: row[name] for name in SHOWN} for row in rows], SHOWN, orient="row")
        return store.flatten(frame) if flat else frame

    def rows(
        self, indicator: str, territory: str | None = None, *, future: bool = False, bounds: bool = False
    ) -> list[dict[str, Any]]:
        """Return the values of one indicator in a territory, by default the report's own (`hpedu.values.VALUES`).

        `future` adds what was foreseen for years after the report's, `bounds` the figures that are only bounds.
        """
        check_name("indicator", indicator, self.registry.indicators)
        place = territory or self.territory
        if (indicator, place) not in self._values:
            self._values[indicator, place] = [
                row
                for row in store.value_rows(indicator, place)
                if not self.until or row["edition"] <= self.until[: len(row["edition"])]
            ]
        # What was counted after the report's year stays unknown to it; a projection was known all along.
        return [
            dict(row)
            for row in self._values[indicator, place]
            if (row["year"] <= self.year or (future and row["status"] in ("estimated", "projected")))
            and (bounds or not row["qualifier"])
            and row["qualifier"] != "contradicted"
        ]

    def context(self, indicators: Sequence[str], territory: str) -> list[str]:
        """Write the newest value of each indicator in a territory, a line each; nothing for those without."""
        known = [name for name in indicators if name in self.registry.indicators]
        newest = [(name, self.rows(name, territory, bounds=True)[-1:]) for name in known]
        return [self.wording.describe_value(row, self.indicator(name)) for name, rows in newest for row in rows]

    def name_flags(self, rows: Sequence[dict[str, Any]]) -> list[str]:
        """Name every flag that one of the values carries."""
        flags = dict.fromkeys(flag for row in rows for flag in row["flags"])
        return [self.registry.name("flag", flag, self.language) for flag in flags]

    def drawn(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return what a chart of series takes of `values` with a column `series`: the flags are in words.

        Where each series is a territory, it has the colour that this territory has everywhere.
        """
        names = {code: self.wording.name("flag", code) for code in self.registry.codes_of("flag")}
        worded = pl.col("flags").list.eval(pl.element().replace(names))
        places = frame["territory"].unique()
        looks = {place: self.look_of(place) for place in places}
        by_place = frame["series"].n_unique() <= len(places)
        look = pl.col("territory").replace_strict(looks if by_place else {}, default=None, return_dtype=pl.String)
        columns = ("series", "year", "value", "decimals", "status", "inputs")
        panel = ["panel"] if "panel" in frame.columns else []
        return frame.select(*columns, worded, look.alias("look"), *panel)

    def look_of(self, territory: str) -> str:
        """Return the name of the colour that a territory has in every chart."""
        place = self.registry.territories[territory]
        if place.role in ("city", "country"):
            return place.role
        parts = self.registry.territories[self.registry.city].parts
        return ("first", "second")[parts.index(territory)] if territory in parts else "third"

    def describe_chart(
        self,
        indicator: Indicator,
        *,
        title: str,
        alt: str,
        name: str,
        places: Sequence[str] = (),
        more: Sequence[str] = (),
    ) -> ChartText:
        """Return the text of a chart of an indicator, with its unit, decimals and kind of year, and its source.

        It shows the indicator in some `places`, by default the report's, and perhaps `more` indicators.
        """
        shown = [
            row
            for one in (indicator.id, *more)
            for place in places or [self.territory]
            for row in self.rows(one, place)
        ]
        return ChartText(
            title=title,
            alt=alt,
            name=f"chart-{name.replace('_', '-')}",
            language=self.language,
            unit_label=self.registry.name("unit", indicator.unit, self.language),
            decimals=indicator.decimals,
            school_year=basis(indicator, self.registry) == "school_year",
            measure="" if more else self._name_indicator(indicator.id),
            source=self.name_sources({source for row in shown for source in row["sources"]}),
        )

    def name_sources(self, names: Collection[str]) -> str:
        """Say who published the figures of a chart, by the names of their sources, and when the newest."""
        sources = store.sources(pl.Series(sorted(names), dtype=pl.String))
        publishers = dict.fromkeys(self.registry.name_publisher(one.publisher, self.language) for one in sources)
        date = format_date(max((source.published for source in sources), default=""), self.language)
        return self._say("chart_source", names=", ".join(publishers), date=date) if publishers else ""

    def resources(self, values: pl.DataFrame) -> list[Resource]:
        """Return the resources that values (with a column `sources`) come from."""
        return store.sources(values["sources"].explode().drop_nulls()) if values.height else []

    # -- inside --------------------------------------------------------------------------------------------

    def _quantity(self, name: str, row: dict[str, Any] | None, territory: str | None) -> Quantity:
        indicator = self.indicator(name)
        place = self.registry.territories[territory or self.territory].name.get(self.language)
        if row is None:
            return Quantity(indicator, None, "", "", "", place)
        number = self._write(row["value"], count_shown(row, indicator))
        words = self.wording.value(row), self.wording.year(row), place
        return Quantity(indicator, row["value"], number, *words)

    def _say_missing(self, indicators: Sequence[str], territories: Sequence[str]) -> str:
        names = dict.fromkeys(map(self._name_indicator, indicators))
        where = ", ".join(self.registry.territories[t].name.get(self.language) for t in territories)
        return self._say("no_values_said", territory=where, names="; ".join(names))

    def _say_lacking(self, lacking: Sequence[Quantity | Change]) -> str:
        """Write a sentence a territory: it has no figure at all, or too few to tell a change."""
        said: dict[tuple[str, str], dict[str, None]] = {}
        for one in lacking:
            last = one.last if isinstance(one, Change) else one
            key = "no_values_said" if last.missing else "too_few_said"
            said.setdefault((key, last.territory), {})[last.indicator.name.get(self.language)] = None
        return " ".join(
            self._say(key, territory=territory, names="; ".join(names)) for (key, territory), names in said.items()
        )
