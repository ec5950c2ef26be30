"""Read the registry's files into typed rows and refuse a broken one with a list of everything wrong."""

from __future__ import annotations

import csv
import io
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import zip_longest
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import ValidationError

from hpedu.decoding import decode_text
from hpedu.errors import Problem, Refused, RegistryError, UnknownName, list_problems
from hpedu.folders import Project, find_own, read_plain, write_whole
from hpedu.registry import models
from hpedu.registry.check import cross_check
from hpedu.registry.registry import Registry
from hpedu.registry.row import Row
from hpedu.texts import LANGUAGES, message

HOME = Path(__file__).parent
OWN = "data/registry/"
"""Where the rows of an office's own are in its project, as it is named where one is wrong."""
FOLDERS = ("targets", "indicators")
"""Tables that are folders of TOML files; every other one is a CSV file."""
_TABLES = get_type_hints(Registry, include_extras=True)
FILES: dict[str, tuple[str, type[Row]]] = {
    name: (name if name in FOLDERS else f"{name}.csv", get_args(hint)[-1])
    for name, hint in get_type_hints(Registry).items()
}
"""Table of `Registry` -> file, or folder of TOML files, and the class of its rows."""
KEYS = {name: getattr(hint, "__metadata__", ("id",)) for name, hint in _TABLES.items()}
"""The columns that tell the rows of a table apart."""

