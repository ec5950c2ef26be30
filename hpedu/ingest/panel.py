"""Read a panel: a coded CSV with a row a series of a territory and a column a year, all provinces in one file.

A panel has ten times the figures of all other files, so it is read as a whole, not cell by cell. It carries ids
and codes of the registry, like a transcription.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import polars as pl

from hpedu.decoding import decode_text
from hpedu.ingest.corrections import FIGURE, correct, index_prints
from hpedu.ingest.interpret import Reading
from hpedu.ingest.layouts import load_layouts
from hpedu.ingest.quarantine import Issues, Refusals, Unreadable
from hpedu.ingest.schema import OBSERVATIONS, Cell, Resource, column_letters
from hpedu.ingest.source import Source
from hpedu.ingest.words.units import PARTS, is_percent
from hpedu.ingest.words.years import YearRule, find_year, lies_after
from hpedu.registry import Registry

HEAD = ("territory", "measure", "level", "ownership", "sex", "unit")
"""The columns before the years."""

_THERE = (9, 30)
"""Month and day on which a territory must have been there."""
_RULES: dict[str, YearRule] = {"school_year": "school_year_start", "calendar": "calendar"}
_BLANK = ("detail", "place", "qualifier", "sheet", "note")
_NO_SCALE = Decimal(1)

_MOST_COLUMNS = 1_000
"""No panel has so many years."""
_MOST_CELLS = 1_000_000

SLIP = 5.0
"""Less than a slip of one decimal place, that of a year near a low one among them."""


def is_panel(data: bytes) -> bool:
    """Return whether the first line is the header of a panel."""
    return decode_text(data[:4096]).removeprefix("\ufeff").startswith(f"{','.join(HEAD)},")


def read_panel(source: Source, resource: Resource, registry: Registry) -> Reading:
    """Read a panel. A blank is no figure; what the registry's codes do not make one is set aside, cell by cell."""
    text = decode_text(source.data).removeprefix("\ufeff")
    if text.partition("\n")[0].count(",") > _MOST_COLUMNS:
        raise Unreadable("too_large", f"> {_MOST_COLUMNS}")
    wide = pl.read_csv(BytesIO(text.encode()), infer_schema=False).fill_null("")
    if wide.height * wide.width > _MOST_CELLS:
        raise Unreadable("too_large", f"{wide.height} x {wide.width}")
    units = next(layout.units for layout in load_layouts() if layout.id == "transcription")
    rows = wide.select(HEAD).unique(maintain_order=True).to_dicts()
    known = pl.DataFrame([row | _read_row(row, units, registry) for row in rows], infer_schema_length=None)
    heads = pl.DataFrame([_read_head(wide.columns, place, resource) for place in range(len(HEAD), wide.width)])
    cells = (
        wide.with_row_index("line", offset=2)
        .unpivot(index=["line", *HEAD], variable_name="head", value_name="printed")
        .with_columns(pl.col("printed").str.strip_chars())
        .filter(pl.col("printed") != "")
        .join(known, on=HEAD, maintain_order="left")
        .join(heads, on="head", maintain_order="left")
        .with_columns(
            number=pl.col("printed").cast(pl.Float64, strict=False),
            cell=pl.col("letters") + pl.col("line").cast(pl.String),
        )
        .with_columns(reason=_find_reason(float(registry.limits["figure"].value)))
        .sort("line", "year", maintain_order=True)
    )
    # The first and the last print of each figure that can be read: of two nobody can tell which is meant.
    read = pl.col("cell").filter(pl.col("reason").is_null())
    first, last = (one.over(*HEAD[:-1], "year") for one in (read.first(), read.last()))
    cells = cells.with_columns(
        reason=pl.when(pl.col("reason").is_null() & (first != last))
        .then(pl.lit("figure_twice"))
        .otherwise("reason"),
        other=pl.when(pl.col("cell") == first).then(last).otherwise(first),
    )
    refused = cells.filter(pl.col("reason").is_not_null()).with_columns(subject=_find_subject())
    set_aside = [Cell("", cell, printed, {}) for cell, printed in refused["cell", "printed"].iter_rows()]
    issues = Refusals(set_aside, resource, registry)
    for number, why in enumerate(refused["reason", "subject"].iter_rows()):
        issues.add(number, issues.number(*why))
    places = pl.col("printed").str.extract(r"\.(\d+)$").str.len_chars().fill_null(0)
    figures = cells.filter(pl.col("reason").is_null()).with_columns(
        *(pl.lit("").alias(name) for name in _BLANK),
        source=pl.lit(resource.name),
        edition=pl.lit(resource.published),
        file=pl.lit(resource.path),
        digest=pl.lit(source.digest),
        # 57.494 thousand persons are 57494, and not a hair less.
        value=(pl.col("number") * pl.col("scale")).round(6),
        step=pl.col("scale") / pl.lit(10.0).pow(places),
        unit="measured_in",
        flags=pl.lit([], dtype=pl.List(pl.String)),
        current=pl.lit(True),
    )
    panel = figures.select(pl.col(name).cast(kind) for name, kind in OBSERVATIONS.items())
    # Figures that an erratum or a decision names are corrected one by one.
    known = pl.DataFrame(list(index_prints(resource.table, registry)), panel.select(FIGURE).schema, orient="row")
    named = panel.join(known, on=FIGURE, how="semi").iter_rows(named=True)
    rows = [row | {"number": Decimal(row["printed"])} for row in named]
    corrected, others, met = correct(resource.table, rows, (), resource, registry)
    rest = panel.join(known, on=FIGURE, how="anti", maintain_order="left")
    panel = pl.concat([rest, pl.DataFrame(corrected, schema=OBSERVATIONS, orient="row")])
    return Reading(issues=Issues([part for part in (issues, others) if part]), panel=panel, met=met)


