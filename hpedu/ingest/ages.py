"""School-age population: five-year age groups of the projection split to single years, then put into bands.

The split uses Sprague's fifth-difference multipliers, the standard method for graduating five-year groups
(T. B. Sprague, 1880; table in Shryock and Siegel, The Methods and Materials of Demography, appendix C). They
preserve the total of each group. Groups end at 20-24 in the transcribed table, so its two last groups use the
end-panel multipliers although older ages exist; this touches only the band 18-22.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hpedu.ingest.schema import OBSERVATIONS, SERIES_KEY
from hpedu.registry import Registry

GROUPS = ["age_0_4", "age_5_9", "age_10_14", "age_15_19", "age_20_24"]
METHOD = "sprague"

_END = (
    (0.3616, -0.2768, 0.1488, -0.0336, 0.0),
    (0.2640, -0.0960, 0.0400, -0.0080, 0.0),
    (0.1840, 0.0400, -0.0320, 0.0080, 0.0),
    (0.1200, 0.1360, -0.0720, 0.0160, 0.0),
    (0.0704, 0.1968, -0.0848, 0.0176, 0.0),
)
_NEXT_TO_END = (
    (0.0336, 0.2272, -0.0752, 0.0144, 0.0),
    (0.0080, 0.2320, -0.0480, 0.0080, 0.0),
    (-0.0080, 0.2160, -0.0080, 0.0000, 0.0),
    (-0.0160, 0.1840, 0.0400, -0.0080, 0.0),
    (-0.0176, 0.1408, 0.0912, -0.0144, 0.0),
)
_MIDDLE = (
    (-0.0128, 0.0848, 0.1504, -0.0240, 0.0016),
    (-0.0016, 0.0144, 0.2224, -0.0416, 0.0064),
    (0.0064, -0.0336, 0.2544, -0.0336, 0.0064),
    (0.0064, -0.0416, 0.2224, 0.0144, -0.0016),
    (0.0016, -0.0240, 0.1504, 0.0848, -0.0128),
)


def _mirror(panel: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(reversed(row)) for row in reversed(panel))


_MULTIPLIERS = _END + _NEXT_TO_END + _MIDDLE + _mirror(_NEXT_TO_END) + _mirror(_END)


def split_ages(groups: Sequence[float]) -> list[float]:
    """Split five consecutive five-year groups (0-4 ... 20-24) into 25 single years of age.

    Each group of the result sums to the group given.
    """
    return [sum(m * g for m, g in zip(row, groups, strict=True)) for row in _MULTIPLIERS]


def estimate_age_bands(observations: pl.DataFrame, book: Registry) -> pl.DataFrame:
    """Population of the school-age bands (measure `population_age`), status `estimated`; of a synthetic
    projection they are synthetic.

    A band stands only where all five groups of its territory and year are there. `cell` names the cells of
    all five groups.
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
        for band in book.codes_of("age_band"):
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
