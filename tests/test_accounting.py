"""Every cell of data/raw is accounted for, and every figure leads back to its cells.

The files are read here with the standard library alone, so that a mistake of a reader cannot hide itself.
"""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hpedu.digest import FINDINGS
from hpedu.ingest.checks import find_breaches
from hpedu.ingest.corrections import FIGURE
from hpedu.ingest.panel import has_present_area
from hpedu.ingest.schema import SERIES_FIELDS, SERIES_KEY
from hpedu.peers import is_peer
from hpedu.registry import Registry
from hpedu.values import compute_indicators

RAW = Path(__file__).parents[1] / "data/raw"
PACKAGE = json.loads((RAW / "datapackage.json").read_text(encoding="utf-8"))
FILES = [resource["path"] for resource in PACKAGE["resources"]]


@cache
def cells_of(file: str) -> dict[str, str]:
    """Address -> print of every value cell of a file."""
    text = (RAW / file).read_bytes().decode("utf-8-sig").rstrip("\x00")
    if text.startswith("{"):
        values = json.loads(text)["dataset"]["value"]
        return {f"value[{n}]": ".." if value is None else str(value) for n, value in enumerate(values)}
    if text.startswith('"'):
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
        body = [(line, row) for line, row in enumerate(rows, start=1) if line > 3]
        return {f"{column_name(n)}{line}": row[n] for line, row in body for n in range(1, len(row))}
    header, *rows = list(csv.reader(io.StringIO(text, newline="")))
    if header[:6] == ["territory", "measure", "level", "ownership", "sex", "unit"]:
        # A panel: a blank is no cell.
        lines = enumerate(rows, start=2)
        return {
            f"{column_name(n)}{line}": text for line, row in lines for n, text in enumerate(row) if text and n > 5
        }
    [n] = [n for n, name in enumerate(header) if name.lower() == "value"]
    return {f"{column_name(n)}{line}": row[n] for line, row in enumerate(rows, start=2)}


