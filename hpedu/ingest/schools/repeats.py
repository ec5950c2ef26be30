"""Find rows of a list that are one school, or may be: join parts, set repetitions aside, name what is in doubt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from hpedu.ingest import schema
from hpedu.ingest.schools.fields import LEVELS, fold_words, list_columns
from hpedu.ingest.schools.rules import Issues
from hpedu.registry import Registry

Row = dict[str, Any]
_Found = Iterator[tuple[str, Row, str]]

_SAME = ("commune_code", "ownership", "institution_type")


def code_key(code: pl.Expr) -> pl.Expr:
    """Return what the writings of one code have in common: no separators, no leading zeros, no ".0"."""
    plain = code.str.replace(r"^(\d+)[.,]0$", "$1").str.replace_all(r"[\s._/\-]", "").str.to_uppercase()
    return plain.str.strip_chars_start("0")


def join_repeats(
    frame: pl.DataFrame,
    registry: Registry,
    published: Mapping[str, str] | None = None,
    letters: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make each school one row a year, and name the rows that may be one school. Returns rows and issues.

    Rows of one code and year, of files published together: with different levels they are parts, and are joined;
    alike, the later ones are set aside; where figures differ, nobody knows which holds, and the school has none.
    Of files `published` (by path) at different times the newest counts; without it all rows are of one file.
    `letters` gives for each sheet the spreadsheet column of a column id.
    """
    if frame.is_empty():
        return frame, Issues(registry, "", "", {}).collect()
    edition = pl.col("file").replace_strict(dict(published or {}), default="", return_dtype=pl.String)
    rows = frame.with_columns(key=code_key(pl.col("ministry_code")), edition=edition).with_row_index("at")
    rows = rows.sort("edition", "at", descending=[True, False]) if published else rows
    repeated = rows.filter(pl.len().over("key", "year") > 1)
    issues: list[tuple[str, Row, str]] = []
    joined: list[Row] = []
    for _, group in repeated.group_by("key", "year", maintain_order=True):
        first, *others = group.rows(named=True)
        for row in others:
            issues += _add(first, row, registry)
        joined.append(first)
    kept = rows
    if joined:
        single = rows.filter(pl.len().over("key", "year") == 1)
        kept = pl.concat([single, pl.DataFrame(joined, schema=rows.schema, orient="row")]).sort("at")
    across = published is not None
    notes = [*issues, *_find_twins(kept, across=across), *_find_extensions(kept, across=across)]
    return kept.drop("at", "key", "edition"), _collect(notes, registry, letters or {})


def _add(first: Row, row: Row, registry: Registry) -> _Found:
    """Add a later row of a school to the first, in place; yield the issue that says what became of it."""
    place = _name_place(first)
    differing = [
        name
        for name in _list_figures(registry)
        if None not in (first[name], row[name]) and first[name] != row[name]
    ]
    levels, others = set(first["levels"]), set(row["levels"])
    same = all(first[name] in (None, row[name]) or row[name] is None for name in _SAME)
    alike = fold_words(first["name"] or "") == fold_words(row["name"] or "")
    if first["edition"] != row["edition"]:
        yield "school_duplicate", row, place
    elif same and alike and levels.isdisjoint(others):
        _join(first, row, registry)
        yield "school_parts_joined", row, place
    elif levels == others and same and not differing:
        yield "school_duplicate", row, place
    else:
        # The school stays, without the figures that are in doubt: their sums are then marked incomplete.
        doubtful = differing if levels == others else [*_list_figures(registry)]
        first["cells"] -= sum(first[name] is not None for name in doubtful)
        first |= dict.fromkeys(doubtful)
        first |= {
            name: None for name in _SAME if None not in (first[name], row[name]) and first[name] != row[name]
        }
        first["levels"] = [level for level in LEVELS if level in levels | others]
        yield "school_rows_differ", row, place


