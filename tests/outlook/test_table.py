"""Any table the outlook takes: its shape is told by its columns."""

from __future__ import annotations

import polars as pl
import pytest

from hpedu.outlook.intake import SeriesError
from hpedu.outlook.table import foresee_table, read_table, recognise

SERIES = "place,indicator,year,value\n" + "".join(f"x,a,{year},{year - 1980}\n" for year in range(2015, 2025))


def read(text: str) -> pl.DataFrame:
    return read_table(text.encode(), "a.csv")


def test_a_series_is_projected() -> None:
    found = foresee_table(read(SERIES), "a.csv", until=2027)
    assert found["year"].to_list() == [2025, 2026, 2027]
    assert {"point", "lo80", "hi80", "status"} <= set(found.columns)


def test_a_series_without_units_and_with_ranges_of_years() -> None:
    text = "indicator;year;value\n" + "".join(f"a;{y}-{y + 1};{y - 1980},5\n" for y in range(2015, 2025))
    found = foresee_table(read("\ufeff" + text), "a.csv", until=2025)
    assert found["year"].to_list() == [2025]
    assert 44 < found["point"].item() < 46


def test_targets_beside_it_are_judged() -> None:
    targets = read("indicator,target,target_year,comparison\na,60,2030,>=\n")
    [row] = foresee_table(read(SERIES), "a.csv", targets=targets).to_dicts()
    assert (row["last_value"], row["required"], row["observed"]) == (44.0, pytest.approx(16 / 6), 1.0)
    assert 0 <= row["probability"] <= 1
    # 35 (2015) to 44 (2024): 2.575% a year; to 60 in 2030: 3.659%; R = 0.7039
    assert row["open_sdg_ratio"] == pytest.approx(0.7039, abs=1e-3)
    assert row["class"] == "moderate_progress"


def test_each_target_has_one_row_and_a_floor_for_every_year_has_no_class() -> None:
    targets = read("place,indicator,target,target_year,comparison\n,a,40,,>=\n,a,60,2030,>=\n")
    both = foresee_table(read(SERIES), "a.csv", targets=targets)
    assert both.select("target", "target_year", "class", "observed").rows() == [
        (40.0, None, None, 1.0),
        (60.0, 2030, "moderate_progress", 1.0),
    ]
    floor = foresee_table(read(SERIES), "a.csv", targets=targets.head(1))
    assert floor["class"].to_list() == [None] and floor["state"].to_list() == both["state"].head(1).to_list()


def test_a_place_without_a_target_stops_no_other() -> None:
    series = SERIES + SERIES.split("\n", 1)[1].replace("x,", "y,")
    targets = read("place,indicator,target,target_year,comparison\nx,a,60,2030,>=\n")
    assert foresee_table(read(series), "a.csv", targets=targets)["place"].to_list() == ["x"]


def test_targets_in_the_same_table_and_directions_for_comparisons() -> None:
    lines = SERIES.splitlines()
    text = "\n".join([lines[0] + ",target,direction", *(line + ",40,up" for line in lines[1:])])
    [row] = foresee_table(read(text), "a.csv").to_dicts()
    assert (row["comparison"], row["verdict"], row["class"]) == (">=", "met", "target_achieved")


def test_parts_of_a_merger_become_the_whole() -> None:
    text = "place,indicator,year,numerator,denominator,whole\nw,a,2020,90,100,city\ne,a,2020,100,400,city\n"
    [row] = foresee_table(read(text), "a.csv").to_dicts()
    assert (row["place"], row["value"], row["status"]) == ("city", 0.38, "derived")


def test_enrolment_by_grade_and_by_level() -> None:
    text = "grade,year,pupils\n1,2020,100\n2,2020,90\n1,2021,100\n2,2021,95\n"
    found = foresee_table(read(text), "a.csv", until=2022).filter(pl.col("grade") == 2)
    assert found["point"].to_list() == [pytest.approx(95)]
    text = "level,year,pupils\nprimary,2020,100\n"
    assert foresee_table(read(text), "a.csv", until=2021)["point"].to_list() == [100.0]


def test_what_the_closest_shape_lacks_is_said() -> None:
    with pytest.raises(SeriesError) as caught:
        recognise(["grade", "year", "children"], "a.csv")
    assert [str(problem.where) for problem in caught.value.problems] == ["column pupils"]
    assert "enrolment by grade" in str(caught.value)


def test_a_target_without_a_way_is_refused() -> None:
    with pytest.raises(SeriesError, match="indicator=a: nothing states which way is progress"):
        foresee_table(read(SERIES), "a.csv", targets=read("indicator,target\na,60\n"))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b""])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(SeriesError, match=r"a\.csv"):
        read_table(content, "a.csv")


class TestDots:
    counts = b"indicator,year,value,kind\npupils,2020,1.234,count\npupils,2021,1.250,count\n"

    def test_counts_that_may_be_thousands_are_refused(self) -> None:
        with pytest.raises(SeriesError, match="thousands or three decimals"):
            foresee_table(read_table(self.counts, "a.csv"), "a.csv")

    def test_numbers_of_pupils_are_refused_as_well(self) -> None:
        with pytest.raises(SeriesError, match=r"column pupils: .*thousands or three decimals"):
            foresee_table(read_table(b"level,year,pupils\na,2020,1.234\n", "a.csv"), "a.csv")

    @pytest.mark.parametrize(("old", "new"), [(b"count", b"ratio"), (b"1.234", b"1.2"), (b"1.234", b"1234")])
    def test_what_says_which_is_read(self, old: bytes, new: bytes) -> None:
        assert (
            foresee_table(read_table(self.counts.replace(old, new), "a.csv"), "a.csv")["status"].item() == "short"
        )
