"""Make up a school list of the size of the city's: the same seed gives the same schools.

The proportions are invented here to look plausible; no figure is of any real school.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from openpyxl import Workbook

from hpedu.decoding import read_toml
from hpedu.folders import write_whole
from hpedu.ingest.schools.lists import school_schema
from hpedu.present.exports.school_form import list_headers, print_value
from hpedu.present.exports.workbook import save_workbook
from hpedu.registry import Registry, load_registry

DAY = date(2025, 9, 30)  # the day schools count, of the demo's year
BANNER = "DỮ LIỆU MÔ PHỎNG – không phải số liệu thật (SYNTHETIC DATA – not real figures)"


PROPORTIONS = read_toml(__file__, "proportions.toml")
_KINDS: list[dict[str, Any]] = PROPORTIONS["kinds"]
_PARTS: dict[str, list[str]] = {level: row["parts"] for level, row in PROPORTIONS["levels"].items()}
_STAGE = {"nursery": "preschool", "kindergarten": "preschool"}
_FIRST_GRADES = {"primary": 1, "lower_secondary": 6, "upper_secondary": 10}
_LANGUAGE = {"primary": "completers_language_a1", "lower_secondary": "completers_language_a2"}


def make_schools(count: int = 1588, seed: int = 2025, year: int = 2025) -> pl.DataFrame:
    """Make up a list of schools (`hpedu.ingest.schools.lists.school_schema`), all marked `synthetic`."""
    registry, dice = load_registry(), random.Random(seed)
    communes = [commune for commune in registry.communes if commune.valid_to is None]
    rows = []
    for number in range(1, count + 1):
        kind = dice.choices(_KINDS, weights=[kind["share"] for kind in _KINDS])[0]
        commune = communes[(number - 1) % len(communes)]
        rows.append(
            {
                "row_number": str(number),
                "synthetic": True,
                "year": year,
                "ministry_code": f"99{number:08d}",
                "name": f"{kind['name']} mô phỏng số {number}",
                "commune_code": commune.code,
                "commune_name": commune.name,
            }
            | _make_school(kind, year, registry, dice)
        )
    columns = school_schema(registry)
    known = [{name: row.get(name) for name in columns} for row in rows]
    return pl.DataFrame(known, schema=columns, orient="row")


def write_school_list(frame: pl.DataFrame, path: Path) -> None:
    """Write a list as the workbook schools send in: a line that says it is synthetic, the headers, the rows."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Danh sách trường")
    sheet.append([BANNER])
    for row in print_schools(frame):
        sheet.append(row)
    write_whole(path, save_workbook(workbook, DAY))


def print_schools(frame: pl.DataFrame, columns: int | None = None) -> Iterator[list[Any]]:
    """Yield the headers, then each school as it would be typed; empty columns are left out.

    So many `columns` at most: the fullest ones, without those for one level of a school.
    """
    registry = load_registry()
    heads = list_headers(registry)
    if columns is not None:
        heads = {name: head for name, head in heads.items() if name in registry.school_columns}
    empty = {name: frame[name].null_count() for name in heads}
    fullest = sorted((name for name in heads if empty[name] < frame.height), key=empty.__getitem__)[:columns]
    names = [name for name in heads if name in fullest]
    yield [heads[name] for name in names]
    for row in frame.select(names).iter_rows():
        yield [print_value(name, value) for name, value in zip(names, row, strict=True)]


def _make_school(kind: Mapping[str, Any], year: int, registry: Registry, dice: random.Random) -> dict[str, Any]:
    levels = kind["levels"]
    school: dict[str, Any] = {"levels": levels, "institution_type": kind.get("type", "school")}
    private = dice.random() < kind["private"]
    school["ownership"] = "private" if private else "public"
    school["international"] = private and len(levels) > 1 and dice.random() < 0.15
    classes: dict[str, int] = {}
    for level in levels:
        stage = _STAGE.get(level, level)
        for part in _PARTS[level]:
            rooms = dice.randint(*PROPORTIONS["few"].get(part, kind["classes"]))
            classes[stage] = classes.get(stage, 0) + rooms
            size = PROPORTIONS["levels"][level]["class_size"]
            school[part] = sum(dice.randint(size - 6, size + 4) for _ in range(rooms))
    for stage, number in classes.items():
        school |= _fill_stage(stage, number, school, dice)
    school |= _sum_totals(list(classes), school, registry)
    return school | _judge_school(school["institution_type"], sum(classes.values()), year, dice)


