"""Check what must hold in a school list: within a row, against the registry, and between rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from string import Formatter

import polars as pl

from hpedu.ingest import schema
from hpedu.ingest.schools.fields import name_commune
from hpedu.ingest.schools.stages import last_day, list_parts, place_levels, sum_parts, valid_recognition
from hpedu.ingest.words.years import lies_after
from hpedu.registry import Registry
from hpedu.registry.models import SchoolColumn
from hpedu.texts import LANGUAGES

COMMUNES_SINCE = date(2025, 7, 1)
"""Before this day the same codes were other communes."""


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
            printed=pl.col("printed").cast(pl.String).fill_null(""),
            reason=pl.lit(reason),
            subject=pl.col("subject").cast(pl.String).fill_null(""),
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

    Parameters
    ----------
    values, printed
        The same rows and columns, typed and as text; both have `row`.
    published
        When the list was published; by default it is of today.
    """
    names = [name for name in printed.columns if name != "row"]
    values = _drop_uncounted(values, printed, issues, published)
    values = _find_communes(values, issues, registry)
    values = _check_parts(values, names, issues, registry)
    _check_sums(values, names, issues, registry)
    _check_standards(values, issues)
    return values


def set_aside_duplicates(frame: pl.DataFrame, registry: Registry) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep the first row of each school (ministry code) and year; the later ones become issues.

    For all lists of a project together, put the newest file first.

    Returns
    -------
    frame, issues
        The rows that stay, and one issue (`hpedu.ingest.schema.ISSUES`) for each that does not.
    """
    keys = ["ministry_code", "year"]
    repeated = ~frame.select(first=pl.struct(keys).is_first_distinct())["first"]
    place = pl.format("{} ({}!{})", "file", "sheet", "row").first().over(keys)
    later = frame.with_columns(subject=place).filter(repeated).with_columns(printed="ministry_code")
    issues = [Issues(registry, "", "", {}).collect()]
    for (file, sheet), rows in later.group_by("file", "sheet", maintain_order=True):
        found = Issues(registry, str(file), str(sheet), {})
        found.add("school_duplicate", "ministry_code", rows)
        issues.append(found.collect())
    return frame.filter(~repeated), pl.concat(issues)


def _drop_uncounted(values: pl.DataFrame, printed: pl.DataFrame, issues: Issues, published: str) -> pl.DataFrame:
    """Set aside rows without a year, of one that had not begun, before the merger, or without a level."""
    years = values["year"].drop_nulls().unique().to_list()
    to_come = [year for year in years if lies_after(year, "school_year_start", published)]
    rules = {
        "school_bad_year": ("year", pl.col("year").is_null() | pl.col("year").is_in(to_come)),
        "school_before_merger": ("year", pl.col("year") < COMMUNES_SINCE.year),
        "school_no_level": ("levels", pl.col("levels").is_null()),
    }
    for reason, (column, wrong) in rules.items():
        rows = values.filter(wrong.fill_null(False)).select("row", read=pl.col("year").cast(pl.String))
        # What is printed, or the year of the title.
        text = pl.coalesce(column, "read") if column in printed.columns else pl.col("read")
        found = rows.join(printed, on="row", how="left")
        issues.add(reason, column, found.select("row", printed=text, subject=pl.lit("")))
        values = values.filter(~wrong.fill_null(False))
    return values


def _find_communes(values: pl.DataFrame, issues: Issues, registry: Registry) -> pl.DataFrame:
    """Set `commune_code` to the commune of 2025 that code and name agree on; without a code, by name."""
    for name in ("commune_code", "commune_name"):
        if name not in values.columns:
            values = values.with_columns(pl.lit(None, pl.String).alias(name))
    names = {c.code: name_commune(c.name) for c in registry.communes if c.valid_from == COMMUNES_SINCE}
    pairs = values.select("commune_code", "commune_name").unique()
    found = [_match(code, name, names) for code, name in pairs.rows()]
    matches = pairs.with_columns(found=pl.Series(found, dtype=pl.String))
    joined = values.join(matches, on=pairs.columns, how="left", nulls_equal=True, maintain_order="left")
    printed = pl.concat_str("commune_code", "commune_name", separator=" ", ignore_nulls=True)
    column = "commune_code" if "commune_code" in issues.letters else "commune_name"
    unknown = joined.filter(pl.col("found").is_null()).select("row", printed=printed, subject=printed)
    issues.add("school_unknown_commune", column, unknown)
    return joined.with_columns(commune_code="found").drop("found")


def _match(code: str | None, name: str | None, names: dict[str, tuple[str, str]]) -> str | None:
    exact, folded = name_commune(name or "")
    if code:
        return code if code in names and (not name or folded == names[code][1]) else None
    fits = [c for c, known in names.items() if known[0] == exact] or [
        c for c, known in names.items() if known[1] == folded
    ]
    return fits[0] if len(fits) == 1 else None


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
    placed = place_levels(_with_absent(values, ["institution_type"]).lazy()).collect()
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


def _check_standards(values: pl.DataFrame, issues: Issues) -> None:
    """Report recognitions that have lapsed or bear no date: such a school does not count."""
    if "national_standard_level" not in values.columns:
        return
    if "national_standard_date" not in values.columns:
        values = values.with_columns(national_standard_date=pl.lit(None, pl.Date))
    recognised = values.filter(pl.col("national_standard_level") > 0)
    undated = recognised.filter(pl.col("national_standard_date").is_null())
    found = undated.select("row", printed="national_standard_level", subject=pl.lit(""))
    issues.add("school_standard_undated", "national_standard_level", found)
    lapsed = recognised.filter(~valid_recognition())
    day = pl.col("national_standard_date").dt.strftime("%d/%m/%Y")
    found = lapsed.select("row", printed=day, subject=last_day().dt.strftime("%d/%m/%Y"))
    issues.add("school_standard_lapsed", "national_standard_date", found)


def _with_absent(values: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    return values.with_columns(pl.lit(None, pl.String).alias(name) for name in names if name not in values.columns)
