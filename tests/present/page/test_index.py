"""The page that leads to all reports."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from hpedu.folders import name_index
from hpedu.present.charts.style import LOOKS
from hpedu.present.page.index import render_index
from hpedu.present.page.page import TEMPLATES
from hpedu.registry import Registry
from hpedu.texts import Language


def make_entry(group: str, language: str = "vi", *, year: int = 2025, **other: Any) -> dict[str, Any]:
    parameters = {"group": group, "territory": "hai_phong", "year": year, "language": language}
    plain = {"page": f"{year}/hai_phong/{language}/{group}.html", "status": "done", "parameters": parameters}
    return plain | other


ENTRIES = [make_entry(group, language) for group in ("overview", "preschool") for language in ("vi", "en")]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_report_is_linked_in_both_languages(language: Language, tmp_path: Path) -> None:
    html = render_index(ENTRIES, tmp_path, language)
    assert f'<html lang="{language}">' in html
    for entry in ENTRIES:
        assert f'href="{entry["page"]}"' in html
    assert f'href="{name_index("en" if language == "vi" else "vi")}"' in html


def test_what_lies_beside_a_page_is_linked_and_nothing_else(tmp_path: Path) -> None:
    beside = tmp_path / "2025/hai_phong/vi/preschool.xlsx"
    beside.parent.mkdir(parents=True)
    beside.touch()
    html = render_index(ENTRIES, tmp_path, "vi")
    assert 'href="2025/hai_phong/vi/preschool.xlsx"' in html
    assert "datapackage.json" not in html and ".pdf" not in html


def test_the_newest_year_is_answered_in_words_and_the_overview_is_not_repeated(tmp_path: Path) -> None:
    html = render_index([*ENTRIES, make_entry("preschool", year=2024)], tmp_path, "vi")
    assert html.count('class="verdict-said"') == 1 and "<table" not in html
    assert html.index("2025-2026") < html.index("2024-2025")


def test_editions_that_were_issued_are_linked(tmp_path: Path) -> None:
    assert "issued/" not in render_index(ENTRIES, tmp_path, "vi")
    (tmp_path / "issued").mkdir()
    (tmp_path / "issued/index.html").touch()
    assert 'href="issued/index.html"' in render_index(ENTRIES, tmp_path, "vi")


def test_a_report_that_failed_says_so(tmp_path: Path) -> None:
    html = render_index([make_entry("preschool", status="failed")], tmp_path, "en")
    assert "the last run failed" in html


def test_an_empty_folder_has_an_index_too(tmp_path: Path) -> None:
    assert "hpedu report" in render_index([], tmp_path, "en")


def test_hostile_file_names_are_escaped(tmp_path: Path) -> None:
    page = '2025/hai_phong/vi/"><script>alert(1)</script>.html'
    html = render_index([make_entry("preschool", page=page)], tmp_path, "vi")
    assert "<script>alert(1)" not in html


def test_every_state_has_its_share_of_the_bar(registry: Registry) -> None:
    """A state without a rule of its own is shown in the neutral colour: those about which nothing is known."""
    style = (TEMPLATES / "hpedu" / "index.css").read_text(encoding="utf-8")
    coloured = set(re.findall(r"\.share-(\w+)", style))
    silent = {"no_data", "contradicted", "not_judged", "milestone_unreported", "overdue", "lapsed"}
    assert coloured | silent == set(LOOKS["states"]) == set(registry.codes_of("state"))