def _fill_stage(stage: str, classes: int, school: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    parts = [part for level, names in _PARTS.items() if _STAGE.get(level, level) == stage for part in names]
    needed = round(classes * PROPORTIONS["teachers"][stage])
    filled: dict[str, Any] = {
        f"pupils_{stage}": sum(school.get(part, 0) for part in parts),
        f"classes_{stage}": classes,
        f"teachers_required_norm_{stage}": needed,
        f"teachers_{stage}": max(1, round(needed * dice.uniform(0.88, 1.02))),
        f"classrooms_{stage}": classes,
        f"classrooms_temporary_{stage}": 0,
        f"classrooms_borrowed_{stage}": 0,
    }
    for column, (low, high) in PROPORTIONS["shares"].items():
        whole = filled[f"{column.split('_')[0]}_{stage}"]
        filled[f"{column}_{stage}"] = round(whole * dice.uniform(low, high))
    filled[f"classrooms_semi_permanent_{stage}"] = classes - filled[f"classrooms_permanent_{stage}"]
    if stage == "preschool":
        filled["classes_within_size_limit"] = round(classes * dice.uniform(0.7, 1.0))
    if stage in _FIRST_GRADES:
        filled |= _make_flow(stage, school, dice)
    if stage == "continuing":
        filled["entrants_from_lower_secondary_continuing"] = round(filled["pupils_continuing"] * 0.33)
    for column, (low, high) in PROPORTIONS["pupils"].get(stage, {}).items():
        filled[column] = round(filled[f"pupils_{stage}"] * dice.uniform(low, high))
    return filled


def _make_flow(stage: str, school: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """Make up entrants and completers, from the first and last grade."""
    first, last = school[f"pupils_grade_{_FIRST_GRADES[stage]}"], school[_PARTS[stage][-1]]
    done = round(last * dice.uniform(0.97, 1.0))
    flow = {f"pupils_completed_{stage}": done, f"cohort_first_grade_pupils_{stage}": round(last * 1.01)}
    if stage in _LANGUAGE:
        flow[_LANGUAGE[stage]] = round(done * dice.uniform(0.4, 0.9))
        flow[f"completers_previous_year_{stage}"] = round(last * dice.uniform(0.95, 1.0))
    if stage == "lower_secondary":
        flow["new_entrants_lower_secondary"] = round(first * 0.99)
    if stage == "upper_secondary":
        flow["entrants_from_lower_secondary_upper_secondary"] = round(first * 0.98)
    return flow


def _sum_totals(stages: list[str], school: dict[str, Any], registry: Registry) -> dict[str, Any]:
    """Keep to the columns a list has: totals of the school, and each level for itself where it has several."""
    totals: dict[str, Any] = {}
    for column in registry.school_columns.values():
        variants = [f"{column.id}_{stage}" for stage in stages if stage in column.levels]
        if column.per_level and variants:
            totals[column.id] = sum(school[name] for name in variants)
    return totals


def _judge_school(kind: str, classes: int, year: int, dice: random.Random) -> dict[str, Any]:
    level = dice.choices([0, 1, 2], weights=[24, 54, 22])[0] if kind == "school" else 0
    day = date(year, 9, 1) - timedelta(days=dice.randint(0, 5 * 365))
    substandard = level == 0 and dice.random() < 0.4
    return {
        "national_standard_level": level,
        "national_standard_date": day if level else None,
        "smart_classrooms": dice.randint(0, max(1, classes // 8)),
        **{column: dice.random() < share for column, share in PROPORTIONS["yes"].items()},
        "substandard": substandard,
        "substandard_with_roadmap": substandard and dice.random() < 0.7,
    }
