"""Read one sheet of a school list, from its printed cells to typed rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from hpedu.ingest.schema import column_letters
from hpedu.ingest.schools.context import MERGED, fill_merged, take_headings
from hpedu.ingest.schools.fields import (
    MISSING,
    NONE,
    find_column,
    fold_words,
    is_synthetic,
    list_choices,
    list_columns,
    read_choice,
    read_levels,
    recognise_school_list,
    uses_codes,
)
from hpedu.ingest.schools.rules import Issues, check_schools
from hpedu.ingest.screen import hide_contacts, hide_signatures
from hpedu.ingest.sheet.grid import Facts
from hpedu.ingest.sheet.vocabulary import is_uncomputed
from hpedu.ingest.words.dates import read_date
from hpedu.ingest.words.units import changes_numbers, find_units
from hpedu.ingest.words.years import find_year, last_day, resolve_year
from hpedu.registry import Registry

LARGEST = 20_000
"""No school has more of anything; a larger number is two numbers run together, or a code."""

TYPES: dict[str, Any] = {
    "code": pl.String,
    "text": pl.String,
    "count": pl.Int64,
    "yes_no": pl.Boolean,
    "date": pl.Date,
    "choice": pl.String,
    "year": pl.Int32,
}
CHOICE_TYPES: dict[str, Any] = {"levels": pl.List(pl.String), "national_standard_level": pl.Int64}

_YEAR_WORDS = ("", "nam hoc", "school year")
_GROUPED = r"^\d{1,3}([.,]\d{3})+$"
_WHOLE = r"^(\d+)[.,]0+$"

# From 30 December 1899 to 1 January 1904.
_DAYS_TO_1904 = 1462
_MAY_BE_UNCOMPUTED = r"^(?:[=#]|Err:)"

HEADER_DEPTH = 15
"""Rows among which the header is; the letterhead and the title are above it."""

_CODE = r"^[0-9A-Za-z][0-9A-Za-z._/-]*\d[0-9A-Za-z._/-]*\d[0-9A-Za-z._/-]*\d[0-9A-Za-z._/-]*$|^\d[\d ]+\d$"
"""A ministry code has three digits at least, so that no word and no "(2)" is one."""

_CUT = r"(?i)^\d+([.,]\d+)?e\+?\d+$"
"""A code that Excel has taken for a number and cut: "3,1E+11"."""

_REFUSED = {"count": "school_bad_number", "date": "school_bad_date"}
# Without these a row cannot be counted, which `check_schools` reports once.
_ROW_RULES = {"year", "levels", "operating_status"}


def read_counts(cells: pl.Series) -> pl.Series:
    """Read whole numbers from 0 to `LARGEST`; a dash is 0, a grouped "1.250" is 1250. Anything else is null."""
    values = cells.cast(pl.Int64, strict=False)
    # Most columns hold plain numbers alone, and need none of this.
    if values.null_count() > (cells == "").sum():
        text = cells.str.replace_all(r"\s", "")
        plain = (
            pl.when(text.is_in(list(NONE)))
            .then(pl.lit("0"))
            .when(text.str.contains(_GROUPED))
            .then(text.str.replace_all("[.,]", ""))
            .otherwise(text.str.replace(_WHOLE, "$1"))
        )
        values = pl.select(plain.cast(pl.Int64, strict=False)).to_series()
    sensible = values.is_between(0, LARGEST)
    return values.alias(cells.name) if sensible.all() else values.set(~sensible, None).alias(cells.name)


def read_column(cells: pl.Series, column: str, kind: str, coded: bool, latest: date | None) -> pl.Series:
    """Read a column by its kind (`school_columns.csv`); null where a cell is empty or not understood.

    Under a header of the ministry's database (`coded`) its own codes hold: "2" is private.
    """
    words: dict[str, Callable[[str], Any]] = {
        "date": lambda text: read_date(text, latest),
        "year": _read_year,
        "choice": lambda text: read_choice(text, column, coded),
        "yes_no": lambda text: {"yes": True, "no": False}.get(read_choice(text, "yes_no") or ""),
    }
    if kind == "count":
        return read_counts(cells)
    if column == "levels":
        return _look_up(cells, lambda text: read_levels(text, coded), CHOICE_TYPES["levels"])
    if kind in words:
        values = _look_up(cells, words[kind], TYPES[kind])
        return values.cast(CHOICE_TYPES.get(column, TYPES[kind]))
    if kind == "text":
        text = cells.str.normalize("NFC").str.replace_all(r"\s+", " ").str.strip_chars()
        return text.to_frame().select(hide_contacts(pl.col(text.name)))[text.name].replace("", None)
    return cells.str.replace_all(r"\s", "").replace("", None)


def _look_up(cells: pl.Series, read: Callable[[str], Any], kind: Any) -> pl.Series:
    distinct = cells.unique().drop_nulls()
    meanings = pl.Series("value", [read(text) for text in distinct], dtype=kind)
    table = pl.DataFrame([distinct.alias("text"), meanings])
    return (
        cells.to_frame("text").join(table, on="text", how="left", maintain_order="left")["value"].alias(cells.name)
    )


def _read_year(text: str) -> int | None:
    found = find_year(text)
    return resolve_year(found[0], "school_year_start") if found and fold_words(found[1]) in _YEAR_WORDS else None


@dataclass(frozen=True)
class Header:
    """The row of the header (counted from 0), its texts, and which of them are which column."""

    row: int
    texts: list[str]
    columns: dict[int, str]


@dataclass(frozen=True)
class Sheet:
    """The schools of one sheet, its issues, and the spreadsheet column of each column id."""

    frame: pl.DataFrame
    issues: pl.DataFrame
    letters: dict[str, str]


def find_header(cells: pl.DataFrame, registry: Registry) -> Header | None:
    """Find the header among the first rows, alone or with the tier above it; the richest one if several fit."""
    rows = [[text or "" for text in row] for row in cells.head(HEADER_DEPTH).rows()]
    best: Header | None = None
    for number, row in enumerate(rows):
        for texts in [row, _join_tiers(rows[number - 1], row)] if number else [row]:
            columns = recognise_school_list(texts, registry)
            if columns and (best is None or len(columns) > len(best.columns)):
                best = Header(number, texts, columns)
    return best


def read_sheet(
    cells: pl.DataFrame,
    header: Header,
    file: str,
    name: str,
    columns: dict[str, Any],
    registry: Registry,
    published: str = "0000",
    *,
    facts: Facts | None = None,
) -> Sheet:
    """Read the rows under a header into the columns of the wide table (`lists.school_schema`).

    A cell merged over several rows says what school each is, and no figure of any. No row and no date is later
    than the day the file was published.
    """
    letters = {column: column_letters(place) for place, column in header.columns.items()}
    issues = Issues(registry, file, name, letters)
    _report_unknown(header, issues, registry)
    header = _drop_other_units(cells, header, name, issues, registry)
    own = _take_rows(cells, header)
    facts = facts or Facts()
    rows = fill_merged(own, header.columns, facts.merged, list_columns(registry))
    printed = _drop_other_rows(take_headings(rows, registry), issues)
    coded = {column for place, column in header.columns.items() if uses_codes(header.texts[place])}
    values = _read_values(printed, columns, coded, last_day(published), issues, registry, is_1904=facts.is_1904)
    values = _apply_title(values, cells.head(header.row), name)
    absent = [pl.lit(None, kind).alias(column) for column, kind in columns.items() if column not in values.columns]
    values = check_schools(values.with_columns(absent), printed, issues, published)
    values = _count_cells(values, own).with_columns(file=pl.lit(file), sheet=pl.lit(name))
    return Sheet(values.select(list(columns)), issues.collect(), letters)


def _join_tiers(upper: list[str], lower: list[str]) -> list[str]:
    """Join headers of two tiers: the upper one reaches to the right as far as there is something below."""
    joined, group = [], ""
    for above, below in zip(upper, lower, strict=True):
        group = above.strip() or (group if below.strip() else "")
        joined.append(f"{group} {below}".strip() if below.strip() else above)
    return joined


def _report_unknown(header: Header, issues: Issues, registry: Registry) -> None:
    for place, text in enumerate(header.texts):
        if text.strip() and place not in header.columns:
            reason = "school_repeated_column" if find_column(text, registry) else "school_unknown_column"
            label = " ".join(text.split())
            found = pl.DataFrame({"row": [header.row + 1], "printed": [label], "subject": [label]})
            issues.add(reason, column_letters(place), found)


def _drop_other_units(
    cells: pl.DataFrame, header: Header, sheet: str, issues: Issues, registry: Registry
) -> Header:
    """Leave out the columns of counts if the sheet states a unit, as thousands: a list counts each one.

    It may stand over the header, in the name of the sheet, or in a row that is no school.
    """
    [code] = (cells.columns[place] for place, column in header.columns.items() if column == "ministry_code")
    others = cells.slice(header.row + 1).filter(~pl.col(code).fill_null("").str.contains(_CODE))
    texts = [text for rows in (cells.head(header.row), others) for row in rows.rows() for text in row if text]
    stated = (part for text in [*texts, sheet] for part in find_units(text) if changes_numbers(part))
    unit = next(stated, None)
    if unit is None:
        return header
    known = list_columns(registry)
    counts = [place for place, column in header.columns.items() if known[column].kind == "count"]
    for place in counts:
        label = " ".join(header.texts[place].split())
        found = pl.DataFrame({"row": [header.row + 1], "printed": [label], "subject": [unit]})
        issues.add("school_other_unit", column_letters(place), found)
    return replace(header, columns={p: column for p, column in header.columns.items() if p not in counts})


def _take_rows(cells: pl.DataFrame, header: Header) -> pl.DataFrame:
    """Take the known columns of all rows under the header, by id, with the row number in the spreadsheet."""
    names = cells.columns
    known = [
        pl.col(names[place]).fill_null("").str.strip_chars().alias(column)
        for place, column in header.columns.items()
    ]
    numbers = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("row")
    return cells.select(numbers, *known).slice(header.row + 1)


def _drop_other_rows(printed: pl.DataFrame, issues: Issues) -> pl.DataFrame:
    """Drop the rows that are no schools; any but an empty row becomes an issue, such as a total.

    A row whose code cannot be known (a formula without a value, "3,1E+11") is told from one without a code.
    """
    texts = pl.exclude("row")
    code = pl.col("ministry_code")
    cut = code.str.contains(_CUT)
    is_school = code.str.contains(_CODE) & ~cut
    others = printed.filter(~is_school).filter(pl.any_horizontal(texts != ""))
    shown = hide_signatures(texts.replace("", None))
    start = pl.concat_list(shown).list.drop_nulls().list.head(3).list.join(" | ")
    uncomputed = others["ministry_code"].map_elements(is_uncomputed, return_dtype=pl.Boolean)
    _set_aside_uncomputed(others.select("row", printed="ministry_code"), "ministry_code", issues)
    for reason, where, words in (
        ("school_code_cut", cut, code),
        ("school_not_a_school", ~cut & ~uncomputed, start),
    ):
        issues.add(reason, "ministry_code", others.filter(where).select("row", printed=words, subject=words))
    return printed.filter(is_school)


def _read_values(
    printed: pl.DataFrame,
    columns: dict[str, Any],
    coded: set[str],
    latest: date | None,
    issues: Issues,
    registry: Registry,
    *,
    is_1904: bool,
) -> pl.DataFrame:
    """Read every column by its kind; a cell with something that cannot be read becomes an issue."""
    known = list_columns(registry)
    series = [printed["row"]]
    for name in printed.columns[1:]:
        kind = known[name].kind
        cells = printed[name]
        if name not in _ROW_RULES:
            cells = _set_aside_uncomputed(printed.select("row", printed=name), name, issues)
        merged = cells.str.starts_with(MERGED)
        if merged.any():
            table = printed.select("row", printed=pl.col(name).str.strip_prefix(MERGED))
            issues.add("school_merged_value", name, _found(table.filter(merged), ""))
            cells = cells.set(merged, "")
        if is_1904 and kind == "date":
            cells = _count_from_1900(cells)
        values = read_column(cells, name, kind, name in coded, latest).cast(columns[name])
        series.append(values)
        empty = cells == ""
        # In most columns nothing is refused.
        if values.null_count() == empty.sum():
            continue
        missing = cells.str.to_lowercase().is_in(list(MISSING))
        table = printed.select("row", printed=name)
        issues.add("not_published", name, _found(table.filter(values.is_null() & missing & ~empty), ""))
        if name not in _ROW_RULES and kind not in ("code", "text"):
            reason = _REFUSED.get(kind, "school_bad_choice")
            choices = list_choices("yes_no" if kind == "yes_no" else name) if kind not in _REFUSED else ""
            issues.add(reason, name, _found(table.filter(values.is_null() & ~missing & ~empty), choices))
    return pl.DataFrame(series)


def _set_aside_uncomputed(table: pl.DataFrame, column: str, issues: Issues) -> pl.Series:
    """Return the cells of a column without errors and formulas never calculated, which become issues."""
    cells = table["printed"]
    if not cells.str.contains(_MAY_BE_UNCOMPUTED).any():
        return cells.alias(column)
    wrong = cells.map_elements(is_uncomputed, return_dtype=pl.Boolean)
    found = table.filter(wrong).with_columns(subject="printed")
    is_formula = pl.col("printed").str.starts_with("=")
    issues.add("formula_not_calculated", column, found.filter(is_formula))
    issues.add("error_in_cell", column, found.filter(~is_formula))
    return cells.set(wrong, "").alias(column)


def _count_from_1900(cells: pl.Series) -> pl.Series:
    """Return dates without a format, which are days since 1904, as days since 1900."""
    days = cells.cast(pl.Int64, strict=False)
    return (days + _DAYS_TO_1904).cast(pl.String).zip_with(days.is_not_null(), cells).alias(cells.name)


def _found(rows: pl.DataFrame, subject: str) -> pl.DataFrame:
    return rows.with_columns(subject=pl.lit(subject))


def _apply_title(values: pl.DataFrame, above: pl.DataFrame, sheet: str) -> pl.DataFrame:
    """Take from the lines over the header, and the name of the sheet, what holds for all rows: year, synthetic."""
    lines = [text for row in above.rows() for text in row if text] + [sheet]
    if "year" not in values.columns:
        found = {label[0].first for line in lines if (label := find_year(line)) and label[0].last}
        values = values.with_columns(year=pl.lit(found.pop() if len(found) == 1 else None, pl.Int32))
    if any(map(is_synthetic, lines)):
        values = values.with_columns(synthetic=pl.lit(True))
    return values


def _count_cells(values: pl.DataFrame, printed: pl.DataFrame) -> pl.DataFrame:
    """Add `cells`: from how many printed cells each row was read."""
    names = [name for name in printed.columns if name != "row"]
    filled = values.select("row").join(printed, on="row", how="left", maintain_order="left")
    read = [(filled[name] != "") & values[name].is_not_null() for name in names]
    return values.with_columns(cells=pl.sum_horizontal(mask.cast(pl.Int64) for mask in read))