def _read_row(row: Mapping[str, str], units: Mapping[str, Decimal], registry: Registry) -> dict[str, Any]:
    """Return what all figures of a row have in common, and in `doubt` the reason for which none is taken."""
    territory, measure = registry.territories.get(row["territory"]), registry.measures.get(row["measure"])
    codes = {name: row[name] for name in ("level", "ownership", "sex")}
    strange = [f"{name} {code}" for name, code in codes.items() if code not in registry.codes_of(name)]
    if territory is None:
        doubt, about = "unknown_territory", row["territory"]
    elif measure is None:
        doubt, about = "unknown_measure", row["measure"]
    elif strange:
        doubt, about = "unknown_code", strange[0]
    elif row["unit"] not in units:
        doubt, about = "unknown_unit", row["unit"]
    elif is_percent(row["unit"]) != (measure.unit in PARTS):
        doubt, about = "other_unit", row["unit"]
    else:
        doubt, about = "", ""
    return {
        "doubt": doubt,
        "about": about,
        "since": territory.valid_from or date.min if territory else date.min,
        "until": territory.valid_to or date.max if territory else date.max,
        "basis": measure.basis if measure else "calendar",
        "whole": measure.is_whole if measure else False,
        "measured_in": measure.unit if measure else "",
        "scale": float(units.get(row["unit"], _NO_SCALE)),
    }


def _read_head(heads: list[str], place: int, resource: Resource) -> dict[str, Any]:
    """Return what the head of a column of figures says: its year, and whether its figures are preliminary.

    `late_...` says, for measures of either basis, whether the year had not begun when the file was published.
    """
    found = find_year(heads[place])
    year = found[0].first if found and not found[1].strip() else None
    return {
        "head": heads[place],
        "letters": column_letters(place),
        "year": year,
        "status": (found[0].status if found else "") or "final",
        **{
            f"late_{basis}": year is not None and lies_after(year, rule, resource.published)
            for basis, rule in _RULES.items()
        },
    }


def _find_reason(limit: float) -> pl.Expr:
    there = pl.date("year", *_THERE).is_between("since", "until")
    late = pl.when(pl.col("basis") == "calendar").then("late_calendar").otherwise("late_school_year")
    return (
        pl.when(pl.col("doubt") != "").then("doubt")
        .when(pl.col("year").is_null()).then(pl.lit("no_year"))
        .when(~there).then(pl.lit("no_such_territory_then"))
        .when(late).then(pl.lit("after_publication"))
        .when(~pl.col("number").is_finite().fill_null(False)).then(pl.lit("not_a_number"))
        .when(pl.col("whole") & (pl.col("number") < 0)).then(pl.lit("negative_count"))
        .when((pl.col("number") * pl.col("scale")).abs() >= limit).then(pl.lit("too_large"))
    )  # fmt: skip


def _find_subject() -> pl.Expr:
    """Return what the reason of a refused cell is about: a code, a head, a territory, or what is printed."""
    return (
        pl.when(pl.col("doubt") != "").then("about")
        .when(pl.col("reason").is_in(["no_year", "after_publication"])).then("head")
        .when(pl.col("reason") == "no_such_territory_then").then("territory")
        .when(pl.col("reason") == "figure_twice").then("other")
        .otherwise("printed")
    )  # fmt: skip


def has_present_area(registry: Registry) -> pl.Expr:
    """Return whether a figure is of a year in which its province had the area it has in the newest panel."""
    since = {peer.territory: peer.since for peer in registry.peers if peer.since}
    return pl.col("year") >= pl.col("territory").replace_strict(since, default=0, return_dtype=pl.Int32)


def split_suspects(panel: pl.DataFrame, registry: Registry) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the series of a panel that look wrong, with those they belong to, and all others.

    A part is larger than its whole (girls than pupils, public than all), or a figure is `SLIP` times the median of
    its series, or that part of it. What is wrong the checks say; to ask them about all takes longer than to read.
    Years before a province had its present area are another series, and left out.
    """
    thing, moment = ["territory", "measure", "level"], ["territory", "measure", "level", "year"]
    is_whole = (pl.col("ownership") == "all") & (pl.col("sex") == "both")
    whole = pl.col("value").filter(is_whole).max().over(moment)
    usual = pl.col("value").median().over([*thing, "ownership", "sex"])
    far = pl.col("value") / usual
    is_odd = (pl.col("value") > whole + pl.col("step")) | (far > SLIP) | ((far < 1 / SLIP) & (pl.col("value") > 0))
    there = panel.with_columns(there=has_present_area(registry))
    marked = there.with_columns(
        suspect=pl.col("there") & is_odd.fill_null(value=False).any().over([*thing, "there"])
    )
    first, rest = (marked.filter(pl.col("suspect") == side).select(panel.columns) for side in (True, False))
    return first, rest
