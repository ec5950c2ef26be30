"""Say what the figures of a filled form would change: against what was known, and for each target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from hpedu.assess.standing import Standing, assess_targets
from hpedu.digest import SCHOOLS, read_prepared
from hpedu.folders import find_project
from hpedu.ingest.pipeline import settle
from hpedu.ingest.propose import UNKNOWN, Checked
from hpedu.ingest.schema import Resource
from hpedu.present.exports.form import FormTexts
from hpedu.present.view import Wording, format_amount, with_unit
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef
from hpedu.texts import LANGUAGES, Language, count_decimals, format_number, say
from hpedu.values import compute_indicators, find_origins

SERIES = ["measure", "level", "ownership", "sex", "detail"]


def describe_impact(checked: Checked, registry: Registry, language: Language) -> Iterator[str]:
    """Say for each figure of a form the last known one and the change, then what becomes of each target.

    Nothing of it is written: `hpedu ingest` alone lets a figure count.
    """
    if checked.cover is None or checked.observations.is_empty():
        return
    # A form is taken as handed in when its last school year ends, as ingest does.
    newest = checked.cover.years[-1]
    edition = pl.when(pl.col("edition") == UNKNOWN).then(pl.lit(str(newest + 1)))
    own = checked.observations.with_columns(edition=edition.otherwise(pl.col("edition")))
    before, after = settle(checked.earlier, registry), settle(pl.concat([checked.earlier, own]), registry)
    texts = FormTexts(checked.cover, registry)
    yield say("impact_figures", language)
    for row in own.filter(pl.col("measure").is_in(_list_numbers(registry))).iter_rows(named=True):
        yield f"  {_describe_figure(row, before.observations, texts, language)}"
    origins = _find_origins(registry) if checked.compared else {}
    territories = [checked.cover.territory]
    territories += [row.id for row in registry.territories.values() if checked.cover.territory in row.parts]
    for territory in territories:
        old, new = (
            assess_targets(
                compute_indicators(settled.observations, registry, origins),
                registry,
                territory,
                newest,
            )
            for settled in (before, after)
        )
        yield from _describe_targets(old, new, Wording(registry, language, territory))


def _find_origins(registry: Registry) -> dict[str, str]:
    """Return who counted what is in each file of data/raw, as the prepared tables know it."""
    project = find_project()
    prepared = read_prepared(project)
    sources = map(Resource.model_validate, prepared.sources if prepared else [])
    lists = pl.read_parquet(project.processed / SCHOOLS)["file"].unique()
    return find_origins({source.path: source for source in sources}, set(lists), registry)


def _list_numbers(registry: Registry) -> list[str]:
    """Return the measures that count something: of a state there is no change to tell."""
    return [measure.id for measure in registry.measures.values() if measure.unit != "status"]


def _describe_figure(row: Mapping[str, Any], known: pl.DataFrame, texts: FormTexts, language: Language) -> str:
    """Say one figure with the last one known: of the same year, else of the newest year before it."""
    registry = texts.registry
    same = [pl.col(name) == row[name] for name in (*SERIES, "territory", "place")]
    earlier = known.filter(*same, pl.col("current"), pl.col("year") <= row["year"]).sort("year")
    words = {
        "cell": f"{row['sheet']}!{row['cell']}",
        "name": texts.name_series(SeriesRef(*(row[name] for name in SERIES)), row["year"]).split("\n")[
            LANGUAGES.index(language)
        ],
        "value": with_unit(row["value"], row["unit"], count_decimals(row["value"]), language, registry),
    }
    if earlier.is_empty():
        return say("impact_first", language, **words)
    last = earlier.row(-1, named=True)
    difference = row["value"] - last["value"]
    decimals = max(count_decimals(row["value"]), count_decimals(last["value"]))
    share = format_number(100 * difference / last["value"], 1, language) if last["value"] else "–"
    return say(
        "impact_change",
        language,
        **words,
        year=last["year"],
        last=with_unit(last["value"], last["unit"], decimals, language, registry),
        change=format_amount(round(difference, decimals), last["unit"], decimals, language, registry),
        share=share,
    )


def _describe_targets(before: Sequence[Standing], after: Sequence[Standing], wording: Wording) -> Iterator[str]:
    """Say the state, last value and chance of each target that the figures change, before and after."""
    language = wording.language
    changed = [
        (old, new)
        for old, new in zip(before, after, strict=True)
        if (old.state, old.last, old.probability) != (new.state, new.last, new.probability)
    ]
    yield say("impact_targets", language, territory=wording.territory, count=len(changed))
    for old, new in changed:
        name = f"{new.target.number}. {new.target.name.get(language)}"
        yield f"  {say('impact_target', language, name=name, old=_say(old, wording), new=_say(new, wording))}"


def _say(standing: Standing, wording: Wording) -> str:
    """Write a standing in brackets' length: last value and year, state, chance."""
    language = wording.language
    last, year = wording.last(standing)
    value = f"{last} ({year})" if last else year
    chance = "" if standing.probability is None else f"{format_number(100 * standing.probability, 0, language)}%"
    state = wording.registry.name("state", standing.state, language)
    return ", ".join(filter(None, [value, state, chance]))
