"""Draw the block of one target: where it stands, its chart, and the facts behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import floor
from typing import Any

import polars as pl
from markupsafe import Markup

from hpedu.assess.standing import Standing
from hpedu.outlook.method import METHOD, read_track_record
from hpedu.present.charts.trend import BOUNDS, Break, Doubt, Goal, trend
from hpedu.present.page.blocks import Block, link_csv, render
from hpedu.present.page.display import Chart, Fragment, is_vietnamese
from hpedu.present.view import WHOLE, View, Wording
from hpedu.registry.models import Target
from hpedu.texts import Language, say

# A probability is said in steps of 5 percent: more would be false precision.
STEP = 5
LEAST_DRAWN = 3
"""Figures of a territory and its parts that are worth a chart."""
TRENDLESS = ("one_point", "short", "broken")
ENDS = {"point": "point", "low": "lo80", "high": "hi80"}
WIDTH, HEIGHT, MARGIN = 200, 30, 6  # of a strip


def draw_target(view: View, standing: Standing, *, asked: str = "", document: str = "") -> Block:
    """Draw a target: heading and verdict, the chart if there is a value to draw, the facts behind it.

    `asked` is the form and the rows of it that ask for the figures of a target without any, `document` what a
    division has given as the proof of a milestone.
    """
    target = standing.target
    indicator = view.registry.indicators.get(target.milestone_indicator or target.id)
    series = view.rows(indicator.id, bounds=True) if indicator else []
    chart = draw_target_chart(view, standing) if indicator and target.kind != "milestone" else None
    facts = _draw_facts(view, standing, series, asked=asked, document=document, charted=chart is not None)
    # Figures that make no line are told by the strip.
    head = _draw_head(standing, view.wording, parts=_say_parts(view, standing), strip=chart is None)
    return Block(head, chart, facts) if chart else Block(head, facts)


def describe_silent(view: View, standing: Standing, *, asked: str) -> Markup:
    """Draw what a target without a figure wants, where it is `asked` for, and the facts: shown on demand."""
    sentences = [*say_standing(standing, view.wording), *_say_parts(view, standing)]
    return render("silent", sentences=sentences, facts=_list_facts(view, standing, (), asked=asked, document=""))


def _draw_head(standing: Standing, wording: Wording, *, parts: Sequence[str], strip: bool) -> Fragment:
    """Draw heading, state and the sentences that say where the target stands and what it would take.

    `parts` are lines about the territories that were merged into this one: known there, but no value here. With a
    `strip`, the figure is drawn beside its target.
    """
    target = standing.target
    marks = [] if wording.place.is_past else _list_marks(target, wording)
    if wording.registry.territories[standing.territory].role == "city":
        marks.append(wording.say("written_for_old_city"))
    objective = wording.objective(target)
    sentences = [*say_standing(standing, wording), *parts]
    html = render(
        "target_head",
        id=target.id,
        number=target.number,
        name=wording.read(target.name),
        badge=wording.badge(standing),
        rule=wording.say("method_caption"),
        objective=objective,
        marks=marks,
        sentences=sentences,
        # The cells of the last figure, which the first sentence says.
        inputs="\n".join(standing.last["inputs"]) if standing.last else "",
        label=f"{target.id} {wording.last(standing)[1]}",
        value=wording.last(standing)[0],
        strip=draw_strip(standing, wording) if strip else "",
    )
    said = " ".join([f"{objective}." if objective else "", *sentences]).strip()
    return Fragment(html, f"{target.number}. {wording.read(target.name)}: {said}")


def _list_marks(target: Target, wording: Wording) -> list[str]:
    """Say by when the plan wants a target, and how firmly."""
    marks = [wording.deadline(target)]
    if target.aspirational:
        marks.append(wording.say("aspirational"))
    if target.measurability == "implied":
        marks.append(wording.say("implied"))
    if target.year_basis == "inferred":
        marks.append(wording.say("year_inferred"))
    return marks


def _draw_facts(
    view: View, standing: Standing, series: Sequence[dict[str, Any]], *, asked: str, document: str, charted: bool
) -> Fragment:
    """Draw the facts behind a target, folded, with its figures to download, unless its chart offers them."""
    facts = _list_facts(view, standing, series, asked=asked, document=document)
    csv = ""
    if not charted and (exact := [row for row in series if not row["qualifier"]]):
        indicator = view.indicator(exact[0]["indicator"])
        text = view.describe_chart(indicator, title="", alt="", name=indicator.id)
        frame = view.values([indicator.id], flat=False).filter(pl.col("qualifier") == "")
        figures = text.list_figures(view.drawn(frame.rename({"territory_name": "series"})))
        csv = link_csv(figures["columns"], figures["rows"])
    html = render(
        "target_facts",
        summary=view.wording.say("about_target"),
        facts=facts,
        csv=csv,
        csv_name=f"{standing.target.id}.csv",
        csv_label=view.wording.say("download_csv"),
    )
    return Fragment(
        html,
        "\n".join(f"{term}: {text.striptags() if isinstance(text, Markup) else text}" for term, text in facts),
    )


def _list_facts(
    view: View, standing: Standing, series: Sequence[dict[str, Any]], *, asked: str, document: str
) -> list[tuple[str, str]]:
    """List form, proof, definition, law, ambiguity, department, comparators, flags, sources of a target."""
    target, wording = standing.target, view.wording
    sources = view.list_sources(view.resources(pl.DataFrame(series))) if series else []
    law, status = wording.read(target.legal_source), wording.say(f"definition_{target.definition_status}")
    owners = f"{wording.departments(target)} ({wording.department_basis(target)})"
    if target.department_source:
        owners += f". {wording.read(target.department_source)}"
    national, proxies = target.national, [*target.proxies, *filter(None, [target.substitute])]
    said = {
        # The forms of a page are in its section on what is missing.
        "asked_in": Markup('<a href="#missing">{}</a>').format(asked) if asked else "",
        "document": document,
        "definition": wording.read(target.definition),
        "legal_source": law if status in law else f"{law} ({status})",
        "ambiguity": wording.read(target.ambiguity),
        "department": owners if wording.place.judged else "",
        "national": f"{wording.read(national.text)} – {wording.read(national.source)}" if national else "",
        "open_sdg_term": " ".join(say_open_sdg(standing, wording)),
        "others": "; ".join(map(wording.other_target, wording.registry.others_of(target.id))),
        "national_figures": "; ".join(view.context([target.id, *target.national_indicators], "viet_nam")),
        "proxies": "; ".join(view.context(proxies, view.territory)),
        "flags": "; ".join(view.name_flags(series)),
        "source": Markup("; ").join(_name_source(source, wording.language) for source in sources),
        "plan_section": wording.say(f"plan_{target.plan}", section=target.section),
    }
    return [(wording.say(key), text) for key, text in said.items() if text]


def _name_source(source: Mapping[str, str], language: Language) -> Markup:
    """Name a source; a title in another language says so, since a voice reads the page in its own."""
    spoken = "vi" if is_vietnamese(source["title"]) else "en"
    title = source["title"]
    if spoken != language:
        title = Markup('<span lang="{}">{}</span>').format(spoken, title)
    return Markup("{}: {}").format(source["publisher"], title)


def draw_target_chart(view: View, standing: Standing) -> Chart | None:
    """Draw the course of a target with its breaks, projection and objective; None if it has few figures."""
    target = standing.target
    indicator = view.registry.indicators[target.id]
    parts = view.registry.territories[view.territory].parts
    country = [] if indicator.counts else ["viet_nam"]
    frame = view.values([target.id], territories=[view.territory, *parts, *country], flat=False)
    frame = frame.filter(pl.col("qualifier") == "")
    own = view.wording.read(view.registry.territories[view.territory].name)
    if frame.filter(pl.col("territory") != "viet_nam").height < LEAST_DRAWN:
        return None
    others = [name for name in frame["territory_name"].unique(maintain_order=True) if name != own]
    order = [own, *others] if own in frame["territory_name"] else others
    goal = Goal(
        float(target.value),
        target.due or view.year,
        view.wording.say("goal_2030"),
        view.wording.sign(target),
        path_from="" if standing.required_pace is None else own,
    )
    title = title_chart(standing, view.wording)
    objective = f"{view.wording.say('goal_2030')} {view.wording.objective(target)}"
    wanted = f"{objective} ({view.wording.deadline(target)})"
    said = f"{view.wording.read(target.name)}: {title}. {wanted}. {', '.join(order)}."
    known = view.drawn(frame.rename({"territory_name": "series"}))
    row = standing.doubted
    doubt = None if row is None else Doubt(row["year"], row["readings"])
    return trend(
        pl.concat([known, _foresee(standing, own)], how="diagonal"),
        view.describe_chart(
            indicator,
            title=title,
            alt=" ".join([said, *say_standing(standing, view.wording)[1:]]),
            name=target.id,
            places=frame["territory"].unique().to_list(),
        ),
        now=view.year,
        target=None if view.wording.place.is_past else goal,
        doubt=doubt,
        breaks=[
            Break(row.year, view.wording.say("break_label"))
            for row in view.registry.breaks_of(target.id, view.territory)
        ],
        series_order=order,
        context=others,
    )


def title_chart(standing: Standing, wording: Wording) -> str:
    """Say in a line what the chart of a target shows: the newest figure, and how far it is from the target."""
    target = standing.target
    last, year = wording.readings(standing) if standing.state == "contradicted" else wording.last(standing)
    if not last:
        return wording.read(target.name)
    if not wording.place.judged:
        return f"{last} ({year})"
    state = wording.name("state", standing.state).lower()
    words = {"last": last, "year": year, "state": state}
    if standing.stale:
        words["state"] += f", {wording.say('stale_cell')}"
    if standing.state in ("met", "contradicted", "impossible") or not standing.gap:
        return wording.say("chart_state", **words)
    gap, objective = (
        wording.write(abs(standing.gap), wording.registry.indicators[target.id].decimals),
        wording.objective(target),
    )
    if target.unit == "percent":
        return wording.say("chart_gap", gap=wording.say("points", number=gap), objective=objective, **words)
    return wording.say("chart_gap", gap=gap, objective=wording.bare_objective(target), **words)


def _foresee(standing: Standing, series: str) -> pl.DataFrame:
    """Return the projection as rows of a trend chart: centre and the ends of the fan."""
    rows = [
        {"series": series, "year": row["year"], "value": row["point"], "status": "projected"}
        | {end: row[end] for end in BOUNDS}
        for row in standing.projection
    ]
    schema: dict[str, Any] = {"series": pl.String, "year": pl.Int32, "value": pl.Float64, "status": pl.String}
    return pl.DataFrame(rows, schema=schema | dict.fromkeys(BOUNDS, pl.Float64), orient="row")


def _say_parts(view: View, standing: Standing) -> list[str]:
    """Say the last value of each territory merged into this one, where there is any and none of the whole."""
    target, lines = standing.target, []
    indicator = view.registry.indicators.get(target.milestone_indicator or target.id)
    if indicator is None or standing.last is not None:
        return []
    for part in view.registry.territories[view.territory].parts:
        rows = view.rows(indicator.id, part, bounds=True)
        if rows:
            name = view.wording.read(view.registry.territories[part].name)
            value = view.wording.describe_value(rows[-1], indicator)
            lines.append(view.wording.say("part_said", part=name, value=value))
    return lines


def say_standing(standing: Standing, wording: Wording) -> list[str]:
    """Say where the target stands and what it would take, in the order a reader asks."""
    return [
        *_say_last(standing, wording),
        *_say_state(standing, wording),
        *_say_projection(standing, wording),
        *_say_pace(standing, wording),
        *_say_cautions(standing, wording),
    ]


def _say_last(standing: Standing, wording: Wording) -> Iterator[str]:
    target, language = standing.target, wording.language
    who = {"department": wording.departments(target), "basis": wording.department_basis(target)}
    if standing.state == "lapsed" and target.lapsed is not None:
        choice = wording.read(wording.registry.indicators[target.substitute].name)
        yield wording.say("lapsed_said", day=wording.date(target.lapsed), choice=choice)
    elif standing.state in ("no_data", "overdue"):
        parts = [wording.read(part) for part in (target.numerator, target.denominator) if part]
        needs = "; ".join(parts or [wording.read(target.definition)])
        if standing.state == "overdue" and target.last_day is not None:
            yield wording.say("overdue_said", day=wording.date(target.last_day))
        yield wording.say("no_data_said", territory=wording.territory, needs=needs, **who)
    elif standing.state == "contradicted":
        readings, year = wording.readings(standing)
        yield wording.say("contradicted_said", readings=readings, year=year, territory=wording.territory, **who)
    elif standing.state == "milestone_unreported":
        yield wording.say("milestone_said", **who)
    elif standing.last is not None:
        last, year = wording.last(standing)
        shown = last or wording.name("state", standing.state)
        yield f"{say('last_value' if last else 'last_report', language)}: {shown} ({year})."


def _say_state(standing: Standing, wording: Wording) -> Iterator[str]:
    target, state = standing.target, standing.state
    if standing.last is None:
        return
    when = wording.say("by_due", year=target.year) if target.year else ""
    chance = "" if standing.probability is None else say_chance(standing.probability, wording)
    if state in ("likely", "leaning", "uncertain", "unlikely"):
        yield wording.say(f"{state}_said", when=when, chance=chance)
    elif state == "met":
        if standing.met_since is not None and standing.points > 1:
            yield wording.say("met_since_said", year=_year(standing, standing.met_since, wording))
        else:
            yield wording.say("met_said")
        if chance and when:
            yield wording.say("keep_said", when=when, chance=chance)
    elif state == "impossible":
        most = wording.registry.indicators[target.id].upper
        yield wording.say("impossible_said", most=wording.write(most, 0))
    elif state == "missed" and target.year is None:
        yield wording.say("floor_missed_said", year=wording.last(standing)[1])
    elif state == "missed":
        yield wording.say("missed_said", year=target.year)
    elif state == "due" and target.last_day is not None:
        yield wording.say("due_said", day=wording.date(target.last_day))
    elif state in TRENDLESS:
        reason = wording.break_reason(standing) if state == "broken" else ""
        yield wording.say(f"{state}_said", points=standing.points, reason=reason)
    if standing.lost_since is not None:
        yield wording.say("lost_said", year=_year(standing, standing.lost_since, wording))


def _say_projection(standing: Standing, wording: Wording) -> Iterator[str]:
    row = standing.outlook
    if row is not None and standing.target.year is not None:
        words = say_outlook(standing, wording, row)
        year = _year(standing, row["year"], wording)
        yield wording.say("projection_said", year=year, **words)


def say_rests(standings: Iterable[Standing], wording: Wording) -> list[str]:
    """Say what outlooks rest on, with how many targets do, and how often ranges like theirs held.

    Said once for all: the sentences are the same for most targets.
    """
    said = Counter(
        wording.say(
            "company_said" if one.has_company else "alone_said",
            count=one.company,
            least=METHOD.least_company,
            held=round(read_track_record(company=one.has_company).coverage80 * 10),
        )
        for one in standings
        if one.outlook is not None and one.target.year is not None
    )
    return [wording.say("rests_said", count=count, rests=rests) for rests, count in said.items()]


def _say_pace(standing: Standing, wording: Wording) -> Iterator[str]:
    if standing.required_pace is None or standing.target.year is None:
        return
    words = {
        "year": standing.target.year,
        "required": wording.pace(standing.required_pace, standing.target),
        "left": standing.years_left,
        "since": wording.say("pace_since", year=wording.last(standing)[1]) if wording.is_old(standing) else "",
    }
    if standing.observed_pace is None:
        yield wording.say("pace_needed_said", **words)
    else:
        observed = wording.pace(standing.observed_pace, standing.target)
        yield wording.say("pace_said", observed=observed, **words)
        enough = standing.observed_pace * standing.required_pace >= standing.required_pace**2 > 0
        if enough and standing.state in ("uncertain", "unlikely"):
            yield wording.say("pace_enough_said")
    if standing.best_pace is None or standing.observed_pace is None:
        return
    best = wording.pace(standing.best_pace, standing.target)
    # What is written as 0 is no step either.
    if standing.best_pace * standing.required_pace <= 0 or not any(digit in best for digit in "123456789"):
        yield wording.say("best_pace_none_said", span=standing.best_span)
    else:
        yield wording.say("best_pace_said", span=standing.best_span, best=best)


def _say_cautions(standing: Standing, wording: Wording) -> Iterator[str]:
    target = standing.target
    if standing.broken and standing.state not in TRENDLESS:
        yield wording.say("after_break_said", reason=wording.break_reason(standing))
    if standing.stale and standing.last is not None:
        yield wording.say("stale_said", year=wording.last(standing)[1])
    if target.year_basis == "yearly":
        yield wording.say("yearly_floor_said")
    if target.lapsed is not None and target.kind == "milestone":
        yield wording.say("lapsed_milestone_said", day=wording.date(target.lapsed))
    if target.implausible:
        yield f"{wording.say('implausible')}: {wording.read(target.implausible)}"


def say_open_sdg(standing: Standing, wording: Wording) -> Iterator[str]:
    """Say the progress of a target by the rule of Open SDG, if it has any."""
    progress = standing.progress
    if progress is not None and progress["score"] is not None and progress["base_year"] is not None:
        yield wording.say(
            "open_sdg_said",
            **{"class": wording.say(f"open_sdg_{progress['class']}")},
            score=wording.write(progress["score"], 1),
            base=_year(standing, progress["base_year"], wording),
        )


def _year(standing: Standing, year: int, wording: Wording) -> str:
    return wording.name_year(year, wording.registry.indicators[standing.target.id])


def say_chance(probability: float, wording: Wording) -> str:
    """Say a probability in words: "about 35%", "below 5%"."""
    percent = round(probability * 100 / STEP) * STEP
    key = "chance_below" if percent < STEP else "chance_above" if percent > 100 - STEP else "chance_between"
    return wording.say(key, number=min(max(percent, STEP), 100 - STEP))


def say_outlook(
    standing: Standing, wording: Wording, row: Mapping[str, Any], *, unit: bool = True
) -> dict[str, str]:
    """Write centre and 80% range of a projected year: `point`, `low`, `high`; the low end is always bare."""
    indicator = wording.registry.indicators[standing.target.id]
    decimals = indicator.decimals
    said = {key: wording.write(row[name], decimals) for key, name in ENDS.items()}
    if unit:
        for key in ("point", "high"):
            said[key] = wording.with_unit(row[ENDS[key]], indicator.unit, decimals)
    return said


def draw_strip(standing: Standing, wording: Wording) -> Markup:
    """Draw a target on one line: the newest value as a dot, the 80% range to come as a bar, the target as a tick.

    A contradicted figure is a hollow dot for each of its readings. The strip starts at nought, or at half of its
    end if everything lies above that; both ends are written. It is "" without a number.
    """
    dots = list(standing.doubted["readings"]) if standing.doubted else []
    dots += [standing.last["value"]] if standing.last and not dots else []
    if standing.target.kind == "milestone" or not dots:
        return Markup("")
    ahead, target = standing.outlook, float(standing.target.value)
    goal = [] if wording.place.is_past else [target]
    bar = [] if ahead is None else [ahead["lo80"], ahead["hi80"]]
    values = [*dots, *bar, *goal]
    percent = standing.target.unit == "percent" and max(values) <= WHOLE
    end = float(WHOLE) if percent else _round_up(max(values))
    start = end / 2 if min(values) > end / 2 else min(0.0, min(values))

    def place(value: float) -> float:
        return round(MARGIN + (value - start) / (end - start) * (WIDTH - 2 * MARGIN), 1)

    return render(
        "strip",
        width=WIDTH,
        height=HEIGHT,
        margin=MARGIN,
        dots=[place(value) for value in dots],
        hollow=standing.doubted is not None or standing.stale,
        bar=list(map(place, bar)),
        goal=place(target) if goal else None,
        ends=[wording.write(value, 0 if value == floor(value) else 1) for value in (start, end)],
    )


def _round_up(value: float) -> float:
    """Return the next number of one or one and a half digits: where a strip ends."""
    step = 10.0 ** (len(str(int(value))) - 1) / 2
    return step * (floor(value / step) + 1)
