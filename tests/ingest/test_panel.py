"""A panel is read whole: the same figures as cell by cell, and what is none is set aside with its reason."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest

from hpedu.ingest.interpret import Reading
from hpedu.ingest.panel import HEAD, is_panel
from hpedu.ingest.pipeline import Settled, settle
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
        ("an_giang,pupils,primary,all,both,persons,1e30,", "2015,2016", "too_large", "1e30"),
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


def test_of_a_figure_given_twice_neither_is_read(registry: Registry) -> None:
    row = "an_giang,pupils,primary,all,both,persons"
    reading = read(registry, f"{row},7,8\n{row},7,")
    assert figures(reading)["year"].to_list() == [2016]
    assert [(issue["cell"], issue["reason"], issue["subject"]) for issue in reading.issues] == [
        ("G2", "figure_twice", "G3"),
        ("G3", "figure_twice", "G2"),
    ]


def test_an_erratum_holds_in_a_panel_too(registry: Registry) -> None:
    known = registry.errata["kindergarten_pupils_2015_hai_phong"]
    erratum = known.model_copy(
        update={
            "table": "t",
            "territory": "an_giang",
            "level": "primary",
            "printed": Decimal(7),
            "action": "set_aside",
            "factor": None,
            "value": None,
        }
    )
    own = replace(registry, errata={erratum.id: erratum})
    reading = read(own, "an_giang,pupils,primary,all,both,persons,7,8")
    assert figures(reading)["year"].to_list() == [2016]
    assert [(issue["cell"], issue["reason"]) for issue in reading.issues] == [("G2", "erratum")]
    assert reading.met.corrections == {erratum.id}


def test_ha_tay_is_there_to_2007(registry: Registry) -> None:
    found = figures(read(registry, "ha_tay,pupils,primary,all,both,persons,7,8", "2007,2008"))
    assert found["year"].to_list() == [2007]


class TestChecks:
    """A panel is not checked figure by figure, but what cannot be true in it is found and goes out of use."""

    HEADS = "2011,2012,2013,2014,2015,2016"

    def settle(self, registry: Registry, *rows: str) -> Settled:
        panel = pl.concat([figures(read(registry, row, self.HEADS)) for row in rows])
        return settle(panel.clear(), registry, [panel])

    def test_more_girls_than_pupils(self, registry: Registry) -> None:
        pupils = "an_giang,pupils,primary,all,both,persons,800,810,820,830,840,850"
        girls = "an_giang,pupils,primary,all,female,persons,390,400,990,410,420,430"
        settled = self.settle(registry, pupils, girls)
        assert settled.breaches.findings["check"].to_list() == ["at_most"]
        out = settled.observations.filter(~pl.col("current"))
        assert set(out["year"]) == {2013} and out.height == 2

    def test_a_digit_that_slipped(self, registry: Registry) -> None:
        sound = "an_giang,teachers,primary,all,both,persons,5000,5100,5200,5300,5400,5500"
        slipped = "ca_mau,teachers,primary,all,both,persons,5000,5100,52000,5300,5400,5500"
        settled = self.settle(registry, sound, slipped)
        assert settled.breaches.findings.select("check", "territory", "year").rows() == [
            ("unit_slip", "ca_mau", 2013)
        ]
        assert settled.observations.filter(~pl.col("current")).select("territory", "year").rows() == [
            ("ca_mau", 2013)
        ]

    def test_a_change_of_area_is_no_slip(self, registry: Registry) -> None:
        """Ha Noi took in Ha Tay in 2008; what it had before is another series."""
        row = "ha_noi,pupils_ethnic_minority,lower_secondary,all,both,persons,300,310,3000,3100,3200,3300"
        panel = figures(read(registry, row, "2006,2007,2008,2009,2010,2011"))
        assert settle(panel.clear(), registry, [panel]).breaches.findings.is_empty()
