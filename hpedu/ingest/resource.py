"""Where a file of data/raw comes from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Resource(BaseModel):
    """One file of data/raw and its origin (a Frictionless data resource with fields of our own)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    path: str
    title: str
    publisher: str
    table: str  # the published table or article the figures stand in
    url: str
    published: str = Field(pattern=r"^\d{4}(-\d{2}){0,2}$")  # day, month or year of publication
    scope: str
    confidence: Literal["high", "medium", "low"]
    transcription: bool  # figures transcribed by us, not the file as received
    licenses: list[dict[str, str]]
    format: str = "csv"
    encoding: str = "utf-8"
