"""Read the JSON that two services of indicators reply with: UNESCO (UIS) and the World Bank, a record a figure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hpedu.decoding import decode_text
from hpedu.errors import Refused
from hpedu.ingest.schema import Cell, RawTable

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


def is_records(data: bytes) -> bool:
    """Return whether the bytes are the reply of one of the two services."""
    start = data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    return (start == b"{" and b'"records"' in data and b'"geoUnit"' in data) or (
        start == b"[" and b'"countryiso3code"' in data
    )


def read_records(data: bytes) -> RawTable:
    """Read all records. Labels: the columns of UNESCO's own files. Address: the place of the record, from 0.

    Raises `ValueError` if it is no JSON, or not of the shape that the services describe.
    """
    content = json.loads(decode_text(data).strip("\ufeff\x00 \r\n\t"))
    records = content["records"] if isinstance(content, dict) else content[1]
    cells = []
    for number, record in enumerate(records):
        found = {column: _pick(record, names) for column, names in _COLUMNS.items()}
        if not (found["INDICATOR_ID"] and found["YEAR"]):
            raise Refused("records_wrong", number=number)
        printed = found.pop("VALUE")
        cells.append(Cell("", f"records[{number}]", printed, found))
    return RawTable(",".join(_COLUMNS), cells, is_plain=True)


def _pick(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the first of some fields that a record has; "" for one that is null."""
    for name in names:
        value: Any = record
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            return str(value)
    return ""
