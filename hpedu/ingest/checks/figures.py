"""The published figures as the checks see them: looked up by what they count, where, when and in which file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import mode
from typing import Any, Literal

import polars as pl

from hpedu.ingest.cells import name_cell
from hpedu.registry import Registry
from hpedu.registry.models import Erratum

Key = tuple[str, str, str, str, str]
"""measure, level, ownership, sex, detail."""

Reach = Literal["file", "release", "current"]
"""How far apart two figures may stand: in one file, in the files one publisher issued together, in any."""

MEASURED_UNITS = {"km2", "billion_vnd"}  # amounts; all other additive measures count things

_COPIED = ("territory", "place", "year", "value", "unit", "edition", "file", "sheet", "cell", "printed", "current")
_WANTED = ("measure", "level", "ownership", "sex", "detail", "step", *_COPIED)


@dataclass(frozen=True, slots=True)
class Figure:
    """One published figure. `raw` is its value before an erratum scaled it."""

    key: Key
    territory: str
    place: str
    year: int
    value: float
    raw: float
    rounding: float  # how far the print may be from the count it stands for
    unit: str
    counts: bool  # it counts things or money, so that parts can be added
    edition: str
    file: str
    sheet: str
    cell: str
    printed: str
    current: bool
    erratum: Erratum | None

    @property
    def series(self) -> tuple[Key, str, str]:
        return self.key, self.territory, self.place

    @property
    def where(self) -> tuple[str, str, str]:
        return self.file, self.sheet, self.cell

    @property
    def release(self) -> tuple[str, str]:
        """Folder and edition: what one publisher issued together."""
        return self.file.rpartition("/")[0], self.edition


class Figures:
    """The published points among the observations (no bounds such as "over 99%", nothing derived), indexed."""

    def __init__(self, observations: pl.DataFrame, book: Registry) -> None:
        published = observations.filter(
            pl.col("qualifier") == "",
            pl.col("status") != "derived",
            ~pl.col("cell").str.contains(" + ", literal=True),
            pl.col("measure").is_in(list(book.measures)),
        )
        errata = {(erratum.file, erratum.cell): erratum for erratum in book.errata.values()}
        additive = {measure.id for measure in book.measures.values() if measure.additive}
        rows = published.select(_WANTED).rows(named=True)
        steps = _usual_steps(rows)
        self.all = [
            _read_figure(
                row,
                errata.get((row["file"], name_cell(row["sheet"], row["cell"]))),
                row["measure"] in additive,
                steps[row["file"], row["measure"]],
            )
            for row in rows
        ]
        self._at: dict[tuple[Key, str, str, int], list[Figure]] = {}
        self._having: dict[tuple[int, str], list[Figure]] = {}
        for figure in self.all:
            self._at.setdefault((*figure.series, figure.year), []).append(figure)
            for dimension, code in enumerate(figure.key):
                self._having.setdefault((dimension, code), []).append(figure)

    @cached_property
    def series(self) -> dict[tuple[Key, str, str], list[Figure]]:
        """All figures of each series, by year."""
        table: dict[tuple[Key, str, str], list[Figure]] = {}
        for figure in sorted(self.all, key=lambda figure: figure.year):
            table.setdefault(figure.series, []).append(figure)
        return table

    def matching(self, pattern: Sequence[str | None]) -> Iterator[Figure]:
        """The figures whose key has the codes of `pattern`; None stands for any code."""
        fixed = [(dimension, code) for dimension, code in enumerate(pattern) if code is not None]
        candidates = min((self._having.get(f, []) for f in fixed), key=len, default=self.all)
        return (figure for figure in candidates if all(figure.key[d] == code for d, code in fixed))

    def beside(self, figure: Figure, key: Key, reach: Reach) -> Figure | None:
        """The figure of `key` for the same territory, place and year, within `reach`; None if there is none."""
        for other in self._at.get((key, figure.territory, figure.place, figure.year), ()):
            if (
                other.file == figure.file
                or (reach != "file" and other.release == figure.release)
                or (reach == "current" and other.current)
            ):
                return other
        return None

    def same(self) -> Iterator[list[Figure]]:
        """The figures that say the same thing (series and year), where there are several."""
        return (group for group in self._at.values() if len(group) > 1)


def _usual_steps(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str], float]:
    """The commonest step of each measure in each file. A total left with all the decimals of the publisher's
    computer does not make the table more precise than its other figures are."""
    steps: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        steps.setdefault((row["file"], row["measure"]), []).append(row["step"])
    return {table: mode(found) for table, found in steps.items()}


def _read_figure(row: dict[str, Any], erratum: Erratum | None, additive: bool, usual_step: float) -> Figure:
    factor = float(erratum.factor) if erratum is not None and erratum.factor else 1.0
    step = max(row["step"], usual_step)
    exact = additive and row["unit"] not in MEASURED_UNITS and step <= 1
    return Figure(
        key=(row["measure"], row["level"], row["ownership"], row["sex"], row["detail"]),
        raw=row["value"] / factor,
        rounding=0.0 if exact else step / 2,
        counts=additive,
        erratum=erratum,
        **{name: row[name] for name in _COPIED},
    )
