"""Measure how much of the city a school list covers, level by level: a partial list never speaks for the city."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import polars as pl

from hpedu.ingest.schools.addresses import list_valid
from hpedu.ingest.schools.rules import COUNTED
from hpedu.ingest.schools.stages import MEMBERS, STAGES, place_levels
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef
from hpedu.texts import LANGUAGES, Language, school_year, write_number

State = Literal["whole", "unknown", "partial"]
"""A level is covered; it is as far as anybody can tell, since no count is known to compare with; it is not."""

_COUNTS = ("schools", "institutions")
_STAGE_OF = {"nursery": "preschool", "kindergarten": "preschool"}


@dataclass(frozen=True)
class Coverage:
    """How much of one level a year's lists cover.

    `known` is the newest count of its schools, published or of a whole list, of `known_year`; `communes` are those
    with a school of the level in the list, `expected` those that had one in the newest whole list (None: no list).
    """

    year: int
    level: str
    listed: int
    known: int | None
    known_year: int | None
    communes: frozenset[str]
    expected: frozenset[str] | None
    # Communes with any school in the list, and all that exist.
    placed: int
    existing: int
    state: State = field(default="partial")


def measure_coverage(
    schools: pl.DataFrame, totals: pl.DataFrame, published: pl.DataFrame, registry: Registry
) -> list[Coverage]:
    """Measure each level that a year's lists have a count of schools for.

    `schools` are the rows of all lists, each school once a year, `totals` what they sum to
    (`hpedu.ingest.schools.totals.total_schools`), `published` the observations of all other files.
    """
    columns = registry.school_columns.values()
    counts = [text for column in columns if column.count_as == "rows" for text in column.formulas]
    refs = {
        ref.level: ref for ref in (SeriesRef(*text.split("/")[:2]) for text in counts) if ref.measure in _COUNTS
    }
    placed = place_levels(schools.lazy()).select("year", "highest", "commune_code").collect()
    found: list[Coverage] = []
    before: dict[str, Coverage] = {}
    for year in sorted(schools["year"].unique()):
        own = placed.filter(pl.col("year") == year)
        existing = frozenset(list_valid(date(year, *COUNTED), registry))
        everywhere = frozenset(own["commune_code"].drop_nulls())
        for level, ref in refs.items():
            here = frozenset(own.filter(pl.col("highest").is_in(MEMBERS[level]))["commune_code"].drop_nulls())
            last = before.get(level)
            known, known_year = _find_known(ref, year, published, registry)
            if last is not None and last.state == "whole" and (known_year is None or known_year < last.year):
                known, known_year = last.listed, last.year
            expected = last.communes if last else None
            listed = int(_select(ref, totals, registry).filter(pl.col("year") == year)["value"].sum())
            state = _judge(listed, known, here, expected, everywhere >= existing, registry)
            one = Coverage(
                *(year, level, listed, known, known_year, here, expected),
                *(len(everywhere & existing), len(existing), state),
            )
            found.append(one)
        before |= {one.level: one for one in found if one.year == year and one.state != "partial"}
    return found


def _judge(
    listed: int,
    known: int | None,
    communes: frozenset[str],
    expected: frozenset[str] | None,
    everywhere: bool,
    registry: Registry,
) -> State:
    schools, places = (registry.limits[f"school_list_{name}"].value for name in ("schools", "communes"))
    if expected and 100 * len(communes & expected) < places * len(expected):
        return "partial"
    if known is None:
        # Without a count, only a list with schools in every commune is taken for that of the city.
        return "unknown" if listed and everywhere else "partial"
    return "whole" if 100 * listed >= schools * known else "partial"


def _select(ref: SeriesRef, table: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    key = pl.struct("measure", "level", "ownership", "sex", "detail", "territory", "place")
    wanted = {**vars(ref), "territory": registry.city, "place": ""}
    return table.filter(pl.all_horizontal(key.struct.field(name) == value for name, value in wanted.items()))


def _find_known(
    ref: SeriesRef, year: int, published: pl.DataFrame, registry: Registry
) -> tuple[int | None, int | None]:
    """Return the newest published count of a level up to a year, and its year; (None, None) if there is none."""
    own = _select(ref, published, registry).filter(pl.col("year") <= year, pl.col("qualifier") == "")
    if own.is_empty():
        return None, None
    newest = own.sort("year", "edition").row(-1, named=True)
    return int(newest["value"]), int(newest["year"])


def apply_coverage(totals: pl.DataFrame, found: Iterable[Coverage], registry: Registry) -> pl.DataFrame:
    """Take the sums over a partial list out of the city, and mark those that stay with what is known of the list.

    Sums of communes stay, with the flag `partial_list`. Those of the city have the flag `coverage_unknown` where
    no count is known, and `fewer_than_published` where the list has fewer schools than were counted.
    """
    by_year: dict[int, dict[str, Coverage]] = {}
    for one in found:
        by_year.setdefault(one.year, {})[one.level] = one
    rows = [
        (year, level, *_describe(level, levels, registry))
        for year, levels in by_year.items()
        for level in totals["level"].unique()
    ]
    columns = {"year": pl.Int32, "level": pl.String, "state": pl.String, "mark": pl.String, "remark": pl.String}
    table = pl.DataFrame(rows, schema=columns, orient="row")
    joined = totals.join(table, on=["year", "level"], how="left", maintain_order="left")
    partial, city = pl.col("state") == "partial", pl.col("place") == ""
    mark = pl.when(partial).then(pl.lit("partial_list")).when(city).then("mark").otherwise(pl.lit(""))
    flags = pl.when(mark == "").then("flags").otherwise(pl.concat_list("flags", mark))
    note = pl.when(city & (pl.col("remark") != "")).then(pl.concat_str("note", "remark", separator="; "))
    marked = joined.with_columns(flags=flags, note=note.otherwise("note"))
    return marked.filter(~(partial & city)).select(totals.columns)


def _describe(level: str, levels: Mapping[str, Coverage], registry: Registry) -> tuple[State, str, str]:
    """Return state, flag and remark of the city's sums of a level or group of levels."""
    level = _STAGE_OF.get(level, level)
    stages = [stage for stage in MEMBERS[level] if stage in STAGES]
    parts = [levels[one] for one in dict.fromkeys((level, *stages)) if one in levels]
    states = {one.state for one in parts}
    if "partial" in states or not parts:
        return "partial", "", ""
    short = any(one.known is not None and one.listed < one.known for one in parts)
    unknown = "unknown" in states
    words = registry.code("note", "school_list_has").name
    own = levels.get(level)
    remark = ""
    if own is not None and own.known is not None and own.listed != own.known:
        values = {"listed": own.listed, "known": own.known, "year": own.known_year}
        remark = "; ".join(words.get(language).format(**values) for language in LANGUAGES)
    mark = "fewer_than_published" if short else "coverage_unknown" if unknown else ""
    return ("unknown" if unknown else "whole"), mark, remark


