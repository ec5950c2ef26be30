"""Check what must hold in a school list: within a row, against the registry, and between rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from string import Formatter
from typing import Literal

import polars as pl

from hpedu.ingest import schema
from hpedu.ingest.schools.addresses import OTHER_KIND, RENAMED, UNKNOWN, find_commune
from hpedu.ingest.schools.fields import MISSING
from hpedu.ingest.schools.stages import last_day, list_parts, place_levels, sum_parts, valid_recognition
from hpedu.ingest.screen import hide_contacts
from hpedu.ingest.words.years import lies_after
from hpedu.registry import Registry
from hpedu.registry.school_columns import SchoolColumn
from hpedu.texts import LANGUAGES, say

COUNTED = (9, 30)
"""The day of a school year (month, day) on which schools are counted."""

_ROW = ("year", "operating_status", "levels")
"""Columns that say whether a row counts at all."""


@dataclass
class Issues:
    """The issues of one sheet. `letters` gives the spreadsheet column of a column id."""

    registry: Registry
    file: str
    sheet: str
    letters: Mapping[str, str]
    frames: list[pl.DataFrame] = field(default_factory=list)

    def add(self, reason: str, column: str, found: pl.DataFrame) -> None:
        """Add one issue for each row of `found` (columns row, printed, subject) in a column, by id or letter."""
        if found.is_empty():
            return
        letter = self.letters.get(column, column if column.isupper() else "A")
        rows = found.select(
            file=pl.lit(self.file),
            sheet=pl.lit(self.sheet),
            cell=pl.format(letter + "{}", "row"),
            printed=hide_contacts(pl.col("printed").cast(pl.String).fill_null("")),
            reason=pl.lit(reason),
            subject=hide_contacts(pl.col("subject").cast(pl.String).fill_null("")),
        )
        text = self.registry.code("reason", reason).name
        messages = {f"message_{language}": fill_template(text.get(language), language) for language in LANGUAGES}
        named = rows.with_columns(cell=pl.concat_str(pl.lit(schema.name_cell(self.sheet, "")), "cell"))
        self.frames.append(rows.hstack(named.select(**messages)).select(list(schema.ISSUES)))

    def collect(self) -> pl.DataFrame:
        """Return all issues, with the columns `hpedu.ingest.schema.ISSUES`."""
        return pl.concat([pl.DataFrame(schema=schema.ISSUES), *self.frames])


def fill_template(template: str, language: str) -> pl.Expr:
    """Fill a template for whole columns, as `hpedu.texts.fill`: "{cell}" becomes the value of that column."""
    parts: list[pl.Expr] = []
    for words, name, _, _ in Formatter().parse(template):
        parts += [pl.lit(words)] + ([pl.col(name)] if name else [])
    return pl.concat_str(parts).str.replace_all("“”", say("blank", language), literal=True)


@dataclass(frozen=True)
class _Rule:
    """What is wrong in a row, named at a column. Then the row goes, or that cell does, or all stays."""

    reason: str
    column: str
    wrong: pl.Expr
    printed: pl.Expr
    subject: pl.Expr = field(default_factory=lambda: pl.lit(""))
    drops: Literal["row", "cell", "nothing"] = "nothing"


def check_schools(
    values: pl.DataFrame, printed: pl.DataFrame, issues: Issues, published: str = "0000"
) -> pl.DataFrame:
    """Check the typed rows of a sheet; what is certainly wrong becomes null or goes, and becomes an issue.

    `values` are the rows of `printed` with every column a list may have (`lists.school_schema`). Communes are
    those of 30 September of the row's school year, when schools are counted.
    """
    names = set(printed.columns)
    values = values.with_columns(pl.col("year").cast(pl.String).alias(_text(name)) for name in _ROW)
    values = values.with_columns(printed[name].alias(_text(name)) for name in _ROW if name in names)
    values = _apply(_list_row_rules(values, names, issues.registry, published), values, issues)
    values = values.with_columns(_find_communes(values, issues.registry))
    values = _apply(_list_commune_rules(issues), values, issues).with_columns(commune_code="found")
    values = _apply(_list_part_rules(names, issues), values, issues)
    values = place_levels(values.lazy()).collect()
    return _apply([*_list_sum_rules(names, issues.registry), *_list_standard_rules(names)], values, issues)


def _text(column: str) -> str:
    """Return the column with what is printed in another one, or the year of the title."""
    return f"printed {column}"


def _apply(rules: Iterable[_Rule], values: pl.DataFrame, issues: Issues) -> pl.DataFrame:
    """Apply rules one after the other; each sees what those before have left."""
    for rule in rules:
        wrong = values.select(rule.wrong.fill_null(False)).to_series()
        if not wrong.any():
            continue
        found = values.filter(wrong).select("row", printed=rule.printed, subject=rule.subject)
        issues.add(rule.reason, rule.column, found)
        if rule.drops == "row":
            values = values.filter(~wrong)
        elif rule.drops == "cell":
            values = values.with_columns(pl.when(~wrong).then(rule.column).alias(rule.column))
    return values


def _list_row_rules(values: pl.DataFrame, names: set[str], registry: Registry, published: str) -> Iterator[_Rule]:
    """Yield what sets rows aside that count for no year or level, and schools that are not at work."""
    years = values["year"].drop_nulls().unique().to_list()
    to_come = [year for year in years if lies_after(year, "school_year_start", published)]
    # From then on the city, and the codes of its communes, are what they are.
    first_day = registry.territories[registry.city].valid_from or date.min
    status = pl.col("operating_status")
    # Closed or merged, or a status that is not understood.
    idle = ~pl.col(_text("operating_status")).str.to_lowercase().is_in(list(MISSING)) & status.ne_missing(
        "operating"
    )
    wrong = {
        "school_bad_year": ("year", pl.col("year").is_null() | pl.col("year").is_in(to_come)),
        "school_before_merger": ("year", pl.date(pl.col("year"), *COUNTED) < first_day),
        "school_not_operating": ("operating_status", idle if "operating_status" in names else None),
        "school_no_level": ("levels", pl.col("levels").is_null()),
    }
    for reason, (column, condition) in wrong.items():
        if condition is not None:
            yield _Rule(reason, column, condition, pl.col(_text(column)), drops="row")


def _find_communes(values: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """Find for each row the commune that code and name agree on, or why there is none (`find_commune`)."""
    places = values.select("year", "commune_code", "commune_name")
    keys = places.unique()
    found = [
        find_commune(code or "", name or "", date(year, *COUNTED), registry) for year, code, name in keys.rows()
    ]
    matches = keys.hstack(pl.DataFrame(found, schema={"found": pl.String, "why": pl.String}, orient="row"))
    joined = places.join(matches, on=keys.columns, how="left", nulls_equal=True, maintain_order="left")
    return joined.select("found", "why")


def _list_commune_rules(issues: Issues) -> Iterator[_Rule]:
    printed = pl.concat_str("commune_code", "commune_name", separator=" ", ignore_nulls=True)
    column = "commune_code" if "commune_code" in issues.letters else "commune_name"
    for reason in (UNKNOWN, RENAMED, OTHER_KIND):
        yield _Rule(reason, column, pl.col("why") == reason, printed, printed)


def _list_part_rules(names: set[str], issues: Issues) -> Iterator[_Rule]:
    """Yield what sets aside a part that exceeds its whole, such as girls and pupils: the whole is surer."""
    for column in issues.registry.school_columns.values():
        for name in (column.id, *column.variants):
            whole = column.part_of + name.removeprefix(column.id)
            if column.part_of and {name, whole} <= names:
                subject = pl.format("{} ({}{})", whole, pl.lit(issues.letters[whole]), "row")
                wrong = pl.col(name) > pl.col(whole)
                yield _Rule("school_part_exceeds", name, wrong, pl.col(name), subject, drops="cell")


def _list_sum_rules(names: set[str], registry: Registry) -> Iterator[_Rule]:
    """Yield what reports a whole that is not the sum of its parts (grades, ages), or of its levels."""
    parts = list_parts(registry)
    sums = {whole: sum_parts(its) for whole, its in parts.items() if {part.id for part in its} <= names}
    totals = list(sums.items())
    for column in registry.school_columns.values():
        levels = {
            level: sums.get(name, pl.col(name))
            for name, level in column.variants.items()
            if name in sums or name in names
        }
        if levels:
            totals.append((column.id, _sum_levels(column, levels)))
    for whole, total in totals:
        if whole in names:
            yield _Rule("school_sum_differs", whole, pl.col(whole) != total, pl.col(whole), total)


def _sum_levels(column: SchoolColumn, values: dict[str, pl.Expr]) -> pl.Expr:
    """Sum over the levels a school teaches; null where one of them has no column."""
    nothing = pl.lit(None, pl.Int64)
    terms = [pl.when(f"teaches_{level}").then(values.get(level, nothing)).otherwise(0) for level in column.levels]
    return pl.sum_horizontal(terms, ignore_nulls=False)


def _list_standard_rules(names: set[str]) -> list[_Rule]:
    """List what reports recognitions that have lapsed or bear no date: such a school does not count."""
    if "national_standard_level" not in names:
        return []
    level, day = pl.col("national_standard_level"), pl.col("national_standard_date")
    later, shown = day > pl.date(pl.col("year") + 1, 12, 31), day.dt.strftime("%d/%m/%Y")
    lapsed, end = (level > 0) & ~valid_recognition(), last_day().dt.strftime("%d/%m/%Y")
    return [
        _Rule("school_bad_date", "national_standard_date", later, day, drops="cell"),
        _Rule("school_standard_undated", "national_standard_level", (level > 0) & day.is_null(), level),
        _Rule("school_standard_lapsed", "national_standard_date", lapsed, shown, end),
    ]
