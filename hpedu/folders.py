"""Find the folders of a project, write files whole or not at all, and know them by their content."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpedu.errors import HpeduError


def write_whole(path: Path, data: bytes) -> None:
    """Write a draft in the same folder and put it in place in one step: no reader ever sees half of a file.

    The draft is on the disk before it takes the name, and the name before this returns: a power cut leaves the old
    file or the new one, and never what was written later without what was written earlier.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder written to the disk; Windows, and some shared disks, do that by themselves."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(opened)


def read_plain(path: Path) -> bytes:
    """Return the content of a file; a pipe or a device, which may have no end, raises `OSError`."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV), str(path))
    return path.read_bytes()


def read_record(path: Path) -> dict[str, Any]:
    """Return what hpedu itself has recorded in a JSON file; nothing if there is none or it cannot be read.

    Such a file only says what is done already: without it, it is done again.
    """
    try:
        content = json.loads(read_plain(path))
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def digest_file(path: Path) -> str:
    """Return SHA-256 of a file, in hex."""
    return hashlib.sha256(read_plain(path)).hexdigest()


def digest_folders(*folders: Path) -> str:
    """Return one SHA-256 over the names and contents of all files in some folders, compiled Python left out."""
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(folder).as_posix()}\0{digest_file(file)}\n".encode())
    return digest.hexdigest()


@contextmanager
def announce(variable: str, value: str) -> Iterator[None]:
    """Set an environment variable for kernels and processes that are started while it lasts."""
    before = os.environ.get(variable)
    os.environ[variable] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before


MARKER = Path("data/raw/datapackage.json")
HOME_VARIABLE = "HPEDU_HOME"
PAGES_VARIABLE = "HPEDU_PAGES"  # those of the batch under way, under reports/: its pages may link to each other


class NoProject(HpeduError):
    """There is no hpedu project here."""

    start: Path
    marker: str = MARKER.as_posix()
    variable: str = HOME_VARIABLE


@dataclass(frozen=True)
class Project:
    """The folders of one project."""

    root: Path

    @property
    def raw(self) -> Path:
        """Files as received."""
        return self.root / "data" / "raw"

    @property
    def registry(self) -> Path:
        """Rows of the office's own, over those of the registry that comes with hpedu."""
        return self.root / "data" / "registry"

    @property
    def layouts(self) -> Path:
        """Layouts of the office's own, before those that come with hpedu."""
        return self.root / "data" / "layouts"

    @property
    def processed(self) -> Path:
        """Tables made of them."""
        return self.root / "data" / "processed"

    @property
    def notebooks(self) -> Path:
        """Report notebooks, without outputs."""
        return self.root / "notebooks"

    @property
    def reports(self) -> Path:
        """Pages, index and exports."""
        return self.root / "reports"

    @property
    def build(self) -> Path:
        """All that is not a result: run times, caches, executed notebooks of failed runs."""
        return self.root / "build"


def name_index(language: str) -> str:
    """Return the file name of an index page in a language: the Vietnamese one is what opens first."""
    return "index.html" if language == "vi" else f"index.{language}.html"


def find_own(name: str) -> Path | None:
    """Return a folder of the project, such as its `registry`; None if it has none, or there is no project."""
    try:
        folder: Path = getattr(find_project(), name)
    except NoProject:
        return None
    return folder if folder.is_dir() else None


def find_project(start: Path | None = None) -> Project:
    """Find the project of HPEDU_HOME, or the one that `start` (by default the working folder) lies in.

    Raises `NoProject` if neither is a project.
    """
    home = os.environ.get(HOME_VARIABLE)
    if home:
        root = Path(home).resolve()
        if (root / MARKER).exists():
            return Project(root)
        raise NoProject(root)
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / MARKER).exists():
            return Project(folder)
    raise NoProject(start)
