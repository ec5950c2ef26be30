"""Fifty-odd figures of the published tables, worked out by hand, found again on the finished pages.

`figures.csv`: page, chart, row and column of the table under it, what must stand there, and the published
figures it was worked out from; or of the scorecard the target, and its newest figure.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from hpedu.batch.build import Batch
from hpedu.folders import Project
from hpedu.registry import load_registry

GROUPS = [group.id for group in load_registry().groups.values() if group.page]

with Path(__file__).with_name("figures.csv").open(encoding="utf-8", newline="") as file:
    FIGURES = list(csv.DictReader(file))


def test_there_are_fifty_on_all_pages() -> None:
    assert len(FIGURES) >= 50
    assert {figure["page"] for figure in FIGURES} == set(GROUPS) - {"brief", "data_quality"}


@cache
def read_page(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("figure", FIGURES, ids=lambda f: f"{f['figure']}-{f['row']}-{f['shown']}")
def test_figure_stands_on_the_page(figure: dict[str, str], site: tuple[Project, Batch]) -> None:
    page = read_page(site[0].reports / f"2025/hai_phong/vi/{figure['page']}.html")
    if figure["figure"] == "scorecard":
        shown = page.select_one(f"tr[data-target={figure['row']}] .newest b")
        assert shown is not None and shown.get_text() == figure["shown"], figure["published"]
        return
    chart = page.find("figure", id=figure["figure"])
    assert chart is not None, "no such chart"
    columns = [cell.get_text(strip=True) for cell in chart.select("details thead th")]
    for row in chart.select("details tbody tr"):
        cells = [cell.get_text(" ", strip=True).replace("\xa0", " ") for cell in row.find_all(["th", "td"])]
        if cells[0] == figure["row"]:
            assert cells[columns.index(figure["column"])] == figure["shown"], figure["published"]
            return
    raise AssertionError(f"no row {figure['row']}")
