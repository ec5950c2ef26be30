"""Every page of a group shows its peers, of the old province by name, or says that there are none."""

from __future__ import annotations

import altair
import pytest
from lxml import html

from hpedu import Report
from hpedu.peers import Comparison
from hpedu.present.comparison import Peers
from hpedu.present.page.display import CHART, Chart, Fragment
from hpedu.present.page.page import draw_figure

GROUPS = ["preschool", "general", "higher", "continuing"]


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_shows_where_the_old_province_stands(group: str) -> None:
    chart, said = Report(group, territory="hai_phong", year=None, language="vi").peers().pieces
    assert isinstance(chart, Chart)
    assert "Hải Phòng (trước 1/7/2025)" in chart.text.title
    assert "không xếp chung với các tỉnh, thành cũ" in said.plain
    assert "medium" not in chart.remarks and "Độ tin cậy" in chart.remarks
    assert set(chart.table.columns) >= {"Hạng", "Trung vị Đồng bằng sông Hồng", "Hà Nội", "Đà Nẵng", "Cần Thơ"}
    assert all(rank.endswith(("/62", "/63")) for rank in chart.table["Hạng"])


def test_the_sentence_follows_from_the_table() -> None:
    chart, said = Report("general", territory="hai_phong_old", year=None, language="en").peers().pieces
    assert isinstance(chart, Chart)
    ranks = [tuple(map(int, text.split("/"))) for text in chart.table["Rank"]]
    high = sum(rank <= count / 4 for rank, count in ranks)
    low = sum(rank > 0.75 * count for rank, count in ranks)
    assert f"On the {len(ranks)} indicators" in said.plain
    assert f"top quarter on {high} and in the bottom quarter on {low}" in said.plain
    named = [name for name, (rank, _) in zip(chart.table["Name"], ranks, strict=True) if rank <= 3]
    assert all(name[1:] in said.plain for name in named)
    assert "not ranked" not in said.plain


def test_what_is_said_of_the_ranks_is_claimed_of_the_table() -> None:
    chart, said = Report("general", territory="hai_phong_old", year=None, language="en").peers().pieces
    assert isinstance(chart, Chart) and isinstance(said, Fragment)
    page = html.fromstring(f"<main>{draw_figure(chart._repr_mimebundle_()[CHART])}{said.html}</main>")
    claims = [text for place in page.xpath("//*/@data-claims") for text in place.splitlines()]
    assert len(claims) == 3 and all(page.xpath(claim) for claim in claims)
    for rank in page.xpath("//tbody/tr/td[2]"):
        rank.text = "30/63"
    assert not any(page.xpath(claim) for claim in claims)


def test_each_part_is_compared_as_itself() -> None:
    chart, _ = Report("preschool", territory="hai_duong_old", year=None, language="en").peers().pieces
    assert isinstance(chart, Chart)
    assert "Hai Duong" in chart.text.title


@pytest.mark.parametrize(
    ("territory", "year", "words"),
    [("viet_nam", None, "on the pages of the provinces alone"), ("hai_phong", 1999, "no comparison")],
)
def test_where_there_is_nothing_to_compare_a_sentence_says_so(
    territory: str, year: int | None, words: str
) -> None:
    [said] = Report("preschool", territory=territory, year=year, language="en").peers().pieces
    assert words in said.plain


def test_it_can_be_left_out() -> None:
    [said] = Report("preschool", territory="hai_phong", year=None, language="en", peers=False).peers().pieces
    assert "without the comparison" in said.plain


def make(values: dict[str, float], then: float | None = None) -> Comparison:
    places = {"hai_phong_old": 30.0, "ha_noi": 25.0, "thai_binh": 20.0, "nam_dinh": 35.0} | values
    before = None if then is None else make({"hai_phong_old": then})
    return Comparison("primary_pupils_per_class", 2020, places, "hai_phong_old", 27.0, before)


def draw(*found: Comparison) -> Chart:
    view = Report("general", territory="hai_phong_old", language="vi")
    return Peers(view, found, view.registry.territories["hai_phong_old"]).draw()


def test_a_strip_reaches_from_its_least_to_its_largest_figure() -> None:
    assert make({}, then=40.0).ends == (20.0, 40.0)
    low, high = Comparison("primary_pupils_per_class", 2020, {"hai_phong_old": 5.0}, "hai_phong_old", 5.0).ends
    assert low < 5.0 < high


def test_every_place_is_drawn_and_the_own_is_written() -> None:
    chart = draw(make({}, then=40.0), make({}))
    altair.Chart.from_dict(chart.spec | {"$schema": altair.SCHEMA_URL})
    assert chart.data.height == 8 and chart.data["place"].null_count() == 4
    first, second = chart.picture.panels
    assert {words for mark in first.marks for words in mark.words} == {
        "Hải Phòng (trước 1/7/2025): 30,0 học sinh/lớp (2/4)",
        "Hà Nội: 25,0 học sinh/lớp",
    }
    assert [len(mark.points) for mark in first.marks if mark.shape == "small"] == [2]
    assert len(first.marks) == len(second.marks) + 1
    assert "30,0" in chart.svg and "(2/4)" in chart.svg and "Hà Nội" in chart.svg
