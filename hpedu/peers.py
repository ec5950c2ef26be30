"""Compute the indicator values of the other provinces: company for the city's own, never the subject of a page."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from hpedu.ingest.checks.figures import Figures
from hpedu.ingest.checks.finding import FINDINGS, Word, make_finding
from hpedu.ingest.panel import has_present_area
from hpedu.ingest.schema import SERIES_FIELDS
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Indicator
from hpedu.values import VALUES

_KEY = ["territory", "year"]


def is_peer(registry: Registry) -> pl.Expr:
    """Return whether a row is about another province, by its `territory`."""
    peers = [territory.id for territory in registry.territories.values() if territory.role == "province"]
    return pl.col("territory").is_in(peers)


def compute_peers(observations: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """Compute all indicator values of the provinces, by the formulas that hold for the city's own.

    There are as many figures as of twenty cities, so whole series are taken together. A value beyond the bounds
    of its indicator (90,000 girls among 80,000 pupils) is not taken: nobody decides which print of a peer is
    wrong. Nor is one of the years before a province had its present area: two versions make no series.

    Has the columns `hpedu.values.VALUES`, sorted by indicator (in the order of the registry), territory, year.
    """
    counted = observations.filter(
        is_peer(registry),
        pl.col("current"),
        pl.col("place") == "",
        pl.col("qualifier") == "",
        pl.col("status").is_in(["final", "preliminary"]),
        has_present_area(registry),
    ).with_columns(input=pl.col("file") + "!" + pl.col("cell"))
    series = {
        SeriesRef(*map(str, key)): rows
        for key, rows in counted.partition_by(SERIES_FIELDS, as_dict=True, maintain_order=True).items()
    }
    found = [_compute(indicator, series) for indicator in registry.indicators.values()]
    return pl.concat([pl.DataFrame(schema=VALUES), *found])


def _compute(indicator: Indicator, series: Mapping[SeriesRef, pl.DataFrame]) -> pl.DataFrame:
    above = parse_formula(indicator.numerator)
    below = parse_formula(indicator.denominator) if indicator.denominator else ()
    terms = [*above, *below]
    if any(term not in series for term in terms):
        return pl.DataFrame(schema=VALUES)
    rows = pl.concat(series[term].with_columns(is_above=pl.lit(n < len(above))) for n, term in enumerate(terms))
    value, is_above = pl.col("value"), pl.col("is_above")
    ratio = pl.col("numerator") / pl.col("denominator") if below else pl.col("numerator")
    bounds = ((indicator.lower, value.ge), (indicator.upper, value.le))
    return (
        rows.group_by(_KEY)
        .agg(
            indicator=pl.lit(indicator.id),
            unit=pl.lit(indicator.unit),
            qualifier=pl.lit(""),
            readings=pl.lit(None),
            numerator=value.filter(is_above).sum(),
            denominator=value.filter(~is_above).sum() if below else pl.lit(None),
            # "preliminary" comes after "final", in the alphabet too.
            status=pl.col("status").max(),
            flags=pl.col("flags").explode(keep_nulls=False, empty_as_null=False).unique(maintain_order=True),
            inputs=pl.col("input"),
            sources=pl.col("source").unique(maintain_order=True),
            edition=pl.col("edition").max(),
            terms=pl.len(),
        )
        .filter(pl.col("terms") == len(terms))
        .with_columns(value=float(indicator.scale) * ratio)
        .filter(value.is_finite(), *(holds(float(bound)) for bound, holds in bounds if bound is not None))
        .sort(_KEY)
        .select(pl.col(name).cast(kind) for name, kind in VALUES.items())
    )


def find_country_gaps(observations: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """Find where all old provinces together are further from the country's print than a limit allows.

    They stand in different files and editions, so a gap shows a misprint only where it is large: nothing goes out
    of use for it.
    """
    keys = [*SERIES_FIELDS, "year"]
    additive = [measure.id for measure in registry.measures.values() if measure.additive]
    figures = observations.filter(
        pl.col("current"), pl.col("place") == "", pl.col("qualifier") == "", pl.col("measure").is_in(additive)
    )
    old = [key for key, row in registry.territories.items() if row.role in ("province", "part")]
    provinces = figures.filter(pl.col("territory").is_in(old)).group_by(keys)
    whole = [relation for relation in registry.relations.values() if relation.kind == "country"]
    numbers = {
        year: relation.provinces
        for relation in whole
        for year in range(relation.since or 0, 1 + (relation.until or relation.since or 0))
    }
    apart = (pl.col("sum") - pl.col("value")).abs() / pl.col("value")
    gaps = (
        figures.filter(
            pl.col("territory").is_in([k for k, r in registry.territories.items() if r.role == "country"])
        )
        .join(provinces.agg(sum=pl.col("value").sum(), count=pl.len()), on=keys, maintain_order="left")
        .filter(pl.col("count") == pl.col("year").replace_strict(numbers, default=None, return_dtype=pl.UInt32))
        .filter(apart > float(registry.limits["country_gap"].value) / 100)
    )
    found = []
    for figure, (total, count) in zip(
        Figures(gaps.drop("sum", "count"), registry).all, gaps.select("sum", "count").rows(), strict=True
    ):
        words: dict[str, Word] = {
            "sum": total,
            "count": str(count),
            "printed": figure.value,
            "difference": abs(total - figure.value),
        }
        row = make_finding("country", "warning", figure, words, template="country_across")
        found.append({name: row[name] for name in FINDINGS})
    return pl.DataFrame(found, schema=FINDINGS, orient="row")


OLD_PROVINCES = 63
MOST_LACKING = 3
"""An indicator is compared where all the old provinces show it, or all but so many."""
FEWEST_YEARS = 5
"""Between then and now."""


@dataclass(frozen=True)
class Comparison:
    """Where one old province, `home`, stands among all of them in the newest year that they show, and long before.

    Ranks count from the highest value; those of equal value share one.
    """

    indicator: str
    year: int
    values: dict[str, float]
    home: str
    # The median of the Red River Delta.
    delta: float
    then: Comparison | None = None

    @property
    def own(self) -> float:
        return self.values[self.home]

    @property
    def rank(self) -> int:
        return 1 + sum(value > self.own for value in self.values.values())

    @property
    def place(self) -> str:
        """Return the rank as it is written: 12/63."""
        return f"{self.rank}/{len(self.values)}"

    @property
    def quartiles(self) -> tuple[float, float, float]:
        amounts = pl.Series(list(self.values.values()))
        low, middle, high = (float(amounts.quantile(share, "linear") or 0) for share in (0.25, 0.5, 0.75))
        return low, middle, high

    @property
    def ends(self) -> tuple[float, float]:
        """Return the least and the largest figure, then and now; apart, so that there is a line between them."""
        known = [*self.values.values(), *([self.then.own] if self.then else [])]
        low, high = min(known), max(known)
        return (low, high) if low < high else (low - 1, high + 1)


def compare_peers(
    values: pl.DataFrame, registry: Registry, indicator: str, own: str, year: int
) -> Comparison | None:
    """Compare one old province with all others; None where not all of them show the indicator, or it does not.

    `values` are those of the indicator in the old provinces, that of `own` among them; `year` is the last to look
    at.
    """
    usable = values.filter(
        pl.col("indicator") == indicator,
        pl.col("year") <= year,
        pl.col("qualifier") == "",
        pl.col("status").is_in(["final", "preliminary"]),
    )
    shown: dict[int, dict[str, float]] = defaultdict(dict)
    for at, place, value in usable.select("year", "territory", "value").iter_rows():
        shown[at][place] = value
    whole = sorted(at for at, ones in shown.items() if own in ones and len(ones) >= OLD_PROVINCES - MOST_LACKING)
    if not whole:
        return None
    members = {peer.territory for peer in registry.peers if "red_river_delta" in peer.groups}

    def stand(at: int, then: Comparison | None = None) -> Comparison:
        delta = statistics.median(value for place, value in shown[at].items() if place in members)
        return Comparison(indicator, at, shown[at], own, delta, then)

    return stand(whole[-1], stand(whole[0]) if whole[-1] - whole[0] >= FEWEST_YEARS else None)
