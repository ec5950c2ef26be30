"""Collect what is exported of a report as plain rows: scorecard, series, observations and registers.

The rows are the same for the workbook and the data package; `tables.toml` says which columns
each of them shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from hpedu.assess.standing import Standing, assess_targets
from hpedu.decoding import read_toml
from hpedu.ingest.schema import SERIES_FIELDS, Resource, split_place
from hpedu.present.view import SILENT, Wording
from hpedu.registry import Registry
from hpedu.registry.formula import parse_formula
from hpedu.registry.models import Indicator, Target, Text
from hpedu.texts import Language, format_date, say, school_year

FieldType = Literal["string", "number", "integer", "boolean", "date", "array"]
"""Types of Frictionless Table Schema (version 1) that the tables use; an `array` is written as JSON."""


class Column(BaseModel):
    """A column: its type, its name and meaning for readers, and what its values must be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: FieldType
    title: Text
    text: Text
    required: bool = False
    codes: str = ""  # dimension of the registry whose codes are its values
    width: int = 20  # in the workbook, in characters


class TableDesign(BaseModel):
    """A table: what it is, its columns in the package (`columns`) and in the workbook (`sheet`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    text: Text
    key: list[str]
    columns: list[str]
    links: dict[str, str] = Field(default_factory=dict)  # column -> table of which it is the key
    sheet: list[str] = Field(default_factory=list)  # empty: not in the workbook
    name: Text | None = None  # of its sheet
    # Long texts go over several lines; a long table is easier to work with in one line a row.
    wrap: bool = True
    on_paper: int = 0  # how many of its columns are printed


class Design(BaseModel):
    """All tables and columns by id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: dict[str, TableDesign]
    column: dict[str, Column]


@cache
def read_design() -> Design:
    """Read `tables.toml`. Raises `pydantic.ValidationError` if it is not as the classes above say."""
    return Design.model_validate(read_toml(__file__, "tables.toml"))


FORESEEN = ("estimated", "projected")  # known before their year
Row = dict[str, Any]


@dataclass(frozen=True)
class Scope:
    """What is exported: a target group (`overview` for all) in a territory, school year and language."""

    group: str
    territory: str
    year: int
    language: Language


@dataclass(frozen=True)
class ReportTables:
    """The rows of every table by its id; a row has the `decimals` of its numbers, for formats in a workbook."""

    scope: Scope
    rows: Mapping[str, Sequence[Row]]
    sources: Sequence[Resource]
    synthetic: bool

    @property
    def published(self) -> str:
        """Return the newest day, month or year any of the sources was published: the date of the data."""
        return max((source.published for source in self.sources), default=str(self.scope.year))


def name_tables(tables: ReportTables, registry: Registry) -> str:
    """Return the title of the exports: group, territory and school year in their language."""
    scope = tables.scope
    return say(
        "export_title",
        scope.language,
        group=registry.groups[scope.group].name.get(scope.language),
        territory=registry.territories[scope.territory].name.get(scope.language),
        year=school_year(scope.year, scope.language),
    )


def day_of(tables: ReportTables) -> date:
    """Return the day of the newest source; the first of its month or year where no day is known."""
    year, month, day = [int(part) for part in f"{tables.published}-01-01".split("-")[:3]]
    return date(year, month, day)


def introduce(tables: ReportTables) -> list[str]:
    """Say what a reader has to know first: coverage, date of the data, what the figures are."""
    language, states = tables.scope.language, [row["state"] for row in tables.rows["scorecard"]]
    known = sum(state not in SILENT for state in states)
    return [
        say("export_coverage", language, known=known, total=len(states)),
        say("export_date", language, date=format_date(tables.published, language)),
        say("export_nothing_invented", language),
        say("export_merger", language),
    ]


