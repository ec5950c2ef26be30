"""Show what pupils there will be and what they would take: charts, tables, and what they rest on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
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
from hpedu.present.view import Lexicon, View
from hpedu.registry.formula import SeriesRef
from hpedu.registry.models import Norm
from hpedu.texts import MISSING

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
    words = view.wording
    said = words.say("growth_said", growth=words.write(growth, 1)) if growth else ""
    newest = max(max(series[SeriesRef("pupils", level)]) for level in shown)
    basis = words.say("enrolment_said", year=view.school_year(newest), growth=said)
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
    words = view.wording
    named = {
        "level": words.name("level", level),
        "learners": words.say("learners_preschool" if level in PRESCHOOL else "learners_school"),
        "place": words.territory,
    }
    counted = series[SeriesRef("pupils", level)]
    past = pl.DataFrame(
        [(named["level"], year, row["value"], row["status"]) for year, row in counted.items()],
        schema={"series": pl.String, "year": pl.Int32, "value": pl.Float64, "status": pl.String},
        orient="row",
    ).filter(pl.col("year") >= max(counted) - HISTORY)
    ahead = found.select(
        "year", *name_bands(), series=pl.lit(named["level"]), value="point", status=pl.lit("projected")
    )
    last = found.row(-1, named=True)
    title = words.say(
        "enrolment_title",
        count=words.write(past["value"][-1]),
        year=view.school_year(max(counted)),
        until=view.school_year(last["year"]),
        **{end: words.write(last[end]) for end in ("lo80", "hi80")},
        **named,
    )
    return trend(
        pl.concat([past, ahead], how="diagonal"),
        ChartText(
            title=title,
            alt=words.say("enrolment_alt", levels=named["level"], **named),
            name=f"chart-enrolment-{level.replace('_', '-')}",
            language=view.language,
            unit_label=words.name("unit", "persons"),
            decimals=0,
            measure=words.say("enrolment_measure", **named),
            source=view.name_sources({one for row in counted.values() for one in row["source"].split(" + ")}),
        ),
        now=view.year,
        synthetic="synthetic" in past["status"].to_list(),
    )


def _tabulate_pupils(view: View, found: pl.DataFrame, levels: Sequence[str]) -> Fragment:
    """Draw a row a year, a column a level: the projection and its range of 80%."""
    words = view.wording
    cells = {
        (row["level"], row["year"]): words.say(
            "enrolment_cell",
            point=words.write(row["point"]),
            low=words.write(row["lo80"]),
            high=words.write(row["hi80"]),
        )
        for row in found.iter_rows(named=True)
    }
    years = sorted(set(found["year"]))
    rows = [[view.school_year(year), *(cells.get((level, year), MISSING) for level in levels)] for year in years]
    columns = [words.say("school_year"), *(words.name("level", level) for level in levels)]
    caption = words.say("enrolment_caption", place=words.territory)
    return draw_table(columns, rows, caption=caption, numeric=set(range(1, len(columns))))


def _say_how(view: View, found: pl.DataFrame, levels: Sequence[str]) -> str:
    """Say how each level is projected, and where its range comes from; levels that are alike together."""
    words = view.wording
    lines: dict[str, list[str]] = {}
    for level in levels:
        own = found.filter(pl.col("level") == level)
        row, points = own.row(0, named=True), own["point"].to_list()
        flat = row["method"] == "trend" and max(points) - min(points) < FLAT * max(points)
        method = "method_flat" if flat else f"method_{row['method']}"
        how = f"{words.say(method)} ({words.say('range_' + row['basis'])})"
        lines.setdefault(how, []).append(words.name("level", level))
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
    words = view.wording
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
                "name": words.name("level", level),
                "pupils": {code: row[end] for code, end in SCENARIOS.items()},
                "ratios": ratios,
                "there": [stock[level, one]["there"] for one in TRIED],
            }
        )
    if not levels:
        return
    year, keys = view.school_year(until), ("said", "missing", "enough", "unsure", "unknown")
    said = {key: words.say(f"what_if_{key}", year=year, **SLOTS) for key in keys}
    html = render(
        "what_if",
        say=words.say,
        model=json.dumps({"levels": levels, "wide": WIDE, "said": said}, ensure_ascii=False),
        levels=levels,
        year=year,
        scenarios={code: words.read(row.name) for code, row in view.registry.codes_of("scenario").items()},
        resources=[words.name("resource", one) for one in TRIED],
    )
    yield Fragment(html, "")


def draw_private_schools(view: View, levels: Sequence[str]) -> Fragment:
    """Tabulate how many private schools the plan's shares take: as new schools, or as public ones converted.

    Raises `UnknownName` for a level without such a target, with the closest names.
    """
    words, rows = view.wording, []
    for level in levels:
        name = check_name("target", f"{level}_private_school_share", view.registry.targets)
        target, known = view.registry.targets[name], view.rows(name)
        if known and known[-1]["numerator"] is not None:
            last = known[-1]
            needed = count_private_schools(last["numerator"], last["denominator"], float(target.value) / 100)
            there, of, *more = map(words.write, (last["numerator"], last["denominator"], *needed))
            shares = [view.last(name).text, words.objective(target)]
            rows.append([words.name("level", level), view.last(name).year, there, of, *shares, *more])
    keys = ("level", "year", *(f"private_{part}" for part in ("there", "all", "share")), "target_value")
    return words.table(
        (*keys, "private_new", "private_converted"), rows, "private_caption", numeric=set(range(2, 8))
    )


def _tabulate_end(view: View, found: pl.DataFrame, names: Mapping[str, str], until: int) -> Fragment:
    words, unsure = view.wording, list_unsure(found)
    scenarios = {code: words.read(row.name).lower() for code, row in view.registry.codes_of("scenario").items()}
    rows = []
    for (norm_id,), own in found.filter(pl.col("year") == until).group_by("basis", maintain_order=True):
        cases = {row["scenario"]: row for row in own.iter_rows(named=True)}
        there = cases["middle"]
        have = words.write(there["there"])
        if there["there_year"] is not None:
            have = words.say("enrolment_counted", number=have, year=view.school_year(there["there_year"]))
        needed = [words.write(cases[name]["needed"]) for name in scenarios]
        rows.append([names[str(norm_id)], have, *needed, _write_missing(there, unsure, words)])
    columns = [
        *(words.say(f"needs_{key}") for key in ("what", "there")),
        *(words.say("needs_needed", scenario=name) for name in scenarios.values()),
        words.say("needs_missing", scenario=scenarios["middle"]),
    ]
    caption = words.say("needs_end_caption", year=until)
    return draw_table(columns, rows, caption=caption, numeric=set(range(1, len(columns))))


def _write_missing(row: Mapping[str, Any], unsure: set[tuple[str, int]], words: Lexicon) -> str:
    return words.say("needs_unsure") if (row["basis"], row["year"]) in unsure else words.write(row["missing"])


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
    return view.wording.table(("needs_what", "needs_basis"), rows, "needs_basis_caption", folded=True)


def _tabulate_years(
    view: View, found: pl.DataFrame, names: Mapping[str, str], scenario: str
) -> Iterator[Fragment]:
    """Tabulate what is missing of what there is now, by each year; no line, and no table, that never changes."""
    words, unsure = view.wording, list_unsure(found)
    own = found.filter(pl.col("scenario") == scenario)
    years = sorted(set(own["year"]))
    rows = []
    for (norm_id,), group in own.group_by("basis", maintain_order=True):
        missing = {row["year"]: _write_missing(row, unsure, words) for row in group.iter_rows(named=True)}
        if len(set(missing.values()) - {MISSING}) > 1:
            rows.append([names[str(norm_id)], *(missing.get(year, MISSING) for year in years)])
    if rows:
        columns = [words.say("needs_what"), *map(view.school_year, years)]
        caption = words.say("needs_years_caption", scenario=words.name("scenario", scenario).lower())
        yield draw_table(columns, rows, caption=caption, numeric=set(range(1, len(columns))))


def _name_item(view: View, norm: Norm, series: Series) -> str:
    """Name a resource by its level; what rests on the pupils of some parts of a sum only, by those parts."""
    counted = list_counted(series, norm.level)
    whole = norm.base != PUPILS or len(counted) == len(SUMS.get(norm.level, counted))
    named = [norm.level] if whole else counted
    level = ", ".join(view.wording.name("level", one) for one in named)
    resource = view.wording.name("resource", norm.resource).lower()
    return view.wording.say("needs_item", level=level, resource=resource)


def _warn_of_target(view: View, norm: Norm) -> Fragment:
    """Say of what rests on a target whose value is doubtful that it does, and why."""
    target, wording = view.registry.targets[norm.reference], view.wording
    said = {"name": wording.read(target.name), "objective": wording.objective(target)}
    why = wording.read(target.implausible)
    return draw_notice(wording.say("needs_doubtful", mark=DOUBTFUL, number=target.number, why=why, **said))


def _say_basis(view: View, norm: Norm, sizes: Mapping[str, Any]) -> str:
    """Say where the ratio of a norm comes from, with its figure."""
    words, source = view.wording, view.wording.read(norm.source)
    if norm.rule == "fixed":
        return source
    last = view.last(norm.reference)
    if norm.rule == "share":
        start = words.say("basis_no_start" if last.missing else "basis_start", value=last.text, year=last.year)
        objective = words.objective(view.registry.targets[norm.reference])
        return words.say("basis_share", source=source, objective=objective, start=start)
    size = sizes.get(norm.level) if norm.resource == "classes" else None
    if size:
        return words.say("basis_size", value=words.write(size, 1))
    return words.say("basis_per", source=source, value=last.text, year=last.year or MISSING)
