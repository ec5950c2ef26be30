"""Make the parts of a commune's report: the figures of its schools next to the city's. Nothing is judged here."""

from __future__ import annotations

from typing import Any

import polars as pl

from hpedu import store
from hpedu.communes import STAGE, STAGES, counts_learners, find_small
from hpedu.errors import UnknownName, check_name
from hpedu.present.base import BaseReport, is_made
from hpedu.present.page.blocks import Block, Prose, draw_notice, link_csv, render
from hpedu.present.page.display import Fragment, PageHead
from hpedu.present.view import Lexicon
from hpedu.registry.asked import Tongue, Year, checked
from hpedu.registry.formula import parse_formula
from hpedu.registry.models import Indicator
from hpedu.texts import MISSING, current_language

LEVELS = {
    "overview": STAGES,
    "preschool": ("preschool",),
    "general": ("primary", "lower_secondary", "upper_secondary"),
    "continuing": ("continuing",),
}
"""The levels whose schools are on a page."""

SIGNED = ("percent", "per_1000")
BARE = ("status", "ratio", "per_100")  # units that are no word to read
SUMS = ("pupils", "classes", "teachers")
GAUGE = 100  # pixels of a bar; a percent is a pixel


class CommuneReport(BaseReport):
    """One commune in one school year, as its schools reported it.

    Parameters
    ----------
    group
        overview, preschool, general or continuing.
    territory
        Id of a commune, such as "commune_11311_2025": its code, and the year in which it got it.
    year
        Year in which the school year starts; None for the newest in the school list.
    language
        "vi" or "en"; None for that of the report before, or of the machine.

    Raises
    ------
    UnknownName
        For a group, commune, school year or language that does not exist, with the closest names.
    """

    notebook = "commune"

    @checked
    def __init__(
        self, group: str, *, territory: str, year: Year | None = None, language: Tongue | None = None
    ) -> None:
        super().__init__(language or current_language())
        self.words = Lexicon(self.registry, self.language)
        groups = [id for id, row in self.registry.groups.items() if row.commune_page]
        names = {commune.id: commune.name for commune in self.registry.communes if commune.valid_to is None}
        self.group = check_name("group", group, groups)
        self.territory = check_name("commune", territory, names)
        self.commune = names[territory]
        listed = store.commune_schools(territory)
        years = listed["year"].unique().sort().to_list()
        if not years or (year is not None and year not in years):
            raise UnknownName("school year of this commune", str(year), map(str, years))
        self.year = years[-1] if year is None else year
        self._listed = listed.filter(pl.col("year") == self.year)
        self._schools = self._listed.filter(pl.col("level").is_in(LEVELS[group]))
        rows = [row for row in store.commune_values(territory).iter_rows(named=True) if row["year"] == self.year]
        # The list also says which communes have no school: it is the source of an empty page, too.
        self._sources = {name for row in rows for name in row["sources"]}
        self._limit = int(self.registry.limits["small_count"].value)
        self._values = self._hide([row for row in rows if self._shows(self.indicator(row["indicator"]))])
        city = store.indicator_values([row["indicator"] for row in self._values], [self.registry.city])
        self._city = {r["indicator"]: r for r in city.iter_rows(named=True) if r["year"] == self.year}

    # -- the page ------------------------------------------------------------------------------------------

    def head(self) -> PageHead:
        """Return the head of the page, with the sources of everything on it."""
        return PageHead(
            title=self._say(
                "commune_title",
                group=self._name_group(self.group),
                commune=self.commune,
                year=self.school_year(self.year),
            ),
            subtitle=self._say("commune_not_judged"),
            language=self.language,
            group=self.group,
            territory=self.commune,
            year=self.year,
            synthetic=bool(self._listed["synthetic"].any()),
            unread=store.unread_files(),
            sources=self.list_sources(store.sources(self._sources)),
            home="../../index.html",
            made_by=self.registry.offices["made_by"].name.get(self.language),
            siblings=self._list_siblings(),
        )

    def summary(self) -> Prose:
        """Say how many schools there are, whom they teach, and how many did not report everything."""
        schools = self._by_school()
        if schools.is_empty():
            return Prose(self._say("commune_none", commune=self.commune, year=self.school_year(self.year)))
        owners = schools["ownership"].to_list()
        unknown = owners.count(None)
        lacking = schools.filter(pl.col("lacking") > 0).height
        first = self._say(
            "commune_summary",
            schools=schools.height,
            commune=self.commune,
            year=self.school_year(self.year),
            public=owners.count("public"),
            private=owners.count("private"),
            unknown=self._say("commune_unknown_ownership", number=unknown) if unknown else "",
        )
        sums = {name: self._write(self._sum(schools[name])) for name in SUMS}
        if find_small([self._sum(schools["pupils"])], self._limit):
            sums["pupils"] = self._say("small_hidden")
        incomplete = self._say("commune_incomplete", lacking=lacking, schools=schools.height)
        missing = incomplete if lacking else self._say("commune_complete")
        return Prose(f"{missing}\n\n{first} {self._say('commune_pupils', **sums)}")

    def figures(self) -> Block:
        """Draw a table a level: the commune's value, the city's, how they compare, how many schools reported."""
        levels = {self._level(row) for row in self._values}
        ordered = [level for level in self.registry.codes_of("level") if level in levels]
        if not ordered:
            return Block(draw_notice(self._say("no_commune_figures", commune=self.commune)))
        return Block(*(self._draw_level(level) for level in ordered))

    def schools(self) -> Fragment:
        """List the institutions, with their size and how much they did not report."""
        schools = self._by_school()
        small = find_small(schools["pupils"].to_list(), self._limit)
        rows = [
            [
                row["name"] or MISSING,
                ", ".join(self.registry.name("level", level, self.language) for level in row["levels"]),
                self._say(f"ownership_{row['ownership']}") if row["ownership"] else MISSING,
                self._say("small_hidden") if place in small else self._write(row["pupils"]),
                *(self._write(row[name]) for name in SUMS[1:]),
                self._say("lacking_of", lacking=row["lacking"], asked=row["asked"]) if row["lacking"] else "",
            ]
            for place, row in enumerate(schools.iter_rows(named=True))
        ]
        if not rows:
            return draw_notice(self._say("commune_none", commune=self.commune, year=self.school_year(self.year)))
        columns = ("school", "levels_taught", "ownership", *SUMS, "not_reported")
        return self.words.table(columns, rows, "commune_schools_caption", numeric={3, 4, 5})

    def unreported(self) -> Fragment:
        """List the figures that some schools did not give, and which schools."""
        rows = [
            [self._name_indicator(row["indicator"]), self._count(row), "; ".join(row["lacking"])]
            for row in self._values
            if row["lacking"]
        ]
        if self._schools.is_empty():
            return draw_notice(self._say("commune_none", commune=self.commune, year=self.school_year(self.year)))
        if not rows:
            return draw_notice(self._say("all_reported"))
        columns = ("indicator", "schools_reported", "not_reported")
        return self.words.table(columns, rows, "unreported_caption")

    # -- inside --------------------------------------------------------------------------------------------

    def _list_siblings(self) -> list[dict[str, str]]:
        """List the pages of the other groups on this commune that are there."""
        place = f"{self.year}/communes/{self.territory}/{self.language}"
        groups = [id for id, row in self.registry.groups.items() if row.commune_page and id != self.group]
        return [
            {"kind": "territory", "place": f"{group}.html", "name": self._name_group(group)}
            for group in groups
            if is_made(f"{place}/{group}.html")
        ]

    def _hide(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Take out numbers of children below the limit, and what they could be worked out from."""
        hidden: set[int] = set()
        counts: dict[str, dict[int, float]] = {}
        for place, row in enumerate(rows):
            indicator = self.indicator(row["indicator"])
            parts = [indicator.numerator, indicator.denominator]
            of_learners = [bool(part) and counts_learners(part) for part in parts]
            above, below = row["numerator"], row["denominator"]
            known = [one for one, learners in zip((above, below), of_learners, strict=True) if learners]
            if all(of_learners) and None not in (above, below):
                known.append(below - above)
            if find_small(known, self._limit):
                hidden.add(place)
            if indicator.counts and of_learners[0] and row["value"] is not None:
                counts.setdefault(self._level(row), {})[place] = row["value"]
        for own in counts.values():
            places = list(own)
            hidden |= {places[number] for number in find_small(list(own.values()), self._limit)}
        blank = {"value": None, "hidden": True}
        return [row | (blank if place in hidden else {"hidden": False}) for place, row in enumerate(rows)]

    def _shows(self, indicator: Indicator) -> bool:
        if indicator.denominator and _has_other_levels(indicator):
            return False
        # The overview shows of the other groups only how many there are.
        if self.group == "overview":
            return indicator.group == "cross_cutting" or indicator.counts
        return indicator.group == self.group

    def _by_school(self) -> pl.DataFrame:
        """Return one row a school: levels joined, what it has at them added; null if one is not reported."""
        sums = [pl.when(pl.col(n).null_count() == 0).then(pl.col(n).sum()).alias(n) for n in SUMS]
        return self._schools.group_by("school", maintain_order=True).agg(
            pl.col("name", "ownership").first(), pl.col("level").alias("levels"), *sums,
            pl.col("asked", "lacking").sum(),
        )  # fmt: skip

    def _draw_level(self, level: str) -> Fragment:
        rows = [row for row in self._values if self._level(row) == level]
        caption = self.registry.name("level", level, self.language)
        keys = ("indicator", "city_figure", "beside_city", "schools_reported")
        first, *rest = (self._say(key) for key in keys)
        drawn = [self._draw_row(row) for row in rows]
        header = ["indicator", "commune", "year", "value", "unit", "city", "asked", "reported"]
        cells = [
            [r["indicator"], self.territory, self.year, r["value"], r["unit"],
             self._city.get(r["indicator"], {}).get("value"), r["asked"], r["asked"] - len(r["lacking"])]
            for r in rows
        ]  # fmt: skip
        html = render(
            "commune_figures",
            caption=caption,
            columns=[first, self.commune, *rest],
            rows=drawn,
            csv=link_csv(header, cells),
            file=f"{self.territory}-{level}-{self.year}.csv",
            download=self._say("download_csv"),
        )
        plain = "\n".join(f"{r['name']}: {r['value']}; {r['city']}; {r['reported']}" for r in drawn)
        return Fragment(html, f"{caption}\n{plain}")

    def _draw_row(self, row: dict[str, Any]) -> dict[str, Any]:
        indicator = self.indicator(row["indicator"])
        own, city = row["value"], self._city.get(indicator.id, {}).get("value")
        percent = indicator.unit == "percent" and own is not None
        return {
            "name": self._name_indicator(row["indicator"]),
            "unit": self._unit(indicator),
            "value": self._say("small_hidden") if row["hidden"] else self._amount(own, indicator),
            "city": self._amount(city, indicator),
            "spread": self._spread(row, indicator),
            "beside": self._compare(own, city, indicator),
            "bar": round(min(max(own, 0), 100) / 100 * GAUGE, 1) if percent else None,
            "tick": round(min(max(city, 0), 100) / 100 * GAUGE, 1) if percent and city is not None else None,
            "reported": self._count(row),
        }

    def _compare(self, own: float | None, city: float | None, indicator: Indicator) -> str:
        """Write a count as a share of the city's, anything else as a difference with its sign."""
        if own is None or city is None or (indicator.counts and not own):
            return ""
        if indicator.counts:
            share = self._write(100 * own / city, 1) if city else MISSING
            return self._say("share_of_city", number=share)
        if indicator.unit in SIGNED:
            written = self.words.difference(own - city, indicator.unit, indicator.decimals)
        else:
            written = self._write(own - city, indicator.decimals)
        return f"+{written}" if own > city else written

    def _spread(self, row: dict[str, Any], indicator: Indicator) -> str:
        """Say between which values the middle half of the communes lie; "" where they are few."""
        if row["low"] is None:
            return ""
        low, high = self._amount(row["low"], indicator), self._amount(row["high"], indicator)
        return self._say("commune_spread", low=low, high=high)

    def _level(self, row: dict[str, Any]) -> str:
        level = self.indicator(row["indicator"]).level
        return STAGE.get(level, level)

    def _count(self, row: dict[str, Any]) -> str:
        return self._say("reported_of", reported=row["asked"] - len(row["lacking"]), asked=row["asked"])

    def _amount(self, value: float | None, indicator: Indicator) -> str:
        """Write the number, a percentage with its sign; any other unit is next to the name."""
        if value is None:
            return MISSING
        if indicator.unit in SIGNED:
            return self.words.with_unit(value, indicator.unit, indicator.decimals if value else 0)
        return self._write(value, indicator.decimals)

    def _unit(self, indicator: Indicator) -> str:
        return (
            "" if indicator.unit in (*SIGNED, *BARE) else self.registry.name("unit", indicator.unit, self.language)
        )

    @staticmethod
    def _sum(column: pl.Series) -> float | None:
        """Return the sum of what was reported; None if nothing was."""
        return None if column.null_count() == len(column) else float(column.sum())


def _has_other_levels(indicator: Indicator) -> bool:
    """Return whether a rate divides pupils of a level by those of another, who may live in another commune."""
    above, below = (
        {term.level for term in parse_formula(formula)} for formula in (indicator.numerator, indicator.denominator)
    )
    return above.isdisjoint(below)
