"""Layouts are data: each one is whole, means what the registry knows, and fits one kind of table."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from hpedu.ingest.layouts import Items, Layout, closest_layout, find_layout, load_layouts, read_layouts
from hpedu.ingest.words.units import find_scale
from hpedu.registry import Registry

FIELDS = {"territory": "a", "year": "b", "year_rule": "calendar"}


class TestOurs:
    def test_every_series_means_what_the_registry_knows(self, registry: Registry) -> None:
        for layout in load_layouts():
            for item, entries in layout.series.items():
                for series in entries:
                    where = f"{layout.id}: {item}"
                    assert series.measure in registry.measures, where
                    assert series.level in registry.codes_of("level"), where
                    assert series.ownership in registry.codes_of("ownership"), where
                    assert series.sex in registry.codes_of("sex"), where

    def test_the_year_rule_agrees_with_what_the_measure_counts(self, registry: Registry) -> None:
        for layout in load_layouts():
            for entries in layout.series.values():
                for series in entries:
                    calendar = (series.year_rule or layout.year_rule) == "calendar"
                    basis = registry.measures[series.measure].basis
                    assert calendar == (basis == "calendar"), (layout.id, series.measure)

    def test_entries_of_one_item_never_overlap_in_time(self) -> None:
        for layout in load_layouts():
            for item, entries in layout.series.items():
                for year in range(1976, 2050):
                    fit = [s for s in entries if (s.since or year) <= year <= (s.until or year)]
                    assert len(fit) <= 1, (layout.id, item, year)

    def test_universities_count_colleges_until_2015_only(self) -> None:
        [layout] = [layout for layout in load_layouts() if layout.id == "nso_universities_colleges"]
        with_colleges, without = layout.series["Student"]
        assert (with_colleges.measure, with_colleges.until) == ("students_university_college", 2015)
        assert (without.measure, without.since) == ("students_university", 2016)

    def test_a_scale_is_the_one_the_item_says(self) -> None:
        for layout in load_layouts():
            for item, entries in layout.series.items():
                if find_scale(item) != 1:
                    assert {series.scale for series in entries} == {find_scale(item)}, (layout.id, item)

    def test_other_wording_leads_to_an_item_or_a_part_of_one(self) -> None:
        for layout in load_layouts():
            parts = {part for item in layout.series for part in (item, *item.split(" / "))}
            assert set(layout.also.values()) <= parts, layout.id

    def test_a_table_about_one_territory_names_one_we_have(self, registry: Registry) -> None:
        fixed = [layout.territory[1:] for layout in load_layouts() if layout.territory.startswith("=")]
        assert fixed and set(fixed) <= set(registry.territories)

    def test_each_title_finds_its_own_layout(self) -> None:
        for layout in load_layouts():
            for title in layout.titles:
                assert find_layout(title, load_layouts()) is layout


class TestFinding:
    @pytest.mark.parametrize(
        "title",
        [
            "SO HOC SINH tai thoi diem 30/9",
            "288. Số học sinh tại thời điểm 30/9/2011",
            "288 (Tiếp theo) Số học sinh tại thời điểm 30/9/2011(*)",
            "Số học sinh tại thời điểm 30/9 Number of pupils",
            "Số học sinh tại thời điểm 30/9/2023 Number of pupils in 2023 (Cont.)",
            "Number of pupils by Cities, provincies, Year and Items",
            "Number of pupils in school year 2022-2023",
        ],
    )
    def test_year_page_language_and_variables_do_not_matter(self, title: str) -> None:
        layout = Layout(id="a", title=["Số học sinh tại thời điểm 30/9", "Number of pupils"], **FIELDS)
        assert find_layout(title, [layout]) is layout

    @pytest.mark.parametrize(
        "title",
        [
            "Number of pupils of ethnic minorities",
            "Number of pupils (Thous. pupils)",
            "Number of pupils and teachers",
            "Average number of pupils",
            "Number",
            "",
        ],
    )
    def test_another_scope_or_unit_is_another_table(self, title: str) -> None:
        assert find_layout(title, [Layout(id="a", title="Number of pupils", **FIELDS)]) is None

    def test_the_closest_title_is_named(self) -> None:
        layout = Layout(id="a", title=["Số học sinh", "Number of pupils of general education"], **FIELDS)
        assert closest_layout("Number of pupils in general education", [layout]) is layout
        assert closest_layout("Health establishments", [layout]) is None

    def test_the_most_specific_title_comes_first(self, tmp_path: Path) -> None:
        for name, title in (("a", "Pupils"), ("b", "Pupils by province"), ("c", "Pup")):
            write(tmp_path / f"{name}.toml", title=title)
        found = find_layout("Pupils by province by Year and Items", read_layouts(tmp_path)[0])
        assert found is not None and found.id == "b"


class TestLoading:
    def test_numbers_are_exact(self, tmp_path: Path) -> None:
        write(tmp_path / "a.toml", extra='[[series."x"]]\nmeasure = "m"\nlevel = "l"\nscale = 0.001')
        [layout] = read_layouts(tmp_path)[0]
        assert layout.series["x"][0].scale == Decimal("0.001")
        assert layout.missing == ["..", ""]

    def test_a_broken_layout_stops_only_itself(self, tmp_path: Path) -> None:
        write(tmp_path / "a.toml", coded="perhaps")
        write(tmp_path / "b.toml", extra="colour = 'red'")
        (tmp_path / "c.toml").write_text('title = "Schools\nyear_rule', encoding="utf-8")
        write(tmp_path / "d.toml", year_rule="guess")
        (tmp_path / "e.toml").write_text("\n", encoding="utf-8")
        write(tmp_path / "f.toml", title="Classes")
        assert [layout.id for layout in read_layouts(tmp_path)[0]] == ["f"]
        broken = read_layouts(tmp_path)[1]
        assert [one.file for one in broken] == ["a.toml", "b.toml", "c.toml", "d.toml", "e.toml"]
        said = [one.problems[0].say("vi") + one.problems[0].say("en") for one in broken]
        for text, word in zip(said, ("coded", "colour", "TOML", "year_rule", "empty"), strict=True):
            assert word in text

    def test_the_tables_of_a_broken_layout_are_known_by_its_titles(self, tmp_path: Path) -> None:
        write(tmp_path / "a.toml", title="Pupils by province and sex", extra="colour = 'red'")
        (tmp_path / "b.toml").write_text("title = ['Số trường học', \"Schools\"\nnumbers =", encoding="utf-8")
        a, b = read_layouts(tmp_path)[1]
        assert a.matches("Pupils by province and sex by Year") and not a.matches("Pupils")
        assert b.matches("Số trường học") and b.matches("Schools")


def write(path: Path, extra: str = "", **changes: str) -> None:
    fields = {"title": "Pupils"} | FIELDS | changes
    path.write_text("\n".join([*(f'{k} = "{v}"' for k, v in fields.items()), extra]), encoding="utf-8")


@pytest.mark.parametrize("item", ["CR.1", "cr_1", "CR_1", "Cr-1", "cr.1"])
def test_a_code_is_the_same_in_any_spelling(item: str) -> None:
    [layout] = [layout for layout in load_layouts() if layout.id == "uis_sdg"]
    assert Items(layout).find([item]) == "cr_1"
    assert Items(layout).find([f"{item}.M"]) is None


@pytest.mark.parametrize(
    ("item", "label"),
    [
        (["TOTAL - Pers.", "Total"], "TOTAL"),
        (["TOTAL - Pers. Total"], "TOTAL"),
        (["Public - Pers. Other degree"], "Public / Other degree"),
        (["Public - Pers.", "Postgraduate"], "Public / Postgraduate"),
        (["Non-public - Pers.", "Total"], None),
        (["Index (Previous year = 100) - % Total"], "Index (Previous year = 100)*"),
    ],
)
def test_blocks_of_lecturers_by_qualification(item: list[str], label: str | None) -> None:
    [layout] = [layout for layout in load_layouts() if layout.id == "nso_lecturers_by_qualification"]
    assert Items(layout).find(item) == label
