"""Layouts: what the labels of a published table mean, as data (`layouts/*.toml`), one file a table."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hpedu.errors import Problem, RegistryError, list_problems, note
from hpedu.ingest.titles import is_titled, title_key
from hpedu.ingest.words.numbers import NumberStyle
from hpedu.ingest.words.years import YearRule

HOME = Path(__file__).parent / "layouts"

SERIES_FIELDS = ("measure", "level", "ownership", "sex", "detail")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Series(Strict):
    """What one item label of the table counts, between two years where its scope changed."""

    measure: str = Field(min_length=1)
    level: str = Field(min_length=1)
    ownership: str = "all"
    sex: str = "both"
    detail: str = ""
    scale: Decimal = Decimal(1)  # printed number x scale = the measure's unit
    year_rule: YearRule | None = None  # where it differs from the table's
    since: int | None = None  # first and last year label the entry holds for
    until: int | None = None
    note: str = ""


class Layout(Strict):
    """How to understand one table, in whatever kind of file it comes.

    `territory`, `year` and `item` name the label that carries each; where they name none, or one that a file
    does not have, it is found by what stands in it (`hpedu.ingest.roles`). An item may be made of several
    labels, joined by " / ". A label that carries both the year and the item ("2016 Pupil") is split. `coded`
    tables carry registry codes in columns of their own instead of item labels.
    """

    id: str
    title: str | list[str]  # each language and wording it is published under; see `hpedu.ingest.titles`
    territory: str = ""  # label, or "=hai_phong_old" for a table about one territory
    year: str = ""
    year_rule: YearRule
    item: list[str] = []
    place: str = ""  # label that names a district or institution of the territory, as registry/places.csv does
    coded: bool = False
    numbers: NumberStyle | Literal["decide"] = "decide"  # decide: from all numbers of the table together
    missing: list[str] = Field(default_factory=lambda: ["..", ""])
    none: list[str] = []  # marks that mean "there is none": zero
    status: Literal["final", "preliminary", "projected"] = "final"
    preliminary_marks: list[str] = []  # footnote marks on a year that say its figures are preliminary
    units: dict[str, Decimal] = {}  # for coded tables: printed unit -> factor to the measure's unit
    also: dict[
        str, str
    ] = {}  # other wording of an item or a part of it, such as Vietnamese -> the one in `series`
    series: dict[str, list[Series]] = {}
    not_kept: list[
        str
    ] = []  # items known and left out: averages that are computed from the counts; "Index*": all in such a block

    @property
    def titles(self) -> list[str]:
        return [self.title] if isinstance(self.title, str) else self.title

    def matches(self, title: str) -> bool:
        return is_titled(title, self.titles)


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
            problems.append(Problem(path.name, "", note("plain", text=error)))
        except ValidationError as error:
            problems += list_problems(error, path.name, "")
    if problems:
        raise RegistryError(problems)
    return tuple(sorted(layouts, key=lambda layout: -max(map(len, layout.titles))))


def find_layout(title: str, layouts: Iterable[Layout]) -> Layout | None:
    """The layout of a table, by its title."""
    return next((layout for layout in layouts if layout.matches(title)), None)


def closest_layout(title: str, layouts: Iterable[Layout]) -> Layout | None:
    """The layout whose title is most like one that none has: perhaps another wording, perhaps another scope."""
    keys = {title_key(known): layout for layout in layouts for known in layout.titles}
    close = get_close_matches(title_key(title), keys, n=1, cutoff=0.75)
    return keys[close[0]] if close else None
