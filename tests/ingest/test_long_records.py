"""Tests of tables with long records: cells made when they are looked at, figures that come twice, issues."""

from __future__ import annotations

from hpedu.ingest.quarantine import Issues, Refusals, set_aside_row
from hpedu.ingest.readers.text import read_pxweb_csv
from hpedu.ingest.reading import read_file
from hpedu.ingest.schema import ISSUES, Resource, list_places
from hpedu.ingest.source import open_source
from hpedu.registry import Registry
from tests.conftest import ROOT

LINES = (ROOT / "data/raw/nso/pxweb_2019_general_pupils.csv").read_text(encoding="utf-8-sig").splitlines()
HEAD, ROWS = LINES[:3], [line for line in LINES[3:] if line.count(";") > 1]
RESOURCE = Resource(
    name="long",
    path="long.csv",
    title="",
    publisher="NSO",
    table="",
    url="",
    published="2020",
    scope="",
    confidence="high",
    transcription=False,
    licenses=[],
)


def make(*rows: str) -> bytes:
    return "\n".join([*HEAD, *rows, ""]).encode()


def test_a_cell_is_the_same_whichever_way_it_is_reached() -> None:
    cells = read_pxweb_csv(make(*ROWS, "short;..", "", ROWS[0])).cells
    listed = list(cells)
    assert len(listed) == len(cells) and [cells[number] for number in range(len(cells))] == listed
    numbers = [0, len(cells) - 1, 7, len(cells) // 2]
    columns = {name: list(values) for name, values in list_places(cells, numbers).items()}
    assert columns == {name: list(values) for name, values in list_places(listed, numbers).items()}


def test_telling_cells_have_all_labels_and_figures() -> None:
    blank = ROWS[0].split(";")[0] + ";.." * ROWS[0].count(";")
    table = read_pxweb_csv(make(*ROWS * 3, blank))
    assert {tuple(cell.labels.items()) for cell in table.telling} == {tuple(c.labels.items()) for c in table.cells}
    assert len(list(table.telling)) == (len(ROWS) + 1) * ROWS[0].count(";")


def test_a_figure_that_comes_twice_is_read_from_neither_cell(registry: Registry) -> None:
    once = read_file(open_source(make(*ROWS)), RESOURCE, registry)
    twice = read_file(open_source(make(*ROWS, ROWS[0], ROWS[0])), RESOURCE, registry)
    width = ROWS[0].count(";")
    assert len(once.observations) - len(twice.observations) == width
    rows = [row for row in twice.issues if row["reason"] == "figure_twice"]
    assert len(rows) == 3 * width
    named = {row["cell"]: row["subject"] for row in rows}
    last = 4 + len(ROWS)
    assert named["B4"] == f"B{last}" and named[f"B{last}"] == named[f"B{last + 1}"] == "B4"


def test_a_figure_beside_a_cell_without_one_is_read(registry: Registry) -> None:
    blank = ROWS[0].split(";")[0] + ";.." * ROWS[0].count(";")
    once = read_file(open_source(make(*ROWS)), RESOURCE, registry)
    both = read_file(open_source(make(*ROWS, blank)), RESOURCE, registry)
    assert both.observations == once.observations
    assert len(both.issues) - len(once.issues) == ROWS[0].count(";")


def test_rows_of_issues_are_those_of_single_cells(registry: Registry) -> None:
    cells = read_pxweb_csv(make(*ROWS)).cells
    refusals = Refusals(cells, RESOURCE, registry)
    reasons = [("figure_twice", "B9"), ("unknown_item", "Totall"), ("ambiguous_number", "1.234")]
    for number, (reason, subject) in enumerate(reasons):
        refusals.add(number, refusals.number(reason, subject, ("Total",) if number == 1 else ()))
    issues = Issues()
    issues += refusals
    expected = [
        set_aside_row(cells[n], RESOURCE, reason, subject, registry, ("Total",) if n == 1 else ())
        for n, (reason, subject) in enumerate(reasons)
    ]
    assert list(issues) == expected and issues.join().columns == list(ISSUES)
    assert list(issues.count_kinds()) == [(row, 1) for row in expected]
