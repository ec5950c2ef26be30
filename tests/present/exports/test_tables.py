"""The tables for the office: the same rows in the workbook and in the data package, whatever names they carry."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any
from zipfile import ZipFile

import openpyxl
import polars as pl
import pytest

from hpedu.ingest.schema import Resource
from hpedu.present.exports.package import draw_package
from hpedu.present.exports.report_tables import ReportTables, Scope, collect_tables, read_design
from hpedu.present.exports.workbook import HEADER, day_of, draw_workbook, save_workbook
from hpedu.registry import Registry
from hpedu.texts import Language
from hpedu.values import compute_indicators

HOSTILE = "=HYPERLINK(\"http://x\") <script>alert('đ')</script>"


def make_resource(name: str, **other: Any) -> Resource:
    plain = {
        "name": name,
        "path": f"{name}.csv",
        "title": HOSTILE,
        "publisher": "@Cục | Thống kê\x07",
        "table": "T",
        "url": "javascript:alert(1)",
        "published": "2024-05",
        "scope": "",
        "confidence": "high",
        "transcription": False,
        "licenses": [{"name": "MIT", "title": "x"}],
    }
    return Resource.model_validate(plain | other)


@pytest.fixture
def collect(make_observations: Callable[..., pl.DataFrame], registry: Registry) -> Callable[..., ReportTables]:
    """Tables of the preschool group from a few observations with nasty names."""

    def collect(language: Language = "vi", **change: Any) -> ReportTables:
        base: dict[str, Any] = {
            "measure": "schools",
            "level": "preschool",
            "territory": "hai_phong",
            "unit": "schools",
        }
        rows = [
            base
            | {
                "year": 2024,
                "value": 596.0,
                "file": "-cmd|x!y.csv",
                "cell": "B2",
                "printed": "-596",
                "note": HOSTILE,
            },
            base | {"year": 2024, "value": 131.0, "ownership": "private", "file": "-cmd|x!y.csv", "cell": "B3"},
            base | {"year": 2023, "value": 590.0, "flags": ["outlier", "approximate"]},
            base | {"year": 2026, "value": 600.0},
            base | {"year": 2024, "value": 7.0, "place": "le_chan"},
        ]
        observations = make_observations(*(row | change for row in rows))
        return collect_tables(
            Scope("preschool", "hai_phong", 2025, language),
            values=compute_indicators(observations, registry),
            observations=observations,
            resources={"a": make_resource("a")},
            registry=registry,
        )

    return collect


def read_tables(files: dict[str, bytes]) -> dict[str, list[dict[str, str]]]:
    return {
        name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))
        for name, content in files.items()
        if name.endswith(".csv")
    }


class TestDesign:
    def test_every_column_is_designed_and_used(self) -> None:
        design = read_design()
        used = {c for table in design.table.values() for c in [*table.columns, *table.sheet]}
        assert used == set(design.column)
        for table in design.table.values():
            assert set(table.key) <= set(table.columns)
            assert table.links.keys() <= set(table.columns)
            assert bool(table.sheet) == bool(table.name) and table.on_paper <= len(table.sheet)

    @pytest.mark.parametrize("language", ["vi", "en"])
    def test_sheets_have_legal_names_and_no_head_stands_twice(self, language: Language) -> None:
        design = read_design()
        for table in design.table.values():
            if table.name:
                assert re.fullmatch(r"[^\[\]:*?/\\']{1,31}", table.name.get(language))
                heads = [design.column[c].title.get(language) for c in table.sheet]
                assert len(heads) == len(set(heads))


class TestRows:
    def test_nothing_counted_after_the_year_is_known(self, collect: Callable[..., ReportTables]) -> None:
        years = {row["year"] for table in ("series", "observations") for row in collect().rows[table]}
        assert years == {2023, 2024}

    def test_a_value_leads_to_its_cells(self, collect: Callable[..., ReportTables]) -> None:
        rows = {(r["indicator"], r["year"]): r for r in collect().rows["series"]}
        share = rows["preschool_private_school_share", 2024]
        assert share["value"] == pytest.approx(131 / 596 * 100)
        assert share["files"] == "-cmd|x!y.csv"
        assert share["cells"] == "B3; B2"

    def test_the_group_s_targets_and_no_others(
        self, collect: Callable[..., ReportTables], registry: Registry
    ) -> None:
        wanted = [t.id for t in registry.targets.values() if t.group == "preschool"]
        assert [row["target"] for row in collect().rows["scorecard"]] == wanted

    def test_synthetic_figures_say_so_everywhere(
        self, collect: Callable[..., ReportTables], registry: Registry
    ) -> None:
        assert not collect().synthetic
        tables = collect(status="synthetic")
        assert tables.synthetic
        workbook = openpyxl.load_workbook(io.BytesIO(draw_workbook(tables, registry)))
        assert "MÔ PHỎNG" in workbook.worksheets[0]["A2"].value
        assert all("MÔ PHỎNG" in sheet["A1"].value for sheet in workbook.worksheets[1:])
        descriptor = json.loads(draw_package(tables, registry)["datapackage.json"])
        assert "MÔ PHỎNG" in descriptor["title"] and "synthetic" in descriptor["keywords"]


class TestWorkbook:
    @pytest.fixture
    def workbook(self, collect: Callable[..., ReportTables], registry: Registry) -> openpyxl.Workbook:
        return openpyxl.load_workbook(io.BytesIO(draw_workbook(collect("en"), registry)))

    def test_cover_and_notes_come_first_then_one_named_table_a_sheet(self, workbook: openpyxl.Workbook) -> None:
        assert workbook.sheetnames == ["Cover", "Notes", "Scorecard", "Series", "Sources"]
        cover, *others = workbook.worksheets
        assert {cell.hyperlink.location for cell in cover["A"] if cell.hyperlink} == {
            f"'{sheet.title}'!A1" for sheet in others
        }
        names = [list(sheet.tables) for sheet in others]
        assert all(len(name) == 1 for name in names) and len({name[0] for name in names}) == len(others)
        for sheet in workbook:
            assert not sheet.merged_cells.ranges
        for sheet in others:
            (table,) = sheet.tables.values()
            assert table.ref.startswith(f"A{HEADER}:")
            heads = [cell.value for cell in sheet[HEADER]]
            assert all(heads) and [column.name for column in table.tableColumns] == heads
            assert sheet.freeze_panes is not None and sheet.print_title_rows == f"${HEADER}:${HEADER}"

    def test_numbers_are_numbers_with_the_decimals_of_their_indicator(self, workbook: openpyxl.Workbook) -> None:
        sheet = workbook["Series"]
        at = {cell.value: cell.column for cell in sheet[HEADER]}
        rows = {
            (sheet.cell(r, at["Indicator id"]).value, sheet.cell(r, at["Year"]).value): r
            for r in range(HEADER + 1, sheet.max_row + 1)
        }
        cell = sheet.cell(rows["preschool_private_school_share", 2024], at["Value (in the unit)"])
        assert isinstance(cell.value, float) and cell.number_format == "#,##0.0"

    def test_hostile_text_stays_text(self, workbook: openpyxl.Workbook) -> None:
        cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert not [cell for cell in cells if cell.data_type == "f"]
        suspect = [c for c in cells if isinstance(c.value, str) and c.value[0] in "=+-@"]
        assert {HOSTILE, "-cmd|x!y.csv"} <= {c.value for c in suspect}
        assert all(c.quotePrefix for c in suspect)

    @pytest.mark.parametrize("language", ["vi", "en"])
    def test_same_tables_same_bytes_and_no_clock(
        self, language: Language, collect: Callable[..., ReportTables], registry: Registry
    ) -> None:
        tables = collect(language)
        content = draw_workbook(tables, registry)
        assert content == draw_workbook(collect(language), registry)
        assert day_of(tables).isoformat() == "2024-05-01"
        with ZipFile(io.BytesIO(content)) as archive:
            assert {entry.date_time[:3] for entry in archive.infolist()} == {(2024, 5, 1)}
            core = archive.read("docProps/core.xml").decode()
        assert set(re.findall(r"(\d{4}-\d\d-\d\d)T", core)) == {"2024-05-01"}

    def test_a_group_without_any_figure_is_a_whole_workbook(
        self, make_observations: Callable[..., pl.DataFrame], registry: Registry
    ) -> None:
        nothing = make_observations().clear()
        tables = collect_tables(
            Scope("higher", "hai_phong", 2025, "vi"),
            values=compute_indicators(nothing, registry),
            observations=nothing,
            resources={},
            registry=registry,
        )
        workbook = openpyxl.load_workbook(io.BytesIO(draw_workbook(tables, registry)))
        assert workbook["Chuỗi số liệu"].tables["hpedu_series"].ref.endswith(str(HEADER + 1))

    def test_saving_twice_on_two_days_differs_only_by_the_day_given(self) -> None:
        from datetime import date

        first, again = openpyxl.Workbook(), openpyxl.Workbook()
        assert save_workbook(first, date(2025, 9, 30)) == save_workbook(again, date(2025, 9, 30))


class TestPackage:
    @pytest.fixture
    def files(self, collect: Callable[..., ReportTables], registry: Registry) -> dict[str, bytes]:
        return draw_package(collect("en"), registry)

    def test_descriptor_says_what_the_specification_asks(self, files: dict[str, bytes]) -> None:
        """https://specs.frictionlessdata.io/tabular-data-package/ (version 1)."""
        package = json.loads(files["datapackage.json"])
        assert package["profile"] == "tabular-data-package"
        assert re.fullmatch(r"[-a-z0-9._/]+", package["name"])
        assert all("name" in one or "path" in one for one in package["licenses"])
        assert package["sources"] == [{"title": f"@Cục | Thống kê\ufffd: {HOSTILE}"}]  # and no javascript: address
        names = [resource["name"] for resource in package["resources"]]
        assert len(names) == len(set(names))
        assert {f"{name}.csv" for name in names} == set(files) - {"datapackage.json"}
        for resource in package["resources"]:
            assert resource["profile"] == "tabular-data-resource"
            assert resource["encoding"] == "utf-8" and resource["path"] in files
            for field in resource["schema"]["fields"]:
                assert field["type"] in ("string", "number", "integer", "boolean", "date", "array")
                assert field["title"] and field["description"]
                assert set(field.get("constraints", {})) <= {"required", "unique", "enum"}

    def test_every_row_keeps_its_schema(self, files: dict[str, bytes]) -> None:
        package, tables = json.loads(files["datapackage.json"]), read_tables(files)
        for resource in package["resources"]:
            schema, rows = resource["schema"], tables[resource["name"]]
            head = next(csv.reader([files[resource["path"]].decode().split("\r\n")[0]]))
            assert head == [field["name"] for field in schema["fields"]]
            for field in schema["fields"]:
                check_column(field, [row[field["name"]] for row in rows])
            keys = [tuple(row[name] for name in schema["primaryKey"]) for row in rows]
            assert len(keys) == len(set(keys)) and all(all(key) for key in keys)
            for link in schema.get("foreignKeys", []):
                (own,), reference = link["fields"], link["reference"]
                known = {row[reference["fields"][0]] for row in tables[reference["resource"]]}
                assert {row[own] for row in rows} <= known

    def test_csv_is_utf_8_without_a_mark_and_with_line_ends_of_rfc_4180(self, files: dict[str, bytes]) -> None:
        for name, content in files.items():
            if name.endswith(".csv"):
                assert not content.startswith(b"\xef\xbb\xbf")
                assert content.count(b"\n") == content.count(b"\r\n") > 0

    def test_text_comes_back_as_it_was_published(self, files: dict[str, bytes]) -> None:
        """Programs read a package: an apostrophe that protects a spreadsheet would be a letter too many."""
        tables = read_tables(files)
        cells = [cell for rows in tables.values() for row in rows for cell in row.values()]
        assert [cell for cell in cells if cell.startswith("'")] == []
        assert {HOSTILE, "-cmd|x!y.csv", "-596"} <= set(cells)
        shares = [r for r in tables["series"] if r["indicator"] == "preschool_private_school_share"]
        assert json.loads(shares[0]["inputs"]) == ["-cmd|x!y.csv!B3", "-cmd|x!y.csv!B2"]

    def test_same_tables_same_bytes(
        self, files: dict[str, bytes], collect: Callable[..., ReportTables], registry: Registry
    ) -> None:
        assert draw_package(collect("en"), registry) == files

    def test_the_objective_is_as_the_plan_gives_it(self, files: dict[str, bytes], registry: Registry) -> None:
        rows = {row["target"]: row for row in read_tables(files)["targets"]}
        for target in (registry.targets[name] for name in rows):
            wanted = "" if target.kind == "milestone" else str(target.value)
            assert rows[target.id]["objective"] == wanted


def check_column(field: dict[str, Any], cells: list[str]) -> None:
    """A cell is missing where it may be, or of the type and among the codes its field names."""
    constraints = field.get("constraints", {})
    readers: dict[str, Callable[[str], Any]] = {
        "string": str,
        "number": float,
        "integer": int,
        "boolean": {"true": True, "false": False}.__getitem__,
        "date": lambda cell: re.fullmatch(r"\d{4}-\d\d-\d\d", cell)[0],  # type: ignore[index]
        "array": lambda cell: list(json.loads(cell)),
    }
    for cell in cells:
        if cell == "":
            assert not constraints.get("required"), field["name"]
            continue
        readers[field["type"]](cell)
        assert cell in constraints.get("enum", [cell]), (field["name"], cell)
    if constraints.get("unique"):
        assert len(cells) == len(set(cells))
