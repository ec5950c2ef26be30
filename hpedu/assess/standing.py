"""Assess each target of the registry for a territory: state, pace, projection, verdict.

The statistics are those of the outlook; here they meet the registry: which values count, what bounds an indicator
has, where its series breaks, which year decides whether a target was met.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from hpedu.outlook.judgement import judge
from hpedu.outlook.method import METHOD
from hpedu.outlook.open_sdg import measure_progress
from hpedu.outlook.pace import measure_pace
from hpedu.outlook.projection import project
from hpedu.peers import is_peer
from hpedu.registry import Registry
from hpedu.registry.models import Target

HORIZON = 2030
COUNTED_ON = (9, 30)
"""Month and day of which the figures of a school year are."""
SCHOOL_YEAR_END = "08-31"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Standing:
    """One target in one territory, seen from one school year.

    `state` is a code of the registry (dimension `state`). A pace is in the target's unit a year, points for a
    percentage, percent a year for a count. All figures are None where there are none.
    """

    target: Target
    territory: str
    state: str
    stale: bool = False
    points: int = 0
    last: dict[str, Any] | None = None
    """The row of the newest indicator value."""
    doubted: Row | None = None
    """The row of a newest figure that is contradicted; its `readings` are what it may be."""
    gap: float | None = None
    """Target minus last value; positive: still to go (for a floor)."""
    met_since: int | None = None
    """First year of the present run of values that meet the target."""
    lost_since: int | None = None
    """The same of values that no longer meet it."""
    broken: bool = False
    """Whether the trend starts at a break."""
    observed_pace: float | None = None
    """Median yearly change."""
    required_pace: float | None = None
    """From the last value to the objective, over the years left."""
    years_left: int | None = None
    """From the year of the report to the one that decides; from that of the last value if it is later."""
    best_pace: float | None = None
    """Best ever over `best_span` years."""
    best_span: int | None = None
    probability: float | None = None
    """That the value of the target year meets the target."""
    company: int = 0
    """How many other provinces show the indicator too, in years not much older."""
    projection: tuple[Row, ...] = ()
    """Columns of `hpedu.outlook.project`, a row a year."""
    progress: Row | None = None
    """Columns of `hpedu.outlook.measure_progress` (Open SDG)."""
    as_of: str = ""
    """The newest source, by which a last day of the plans is judged; "" for a target that has none."""

    @property
    def has_company(self) -> bool:
        """Return whether enough other provinces show the indicator for the outlook to lean on them."""
        return self.company >= METHOD.least_company

    @property
    def outlook(self) -> Row | None:
        """Return the projection for the year that decides whether the target was met; None if there is none."""
        year = self.target.due
        return next((row for row in self.projection if row["year"] == year), None)


def assess_targets(
    values: pl.DataFrame, registry: Registry, territory: str, year: int, *, horizon: int = HORIZON
) -> list[Standing]:
    """Assess every target of the registry for a territory, from values up to and including `year`.

    The values of other provinces among them are the company of the territory's own; `horizon` is the last year to
    project to. In the order of the plans; all are `not_judged` for a country, and for a territory that is no more:
    the plans set it no target.
    """
    own = values.filter(pl.col("territory") == territory, pl.col("year") <= year).sort("indicator", "year")
    known = {str(key[0]): rows.to_dicts() for key, rows in own.group_by("indicator")}
    if not registry.territories[territory].judged:
        return [_compare_only(target, territory, known) for target in registry.targets.values()]
    others = values.filter(
        is_peer(registry), pl.col("indicator").is_in(list(registry.targets)), pl.col("year") <= year
    )
    found = _measure(own, others, registry, year, horizon)
    as_of = find_newest_source(own, year)
    standings = [
        _assess_milestone(target, territory, known.get(target.milestone_indicator, []))
        if target.kind == "milestone"
        else Standing(target, territory, "lapsed")
        if has_lapsed(target, year)
        else _set_aside(target, territory, registry, known.get(target.id, []))
        or _assess(target, territory, _points(target, known), found)
        for target in registry.targets.values()
    ]
    return [_judge_last_day(one, as_of) if one.target.last_day else one for one in standings]


def find_newest_source(figures: pl.DataFrame, year: int) -> str:
    """Return the newest edition (YYYY, YYYY-MM or YYYY-MM-DD) of any figure, at most the end of the school year.

    It is the one clock for deadlines of targets and tasks: what was published before a last day cannot show
    whether it was kept.
    """
    newest = figures["edition"].max()
    return min(newest, f"{year + 1}-{SCHOOL_YEAR_END}") if isinstance(newest, str) else ""


def is_over(last_day: date, as_of: str) -> bool:
    """Return whether a last day lies before the newest source: of one dated by its year, before its first day."""
    return as_of > last_day.isoformat()


def has_lapsed(target: Target, year: int) -> bool:
    """Return whether what a target counts was abolished before the figures of a school year are taken."""
    return target.lapsed is not None and date(year, *COUNTED_ON) >= target.lapsed


def digest_standings(standings: Iterable[Standing], year: int, horizon: int) -> dict[str, str]:
    """Return a digest of each standing, by `standings/YEAR/HORIZON/TERRITORY/TARGET`."""
    return {
        f"standings/{year}/{horizon}/{one.territory}/{one.target.id}": hashlib.sha256(
            repr(one).encode()
        ).hexdigest()[:16]
        for one in standings
    }


def tabulate_series(values: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """Return indicator values as the outlook takes them.

    Bounds of a value ("over 99%") and others' projections are no points of a series. The columns are `place`
    (the territory), `indicator, year, value, lower, upper, break_year, kind`.
    """
    about = pl.DataFrame(
        [
            {
                "indicator": one.id,
                "lower": one.lower,
                "upper": one.upper,
                "kind": "count" if one.counts else "rate",
            }
            for one in registry.indicators.values()
        ],
        schema={"indicator": pl.String, "lower": pl.Float64, "upper": pl.Float64, "kind": pl.String},
    )
    counted = values.filter(pl.col("qualifier") == "", pl.col("status") != "projected")
    series = counted.select("indicator", "year", "value", place="territory")
    # What its own bounds rule out is no point: `_set_aside` says so where it is the newest figure.
    possible = (pl.col("value") <= pl.col("upper")).fill_null(True) & (
        pl.col("value") >= pl.col("lower")
    ).fill_null(True)
    return (
        series.join(about, on="indicator", how="inner", maintain_order="left")
        .filter(possible)
        .join(_list_breaks(values, registry), on=["place", "indicator"], how="left", maintain_order="left")
    )


def _list_breaks(values: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """Return the newest break of each indicator in each territory of `values`."""
    rows = [
        (territory, one.indicator, breaks[-1].year)
        for territory in values["territory"].unique(maintain_order=True)
        for one in registry.breaks.values()
        if (breaks := registry.breaks_of(one.indicator, territory))
    ]
    columns = {"place": pl.String, "indicator": pl.String, "break_year": pl.Int64}
    return pl.DataFrame(rows, schema=columns, orient="row").unique(maintain_order=True)


def tabulate_targets(targets: Iterable[Target]) -> pl.DataFrame:
    """Return targets as the outlook takes them, without milestones.

    The columns are `indicator, comparison, target, target_year`; a floor for every year has no target year.
    """
    return pl.DataFrame(
        [(one.id, one.comparison, float(one.value), one.due) for one in targets if one.kind != "milestone"],
        schema={"indicator": pl.String, "comparison": pl.String, "target": pl.Float64, "target_year": pl.Int64},
        orient="row",
    )


def _points(target: Target, known: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [row for row in known.get(target.id, []) if not row["qualifier"]]


def _set_aside(
    target: Target, territory: str, registry: Registry, rows: Sequence[dict[str, Any]]
) -> Standing | None:
    """Return the standing of a target whose newest figure cannot be true as it is; None if it can.

    A check calls it an error, or it is beyond the bounds of what it measures: more than all children of an age.
    """
    if not rows:
        return None
    last, upper = rows[-1], registry.indicators[target.id].upper
    if last["qualifier"] == "contradicted":
        return Standing(target, territory, "contradicted", doubted=last)
    if not last["qualifier"] and upper is not None and last["value"] > upper:
        return Standing(target, territory, "impossible", points=len(rows), last=last)
    return None


def _measure(
    own: pl.DataFrame, others: pl.DataFrame, registry: Registry, year: int, horizon: int
) -> dict[str, dict[str, Any]]:
    """Return what the outlook says of each indicator with a target: fields of its standing, and `judged`."""
    company = tabulate_series(others, registry)
    # All series of the territory tell how far one can move in a year, not only those with a target.
    series, targets = tabulate_series(own, registry), tabulate_targets(registry.targets.values())
    aimed = series.join(targets.select("indicator"), on="indicator", how="semi")
    projections: dict[str, list[Row]] = {}
    foreseen = project(series, until=horizon, background=company).filter(pl.col("status") == "projected")
    for row in foreseen.iter_rows(named=True):
        projections.setdefault(row["indicator"], []).append(row)
    judged = judge(series, targets, as_of=year, background=company).iter_rows(named=True)
    found: dict[str, dict[str, Any]] = {row["indicator"]: {"judged": row} for row in judged}
    for row in measure_pace(aimed, targets, as_of=year).iter_rows(named=True):
        names = {"observed_pace": "observed", "required_pace": "required", "years_left": "years_left"}
        names |= {"best_pace": "best", "best_span": "best_years"}
        found[row["indicator"]] |= {name: row[column] for name, column in names.items()}
    for row in measure_progress(aimed.drop("lower", "upper"), targets).iter_rows(named=True):
        found[row["indicator"]] |= {"progress": row}
    for indicator, rows in projections.items():
        found.setdefault(indicator, {})["projection"] = tuple(rows)
    return found


def _assess(
    target: Target, territory: str, rows: Sequence[dict[str, Any]], found: Mapping[str, Mapping[str, Any]]
) -> Standing:
    if not rows:
        return Standing(target, territory, "no_data")
    measured = dict(found[target.id])
    judged = measured.pop("judged")
    return Standing(
        target,
        territory,
        state=_name_state(target, judged),
        points=len(rows),
        last=rows[-1],
        gap=float(target.value) - rows[-1]["value"],
        broken=judged["reason"] == "after_break",
        company=judged["company"] or 0,
        **{name: judged[name] for name in ("stale", "met_since", "lost_since", "probability")},
        **measured,
    )


def _name_state(target: Target, judged: Row) -> str:
    """Return the state of the registry: a fact if there is one, else why there is no trend, else the verdict."""
    if judged["verdict"] == "met":
        return "met"
    # A floor for every year has no year that decides: the last one did not reach it.
    if target.due is None:
        return "missed"
    if judged["verdict"] == "missed":
        return "due" if _is_early(target, judged["last_year"]) else "missed"
    if judged["state"] in ("one_point", "short", "broken"):
        return str(judged["state"])
    return str(judged["verdict"])


def _is_early(target: Target, last_year: int) -> bool:
    """Return whether the newest figure was counted before the last day the plan allows."""
    return target.last_day is not None and date(last_year, *COUNTED_ON) < target.last_day


def _judge_last_day(standing: Standing, as_of: str) -> Standing:
    """Call a target without a figure overdue if its last day is over."""
    last_day = standing.target.last_day
    late = standing.state == "no_data" and last_day is not None and is_over(last_day, as_of)
    return replace(standing, as_of=as_of, state="overdue" if late else standing.state)


def _assess_milestone(target: Target, territory: str, rows: Sequence[dict[str, Any]]) -> Standing:
    if not rows:
        return Standing(target, territory, "milestone_unreported")
    last = rows[-1]
    state = "milestone_reached" if last["value"] >= 1 else "milestone_not_reached"
    return Standing(target, territory, state, points=len(rows), last=last)


def _compare_only(target: Target, territory: str, known: Mapping[str, list[dict[str, Any]]]) -> Standing:
    rows = known.get(target.milestone_indicator, []) if target.kind == "milestone" else _points(target, known)
    return Standing(target, territory, "not_judged", points=len(rows), last=rows[-1] if rows else None)
