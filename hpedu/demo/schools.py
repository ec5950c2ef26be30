"""A synthetic school list of the size of the city's: the same seed gives the same schools.

The proportions are invented here to look plausible; no figure is of any real school.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from openpyxl import Workbook

from hpedu.ingest.schools import school_schema
from hpedu.registry import Registry, registry
from hpedu.registry.models import SchoolColumn

BANNER = "DỮ LIỆU MÔ PHỎNG – không phải số liệu thật (SYNTHETIC DATA – not real figures)"

# Kind of school as printed -> levels, grades or ages it has, share of the list, share private, classes a grade.
_KINDS: list[tuple[str, tuple[str, ...], float, float, tuple[int, int]]] = [
    ("Mầm non", ("nursery", "kindergarten"), 0.375, 0.22, (1, 4)),
    ("Tiểu học", ("primary",), 0.265, 0.01, (2, 6)),
    ("THCS", ("lower_secondary",), 0.240, 0.01, (2, 6)),
    ("TH&THCS", ("primary", "lower_secondary"), 0.035, 0.05, (1, 3)),
    ("THPT", ("upper_secondary",), 0.065, 0.32, (6, 14)),
    ("THCS&THPT", ("lower_secondary", "upper_secondary"), 0.010, 0.70, (2, 5)),
    ("TH, THCS và THPT", ("primary", "lower_secondary", "upper_secondary"), 0.010, 0.95, (1, 4)),
]
_PARTS = {
    "nursery": ["pupils_months_3_12", "pupils_months_13_24", "pupils_months_25_36"],
    "kindergarten": ["pupils_age_3", "pupils_age_4", "pupils_age_5"],
    "primary": [f"pupils_grade_{grade}" for grade in range(1, 6)],
    "lower_secondary": [f"pupils_grade_{grade}" for grade in range(6, 10)],
    "upper_secondary": [f"pupils_grade_{grade}" for grade in range(10, 13)],
}
_CLASS_SIZE = {"nursery": 20, "kindergarten": 28, "primary": 33, "lower_secondary": 39, "upper_secondary": 41}
_STAGE = {"nursery": "preschool", "kindergarten": "preschool"}
_TEACHERS = {"preschool": 1.95, "primary": 1.45, "lower_secondary": 1.85, "upper_secondary": 2.2}
_FIRST_GRADES = {"primary": 1, "lower_secondary": 6, "upper_secondary": 10}

# Column -> lowest and highest share, of the column it is part of at the level.
_SHARES = {
    "pupils_female": (0.44, 0.50),
    "pupils_two_sessions": (0.80, 1.0),
    "pupils_official_age": (0.97, 1.0),
    "pupils_lms_active": (0.35, 0.95),
    "pupils_art_and_sport": (0.25, 0.80),
    "teachers_female": (0.65, 0.98),
    "teachers_qualified": (0.86, 1.0),
    "classrooms_permanent": (0.80, 1.0),
}
_LEVEL_SHARES = {
    "pupils_basic_digital_skills": ("primary", 0.5, 0.95),
    "pupils_basic_digital_competence": ("lower_secondary", 0.4, 0.9),
    "pupils_language_level3": ("upper_secondary", 0.1, 0.45),
    "pupils_it_national_standard": ("upper_secondary", 0.3, 0.8),
    "pupils_it_international_standard": ("upper_secondary", 0.01, 0.15),
    "pupils_ai_programming": ("upper_secondary", 0.1, 0.6),
}
_LANGUAGE = {"primary": "completers_language_a1", "lower_secondary": "completers_language_a2"}


def make_schools(count: int = 1588, seed: int = 2025, year: int = 2025) -> pl.DataFrame:
    """Make up a list of schools in the communes of the city.

    Returns
    -------
    polars.DataFrame
        Columns `hpedu.ingest.schools.school_schema`, one row a school, all marked `synthetic`.
    """
    book, dice = registry(), random.Random(seed)
    communes = [commune for commune in book.communes if commune.valid_to is None]
    rows = []
    for number in range(1, count + 1):
        kind = dice.choices(_KINDS, weights=[kind[2] for kind in _KINDS])[0]
        commune = communes[(number - 1) % len(communes)]
        rows.append(
            {
                "row_number": str(number),
                "synthetic": True,
                "year": year,
                "ministry_code": f"99{number:08d}",
                "name": f"{kind[0]} mô phỏng số {number}",
                "commune_code": commune.code,
                "commune_name": commune.name,
            }
            | _make_school(kind, year, book, dice)
        )
    return pl.DataFrame(rows, schema=school_schema(book), orient="row")


def write_school_list(frame: pl.DataFrame, path: Path) -> None:
    """Write a list as the workbook schools send in: a line that says it is synthetic, the headers, the rows.

    Columns in which nothing stands are left out.
    """
    book = registry()
    heads = {name: head for name, head in _list_headers(book).items() if frame[name].null_count() < frame.height}
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Danh sách trường")
    sheet.append([BANNER])
    sheet.append(list(heads.values()))
    for row in frame.select(list(heads)).rows(named=True):
        sheet.append([_print_value(name, value) for name, value in row.items()])
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook.save(path)


def _make_school(kind: tuple[Any, ...], year: int, book: Registry, dice: random.Random) -> dict[str, Any]:
    _, levels, _, private, (low, high) = kind
    school: dict[str, Any] = {"levels": list(levels), "institution_type": "school"}
    school["ownership"] = "private" if dice.random() < private else "public"
    school["international"] = len(levels) > 1 and school["ownership"] == "private" and dice.random() < 0.15
    classes: dict[str, int] = {}
    for level in levels:
        for part in _PARTS[level]:
            rooms = dice.randint(low, high)
            classes[_STAGE.get(level, level)] = classes.get(_STAGE.get(level, level), 0) + rooms
            school[part] = sum(dice.randint(_CLASS_SIZE[level] - 6, _CLASS_SIZE[level] + 4) for _ in range(rooms))
    for stage, number in classes.items():
        school |= _fill_stage(stage, number, school, dice)
    school |= _sum_totals(list(classes), school, book)
    return school | _judge_school(classes, year, dice)


def _fill_stage(stage: str, classes: int, school: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    parts = [part for level, names in _PARTS.items() if _STAGE.get(level, level) == stage for part in names]
    filled: dict[str, Any] = {
        f"pupils_{stage}": sum(school.get(part, 0) for part in parts),
        f"classes_{stage}": classes,
    }
    needed = round(classes * _TEACHERS[stage])
    filled[f"teachers_required_norm_{stage}"] = needed
    filled[f"teachers_{stage}"] = max(1, round(needed * dice.uniform(0.88, 1.02)))
    filled[f"classrooms_{stage}"] = classes
    for column, (low, high) in _SHARES.items():
        whole = filled[f"{column.split('_')[0]}_{stage}"]
        filled[f"{column}_{stage}"] = round(whole * dice.uniform(low, high))
    filled[f"classrooms_semi_permanent_{stage}"] = classes - filled[f"classrooms_permanent_{stage}"]
    filled |= {f"classrooms_{rest}_{stage}": 0 for rest in ("temporary", "borrowed")}
    if stage == "preschool":
        filled["classes_within_size_limit"] = round(classes * dice.uniform(0.7, 1.0))
    else:
        filled |= _make_flow(stage, school, dice)
    for column, (level, low, high) in _LEVEL_SHARES.items():
        if level == stage:
            filled[column] = round(filled[f"pupils_{stage}"] * dice.uniform(low, high))
    return filled


def _make_flow(stage: str, school: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """Entrants and completers, from the first and last grade."""
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


def _sum_totals(stages: list[str], school: dict[str, Any], book: Registry) -> dict[str, Any]:
    """The totals of a school; the columns for one level stay where it teaches several."""
    totals: dict[str, Any] = {}
    for column in book.school_columns.values():
        values = [school.get(f"{column.id}_{stage}") for stage in stages if stage in column.levels]
        if column.per_level and values:
            totals[column.id] = sum(value for value in values if value is not None)
    return totals


def _judge_school(classes: dict[str, int], year: int, dice: random.Random) -> dict[str, Any]:
    level = dice.choices([0, 1, 2], weights=[24, 54, 22])[0]
    day = date(year, 9, 1) - timedelta(days=dice.randint(0, 5 * 365))
    substandard = level == 0 and dice.random() < 0.4
    return {
        "national_standard_level": level,
        "national_standard_date": day if level else None,
        "smart_classrooms": dice.randint(0, max(1, sum(classes.values()) // 8)),
        "online_learning": dice.random() < 0.6,
        "digital_platform": dice.random() < 0.7,
        "substandard": substandard,
        "substandard_with_roadmap": substandard and dice.random() < 0.7,
    }


def _list_headers(book: Registry) -> dict[str, str]:
    """Column id -> header to print: the official one, with the level behind it for a column of one level."""
    heads = {}
    for column in book.school_columns.values():
        heads[column.id] = column.name.vi
        for name, level in column.variants.items():
            heads[name] = _name_variant(column, level, book)
    return heads


def _name_variant(column: SchoolColumn, level: str, book: Registry) -> str:
    return f"{column.name.vi} {book.name('level', level, 'vi').lower()}"


def _print_value(name: str, value: Any) -> Any:
    """A typed value as a school would write it."""
    if isinstance(value, bool):
        return "x" if name == "synthetic" else ("có" if value else "không")
    if name == "levels" and value is not None:
        return ", ".join(_LEVEL_WORDS[level] for level in value)
    if name == "year":
        return f"{value}-{value + 1}"
    return _WORDS.get(value, value) if isinstance(value, str) else value


_LEVEL_WORDS = {
    "nursery": "Nhà trẻ",
    "kindergarten": "Mẫu giáo",
    "primary": "TH",
    "lower_secondary": "THCS",
    "upper_secondary": "THPT",
}
_WORDS = {"public": "Công lập", "private": "Tư thục", "school": "Trường"}
