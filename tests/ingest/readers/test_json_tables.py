"""Replies of the services of UNESCO and the World Bank are read into the columns of UNESCO's own files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hpedu.ingest.readers.json_tables import is_records, read_records
from hpedu.ingest.source import open_source
from tests.fetch.bank import BOM, make_uis, make_worldbank


@pytest.mark.parametrize("content", [make_uis(), make_worldbank()])
def test_both_services_are_known_by_their_content(content: Any) -> None:
    data = json.dumps(content).encode()
    assert open_source(data).format == open_source(BOM + data).format == "records"
    assert not is_records(b'{"records": []}') and not is_records(b"[1, 2]")


def test_a_record_has_the_labels_of_the_whole_files() -> None:
    (cell,) = read_records(json.dumps(make_uis()).encode()).cells
    labels = {"INDICATOR_ID": "CR.1", "COUNTRY_ID": "VNM", "YEAR": "2018", "MAGNITUDE": "", "QUALIFIER": ""}
    assert (cell.address, cell.printed, cell.labels) == ("records[0]", "95.1", labels)


def test_what_is_null_is_blank() -> None:
    cells = list(read_records(json.dumps(make_worldbank()).encode()).cells)
    assert [(cell.labels["YEAR"], cell.printed) for cell in cells] == [("2024", "97.1"), ("2023", "")]
    assert cells[0].labels["INDICATOR_ID"] == "SE.PRM.CMPT.ZS"


@pytest.mark.parametrize("record", [{"geoUnit": "VNM", "year": 2018}, {"geoUnit": "VNM", "indicatorId": "CR.1"}])
def test_a_record_of_nothing_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="record 0"):
        read_records(json.dumps({"records": [record]}).encode())
