"""Make the rows of a list whole: what merged cells and headings over several schools say of each of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from hpedu.ingest.schools.addresses import find_communes_by_name
from hpedu.ingest.schools.fields import fold_words, name_commune
from hpedu.ingest.sheet.grid import Merge
from hpedu.registry import Registry
from hpedu.registry.school_columns import SchoolColumn

MERGED = "\0"
"""What a figure begins with that stands in a cell merged over several rows: it is of none of them alone."""

_ORDINAL = re.compile(r"^(?:[ivxlc]+|\d{1,3}|[^\W\d_])(?:[.)/:-]+\s*|\s+(?=\S))", re.IGNORECASE)
_AREAS = re.compile(r"^(?:quan|huyen|thi xa|thanh pho|tp|q|h|tx|district)\b")
_OWN = ("year", "ministry_code", "name", "institution_type", "levels", "commune_code", "commune_name", "ownership")
_REMARKS = ("row_number", "note")
_PLACE = ("commune_code", "commune_name")


def fill_merged(
    printed: pl.DataFrame,
    places: Mapping[int, str],
    merged: Sequence[Merge],
    columns: Mapping[str, SchoolColumn],
) -> pl.DataFrame:
    """Write what a cell merged over several rows says of a school into each of its rows.

    A figure, a date or a yes in such a cell may be of any of them, and is marked with `MERGED`. `places` are the
    columns of the sheet with their ids.
    """
    texts: dict[str, list[str]] = {}
    first = int(printed["row"][0]) - 1 if printed.height else 0
    for merge in merged:
        name = places.get(merge.left)
        top, bottom = max(merge.top - first, 0), min(merge.bottom - first, printed.height - 1)
        # Above the header, in one row, or a blank margin that somebody merged.
        if name is None or bottom <= top or merge.top < first:
            continue
        cells = texts.setdefault(name, printed[name].to_list())
        text = cells[top]
        if text and columns[name].id in _OWN:
            cells[top : bottom + 1] = [text] * (bottom + 1 - top)
        elif text and columns[name].id not in _REMARKS:
            cells[top] = MERGED + text
    return printed.with_columns(pl.Series(name, cells, dtype=pl.String) for name, cells in texts.items())


def take_headings(printed: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """Give each school that says nothing of its commune that of the heading above it ("I. Phường Hải An").

    A heading of a district, or of a commune that is not known, ends the one before. Returned are the rows without
    the headings.
    """
    names = [name for name in printed.columns if name not in ("row",)]
    filled = pl.sum_horizontal((pl.col(names) != "").cast(pl.Int64))
    few = printed.filter(filled.is_between(1, 2)).select("row", *names)
    found: dict[int, str] = {}
    for row, *texts in few.rows():
        written = [
            text for text in texts if text and not re.fullmatch(r"[IVXLC]+|\d{1,3}|[A-Z]", text.rstrip("."))
        ]
        if len(written) != 1:
            continue
        label = _ORDINAL.sub("", written[0].strip()) if _ORDINAL.match(written[0]) else written[0].strip()
        label = label.rstrip(" :.")
        kind = name_commune(label)[2]
        if kind and find_communes_by_name(label, registry):
            found[row] = label
        elif kind or _AREAS.match(fold_words(label)):
            found[row] = ""
    if not any(found.values()):
        return printed
    if "commune_name" not in printed.columns:
        printed = printed.with_columns(commune_name=pl.lit(""))
    heading = (
        pl.col("row").replace_strict(found, default=None, return_dtype=pl.String).forward_fill().fill_null("")
    )
    silent = pl.all_horizontal(pl.col(name) == "" for name in _PLACE if name in printed.columns)
    labelled = printed.with_columns(commune_name=pl.when(silent).then(heading).otherwise("commune_name"))
    return labelled.filter(~pl.col("row").is_in([row for row, label in found.items() if label]))
