"""Show where the old province stands among all provinces: context on the page of a group, never a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from hpedu import store
from hpedu.peers import Comparison, compare_peers
from hpedu.present.charts.plot import Axis, Key, Label, Mark, Panel
from hpedu.present.charts.style import SHAPES_OF
from hpedu.present.page.blocks import Block, draw_notice
from hpedu.present.page.display import Chart, ChartText
from hpedu.present.view import View
from hpedu.registry import Registry
from hpedu.registry.models import Indicator, Territory
from hpedu.texts import MISSING

NAME = "chart-peers"
TOP = 3
"""A place so high is named."""
HEIGHT = 26  # of a strip
CITIES = ("third", "fourth", "country", "first", "second", "city")
"""The colours of other cities, those that no territory of the reports has first."""


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
    peers = Peers(view, found, own)
    return Block(peers.draw(), draw_notice(peers.say(), [peers.claim_high(), peers.claim_low()]))


def read_compared(indicators: Sequence[Indicator], registry: Registry) -> pl.DataFrame:
    """Return the values of rates in all old provinces; sizes are not compared."""
    rates = [one.id for one in indicators if not one.counts]
    parts = [key for key, row in registry.territories.items() if row.role == "part"]
    return pl.concat([store.peer_values(rates), store.indicator_values(rates, parts)])


@dataclass(frozen=True)
class Peers:
    """One old province among all, by every indicator that all of them have."""

    view: View
    found: Sequence[Comparison]
    own: Territory

    @cached_property
    def place(self) -> str:
        return self.view.wording.read(self.own.name)

    @cached_property
    def cities(self) -> dict[str, str]:
        """Return the names of the other centrally run cities, by id."""
        registry = self.view.registry
        cities = [peer.territory for peer in registry.peers if "centrally_run" in peer.groups]
        return {id: self.view.wording.read(registry.territories[id].name) for id in cities if id != self.own.id}

    def draw(self) -> Chart:
        """Draw one strip an indicator, each on a scale of its own from its least to its largest figure."""
        view, say, look = self.view, self.view.wording.say, self.view.look_of(self.own.id)
        used = read_compared([view.indicator(one.indicator) for one in self.found], view.registry)
        levels = dict.fromkeys(say(f"confidence_{one.confidence}") for one in view.resources(used))
        text = ChartText(
            title=say(
                "peers_title",
                place=self.place,
                places=max(len(one.values) for one in self.found),
                high=self._count_high(),
                count=len(self.found),
            ),
            alt=say("peers_alt", place=self.place),
            name=NAME,
            language=view.language,
            unit_label="",
            decimals=1,
            claims=[self.claim_high()],
            source=view.name_sources(set(used["sources"].explode().drop_nulls())),
        )
        looks = dict(zip(self.cities.values(), (one for one in CITIES if one != look), strict=False))
        key = [Key(_dot([], look, self.place, shape="circle"), self.place)]
        key += [Key(_dot([], colour, name), name) for name, colour in looks.items()]
        notes = [say("peers_key", place=self.place), say("peers_scale")]
        names = {self.own.id: self.place, **self.cities}
        figures = [
            (view.wording.read(view.indicator(one.indicator).name), names.get(id), value)
            for one in self.found
            for id, value in one.values.items()
        ]
        return Chart(
            text=text,
            picture=text.frame(
                [self._draw_strip(one, look, looks) for one in self.found], key, columns=2, notes=notes
            ),
            table=self._tabulate(),
            data=pl.DataFrame(
                figures, {"series": pl.String, "place": pl.String, "value": pl.Float64}, orient="row"
            ),
            remarks=say("peers_confidence", levels=", ".join(levels)),
        )

    def _draw_strip(self, one: Comparison, look: str, looks: dict[str, str]) -> Panel:
        words, indicator = self.view.wording, self.view.indicator(one.indicator)
        unit = words.name("unit", indicator.unit)

        def write(value: float) -> str:
            return words.write(value, indicator.decimals)

        low, high = one.ends
        others = sorted(value for id, value in one.values.items() if id != self.own.id and id not in self.cities)
        marks = [
            Mark("box", [(one.quartiles[0], -0.7), (one.quartiles[2], 0.7)], "grid"),
            Mark("dots", [(value, 0) for value in others], "plain", shape="small", opacity=0.55),
            _dot([one.delta], "ink", shape="tick"),
        ]
        if one.then is not None:
            marks.append(Mark("dots", [(one.then.own, 0)], look, self.place, hollow=True))
        for id, name in self.cities.items():
            if id in one.values:
                said = f"{name}: {write(one.values[id])} {unit}"
                marks.append(_dot([one.values[id]], looks[name], name, words=said))
        said = f"{self.place}: {write(one.own)} {unit} ({one.place})"
        marks.append(_dot([one.own], look, self.place, shape="circle", words=said))
        label = f"{write(one.own)}\n({one.place})"
        return Panel(
            x=Axis(low, high, [(low, write(low)), (high, write(high))]),
            y=Axis(-1, 1),
            marks=marks,
            labels=[Label((high, 0), label, label, look, self.place)],
            name=words.read(indicator.name),
            height=HEIGHT,
        )

    def _tabulate(self) -> pl.DataFrame:
        words = self.view.wording
        rows = []
        for one in self.found:
            indicator = self.view.indicator(one.indicator)

            def write(value: float | None, about: Indicator = indicator) -> str:
                return words.write(value, about.decimals)

            def date(at: Comparison, about: Indicator = indicator) -> str:
                return f"{words.with_unit(at.own, about.unit, about.decimals)} ({words.name_year(at.year, about)})"

            low, middle, high = one.quartiles
            row = {
                "name": words.read(indicator.name),
                "peers_now": date(one),
                "rank": one.place,
                "peers_then": date(one.then) if one.then else MISSING,
                "peers_rank_then": one.then.place if one.then else MISSING,
                "peers_middle_half": words.say("range", low=write(low), high=write(high)),
                "peers_median": write(middle),
                "peers_region": write(one.delta),
            }
            named = {words.say(key): text for key, text in row.items()}
            rows.append(named | {name: write(one.values.get(city)) for city, name in self.cities.items()})
        return pl.DataFrame(rows)

    def say(self) -> str:
        """Say where the province stands, and of which years that is."""
        view, words = self.view, self.view.wording
        top = []
        for one in self.found:
            if one.rank <= TOP:
                name = words.read(view.indicator(one.indicator).name)
                top.append(f"{name[:1].lower()}{name[1:]} ({one.place})")
        newest = sorted(self.found, key=lambda one: one.year)
        years = dict.fromkeys(words.name_year(one.year, view.indicator(one.indicator)) for one in newest)
        said = words.say(
            "peers_said",
            count=len(self.found),
            place=self.place,
            high=self._count_high(),
            low=self._count_low(),
            most=words.say("peers_most", names=", ".join(top)) if top else "",
        )
        scope = words.say("peers_scope", years=", ".join(years))
        merged = words.say("peers_merged", city=words.territory, place=self.place)
        return f"{said} {scope}" if self.own.id == view.territory else f"{said} {scope} {merged}"

    def _count_high(self) -> int:
        return sum(one.rank <= 0.25 * len(one.values) for one in self.found)

    def _count_low(self) -> int:
        return sum(one.rank > 0.75 * len(one.values) for one in self.found)

    def claim_high(self) -> str:
        return _claim("<= 0.25", self._count_high())

    def claim_low(self) -> str:
        return _claim("> 0.75", self._count_low())


def _claim(part: str, count: int) -> str:
    """Say in XPath that as many ranks of the table (12/63) lie in that part of all places."""
    rank = f"substring-before(td[2], '/') {part} * substring-after(td[2], '/')"
    return f"count(//figure[@id='{NAME}']//tbody/tr[{rank}]) = {count}"


def _dot(values: Sequence[float], colour: str, series: str = "", *, shape: str = "", words: str = "") -> Mark:
    points = [(value, 0.0) for value in values]
    return Mark("dots", points, colour, series, shape=shape or SHAPES_OF[colour], words=[words] if words else ())
