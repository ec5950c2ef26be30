"""Errata and decisions: bound to table, figure and print, wherever an export has the figure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hpedu.ingest.corrections import Met, find_strays
from hpedu.ingest.interpret import Reading
from hpedu.ingest.reading import read_file
from hpedu.ingest.schema import Resource
from hpedu.ingest.source import open_source
from hpedu.registry import Registry
from hpedu.registry.models import Decision, Erratum, Text

TITLE = "Number of schools, classes, teachers and pupils of kindergarten education as of 30 September by province"
VIETNAMESE = "Số trường học, lớp học, giáo viên và học sinh mẫu giáo tại thời điểm 30/9 phân theo địa phương"
PRINT: dict[str, Any] = {
    "table": "nso_kindergarten",
    "measure": "pupils",
    "level": "kindergarten",
    "ownership": "all",
    "sex": "both",
    "detail": "",
    "territory": "quang_ninh",
    "place": "",
    "year": 2012,
    "printed": Decimal(51240),
    "reason": Text(vi="r", en="r"),
}
SLIP = {"action": "scale", "factor": Decimal("0.001"), "value": Decimal(51240)}
PLAIN = {"factor": None, "value": None}

Read = Callable[..., Reading]


def resource(path: str = "nso/a.csv", table: str = "t") -> Resource:
    return Resource(
        name="a",
        path=path,
        title="t",
        publisher="p",
        table=table,
        url="u",
        published="2020",
        scope="s",
        confidence="high",
        transcription=False,
        licenses=[],
    )


def erratum(**fields: Any) -> Erratum:
    return Erratum(**(PRINT | {"id": "slip", "evidence": Text(vi="e", en="e")} | SLIP | fields))


def decision(**fields: Any) -> Decision:
    about = {"id": "chosen", "date": date(2021, 5, 4), "author": "An", "document": "12/SGDDT", "value": None}
    return Decision(**(PRINT | about | fields))


@pytest.fixture
def read(registry: Registry) -> Read:
    """Reads the bytes of a file with some errata and decisions, and no others."""

    def reader(data: bytes, *rows: Erratum | Decision, **about: str) -> Reading:
        errata = {row.id: row for row in rows if isinstance(row, Erratum)}
        decisions = {row.id: row for row in rows if isinstance(row, Decision)}
        own = replace(registry, errata=errata, decisions=decisions)
        return read_file(open_source(data), resource(**about), own)

    return reader


def pxweb(
    number: object = 51240, *, year: str = "2012", unit: str = "Thous. Pupil", place: str = "Quang Ninh"
) -> bytes:
    lines = [
        f'"{TITLE} by Cities, provincies, Year and Items"',
        "",
        f'"Cities, provincies";"2011 Pupil ({unit})";"{year} Pupil ({unit})"',
        '"Nam Dinh";70;71',
        f'"{place}";49;{number}',
        "",
    ]
    return "\r\n".join(lines).encode("utf-8-sig")


def moved() -> bytes:
    """The same table with another order of rows and columns, and one column more."""
    lines = [
        f'"{TITLE} by Cities, provincies, Year and Items"',
        "",
        '"Cities, provincies";"2012 School";"2012 Pupil (Thous. Pupil)";"2011 Pupil (Thous. Pupil)"',
        '"Quang Ninh";200;51240;49',
        '"Nam Dinh";250;71;70',
    ]
    return "\r\n".join(lines).encode("utf-8-sig")


def workbook(tmp_path: Path) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [
        [TITLE],
        [],
        ["", "2011 Pupil (Thous. Pupil)", "2012 Pupil (Thous. Pupil)"],
        ["Nam Dinh", 70, 71],
        ["Quang Ninh", 49, 51240],
    ]:
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    return (tmp_path / "a.xlsx").read_bytes()


def page() -> bytes:
    rows = [
        ["", "2011 Pupil (Thous. Pupil)", "2012 Pupil (Thous. Pupil)"],
        ["Nam Định", "70", "71"],
        ["Quảng Ninh", "49", "51240"],
    ]
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><body><table><caption>{VIETNAMESE}</caption>{body}</table></body></html>".encode()


def px() -> bytes:
    return (
        f'CHARSET="ANSI";\nTITLE="{TITLE} by Cities, provincies, Year and Items";\nSTUB="Cities, provincies";\n'
        'HEADING="Year","Items";\nVALUES("Cities, provincies")="Nam Dinh","Quang Ninh";\n'
        'VALUES("Year")="2011","2012";\nVALUES("Items")="Pupil (Thous. Pupil)";\nDATA=\n70 71\n49 51240;\n'
    ).encode()


def jsonstat() -> bytes:
    def dimension(*labels: str) -> dict[str, Any]:
        return {"category": {"index": list(labels), "label": {label: label for label in labels}}}

    names = ["Cities, provincies", "Year", "Items"]
    values = [["Nam Dinh", "Quang Ninh"], ["2011", "2012"], ["Pupil (Thous. Pupil)"]]
    dimensions: dict[str, Any] = {name: dimension(*labels) for name, labels in zip(names, values, strict=True)}
    return json.dumps(
        {
            "dataset": {
                "label": f"{TITLE} by Cities, provincies, Year and Items",
                "dimension": dimensions | {"id": names, "size": [2, 2, 1]},
                "value": [70, 71, 49, 51240],
            }
        }
    ).encode()


def value_of(reading: Reading, territory: str = "quang_ninh") -> list[tuple[float, list[str]]]:
    return [
        (row["value"], row["flags"])
        for row in reading.observations
        if (row["territory"], row["year"], row["measure"]) == (territory, 2012, "pupils")
    ]


@pytest.mark.parametrize("export", ["pxweb", "moved", "workbook", "page", "px", "jsonstat"])
def test_every_export_gets_the_same_correction(export: str, read: Read, tmp_path: Path) -> None:
    makers = {"pxweb": pxweb, "moved": moved, "page": page, "px": px, "jsonstat": jsonstat}
    data = workbook(tmp_path) if export == "workbook" else makers[export]()
    reading = read(data, erratum(), path=f"nso/{export}_2031.dat")
    assert value_of(reading) == [(51240.0, ["erratum_scale"])]
    assert value_of(reading, "nam_dinh") == [(71000.0, [])]


@pytest.mark.parametrize("printed", ["51.2", "51241", "52", "5124000"])
def test_the_figure_printed_differently_is_set_aside_with_both_prints(printed: str, read: Read) -> None:
    reading = read(pxweb(printed), erratum())
    assert value_of(reading) == []
    [issue] = reading.issues
    assert (issue["reason"], issue["cell"]) == ("erratum_other_print", "C5")
    for text in (issue["message_vi"], issue["message_en"]):
        assert f"“{printed}”" in text and "51240" in text and "nso/a.csv" in text


def test_an_export_whose_unit_is_right_is_left_alone(read: Read) -> None:
    """The yearbook prints 51240 pupils, in persons: a thousandth of it would be wrong."""
    reading = read(pxweb(unit="Pers."), erratum())
    assert value_of(reading) == [(51240.0, [])]
    assert "slip" in reading.met.corrections


@pytest.mark.parametrize(
    "other",
    [{"year": 2011}, {"territory": "ha_nam"}, {"measure": "classes"}, {"table": "nso_area"}, {"sex": "female"}],
)
def test_other_figures_and_tables_are_left_alone(other: dict[str, Any], read: Read) -> None:
    reading = read(pxweb(), erratum(**{"printed": Decimal(9)} | other))
    assert (51_240_000.0, []) in value_of(reading)


def test_a_flag_and_a_refusal(read: Read) -> None:
    reading = read(pxweb(51), erratum(action="flag", printed=Decimal(51), **PLAIN))
    assert value_of(reading) == [(51000.0, ["erratum_flag"])]
    reading = read(pxweb(51), erratum(action="set_aside", printed=Decimal(51), **PLAIN))
    assert [(row["reason"], row["subject"]) for row in reading.issues] == [("erratum", "slip")]
    assert len(reading.observations) == 3


def test_a_decision_accepts_another_print(read: Read) -> None:
    reading = read(pxweb("51.3"), erratum(), decision(printed=Decimal("51.3")))
    assert value_of(reading) == [(51300.0, ["decided"])]


def test_a_decision_may_choose_a_reading_that_is_not_printed(read: Read) -> None:
    reading = read(pxweb(51), decision(printed=Decimal(51), value=Decimal(51240)))
    assert value_of(reading) == [(51240.0, ["decided"])]


def test_a_transcription_is_known_by_the_table_it_was_typed_from(read: Read) -> None:
    header = "territory,place,level,measure,ownership,sex,detail,period,year,value,qualifier,unit,flags,note\n"
    data = (header + "quang_ninh,,primary,pupils,,,,2012,2012,812,,persons,,\n").encode()
    one = erratum(table="Báo cáo tổng kết", level="primary", printed=Decimal(812), action="flag", **PLAIN)
    assert value_of(read(data, one, table="Báo cáo tổng kết năm học 2012-2013")) == [(812.0, ["erratum_flag"])]
    assert value_of(read(data, one, table="Another report")) == [(812.0, [])]


class TestStrays:
    @pytest.fixture
    def strays(self, read: Read, registry: Registry) -> Callable[..., list[str]]:
        """Names the rows of the registry that meet nothing in a file."""

        def run(data: bytes, *rows: Erratum) -> list[str]:
            met = Met()
            met |= read(data, *rows).met
            own = replace(registry, errata={row.id: row for row in rows}, decisions={})
            return [str(problem) for problem in find_strays(met, ["nso/a.csv"], own)]

        return run

    def test_one_with_a_wrong_series_is_named(self, strays: Callable[..., list[str]]) -> None:
        [text] = strays(pxweb(), erratum(level="primary"))
        assert text.startswith("errata.csv: slip: ") and "51240" in text and "quang_ninh, 2012" in text

    def test_one_that_meets_its_figure_is_not(self, strays: Callable[..., list[str]]) -> None:
        assert strays(pxweb(), erratum()) == []

    @pytest.mark.parametrize("data", [pxweb(51), pxweb('".."'), pxweb('"5x"')], ids=["other", "blank", "damaged"])
    def test_nor_one_whose_figure_is_refused(self, strays: Callable[..., list[str]], data: bytes) -> None:
        assert strays(data, erratum()) == []

    def test_nor_one_about_what_no_file_holds(self, strays: Callable[..., list[str]]) -> None:
        assert strays(pxweb(year="2013"), erratum(year=2002, seen_in="nso/b.csv")) == []
        assert strays(pxweb(place="Ha Nam"), erratum(level="primary", seen_in="nso/b.csv")) == []

    @pytest.mark.parametrize("seen_in", ["nso/a.csv", ""])
    @pytest.mark.parametrize("about", [{"year": 2002}, {"territory": "ha_nam"}])
    def test_one_of_a_year_or_territory_that_its_file_lacks_is(
        self, strays: Callable[..., list[str]], about: dict[str, Any], seen_in: str
    ) -> None:
        [text] = strays(pxweb(), erratum(seen_in=seen_in, **about))
        assert text.startswith("errata.csv: slip: ")
