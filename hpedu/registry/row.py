"""Say what a row of the registry is, and what its fields may name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PrivateAttr, StringConstraints

from hpedu.errors import Problem
from hpedu.texts import Language, Sayable


@dataclass(frozen=True)
class Names:
    """What the text of a field names: it has to be there (`hpedu.registry.check`).

    A field with a default may be empty.
    """

    kind: str


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
LevelCode = Annotated[str, Names("level")]
UnitCode = Annotated[str, Names("unit")]
OwnershipCode = Annotated[str, Names("ownership")]
SexCode = Annotated[str, Names("sex")]
GroupId = Annotated[str, Names("group")]
TerritoryId = Annotated[str, Names("territory")]
MeasureId = Annotated[str, Names("measure")]
IndicatorId = Annotated[str, Names("indicator")]
TargetId = Annotated[str, Names("target")]
DepartmentId = Annotated[str, Names("department")]
OwnerId = Annotated[str, Names("owner")]
Formula = Annotated[str, Names("series")]
"""A sum of series, as `hpedu.registry.formula` reads it."""
Pattern = Annotated[str, Names("pattern")]
"""A formula that may have `*` for a measure or level; or a number."""


class Row(BaseModel):
    """A row of a file: no column is unknown, and nothing in it changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # The place it was read from.
    _file: str = PrivateAttr("")
    _where: str = PrivateAttr("")

    def problem(self, text: Sayable, field: str = "", found: str = "") -> Problem:
        """Return what is wrong with it, with its place."""
        return Problem(self._file, f"{self._where} {field}".strip(), text, found)


class Keyed(Row):
    """A row with an id."""

    id: Slug


class Text(Row):
    """The same wording in Vietnamese and English."""

    vi: Words
    en: Words

    def get(self, language: Language) -> str:
        """Return the wording in a language."""
        return self.vi if language == "vi" else self.en
