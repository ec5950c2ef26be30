"""What published tables say twice must agree within rounding; where a print is wrong, an erratum says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from hpedu.peers import find_country_gaps
from hpedu.registry import Registry
from tests.conftest import Tables

Row = dict[str, Any]

LEVELS = ["primary", "lower_secondary", "upper_secondary"]
COMBINED = ["primary_lower_secondary", "lower_upper_secondary"]
KEYS = ["file", "territory", "place", "measure", "level", "ownership", "sex", "detail", "year"]

# Prints whose parts do not make the total, each with an erratum that keeps and flags the cell.
WRONG_PRINTS = {
    ("nso/pxweb_2019_general_schoolgirls.csv", "pupils", "viet_nam", 2007),
    ("nso/web_2022_general_overview.csv", "classes", "viet_nam", 2018),
    ("nso/web_2022_general_overview.csv", "classes", "viet_nam", 2019),
    ("nso/web_2022_general_overview.csv", "classes", "viet_nam", 2021),
    ("city/hppc_2016_preschool.csv", "classes", "hai_phong_old", 2012),
    ("city/hppc_2016_preschool.csv", "classes", "hai_phong_old", 2014),
    ("city/hppc_2016_preschool.csv", "classrooms", "hai_phong_old", 2013),
}

# Figures of all provinces stand as printed, slips among them: what lies beyond its bounds is no peer.
PANELS = pl.col("file").str.starts_with("nso/provinces_")

# Where the provinces do not make the country, and why.
NOT_THE_SUM = {
    # Upper secondary classes that universities run are in no province.
    **{("upper_secondary", year): 0.004 for year in range(2004, 2009)},
    # The country stands in one edition of the web tables, the provinces in another.
    **{(level, year): 0.034 for level in LEVELS for year in range(2018, 2021)},
    **{(level, year): 0.003 for level in LEVELS for year in (2017, 2021)},
    # The country was estimated anew after the census of 2019, and its provinces here were not.
    **{("population", year): 0.006 for year in range(2010, 2017)},
}

POPULATION_ROUNDING = 100  # persons: the table is in thousands with one decimal, in some years more


def groups(frame: pl.DataFrame, by: str) -> Iterator[dict[str, Row]]:
    """Figures of one file that differ in `by` only, as {value of `by`: row}."""
    for _, part in frame.group_by([key for key in KEYS if key != by], maintain_order=True):
        rows = {row[by]: row for row in part.to_dicts()}
        assert len(rows) == part.height, "a file says one figure twice"
        yield rows


def agrees(total: Row, parts: list[Row], rounding: float = 0) -> bool:
    """Whether parts make a total, when each print may be off by half of its smallest step."""
    slack = sum(max(row["step"], rounding) for row in (total, *parts) if rounding or row["step"] > 1) / 2
    return bool(abs(total["value"] - sum(part["value"] for part in parts)) <= slack + 1e-6)


def identity(row: Row) -> tuple[str, str, str, int]:
    return row["file"], row["measure"], row["territory"], row["year"]


class TestLevels:
    @pytest.mark.parametrize("measure", ["pupils", "classes", "teachers"])
    def test_the_three_levels_make_general_education(self, tables: Any, measure: str) -> None:
        checked, wrong = 0, set()
        for rows in groups(tables.published.filter(measure=measure), "level"):
            if {"general", *LEVELS} <= rows.keys():
                checked += 1
                if not agrees(rows["general"], [rows[level] for level in LEVELS]):
                    wrong.add(identity(rows["general"]))
        assert checked >= 50
        assert wrong == {known for known in WRONG_PRINTS if known[1] == measure and known[0].startswith("nso")}

    def test_schools_of_all_kinds_make_general_education(self, tables: Any) -> None:
        """Combined schools are a kind of their own; the overview of 2022 prints the total, but not them."""
        checked = 0
        for rows in groups(tables.published.filter(measure="schools"), "level"):
            if not {"general", *LEVELS} <= rows.keys():
                continue
            checked += 1
            parts = [rows[level] for level in [*LEVELS, *COMBINED] if level in rows]
            if rows["general"]["file"] == "nso/web_2022_general_overview.csv":
                assert len(parts) == 3
                assert sum(part["value"] for part in parts) < rows["general"]["value"]
            else:
                assert agrees(rows["general"], parts), rows["general"]
        assert checked >= 60

    def test_degrees_make_all_lecturers(self, tables: Any) -> None:
        frame = tables.published.filter(file="nso/pxweb_2019_lecturers_by_qualification.csv")
        checked = 0
        for rows in groups(frame, "detail"):
            checked += 1
            parts = [rows[degree] for degree in ("postgraduate", "university_college_graduate", "other_degree")]
            assert agrees(rows["all_degrees"], parts), rows["all_degrees"]
        assert checked == 17


class TestSexes:
    def test_girls_and_women_are_some_of_all(self, tables: Any) -> None:
        """Compared over files: girls stand in a table of their own."""
        keys = [key for key in (*KEYS, "unit") if key not in ("file", "sex")]
        current = tables.current.filter(unit="persons")
        both = current.filter(sex="both").select(*keys, all="value")
        some = current.filter(sex="female").join(both, on=keys)
        assert some.height > 400
        assert some.filter((pl.col("value") <= 0) | (pl.col("value") > pl.col("all"))).is_empty()

    def test_girls_are_about_half_of_the_pupils(self, tables: Any) -> None:
        keys = ["territory", "level", "year"]
        pupils = tables.current.filter(~PANELS, measure="pupils", place="", ownership="all", detail="")
        both = pupils.filter(sex="both").select(*keys, all="value")
        girls = pupils.filter(sex="female").join(both, on=keys)
        assert girls.height > 150
        assert girls.filter(~(pl.col("value") / pl.col("all")).is_between(0.42, 0.58)).is_empty()

    @pytest.mark.parametrize(("by", "parts"), [("sex", ("male", "female")), ("detail", ("urban", "rural"))])
    def test_parts_make_the_population(self, tables: Any, by: str, parts: tuple[str, str]) -> None:
        whole = {"sex": "both", "detail": ""}[by]
        frame = tables.published.filter(measure="population_average")
        checked = 0
        for rows in groups(frame, by):
            if {whole, *parts} <= rows.keys():
                checked += 1
                assert agrees(rows[whole], [rows[part] for part in parts], POPULATION_ROUNDING), rows[whole]
        assert checked >= 80


class TestOwnership:
    def test_public_and_private_make_the_whole(self, tables: Any) -> None:
        checked, wrong = 0, set()
        for rows in groups(tables.published.filter(pl.col("unit") != "percent"), "ownership"):
            if {"all", "public", "private"} <= rows.keys():
                checked += 1
                if not agrees(rows["all"], [rows["public"], rows["private"]]):
                    wrong.add(identity(rows["all"]))
        assert checked >= 25
        assert wrong == {
            known for known in WRONG_PRINTS if known[:2] == ("city/hppc_2016_preschool.csv", "classes")
        }

    def test_shares_that_make_more_than_a_hundred_are_kept_and_flagged(self, tables: Any) -> None:
        """87% public and 17% private stand in one article; both are kept, and say that they contradict."""
        found = 0
        for rows in groups(tables.published.filter(measure="pupil_share"), "ownership"):
            if {"public", "private"} <= rows.keys():
                found += 1
                assert rows["public"]["value"] + rows["private"]["value"] == 104
                assert all("contradiction" in rows[kind]["flags"] for kind in ("public", "private"))
        assert found == 1

    def test_the_public_are_some_of_all(self, tables: Any) -> None:
        checked = 0
        for rows in groups(tables.published.filter(~PANELS, pl.col("unit") != "percent"), "ownership"):
            if {"all", "public"} <= rows.keys():
                checked += 1
                assert rows["public"]["value"] <= rows["all"]["value"], rows["public"]
        assert checked >= 100


class TestCountry:
    @staticmethod
    def add_provinces(tables: Tables, registry: Registry) -> pl.DataFrame:
        """Return what the old provinces make, and what is printed for the country, where both are whole."""
        keys = ["measure", "level", "ownership", "sex", "detail", "year"]
        additive = [measure.id for measure in registry.measures.values() if measure.additive]
        old = [key for key, row in registry.territories.items() if row.role in ("province", "part")]
        figures = tables.current.filter(pl.col("measure").is_in(additive), place="")
        provinces = figures.filter(pl.col("territory").is_in(old)).group_by(keys)
        sums = provinces.agg(sum=pl.col("value").sum(), count=pl.len(), slack=pl.col("step").sum() / 2)
        there = pl.when(pl.col("year") <= 2007).then(64).otherwise(63)
        country = figures.filter(territory="viet_nam").select(*keys, "value", "step", "flags")
        return country.join(sums, on=keys).filter(pl.col("count") == there)

    def test_the_provinces_make_the_country(self, tables: Any, registry: Registry) -> None:
        both = self.add_provinces(tables, registry)
        assert both.height > 340
        rounded = pl.when(pl.col("step") > 1).then(pl.col("step") / 2 + pl.col("slack")).otherwise(0)
        wrong = both.filter((pl.col("sum") - pl.col("value")).abs() > rounded + 1e-6)
        exact = [row for row in wrong.to_dicts() if (row["level"], row["year"]) not in NOT_THE_SUM]
        assert {
            (row["measure"], row["level"], row["sex"], row["year"]): row["value"] - row["sum"] for row in exact
        } == {
            ("pupils", "primary", "female", 2011): 50_000,
            ("teachers", "primary", "female", 2012): 3_000,
        }
        named = find_country_gaps(tables.observations, registry).select("measure", "level", "sex", "year").rows()
        assert {("pupils", "primary", "female", 2011), ("teachers", "primary", "female", 2012)} <= set(named)
        assert len(named) < 10
        for row in wrong.to_dicts():
            most = NOT_THE_SUM.get((row["level"], row["year"]), 1)
            assert abs(row["sum"] / row["value"] - 1) <= most, row


class TestCity:
    def test_kinds_of_rooms_make_all_rooms(self, tables: Any) -> None:
        frame = tables.published.filter(file="city/hppc_2016_preschool.csv", ownership="all", place="")
        parts = ["classrooms_permanent", "classrooms_semi_permanent", "classrooms_temporary"]
        checked, wrong = 0, set()
        for rows in groups(frame, "measure"):
            if {"classrooms", *parts} <= rows.keys():
                checked += 1
                if not agrees(rows["classrooms"], [rows[part] for part in parts]):
                    wrong.add(identity(rows["classrooms"]))
        assert checked == 5
        assert wrong == {known for known in WRONG_PRINTS if known[1] == "classrooms"}

    def test_districts_make_the_city(self, tables: Any) -> None:
        frame = tables.published.filter(file="city/hppc_2016_general_schools.csv", measure="schools")
        checked = 0
        for rows in groups(frame, "place"):
            checked += 1
            districts = [row for place, row in rows.items() if place]
            assert len(districts) == 14
            assert agrees(rows[""], districts), rows[""]
        assert checked == 5


class TestErrata:
    def test_every_wrong_print_is_flagged_and_kept(self, tables: Any, registry: Registry) -> None:
        flagged = tables.published.filter(pl.col("flags").list.contains("erratum_flag"))
        assert {identity(row) for row in flagged.to_dicts()} >= WRONG_PRINTS
        for row in flagged.to_dicts():
            assert row["value"] in (float(row["printed"]), pytest.approx(float(row["printed"]) * 1000))

    def test_the_evidence_is_arithmetic_in_both_languages(self, registry: Registry) -> None:
        for erratum in registry.errata.values():
            assert any(letter.isdigit() for letter in erratum.evidence.vi), erratum.id
            assert any(letter.isdigit() for letter in erratum.evidence.en), erratum.id

    @pytest.mark.parametrize(
        ("cell", "printed"), [("J18", "2984"), ("J20", "3466"), ("J34", "3246")], ids=["2012", "2014", "rooms"]
    )
    def test_the_city_s_misprints_stand_as_printed(self, tables: Any, cell: str, printed: str) -> None:
        [row] = tables.published.filter(file="city/hppc_2016_preschool.csv", cell=cell).to_dicts()
        assert (row["printed"], row["value"]) == (printed, float(printed))
        assert row["flags"] == ["erratum_flag"]
