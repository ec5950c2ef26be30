"""Describe a column of the school list: what it holds, who fills it in, and which figures it makes."""

from __future__ import annotations

from typing import Literal

from hpedu.registry.row import Keyed, LevelCode, Text, Words


class SchoolColumn(Keyed):
    """A column of the department's school list (docs/school_list.md), and the series its sums become.

    `per_level` columns may also be in the list once a level, headed "Giáo viên tiểu học": a school of several
    levels needs that, for any other the total is enough. Such a column is called by its id and the level.
    """

    # The header as it should be typed.
    name: Text
    # Other headers it is known by; accents, case and punctuation do not count.
    aliases: list[Words]
    kind: Literal["code", "text", "count", "yes_no", "date", "choice", "year"]
    required: bool
    # Those who fill it in: nobody has to; schools, by their highest level; schools, by each level they teach.
    scope: Literal["", "school", "level"]
    # For the scope `level`: a school that teaches one of them fills the column in.
    levels: list[LevelCode]
    per_level: bool
    # `measure/level[/dimension=code]`; "{level}" means each of `levels`.
    series: list[Words]
    # Sum the values; count the schools above 0; count the schools; count the valid recognitions.
    count_as: Literal["sum", "any", "rows", "valid"]
    # Public and private schools are summed apart as well.
    by_ownership: bool
    # The column it cannot exceed; the column, or column and level, that it makes up together with others.
    part_of: str = ""
    sums_to: str = ""

    @property
    def formulas(self) -> list[str]:
        """Return the series, one by one."""
        return [
            text.replace("{level}", level)
            for text in self.series
            for level in (self.levels if "{level}" in text else [""])
        ]

    @property
    def variants(self) -> dict[str, str]:
        """Return the ids of its columns for one level each, and that level."""
        return {f"{self.id}_{level}": level for level in self.levels} if self.per_level else {}
