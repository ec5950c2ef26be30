"""Make the past of a place that a merger formed, from the numerators and denominators of its parts.

Counts add; a ratio is computed again from the sums, for the mean of the parts' rates is no rate of the whole.
Works on series of any country. Ingest adds up single observations, which carry cells and editions, with the same
`hpedu.sums.add_parts`.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from hpedu.outlook.intake import KEY, Intake, locate
from hpedu.sums import FIRMNESS, add_parts, read_columns

MERGED = read_columns("merged")


def merge_parts(counts: pl.DataFrame, parts: pl.DataFrame, *, scale: float = 1.0) -> pl.DataFrame:
    """Return the back series of every whole: its own figures where there are any, else the sum of all its parts.

    Parameters
    ----------
    counts
        `place, indicator, year, numerator` and perhaps `denominator` (without one it is a count), `scale` (100 for
        percent), `status` (`FIRMNESS`; final if not given). Parts and wholes in one table.
    parts
        `whole, part` and perhaps `valid_from, valid_to`: the years, both included, in which the whole is made
        up of the part; a blank is open.
    scale
        For rows without a `scale` of their own.

    Returns
    -------
    polars.DataFrame
        Columns `MERGED`. Where a part has no figure, the value is null and the status `missing`: never a
        smaller sum. So it is where a denominator is 0.
    """
    rows, pairs = _take(counts, parts, scale)
    frames = [_merge_years(rows, whole, names, years) for whole, names, years in _list_years(rows, pairs)]
    derived = pl.concat(frames) if frames else pl.DataFrame(schema=MERGED)
    own = rows.filter(pl.col("place").is_in(pairs["whole"].to_list()), pl.col("numerator").is_not_null())
    own = own.with_columns(value=_value(), parts=pl.lit(""), missing=pl.lit("")).select(list(MERGED))
    return pl.concat([own, derived.join(own, on=[*KEY, "year"], how="anti")]).sort(*KEY, "year")


def _take(counts: pl.DataFrame, parts: pl.DataFrame, scale: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    intake = Intake()
    rows = intake.take(counts, "counts")
    pairs = intake.take(parts, "parts")
    if "numerator" not in counts.columns and "value" in counts.columns:
        intake.complain("counts", "intake_rate_merged", where="value")
    intake.refuse_repeats(rows, "counts", [*KEY, "year"])
    intake.refuse_repeats(pairs, "parts", ["whole", "part", "valid_from"])
    intake.refuse_unknown(rows, "counts", "status", FIRMNESS)
    for row in pairs.filter(pl.col("whole") == pl.col("part")).iter_rows(named=True):
        intake.complain("parts", "intake_own_part", where=locate(row, ["whole"]))
    intake.finish()
    rows = rows.with_columns(pl.col("status").fill_null("final"), pl.col("scale").fill_null(scale))
    ratio = pl.col("denominator").is_not_null().any().over("indicator")
    return rows.with_columns(ratio=ratio), pairs


def _list_years(rows: pl.DataFrame, pairs: pl.DataFrame) -> Iterator[tuple[str, list[str], list[int]]]:
    """Yield each whole with the parts that make it up, and the years in which just these do."""
    years = rows["year"].unique().sort().to_list()
    for (whole,), own in pairs.group_by("whole", maintain_order=True):
        made: dict[tuple[str, ...], list[int]] = {}
        for year in years:
            valid = own.filter(
                (pl.col("valid_from") <= year).fill_null(True), (pl.col("valid_to") >= year).fill_null(True)
            )
            made.setdefault(tuple(dict.fromkeys(valid["part"])), []).append(year)
        yield from ((str(whole), list(names), some) for names, some in made.items() if names)


def _merge_years(rows: pl.DataFrame, whole: str, names: list[str], years: list[int]) -> pl.DataFrame:
    # A count has no denominator that could be missing.
    below = pl.when("ratio").then("denominator").otherwise(0.0)
    added = add_parts(
        rows.filter(pl.col("year").is_in(years)).with_columns(denominator=below),
        keys=["indicator", "year"],
        part="place",
        parts=names,
        sums=["numerator", "denominator"],
        carry={
            "ratio": pl.col("ratio").first(),
            "scale": pl.col("scale").first(),
            "softest": pl.col("status").replace_strict(FIRMNESS, list(range(len(FIRMNESS)))).max(),
        },
    )
    status = pl.col("softest").clip(FIRMNESS.index("derived")).replace_strict(dict(enumerate(FIRMNESS)))
    return (
        added.with_columns(pl.when("ratio").then("denominator").alias("denominator"))
        .with_columns(value=_value(), place=pl.lit(whole), parts=pl.lit(" + ".join(names)))
        .with_columns(
            status=pl.when(pl.col("value").is_null()).then(pl.lit("missing")).otherwise(status),
            missing=pl.col("missing").list.join(" + "),
        )
        .select(pl.col(name).cast(kind) for name, kind in MERGED.items())
    )


def _value() -> pl.Expr:
    """Return the value of a ratio or a count: null where a figure is unknown or the denominator is 0."""
    above, below = pl.col("scale") * pl.col("numerator"), pl.col("denominator")
    return pl.when(~pl.col("ratio")).then(above).when(below != 0).then(above / below)
