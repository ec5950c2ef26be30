"""Show what pupils there will be and what they would take: charts, tables, and what they rest on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl

from hpedu import store
from hpedu.assess.needs import (
    PUPILS,
    SCENARIOS,
    SUMS,
    TERTIARY,
    count_private_schools,
    foresee_needs,
    list_counted,
)
from hpedu.assess.pupils import Series, foresee_pupils, index_series, name_peers
from hpedu.errors import check_name
from hpedu.outlook.projection import name_bands
from hpedu.present.charts.trend import trend
from hpedu.present.page.blocks import Block, draw_notice, draw_table, render
from hpedu.present.page.display import Chart, ChartText, Fragment
from hpedu.present.view import View
from hpedu.registry.formula import SeriesRef
from hpedu.registry.models import Norm
from hpedu.texts import MISSING, Language, format_number, say, school_year

UNTIL = 2030
HISTORY = 12  # years before the last that a chart shows
TRIED = ("classes", "teachers")
"""What the reader may see for other sizes of classes."""
SLOTS = {name: f"{{{name}}}" for name in ("level", "size", "ratio", "classes", "teachers", "verdict", "count")}
"""What the script puts into a sentence."""
PRESCHOOL = ("nursery", "kindergarten")  # levels of children, not of pupils
DOUBTFUL = "†"  # behind the name of a line that rests on a target whose value is doubtful
FLAT = 0.001  # a path that moves less than this share of itself is level
WIDE = 2.0  # from the low to the high scenario: beyond, a shortage to the unit would say more than is known


def draw_enrolment(view: View, levels: Sequence[str], *, until: int = UNTIL, growth: float = 0.0) -> Block:
    """Draw the pupils of each level, counted and projected with ranges: a chart a level and one table.

    `growth` is a scenario: percent a year on top of the projection. Raises `UnknownName` for a level whose pupils
    are not followed, with the closest names.
    """
    series = _read_series(view)
    levels = _check_levels(view, levels)
    found = foresee_pupils(series, view.registry, until=until, growth=growth, peers=_read_peers(view))
    found = found.filter(pl.col("level").is_in(levels))
    if found.is_empty():
        return Block(draw_notice(view.wording.say("no_pupils_said", place=view.wording.territory)))
    shown = [level for level in levels if level in found["level"]]
    drawn = [_draw_level(view, series, found.filter(pl.col("level") == level), level) for level in shown]
    said = view.wording.say("growth_said", growth=format_number(growth, 1, view.language)) if growth else ""
    newest = max(max(series[SeriesRef("pupils", level)]) for level in shown)
    basis = view.wording.say("enrolment_said", year=school_year(newest, view.language), growth=said)
    table = _tabulate_pupils(view, found, shown)
    return Block(*drawn, table, draw_notice(f"{_say_how(view, found, shown)} {basis}"))


def _read_peers(view: View) -> pl.DataFrame:
    """Return the pupils of other provinces up to the year of the report."""
    return store.peer_values(name_peers(view.registry)).filter(pl.col("year") <= view.year)


def _read_series(view: View) -> Series:
    return store.RecordedSeries(
        view.territory, lambda own: index_series(view.known(own), view.territory, view.year)
    )


def _check_levels(view: View, levels: Sequence[str]) -> list[str]:
    names = [flow.level for flow in view.registry.flows]
    return [check_name("level", level, names) for level in levels] or names


def _draw_level(view: View, series: Series, found: pl.DataFrame, level: str) -> Chart:
    name = view.registry.name("level", level, view.language)
    place = view.wording.territory
    learners = say("learners_preschool" if level in PRESCHOOL else "learners_school", view.language)
    counted = series[SeriesRef("pupils", level)]
    past = pl.DataFrame(
        [(name, year, row["value"], row["status"]) for year, row in counted.items()],
        schema={"series": pl.String, "year": pl.Int32, "value": pl.Float64, "status": pl.String},
        orient="row",
    ).filter(pl.col("year") >= max(counted) - HISTORY)
    ahead = found.select("year", *name_bands(), series=pl.lit(name), value="point", status=pl.lit("projected"))
    last = found.row(-1, named=True)
    words = {end: format_number(last[end], 0, view.language) for end in ("lo80", "hi80")}
    words |= {"year": school_year(max(counted), view.language), "until": school_year(last["year"], view.language)}
    title = say(
        "enrolment_title",
        view.language,
        level=name,
        learners=learners,
        count=format_number(past["value"][-1], 0, view.language),
        **words,
    )
    return trend(
        pl.concat([past, ahead], how="diagonal"),
        ChartText(
            title=title,
            alt=view.wording.say("enrolment_alt", place=place, levels=name, learners=learners),
            name=f"chart-enrolment-{level.replace('_', '-')}",
            language=view.language,
            unit_label=view.registry.name("unit", "persons", view.language),
            decimals=0,
            measure=view.wording.say("enrolment_measure", place=place, learners=learners),
            source=view.name_sources({one for row in counted.values() for one in row["source"].split(" + ")}),
        ),
        now=view.year,
        synthetic="synthetic" in past["status"].to_list(),
    )


def _tabulate_pupils(view: View, found: pl.DataFrame, levels: Sequence[str]) -> Fragment:
    """Draw a row a year, a column a level: the projection and its range of 80%."""
    language = view.language
    cells = {(row["level"], row["year"]): row for row in found.iter_rows(named=True)}

    def write(level: str, year: int) -> str:
        row = cells.get((level, year))
        if row is None:
            return MISSING
        ends = {"point": row["point"], "low": row["lo80"], "high": row["hi80"]}
        return say(
            "enrolment_cell", language, **{name: format_number(end, 0, language) for name, end in ends.items()}
        )

    years = sorted(set(found["year"]))
    rows = [[school_year(year, language), *(write(level, year) for level in levels)] for year in years]
    columns = [
        say("school_year", language),
        *(view.registry.name("level", level, language) for level in levels),
    ]
    caption = say("enrolment_caption", language, place=view.wording.territory)
    return draw_table(columns, rows, caption=caption, numeric=set(range(1, len(columns))))


def _say_how(view: View, found: pl.DataFrame, levels: Sequence[str]) -> str:
    """Say how each level is projected, and where its range comes from; levels that are alike together."""
    language = view.language
    lines: dict[str, list[str]] = {}
    for level in levels:
        own = found.filter(pl.col("level") == level)
        row, points = own.row(0, named=True), own["point"].to_list()
        flat = row["method"] == "trend" and max(points) - min(points) < FLAT * max(points)
        method = "method_flat" if flat else f"method_{row['method']}"
        how = f"{say(method, language)} ({say('range_' + row['basis'], language)})"
        lines.setdefault(how, []).append(view.registry.name("level", level, language))
    return " ".join(f"{', '.join(names)}: {how}." for how, names in lines.items())


def draw_requirements(
    view: View,
    levels: Sequence[str],
    *,
    scenario: str = "middle",
    growth: float = 0.0,
    class_size: float | Mapping[str, float] | None = None,
    until: int = UNTIL,
) -> Block:
    """Tabulate what the pupils projected would take: needed, there and missing, by scenario and by year.

    Levels may be sums of levels (preschool, general), or tertiary; all there are by default. The `scenario` low,
    middle or high is the one shown year by year; `growth` is percent a year on top of each. `class_size` is the
    pupils per class to plan with, for all levels or by level; without it, as in the last year. Raises
    `UnknownName` for a level or scenario that does not exist, with the closest names.
    """
    names = list(dict.fromkeys(norm.level for norm in view.registry.norms.values()))
    wanted = [check_name("level", level, names) for level in levels] or names
    check_name("scenario", scenario, view.registry.codes_of("scenario"))
    series = _read_series(view)
    sizes = dict.fromkeys(names, class_size) if isinstance(class_size, (int, float)) else dict(class_size or {})
    own = [norm for norm in view.registry.norms.values() if norm.level in wanted]
    references = [norm.reference for norm in own if norm.reference]
    values = view.known(store.indicator_values(references, [view.territory])).filter(pl.col("year") <= view.year)
    found = foresee_needs(
        series,
        values,
        view.registry,
        until=until,
        growth=growth,
        class_size=sizes,
        levels=wanted,
        peers=_read_peers(view) if wanted != [TERTIARY] else None,
    )
    found = found.filter(pl.col("level").is_in(wanted), pl.col("year") > view.year)
    if found.is_empty():
        return Block(draw_notice(view.wording.say("no_pupils_said", place=view.wording.territory)))
    sentences = [view.wording.say("needs_said")]
    if "teachers" in found["resource"]:
        sentences.append(view.wording.say("needs_norms_said"))
    shares = [norm for norm in own if norm.rule == "share" and norm.id in found["basis"]]
    doubtful = [norm for norm in shares if view.registry.targets[norm.reference].implausible]
    items = {norm.id: _name_item(view, norm, series) + DOUBTFUL * (norm in doubtful) for norm in own}
    return Block(
        _tabulate_end(view, found, items, until),
        *_tabulate_years(view, found, items, scenario),
        *(_warn_of_target(view, norm) for norm in doubtful),
        _tabulate_bases(view, found, items, sizes),
        draw_notice(" ".join(sentences)),
        *_offer_what_if(view, series, values, found, until, growth),
    )


def _offer_what_if(
    view: View, series: Series, values: pl.DataFrame, found: pl.DataFrame, until: int, growth: float
) -> Iterator[Fragment]:
    """Offer to try out other sizes of classes: what the page's script reckons with stands in one table.

    The script does what `hpedu.assess.needs.count_needed` does; without scripts nothing is seen.
    """
    language = view.language
    newest = {row["indicator"]: row["value"] for row in values.sort("year").iter_rows(named=True)}
    last = found.filter(pl.col("year") == until)
    stock = {(row["level"], row["resource"]): row for row in last.iter_rows(named=True)}
    pupils = foresee_pupils(series, view.registry, until=until, growth=growth, peers=_read_peers(view))
    levels = []
    for row in pupils.iter_rows(named=True):
        level = row["level"]
        ratios = [newest.get(f"{level}_{name}") for name in ("pupils_per_class", "teachers_per_class")]
        if row["year"] != until or None in ratios or not {(level, one) for one in TRIED} <= stock.keys():
            continue
        levels.append(
            {
                "name": view.registry.name("level", level, language),
                "pupils": {code: row[end] for code, end in SCENARIOS.items()},
                "ratios": ratios,
                "there": [stock[level, one]["there"] for one in TRIED],
            }
        )
    if not levels:
        return
    said = {
        key: say(f"what_if_{key}", language, year=school_year(until, language), **SLOTS)
        for key in ("said", "missing", "enough", "unsure", "unknown")
    }
    html = render(
        "what_if",
        say=partial(say, language=language),
        model=json.dumps({"levels": levels, "wide": WIDE, "said": said}, ensure_ascii=False),
        levels=levels,
        year=school_year(until, language),
        scenarios={code: row.name.get(language) for code, row in view.registry.codes_of("scenario").items()},
        resources=[view.registry.name("resource", one, language) for one in TRIED],
    )
    yield Fragment(html, "")


def draw_private_schools(view: View, levels: Sequence[str]) -> Fragment:
    """Tabulate how many private schools the plan's shares take: as new schools, or as public ones converted.

    Raises `UnknownName` for a level without such a target, with the closest names.
    """
    language = view.language
    rows = []
    for level in levels:
        name = check_name("target", f"{level}_private_school_share", view.registry.targets)
        target, known = view.registry.targets[name], view.rows(name)
        if known and known[-1]["numerator"] is not None:
            last = known[-1]
            needed = count_private_schools(last["numerator"], last["denominator"], float(target.value) / 100)
            counts = [format_number(one, 0, language) for one in (last["numerator"], last["denominator"], *needed)]
            named = [view.registry.name("level", level, language), view.last(name).year]
            rows.append([*named, *counts[:2], view.last(name).text, view.wording.objective(target), *counts[2:]])
    keys = ("level", "year", *(f"private_{part}" for part in ("there", "all", "share")), "target_value")
    keys += ("private_new", "private_converted")
    caption = say("private_caption", language)
    if not rows:
        return draw_notice(say("nothing_listed", language, caption=caption))
    return draw_table([say(key, language) for key in keys], rows, caption=caption, numeric=set(range(2, 8)))


def _tabulate_end(view: View, found: pl.DataFrame, names: Mapping[str, str], until: int) -> Fragment:
    language, unsure = view.language, list_unsure(found)
    scenarios = {code: row.name.get(language).lower() for code, row in view.registry.codes_of("scenario").items()}
    rows = []
    for (norm_id,), own in found.filter(pl.col("year") == until).group_by("basis", maintain_order=True):
        cases = {row["scenario"]: row for row in own.iter_rows(named=True)}
        there = cases["middle"]
        have = format_number(there["there"], 0, language)
        if there["there_year"] is not None:
            year = school_year(there["there_year"], language)
            have = say("enrolment_counted", language, number=have, year=year)
        needed = [format_number(cases[name]["needed"], 0, language) for name in scenarios]
        rows.append([names[str(norm_id)], have, *needed, _write_missing(there, unsure, language)])
    columns = [
        *(say(f"needs_{key}", language) for key in ("what", "there")),
        *(say("needs_needed", language, scenario=name) for name in scenarios.values()),
        say("needs_missing", language, scenario=scenarios["middle"]),
    ]
    caption = say("needs_end_caption", language, year=until)
    return draw_table(columns, rows, caption=caption, numeric=set(range(1, len(columns))))


def _write_missing(row: Mapping[str, Any], unsure: set[tuple[str, int]], language: Language) -> str:
    if (row["basis"], row["year"]) in unsure:
        return say("needs_unsure", language)
    return format_number(row["missing"], 0, language)


def list_unsure(found: pl.DataFrame) -> set[tuple[str, int]]:
    """Return norms and years whose scenarios lie too far apart to say how much is missing, or that anything is."""
    ends = found.group_by("basis", "year").agg(
        low=pl.col("needed").min(), high=pl.col("needed").max(), there=pl.col("there").max()
    )
    between = pl.col("there").is_between("low", "high", closed="left").fill_null(False)
    return set(ends.filter((pl.col("high") > WIDE * pl.col("low")) | between).select("basis", "year").rows())


def _tabulate_bases(
    view: View, found: pl.DataFrame, names: Mapping[str, str], sizes: Mapping[str, Any]
) -> Fragment:
    """Draw a table that says where each ratio comes from; what rests on the same is listed once."""
    items: dict[str, list[str]] = {}
    for name in found["basis"].unique(maintain_order=True):
        items.setdefault(_say_basis(view, view.registry.norms[name], sizes), []).append(names[name])
    rows = [["; ".join(named), basis] for basis, named in items.items()]
    columns = [view.wording.say("needs_what"), view.wording.say("needs_basis")]
    return draw_table(columns, rows, caption=view.wording.say("needs_basis_caption"), folded=True)


def _tabulate_years(
    view: View, found: pl.DataFrame, names: Mapping[str, str], scenario: str
) -> Iterator[Fragment]:
    """Tabulate what is missing of what there is now, by each year; no line, and no table, that never changes."""
    language, unsure = view.language, list_unsure(found)
    own = found.filter(pl.col("scenario") == scenario)
    years = sorted(set(own["year"]))
    rows = []
    for (norm_id,), group in own.group_by("basis", maintain_order=True):
        missing = {row["year"]: _write_missing(row, unsure, language) for row in group.iter_rows(named=True)}
        if len(set(missing.values()) - {MISSING}) > 1:
            rows.append([names[str(norm_id)], *(missing.get(year, MISSING) for year in years)])
    if rows:
        name = view.registry.name("scenario", scenario, language).lower()
        columns = [say("needs_what", language), *(school_year(year, language) for year in years)]
        caption = say("needs_years_caption", language, scenario=name)
        yield draw_table(columns, rows, caption=caption, numeric=set(range(1, len(columns))))


def _name_item(view: View, norm: Norm, series: Series) -> str:
    """Name a resource by its level; what rests on the pupils of some parts of a sum only, by those parts."""
    counted = list_counted(series, norm.level)
    whole = norm.base != PUPILS or len(counted) == len(SUMS.get(norm.level, counted))
    named = [norm.level] if whole else counted
    level = ", ".join(view.registry.name("level", one, view.language) for one in named)
    resource = view.registry.name("resource", norm.resource, view.language).lower()
    return view.wording.say("needs_item", level=level, resource=resource)


def _warn_of_target(view: View, norm: Norm) -> Fragment:
    """Say of what rests on a target whose value is doubtful that it does, and why."""
    target, wording = view.registry.targets[norm.reference], view.wording
    said = {"name": wording.read(target.name), "objective": wording.objective(target)}
    why = wording.read(target.implausible)
    return draw_notice(wording.say("needs_doubtful", mark=DOUBTFUL, number=target.number, why=why, **said))


def _say_basis(view: View, norm: Norm, sizes: Mapping[str, Any]) -> str:
    """Say where the ratio of a norm comes from, with its figure."""
    language, source = view.language, norm.source.get(view.language)
    if norm.rule == "fixed":
        return source
    rows = view.rows(norm.reference)
    last = rows[-1] if rows else None
    indicator = view.indicator(norm.reference)
    value = view.wording.with_unit(last["value"], indicator.unit, indicator.decimals) if last else ""
    year = view.wording.name_year(last["year"], indicator) if last else MISSING
    if norm.rule == "share":
        start = say("basis_start", language, value=value, year=year) if last else ""
        objective = view.wording.objective(view.registry.targets[norm.reference])
        return say(
            "basis_share",
            language,
            source=source,
            objective=objective,
            start=start or say("basis_no_start", language),
        )
    size = sizes.get(norm.level) if norm.resource == "classes" else None
    if size:
        return say("basis_size", language, value=format_number(size, 1, language))
    return say("basis_per", language, source=source, value=value, year=year)
