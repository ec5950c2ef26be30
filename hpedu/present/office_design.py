"""The design of the tables that leave the office: columns, keys and words (`office_tables.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hpedu.registry.models import Text

FieldType = Literal["string", "number", "integer", "boolean", "date", "array"]
"""Types of Frictionless Table Schema (version 1) that the tables use; an `array` is written as JSON."""


class Column(BaseModel):
    """A column: its type, its name and meaning for readers, and what its values must be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: FieldType
    title: Text
    text: Text
    required: bool = False
    codes: str = ""  # dimension of the registry whose codes are its values
    width: int = 20  # in the workbook, in characters


class TableDesign(BaseModel):
    """A table: what it is, its columns in the package (`columns`) and in the workbook (`sheet`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    text: Text
    key: list[str]
    columns: list[str]
    links: dict[str, str] = Field(default_factory=dict)  # column -> table of which it is the key
    sheet: list[str] = Field(default_factory=list)  # empty: not in the workbook
    name: Text | None = None  # of its sheet
    wrap: bool = True  # long texts over several lines; a long table is easier to work with in one line a row
    on_paper: int = 0  # how many of its columns are printed


class Design(BaseModel):
    """All tables and columns by id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: dict[str, TableDesign]
    column: dict[str, Column]


@cache
def read_design() -> Design:
    """Read `office_tables.toml`.

    Raises
    ------
    pydantic.ValidationError
        If it is not as the classes above say.
    """
    with Path(__file__).with_name("office_tables.toml").open("rb") as file:
        return Design.model_validate(tomllib.load(file))