# What Excel writes to itself.
_SEP_LINE = re.compile(r"^sep=.\r?\n", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
# Letters that the encoding of a saved file does not have become question marks: "Tr??ng".
_LOST_LETTER = re.compile(r"\w\?+\w|(?:^|\s)\?|\ufffd")

RowT = TypeVar("RowT", bound=Row)


def load_registry() -> Registry:
    """Return the registry that comes with hpedu, with the rows of the project's data/registry over it (read once).

    Raises `RegistryError` if any row is broken or refers to something that is not there; it lists every problem of
    every file.
    """
    return _load(find_own("registry"))


def forget_registry() -> None:
    """Read the files again when they are next asked for: for processes that outlive a change."""
    _load.cache_clear()


@cache
def _load(own: Path | None) -> Registry:
    return read_registry(HOME, own)


def name_office(project: Project, name: str) -> None:
    """Write down who makes the pages of a project, in its own registry: it stands on each from now on."""
    rows = io.StringIO()
    csv.writer(rows, lineterminator="\n").writerows([("id", "name_vi", "name_en"), ("made_by", name, name)])
    write_whole(project.registry / "offices.csv", rows.getvalue().encode())
    _load.cache_clear()


def read_registry(home: Path, own: Path | None = None) -> Registry:
    """Read a registry from a folder of files, with the rows of an office's `own` folder over them.

    A row of its own takes the place of the row with the same key, any other is added, and what withdrawn.csv names
    is taken out. Its files have the same names, and it needs only those that it has rows for. All is checked as
    one.

    Raises
    ------
    RegistryError
        As `load_registry` does.
    """
    problems: list[Problem] = []
    tables: dict[str, dict[str, Any]] = {}
    more: dict[str, dict[str, Any]] = {}
    for name, (source, model) in FILES.items():
        tables[name] = _index(read_rows(home, source, model, problems), KEYS[name], problems)
        rows = read_rows(own, source, model, problems, OWN) if own and (own / source).exists() else []
        more[name] = _index(rows, KEYS[name], problems)
    problems += _find_strangers(own) if own else []
    for row in more["withdrawn"].values():
        problems += _withdraw(row, tables)
    for name in tables:
        tables[name] |= more[name]
    whole: dict[str, Any] = {
        name: rows if KEYS[name] == ("id",) else [*rows.values()] for name, rows in tables.items()
    }
    registry = Registry(**whole)
    # References only make sense between whole rows.
    if not problems:
        by_number = sorted(registry.targets.values(), key=lambda target: target.number)
        owned = {target.id: _give_owner(target, registry.owners) for target in by_number}
        registry = replace(registry, targets=owned)
        problems += cross_check(registry)
    if problems:
        raise RegistryError(problems)
    return registry


def _withdraw(row: models.Withdrawal, tables: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    """Take a row that an office does without out of those of hpedu."""
    names = {source: name for name, (source, _) in FILES.items()}
    if row.file not in names:
        yield row.problem(UnknownName("file_of_the_registry", row.file, names), "file")
    elif tables[names[row.file]].pop(row.row, None) is None:
        yield row.problem(UnknownName("row", row.row, tables[names[row.file]]), "row")


def _find_strangers(own: Path) -> list[Problem]:
    """Name what nobody reads in an office's folder: a name mistyped would be rows without effect."""
    known = [source for source, _ in FILES.values()]
    strangers = sorted(path.name for path in own.iterdir() if path.name not in known and path.name[0] not in ".~")
    return [Problem(OWN + name, "", UnknownName("file_of_the_registry", name, known)) for name in strangers]


def _give_owner(target: models.Target, owners: dict[str, models.Owner]) -> models.Target:
    """Return a target with the divisions of its level or subject, where no plan names one."""
    if target.owner not in owners:
        return target
    return target.model_copy(update={"departments": owners[target.owner].departments})


def _index(rows: Iterable[Row], columns: tuple[str, ...], problems: list[Problem]) -> dict[str, Any]:
    """Return rows by what tells them apart, parted by "/"."""
    table: dict[str, Row] = {}
    for row in rows:
        key = "/".join(str(getattr(row, name) or "") for name in columns)
        if key in table:
            problems.append(row.problem(message("registry_id_twice"), found=key))
        table[key] = row
    return table


def read_rows(home: Path, source: str, model: type[RowT], problems: list[Problem], prefix: str = "") -> list[RowT]:
    """Read a CSV or TOML file, or a folder of TOML files, as rows of `model`; add what is wrong to `problems`."""
    path = home / source
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    rows: list[RowT] = []
    for file in files:
        name = prefix + file.relative_to(home).as_posix()
        try:
            for where, fields in read_csv_rows(file, model) if file.suffix == ".csv" else read_toml_tables(file):
                try:
                    row = model.model_validate(fields)
                    row._file, row._where = name, where
                    rows.append(row)
                except ValidationError as error:
                    problems += list_problems(error, name, where)
        except FileNotFoundError:
            problems.append(Problem(name, "", message("registry_no_file")))
        except Refused as error:
            problems.append(Problem(name, "", error))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, csv.Error) as error:
            problems.append(Problem(name, "", message("is_damaged", error=error)))
    return rows


def read_csv_rows(path: Path, model: type[Row]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield ("line 2", fields) for each row, as `model` takes them.

    `name_vi` and `name_en` become one text `name`; a list is one cell, its parts joined by "|"; a blank cell is
    None where the model allows that. The file may have been saved by Excel: in another encoding, parted by
    semicolons, with decimal commas then, and with blank rows and columns at the end. Raises `Refused` if a row has
    more cells than the header, or letters were lost when the file was saved.
    """
    text = unicodedata.normalize("NFC", decode_text(read_plain(path)).removeprefix("\ufeff"))
    text = _SEP_LINE.sub("", text)
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [name.strip() for name in next(rows, [])]
    for line, row in enumerate(rows, start=2):
        if not any(map(str.strip, row)):
            continue
        where = f"line {line}"
        _refuse_spoilt(row, len(header), where)
        fields: dict[str, Any] = {}
        # A row may be shorter than the header: Excel leaves blank cells at the end out.
        for column, cell in zip_longest(header, row[: len(header)], fillvalue=""):
            stem, _, language = column.rpartition("_")
            if language in LANGUAGES and stem:
                fields.setdefault(stem, {})[language] = cell
            elif column or cell:
                fields[column] = _split_list(model, column, _write_point(cell) if delimiter == ";" else cell)
        yield where, {name: _blank_to_none(model, name, value) for name, value in fields.items()}


def _refuse_spoilt(row: list[str], width: int, where: str) -> None:
    if any(map(str.strip, row[width:])):
        raise Refused("registry_too_many_cells", where=where, width=width)
    lost = next((cell for cell in row if "://" not in cell and _LOST_LETTER.search(cell)), None)
    if lost is not None:
        raise Refused("registry_letters_lost", where=where, text=lost[:80])


def _write_point(cell: str) -> str:
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell


@cache
def _is_list(model: type[Row], column: str) -> bool:
    return column in model.model_fields and get_origin(model.model_fields[column].annotation) is list


@cache
def _may_be_none(model: type[Row], column: str) -> bool:
    kind = model.model_fields[column].annotation if column in model.model_fields else None
    return isinstance(kind, UnionType) and type(None) in get_args(kind)


def _split_list(model: type[Row], column: str, cell: str) -> Any:
    if not _is_list(model, column):
        return cell
    return cell.split("|") if cell else []


def _blank_to_none(model: type[Row], column: str, value: Any) -> Any:
    blank = not any(value.values()) if isinstance(value, dict) else value == ""
    return None if blank and _may_be_none(model, column) else value


def read_toml_tables(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (table name, fields with that name as `id`) for each table; numbers keep their decimals."""
    for name, fields in tomllib.loads(read_plain(path).decode(), parse_float=Decimal).items():
        yield name, {"id": name, **fields}
