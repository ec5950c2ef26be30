"""Compute indicator values from observations, by the formulas of the registry."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

from hpedu.ingest.checks import FINDINGS, Readings, find_readings
from hpedu.ingest.corrections import CONTRADICTED
from hpedu.ingest.derive import PRELIMINARY
from hpedu.ingest.forms.design import BESIDE_KNOWN
from hpedu.ingest.schema import Resource, name_cell
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Indicator
from hpedu.sums import FIRMNESS, read_columns
from hpedu.texts import LANGUAGES, say, school_year

VALUES = read_columns("values")

Key = tuple[str, int]
"""Territory and year."""
Row = dict[str, Any]
_Series = Mapping[SeriesRef, Mapping[Key, Row]]

SCHOOL_LIST = "school_list"
"""The origin of sums over school lists."""

_PARTIAL = frozenset({"incomplete", "partial_list"})
"""Flags of sums that lack schools: a ratio has them on both sides, or on none."""


def find_origins(package: Mapping[str, Resource], lists: Collection[str], registry: Registry) -> dict[str, str]:
    """Return the origin of each file: that of school lists, or its publisher, under one name if it has several.

    `lists` are the files that are school lists.
    """
    names = {row.name: row.publisher for row in registry.publishers}
    return {
        path: SCHOOL_LIST if path in lists else names.get(resource.publisher, resource.publisher)
        for path, resource in package.items()
    }


def compute_indicators(
    observations: pl.DataFrame, registry: Registry, origins: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Compute all indicator values the observations allow.

    A ratio is computed from sums of counts; where any count of the formula is missing, the rate as published is
    taken if the registry names one, else there is no value. Bounds ("over 99%") never enter a formula; a
    bound that is itself the published rate is kept with its qualifier. Values above the plausible
    limit of the registry get the flag `above_plausible` and stay as they are. What could only be computed from a
    figure that a check contradicts has the qualifier `contradicted`: it is shown as such and never used.

    Numerator and denominator are of one territory and year, of the same coverage (a sum that lacks schools is
    not divided by one that does not) and, unless the indicator `crosses` publishers or a form asked for the one
    to go with the other, of one origin.

    Only current observations of whole territories are used. `origins` says who counted each file (`find_origins`);
    without it all count as of one origin. Has the columns `VALUES`, sorted by indicator (in registry order),
    territory, year.
    """
    whole = observations.filter(pl.col("place") == "")
    doubted = whole.filter(pl.col("flags").list.contains(CONTRADICTED))
    readings = find_readings(whole, registry) if len(doubted) else {}
    series = _index(whole.filter("current"))
    return _Computation(series, _index(doubted), origins or {}, readings).tabulate(registry)


def compute_commune_indicators(
    observations: pl.DataFrame, registry: Registry, communes: Mapping[str, str]
) -> pl.DataFrame:
    """Compute the same for communes, whose observations have the commune's code as `place`.

    `communes` has the id by the code: it is then the `territory`. Only those named are computed.
    """
    own = observations.filter(pl.col("place").is_in(list(communes)), pl.col("current"))
    named = own.with_columns(territory=pl.col("place").replace_strict(communes, default=""))
    return _Computation(_index(named)).tabulate(registry)


def _index(observations: pl.DataFrame) -> dict[SeriesRef, dict[Key, Row]]:
    table: dict[SeriesRef, dict[Key, Row]] = {}
    for row in observations.sort("territory", "year").iter_rows(named=True):
        ref = SeriesRef(row["measure"], row["level"], row["ownership"], row["sex"], row["detail"])
        table.setdefault(ref, {})[row["territory"], row["year"]] = row
    return table


@dataclass(frozen=True)
class _Computation:
    """Figures to compute from: those in use, the contradicted ones and what they may be; and who counted."""

    series: _Series
    doubted: _Series = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    readings: Readings = field(default_factory=dict)

    def tabulate(self, registry: Registry) -> pl.DataFrame:
        rows = [row for indicator in registry.indicators.values() for row in self._compute_with_doubted(indicator)]
        return pl.DataFrame(rows, schema=VALUES, orient="row")

    def _compute_with_doubted(self, indicator: Indicator) -> list[Row]:
        """Compute an indicator, and what it would be where only contradicted figures are missing, marked so."""
        rows = list(self._compute(indicator, self.series))
        formulas = filter(None, (indicator.numerator, indicator.denominator, indicator.published))
        terms = {term for formula in formulas for term in parse_formula(formula)}
        if terms.isdisjoint(self.doubted):
            return rows
        sound = {(row["territory"], row["year"]) for row in rows}
        filled = {term: {**self.doubted.get(term, {}), **self.series.get(term, {})} for term in terms}
        rows += [
            row | {"qualifier": CONTRADICTED, "readings": self._list_readings(indicator, filled, row)}
            for row in self._compute(indicator, filled)
            if (row["territory"], row["year"]) not in sound
        ]
        return sorted(rows, key=lambda row: (row["territory"], row["year"]))

    def _list_readings(self, indicator: Indicator, series: _Series, row: Row) -> list[float]:
        """Return what a value may be, in order, as its contradicted terms are read one way or the other."""
        key = row["territory"], row["year"]
        here = {term: {key: cells[key]} for term, cells in series.items() if key in cells}
        changed = [
            here | {term: {key: here[term][key] | {"value": value}}}
            for term in here
            for value in self.readings.get((*key, term), ())
        ]
        found = {one["value"] for cells in changed for one in self._compute(indicator, cells)}
        return sorted(found | {row["value"]})

    def _compute(self, indicator: Indicator, series: _Series) -> Iterator[Row]:
        computed = {
            key: _make_row(indicator, key, above, below)
            for key, above, below in _list_sides(indicator, series)
            if not below or (_sum(below) != 0 and not self.find_difference(indicator, above, below))
        }
        published = series.get(parse_formula(indicator.published)[0], {}) if indicator.published else {}
        for key in sorted(computed.keys() | published.keys()):
            row = computed.get(key) or _make_row(indicator, key, [published[key]])
            if indicator.flag_above is not None and row["value"] > float(indicator.flag_above):
                row["flags"] = [*row["flags"], "above_plausible"]
            yield row

    def find_difference(self, indicator: Indicator, above: list[Row], below: list[Row]) -> str:
        """Return in what numerator and denominator differ, though they must not: "coverage", "origin", or ""."""
        sides = [{flag for cell in side for flag in cell["flags"]} & _PARTIAL for side in (above, below)]
        if sides[0] != sides[1]:
            return "coverage"
        if indicator.crosses:
            return ""
        # A form asks for one side of a ratio where the other is published: they are meant for each other.
        counted = [
            self.find_origins([c for c in side if BESIDE_KNOWN not in c["flags"]]) for side in (above, below)
        ]
        return "" if not all(counted) or counted[0] == counted[1] else "origin"

    def find_origins(self, cells: list[Row]) -> set[str]:
        return {self.origins.get(file, "") for cell in cells for file in cell["file"].split(" + ")}


