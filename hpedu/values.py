"""Compute indicator values from observations, by the formulas of the registry."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

import polars as pl

from hpedu.ingest.checks import FINDINGS, Readings, find_readings
from hpedu.ingest.corrections import CONTRADICTED
from hpedu.ingest.derive import PRELIMINARY
from hpedu.ingest.schema import Resource
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Indicator
from hpedu.texts import LANGUAGES, say, school_year

VALUES: dict[str, Any] = {
    "indicator": pl.String,
    "territory": pl.String,
    "year": pl.Int32,
    "value": pl.Float64,
    "unit": pl.String,
    "status": pl.String,  # the softest of the inputs'
    # "" or, for a published figure that is only a bound, ">", "<" or "about"; "contradicted" is what is not used
    "qualifier": pl.String,
    "flags": pl.List(pl.String),
    "numerator": pl.Float64,  # null for a rate taken as published
    "denominator": pl.Float64,
    "inputs": pl.List(pl.String),  # "file!cell" of every cell the value was computed from
    "sources": pl.List(pl.String),  # resource names in data/raw/datapackage.json
    "edition": pl.String,  # newest edition among the inputs
    "readings": pl.List(pl.Float64),  # of a contradicted value: what it may be; else null
}
"""One row an indicator value."""

_FIRMNESS = ("final", "preliminary", "derived", "estimated", "projected", "synthetic")

_Cells = Mapping[tuple[str, int], dict[str, Any]]  # (territory, year) -> current observation


SCHOOL_LIST = "school_list"
"""The origin of sums over school lists."""

_PARTIAL = frozenset({"incomplete", "partial_list"})
"""Flags of sums that lack schools: a ratio has them on both sides, or on none."""


def find_origins(package: Mapping[str, Resource], lists: Collection[str], registry: Registry) -> dict[str, str]:
    """Return the origin of each file: that of school lists, or its publisher, under one name if it has several.

    Parameters
    ----------
    lists
        The files that are school lists.
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
    not divided by one that does not) and, unless the indicator `crosses` publishers, of one origin.

    Parameters
    ----------
    observations
        As ingest writes them; only current ones of whole territories are used.
    origins
        File -> who counted (`find_origins`); without it all count as of one origin.

    Returns
    -------
    polars.DataFrame
        Columns `VALUES`, sorted by indicator (in registry order), territory, year.
    """
    whole = observations.filter(pl.col("place") == "")
    doubted = whole.filter(pl.col("flags").list.contains(CONTRADICTED))
    readings = find_readings(whole, registry) if len(doubted) else {}
    return _compute_all(whole, registry, doubted, origins or {}, readings)


def compute_commune_indicators(
    observations: pl.DataFrame, registry: Registry, communes: Mapping[str, str]
) -> pl.DataFrame:
    """Compute the same for communes, whose observations have the commune's code as `place`.

    Parameters
    ----------
    communes
        Code -> id, which is then the `territory`. Only those named are computed.
    """
    own = observations.filter(pl.col("place").is_in(list(communes)))
    named = own.with_columns(territory=pl.col("place").replace_strict(communes, default=""))
    return _compute_all(named, registry, named.clear(), {}, {})


def _compute_all(
    observations: pl.DataFrame,
    registry: Registry,
    contradicted: pl.DataFrame,
    origins: Mapping[str, str],
    readings: Readings,
) -> pl.DataFrame:
    series, doubted = _index(observations.filter("current")), _index(contradicted)
    rows = [
        row
        for indicator in registry.indicators.values()
        for row in _compute_with(indicator, series, doubted, origins, readings)
    ]
    return pl.DataFrame(rows, schema=VALUES, orient="row")


def _index(observations: pl.DataFrame) -> dict[SeriesRef, dict[tuple[str, int], dict[str, Any]]]:
    table: dict[SeriesRef, dict[tuple[str, int], dict[str, Any]]] = {}
    for row in observations.sort("territory", "year").iter_rows(named=True):
        ref = SeriesRef(row["measure"], row["level"], row["ownership"], row["sex"], row["detail"])
        table.setdefault(ref, {})[row["territory"], row["year"]] = row
    return table


def _compute_with(
    indicator: Indicator,
    series: Mapping[SeriesRef, _Cells],
    doubted: Mapping[SeriesRef, _Cells],
    origins: Mapping[str, str],
    readings: Readings,
) -> list[dict[str, Any]]:
    """Compute an indicator, and what it would be where only contradicted figures are missing, marked so."""
    rows = list(_compute(indicator, series, origins))
    formulas = filter(None, (indicator.numerator, indicator.denominator, indicator.published))
    terms = {term for formula in formulas for term in parse_formula(formula)}
    if terms.isdisjoint(doubted):
        return rows
    sound = {(row["territory"], row["year"]) for row in rows}
    filled = {term: {**doubted.get(term, {}), **series.get(term, {})} for term in terms}
    rows += [
        row | {"qualifier": CONTRADICTED, "readings": _list_readings(indicator, filled, row, origins, readings)}
        for row in _compute(indicator, filled, origins)
        if (row["territory"], row["year"]) not in sound
    ]
    return sorted(rows, key=lambda row: (row["territory"], row["year"]))


def _list_readings(
    indicator: Indicator,
    series: Mapping[SeriesRef, _Cells],
    row: Mapping[str, Any],
    origins: Mapping[str, str],
    readings: Readings,
) -> list[float]:
    """Return what a value may be, in ascending order, as its contradicted terms are read one way or the other."""
    key = row["territory"], row["year"]
    here = {term: {key: cells[key]} for term, cells in series.items() if key in cells}
    changed = [
        here | {term: {key: here[term][key] | {"value": value}}}
        for term in here
        for value in readings.get((*key, term), ())
    ]
    found = {one["value"] for cells in changed for one in _compute(indicator, cells, origins)}
    return sorted(found | {row["value"]})


def _compute(
    indicator: Indicator, series: Mapping[SeriesRef, _Cells], origins: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    computed = dict(_from_counts(indicator, series, origins))
    published = series.get(parse_formula(indicator.published)[0], {}) if indicator.published else {}
    for key in sorted(computed.keys() | published.keys()):
        row = computed.get(key) or _row(indicator, key, [published[key]], published[key]["value"], None, None)
        if indicator.flag_above is not None and row["value"] > float(indicator.flag_above):
            row["flags"] = [*row["flags"], "above_plausible"]
        yield row


def _from_counts(
    indicator: Indicator, series: Mapping[SeriesRef, _Cells], origins: Mapping[str, str]
) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    for key, above, below in _list_sides(indicator, series):
        if below and _find_difference(indicator, above, below, origins):
            continue
        numerator = _sum(above)
        denominator = _sum(below) if below else None
        if denominator == 0:
            continue
        value = indicator.scale * numerator / (denominator or 1)
        below_line = None if denominator is None else float(denominator)
        yield key, _row(indicator, key, [*above, *below], float(value), float(numerator), below_line)


def _list_sides(
    indicator: Indicator, series: Mapping[SeriesRef, _Cells]
) -> Iterator[tuple[tuple[str, int], list[dict[str, Any]], list[dict[str, Any]]]]:
    """Yield where all counts of a formula are known, with those above the line and those below it."""
    above = [series.get(term, {}) for term in parse_formula(indicator.numerator)]
    below = (
        [series.get(term, {}) for term in parse_formula(indicator.denominator)] if indicator.denominator else []
    )
    for key in set.intersection(*(set(cells) for cells in [*above, *below])):
        cells = [cells[key] for cells in [*above, *below]]
        if len(cells) == 1 or not any(cell["qualifier"] for cell in cells):
            yield key, cells[: len(above)], cells[len(above) :]


def _find_difference(
    indicator: Indicator, above: list[dict[str, Any]], below: list[dict[str, Any]], origins: Mapping[str, str]
) -> str:
    """Return in what numerator and denominator differ, though they must not: "coverage", "origin", or ""."""
    sides = [{flag for cell in side for flag in cell["flags"]} & _PARTIAL for side in (above, below)]
    if sides[0] != sides[1]:
        return "coverage"
    same = indicator.crosses or _find_origins(above, origins) == _find_origins(below, origins)
    return "" if same else "origin"


def _find_origins(cells: list[dict[str, Any]], origins: Mapping[str, str]) -> set[str]:
    return {origins.get(file, "") for cell in cells for file in cell["file"].split(" + ")}


def find_refused(
    observations: pl.DataFrame, registry: Registry, origins: Mapping[str, str], values: pl.DataFrame
) -> pl.DataFrame:
    """Find the ratios that have no value because numerator and denominator do not agree.

    Returns
    -------
    polars.DataFrame
        Columns `hpedu.ingest.checks.FINDINGS`, one note a ratio, about the first figure above its line.
    """
    series = _index(observations.filter(pl.col("place") == "", pl.col("current")))
    known = set(values.select("indicator", "territory", "year").rows())
    rows = [
        _report_refused(indicator, above, below, difference, registry, origins)
        for indicator in registry.indicators.values()
        for key, above, below in sorted(_list_sides(indicator, series), key=lambda side: side[0])
        if below and (indicator.id, *key) not in known
        if (difference := _find_difference(indicator, above, below, origins))
    ]
    return pl.DataFrame(rows, schema=FINDINGS, orient="row")


def _report_refused(
    indicator: Indicator,
    above: list[dict[str, Any]],
    below: list[dict[str, Any]],
    difference: str,
    registry: Registry,
    origins: Mapping[str, str],
) -> dict[str, Any]:
    first, texts = above[0], {}
    for language in LANGUAGES:
        calendar = registry.measures[first["measure"]].basis == "calendar"
        words = {
            "place": registry.territories[first["territory"]].name.get(language),
            "year": str(first["year"]) if calendar else school_year(first["year"], language),
            "indicator": indicator.name.get(language),
        }
        for side, cells in (("above", above), ("below", below)):
            words[f"{side}_cells"] = ", ".join(f"{cell['cell']} ({cell['file']})" for cell in cells)
            names = sorted(_find_origins(cells, origins))
            words[side] = ", ".join(say("own_list", language) if n == SCHOOL_LIST else n for n in names)
        words["why"] = say(f"ratio_refused_{difference}", language, above=words["above"], below=words["below"])
        texts[f"message_{language}"] = say("ratio_refused_message", language, **words)
        texts[f"what_{language}"] = say("ratio_refused_what", language, indicator=indicator.id)
    return (
        {name: first.get(name, "") for name in FINDINGS} | texts | {"check": "ratio_refused", "severity": "note"}
    )


def _sum(cells: list[dict[str, Any]]) -> Decimal:
    return sum((Decimal(repr(cell["value"])) for cell in cells), Decimal(0))


def _name_flags(cells: list[dict[str, Any]], status: str) -> list[str]:
    """Return the flags of all cells, and that one is preliminary where the status of the whole does not say so."""
    flags = [flag for cell in cells for flag in cell["flags"]]
    if status == "derived" and any(cell["status"] == "preliminary" for cell in cells):
        flags.append(PRELIMINARY)
    return list(dict.fromkeys(flags))


def _row(
    indicator: Indicator,
    key: tuple[str, int],
    cells: list[dict[str, Any]],
    value: float,
    numerator: float | None,
    denominator: float | None,
) -> dict[str, Any]:
    status = max((cell["status"] for cell in cells), key=_FIRMNESS.index)
    return {
        "indicator": indicator.id,
        "territory": key[0],
        "year": key[1],
        "value": value,
        "unit": indicator.unit,
        "status": status,
        "qualifier": cells[0]["qualifier"] if len(cells) == 1 else "",
        "flags": _name_flags(cells, status),
        "numerator": numerator,
        "denominator": denominator,
        "inputs": [f"{cell['file']}!{cell['cell']}" for cell in cells],
        "sources": list(dict.fromkeys(name for cell in cells for name in cell["source"].split(" + "))),
        "edition": max(cell["edition"] for cell in cells),
    }
