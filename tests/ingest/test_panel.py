"""A panel is read whole: the same figures as cell by cell, and what is none is set aside with its reason."""

from __future__ import annotations

import polars as pl
import pytest

from hpedu.ingest.interpret import Reading
from hpedu.ingest.panel import HEAD, is_panel
from hpedu.ingest.reading import read_file
from hpedu.ingest.schema import OBSERVATIONS, Resource
from hpedu.ingest.source import open_source
from hpedu.registry import Registry

RESOURCE = Resource(
    name="panel",
    path="nso/panel.csv",
    title="t",
    publisher="p",
    table="t",
    url="",
    published="2019-08-06",
    scope="",
    confidence="high",
    transcription=True,
    licenses=[],
)


def read(registry: Registry, row: str, heads: str = "2015,Prel. 2016") -> Reading:
    text = f"{','.join(HEAD)},{heads}\n{row}\n"
    assert is_panel(text.encode())
    return read_file(open_source(text.encode()), RESOURCE, registry)


def figures(reading: Reading) -> pl.DataFrame:
    assert reading.panel is not None
    return reading.panel


def test_a_figure_has_its_unit_step_status_and_cell(registry: Registry) -> None:
    found = figures(read(registry, "an_giang,pupils,kindergarten,all,both,thousand persons,57.494,60"))
    assert found.schema == OBSERVATIONS
    rows = found.select("value", "unit", "step", "year", "status", "cell", "printed", "current").rows()
    assert rows == [
        (57494.0, "persons", 1.0, 2015, "final", "G2", "57.494", True),
        (60000.0, "persons", 1000.0, 2016, "preliminary", "H2", "60", True),
    ]


def test_a_blank_is_no_figure_and_no_issue(registry: Registry) -> None:
    reading = read(registry, "an_giang,pupils,primary,all,female,persons,,5")
    assert figures(reading)["year"].to_list() == [2016]
    assert len(reading.issues) == 0


@pytest.mark.parametrize(
    ("row", "heads", "reason", "subject"),
    [
        ("nowhere,pupils,primary,all,both,persons,1,", "2015,2016", "unknown_territory", "nowhere"),
        ("an_giang,pupil,primary,all,both,persons,1,", "2015,2016", "unknown_measure", "pupil"),
        ("an_giang,pupils,primery,all,both,persons,1,", "2015,2016", "unknown_code", "level primery"),
        ("an_giang,pupils,primary,all,both,dozens,1,", "2015,2016", "unknown_unit", "dozens"),
        ("an_giang,pupils,primary,all,both,%,1,", "2015,2016", "other_unit", "%"),
        ("an_giang,pupils,primary,all,both,persons,1,", "total,2016", "no_year", "total"),
        ("ha_tay,pupils,primary,all,both,persons,1,", "2008,2009", "no_such_territory_then", "ha_tay"),
        ("an_giang,pupils,primary,all,both,persons,1,", "2020,2016", "after_publication", "2020"),
        ("an_giang,pupils,primary,all,both,persons,1.2.3,", "2015,2016", "not_a_number", "1.2.3"),
        ("an_giang,pupils,primary,all,both,persons,nan,", "2015,2016", "not_a_number", "nan"),
        ("an_giang,pupils,primary,all,both,persons,-1,", "2015,2016", "negative_count", "-1"),
    ],
)
def test_what_is_no_figure_is_set_aside(
    registry: Registry, row: str, heads: str, reason: str, subject: str
) -> None:
    reading = read(registry, row, heads)
    assert figures(reading).is_empty()
    [issue] = reading.issues
    assert (issue["cell"], issue["reason"], issue["subject"]) == ("G2", reason, subject)
    assert subject in issue["message_en"] or issue["printed"] in issue["message_en"]


def test_ha_tay_is_there_to_2007(registry: Registry) -> None:
    found = figures(read(registry, "ha_tay,pupils,primary,all,both,persons,7,8", "2007,2008"))
    assert found["year"].to_list() == [2007]
