"""Show where the old province stands among all provinces: context on the page of a group, never a verdict."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hpedu import store
from hpedu.peers import Comparison, compare_peers
from hpedu.present.charts.strips import Strip, strips
from hpedu.present.page.blocks import Block, draw_notice
from hpedu.present.page.display import Chart, ChartText
from hpedu.present.view import View
from hpedu.registry import Registry
from hpedu.registry.models import Indicator, Territory
from hpedu.texts import MISSING, say

NAME = "chart-peers"
TOP = 3
"""A place so high is named."""


def draw_peers(view: View, indicators: Sequence[Indicator]) -> Block:
    """Draw one strip an indicator that all provinces have, with a table and a sentence; or say that there is none.

    The merged city is not ranked among the provinces of before its merger: there the first of its parts is.
    """
    territory = view.registry.territories[view.territory]
    if territory.role == "country":
        return Block(draw_notice(view.wording.say("peers_country")))
    own = view.registry.territories[territory.parts[0] if territory.parts else territory.id]
    values = read_compared(indicators, view.registry)
    there = set(values["indicator"].unique())
    compared = [
        compare_peers(values, view.registry, one.id, own.id, view.year) for one in indicators if one.id in there
    ]
    found = [one for one in compared if one is not None]
    if not found:
        return Block(draw_notice(view.wording.say("peers_none")))
    return Block(_draw(view, found, own), draw_notice(_say(view, found, own), _list_claims(found)))


def read_compared(indicators: Sequence[Indicator], registry: Registry) -> pl.DataFrame:
    """Return the values of rates in all old provinces; sizes are not compared."""
    rates = [one.id for one in indicators if not one.counts]
    parts = [key for key, row in registry.territories.items() if row.role == "part"]
    return pl.concat([store.peer_values(rates), store.indicator_values(rates, parts)])


def _draw(view: View, found: Sequence[Comparison], own: Territory) -> Chart:
    language, place = view.language, own.name.get(view.language)
    used = read_compared([view.indicator(one.indicator) for one in found], view.registry)
    levels = dict.fromkeys(say(f"confidence_{one.confidence}", language) for one in view.resources(used))
    text = ChartText(
        title=say(
            "peers_title",
            language,
            place=place,
            places=max(len(one.values) for one in found),
            high=sum(map(_is_high, found)),
            count=len(found),
        ),
        alt=say("peers_alt", language, place=place),
        name=NAME,
        language=language,
        unit_label="",
        decimals=1,
        claims=[_claim("<= 0.25", sum(map(_is_high, found)))],
        source=view.name_sources(set(used["sources"].explode().drop_nulls())),
    )
    return strips(
        [_make_strip(view, one, own.id) for one in found],
        text,
        _tabulate(view, found, own.id),
        own=place,
        look=view.look_of(own.id),
        key=[say("peers_key", language, place=place), say("peers_scale", language)],
        remarks=say("peers_confidence", language, levels=", ".join(levels)),
    )


def _name_cities(view: View, own: str) -> dict[str, str]:
    """Return the names of the other centrally run cities, by id."""
    cities = [peer.territory for peer in view.registry.peers if "centrally_run" in peer.groups]
    return {city: view.registry.territories[city].name.get(view.language) for city in cities if city != own}


def _make_strip(view: View, one: Comparison, own: str) -> Strip:
    indicator, cities = view.indicator(one.indicator), _name_cities(view, own)
    return Strip(
        name=view.wording.read(indicator.name),
        unit=view.registry.name("unit", indicator.unit, view.language),
        decimals=indicator.decimals,
        own=one.own,
        then=one.then_own,
        named={name: one.values[city] for city, name in cities.items() if city in one.values},
        others=[value for place, value in one.values.items() if place != own and place not in cities],
        quartiles=one.quartiles,
        region=one.delta,
        rank=f"{one.rank}/{len(one.values)}",
    )


def _tabulate(view: View, found: Sequence[Comparison], own: str) -> pl.DataFrame:
    cities = _name_cities(view, own)
    rows = []
    for one in found:
        indicator = view.indicator(one.indicator)

        def write(value: float | None, about: Indicator = indicator) -> str:
            return view.wording.write(value, about.decimals)

        def date(value: float | None, year: int | None, about: Indicator = indicator) -> str:
            if value is None or year is None:
                return MISSING
            number = view.wording.with_unit(value, about.unit, about.decimals)
            return f"{number} ({view.wording.name_year(year, about)})"

        low, middle, high = one.quartiles
        rows.append(
            {
                "name": view.wording.read(indicator.name),
                "peers_now": date(one.own, one.year),
                "rank": f"{one.rank}/{len(one.values)}",
                "peers_then": date(one.then_own, one.then),
                "peers_rank_then": MISSING if one.then is None else f"{one.then_rank}/{one.then_count}",
                "peers_middle_half": view.wording.say("range", low=write(low), high=write(high)),
                "peers_median": write(middle),
                "peers_region": write(one.delta),
            }
            | {name: write(one.values.get(city)) for city, name in cities.items()}
        )
    heads = {name: view.wording.say(name) for name in rows[0] if name not in cities.values()}
    return pl.DataFrame(rows).rename(heads)


def _say(view: View, found: Sequence[Comparison], own: Territory) -> str:
    language, place = view.language, own.name.get(view.language)

    def name(one: Comparison) -> str:
        words = view.indicator(one.indicator).name.get(language)
        return f"{words[:1].lower()}{words[1:]} ({one.rank}/{len(one.values)})"

    top = [name(one) for one in found if one.rank <= TOP]
    newest = sorted(found, key=lambda one: one.year)
    years = dict.fromkeys(view.wording.name_year(one.year, view.indicator(one.indicator)) for one in newest)
    said = say(
        "peers_said",
        language,
        count=len(found),
        place=place,
        high=sum(map(_is_high, found)),
        low=sum(map(_is_low, found)),
        most=say("peers_most", language, names=", ".join(top)) if top else "",
    )
    scope = say("peers_scope", language, years=", ".join(years))
    if own.id == view.territory:
        return f"{said} {scope}"
    city = view.registry.territories[view.territory].name.get(language)
    return f"{said} {scope} {say('peers_merged', language, city=city, place=place)}"


def _is_high(one: Comparison) -> bool:
    return one.rank <= 0.25 * len(one.values)


def _is_low(one: Comparison) -> bool:
    return one.rank > 0.75 * len(one.values)


def _list_claims(found: Sequence[Comparison]) -> list[str]:
    """Return what the sentence says of the ranks in the table."""
    return [_claim("<= 0.25", sum(map(_is_high, found))), _claim("> 0.75", sum(map(_is_low, found)))]


def _claim(part: str, count: int) -> str:
    """Say in XPath that as many ranks of the table (12/63) lie in that part of all places."""
    rank = f"substring-before(td[2], '/') {part} * substring-after(td[2], '/')"
    return f"count(//figure[@id='{NAME}']//tbody/tr[{rank}]) = {count}"
