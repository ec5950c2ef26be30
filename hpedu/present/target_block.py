"""The block of one target: where it stands, the chart, and what stands behind it."""

from __future__ import annotations

import polars as pl

from hpedu.outlook import Standing
from hpedu.present import charts
from hpedu.present.blocks import Block
from hpedu.present.display import Chart
from hpedu.present.quantity import basis
from hpedu.present.scorecard import describe_value, draw_target_facts, draw_target_head
from hpedu.present.view import View
from hpedu.present.wording import phrase
from hpedu.registry.models import Indicator


def draw_target(view: View, standing: Standing) -> Block:
    """Draw a target: heading and verdict, the chart if there is a value to draw, the facts behind it."""
    target = standing.target
    indicator = view.book.indicators.get(target.milestone_indicator or target.id)
    series = view.rows(indicator.id, bounds=True) if indicator else []
    facts = draw_target_facts(
        standing,
        view.wording,
        national=view.context([target.id, *target.national_indicators], "viet_nam"),
        proxies=view.context(target.proxies, view.territory),
        flags=view.name_flags(series),
        sources=[f"{r.publisher}: {r.title}" for r in view.resources(pl.DataFrame(series))] if series else [],
        series=series,
    )
    parts = _say_parts(view, indicator) if indicator and standing.last is None else []
    head = draw_target_head(standing, view.wording, parts=parts)
    chart = _draw_chart(view, standing) if indicator and target.kind != "milestone" else None
    return Block(head, chart, facts) if chart else Block(head, facts)


def _draw_chart(view: View, standing: Standing) -> Chart | None:
    target = standing.target
    indicator = view.book.indicators[target.id]
    parts = view.book.territories[view.territory].parts
    country = [] if indicator.counts else ["viet_nam"]
    frame = view.values([target.id], territories=[view.territory, *parts, *country])
    frame = frame.filter(pl.col("qualifier") == "")
    own = view.book.territories[view.territory].name.get(view.language)
    if frame.filter(pl.col("territory") != "viet_nam").is_empty():
        return None
    goal = charts.Goal(
        float(target.value), target.year or view.year, phrase("goal_2030", view.language), target.comparison
    )
    order = [own] if own in frame["territory_name"] else []
    order += [name for name in frame["territory_name"].unique(maintain_order=True) if name != own]
    last, year = view.wording.last(standing)
    name = target.name.get(view.language)
    title = f"{name}: {last} ({year})" if last else name
    objective = f"{phrase('goal_2030', view.language)} {view.wording.objective(target)}"
    return charts.trend(
        frame.rename({"territory_name": "series"}).select("series", "year", "value", "status"),
        title=title,
        alt=f"{title}. {objective} ({view.wording.deadline(target)}). {', '.join(order)}.",
        name=f"chart-{target.id.replace('_', '-')}",
        language=view.language,
        unit_label=view.book.name("unit", indicator.unit, view.language),
        decimals=indicator.decimals,
        target=goal,
        series_order=order,
        school_year=basis(indicator, view.book) == "school_year",
    )


def _say_parts(view: View, indicator: Indicator) -> list[str]:
    """The last value of each territory merged into this one, where there is any."""
    lines = []
    for part in view.book.territories[view.territory].parts:
        rows = view.rows(indicator.id, part, bounds=True)
        if rows:
            name = view.book.territories[part].name.get(view.language)
            value = describe_value(rows[-1], indicator, view.wording)
            lines.append(phrase("part_said", view.language, part=name, value=value))
    return lines
