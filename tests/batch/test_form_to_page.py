"""A form written by hpedu, filled in by a person and dropped into data/raw is in the next report."""

from __future__ import annotations

from pathlib import Path

import openpyxl
from click.testing import CliRunner

from hpedu.batch.engine import run_report
from hpedu.batch.plan import Run
from hpedu.cli import commands
from hpedu.folders import Project

TYPED = {
    "pupils/nursery": "41.250",  # as text, with the Vietnamese thousands mark
    "resident_population_school_age/nursery": 110000,
    "pupils_two_sessions/preschool": "rất nhiều",  # no number: named, and nothing else is lost
}


def fill_in(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    figures, milestones = book["Số liệu"], book["Cột mốc"]
    for sheet in (figures, milestones):
        columns = {str(cell.value): cell.column for cell in sheet[2] if cell.value}
        keys = {name.removeprefix("hpedu-form:"): column for name, column in columns.items()}
        for row in range(4, sheet.max_row + 1):
            series = str(sheet.cell(row, keys["key"]).value).partition(" #")[0]
            if series in TYPED:
                sheet.cell(row, keys["value"]).value = TYPED[series]
            if "preschool_universalisation_5yo_maintained" in series:
                sheet.cell(row, keys["state"]).value = "Đạt"
    book.save(path)


def test_a_filled_form_reaches_the_page(project: Project) -> None:
    form = project.raw / "Biểu mầm non 2025.xlsx"
    written = CliRunner().invoke(commands, ["form", "--group", "preschool", "--year", "2025", str(form)])
    assert written.exit_code == 0, written.output
    fill_in(form)
    ingested = CliRunner().invoke(commands, ["ingest"])
    assert ingested.exit_code == 0, ingested.output
    run = Run(2025, "hai_phong", "vi", "preschool")
    outcome = run_report(run, project)
    assert not outcome.failed, outcome.details
    page = (project.reports / run.page).read_text(encoding="utf-8")
    assert "37,5%" in page  # 41,250 of 110,000 children
    assert "Biểu mầm non 2025.xlsx" in page  # the form is the source
    assert "rất nhiều" in page  # the wrong cell is named, with what to do
    assert "Cột mốc đã đạt" in page
