"""Write the tables of a report as a Frictionless data package, for other systems.

Tabular Data Package, version 1 of the specification: CSV (UTF-8, RFC 4180) and `datapackage.json`, which names
types, units, constraints, keys, licences and sources.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hpedu.folders import write_whole
from hpedu.ingest.schema import Resource
from hpedu.present.exports.report_tables import (
    Column,
    ReportTables,
    Row,
    TableDesign,
    introduce,
    name_tables,
    read_design,
)
from hpedu.present.page.blocks import write_csv
from hpedu.registry import Registry
from hpedu.texts import Language, say

DESCRIPTOR = "datapackage.json"


def write_package(folder: Path, tables: ReportTables, registry: Registry) -> None:
    """Write the package of a report into a folder of its own; the same tables give the same bytes."""
    for name, content in draw_package(tables, registry).items():
        write_whole(folder / name, content)


def draw_package(tables: ReportTables, registry: Registry) -> dict[str, bytes]:
    """Return the files of the package by name: a CSV a table, and the descriptor last."""
    design = read_design()
    files = {
        f"{key}.csv": write_csv(
            table.columns, [[_cell(row, column) for column in table.columns] for row in tables.rows[key]]
        ).encode()
        for key, table in design.table.items()
    }
    descriptor = describe_package(tables, registry)
    text = json.dumps(descriptor, ensure_ascii=False, indent=1) + "\n"
    return files | {DESCRIPTOR: text.encode()}


def describe_package(tables: ReportTables, registry: Registry) -> dict[str, Any]:
    """Return the descriptor: what `datapackage.json` says."""
    scope, language, design = tables.scope, tables.scope.language, read_design()
    warning = [say("synthetic_page", language)] if tables.synthetic else []
    title = name_tables(tables, registry)
    return {
        "profile": "tabular-data-package",
        "name": f"hpedu-{scope.year}-{scope.territory}-{language}-{scope.group}",
        "title": f"{say('synthetic_chart', language)} – {title}" if tables.synthetic else title,
        "description": " ".join([*warning, say("export_package_text", language), *introduce(tables)]),
        "keywords": ["education", "targets", "Hai Phong", *(["synthetic"] if tables.synthetic else [])],
        "hpedu": version("hpedu"),
        **_none_left_out("licenses", _list_licences(tables)),
        **_none_left_out("sources", [_describe_source(source) for source in tables.sources]),
        "resources": [_describe_table(key, table, language, registry) for key, table in design.table.items()],
    }


def _describe_table(key: str, table: TableDesign, language: Language, registry: Registry) -> dict[str, Any]:
    columns = read_design().column
    links = [
        {"fields": [column], "reference": {"resource": other, "fields": [column]}}
        for column, other in table.links.items()
    ]
    return {
        "profile": "tabular-data-resource",
        "name": key,
        "path": f"{key}.csv",
        "title": table.title.get(language),
        "description": table.text.get(language),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "doubleQuote": True, "header": True},
        "schema": {
            "fields": [_describe_column(name, columns[name], table, language, registry) for name in table.columns],
            "missingValues": [""],
            "primaryKey": table.key,
            **_none_left_out("foreignKeys", links),
        },
    }


def _describe_column(
    name: str, column: Column, table: TableDesign, language: Language, registry: Registry
) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    if column.required:
        constraints["required"] = True
    if table.key == [name]:
        constraints["unique"] = True
    if column.codes:
        constraints["enum"] = list(registry.codes_of(column.codes))
    field = {
        "name": name,
        "type": column.type,
        "title": column.title.get(language),
        "description": column.text.get(language),
    }
    return field | _none_left_out("constraints", constraints)


def _describe_source(source: Resource) -> dict[str, str]:
    """Describe a source; only web addresses are handed on."""
    address = {"path": source.url} if source.url.startswith(("https://", "http://")) else {}
    return {"title": f"{source.publisher}: {source.title}"} | address


def _list_licences(tables: ReportTables) -> list[dict[str, str]]:
    """List the licences of the sources, each once."""
    found = dict.fromkeys(tuple(sorted(one.items())) for source in tables.sources for one in source.licenses)
    return [dict(pairs) for pairs in found]


def _none_left_out(key: str, found: Any) -> dict[str, Any]:
    """Return the property, unless it is empty: the specification allows no empty lists."""
    return {key: found} if found else {}


def _cell(row: Mapping[str, Any] | Row, column: str) -> object:
    """Return a value as Table Schema writes it: lists as JSON, whole numbers without a point."""
    value = row[column]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.isoformat() if isinstance(value, date) else value
