"""Rows of an office's own: a target, an indicator, a measure, a territory and a layout without touching hpedu."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hpedu import store
from hpedu.digest import describe_inputs
from hpedu.errors import RegistryError
from hpedu.folders import HOME_VARIABLE, MARKER, Project
from hpedu.ingest.layouts import load_layouts
from hpedu.registry import load_registry
from hpedu.registry.load import _load, name_office

MEASURES = "id,unit,additive,basis,name_vi,name_en,definition_vi,definition_en\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    (tmp_path / MARKER).parent.mkdir(parents=True)
    (tmp_path / MARKER).write_text('{"resources": []}')
    (tmp_path / "data/registry/targets").mkdir(parents=True)
    (tmp_path / "data/layouts").mkdir()
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    _load.cache_clear()
    yield Project(tmp_path)
    store.forget()
    _load.cache_clear()


def test_a_row_is_added_and_one_takes_the_place_of_ours(project: Project) -> None:
    rows = "libraries,institutions,true,calendar,Thư viện,Libraries,Số thư viện,Number of libraries\n"
    rows += "pupils,persons,true,school_year,Trò,Learners,Trẻ đi học,Children at school\n"
    (project.registry / "measures.csv").write_text(MEASURES + rows, encoding="utf-8")
    registry = load_registry()
    assert registry.measures["libraries"].name.vi == "Thư viện"
    assert registry.measures["pupils"].name.en == "Learners"
    assert "teachers" in registry.measures


def test_rows_without_an_id_take_the_place_of_ours_and_any_row_can_be_withdrawn(project: Project) -> None:
    (project.registry / "codes.csv").write_text(
        "dimension,code,order,name_vi,name_en\nlevel,nursery,1,Trẻ nhỏ,Toddlers\n", encoding="utf-8"
    )
    broken = next(iter(load_registry().breaks))
    _load.cache_clear()
    rows = f"breaks.csv,{broken},Sở đã đối chiếu\ntargets,international_student_share,Không thuộc Sở\n"
    rows += "indicators,international_student_share,Không thuộc Sở\n"
    (project.registry / "withdrawn.csv").write_text("file,row,reason\n" + rows, encoding="utf-8")
    registry = load_registry()
    assert registry.name("level", "nursery", "vi") == "Trẻ nhỏ"
    assert broken not in registry.breaks and "international_student_share" not in registry.targets
    assert max(target.number for target in registry.targets.values()) == len(registry.targets) + 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("breaks.csv,nothing,x", "line 2 row: No row is called “nothing”"),
        ("brakes.csv,x,x", "Did you mean: breaks.csv"),
        ("targets,education_budget_share,x", "has the role `target`, but no target has this id"),
        ("measures.csv,pupils,x", "no such measure (found: pupils)"),
    ],
)
def test_what_is_withdrawn_is_there_and_nothing_else_needs_it(project: Project, row: str, said: str) -> None:
    (project.registry / "withdrawn.csv").write_text(f"file,row,reason\n{row}\n", encoding="utf-8")
    with pytest.raises(RegistryError) as caught:
        load_registry()
    assert said in str(caught.value)


def test_all_is_checked_as_one_and_what_is_wrong_is_named_with_its_place(project: Project) -> None:
    (project.registry / "measures.csv").write_text(MEASURES + "libraries,houses,true,calendar,a,b,c,d\n")
    (project.registry / "target.csv").write_text("id\nx\n")
    with pytest.raises(RegistryError) as caught:
        load_registry()
    assert "data/registry/target.csv" in str(caught.value) and "targets" in str(caught.value)
    (project.registry / "target.csv").unlink()
    (project.registry / "measures.csv").write_text(MEASURES + "libraries,institutions,maybe,calendar,a,b,c,d\n")
    with pytest.raises(RegistryError, match=r"data/registry/measures\.csv.*line 2.*additive"):
        load_registry()


def test_a_layout_of_ones_own_comes_first_and_changes_what_tables_are_made_from(project: Project) -> None:
    before = describe_inputs(project)
    ours = Path(str(load_layouts.__globals__["HOME"])) / "nso_kindergarten.toml"
    (project.layouts / "own_kindergarten.toml").write_bytes(ours.read_bytes())
    assert load_layouts()[0].id == "own_kindergarten"
    changed = {name for name, digest in describe_inputs(project).items() if before.get(name) != digest}
    assert changed == {"package"}


def test_the_office_that_makes_the_pages_is_remembered(project: Project) -> None:
    before = describe_inputs(project)
    assert load_registry().offices["made_by"].name.en.startswith("hpedu")
    name_office(project, 'Sở GD&ĐT, "Hải Phòng"')
    assert load_registry().offices["made_by"].name.vi == 'Sở GD&ĐT, "Hải Phòng"'
    assert describe_inputs(project) != before
