"""Each rule of the linter has a page that breaks it, and one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpedu.present.page.lint import Figures, count_decimals, lint_page

CITED = '<a class="cite" href="#o1"></a>'
ORIGIN = '</main><footer><ol><li id="o1">a.csv: B2</li></ol></footer><main>'
ROWS = '<table><tr data-state="no_data"><td>a</td></tr><tr data-state="no_data"><td>b</td></tr></table>'
FIGURES = Figures({"a.csv!B2": "17"}, frozenset())
DOUBTED = Figures({}, frozenset({"a.csv!B2"}))


def lint(
    body: str, figures: Figures | None = None, path: Path | None = None, group: str = "preschool"
) -> list[str]:
    page = f'<html><body data-group="{group}" data-year="2025-2026"><main>{body}</main></body></html>'
    return [finding.key for finding in lint_page(page, figures, path)]


@pytest.mark.parametrize(
    ("key", "broken", "sound"),
    [
        (
            "lint_label",
            '<b data-label="x">120</b><b data-label="x">78</b>',
            '<b data-label="x">9</b><b data-label="y">8</b>',
        ),
        (
            "lint_label",
            '<b data-label="x">22,0</b><p data-label="x" data-value="22,1">s</p>',
            '<b data-label="x">22,0</b><p data-label="x" data-value="22,0">s</p>',
        ),
        (
            "lint_name",
            '<b data-name-of="x">tư thục</b><b data-name-of="x">dân lập</b>',
            '<b data-name-of="x">tư thục</b><b data-name-of="x">tư  thục</b>',
        ),
        (
            "lint_claim",
            f'{ROWS}<div data-claims="count(//tr[@data-state]) = 3"><p>3</p></div>',
            f'{ROWS}<div data-claims="count(//tr[@data-state]) = 2"><p>2</p></div>',
        ),
        (
            "lint_superlative",
            "<p>Nhiều nhất là ở Phòng A (25).</p>",
            '<div data-claims="true()"><p>Nhiều nhất là ở Phòng A (25).</p></div><p>số liệu mới nhất, ít nhất</p>',
        ),
        ("lint_now", "<p>hiện 100,0</p>", "<p>năm học 2025-2026: hiện 100,0</p>"),
        (
            "lint_link",
            '<a href="#gone">x</a>',
            '<a href="#here">x</a><p id="here">x</p><a href="https://a.vn/">y</a>',
        ),
        (
            "lint_developers",
            "<p>Chép vào data/raw.</p>",
            '<table data-for="keeper"><tr><td>data/raw</td></tr></table>',
        ),
        ("lint_blocked", '<iframe src="https://a.vn/"></iframe>', '<img src="data:image/png;base64,">'),
    ],
)
def test_a_rule_finds_what_breaks_it_and_nothing_else(key: str, broken: str, sound: str) -> None:
    assert lint(broken) == [key]
    assert lint(sound) == []


def test_a_contradicted_cell_is_only_cited_where_it_is_shown_as_such() -> None:
    assert lint(f"<p>17%{CITED}</p>{ORIGIN}", DOUBTED) == ["lint_contradicted"]
    assert lint(f"<p data-contradicted>17%{CITED}</p>{ORIGIN}", DOUBTED) == []


def test_no_more_decimals_than_the_cell_has() -> None:
    assert lint(f"<table><tr><td>17,0{CITED}</td></tr></table>{ORIGIN}", FIGURES) == ["lint_decimals"]
    assert lint(f"<table><tr><td>17{CITED}</td></tr></table>{ORIGIN}", FIGURES) == []
    assert lint(f'<b>17,0</b> <span class="year">2025{CITED}</span>{ORIGIN}', FIGURES) == ["lint_decimals"]
    assert [count_decimals(text) for text in ("17", "17,0", "1.234", "1.234,56", "0.5%")] == [0, 1, 0, 2, 1]


def test_a_page_that_was_not_made_is_a_dead_link(tmp_path: Path) -> None:
    (tmp_path / "vi").mkdir()
    body, page = '<a href="../en/a.html">English</a>', tmp_path / "vi" / "a.html"
    assert lint(body, path=page) == ["lint_link"]
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "a.html").touch()
    assert lint(body, path=page) == []


def test_the_page_about_the_data_may_speak_of_files() -> None:
    assert lint("<p>data/raw</p>", group="data_quality") == []


def test_a_cell_is_found_by_the_number_of_its_source() -> None:
    sources = '</main><ol><li id="source-1"><span>S</span> <code>a.csv</code></li></ol><main>'
    entry = '</main><ol><li id="o1"><a href="#source-1">1</a>: B2</li></ol><main>'
    assert "lint_contradicted" in lint(f"<p>17%{CITED}</p>{entry}{sources}", DOUBTED)
    assert "lint_contradicted" not in lint(f"<p>17%{CITED}</p>{entry.replace('B2', 'B3')}{sources}", DOUBTED)
