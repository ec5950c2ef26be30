"""A report says everything that is wrong with its parameters at once, in its own language."""

from __future__ import annotations

from typing import Any

import pandas
import pytest

from hpedu import Report
from hpedu.errors import UnknownName, WrongParameters


def test_all_wrong_parameters_are_named_at_once() -> None:
    wrong: Any = {"territory": "hai_fong", "year": "2025", "language": "vi", "horizon": 20300}
    with pytest.raises(WrongParameters) as caught:
        Report("preshool", **wrong)
    said = str(caught.value)
    assert [word in said for word in ("preschool", "hai_phong", "year: ", "'2025'", "20300")] == [True] * 5
    assert "phải là số nguyên" in said and "Không có năm 20300" in said and "\n" not in said


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"pupil_growth": "2%"}, "pupil_growth: must be a number"),
        ({"year": "abc"}, "year: must be a whole number"),
        ({"year": True}, "year: must be a whole number"),
        ({"year": 26}, "year: There is no year 26"),
        ({"class_size": "30"}, "class_size: must be a number"),
        ({"scenario": "midle"}, "scenario: Input should be 'low', 'middle' or 'high' (found: 'midle')"),
        ({"peers": "no"}, "peers: Input should be a valid boolean"),
        ({"territory": "hai_phong_odl"}, "Did you mean: hai_phong_old"),
    ],
)
def test_a_parameter_of_a_wrong_type_is_told_in_one_line(wrong: Any, said: str) -> None:
    with pytest.raises(WrongParameters) as caught:
        Report("preschool", language="en", **wrong)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_year_may_come_out_of_a_frame() -> None:
    years = pandas.Series([2019, 2020])
    assert type(Report("preschool", year=years.max(), language="en").year) is int


def test_sentences_are_those_of_the_notebook_and_a_mistyped_one_gets_the_closest() -> None:
    report = Report("preschool", language="en")
    assert report.text("title").startswith("Preschool education") and report.say("in_short").text == "## In short"
    with pytest.raises(UnknownName, match="private_sector"):
        report.say("private_sectr")
    assert report.say(vi="Chỉ tiếng Việt").text == "Chỉ tiếng Việt"
