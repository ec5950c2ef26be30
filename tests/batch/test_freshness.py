"""A page is up to date until something it was made from changes, which is named; and the record that knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpedu.assess import recalled
from hpedu.batch.freshness import (
    JOURNAL,
    Record,
    State,
    add_to_journal,
    digest_notebook,
    explain_stale,
    make_entry,
    read_build,
    write_build,
)
from hpedu.batch.plan import Run
from hpedu.folders import Project, write_whole
from hpedu.store import prepare

RUN = Run(2025, "hai_phong", "vi", "general")
USED = ("values/primary_pupils/hai_phong", "newest_year", "values/no_such_thing/hai_phong")


@pytest.fixture
def state(little: Project) -> State:
    write_whole(little.reports / RUN.page, b"page")
    return State(little, prepare(little))


@pytest.fixture
def entry(state: State) -> dict[str, Any]:
    return make_entry(RUN, state, inputs={part: state.digest_of(part) for part in USED})


def test_nothing_changed(state: State, entry: dict[str, Any]) -> None:
    assert explain_stale(RUN, entry, state) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda state, entry: (None, state), "not made yet"),
        (lambda state, entry: (entry | {"status": "failed"}, state), "failed last time"),
        (lambda state, entry: (entry | {"package": "old"}, state), "hpedu changed"),
        (
            lambda state, entry: (entry | {"environment": "old"}, state),
            "the version of Python or of an installed package changed",
        ),
        (lambda state, entry: (entry | {"notebook": "old"}, state), "notebook changed"),
        (lambda state, entry: (entry | {"sha256": "other"}, state), "page was touched"),
        (
            lambda state, entry: (entry | {"inputs": {"issues/a.csv": "x", "findings": "y"}}, state),
            "data changed: 2 parts, the first is issues/a.csv",
        ),
    ],
)
def test_each_change_is_named(
    state: State, entry: dict[str, Any], change: Callable[..., tuple[Any, State]], reason: str
) -> None:
    changed, now = change(state, entry)
    assert str(explain_stale(RUN, changed, now)) == reason


def test_a_page_that_is_gone(state: State, entry: dict[str, Any]) -> None:
    (state.project.reports / RUN.page).unlink()
    assert str(explain_stale(RUN, entry, state)) == "page is gone"


def test_a_changed_file_touches_only_what_was_made_from_it(
    state: State, entry: dict[str, Any], count_pupils: Callable[..., None]
) -> None:
    project = state.project
    count_pupils(primary=100, kindergarten=51)
    assert explain_stale(RUN, entry, State(project, prepare(project))) is None
    count_pupils(primary=101, kindergarten=51)
    after = explain_stale(RUN, entry, State(project, prepare(project)))
    assert str(after) == "data changed: 1 parts, the first is values/primary_pupils/hai_phong"


def test_standings_are_assessed_only_where_nothing_says_what_they_are(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = "standings/2025/2030/hai_phong/primary_two_sessions_share"
    digest = state.digest_of(part)
    assert digest
    monkeypatch.setattr(recalled, "_assess", lambda *_: json.dumps({part: ["assessed again", {}]}))
    assert State(state.project, state.prepared).digest_of(part) == digest
    changed = replace(state.prepared, made_from={"raw/x": "x"})
    assert State(state.project, changed).digest_of(part) == "assessed again"


def _rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        (lambda nb: nb["cells"][0].update(execution_count=7, id="else"), False),
        (
            lambda nb: nb["cells"][0].update(outputs=[{"output_type": "stream", "name": "stdout", "text": "x"}]),
            False,
        ),
        (lambda nb: nb["metadata"].update(kernelspec={"name": "another"}), True),
        (lambda nb: nb["cells"][0].update(source=["print(", "1)"]), True),
        (lambda nb: nb["cells"][0]["metadata"].update(tags=["en"]), True),
        (lambda nb: nb["cells"].append({"cell_type": "markdown", "source": "said", "metadata": {}}), True),
    ],
)
def test_of_a_notebook_only_what_is_read_and_run_counts(
    little: Project, change: Callable[[dict[str, Any]], object], counts: bool
) -> None:
    path = little.notebooks / "general.ipynb"
    before = digest_notebook(path)
    _rewrite(path, change)
    assert (digest_notebook(path) != before) == counts


ENTRY: dict[str, Any] = {
    "page": "2025/a.html",
    "parameters": {},
    "status": "done",
    "notebook": "n",
    "package": "p",
    "environment": "e",
    "inputs": {},
    "sha256": "s",
}


@pytest.fixture
def empty(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    page = project.reports / str(ENTRY["page"])
    page.parent.mkdir(parents=True)
    page.write_text("page")
    return project


def test_what_a_killed_batch_finished_is_known(empty: Project) -> None:
    write_build(Record({"a": ENTRY | {"status": "failed"}}), empty)
    add_to_journal(empty, "a", ENTRY)
    with (empty.build / JOURNAL).open("a") as file:
        file.write('\n["b", {"page": "2025/b')  # torn by the kill
    add_to_journal(empty, "c", ENTRY)
    record = read_build(empty)
    assert record.reports == {"a": ENTRY, "c": ENTRY}
    assert record.changed
    write_build(record, empty)
    assert not (empty.build / JOURNAL).exists()
    assert read_build(empty).reports == {"a": ENTRY, "c": ENTRY}


def test_pages_that_are_gone_leave_the_record(empty: Project) -> None:
    write_build(Record({"a": ENTRY, "b": ENTRY | {"page": "2025/b.html"}}), empty)
    assert set(read_build(empty).reports) == {"a"}


UNREADABLE = [b"", b"{", b"[]", b"3", b"\x00", b"\xff", b'{"reports": 3, "beside": {}}']


@pytest.mark.parametrize("content", UNREADABLE)
def test_a_record_that_cannot_be_read_counts_for_nothing_and_is_told(empty: Project, content: bytes) -> None:
    (empty.reports / "build.json").write_bytes(content)
    record = read_build(empty)
    assert record.reports == {} and record.changed
    assert (
        str(record.damage)
        == "reports/build.json could not be read: the reports known only from it are made again."
    )
    write_build(record, empty)
    assert read_build(empty).damage is None


def test_of_a_record_damaged_in_part_the_rest_holds(empty: Project) -> None:
    content = {"reports": {"a": ENTRY, "b": 3, "c": {"page": "2025/a.html"}}, "beside": {}}
    (empty.reports / "build.json").write_text(json.dumps(content))
    record = read_build(empty)
    assert record.reports == {"a": ENTRY}
    assert record.damage is not None


@pytest.mark.parametrize("line", ["3", "[3, 4]", '["b", 3]', '["b", {}]', "[1, 2, 3]"])
def test_a_line_of_the_journal_that_is_no_entry_is_passed_over(empty: Project, line: str) -> None:
    add_to_journal(empty, "a", ENTRY)
    with (empty.build / JOURNAL).open("a") as file:
        file.write(f"\n{line}")
    assert read_build(empty).reports == {"a": ENTRY}
