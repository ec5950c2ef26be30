"""Readers that do not tell merged ranges (.xls) lose nothing: what stands over and beside a value is the same."""

from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.sheet.grid import Grid, Merge, make_grid
from hpedu.ingest.sheet.headers import read_grid

DISTRICTS = ("Hồng Bàng", "Lê Chân", "An Lão")
KINDS = ("Kiên cố", "Bán kiên cố", "Tạm")

headers = st.lists(st.lists(st.integers(1, 3), max_size=3), min_size=2, max_size=4).filter(
    lambda groups: any(len(group) > 1 for group in groups)
)
"""For each group of columns how many leaves each of its parts has; a group without parts is one column."""


def lay_out(groups: list[list[int]]) -> tuple[list[list[str]], list[Merge]]:
    """Three tiers (years, parts, leaves) over values with labels of two tiers; the ranges Excel would merge."""
    width = sum(sum(group) or 1 for group in groups)
    rows = [["Số phòng học mầm non phân theo quận, huyện"], [], *([""] * (width + 2) for _ in range(3))]
    rows[2][:2] = ["Quận, huyện", "Loại phòng"]
    merged = [Merge(2, 0, 4, 0), Merge(2, 1, 4, 1)]
    left = 2
    for number, group in enumerate(groups):
        rows[2][left] = f"{2010 + number}-{2011 + number}"
        merged.append(Merge(2, left, 2 if group else 4, left + (sum(group) or 1) - 1))
        for leaves, name in zip(group, ("Tổng số", "Công lập", "Ngoài công lập"), strict=False):
            rows[3][left] = name
            merged.append(Merge(3, left, 3 if leaves > 1 else 4, left + leaves - 1))
            for leaf in range(leaves if leaves > 1 else 0):
                rows[4][left + leaf] = ("Phòng học", "Phòng bếp", "Phòng y tế")[leaf]
            left += leaves
        left += 0 if group else 1
    figures = count(11)
    for district in DISTRICTS:
        merged.append(Merge(len(rows), 0, len(rows) + len(KINDS) - 1, 0))
        for kind in KINDS:
            rows.append([district if kind == KINDS[0] else "", kind, *(str(next(figures)) for _ in range(width))])
    return rows, merged


def read(grid: Grid) -> list[tuple[str, str, dict[str, str]]]:
    return [(cell.address, cell.printed, dict(cell.labels)) for table in read_grid(grid) for cell in table.cells]


@given(headers)
def test_labels_are_the_same_without_the_merged_ranges(groups: list[list[int]]) -> None:
    rows, merged = lay_out(groups)
    found = read(make_grid("Trang 1", rows))
    assert found == read(make_grid("Trang 1", rows, merged))
    assert {labels["row"] for _, _, labels in found} == {f"{d} / {kind}" for d in DISTRICTS for kind in KINDS}
    assert len({labels["column"] for _, _, labels in found}) == len(rows[5]) - 2
