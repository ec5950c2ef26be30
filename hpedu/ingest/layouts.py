"""Layouts: what the labels of a published table mean, as data (`layouts/*.toml`), one file a table."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hpedu.errors import Problem, RegistryError, list_problems
from hpedu.ingest.words.numbers import NumberStyle
from hpedu.ingest.words.text import fold_text
from hpedu.ingest.words.years import YearRule

HOME = Path(__file__).parent / "layouts"

SERIES_FIELDS = ("measure", "level", "ownership", "sex", "detail")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Series(Strict):
    """What one item label of the table counts, between two years where its scope changed."""

    measure: str
    level: str
    ownership: str = "all"
    sex: str = "both"
    detail: str = ""
    scale: Decimal = Decimal(1)  # printed number x scale = the measure's unit
    year_rule: YearRule | None = None  # where it differs from the table's
    since: int | None = None  # first and last year label the entry holds for
    until: int | None = None
    note: str = ""


class Layout(Strict):
    """How to understand one table.

    `territory`, `year` and `item` name the label that carries each; an item may be made of several labels,
    joined by " / ". A label that carries both the year and the item ("2016 Pupil") is split. `coded` tables
    carry registry codes in columns of their own instead of item labels.
    """

    id: str
    reader: Literal["pxweb_csv", "jsonstat", "tidy_csv", "px", "sheet"]
    title: str  # the file is of this table if its title begins so (case and accents apart)
    territory: str  # label, or "=hai_phong_old" for a table about one territory
    year: str
    year_rule: YearRule
    item: list[str] = []
    coded: bool = False
    numbers: NumberStyle | Literal["decide"] = "plain"  # decide: from all numbers of the table together
    missing: list[str] = Field(default_factory=lambda: ["..", ""])
    none: list[str] = []  # marks that mean "there is none": zero
    status: Literal["final", "preliminary", "projected"] = "final"
    preliminary_marks: list[str] = []  # footnote marks on a year that say its figures are preliminary
    units: dict[str, Decimal] = {}  # for coded tables: printed unit -> factor to the measure's unit
    series: dict[str, list[Series]] = {}
    not_kept: list[str] = []  # items known and left out: averages that are computed from the counts

    def matches(self, title: str) -> bool:
        return fold_text(title).startswith(fold_text(self.title))


@cache
def load_layouts(home: Path = HOME) -> tuple[Layout, ...]:
    """All layouts, most specific title first.

    Raises
    ------
    RegistryError
        With every problem of every layout file.
    """
    problems: list[Problem] = []
    layouts: list[Layout] = []
    for path in sorted(home.glob("*.toml")):
        try:
            fields = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
            layouts.append(Layout.model_validate({"id": path.stem, **fields}))
        except tomllib.TOMLDecodeError as error:
            problems.append(Problem(path.name, "", str(error)))
        except ValidationError as error:
            problems += list_problems(error, path.name, "")
    if problems:
        raise RegistryError(problems)
    return tuple(sorted(layouts, key=lambda layout: -len(layout.title)))


def find_layout(reader: str, title: str, layouts: Iterable[Layout]) -> Layout | None:
    """The layout of a table, by what kind of file it is and how its title begins."""
    return next((layout for layout in layouts if layout.reader == reader and layout.matches(title)), None)
