"""An entry of the cache is used only if it is whole and of what is asked; without it, all is made again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hpedu.cache import VARIABLE, locate_cache, prune_cache, recall
from hpedu.folders import HOME_VARIABLE, MARKER, Project, write_whole


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    write_whole(tmp_path / MARKER, b"{}")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)
    return Project(tmp_path)


def made_anew(made_from: object = ("a", 1), content: str = "drawn: đ") -> bool:
    """Return whether something was made, and not taken from the cache."""
    made = []

    def make() -> str:
        made.append(content)
        return content

    assert recall(made_from, make) == content
    return bool(made)


def entries(project: Project) -> list[Path]:
    return sorted(locate_cache(project).iterdir())


def test_made_once(project: Project) -> None:
    assert [made_anew(), made_anew()] == [True, False]


def test_made_again_of_something_else(project: Project) -> None:
    made_anew(["version 1", {"x": 1}])
    assert made_anew(["version 2", {"x": 1}], "another")
    assert made_anew(["version 1", {"x": 2}], "a third")


@pytest.mark.parametrize("damage", [b"", b"drawn", b"\xff\xfe\n", b"0" * 64 + b"\ndrawn: another"])
def test_a_damaged_entry_is_none(project: Project, damage: bytes) -> None:
    made_anew()
    entries(project)[0].write_bytes(damage)
    assert [made_anew(), made_anew()] == [True, False]


def test_a_folder_in_its_place_is_no_entry(project: Project) -> None:
    made_anew()
    [entry] = entries(project)
    entry.unlink()
    entry.mkdir()
    assert made_anew()


def test_an_entry_cut_short_is_none(project: Project) -> None:
    made_anew()
    [entry] = entries(project)
    entry.write_bytes(entry.read_bytes()[:-1])
    assert made_anew()


def test_an_entry_under_another_name_is_none(project: Project) -> None:
    made_anew()
    [own] = entries(project)
    made_anew(["b"], "of another")
    [foreign] = set(entries(project)) - {own}
    own.write_bytes(foreign.read_bytes())
    assert made_anew()


def test_off(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    made_anew()
    monkeypatch.setenv(VARIABLE, "off")
    assert made_anew(content="without")


def test_outside_of_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert [made_anew(), made_anew()] == [True, True]


def test_a_cache_that_cannot_be_written(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    write_whole(locate_cache(project), b"a file where the folder would be")
    assert made_anew()
    assert "build/cache" in caplog.text


def test_what_was_used_longest_ago_goes_first(project: Project) -> None:
    for name in "abc":
        made_anew(name, name)
    for entry in entries(project):
        os.utime(entry, (1, 1))
    assert [made_anew("a", "a"), made_anew("c", "c")] == [False, False]
    prune_cache(project, most=2 * entries(project)[0].stat().st_size)
    assert [made_anew("a", "a"), made_anew("c", "c"), made_anew("b", "b")] == [False, False, True]


def test_nothing_to_prune(project: Project) -> None:
    prune_cache(project)
