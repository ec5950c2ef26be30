"""Who owes what, which forms came back, and which figures would tell most."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from hpedu import store
from hpedu.assess.standing import Standing, assess_targets
from hpedu.cli import commands
from hpedu.folders import Project
from hpedu.ingest import schema
from hpedu.ingest.forms.design import SHEETS
from hpedu.present.exports.form import series_of, write_form
from hpedu.present.exports.form_workbook import FIRST, HEAD
from hpedu.present.exports.history import write_history
from hpedu.present.owed import choose_telling, find_since, list_owed, list_returned
from hpedu.present.report import Report
from hpedu.present.review.contents import Review
from hpedu.present.view import OWED
from hpedu.registry import Registry
from hpedu.values import VALUES

NOTHING = pl.DataFrame(schema=schema.OBSERVATIONS)


@pytest.fixture(scope="module")
def standings(registry: Registry) -> list[Standing]:
    """The city's targets where nothing is known at all."""
    return assess_targets(pl.DataFrame(schema=VALUES), registry, registry.city, 2025)


class TestTelling:
    @pytest.mark.parametrize("most", [1, 3, 10, 40])
    def test_the_figures_named_let_the_targets_named_be_judged(
        self, standings: list[Standing], registry: Registry, most: int
    ) -> None:
        figures, judged = choose_telling(standings, NOTHING, registry, 2025, most=most)
        assert len(figures) <= most and judged
        for target in judged:
            assert set(series_of(target, registry, 2025)) <= set(figures)
        for series, targets in figures.items():
            assert targets and all(series in series_of(target, registry, 2025) for target in targets)

    def test_more_figures_let_more_targets_be_judged(self, standings: list[Standing], registry: Registry) -> None:
        counts = [len(choose_telling(standings, NOTHING, registry, 2025, most=n)[1]) for n in (1, 5, 10, 500)]
        assert counts == sorted(counts) and counts[0] == 1 and counts[2] >= 7
        numbers = sum(one.state in OWED and bool(series_of(one.target, registry, 2025)) for one in standings)
        assert counts[-1] == numbers

    def test_a_figure_that_is_there_is_not_asked_for(self, standings: list[Standing], registry: Registry) -> None:
        (first, *_), _ = choose_telling(standings, NOTHING, registry, 2025)
        row = {"territory": registry.city, "year": 2025, "place": "", "qualifier": "", "current": True}
        names = ("measure", "level", "ownership", "sex", "detail")
        row |= {name: getattr(first, name) for name in names}
        known = pl.DataFrame([row], schema=schema.OBSERVATIONS)
        assert first not in choose_telling(standings, known, registry, 2025)[0]


def test_a_figure_is_owed_since_its_last_day_or_the_year_of_the_plans(
    standings: list[Standing], registry: Registry
) -> None:
    one = next(s for s in standings if s.target.id == "new_university_attracted_2025")
    assert find_since(one) == "2025"
    late = Standing(one.target, registry.city, "overdue")
    assert find_since(late) == "2025-12-31"
    doubted = Standing(one.target, registry.city, "contradicted", last={"year": 2021})
    assert find_since(doubted) == "2022"


class TestOwed:
    def test_every_target_without_a_figure_is_owed_by_each_of_its_divisions(self, registry: Registry) -> None:
        found = json.loads(CliRunner().invoke(commands, ["owed", "--json"]).output)
        blank = {"no_data", "overdue", "contradicted", "milestone_unreported"}
        states = assess_targets(store.indicator_values(), registry, registry.city, found["year"])
        wanted = {(d, s.target.id) for s in states if s.state in blank for d in s.target.departments}
        owed = {
            (one["id"], debt["id"])
            for one in found["divisions"]
            for debt in one["owes"]
            if debt["kind"] == "target"
        }
        assert owed == wanted
        assert all(debt["rows"] for one in found["divisions"] for debt in one["owes"])

    def test_stated_and_inferred_stand_apart(self) -> None:
        lines = CliRunner().invoke(commands, ["owed", "--department", "planning_finance"]).output.splitlines()
        stated = next(n for n, line in enumerate(lines) if line.strip().startswith("Assigned by the plan"))
        inferred = next(n for n, line in enumerate(lines) if line.strip().startswith("Inferred from"))
        budget = next(n for n, line in enumerate(lines) if line.strip().startswith("64. "))
        assert stated < budget < inferred
        assert not [line for line in lines if "(quality)" in line]

    def test_the_row_named_is_that_of_the_form(self, tmp_path: Path, registry: Registry, project: Project) -> None:
        found = list_owed(project, registry, "vi", division="quality")
        (division,) = found.divisions
        path = tmp_path / "form.xlsx"
        write_form(path, subject="quality", year=found.year, observations=store.observations(), registry=registry)
        workbook, columns = load_workbook(path), {"numbers": "targets", "tasks": "task", "duties": "duty"}
        rows = {}
        for kind, column in columns.items():
            names = [one.id for one in SHEETS[kind].columns]
            for row in workbook[SHEETS[kind].name].iter_rows(min_row=FIRST):
                rows[kind, str(row[names.index("number")].value)] = str(row[names.index(column)].value)
        kinds = {"target": "numbers", "task": "tasks", "duty": "duties"}
        assert {debt.kind for debt in division.owes} >= {"target", "duty"}
        for debt in division.owes:
            numbers = re.findall(r"\d+", debt.rows)
            assert numbers
            if f"“{SHEETS['milestones'].name}”" not in debt.rows:
                assert all(debt.name in rows[kinds[debt.kind], number] for number in numbers), debt

    def test_a_form_that_came_back_is_listed_with_its_sender(self, project: Project, registry: Registry) -> None:
        assert list_returned(project, registry) == []
        path = project.raw / "phieu.xlsx"
        write_form(path, subject="quality", year=2024, observations=NOTHING, registry=registry)
        workbook = load_workbook(path)
        cover = workbook.worksheets[0]
        row = next(r for r in cover.iter_rows() if str(r[0].value).startswith("Đơn vị điền phiếu"))
        row[1].value = "Phòng QLCL, bà A"
        design = SHEETS["numbers"]
        names = [column.id for column in design.columns]
        sheet = workbook[design.name]
        sheet.cell(FIRST + 1, names.index("value") + 1).value = 12
        sheet.cell(FIRST + 2, names.index("value") + 1).value = "mười"
        workbook.save(path)
        store.forget()
        (form,) = list_returned(project, registry)
        assert (form.file, form.subject, form.years) == ("phieu.xlsx", "quality", "2024")
        assert (form.filled_by, form.figures, form.set_aside) == ("Phòng QLCL, bà A", 1, 1)
        assert "filled in by: Phòng QLCL, bà A" in CliRunner().invoke(commands, ["owed"]).output

    def test_a_book_is_listed_with_its_years_and_the_figures_typed_into_it(
        self, project: Project, registry: Registry
    ) -> None:
        path = project.raw / "so.xlsx"
        write_history(path, years=range(2023, 2025), observations=NOTHING, titles={}, registry=registry)
        workbook = load_workbook(path)
        # Both parts of the city have it, so that their sum is derived.
        for sheet in workbook.worksheets[1:]:
            for row in sheet.iter_rows(min_row=FIRST):
                if re.match(r"hai_(phong|duong)_old:classes/preschool #", str(row[-1].value)):
                    row[3].value = 900
        workbook.save(path)
        store.forget()
        (form,) = list_returned(project, registry)
        assert (form.years, form.figures) == ("2023-2024", 2)