def collect_tables(
    scope: Scope,
    *,
    values: pl.DataFrame,
    observations: pl.DataFrame,
    resources: Mapping[str, Resource],
    registry: Registry,
) -> ReportTables:
    """Collect the tables of a report, from nothing but what it is given.

    Only current observations are exported; sources come as `hpedu.ingest.pipeline.read_package` gives them.
    """

    def covers(group: str) -> bool:
        return scope.group == group or not registry.groups[scope.group].targets

    own = registry.territories[scope.territory]
    country = [t.id for t in registry.territories.values() if t.role == "country"]
    territories = list(dict.fromkeys([own.id, *own.parts, *country]))
    # What a report may know: nothing counted after its year, but every projection.
    in_time = (pl.col("year") <= scope.year) | pl.col("status").is_in(FORESEEN)
    known = pl.col("territory").is_in(territories) & in_time
    indicators = [one for one in registry.indicators.values() if covers(one.group)]
    assessed = assess_targets(values, registry, scope.territory, scope.year)
    standings = [standing for standing in assessed if covers(standing.target.group)]
    order = {name: place for place, name in enumerate([*(one.id for one in indicators), *territories])}
    shown = values.filter(pl.col("indicator").is_in([one.id for one in indicators]), known).sort(
        pl.col("indicator", "territory").replace_strict(order, default=None, return_dtype=pl.Int64), "year"
    )
    rows = _Rows(scope.language, registry, Wording(registry, scope.language, scope.territory), resources)
    used = _find_used(observations.filter("current", known), indicators)
    tables = {
        "scorecard": list(map(rows.of_standing, standings)),
        "series": list(map(rows.of_value, shown.iter_rows(named=True))),
        "projections": [row for standing in standings for row in _list_projections(standing)],
        "observations": list(map(rows.of_observation, used.iter_rows(named=True))),
        "targets": [rows.of_target(standing.target) for standing in standings],
        "indicators": list(map(rows.of_indicator, indicators)),
        "territories": [rows.spell(registry.territories[name], "territory") for name in territories],
    }
    named = {name for found in tables.values() for row in found for name in row.get("sources", ())}
    sources = [rows.resources[name] for name in sorted(named & rows.resources.keys())]
    tables["sources"] = list(map(rows.of_source, sources))
    synthetic = any(row["status"] == "synthetic" for name in ("series", "observations") for row in tables[name])
    return ReportTables(scope, tables, sources, synthetic)


def _find_used(observations: pl.DataFrame, indicators: Sequence[Indicator]) -> pl.DataFrame:
    """Return the observations of the series that the indicators are computed from."""
    formulas = [formula for i in indicators for formula in (i.numerator, i.denominator, i.published) if formula]
    terms = {term for formula in formulas for term in parse_formula(formula)}
    wanted = pl.DataFrame([astuple(term) for term in terms], SERIES_FIELDS, orient="row")
    return observations.join(wanted, on=SERIES_FIELDS, how="semi", maintain_order="left")


def _list_projections(standing: Standing) -> Iterator[Row]:
    """Return what is expected of a target up to the year that decides whether it was met."""
    target = standing.target
    for row in standing.projection:
        if target.due is None or row["year"] <= target.due:
            yield dict(row) | {"target": target.id, "territory": standing.territory, "unit": target.unit}


