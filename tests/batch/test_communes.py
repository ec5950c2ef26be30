"""Communes in a plan: by id or name, never by a bare code, never without a school list."""

from __future__ import annotations

import pytest

from hpedu.batch.plan import BareCode, NoSchoolList, NotInList, Run, find_communes, make_plan, pick_runs
from hpedu.errors import UnknownName
from hpedu.folders import Project
from hpedu.store import Prepared

COMMUNES = {
    "commune_10507_2025": {"name": "Phường Thành Đông", "years": [2025]},
    "commune_11311_2025": {"name": "Phường Hồng Bàng", "years": [2025]},
    "commune_10888_2025": {"name": "Xã Cẩm Giang", "years": [2025]},
    "commune_10909_2025": {"name": "Xã Cẩm Giàng", "years": []},
}
PREPARED = Prepared({"all": ""}, 2025, [2025], ["hai_phong"], ["vi", "en"], COMMUNES, [], {})


@pytest.mark.parametrize(
    "name", ["commune_10507_2025", "Phường Thành Đông", "Thành Đông", "thanh dong", "PHƯỜNG THÀNH ĐÔNG"]
)
def test_a_commune_is_known_as_people_write_it(name: str) -> None:
    assert find_communes([name], PREPARED) == ["commune_10507_2025"]


def test_all_of_them_are_those_with_a_school() -> None:
    assert find_communes(["communes"], PREPARED) == list(COMMUNES)[:3]


def test_a_bare_code_is_refused_with_the_commune_of_today() -> None:
    with pytest.raises(BareCode, match=r"commune_11311_2025 \(Phường Hồng Bàng\)"):
        find_communes(["11311"], PREPARED)


@pytest.mark.parametrize("name", ["Hong Bagn", "cam giang"])  # mistyped; either of two
def test_what_is_not_certain_is_refused_with_the_closest(name: str) -> None:
    with pytest.raises(UnknownName, match="No territory is called"):
        find_communes([name], PREPARED)


def test_accents_tell_two_communes_apart() -> None:
    assert find_communes(["Cẩm Giang"], PREPARED) == ["commune_10888_2025"]
    with pytest.raises(NotInList, match="Xã Cẩm Giàng"):
        find_communes(["Cẩm Giàng"], PREPARED)


def test_without_a_school_list_it_says_what_to_do(little: Project) -> None:
    for names in (["communes"], ["Thành Đông"]):
        with pytest.raises(NoSchoolList, match=r"docs/school_list\.md.* hpedu demo"):
            make_plan(territories=names)


def test_ids_can_be_pasted_back(little: Project) -> None:
    plan = make_plan()
    assert pick_runs([run.id for run in plan]) == plan
    with pytest.raises(UnknownName, match="2025/hai_phong/vi/general"):
        pick_runs(["general"])
    with pytest.raises(UnknownName, match="No group is called 'generl'"):
        pick_runs(["2025/hai_phong/vi/generl"])


def test_a_commune_s_report() -> None:
    run = Run(2025, "commune_11311_2025", "vi", "preschool")
    assert run.id == "2025/communes/commune_11311_2025/vi/preschool"
    assert run.notebook == "commune.ipynb"
    assert run.parameters["group"] == "preschool"