def test_a_page_links_a_silent_target_to_its_rows_in_the_form(registry: Registry) -> None:
    report = Report("preschool", territory=registry.city, year=None, language="vi")
    facts = report.target("nursery_enrolment_rate").pieces[-1]
    assert '<a href="#missing">hpedu-preschool-hai_phong-' in facts.html  # type: ignore[union-attr]
    assert re.search(r"trang “Số liệu”, số thứ tự \d", facts.plain)
    old = Report("preschool", territory="hai_phong_old", year=None, language="vi")
    assert "hpedu-preschool" not in old.target("nursery_enrolment_rate").pieces[-1].plain


def test_a_milestone_shows_the_document_and_evidence_it_was_reported_with(
    project: Project, registry: Registry
) -> None:
    path = project.raw / "phieu.xlsx"
    write_form(path, subject="preschool", year=2025, observations=NOTHING, registry=registry)
    workbook = load_workbook(path)
    design = SHEETS["milestones"]
    names = [column.id for column in design.columns]
    answers = {"state": "Đạt", "decision": "15/QĐ-UBND", "date": "1/2/2026", "evidence": "qd15.pdf"}
    for column, text in answers.items():
        workbook[design.name].cell(FIRST, names.index(column) + 1).value = text
    workbook.save(path)
    store.forget()
    report = Report("preschool", territory=registry.city, year=2025, language="vi")
    block = report.target("preschool_universalisation_5yo_maintained")
    assert "Văn bản, minh chứng: 2025-2026: Đạt (15/QĐ-UBND, 1/2/2026, qd15.pdf)" in block.pieces[-1].plain


def test_every_year_of_a_milestone_has_its_decision_on_the_page_and_in_the_review(
    project: Project, registry: Registry
) -> None:
    path = project.raw / "so.xlsx"
    write_history(path, years=range(2023, 2026), observations=NOTHING, titles={}, registry=registry)
    workbook = load_workbook(path)
    answers = {"": ("Chưa đạt", "Đạt"), "decision": ("9/QĐ-UBND", "15/QĐ-UBND"), "date": ("1/2/2025", "3/4/2026")}
    for sheet in workbook.worksheets[1:]:
        heads = [str(cell.value).partition(":")[2] for cell in sheet[HEAD]]
        for row in sheet.iter_rows(min_row=FIRST) if "key" in heads else ():
            name, _, detail = str(row[heads.index("key")].value).partition(" #")[0].partition(" ")
            if name.endswith("=preschool_universalisation_5yo_maintained") and detail in answers:
                for year, text in zip(("2024", "2025"), answers[detail], strict=True):
                    row[heads.index(year)].value = text
    workbook.save(path)
    store.forget()
    told = "2025-2026: Đạt (15/QĐ-UBND, 3/4/2026); 2024-2025: Chưa đạt (9/QĐ-UBND, 1/2/2025)"
    report = Report("preschool", territory=registry.city, year=2025, language="vi")
    block = report.target("preschool_universalisation_5yo_maintained")
    assert f"Văn bản, minh chứng: {told}" in block.pieces[-1].plain
    appendices = Review("year", year=2025).appendices()
    assert told in "\n".join(getattr(piece, "plain", "") for part in appendices for piece in part.pieces)
