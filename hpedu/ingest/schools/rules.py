"""Check what must hold in a school list: within a row, against the registry, and between rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from string import Formatter

import polars as pl

from hpedu.ingest import schema
from hpedu.ingest.schools.addresses import OTHER_KIND, RENAMED, UNKNOWN, find_commune
from hpedu.ingest.schools.fields import MISSING
from hpedu.ingest.schools.stages import last_day, list_parts, place_levels, sum_parts, valid_recognition
from hpedu.ingest.screen import hide_contacts
from hpedu.ingest.words.years import lies_after
from hpedu.registry import Registry
from hpedu.registry.school_columns import SchoolColumn
from hpedu.texts import LANGUAGES

COUNTED = (9, 30)
"""The day of a school year (month, day) on which schools are counted."""


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
        messages = {f"message_{language}": fill_template(text.get(language)) for language in LANGUAGES}
        self.frames.append(rows.with_columns(**messages).select(list(schema.ISSUES)))

    def collect(self) -> pl.DataFrame:
        """Return all issues, with the columns `hpedu.ingest.schema.ISSUES`."""
        return pl.concat([pl.DataFrame(schema=schema.ISSUES), *self.frames])


def fill_template(template: str) -> pl.Expr:
    """Fill a template for whole columns: "{cell}" becomes the value of the column of that name."""
    parts: list[pl.Expr] = []
    for words, name, _, _ in Formatter().parse(template):
        parts += [pl.lit(words)] + ([pl.col(name)] if name else [])
    return pl.concat_str(parts)


def check_schools(
    values: pl.DataFrame, printed: pl.DataFrame, issues: Issues, registry: Registry, published: str = "0000"
) -> pl.DataFrame:
    """Check the typed rows of a sheet; what is certainly wrong becomes null or goes, and becomes an issue.

    `values` and `printed` are the same rows and columns, typed and as text.
    """
    names = [name for name in printed.columns if name != "row"]
    values = _drop_uncounted(values, printed, issues, registry, published)
    values = _find_communes(values, issues, registry)
    values = _check_parts(values, names, issues, registry)
    _check_sums(values, names, issues, registry)
    return _check_standards(values, issues)


def _drop_uncounted(
    values: pl.DataFrame, printed: pl.DataFrame, issues: Issues, registry: Registry, published: str
) -> pl.DataFrame:
    """Set aside rows that count for no year or level, and schools that are not at work."""
    years = values["year"].drop_nulls().unique().to_list()
    to_come = [year for year in years if lies_after(year, "school_year_start", published)]
    # From then on the city, and the codes of its communes, are what they are.
    first_day = registry.territories[registry.city].valid_from or date.min
    rules = {
        "school_bad_year": ("year", pl.col("year").is_null() | pl.col("year").is_in(to_come)),
        "school_before_merger": ("year", pl.date(pl.col("year"), *COUNTED) < first_day),
        "school_not_operating": ("operating_status", _find_idle(values, printed)),
        "school_no_level": ("levels", pl.col("levels").is_null()),
    }
    for reason, (column, wrong) in rules.items():
        rows = values.filter(wrong.fill_null(False)).select("row", known=pl.col("year").cast(pl.String))
        # What is printed, or the year of the title.
        text = pl.coalesce(column, "known") if column in printed.columns else pl.col("known")
        found = rows.join(printed, on="row", how="left")
        issues.add(reason, column, found.select("row", printed=text, subject=pl.lit("")))
        values = values.filter(~wrong.fill_null(False))
    return values


def _find_idle(values: pl.DataFrame, printed: pl.DataFrame) -> pl.Expr:
    """Return which rows state that the school is closed or merged, or a status that is not understood."""
    if "operating_status" not in printed.columns:
        # As long as the frame: of a long one polars takes no literal that was worked with.
        return pl.col("row").is_null()
    stated = printed.filter(~pl.col("operating_status").str.to_lowercase().is_in(list(MISSING)))["row"]
    return pl.col("row").is_in(stated.implode()) & (pl.col("operating_status") != "operating").fill_null(True)


def _find_communes(values: pl.DataFrame, issues: Issues, registry: Registry) -> pl.DataFrame:
    """Set `commune_code` to the commune that code and name agree on; without a code, by name.

    Communes are those of 30 September of the row's school year, when schools are counted.
    """
    for name in ("commune_code", "commune_name"):
        if name not in values.columns:
            values = values.with_columns(pl.lit(None, pl.String).alias(name))
    keys = values.select("year", "commune_code", "commune_name").unique()
    found = [
        find_commune(code or "", name or "", date(year, *COUNTED), registry) for year, code, name in keys.rows()
    ]
    schema = {"found": pl.String, "why": pl.String}
    matches = pl.concat([keys, pl.DataFrame(found, schema=schema, orient="row")], how="horizontal")
    joined = values.join(matches, on=keys.columns, how="left", nulls_equal=True, maintain_order="left")
    printed = pl.concat_str("commune_code", "commune_name", separator=" ", ignore_nulls=True)
    column = "commune_code" if "commune_code" in issues.letters else "commune_name"
    for reason in (UNKNOWN, RENAMED, OTHER_KIND):
        issues.add(
            reason, column, joined.filter(pl.col("why") == reason).select("row", printed=printed, subject=printed)
        )
    return joined.with_columns(commune_code="found").drop("found", "why")


def _check_parts(values: pl.DataFrame, names: list[str], issues: Issues, registry: Registry) -> pl.DataFrame:
    """Set aside a part that exceeds its whole, such as girls and pupils: the whole is surer."""
    for column in registry.school_columns.values():
        for name in (column.id, *column.variants):
            whole = column.part_of + name.removeprefix(column.id)
            if not column.part_of or name not in names or whole not in names:
                continue
            wrong = (pl.col(name) > pl.col(whole)).fill_null(False)
            subject = pl.format("{} ({}{})", whole, pl.lit(issues.letters[whole]), "row")
            issues.add(
                "school_part_exceeds", name, values.filter(wrong).select("row", printed=name, subject=subject)
            )
            values = values.with_columns(pl.when(~wrong).then(name).alias(name))
    return values


def _check_sums(values: pl.DataFrame, names: list[str], issues: Issues, registry: Registry) -> None:
    """Report a whole that is not the sum of its parts (grades, ages), or of its levels. Both stay."""
    if "institution_type" not in values.columns:
        values = values.with_columns(institution_type=pl.lit(None, pl.String))
    placed = place_levels(values.lazy()).collect()
    sums = {
        whole: sum_parts(parts)
        for whole, parts in list_parts(registry).items()
        if all(part.id in names for part in parts)
    }
    for whole in sums.keys() & set(names):
        _report_difference(placed, whole, sums[whole], issues)
    for column in registry.school_columns.values():
        levels = {
            level: sums[name] if name in sums else pl.col(name)
            for name, level in column.variants.items()
            if name in sums or name in names
        }
        if column.id in names and levels:
            _report_difference(placed, column.id, _sum_levels(column, levels), issues)


def _sum_levels(column: SchoolColumn, values: dict[str, pl.Expr]) -> pl.Expr:
    """Sum over the levels a school teaches; null where one of them has no column."""
    nothing = pl.lit(None, pl.Int64)
    terms = [pl.when(f"teaches_{level}").then(values.get(level, nothing)).otherwise(0) for level in column.levels]
    return pl.sum_horizontal(terms, ignore_nulls=False)


def _report_difference(placed: pl.DataFrame, whole: str, total: pl.Expr, issues: Issues) -> None:
    wrong = placed.select("row", printed=whole, subject=total).filter(pl.col("printed") != pl.col("subject"))
    issues.add("school_sum_differs", whole, wrong)


def _check_standards(values: pl.DataFrame, issues: Issues) -> pl.DataFrame:
    """Report recognitions that have lapsed or bear no date: such a school does not count."""
    if "national_standard_level" not in values.columns:
        return values
    if "national_standard_date" not in values.columns:
        values = values.with_columns(national_standard_date=pl.lit(None, pl.Date))
    later = pl.col("national_standard_date") > pl.date(pl.col("year") + 1, 12, 31)
    found = values.filter(later).select("row", printed="national_standard_date", subject=pl.lit(""))
    issues.add("school_bad_date", "national_standard_date", found)
    values = values.with_columns(national_standard_date=pl.when(~later).then("national_standard_date"))
    recognised = values.filter(pl.col("national_standard_level") > 0)
    undated = recognised.filter(pl.col("national_standard_date").is_null())
    found = undated.select("row", printed="national_standard_level", subject=pl.lit(""))
    issues.add("school_standard_undated", "national_standard_level", found)
    lapsed = recognised.filter(~valid_recognition())
    day = pl.col("national_standard_date").dt.strftime("%d/%m/%Y")
    found = lapsed.select("row", printed=day, subject=last_day().dt.strftime("%d/%m/%Y"))
    issues.add("school_standard_lapsed", "national_standard_date", found)
    return values
