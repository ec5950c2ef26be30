"""Read JSON-stat 1.x and 2.0, as statistics offices serve it: https://json-stat.org/full/.

And the replies of two services of indicators, UNESCO (UIS) and the World Bank: a record a figure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import chain, islice, product, repeat
from math import prod
from typing import Any

from hpedu.decoding import decode_text
from hpedu.errors import Refused
from hpedu.ingest.quarantine import refuse_many
from hpedu.ingest.schema import Cell, RawTable
from hpedu.ingest.words.vietnamese import clean_text

# A NUL at the end is a known trait of the statistics office's server.
_BLANKS = "\x00 \r\n\t\ufeff"
# The columns of the files that UNESCO gives out whole, which the layout is written for, and where both services
# have what belongs into them.
_COLUMNS = {
    "INDICATOR_ID": ("indicatorId", "indicator.id"),
    "COUNTRY_ID": ("geoUnit", "countryiso3code"),
    "YEAR": ("year", "date"),
    "VALUE": ("value",),
    "MAGNITUDE": ("magnitude",),
    "QUALIFIER": ("qualifier", "obs_status"),
}

_MOST_ABSENT = 100_000


def _first_sign(data: bytes) -> bytes:
    return data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]


def _load(data: bytes) -> Any:
    return json.loads(decode_text(data).strip(_BLANKS))


def is_jsonstat(data: bytes) -> bool:
    """Return whether the bytes are a JSON object with a dataset and its dimensions."""
    return _first_sign(data) == b"{" and b'"dimension"' in data and b'"value"' in data


def read_jsonstat(data: bytes) -> RawTable:
    """Read the dataset of a JSON-stat file.

    Labels: one for each dimension, under its label; `unit` where the file gives one; `mark`, the status of a value
    that has one ("p"). Address: place in the array of all values, counted from 0. A value that is not there is
    printed as its status ("-"), or as "..". Raises `ValueError` if it is no JSON, has no dataset, or its values do
    not fit its dimensions.
    """
    dataset = _find_dataset(_load(data))
    dimensions = dataset["dimension"]
    ids = dataset.get("id") or dimensions["id"]
    parts = [dimensions[key] for key in ids]
    names = [clean_text(part.get("label") or key) for key, part in zip(ids, parts, strict=True)]
    categories = [_category_labels(part["category"]) for part in parts]
    count = prod(map(len, categories))
    # Values that an object leaves out take no byte: a few letters may not ask for many of them.
    refuse_many(count, max(len(data), _MOST_ABSENT))
    values, states = dataset["value"], dataset.get("status")
    if isinstance(values, list) and len(values) != count:
        raise Refused("jsonstat_wrong_count", found=len(values), count=count)
    has_units = any(unit for its in categories for _, unit in its)
    cells = []
    each = zip(product(*categories), _spread(values, count), _spread(states, count), strict=True)
    for index, (combination, value, state) in enumerate(each):
        labels = {name: label for name, (label, _) in zip(names, combination, strict=True)}
        if has_units and (unit := next((unit for _, unit in combination if unit), "")):
            labels["unit"] = unit
        if value is not None and state:
            labels["mark"] = str(state)
        printed = str(value) if value is not None else _print_missing(state)
        cells.append(Cell("", f"value[{index}]", printed, labels))
    notes = dataset.get("note") or []
    texts = tuple(str(text) for text in ([notes] if isinstance(notes, str) else notes))
    return RawTable(clean_text(dataset.get("label") or ""), cells, is_plain=True, notes=texts)


def _find_dataset(content: Any) -> Mapping[str, Any]:
    """Find the dataset: in version 2 it is the whole, in version 1 it is under a name, mostly "dataset"."""
    if isinstance(content, Mapping):
        inner = [part for part in content.values() if isinstance(part, Mapping)]
        for part in (content, *inner):
            if "dimension" in part and "value" in part:
                return part
    raise Refused("jsonstat_none")


def _category_labels(category: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return label and unit of each category, in order. A lone one needs no index; a code may be its own label."""
    labels, units = category.get("label") or {}, category.get("unit") or {}
    index = category.get("index") or list(labels)
    codes = sorted(index, key=lambda code: index[code]) if isinstance(index, Mapping) else list(index)
    named = {
        code: unit.get("label") or unit.get("base") or unit.get("symbol") or ""
        for code, unit in units.items()
        if isinstance(unit, Mapping)
    }
    return [(clean_text(labels.get(code) or code), clean_text(str(named.get(code, "")))) for code in codes]


def _spread(given: Any, count: int) -> Iterable[Any]:
    """Return what belongs to each value: by its place in an array or an object, or one for all."""
    if isinstance(given, Mapping):
        return (given.get(str(index)) for index in range(count))
    if isinstance(given, list):
        return islice(chain(given, repeat(None)), count)
    return repeat(given, count)


def _print_missing(state: Any) -> str:
    """Return how the table prints what is missing: a status made of signs; others ("m") only explain it."""
    text = str(state or "").strip()
    return text if text and not any(map(str.isalnum, text)) else ".."


def is_records(data: bytes) -> bool:
    """Return whether the bytes are the reply of one of the two services."""
    start = _first_sign(data)
    return (start == b"{" and b'"records"' in data and b'"geoUnit"' in data) or (
        start == b"[" and b'"countryiso3code"' in data
    )


def read_records(data: bytes) -> RawTable:
    """Read all records. Labels: the columns of UNESCO's own files. Address: the place of the record, from 0.

    Raises `ValueError` if it is no JSON, or not of the shape that the services describe.
    """
    content = _load(data)
    records = content["records"] if isinstance(content, dict) else content[1]
    refuse_many(len(records))
    cells = []
    for number, record in enumerate(records):
        found = {column: _find_field(record, names) for column, names in _COLUMNS.items()}
        if not (found["INDICATOR_ID"] and found["YEAR"]):
            raise Refused("records_wrong", number=number)
        printed = found.pop("VALUE")
        cells.append(Cell("", f"records[{number}]", printed, found))
    return RawTable(",".join(_COLUMNS), cells, is_plain=True)


def _find_field(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the first of some fields that a record has; "" for one that is null."""
    for name in names:
        value: Any = record
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            return str(value)
    return ""
