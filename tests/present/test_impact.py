"""`hpedu check` of a form, before it counts: each figure against the last one, each target before and after."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from hpedu import store
from hpedu.cli import commands
from hpedu.folders import Project
from hpedu.ingest import schema
from hpedu.ingest.forms.design import SHEETS
from hpedu.present.exports.form import write_form
from hpedu.present.exports.form_workbook import FIRST
from hpedu.present.exports.history import write_history
from hpedu.registry import Registry


def fill_in(path: Path, registry: Registry, subject: str, **values: object) -> None:
    """Write a form of 2025 with values for some series, named by measure and level."""
    nothing = pl.DataFrame(schema=schema.OBSERVATIONS)
    write_form(path, subject=subject, year=2025, observations=nothing, registry=registry)
    workbook = load_workbook(path)
    design = SHEETS["numbers"]
    names = [column.id for column in design.columns]
    for row in workbook[design.name].iter_rows(min_row=FIRST):
        series = str(row[-1].value).partition(" #")[0].replace("/", "__").replace("=", "_")
        if series in values:
            row[names.index("value")].value = values.pop(series)  # type: ignore[assignment]
    assert not values
    workbook.save(path)


@pytest.mark.usefixtures("project")
class TestImpact:
    def test_the_first_figures_of_a_series_stand_in_one_line(self, tmp_path: Path, registry: Registry) -> None:
        path, observations = tmp_path / "book.xlsx", store.observations()
        write_history(path, years=range(2023, 2026), observations=observations, titles={}, registry=registry)
        workbook = load_workbook(path)
        sheet = workbook.worksheets[1]
        (row,) = (r for r in sheet if str(r[-1].value).startswith("hai_phong_old:pupils/nursery #"))
        for cell, value in zip(row[3:5], (40_000, 41_000), strict=True):
            cell.value = value  # type: ignore[assignment]
        workbook.save(path)
        output = CliRunner().invoke(commands, ["check", str(path)]).output
        (line,) = (text for text in output.splitlines() if "40,000" in text)
        assert "40,000 persons (2023); 41,000 persons (2024); no figure before" in line
        assert f"{row[3].coordinate}–{row[4].coordinate}" in line

    def test_each_figure_stands_beside_the_last_one_and_each_target_before_and_after(
        self, tmp_path: Path, registry: Registry
    ) -> None:
        store.observations()
        path = tmp_path / "form.xlsx"
        fill_in(
            path,
            registry,
            "preschool",
            pupils__nursery=12_000,
            resident_population_school_age__nursery=30_000,
            schools__preschool=60,
        )
        lines = [line.strip() for line in CliRunner().invoke(commands, ["check", str(path)]).output.splitlines()]
        figures = lines[lines.index("Against what is known:") + 1 :]
        nursery = next(line for line in figures if "Nursery" in line and "12,000" in line)
        assert "no figure before" in nursery or "last known" in nursery
        # A slip by a factor of ten is seen by its change.
        schools = next(line for line in figures if line.startswith("Số liệu!") and "Schools" in line)
        assert schools.endswith("last known 596 schools (2025), change −536 schools (−89.9%)")
        changed = next(line for line in figures if line.startswith("3. "))
        assert (
            "No published figure" in changed.partition("→")[0] and "40.0% (2025-26)" in changed.partition("→")[2]
        )

    def test_nothing_is_said_of_other_files(self, project: Project) -> None:
        file = next(project.raw.rglob("*.csv"))
        assert "Against what is known" not in CliRunner().invoke(commands, ["check", str(file)]).output


def test_a_form_is_compared_without_any_project(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HPEDU_HOME", raising=False)
    path = tmp_path / "form.xlsx"
    fill_in(path, registry, "quality", schools_national_standard__preschool=7)
    output = CliRunner().invoke(commands, ["check", str(path)]).output
    assert "no figure before" in output and "Targets that would change (Hai Phong City): 0" in output
