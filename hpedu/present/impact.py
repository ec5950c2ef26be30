"""Say what the figures of a filled form would change: against what was known, and for each target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from hpedu import digest
from hpedu.assess.standing import Standing, assess_targets
from hpedu.folders import find_project
from hpedu.ingest.forms.slips import Figure, find_misplaced
from hpedu.ingest.pipeline import settle
from hpedu.ingest.propose import UNKNOWN, Checked
from hpedu.ingest.schema import Resource
from hpedu.present.exports.form import name_series
from hpedu.present.view import Lexicon, Wording
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef
from hpedu.texts import Language, count_decimals
from hpedu.values import VALUES, compute_indicators, find_origins

SERIES = ["measure", "level", "ownership", "sex", "detail"]
_SAME = [*SERIES, "territory", "place"]


def describe_impact(checked: Checked, registry: Registry, language: Language) -> Iterator[str]:
    """Say for each figure of a form the last known one and the change, then what becomes of each target.

    Nothing of it is written: `hpedu ingest` alone lets a figure count.
    """
    if checked.cover is None or checked.observations.is_empty():
        return
    merged = [row for row in registry.territories.values() if row.parts]
    # A form is taken as handed in when its last school year ends, as ingest does.
    newest = checked.cover.years[-1]
    edition = pl.when(pl.col("edition") == UNKNOWN).then(pl.lit(str(newest + 1)))
    own = checked.observations.with_columns(edition=edition.otherwise(pl.col("edition")))
    asked = {checked.cover.territory, *own["territory"]}
    judged = [checked.cover.territory, *(row.id for row in merged if checked.cover.territory in row.parts)]
    kin = asked.union(judged, *(row.parts for row in merged if row.id in {*asked, *judged}))
    known = checked.earlier.filter(pl.col("territory").is_in(list(kin)))
    before, after = (settle(figures, registry).observations for figures in (known, pl.concat([known, own])))
    words = Lexicon(registry, language)
    yield words.say("impact_figures")
    numbers = own.filter(pl.col("measure").is_in(_list_numbers(registry)))
    for _, line in numbers.group_by(*SERIES, "territory", maintain_order=True):
        for text in _describe_line(line, before, words):
            yield f"  {text}"
    named = {Figure(row["territory"], row["year"], _series_of(row)): row for row in numbers.iter_rows(named=True)}
    if pairs := find_misplaced(named, registry):
        ends = zip(pairs[0], pairs[-1], strict=True)
        here, there = (f"{named[a]['sheet']}!{named[a]['cell']}–{named[z]['cell']}" for a, z in ends)
        yield words.say("impact_misplaced", cell=here, other=there)
    company, origins = _read_company(kin, registry) if checked.compared else (pl.DataFrame(schema=VALUES), {})
    old, new = (pl.concat([compute_indicators(one, registry, origins), company]) for one in (before, after))
    for territory in judged:
        then, now = (assess_targets(values, registry, territory, newest) for values in (old, new))
        yield from _describe_targets(then, now, Wording(registry, language, territory))


def _read_company(kin: set[str], registry: Registry) -> tuple[pl.DataFrame, dict[str, str]]:
    """Return the values of all territories that a form does not touch, and who counted what in each file."""
    project = find_project()
    tables = [pl.read_parquet(project.processed / name) for name in (digest.VALUES, digest.PEERS)]
    company = pl.concat([table.select(list(VALUES)) for table in tables])
    prepared = digest.read_prepared(project)
    sources = map(Resource.model_validate, prepared.sources if prepared else [])
    lists = pl.read_parquet(project.processed / digest.SCHOOLS)["file"].unique()
    origins = find_origins({source.path: source for source in sources}, set(lists), registry)
    return company.filter(~pl.col("territory").is_in(list(kin))), origins


def _list_numbers(registry: Registry) -> list[str]:
    """Return the measures that count something: of a state there is no change to tell."""
    return [measure.id for measure in registry.measures.values() if measure.unit != "status"]


def _describe_line(line: pl.DataFrame, known: pl.DataFrame, wording: Lexicon) -> Iterator[str]:
    """Say each figure of a series that has one before it, and all those without one together."""
    first = line.row(0, named=True)
    earlier = known.filter(pl.col("current"), *(pl.col(name) == first[name] for name in _SAME)).sort("year")
    start = earlier["year"].min()
    fresh = []
    for row in line.iter_rows(named=True):
        words = _word_figure(row, wording)
        if start is None or row["year"] < start:
            fresh.append(words)
        else:
            last = earlier.filter(pl.col("year") <= row["year"]).row(-1, named=True)
            yield _describe_change(row, last, words, wording)
    if len(fresh) == 1:
        yield wording.say("impact_first", **fresh[0])
    elif fresh:
        cell = f"{fresh[0]['cell']}–{fresh[-1]['cell'].rpartition('!')[2]}"
        name = name_series(_series_of(first), wording.registry, wording.language)
        value = "; ".join(f"{words['value']} ({words['year']})" for words in fresh)
        yield wording.say("impact_first", cell=cell, name=name, value=value)


def _series_of(row: Mapping[str, Any]) -> SeriesRef:
    return SeriesRef(*(row[name] for name in SERIES))


def _word_figure(row: Mapping[str, Any], wording: Lexicon) -> dict[str, str]:
    """Return where a figure stands, what it is of, and how it is written."""
    return {
        "cell": f"{row['sheet']}!{row['cell']}",
        "year": str(row["year"]),
        "name": name_series(_series_of(row), wording.registry, wording.language, row["year"]),
        "value": wording.with_unit(row["value"], row["unit"], count_decimals(row["value"])),
    }


def _describe_change(
    row: Mapping[str, Any], last: Mapping[str, Any], words: Mapping[str, str], wording: Lexicon
) -> str:
    """Say one figure with the last one known: of the same year, else of the newest year before it."""
    difference = row["value"] - last["value"]
    decimals = max(count_decimals(row["value"]), count_decimals(last["value"]))
    share = wording.write(100 * difference / last["value"], 1) if last["value"] else "–"
    return wording.say(
        "impact_change",
        **{**words, "year": last["year"]},
        last=wording.with_unit(last["value"], last["unit"], decimals),
        change=wording.difference(round(difference, decimals), last["unit"], decimals),
        share=share,
    )


def _describe_targets(before: Sequence[Standing], after: Sequence[Standing], wording: Wording) -> Iterator[str]:
    """Say the state, last value and chance of each target that the figures change, before and after."""
    said = [(new.target, _say(old, wording), _say(new, wording)) for old, new in zip(before, after, strict=True)]
    changed = [(target, old, new) for target, old, new in said if old != new]
    yield wording.say("impact_targets", territory=wording.territory, count=len(changed))
    for target, old, new in changed:
        name = f"{target.number}. {wording.read(target.name)}"
        yield f"  {wording.say('impact_target', name=name, old=old, new=new)}"


def _say(standing: Standing, wording: Wording) -> str:
    """Write a standing in brackets' length: last value and year, state, chance."""
    last, year = wording.last(standing)
    value = f"{last} ({year})" if last else year
    chance = "" if standing.probability is None else f"{wording.write(100 * standing.probability)}%"
    state = wording.name("state", standing.state)
    return ", ".join(filter(None, [value, state, chance]))
