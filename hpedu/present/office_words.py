"""What the workbook and the data package say about themselves."""

from __future__ import annotations

from datetime import date

from hpedu.present.numbers import format_date, school_year
from hpedu.present.office import OfficeTables
from hpedu.present.wording import phrase
from hpedu.registry import Registry

SILENT = ("no_data", "milestone_unreported")
"""States of a target about which nothing is known."""


def name_tables(tables: OfficeTables, book: Registry) -> str:
    """The title of a hand-out: group, territory and school year in its language."""
    scope = tables.scope
    return phrase(
        "office_title",
        scope.language,
        group=book.name("group", scope.group, scope.language),
        territory=book.territories[scope.territory].name.get(scope.language),
        year=school_year(scope.year, scope.language),
    )


def day_of(tables: OfficeTables) -> date:
    """The day of the data: that of its newest source, the first of the month or year where no day is known."""
    year, month, day = [int(part) for part in f"{tables.published}-01-01".split("-")[:3]]
    return date(year, month, day)


def introduce(tables: OfficeTables) -> list[str]:
    """What a reader has to know first: coverage, date of the data, what the figures are."""
    language, states = tables.scope.language, [row["state"] for row in tables.rows["scorecard"]]
    known = sum(state not in SILENT for state in states)
    return [
        phrase("office_coverage", language, known=known, total=len(states)),
        phrase("office_date", language, date=format_date(tables.published, language)),
        phrase("office_nothing_invented", language),
        phrase("office_merger", language),
    ]
