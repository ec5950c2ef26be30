"""What stands beside the values of a row: its own label, and those of the sections and groups it is under."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hpedu.ingest.tables.blocks import Block
from hpedu.ingest.tables.columns import Columns
from hpedu.ingest.tables.grid import Grid, is_blank
from hpedu.ingest.tables.header_paths import SEPARATOR, join_lines
from hpedu.ingest.tables.kinds import find_kind
from hpedu.ingest.tables.outline import Line, continues, find_parents
from hpedu.ingest.tables.row_roles import RowRole


@dataclass(frozen=True)
class RowLabel:
    """Of a row with values: its label, and the path of labels above it."""

    row: str
    parent: str


def label_rows(block: Block, columns: Columns, group: Sequence[int]) -> dict[int, RowLabel]:
    """The labels of every row with values, read in the label columns of one `group`.

    A label over two rows ("Số lớp học" and below it "Number of classes") is one label, whichever of them has
    the values.
    """
    lines: list[Line] = []
    rows: list[list[int]] = []  # the rows of the grid that each line is of
    for row, line in _read_lines(block, columns, group):
        if lines and rows[-1][-1] == row - 1 and continues(lines[-1], line):
            joined = f"{lines[-1].text.rstrip()} {line.text.strip()}"
            lines[-1] = replace(lines[-1], text=joined, has_values=lines[-1].has_values or line.has_values)
            rows[-1].append(row)
        else:
            lines.append(line)
            rows.append([row])
    labels: dict[int, RowLabel] = {}
    for line, parents, its_rows in zip(lines, find_parents(lines), rows, strict=True):
        label = RowLabel(join_lines(line.text), SEPARATOR.join(parents))
        labels.update(dict.fromkeys(its_rows, label))
    return labels


def _read_lines(block: Block, columns: Columns, group: Sequence[int]) -> list[tuple[int, Line]]:
    merged = _merged_labels(block.grid, group)
    above: dict[int, str] = {}  # the last text of each label column, for the cells left blank under it
    index = next(iter(columns.of("index")), None)
    lines = []
    for row, role in block.numbered():
        texts = block.grid.rows[row]
        if role not in ("section", "banner", "data"):
            above = {} if role == "header" else above
            continue
        if role == "banner":
            above = {}
            lines.append((row, Line(next(t for t in texts if not is_blank(t)), False, banner=True)))
            continue
        mark = texts[index] if index is not None else ""
        parts = _label_parts(texts, row, group, merged, above)
        if not parts and not is_blank(mark) and find_kind(mark) == "text":
            parts, mark = [mark], ""  # "TỔNG SỐ" set over the index and the label
        has_values = role == "data" and any(not is_blank(texts[c]) for c in columns.of("value"))
        above = _carry(texts, group, above, role)
        lines.append((row, Line(SEPARATOR.join(parts), has_values, mark)))
    return lines


def _label_parts(
    texts: Sequence[str],
    row: int,
    group: Sequence[int],
    merged: dict[tuple[int, int], str],
    above: dict[int, str],
) -> list[str]:
    """The labels of a row, from the left; the first keeps its indent. A blank one with another to its right is
    that of the row above: the label of several rows, not merged over them."""
    own = {column: merged.get((row, column), texts[column]) for column in group}
    last = max((column for column, text in own.items() if not is_blank(text)), default=-1)
    parts = [text if not is_blank(text) else above.get(c, "") for c, text in own.items() if c <= last]
    return [text if place == 0 else join_lines(text) for place, text in enumerate(filter(str.strip, parts))]


def _carry(texts: Sequence[str], group: Sequence[int], above: dict[int, str], role: RowRole) -> dict[int, str]:
    if role == "section":
        return {}
    filled = [column for column in group if not is_blank(texts[column])]
    kept = {c: text for c, text in above.items() if not filled or c < filled[0]}
    return kept | {column: texts[column] for column in filled}


def _merged_labels(grid: Grid, group: Sequence[int]) -> dict[tuple[int, int], str]:
    """The text of each label cell that a merged range covers from above. A range over several label columns
    is one label: only its first column bears it."""
    return {
        (row, merge.left): grid.rows[merge.top][merge.left]
        for merge in grid.merged
        if merge.left in group
        for row in range(merge.top, merge.bottom + 1)
    }
