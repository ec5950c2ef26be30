"""An edition freezes the pages, numbers them, says what it corrects, and is never rewritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest

from hpedu.batch.build import run_batch
from hpedu.batch.issue import issue_pages, read_issues
from hpedu.batch.plan import Outcome, Run, make_plan
from hpedu.errors import Refused
from hpedu.folders import Project, write_whole

FIRST, SECOND = date(2026, 1, 5), date(2026, 3, 1)
PAGE = '<html lang="vi"><body data-group="general"><p class="draft">BẢN NHÁP</p></body></html>'
TARGET = "preschool_private_school_share"


@pytest.fixture
def made(little: Project, pretend: Callable[..., list[Run]]) -> Project:
    """A project with finished pages that say that they are drafts."""

    def write(run: Run, tried: int) -> Outcome:
        page = PAGE.replace("general", run.group)
        write_whole(little.reports / run.page, page.encode())
        return Outcome(run, 0.5, inputs={"newest_year": "2025"})

    pretend(write)
    run_batch(make_plan(languages=["vi"]), little)
    return little


def set_figure(project: Project, value: float) -> None:
    """Change the figure of a target in the standings that are saved beside the pages."""
    path = project.reports / "2025/hai_phong/standings.json"
    saved = json.loads(path.read_text(encoding="utf-8"))
    for row in saved["standings"]:
        if row["target"] == TARGET:
            row |= {"value": value, "year": 2025}
    path.write_text(json.dumps(saved), encoding="utf-8")


def read(project: Project, day: date, group: str) -> str:
    return (project.reports / f"issued/{day}/2025/hai_phong/vi/{group}.html").read_text(encoding="utf-8")


def test_an_edition_is_numbered_dated_and_no_draft(made: Project) -> None:
    issue_pages(made, FIRST, "Bản đầu.")
    page = read(made, FIRST, "preschool")
    assert "BẢN NHÁP" not in page and "Bản phát hành số 1, ngày 5/1/2026. Bản đầu." in page
    assert "BẢN NHÁP" in (made.reports / "2025/hai_phong/vi/preschool.html").read_text(encoding="utf-8")
    assert "Bản đầu." in (made.reports / "issued/index.html").read_text(encoding="utf-8")


def test_what_was_issued_is_never_rewritten(made: Project) -> None:
    issue_pages(made, FIRST, "Bản đầu.")
    with pytest.raises(Refused, match="never rewritten"):
        issue_pages(made, FIRST, "Lại.")
    before = {path: path.read_bytes() for path in (made.reports / f"issued/{FIRST}").rglob("*") if path.is_file()}
    issue_pages(made, SECOND, "Bản sau.")
    assert all(path.read_bytes() == content for path, content in before.items())
    assert not (made.reports / f"issued/{SECOND}/issued").exists()


def test_a_later_edition_says_what_it_corrects_where_it_is_shown(made: Project) -> None:
    set_figure(made, 22.0)
    issue_pages(made, FIRST, "Bản đầu.")
    set_figure(made, 20.5)
    with pytest.raises(Refused, match="--why"):
        issue_pages(made, SECOND, "Bản sau.")
    assert not (made.reports / f"issued/{SECOND}").exists()
    issue_pages(made, SECOND, "Bản sau.", "nguồn đã đính chính")
    said = "(2025-2026): 22,0% sửa thành 20,5%. Lý do: nguồn đã đính chính"
    assert said in read(made, SECOND, "preschool") and said in read(made, SECOND, "overview")
    assert said not in read(made, SECOND, "higher")
    assert said in (made.reports / "issued/index.html").read_text(encoding="utf-8")
    assert [(one["version"], len(one["corrections"])) for one in read_issues(made)] == [(1, 0), (2, 1)]


def test_pages_that_are_out_of_date_are_not_issued(made: Project, count_pupils: Callable[..., None]) -> None:
    (made.reports / "2025/hai_phong/vi/higher.html").unlink()
    with pytest.raises(Refused, match="2025/hai_phong/vi/higher"):
        issue_pages(made, FIRST, "Bản đầu.")
