"""The fixed texts of charts and pages, in Vietnamese and English (`wording.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from hpedu.errors import UnknownName
from hpedu.registry.models import Language, Text


@cache
def read_wording() -> dict[str, Text]:
    """Read `wording.toml`: key -> text in both languages."""
    with Path(__file__).with_name("wording.toml").open("rb") as file:
        return {key: Text.model_validate(texts) for key, texts in tomllib.load(file).items()}


def phrase(key: str, language: Language, **values: object) -> str:
    """The text of `key` with `values` in place of its `{names}`.

    Raises
    ------
    UnknownName
        If `wording.toml` has no such key.
    """
    wording = read_wording()
    if key not in wording:
        raise UnknownName("phrase", key, wording)
    return wording[key].get(language).format(**values)
