"""Derive what no file prints: which edition counts, age bands, and the past of a merged territory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from hpedu.decoding import read_toml
from hpedu.ingest.corrections import CONTRADICTED
from hpedu.ingest.schema import OBSERVATIONS, SERIES_KEY
from hpedu.registry import Registry
from hpedu.sums import add_parts

PRELIMINARY = "preliminary_parts"
"""The flag of a derived figure with a preliminary part: its status says only that it is derived."""

GROUPS = ["age_0_4", "age_5_9", "age_10_14", "age_15_19", "age_20_24"]
"""The five-year age groups that school-age bands are estimated from."""

METHOD = "sprague"
"""The method they are estimated with: Sprague's multipliers. The note of an estimate names it."""

_MULTIPLIERS: list[list[float]] = read_toml(__file__, "derive.toml")["multipliers"]


_KEYS = [*SERIES_KEY, "year"]
_OF_ALL = ("source", "file", "digest", "sheet", "note")
"""Columns of a sum that name those of all its parts."""


def mark_current(observations: pl.DataFrame) -> pl.DataFrame:
    """Set `current` so that each figure (series and year) has one current value, or none; the others stay.

    A print that is contradicted is never current (`hpedu.ingest.checks`). A point goes before a bound
    ("over 76"), a whole figure before one that some schools did not report for, then the newest edition wins,
    unless an older one is the same figure printed more precisely (69 thousand does not replace 68,876).
    """
    usable = ~pl.col("flags").list.contains(CONTRADICTED)
    numbered = observations.with_row_index("row").with_columns(current=usable & (usable.sum().over(_KEYS) == 1))
    several = usable & (usable.sum().over(_KEYS) > 1)
    ordered = numbered.filter(several).sort(
        "qualifier",
        pl.col("flags").list.contains("incomplete"),
        "edition",
        "row",
        descending=[False, False, True, False],
    )
    winners = [_choose(group.rows(named=True)) for _, group in ordered.group_by(_KEYS, maintain_order=True)]
    won = pl.col("row").is_in(pl.Series("row", winners, dtype=pl.UInt32).implode())
    return numbered.with_columns(current=pl.col("current") | won).drop("row")


def _choose(candidates: list[dict[str, Any]]) -> int:
    """Return the row number of the figure that counts, from candidates in order of preference."""
    best = candidates[0]
    for other in candidates[1:]:
        finer = other["step"] < best["step"] and other["qualifier"] == best["qualifier"]
        if finer and abs(other["value"] - best["value"]) <= best["step"] / 2:
            best = other
    return int(best["row"])


def revisions(observations: pl.DataFrame) -> pl.DataFrame:
    """Return the figures that a later edition changed, the largest relative change first. Roundings are left out.

    Columns: those of `SERIES_KEY`, year, unit, new and old value, edition and source, `change` in that unit,
    `relative` as a share of the old value.
    """
    new = observations.filter(pl.col("current")).select(
        *_KEYS, "unit", new="value", new_edition="edition", new_source="source"
    )
    contradicted = pl.col("flags").list.contains(CONTRADICTED)
    old = observations.filter(~pl.col("current"), ~contradicted, pl.col("qualifier") == "").select(
        *_KEYS, old="value", old_edition="edition", old_source="source", step="step"
    )
    return (
        old.join(new, on=_KEYS, how="inner")
        .filter((pl.col("new") - pl.col("old")).abs() > pl.col("step") / 2)
        .with_columns(change=pl.col("new") - pl.col("old"), relative=(pl.col("new") / pl.col("old") - 1))
        .sort(pl.col("relative").abs(), *_KEYS, descending=[True] + [False] * len(_KEYS))
        .drop("step")
    )


def split_ages(groups: Sequence[float]) -> list[float]:
    """Split five consecutive five-year groups (0-4 ... 20-24) into 25 single years of age.

    Each group of the result sums to the group given.
    """
    return [sum(m * g for m, g in zip(row, groups, strict=True)) for row in _MULTIPLIERS]


