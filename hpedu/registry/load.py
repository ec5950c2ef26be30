"""Reads the registry's files into typed rows and refuses a broken one with a list of everything wrong."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from hpedu.errors import Problem, RegistryError, list_problems, note
from hpedu.registry import models
from hpedu.registry.check import cross_check

HOME = Path(__file__).parent
LIST_COLUMNS = {
    "parts",
    "departments",
    "levels",
    "aliases",
    "series",
    "targets",
}  # several codes in one cell, joined by "|"
OPTIONAL_TEXT = {"cooperating"}

RowT = TypeVar("RowT", bound=models.Row)
KeyedT = TypeVar("KeyedT", bound=models.Keyed)


def read_csv_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield ("line 2", fields) per row; `name_vi` and `name_en` become one `name` text, blanks None or ""."""
    with path.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            fields: dict[str, Any] = {}
            for column, cell in row.items():
                stem, _, language = column.rpartition("_")
                if language in models.LANGUAGES and stem:
                    fields.setdefault(stem, {})[language] = cell
                elif column in LIST_COLUMNS:
                    fields[column] = cell.split("|") if cell else []
                else:
                    fields[column] = cell
            for column in OPTIONAL_TEXT & fields.keys():
                if not any(fields[column].values()):
                    fields[column] = None
            yield f"line {line}", fields


def read_toml_tables(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (table name, fields with that name as `id`) for each table; numbers keep their decimals."""
    with path.open("rb") as file:
        for name, fields in tomllib.load(file, parse_float=Decimal).items():
            yield name, {"id": name, **fields}


def read_rows(home: Path, source: str, model: type[RowT], problems: list[Problem]) -> list[RowT]:
    """Read a CSV file, a TOML file or a folder of TOML files as rows of `model`; note what is wrong."""
    path = home / source
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    rows: list[RowT] = []
    for file in files:
        reader = read_csv_rows if file.suffix == ".csv" else read_toml_tables
        name = file.relative_to(home).as_posix()
        try:
            for where, fields in reader(file):
                if file.suffix == ".csv":
                    fields = {key: _blank_to_none(model, key, value) for key, value in fields.items()}
                try:
                    rows.append(model.model_validate(fields))
                except ValidationError as error:
                    problems += list_problems(error, name, where)
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            problems.append(Problem(name, "", note("plain", text=error)))
    return rows


def _blank_to_none(model: type[models.Row], key: str, value: Any) -> Any:
    field = model.model_fields.get(key)
    nullable = field is not None and "None" in str(field.annotation)
    return None if value == "" and nullable else value


class Registry:
    """All of the registry, checked: every attribute is a dict from id to row, or a list of rows."""

    def __init__(self, home: Path = HOME) -> None:
        problems: list[Problem] = []

        def read(source: str, model: type[RowT]) -> list[RowT]:
            return read_rows(home, source, model, problems)

        def keyed(source: str, model: type[KeyedT]) -> dict[str, KeyedT]:
            rows = read(source, model)
            table: dict[str, KeyedT] = {}
            for row in rows:
                key: str = row.id
                if key in table:
                    problems.append(Problem(source, key, note("registry_id_twice"), key))
                table[key] = row
            return table

        self.codes = read("codes.csv", models.Code)
        self.territories = keyed("territories.csv", models.Territory)
        self.territory_names = read("territory_names.csv", models.TerritoryName)
        self.province_codes = read("province_codes.csv", models.ProvinceCode)
        self.places = keyed("places.csv", models.Place)
        self.communes = read("communes.csv", models.Commune)
        self.conversions = read("commune_conversions.csv", models.Conversion)
        self.districts = read("districts.csv", models.District)
        self.measures = keyed("measures.csv", models.Measure)
        self.departments = keyed("departments.csv", models.Department)
        self.targets = dict(sorted(keyed("targets", models.Target).items(), key=lambda item: item[1].number))
        self.indicators = keyed("indicators", models.Indicator)
        self.breaks = keyed("breaks.csv", models.Break)
        self.tasks = read("tasks.csv", models.Task)
        self.goals = read("goals.csv", models.Goal)
        self.other_targets = keyed("other_targets.csv", models.OtherTarget)
        self.norms = keyed("norms.csv", models.Norm)
        self.flows = read("flows.csv", models.LevelFlow)
        self.errata = keyed("errata.csv", models.Erratum)
        self.school_columns = keyed("school_columns.csv", models.SchoolColumn)
        self.relations = keyed("relations.csv", models.Relation)

        self._codes = {(row.dimension, row.code): row for row in self.codes}
        self._dimensions: dict[str, dict[str, models.Code]] = {}
        for row in sorted(self.codes, key=lambda code: code.order):
            self._dimensions.setdefault(row.dimension, {})[row.code] = row

        if not problems:  # cross-references only make sense between whole rows
            problems += cross_check(self)
        if problems:
            raise RegistryError(problems)

    def name(self, dimension: str, code: str, language: models.Language) -> str:
        """The wording of a code, such as level `primary` or unit `percent`."""
        return self.code(dimension, code).name.get(language)

    def code(self, dimension: str, code: str) -> models.Code:
        return self._codes[dimension, code]

    def reported_territories(self) -> dict[str, models.Territory]:
        """The territories that reports can be about, by id: no single province, no region."""
        return {key: row for key, row in self.territories.items() if row.role in models.REPORTED_ROLES}

    def breaks_of(self, indicator: str, territory: str) -> list[models.Break]:
        """Where the series of an indicator breaks in a territory, by year."""
        found = [b for b in self.breaks.values() if b.indicator == indicator and b.territory in ("", territory)]
        return sorted(found, key=lambda one: one.year)

    def codes_of(self, dimension: str) -> dict[str, models.Code]:
        """The codes of a dimension in their order."""
        return self._dimensions.get(dimension, {})


@cache
def registry() -> Registry:
    """The registry that comes with hpedu (read once).

    Raises
    ------
    RegistryError
        With every problem of every file, if any row is broken or refers to something that is not there.
    """
    return Registry()
