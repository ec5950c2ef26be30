"""Collect what is exported of a report as plain rows: scorecard, series, observations and registers.

The rows are the same for the workbook and the data package; `tables.toml` says which columns
each of them shows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from hpedu.assess.standing import Standing, assess_targets
from hpedu.ingest.schema import Resource
from hpedu.present.view import SILENT, Wording, name_year
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
    """Read `tables.toml`.

    Raises
    ------
    pydantic.ValidationError
        If it is not as the classes above say.
    """
    with Path(__file__).with_name("tables.toml").open("rb") as file:
        return Design.model_validate(tomllib.load(file))


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

    Parameters
    ----------
    values
        Columns `hpedu.values.VALUES`.
    observations
        Columns `hpedu.ingest.schema.OBSERVATIONS`; only current ones are exported.
    resources
        Sources by any key, as `hpedu.ingest.pipeline.read_package` gives them.
    """
    return _Collector(scope, values, observations, resources, registry).collect()


class _Collector:
    def __init__(
        self,
        scope: Scope,
        values: pl.DataFrame,
        observations: pl.DataFrame,
        resources: Mapping[str, Resource],
        registry: Registry,
    ) -> None:
        self.scope, self.registry, self.language = scope, registry, scope.language
        self.wording = Wording(registry, self.language, scope.territory)
        own = registry.territories[scope.territory]
        country = [t.id for t in registry.territories.values() if t.role == "country"]
        self.territories = list(dict.fromkeys([own.id, *own.parts, *country]))
        self.indicators = [i for i in registry.indicators.values() if self._covers(i.group)]
        self.standings = [
            s
            for s in assess_targets(values, registry, scope.territory, scope.year)
            if self._covers(s.target.group)
        ]
        ids = [i.id for i in self.indicators]
        shown = values.filter(pl.col("indicator").is_in(ids), self._known())
        order = {key: place for place, key in enumerate([*ids, *self.territories])}
        self.values = sorted(
            shown.iter_rows(named=True), key=lambda r: (order[r["indicator"]], order[r["territory"]], r["year"])
        )
        self.observations = observations.filter("current", self._known())
        self.resources = {resource.name: resource for resource in resources.values()}

    def collect(self) -> ReportTables:
        tables = {
            "scorecard": [self._scorecard_row(s) for s in self.standings],
            "series": [self._series_row(r) for r in self.values],
            "projections": [row for s in self.standings for row in self._projection_rows(s)],
            "observations": [self._observation_row(r) for r in self._used_observations()],
            "targets": [self._target_row(s.target) for s in self.standings],
            "indicators": [self._indicator_row(i) for i in self.indicators],
            "territories": [self._territory_row(t) for t in self.territories],
        }
        named = {name for rows in tables.values() for row in rows for name in row.get("sources", ())}
        sources = [self.resources[name] for name in sorted(named & self.resources.keys())]
        tables["sources"] = [self._source_row(source) for source in sources]
        synthetic = any(row["status"] == "synthetic" for t in ("series", "observations") for row in tables[t])
        return ReportTables(self.scope, tables, sources, synthetic)

    def _covers(self, group: str) -> bool:
        return self.scope.group == group or not self.registry.groups[self.scope.group].targets

    def _known(self) -> pl.Expr:
        """Select what the report may know: nothing counted after its year, but every projection."""
        in_time = (pl.col("year") <= self.scope.year) | pl.col("status").is_in(FORESEEN)
        return pl.col("territory").is_in(self.territories) & in_time

    def _used_observations(self) -> Iterator[Row]:
        """Return the observations of the series that the indicators are computed from."""
        formulas = [f for i in self.indicators for f in (i.numerator, i.denominator, i.published) if f]
        used = {term for formula in formulas for term in parse_formula(formula)}
        keys = [(t.measure, t.level, t.ownership, t.sex, t.detail) for t in used]
        columns = ("measure", "level", "ownership", "sex", "detail")
        wanted = pl.DataFrame(sorted(keys), schema=columns, orient="row")
        found = self.observations.join(wanted, on=columns, how="semi", maintain_order="left")
        yield from found.iter_rows(named=True)

    # -- rows ----------------------------------------------------------------------------------------------

    def _scorecard_row(self, standing: Standing) -> Row:
        target, last = standing.target, standing.last or {}
        counted = target.kind != "milestone"  # a milestone's state says all
        indicator = self.registry.indicators[last["indicator"]] if last else None
        outlook = standing.outlook or {}
        row = {
            **self._head_of(target),
            "value": last.get("value") if counted else None,
            "value_year": last.get("year"),
            "value_year_name": self._name_year(last["year"], indicator) if indicator else "",
            "points": standing.points,
            "stale": standing.stale,
            "gap": standing.gap,
            "observed_pace": standing.observed_pace,
            "required_pace": standing.required_pace,
            "probability": standing.probability,
            "outlook_year": outlook.get("year"),
            "outlook_point": outlook.get("point"),
            "outlook_low": outlook.get("lo80"),
            "outlook_high": outlook.get("hi80"),
            "pace_unit_name": self._name_pace_unit(target) if counted else "",
            "state": standing.state,
            "state_name": self.wording.state(standing),
            "decimals": indicator.decimals if indicator else 1,
        }
        return row | self._provenance(last)

    def _series_row(self, value: Row) -> Row:
        indicator = self.registry.indicators[value["indicator"]]
        row = {
            "indicator_name": indicator.name.get(self.language),
            "territory_name": self._name_territory(value["territory"]),
            "year_name": self._name_year(value["year"], indicator),
            "qualifier_name": self._name("qualifier", value["qualifier"]),
            "decimals": indicator.decimals,
        }
        return value | row | self._provenance(value) | {"unit_name": self._name("unit", value["unit"])}

    def _projection_rows(self, standing: Standing) -> Iterator[Row]:
        """Return what is expected of a target up to the year that decides whether it was met."""
        target, due = standing.target, standing.target.due
        for row in standing.projection:
            if due is None or row["year"] <= due:
                ranges = {key: row[key] for key in ("point", "lo50", "hi50", "lo80", "hi80", "lo95", "hi95")}
                yield {
                    "target": target.id,
                    "territory": standing.territory,
                    "year": row["year"],
                    "unit": target.unit,
                    **ranges,
                }

    def _observation_row(self, observation: Row) -> Row:
        whole = {key: observation[key] or "all" for key in ("detail", "place")}
        measure = self.registry.measures[observation["measure"]].name.get(self.language)
        return observation | whole | {"measure_name": measure, "sources": _split_source(observation["source"])}

    def _target_row(self, target: Target) -> Row:
        words = ("definition", "legal_source", "ambiguity", "implausible")
        spoken = {key: self._say(getattr(target, key)) for key in words}
        plain = ("plan", "section", "isced", "measurability", "year_basis", "aspirational", "definition_status")
        national = target.national
        return {
            **self._head_of(target),
            **spoken,
            **{key: getattr(target, key) for key in plain},
            "counted_above": self._say(target.numerator),
            "counted_below": self._say(target.denominator),
            "national": self._say(national.text) if national else "",
            "national_source": self._say(national.source) if national else "",
        }

    def _head_of(self, target: Target) -> Row:
        """Return the first columns of a target in every table."""
        milestone = target.kind == "milestone"
        return {
            "number": target.number,
            "target": target.id,
            "target_name": target.name.get(self.language),
            "group": target.group,
            "level": target.level,
            "kind": target.kind,
            "comparison": target.comparison,
            "objective": None if milestone else target.value,
            "unit": target.unit,
            "unit_name": "" if milestone else self._name("unit", target.unit),
            "due_year": target.year,
            "department": target.departments,
            "department_names": Wording(self.registry, self.language, self.registry.city).owner(target),
            "department_basis": target.department_basis,
        }

    def _indicator_row(self, indicator: Indicator) -> Row:
        plain = ("group", "level", "role", "unit", "scale", "lower", "upper", "direction")
        return {
            "indicator": indicator.id,
            "indicator_name": indicator.name.get(self.language),
            **{key: getattr(indicator, key) for key in plain},
            "numerator_formula": indicator.numerator,
            "denominator_formula": indicator.denominator,
            "published_series": indicator.published,
            "definition": indicator.definition.get(self.language),
            "legal_source": indicator.legal_source.get(self.language),
        }

    def _territory_row(self, territory: str) -> Row:
        row = self.registry.territories[territory]
        return {
            "territory": row.id,
            "territory_name": row.name.get(self.language),
            "role": row.role,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "parts": row.parts,
        }

    def _source_row(self, source: Resource) -> Row:
        return {
            "source": source.name,
            "publisher": source.publisher,
            "source_title": source.title,
            "published_table": source.table,
            "url": source.url,
            "published": source.published,
            "confidence": source.confidence,
            "confidence_name": say(f"confidence_{source.confidence}", self.language),
            "file": source.path,
        }

    def _provenance(self, value: Row) -> Row:
        """Return where a value comes from and what to mind about it; blank where there is no value."""
        inputs: list[str] = value.get("inputs", [])
        places = [entry.rpartition("!") for entry in inputs]
        sources: list[str] = value.get("sources", [])
        titles = [self.resources[name] for name in sources if name in self.resources]
        return {
            "status": value.get("status", ""),
            "status_name": self._name("status", value.get("status", "")),
            "flags": value.get("flags", []),
            "flag_names": "; ".join(self._name("flag", flag) for flag in value.get("flags", [])),
            "sources": sources,
            "source_titles": "; ".join(f"{source.publisher}: {source.title}" for source in titles),
            "inputs": inputs,
            "files": _join(file for file, _, _ in places),
            "cells": "; ".join(cell for _, _, cell in places),
            "edition": value.get("edition", ""),
        }

    # -- words ---------------------------------------------------------------------------------------------

    def _name(self, dimension: str, code: str) -> str:
        return self.registry.name(dimension, code, self.language) if code else ""

    def _name_pace_unit(self, target: Target) -> str:
        """Name the unit of a pace: points for a percentage, percent for a count."""
        if self.registry.indicators[target.id].counts:
            return self._name("unit", "percent")
        percent = target.unit == "percent"
        return say("export_points", self.language) if percent else self._name("unit", target.unit)

    def _name_territory(self, territory: str) -> str:
        return self.registry.territories[territory].name.get(self.language)

    def _name_year(self, year: int, indicator: Indicator) -> str:
        return name_year(year, indicator, self.registry, self.language)

    def _say(self, text: Any) -> str:
        return text.get(self.language) if text else ""


def _split_source(source: str) -> list[str]:
    return source.split(" + ")


def _join(names: Iterator[str] | Collection[str]) -> str:
    return "; ".join(dict.fromkeys(names))
