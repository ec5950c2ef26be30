"""What reports can be about: the city, its parts, the country, its communes by id or name; nothing else."""

from __future__ import annotations

import pytest

from hpedu.batch.plan import Run, find_communes, make_plan, pick_runs
from hpedu.digest import Prepared
from hpedu.errors import Refused, UnknownName, WrongParameters
from hpedu.folders import Project
from hpedu.present.report import Report
from hpedu.present.scorecard import list_targets
from hpedu.registry import Registry

COMMUNES = {
    "commune_10507_2025": {"name": "Phường Thành Đông", "years": [2025]},
    "commune_11311_2025": {"name": "Phường Hồng Bàng", "years": [2025]},
    "commune_10888_2025": {"name": "Xã Cẩm Giang", "years": [2025]},
    "commune_10909_2025": {"name": "Xã Cẩm Giàng", "years": []},
}
PREPARED = Prepared(
    made_from={},
    tables={},
    counts={},
    newest_year=2025,
    years=[2025],
    territories=["hai_phong"],
    city="hai_phong",
    languages=["vi", "en"],
    groups=[],
    commune_groups=[],
    communes=COMMUNES,
    sources=[],
    parts={},
    unread=[],
)


@pytest.mark.parametrize(
    "name", ["commune_10507_2025", "Phường Thành Đông", "Thành Đông", "thanh dong", "PHƯỜNG THÀNH ĐÔNG"]
)
def test_a_commune_is_known_as_people_write_it(name: str) -> None:
    assert find_communes([name], PREPARED) == ["commune_10507_2025"]


def test_all_of_them_are_those_with_a_school() -> None:
    assert find_communes(["communes"], PREPARED) == list(COMMUNES)[:3]


def test_a_bare_code_is_refused_with_the_commune_of_today() -> None:
    with pytest.raises(Refused, match=r"commune_11311_2025 \(Phường Hồng Bàng\)"):
        find_communes(["11311"], PREPARED)


@pytest.mark.parametrize("name", ["Hong Bagn", "cam giang"])  # mistyped; either of two
def test_what_is_not_certain_is_refused_with_the_closest(name: str) -> None:
    with pytest.raises(UnknownName, match="No territory is called"):
        find_communes([name], PREPARED)


def test_accents_tell_two_communes_apart() -> None:
    assert find_communes(["Cẩm Giang"], PREPARED) == ["commune_10888_2025"]
    with pytest.raises(Refused, match="Xã Cẩm Giàng"):
        find_communes(["Cẩm Giàng"], PREPARED)


def test_without_a_school_list_it_says_what_to_do(little: Project) -> None:
    for names in (["communes"], ["Thành Đông"]):
        with pytest.raises(Refused, match=r"docs/school_list\.md.* hpedu demo"):
            make_plan(territories=names)


def test_ids_can_be_pasted_back(little: Project) -> None:
    plan = make_plan()
    assert pick_runs([run.id for run in plan]) == plan
    with pytest.raises(UnknownName, match="2025/hai_phong/vi/general"):
        pick_runs(["general"])
    with pytest.raises(UnknownName, match="No group of pages or notebook is called “generl”"):
        pick_runs(["2025/hai_phong/vi/generl"])


def test_a_commune_s_report() -> None:
    run = Run(2025, "commune_11311_2025", "vi", "preschool")
    assert run.id == "2025/communes/commune_11311_2025/vi/preschool"
    assert run.notebook == "commune.ipynb"
    assert run.parameters["group"] == "preschool"


def test_default_plan_is_all_groups_of_the_city_in_both_languages() -> None:
    ids = [run.id for run in make_plan()]
    assert len(ids) == 14
    assert ids[0] == "2025/hai_phong/vi/brief"
    assert ids[-1] == "2025/hai_phong/en/data_quality"


@pytest.mark.parametrize(
    ("wrong", "close"),
    [
        ({"groups": ["preschol"]}, "preschool"),
        ({"territories": ["hai_fong"]}, "hai_phong"),
        ({"languages": ["vn"]}, "vi"),
        ({"year": 2052}, "2025"),
    ],
)
def test_a_wrong_name_is_refused_before_anything_runs(wrong: dict[str, object], close: str) -> None:
    with pytest.raises(UnknownName) as caught:
        make_plan(**wrong)  # type: ignore[arg-type]
    assert close in str(caught.value)


def test_the_city_its_parts_and_the_country_can_be_planned(registry: Registry) -> None:
    wanted = list(registry.reported_territories())
    assert wanted[0] == "hai_phong" and set(wanted) >= {"hai_phong_old", "hai_duong_old", "viet_nam"}
    assert {run.territory for run in make_plan(["general"], wanted, ["en"])} == set(wanted)


@pytest.mark.parametrize("territory", ["quang_ninh", "ha_tay", "red_river_delta"])
def test_a_province_or_region_is_refused_everywhere(registry: Registry, territory: str) -> None:
    assert territory in registry.territories
    with pytest.raises(UnknownName, match="No territory is called"):
        make_plan(["general"], [territory], ["en"])
    with pytest.raises(UnknownName, match="No territory is called"):
        list_targets(territory=territory)
    with pytest.raises(WrongParameters, match="No territory is called"):
        Report("general", territory=territory, year=None, language="en")
