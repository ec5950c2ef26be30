"""A file is written whole or not at all, whenever the power fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hpedu.folders import Project, write_whole

Step = tuple[str, Any]


class Disk:
    """What is on a disk if the power fails: content and names that were synced, and of the others any part.

    It records what a process asks of the system, in order, and replays every beginning of it the bad way: content
    that was not synced is lost, a name that was not synced counts at once.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.steps: list[Step] = []
        patch.setattr(os, "fsync", self._fsync(os.fsync))
        patch.setattr(os, "replace", self._replace(os.replace))

    def _fsync(self, real: Any) -> Any:
        def fsync(number: int) -> None:
            real(number)
            path = Path(f"/proc/self/fd/{number}").readlink()
            self.steps.append(("synced", (path, None if path.is_dir() else path.read_bytes())))

        return fsync

    def _replace(self, real: Any) -> Any:
        def replace(draft: Path, path: Path) -> None:
            real(draft, path)
            self.steps.append(("replaced", (draft, path)))

        return replace

    def after(self, count: int, before: dict[Path, bytes]) -> dict[Path, bytes]:
        """Return what is found under each name after the first steps and a power cut."""
        found, content = dict(before), dict[Path, bytes]()
        for kind, (one, other) in self.steps[:count]:
            if kind == "synced" and other is not None:
                content[one] = other
            elif kind == "replaced":
                found[other] = content.get(one, b"")
        return found


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only where a descriptor tells its file")
def test_a_power_cut_leaves_the_old_or_the_new(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"old")
    write_whole(path, b"new")
    found = [disk.after(count, {path: b"old"})[path] for count in range(len(disk.steps) + 1)]
    assert found == [b"old", b"old", b"new", b"new"]
    # The name is on the disk, too, before anything else is written.
    assert disk.steps[-1] == ("synced", (tmp_path, None))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only where a descriptor tells its file")
def test_what_says_that_a_file_is_made_is_never_there_without_it(tmp_path: Path, disk: Disk) -> None:
    page, record = tmp_path / "reports/page.html", tmp_path / "build/record.json"
    write_whole(page, b"page")
    write_whole(record, b"made")
    kinds = [kind for kind, _ in disk.steps]
    assert kinds == ["synced", "replaced", "synced"] * 2
    for count in range(len(disk.steps) + 1):
        found = disk.after(count, {})
        assert record not in found or (found[page], found[record]) == (b"page", b"made")


def test_a_folder_that_cannot_be_synced_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync

    def refuse(number: int) -> None:
        if Path(f"/proc/self/fd/{number}").is_dir():
            raise OSError(22, "Invalid argument")
        real(number)

    monkeypatch.setattr(os, "fsync", refuse)
    write_whole(tmp_path / "page", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["page"]


@pytest.mark.parametrize(
    "name", ["data/raw/datapackage.json", "data/layouts/a.toml", "data/registry/measures.csv"]
)
def test_a_device_in_place_of_a_file_is_named_and_not_read(name: str, tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.raw.mkdir(parents=True)
    (project.raw / "datapackage.json").write_text('{"resources": []}', encoding="utf-8")
    path = tmp_path / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to("/dev/zero")
    command = [sys.executable, "-m", "hpedu", "ingest"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"HPEDU_LANGUAGE": "en"}
    )
    assert done.returncode == 1 and path.name in done.stderr and "no ordinary file" in done.stderr
    assert "Traceback" not in done.stderr