def _list_sides(indicator: Indicator, series: _Series) -> Iterator[tuple[Key, list[Row], list[Row]]]:
    """Yield where all counts of a formula are known, with those above the line and those below it."""
    above = [series.get(term, {}) for term in parse_formula(indicator.numerator)]
    below = (
        [series.get(term, {}) for term in parse_formula(indicator.denominator)] if indicator.denominator else []
    )
    for key in set.intersection(*(set(cells) for cells in [*above, *below])):
        cells = [cells[key] for cells in [*above, *below]]
        if len(cells) == 1 or not any(cell["qualifier"] for cell in cells):
            yield key, cells[: len(above)], cells[len(above) :]


def find_refused(
    observations: pl.DataFrame, registry: Registry, origins: Mapping[str, str], values: pl.DataFrame
) -> pl.DataFrame:
    """Find the ratios that have no value because numerator and denominator do not agree.

    One note (`hpedu.ingest.checks.FINDINGS`) a ratio, about the first figure above its line.
    """
    series = _index(observations.filter(pl.col("place") == "", pl.col("current")))
    computation = _Computation(series, origins=origins)
    known = set(values.select("indicator", "territory", "year").rows())
    rows = [
        _report_refused(indicator, above, below, computation, registry)
        for indicator in registry.indicators.values()
        for key, above, below in sorted(_list_sides(indicator, series), key=lambda side: side[0])
        if below and (indicator.id, *key) not in known and computation.find_difference(indicator, above, below)
    ]
    return pl.DataFrame(rows, schema=FINDINGS, orient="row")


def _report_refused(
    indicator: Indicator, above: list[Row], below: list[Row], computation: _Computation, registry: Registry
) -> Row:
    first, texts = above[0], {"check": "ratio_refused", "severity": "note"}
    difference = computation.find_difference(indicator, above, below)
    calendar = registry.measures[first["measure"]].basis == "calendar"
    for language in LANGUAGES:
        words = {
            "place": registry.territories[first["territory"]].name.get(language),
            "year": str(first["year"]) if calendar else school_year(first["year"], language),
            "indicator": indicator.name.get(language),
        }
        for side, cells in (("above", above), ("below", below)):
            words[f"{side}_cells"] = ", ".join(
                f"{name_cell(cell['sheet'], cell['cell'])} ({cell['file']})" for cell in cells
            )
            names = sorted(computation.find_origins(cells))
            words[side] = ", ".join(say("own_list", language) if n == SCHOOL_LIST else n for n in names)
        words["why"] = say(f"ratio_refused_{difference}", language, above=words["above"], below=words["below"])
        texts[f"message_{language}"] = say("ratio_refused_message", language, **words)
        texts[f"what_{language}"] = say("ratio_refused_what", language, indicator=indicator.id)
    return {name: first.get(name, "") for name in FINDINGS} | texts


def _sum(cells: list[Row]) -> Decimal:
    return sum((Decimal(repr(cell["value"])) for cell in cells), Decimal(0))


def _make_row(indicator: Indicator, key: Key, above: list[Row], below: list[Row] | None = None) -> Row:
    """Return the value of a territory and year; one that is taken as published has no sides, and no `below`."""
    cells = [*above, *(below or [])]
    status = max((cell["status"] for cell in cells), key=FIRMNESS.index)
    flags = [flag for cell in cells for flag in cell["flags"]]
    if status == "derived" and any(cell["status"] == "preliminary" for cell in cells):
        # The status of the whole does not say so.
        flags.append(PRELIMINARY)
    numerator, denominator = _sum(above), _sum(below) if below else None
    is_computed = below is not None
    return {
        "indicator": indicator.id,
        "territory": key[0],
        "year": key[1],
        "value": float(indicator.scale * numerator / (denominator or 1)) if is_computed else cells[0]["value"],
        "unit": indicator.unit,
        "status": status,
        "qualifier": cells[0]["qualifier"] if len(cells) == 1 else "",
        "flags": list(dict.fromkeys(flags)),
        "numerator": float(numerator) if is_computed else None,
        "denominator": None if denominator is None else float(denominator),
        "inputs": [f"{cell['file']}!{name_cell(cell['sheet'], cell['cell'])}" for cell in cells],
        "sources": list(dict.fromkeys(name for cell in cells for name in cell["source"].split(" + "))),
        "edition": max(cell["edition"] for cell in cells),
    }
