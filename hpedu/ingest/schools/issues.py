"""Issues of a school list as frames: one row a cell, in words an analyst can act on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter

import polars as pl

from hpedu.ingest import schema
from hpedu.registry import Registry
from hpedu.registry.models import LANGUAGES


@dataclass
class Issues:
    """Collects the issues of one sheet. `letters` gives the spreadsheet column of a column id."""

    book: Registry
    file: str
    sheet: str
    letters: Mapping[str, str]
    frames: list[pl.DataFrame] = field(default_factory=list)

    def add(self, reason: str, column: str, found: pl.DataFrame) -> None:
        """Note one issue for each row of `found` (columns row, printed, subject) in a column, by id or letter."""
        if found.is_empty():
            return
        letter = self.letters.get(column, column if column.isupper() else "A")
        rows = found.select(
            file=pl.lit(self.file),
            sheet=pl.lit(self.sheet),
            cell=pl.format(letter + "{}", "row"),
            printed=pl.col("printed").cast(pl.String).fill_null(""),
            reason=pl.lit(reason),
            subject=pl.col("subject").cast(pl.String).fill_null(""),
        )
        text = self.book.code("reason", reason).name
        messages = {f"message_{language}": fill_template(text.get(language)) for language in LANGUAGES}
        self.frames.append(rows.with_columns(**messages).select(list(schema.ISSUES)))

    def collect(self) -> pl.DataFrame:
        """All issues noted, in columns `hpedu.ingest.schema.ISSUES`."""
        return pl.concat([pl.DataFrame(schema=schema.ISSUES), *self.frames])


def fill_template(template: str) -> pl.Expr:
    """`str.format` for whole columns: "{cell}" becomes what stands in the column of that name."""
    parts: list[pl.Expr] = []
    for words, name, _, _ in Formatter().parse(template):
        parts += [pl.lit(words)] + ([pl.col(name)] if name else [])
    return pl.concat_str(parts)