def column_name(n: int) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return letters[n] if n < 26 else letters[n // 26 - 1] + letters[n % 26]


def figure(tables: Any, territory: str, year: int, measure: str, level: str, **more: str) -> dict[str, Any]:
    """The current figure of a whole territory."""
    key = {"ownership": "all", "sex": "both", "detail": "", "place": ""} | more
    [row] = tables.current.filter(territory=territory, year=year, measure=measure, level=level, **key).to_dicts()
    return dict(row)


class TestEveryCell:
    def test_the_package_names_every_file_in_the_folder(self) -> None:
        present = {
            path.relative_to(RAW).as_posix()
            for path in RAW.rglob("*")
            if path.is_file() and path.name != "datapackage.json"
        }
        assert present == set(FILES)
        assert len(set(FILES)) == len(FILES) > 50

    @pytest.mark.parametrize("file", FILES)
    def test_each_cell_is_one_observation_or_one_issue(self, tables: Any, file: str) -> None:
        cells = cells_of(file)
        published = tables.published.filter(file=file)["cell"].to_list()
        aside = tables.issues.filter(file=file)["cell"].to_list()
        assert len(cells) == len(published) + len(aside)
        assert sorted(cells) == sorted(published + aside)

    @pytest.mark.parametrize("file", FILES)
    def test_the_print_is_the_cell_s(self, tables: Any, file: str) -> None:
        cells = cells_of(file)
        for row in [*tables.published.filter(file=file).to_dicts(), *tables.issues.filter(file=file).to_dicts()]:
            assert row["printed"] == cells[row["cell"]], row["cell"]

    def test_nothing_else_is_in_the_tables(self, tables: Any) -> None:
        assert tables.published.height + tables.issues.height == sum(len(cells_of(file)) for file in FILES)
        assert set(tables.published["file"]) | set(tables.issues["file"]) == set(FILES)

    def test_only_cells_without_a_figure_or_a_year_are_set_aside(self, tables: Any) -> None:
        aside = tables.issues.select("file", "cell", "printed", "reason").rows()
        assert {printed for *_, printed, reason in aside if reason == "not_published"} == {".."}
        assert sorted((file, cell, reason) for file, cell, _, reason in aside if reason != "not_published") == [
            ("press/haiphong_university_lecturers.csv", "J2", "no_year"),
            ("press/haiphong_university_lecturers.csv", "J3", "no_year"),
            ("press/unesco_learning_city_hai_duong.csv", "J2", "no_year"),
        ]

    def test_the_value_is_the_print_in_the_measure_s_unit(self, tables: Any) -> None:
        """A print differs from its value by a power of ten, and only where a unit in thousands says so."""
        for row in tables.published.to_dicts():
            printed = 0.0 if row["printed"] == "-" else float(row["printed"])
            assert row["value"] in (pytest.approx(printed), pytest.approx(printed * 1000)), row


class TestEveryFigure:
    def test_every_figure_derived_or_not_leads_to_cells_that_print_it(self, tables: Any) -> None:
        for row in tables.observations.to_dicts():
            files, cells, prints = (row[name].split(" + ") for name in ("file", "cell", "printed"))
            assert len(cells) == len(prints) and len(cells) % len(files) == 0, row
            share = len(cells) // len(files)
            for n, (cell, printed) in enumerate(zip(cells, prints, strict=True)):
                assert cells_of(files[n // share])[cell] == printed, row

    def test_the_source_of_every_figure_is_in_the_package(self, tables: Any) -> None:
        names = {resource["name"]: resource["path"] for resource in PACKAGE["resources"]}
        for source, file in tables.observations.select("source", "file").unique().rows():
            assert [names[name] for name in source.split(" + ")] == file.split(" + ")

    def test_each_figure_has_exactly_one_current_value(self, tables: Any, registry: Registry) -> None:
        counts = tables.observations.group_by(*SERIES_KEY, "year").agg(pl.col("current").sum())
        none = counts.filter(pl.col("current") == 0)
        # Ten figures of the panels cannot be true: four with more public lecturers than lecturers, six slips.
        peers = none.filter(is_peer(registry))
        assert peers.height == 4 * 2 + 6
        # The article of 2025 gives public and private shares that make 104 %.
        own = none.filter(~is_peer(registry))
        assert set(own.select("measure", "level", "territory", "year").rows()) == {
            ("pupil_share", "preschool", "hai_phong", 2025)
        }
        assert own.height == 2
        assert set(counts["current"]) == {0, 1}

    def test_no_cell_is_two_observations(self, tables: Any) -> None:
        assert not tables.published.select("file", "cell").is_duplicated().any()

    @pytest.mark.parametrize("dimension", ["level", "ownership", "sex", "status"])
    def test_codes_are_the_registry_s(self, tables: Any, registry: Registry, dimension: str) -> None:
        assert set(tables.observations[dimension]) <= set(registry.codes_of(dimension))

    def test_measures_units_places_and_flags_are_the_registry_s(self, tables: Any, registry: Registry) -> None:
        for measure, unit in tables.observations.select("measure", "unit").unique().rows():
            assert registry.measures[measure].unit == unit
        assert set(tables.observations["flags"].explode().drop_nulls()) <= set(registry.codes_of("flag"))
        assert set(tables.observations["qualifier"]) == {"", ">", "about"}
        for territory, place in tables.observations.select("territory", "place").unique().rows():
            assert place == "" or registry.places[place].territory == territory

    def test_demo_data_is_not_in_data_raw(self, tables: Any) -> None:
        assert tables.observations.filter(status="synthetic").is_empty()


class TestTerritories:
    def test_the_two_published_figures(self, tables: Any) -> None:
        kindergarten = figure(tables, "hai_phong", 2021, "pupils", "kindergarten")
        lower_secondary = figure(tables, "hai_phong", 2021, "pupils", "lower_secondary")
        assert (kindergarten["value"], kindergarten["status"]) == (178732, "derived")
        assert (lower_secondary["value"], lower_secondary["status"]) == (252104, "derived")

    def test_every_sum_of_the_merged_city_is_that_of_its_parts(self, tables: Any) -> None:
        keys = [key for key in (*SERIES_KEY, "year") if key != "territory"]
        parts = tables.current.filter(pl.col("territory").is_in(["hai_phong_old", "hai_duong_old"]))
        sums = parts.group_by(keys).agg(pl.col("value").sum().alias("sum"), parts=pl.len())
        merged = tables.current.filter(territory="hai_phong").filter(
            pl.col("status").is_in(["derived", "projected", "estimated"])
        )
        joined = merged.join(sums, on=keys, how="left")
        assert joined.height > 900
        assert set(joined["parts"]) == {2}
        assert joined.filter((pl.col("value") - pl.col("sum")).abs() > 1e-6).is_empty()

    def test_what_is_published_of_the_merged_city_begins_with_it(self, tables: Any) -> None:
        published = tables.published.filter(territory="hai_phong")
        assert published.height > 0
        assert min(published["year"]) == 2025
        derived = tables.observations.filter(territory="hai_phong", status="derived")
        assert max(derived["year"]) <= 2024

    def test_the_old_provinces_end_with_the_merger(self, tables: Any) -> None:
        old = tables.observations.filter(pl.col("territory").is_in(["hai_phong_old", "hai_duong_old"]))
        counted = old.filter(~pl.col("status").is_in(["projected", "estimated"]))
        after = counted.filter(pl.col("year") >= 2025)
        assert after.select("measure", "note", "file").rows() == [
            ("population_registered", "", "press/2025_merger_file.csv")
        ]

    def test_districts_and_institutions_never_count_as_the_city(self, tables: Any, registry: Registry) -> None:
        local = tables.observations.filter(pl.col("place") != "")
        assert local.height > 80
        assert "derived" not in set(local["status"])
        cells = {f"{file}!{cell}" for file, cell in local.select("file", "cell").rows()}
        values = compute_indicators(tables.observations, registry)
        assert cells.isdisjoint(values["inputs"].explode())

    def test_the_city_s_schools_are_its_own_row_not_a_district_s(self, tables: Any) -> None:
        rows = tables.published.filter(
            file="city/hppc_2016_general_schools.csv", level="general", measure="schools"
        )
        assert rows.filter(place="")["value"].to_list() == [468]
        assert figure(tables, "hai_phong_old", 2015, "schools", "general", place="hong_bang")["value"] == 20


class TestEditionsAndErrata:
    def test_precise_figures_of_2011_are_not_replaced_by_rounded_ones(self, tables: Any) -> None:
        assert figure(tables, "viet_nam", 2011, "pupils", "kindergarten")["value"] == 3320328
        assert figure(tables, "hai_phong_old", 2011, "pupils", "kindergarten")["value"] == 68876
        older = tables.observations.filter(~pl.col("current"), year=2011, measure="pupils", level="kindergarten")
        assert {3320000.0, 69000.0} <= set(older["value"])

    @pytest.mark.parametrize(
        ("territory", "year", "value"),
        [
            ("hai_phong_old", 2015, 83755),
            ("hai_phong_old", 2016, 94457),
            ("hai_duong_old", 2015, 97669),
            ("hai_duong_old", 2016, 104674),
            ("viet_nam", 2015, 3978521),
            ("viet_nam", 2016, 4409576),
            ("hai_phong", 2015, 83755 + 97669),
        ],
    )
    def test_the_column_that_switches_to_persons(self, tables: Any, territory: str, year: int, value: int) -> None:
        row = figure(tables, territory, year, "pupils", "kindergarten")
        assert row["value"] == value
        assert "erratum_scale" in row["flags"]
        if territory != "hai_phong":
            assert row["printed"] == str(value)

    def test_the_years_before_the_switch_are_thousands(self, tables: Any) -> None:
        row = figure(tables, "hai_phong_old", 2005, "pupils", "kindergarten")
        assert row["value"] == float(row["printed"]) * 1000
        assert row["flags"] == []

    def test_kindergarten_pupils_never_jump_by_a_unit(self, tables: Any) -> None:
        """A slip of unit would be a factor of a thousand; children grow by some percent a year."""
        for territory in ("hai_phong_old", "hai_duong_old", "viet_nam", "hai_phong"):
            rows = tables.current.filter(
                territory=territory, measure="pupils", level="kindergarten", ownership="all", place=""
            ).sort("year")
            ratios = (rows["value"] / rows["value"].shift(1)).drop_nulls()
            assert rows.height >= 10
            assert 0.7 < ratios.min() < ratios.max() < 1.5, territory

    def test_every_erratum_is_at_work_on_its_cell(self, tables: Any, registry: Registry) -> None:
        for erratum in registry.errata.values():
            [row] = tables.published.filter(
                pl.col("note").str.contains(f"[{erratum.id}]", literal=True)
            ).to_dicts()
            assert f"erratum_{erratum.action}" in row["flags"], erratum.id
            assert tuple(row[name] for name in FIGURE) == erratum.figure

    def test_no_figure_is_changed_without_an_erratum(self, tables: Any, registry: Registry) -> None:
        figures = {e.figure for e in registry.errata.values()}
        flagged = tables.published.filter(
            pl.col("flags").list.contains("erratum_scale") | pl.col("flags").list.contains("erratum_flag")
        )
        assert set(flagged.select(FIGURE).rows()) == figures
        assert flagged.height == len(registry.errata)

    def test_two_scopes_are_two_series(self, tables: Any) -> None:
        """Students with colleges (to 2015) and without (from 2015 or 2016) never stand in one series."""
        with_colleges = tables.current.filter(
            measure="students_university_college", territory="hai_phong_old", ownership="all", place=""
        )
        without = tables.current.filter(
            measure="students_university", territory="hai_phong_old", ownership="all", place=""
        )
        assert max(with_colleges["year"]) == 2015
        assert min(without["year"]) >= 2015


def test_the_series_of_panels_that_are_checked_hold_all_that_is_wrong(tables: Any, registry: Registry) -> None:
    """To check every figure of the provinces finds no error more than checking those that look wrong."""
    provinces = tables.observations.filter(is_peer(registry), has_present_area(registry))
    panels = provinces.filter(pl.col("file").str.starts_with("nso/provinces_"))
    found, known = ["check", "territory", "year", *SERIES_FIELDS], pl.col("severity") == "error"
    every = find_breaches(panels, registry).findings.filter(known).select(found).rows()
    assert len(every) == 10
    findings = pl.read_parquet(tables.project.processed / FINDINGS)
    assert set(findings.filter(known, is_peer(registry)).select(found).rows()) == set(every)
