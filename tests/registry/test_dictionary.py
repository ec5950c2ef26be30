"""The data dictionary is what the registry says: measures, indicators, targets, codes, columns of the school list.

`python -m tests.registry.test_dictionary` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hpedu.registry import load_registry
from tests.conftest import ROOT

PAGE = ROOT / "docs/data_dictionary.md"
HEAD = """# Từ điển dữ liệu / Data dictionary

Mã dùng trong thư viện, tên tiếng Việt và tiếng Anh. / The ids that the library uses, with their names.
Trong sổ tay / in a notebook: `hpedu.measures()`, `hpedu.indicators()`, `hpedu.targets()`, `hpedu.territories()`.
"""


def describe_data() -> str:
    """Write the page from the registry."""
    registry = load_registry()
    named = ("id", "tên", "name")
    sections = [
        write_section(
            "Đại lượng / Measures",
            (*named, "đơn vị / unit", "năm / year"),
            [(f"`{m.id}`", m.name.vi, m.name.en, m.unit, m.basis) for m in registry.measures.values()],
        ),
        write_section(
            "Chỉ số / Indicators",
            (*named, "đơn vị / unit", "cách tính / reckoned from"),
            [
                (f"`{i.id}`", i.name.vi, i.name.en, i.unit, " ÷ ".join(filter(None, (i.numerator, i.denominator))))
                for i in registry.indicators.values()
            ],
        ),
        write_section(
            "Chỉ tiêu / Targets",
            ("số / number", *named, "giá trị / value", "năm / year"),
            [
                (t.number, f"`{t.id}`", t.name.vi, t.name.en, f"{t.comparison} {t.value} {t.unit}", t.year or "")
                for t in registry.targets.values()
            ],
        ),
        write_section(
            "Cột của danh sách trường / Columns of the school list",
            ("id", "tiêu đề cột / heading", "name", "nội dung / holds", "cấp học / levels"),
            [
                (f"`{c.id}`", c.name.vi, c.name.en, c.kind, ", ".join(c.levels) if c.per_level else "")
                for c in registry.school_columns.values()
            ],
        ),
        write_section(
            "Mã / Codes",
            ("cột / column", "mã / code", "tên", "name"),
            [(c.dimension, f"`{c.code}`", c.name.vi, c.name.en) for c in registry.codes],
        ),
    ]
    return HEAD + "".join(sections)


def write_section(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    table = "".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |\n" for line in lines)
    return f"\n## {title}\n\n{table}"


def test_the_page_is_what_the_registry_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == describe_data(), "run: python -m tests.registry.test_dictionary"


if __name__ == "__main__":
    PAGE.write_text(describe_data(), encoding="utf-8")
