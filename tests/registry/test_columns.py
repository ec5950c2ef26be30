"""The page on the files of the registry is what the typed rows say.

`python -m tests.registry.test_columns` writes it anew.
"""

from __future__ import annotations

import csv
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from hpedu.registry.check import name_fields
from hpedu.registry.load import FILES, HOME
from hpedu.registry.models import Row, Text
from tests.conftest import ROOT

PAGE = ROOT / "docs/registry.md"
HEAD = """# The files of the registry

They are in `hpedu/registry`. A row of a CSV file, or a table of a TOML file, is one object of a class in
[models.py](../hpedu/registry/models.py), which says what its fields mean. A text has two columns, `name_vi` and
`name_en`; in TOML it is `name = { vi = "...", en = "..." }`. A list is one cell, its parts joined by `|`. What may
be left blank is marked `?`; what has only certain values names them; `→ unit` names a row, or code, that has to be
there (a series: `measure/level[/dimension=code ...]`, several joined by ` + `). Whatever is wrong in any file, or
between files ([check.py](../hpedu/registry/check.py)), is listed at once by `hpedu ingest`.

| file | a row is | columns |
|---|---|---|
"""


def describe_files() -> str:
    """Write the page from the models and from the headers of the CSV files."""
    rows = []
    for source, model in FILES.values():
        files = source if source.endswith(".csv") else f"{source}/*.toml"
        rows.append(f"| `{files}` | {summarise(model)} | {list_columns(model)} |\n")
    return HEAD + "".join(rows)


def summarise(model: type[Row]) -> str:
    """Return the first sentence on the class."""
    return " ".join((model.__doc__ or "").split("\n\n")[0].split()).split(". ")[0].rstrip(".")


def list_columns(model: type[Row]) -> str:
    named = {name: kind.replace("_", " ") for name, kind, _ in name_fields(model)}
    fields = model.model_fields.items()
    return ", ".join(describe_column(name, field, named.get(name)) for name, field in fields)


def describe_column(name: str, field: FieldInfo, named: str | None) -> str:
    kinds = [field.annotation, *get_args(field.annotation)]
    values = [value for kind in kinds if get_origin(kind) is Literal for value in get_args(kind) if value]
    values += [f"→ {named}"] if named else []
    blank = type(None) in kinds or not field.is_required()
    return f"`{name}`{'?' if blank else ''}" + (f" ({', '.join(values)})" if values else "")


def test_the_page_is_what_the_models_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == describe_files(), "run: python -m tests.registry.test_columns"


def test_the_columns_of_each_csv_file_are_those_of_its_model() -> None:
    """In a file a column may stand anywhere; none is missing, but for those that may be."""
    for source, model in FILES.values():
        if not source.endswith(".csv"):
            continue
        with (HOME / source).open(encoding="utf-8", newline="") as file:
            header = set(next(csv.reader(file)))
        fields = model.model_fields.items()
        texts = {name for name, field in fields if Text in (field.annotation, *get_args(field.annotation))}
        wanted = {name for name, field in fields if field.is_required()} - texts
        known = {name for name, _ in fields} - texts | {f"{name}_{end}" for name in texts for end in ("vi", "en")}
        assert wanted <= header <= known, source


if __name__ == "__main__":
    PAGE.write_text(describe_files(), encoding="utf-8")
