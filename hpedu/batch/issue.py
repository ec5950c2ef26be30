"""Issue the pages: freeze them under a date, numbered, with what they correct. What was issued stays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from markupsafe import Markup

from hpedu.batch.freshness import State, explain_stale, read_build
from hpedu.batch.plan import Run, prepare_tables
from hpedu.errors import Refused, mistyped
from hpedu.folders import Project, name_index, write_whole
from hpedu.present.page.blocks import render
from hpedu.present.page.page import render_frame
from hpedu.present.view import Lexicon
from hpedu.registry import load_registry
from hpedu.texts import LANGUAGES, Language, format_date, say

FOLDER = "issued"
RECORD = "issue.json"
DRAFT = re.compile(r'<p class="draft">.*?</p>')
GROUP = re.compile(r'data-group="(\w+)"')
LEFT_OUT = ("build.json", "README.md")

Issue = dict[str, Any]
"""`version`, `date`, `note`, `corrections`: year, territory, target, `of` (its year), before, after, why"""


def issue_pages(project: Project, day: date, note: str, why: str = "") -> Path:
    """Copy all finished pages to reports/issued/DATE as the next edition; return its folder.

    Parameters
    ----------
    note
        A sentence that stands on each page.
    why
        The reason for figures that differ from those of the edition before.

    Raises
    ------
    Refused
        If there is an edition of that day, no page, or one that is not up to date, or if figures have changed
        since the edition before, without a reason.
    """
    home = project.reports / FOLDER
    folder = home / day.isoformat()
    if folder.exists():
        raise Refused("issue_exists", folder=folder)
    _check_ready(project)
    before = read_issues(project)
    corrections = list(_find_corrections(project, home / before[-1]["date"], why)) if before else []
    if corrections and not why:
        raise mistyped("issue_reason", count=len(corrections))
    issue = {"version": len(before) + 1, "date": day.isoformat(), "note": note, "corrections": corrections}
    for path in sorted(project.reports.rglob("*")):
        place = path.relative_to(project.reports)
        if path.is_file() and place.parts[0] != FOLDER and place.name not in LEFT_OUT:
            content = path.read_bytes()
            if path.suffix == ".html":
                content = _stamp(content.decode(), issue, place).encode()
            write_whole(folder / place, content)
    # The record is last: a folder without it was not finished.
    write_whole(folder / RECORD, (json.dumps(issue, ensure_ascii=False, indent=1) + "\n").encode())
    for language in LANGUAGES:
        write_whole(home / name_index(language), _list_issues(read_issues(project), language).encode())
    return folder


def read_issues(project: Project) -> list[Issue]:
    """Return the editions there are, oldest first."""
    found = sorted((project.reports / FOLDER).glob(f"*/{RECORD}"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in found]


def _check_ready(project: Project) -> None:
    state, record = State(project, prepare_tables(project)), read_build(project)
    stale = []
    for id, entry in sorted(record.reports.items()):
        asked = entry["parameters"]
        run = Run(asked["year"], asked["territory"], asked["language"], asked["group"])
        if explain_stale(run, entry, state):
            stale.append(id)
    if stale or not record.reports:
        raise Refused("issue_nothing", pages="; ".join(stale))


def _find_corrections(project: Project, before: Path, why: str) -> Iterator[dict[str, Any]]:
    """Yield each figure that was issued and is another now, or none: of the same target and the same year."""
    for path in sorted(before.glob("*/*/standings.json")):
        now = project.reports / path.relative_to(before)
        if not now.exists():
            continue
        old, new = (json.loads(one.read_text(encoding="utf-8")) for one in (path, now))
        today = {row["target"]: row for row in new["standings"]}
        for row in old["standings"]:
            other = today.get(row["target"], {"value": None, "year": None})
            newer = other["year"] is not None and row["year"] is not None and other["year"] > row["year"]
            if row["value"] is not None and other["value"] != row["value"] and not newer:
                yield {
                    "year": new["year"],
                    "territory": new["territory"],
                    "target": row["target"],
                    "of": row["year"],
                    "before": row["value"],
                    "after": other["value"],
                    "why": why,
                }


def _stamp(page: str, issue: Issue, place: Path) -> str:
    """Put the number of the edition and its corrections where the page said that it is a draft."""
    language: Language = "en" if '<html lang="en">' in page else "vi"
    groups, targets = load_registry().groups, load_registry().targets
    [group] = GROUP.findall(page) or [""]
    own = [
        row
        for row in issue["corrections"]
        if place.parts[:2] == (str(row["year"]), row["territory"])
        and (not group or not groups[group].targets or targets[row["target"]].group == group)
    ]
    return DRAFT.sub(lambda _: _describe_issue(issue, own, language), page)


def _describe_issue(issue: Issue, corrections: Sequence[dict[str, Any]], language: Language) -> Markup:
    day = format_date(issue["date"], language)
    said = say("edition_said", language, version=issue["version"], date=day, note=issue["note"])
    lines = [_say_correction(row, language) for row in corrections]
    return render("edition", said=said, lead=say("edition_corrects", language), corrections=lines)


def _say_correction(row: dict[str, Any], language: Language) -> str:
    registry = load_registry()
    words, target = Lexicon(registry, language), registry.targets[row["target"]]
    indicator = registry.indicators[target.milestone_indicator or target.id]
    old, new = (
        say("edition_withdrawn", language)
        if value is None
        else words.with_unit(value, indicator.unit, indicator.decimals)
        for value in (row["before"], row["after"])
    )
    return say(
        "edition_correction",
        language,
        number=target.number,
        name=target.name.get(language),
        year=words.name_year(row["of"], indicator),
        old=old,
        new=new,
        why=row["why"],
    )


def _list_issues(issues: Sequence[Issue], language: Language) -> str:
    """Write the page that lists the editions, newest first, each with what it corrects."""
    rows = [
        (f"{issue['date']}/{name_index(language)}", _describe_issue(issue, issue["corrections"], language))
        for issue in reversed(issues)
    ]
    return render_frame("issues.html.j2", language, rows=rows)