def estimate_age_bands(observations: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """Estimate the population of the school-age bands (measure `population_age`) from five-year age groups.

    Status is `estimated`, or `synthetic` for a synthetic projection. There is a band only where all five groups of
    its territory and year are. `cell` names the cells of all five groups.
    """
    groups = observations.filter(
        pl.col("current"), pl.col("measure") == "population_projected", pl.col("detail").is_in(GROUPS)
    )
    keys = [*(key for key in SERIES_KEY if key != "detail"), "year"]
    rows = []
    for _, frame in groups.group_by(keys, maintain_order=True):
        by_group = {row["detail"]: row for row in frame.iter_rows(named=True)}
        if len(by_group) < len(GROUPS):
            continue
        parts = [by_group[group] for group in GROUPS]
        ages = split_ages([part["value"] for part in parts])
        for band in registry.codes_of("age_band"):
            first, last = (int(age) for age in band.removeprefix("age_").split("_"))
            rows.append(
                parts[0]
                | {
                    "measure": "population_age",
                    "detail": band,
                    "value": sum(ages[first : last + 1]),
                    "status": "synthetic" if any(p["status"] == "synthetic" for p in parts) else "estimated",
                    "flags": ["projected_base"],
                    "cell": " + ".join(part["cell"] for part in parts),
                    "printed": " + ".join(part["printed"] for part in parts),
                    "note": METHOD,
                    "step": 1.0,
                }
            )
    return pl.DataFrame(rows, schema=OBSERVATIONS, orient="row")


def derive_merged(observations: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """Sum the parts of merged territories for the years in which only the parts were counted.

    Takes current observations of additive measures. Counts add; a missing part, or one that is only a bound,
    makes the sum missing, never smaller. `file`, `sheet` and `cell` name those of all parts, joined by
    " + ", so that every sum leads back to its cells. Status is `derived`, unless a part is projected,
    estimated or synthetic: then the sum is no firmer than that.

    Where there is no sum because all prints of a part are contradicted, it is that of the newest of them, with the
    flag `contradicted`: it is shown as such, and never current.
    """
    additive = [m.id for m in registry.measures.values() if m.additive]
    sound = observations.filter(pl.col("current"))
    doubted = observations.filter(pl.col("flags").list.contains(CONTRADICTED)).join(sound, on=_KEYS, how="anti")
    doubted = doubted.sort("edition", descending=True, maintain_order=True).unique(_KEYS, maintain_order=True)
    frames = [observations.clear()]
    for territory in registry.territories.values():
        if territory.parts:
            parts = list(territory.parts)
            sums = _sum_parts(sound, territory.id, parts, additive)
            frames += [sums, _sum_parts(pl.concat([sound, sums, doubted]), territory.id, parts, additive)]
    return pl.concat(frames)


def _sum_parts(observations: pl.DataFrame, merged: str, parts: list[str], additive: list[str]) -> pl.DataFrame:
    keys = [key for key in SERIES_KEY if key != "territory"]
    usable = observations.filter(
        pl.col("territory").is_in(parts),
        pl.col("measure").is_in(additive),
        pl.col("qualifier") == "",
        pl.col("place") == "",
    )
    published = observations.filter(pl.col("territory") == merged, pl.col("qualifier") == "")
    softer = pl.col("status").filter(pl.col("status").is_in(["synthetic", "projected", "estimated"]))
    whole = add_parts(
        # hai_phong_old comes first, then hai_duong_old.
        usable.sort("territory", descending=True),
        keys=[*keys, "year"],
        part="territory",
        parts=parts,
        sums=["value"],
        carry={
            "unit": pl.col("unit").first(),
            "soft": softer.first(),
            "flags": pl.col("flags").explode(keep_nulls=False, empty_as_null=False).unique(maintain_order=True),
            "preliminary": (pl.col("status") == "preliminary").any(),
            "edition": pl.col("edition").max(),
            "cell": pl.col("cell").str.join(" + "),
            "printed": pl.col("printed").str.join(" + "),
            "step": pl.col("step").max(),
        }
        | {name: pl.col(name).unique(maintain_order=True).str.join(" + ") for name in _OF_ALL},
    )
    return (
        whole.filter(pl.col("missing").list.len() == 0)
        .with_columns(
            territory=pl.lit(merged),
            status=pl.coalesce("soft", pl.lit("derived")),
            qualifier=pl.lit(""),
            flags=pl.when("preliminary").then(pl.concat_list("flags", pl.lit([PRELIMINARY]))).otherwise("flags"),
            current=~pl.col("flags").list.contains(CONTRADICTED),
        )
        .join(published, on=[*keys, "year"], how="anti")
        .select(pl.col(name).cast(kind) for name, kind in OBSERVATIONS.items())
    )