def report_coverage(
    found: Iterable[Coverage], files: Mapping[int, tuple[str, str]], registry: Registry
) -> list[dict[str, Any]]:
    """Return an issue for each level a year's lists (their files and sheets are in `files`) may not cover."""
    return [_make_issue(one, *files[one.year], registry) for one in found if one.state != "whole"]


def _make_issue(one: Coverage, file: str, sheet: str, registry: Registry) -> dict[str, Any]:
    reason = "school_list_partial" if one.state == "partial" else "school_list_unknown"
    text = registry.code("reason", reason).name
    missing = (one.expected or frozenset()) - one.communes
    names = sorted(row.name for row in registry.communes if row.code in missing and row.valid_from is not None)
    messages = {}
    for language in LANGUAGES:
        level = registry.name("level", one.level, language)
        messages[f"message_{language}"] = text.get(language).format(
            file=file,
            year=school_year(one.year, language),
            level=level[:1].lower() + level[1:],
            counted=_count(one, registry, language),
            communes=one.placed,
            existing=one.existing,
            limit=registry.limits["school_list_schools"].value,
            # Communes that had a school of the level in the newest whole list.
            missing=", ".join(names) or "–",
        )
    known = "?" if one.known is None else one.known
    place = {"file": file, "sheet": sheet, "cell": "", "printed": f"{one.listed}/{known}"}
    return place | {"reason": reason, "subject": f"{one.year} {one.level}"} | messages


def _count(one: Coverage, registry: Registry, language: Language) -> str:
    listed = write_number(one.listed, language)
    if one.known is None or one.known_year is None:
        return registry.code("note", "school_count_unknown").name.get(language).format(listed=listed)
    words = registry.code("note", "school_count_known").name.get(language)
    known = write_number(one.known, language)
    share = write_number(100 * one.listed / one.known, language, 1) if one.known else "100"
    return words.format(listed=listed, known=known, share=share, year=school_year(one.known_year, language))
