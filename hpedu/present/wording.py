"""The fixed texts of charts, pages and reports, in Vietnamese and English (`wording*.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from hpedu.errors import UnknownName
from hpedu.registry.models import Language, Text


@cache
def read_wording() -> dict[str, Text]:
    """Read the wording files beside this module: key -> text in both languages."""
    wording: dict[str, Text] = {}
    for path in sorted(Path(__file__).parent.glob("wording*.toml")):
        with path.open("rb") as file:
            wording |= {key: Text.model_validate(texts) for key, texts in tomllib.load(file).items()}
    return wording


def phrase(key: str, language: Language, **values: object) -> str:
    """The text of `key` with `values` in place of its `{names}`.

    Raises
    ------
    UnknownName
        If no wording file has such a key.
    """
    wording = read_wording()
    if key not in wording:
        raise UnknownName("phrase", key, wording)
    return wording[key].get(language).format(**values)