def _join(first: Row, row: Row, registry: Registry) -> None:
    """Join a part to a school: figures of a single level go to that level, and totals are of both."""
    for column in registry.school_columns.values():
        name = column.id
        if column.kind in ("code", "text", "choice", "year") and name != "national_standard_level":
            first[name] = row[name] if first[name] is None else first[name]
            continue
        if column.per_level:
            for part in (first, row):
                _move_to_level(part, column.id, column.variants)
        for variant in (name, *column.variants):
            values = [part[variant] for part in (first, row) if part[variant] is not None]
            if column.kind == "count" and len(values) == 2 and (variant == name or column.scope == "school"):
                first[variant] = sum(values) if column.per_level or column.scope == "school" else None
            elif variant == name and column.per_level:
                first[variant] = None
            else:
                first[variant] = values[0] if len(set(values)) == 1 else None
    first["levels"] = [level for level in LEVELS if level in {*first["levels"], *row["levels"]}]
    first["cells"] += row["cells"]


def _move_to_level(part: Row, name: str, variants: Mapping[str, str]) -> None:
    stages = {"preschool" if level in ("nursery", "kindergarten") else level for level in part["levels"]}
    if len(stages) == 1 and part[name] is not None:
        (stage,) = stages
        for variant, level in variants.items():
            if level == stage and part[variant] is None:
                part[variant] = part[name]


def _list_figures(registry: Registry) -> list[str]:
    """List the columns that hold a figure, a date or a yes."""
    return [
        name
        for name, column in list_columns(registry).items()
        if name == "national_standard_level"
        or (column.kind in ("count", "yes_no", "date") and name != "synthetic")
    ]


def _find_twins(rows: pl.DataFrame, *, across: bool) -> _Found:
    """Yield the rows whose name, levels and commune an earlier school of the year has under another code."""
    name = _fold_column(pl.col("name"))
    place = pl.coalesce("commune_code", _fold_column(pl.col("commune_name")))
    twins = rows.with_columns(alike=name, where=place).filter(pl.col("alike") != "", pl.col("where").is_not_null())
    twins = twins.filter(pl.len().over("year", "alike", "levels", "where") > 1)
    for _, group in twins.group_by("year", "alike", "levels", "where", maintain_order=True):
        first, *others = group.rows(named=True)
        for row in others:
            # What is within one file was said when that was read.
            if across and row["file"] == first["file"]:
                continue
            yield "school_same_name", row, f"{first['ministry_code']}, {_name_place(first)}"


def _find_extensions(rows: pl.DataFrame, *, across: bool) -> _Found:
    """Yield the rows whose code is that of another school with something behind it ("31000001-02")."""
    stem = pl.col("ministry_code").str.extract(r"^(.*\d)[\s._/\-]+\w{1,3}$")
    extended = rows.filter(stem.is_not_null()).with_columns(stem=code_key(stem))
    if extended.is_empty():
        return
    first = {(row["key"], row["year"]): row for row in reversed(rows.rows(named=True))}
    for row in extended.rows(named=True):
        whole = first.get((row["stem"], row["year"]))
        if whole is not None and not (across and row["file"] == whole["file"]):
            yield "school_code_extends", row, f"{whole['ministry_code']}, {_name_place(whole)}"


def _fold_column(text: pl.Expr) -> pl.Expr:
    """Fold names for whole columns: no case, no accents, no punctuation."""
    plain = text.str.to_lowercase().str.normalize("NFD").str.replace_all(r"\p{M}", "")
    return (
        plain.str.replace_all("\N{LATIN SMALL LETTER D WITH STROKE}", "d")
        .str.replace_all(r"\W+", " ")
        .str.strip_chars()
    )


def _name_place(row: Row) -> str:
    cell = schema.name_cell(row["sheet"], f"A{row['row']}")
    return f"{row['file']}!{cell}"


def _collect(
    found: list[tuple[str, Row, str]], registry: Registry, letters: Mapping[str, Mapping[str, str]]
) -> pl.DataFrame:
    rows = [
        (reason, row["file"], row["sheet"], row["row"], row["ministry_code"], subject)
        for reason, row, subject in found
    ]
    columns = ["reason", "file", "sheet", "row", "printed", "subject"]
    frames = [pl.DataFrame(schema=schema.ISSUES)]
    groups = pl.DataFrame(rows, schema=columns, orient="row").group_by(columns[:3], maintain_order=True)
    for (reason, file, sheet), group in groups:
        issues = Issues(registry, str(file), str(sheet), letters.get(str(sheet), {}))
        issues.add(str(reason), "ministry_code", group)
        frames.append(issues.collect())
    return pl.concat(frames)