class _Rows:
    """Writes the rows of each table; a row may have more than its table shows."""

    def __init__(
        self, language: Language, registry: Registry, wording: Wording, resources: Mapping[str, Resource]
    ) -> None:
        self.language, self.registry, self.wording = language, registry, wording
        self.resources = {resource.name: resource for resource in resources.values()}
        self.owners = Wording(registry, language, registry.city)

    def spell(self, one: BaseModel, kind: str) -> Row:
        """Return all that the registry says of something, in one language, with its id and its name as columns."""
        row = {name: part.get(self.language) if isinstance(part, Text) else part for name, part in one}
        return row | {kind: row["id"], f"{kind}_name": row["name"]}

    def of_standing(self, standing: Standing) -> Row:
        target, last, outlook = standing.target, standing.last or {}, standing.outlook or {}
        counted = target.kind != "milestone"  # a milestone's state says all
        indicator = self.registry.indicators[last["indicator"]] if last else None
        plain = ("points", "stale", "gap", "observed_pace", "required_pace", "probability", "state")
        ahead = {"year": "year", "point": "point", "low": "lo80", "high": "hi80"}
        row = {
            **self._head_of(target),
            **{name: getattr(standing, name) for name in plain},
            **{f"outlook_{name}": outlook.get(column) for name, column in ahead.items()},
            "value": last.get("value") if counted else None,
            "value_year": last.get("year"),
            "value_year_name": self.wording.name_year(last["year"], indicator) if indicator else "",
            "pace_unit_name": self._name_pace_unit(target) if counted else "",
            "state_name": self.wording.state(standing),
            "decimals": indicator.decimals if indicator else 1,
        }
        return row | self._provenance(last)

    def of_value(self, value: Row) -> Row:
        indicator = self.registry.indicators[value["indicator"]]
        row = {
            "indicator_name": indicator.name.get(self.language),
            "territory_name": self.registry.territories[value["territory"]].name.get(self.language),
            "year_name": self.wording.name_year(value["year"], indicator),
            "qualifier_name": self._name("qualifier", value["qualifier"]),
            "unit_name": self._name("unit", value["unit"]),
            "decimals": indicator.decimals,
        }
        return value | row | self._provenance(value)

    def of_observation(self, observation: Row) -> Row:
        whole = {key: observation[key] or "all" for key in ("detail", "place")}
        measure = self.registry.measures[observation["measure"]].name.get(self.language)
        sources = observation["source"].split(" + ")
        return observation | whole | {"measure_name": measure, "sources": sources}

    def of_target(self, target: Target) -> Row:
        row, national = self.spell(target, "target"), target.national
        parts = {"counted_above": row["numerator"], "counted_below": row["denominator"]}
        said = {
            "national": national.text.get(self.language) if national else "",
            "national_source": national.source.get(self.language) if national else "",
        }
        return row | self._head_of(target) | parts | said

    def of_indicator(self, indicator: Indicator) -> Row:
        formulas = {
            "numerator_formula": indicator.numerator,
            "denominator_formula": indicator.denominator,
            "published_series": indicator.published,
        }
        return self.spell(indicator, "indicator") | formulas

    def of_source(self, source: Resource) -> Row:
        publisher, title = self._name_source(source)
        names = {"source": source.name, "source_title": title, "published_table": source.table}
        confidence = say(f"confidence_{source.confidence}", self.language)
        return dict(source) | names | {"publisher": publisher, "confidence_name": confidence, "file": source.path}

    def _head_of(self, target: Target) -> Row:
        """Return the first columns of a target in every table."""
        milestone = target.kind == "milestone"
        plain = ("number", "group", "level", "kind", "comparison", "unit", "department_basis")
        return {name: getattr(target, name) for name in plain} | {
            "target": target.id,
            "target_name": target.name.get(self.language),
            "objective": None if milestone else target.value,
            "unit_name": "" if milestone else self._name("unit", target.unit),
            "due_year": target.year,
            "department": target.departments,
            "department_names": self.owners.owner(target),
        }

    def _provenance(self, value: Row) -> Row:
        """Return where a value comes from and what to mind about it; blank where there is no value."""
        inputs, sources, flags = (value.get(name, []) for name in ("inputs", "sources", "flags"))
        places = [split_place(entry) for entry in inputs]
        titles = [self.resources[name] for name in sources if name in self.resources]
        return {
            "status": value.get("status", ""),
            "status_name": self._name("status", value.get("status", "")),
            "flags": flags,
            "flag_names": "; ".join(self._name("flag", flag) for flag in flags),
            "sources": sources,
            "source_titles": "; ".join(": ".join(self._name_source(source)) for source in titles),
            "inputs": inputs,
            "files": "; ".join(dict.fromkeys(file for file, _ in places)),
            "cells": "; ".join(cell for _, cell in places),
            "edition": value.get("edition", ""),
        }

    def _name_source(self, source: Resource) -> tuple[str, str]:
        """Name the publisher of a source, and the source, as the pages do."""
        publisher = self.registry.name_publisher(source.publisher, self.language)
        return publisher, source.title_in(self.language)

    def _name(self, dimension: str, code: str) -> str:
        return self.registry.name(dimension, code, self.language) if code else ""

    def _name_pace_unit(self, target: Target) -> str:
        """Name the unit of a pace: points for a percentage, percent for a count."""
        if self.registry.indicators[target.id].counts:
            return self._name("unit", "percent")
        return say("export_points", self.language) if target.unit == "percent" else self._name("unit", target.unit)
