"""Say what everything is made from: one digest of raw files, the package, installed versions and Python.

The record of the prepared tables is read here, too. Nothing heavy is imported: a command that has nothing to do
ends at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from hpedu.decoding import read_toml
from hpedu.folders import Project, digest_file, digest_folders, read_record

OBSERVATIONS, ISSUES, FINDINGS = "observations.parquet", "issues.parquet", "findings.parquet"
SCHOOLS, VALUES, PEERS = "schools.parquet", "values.parquet", "peers.parquet"
COMMUNES, COMMUNE_SCHOOLS = "communes.parquet", "commune_schools.parquet"
TABLES = (OBSERVATIONS, ISSUES, FINDINGS, SCHOOLS, VALUES, PEERS, COMMUNES, COMMUNE_SCHOOLS)
RECORD = "tables.json"
PREPARED_VARIABLE = "HPEDU_PREPARED"
"""Environment variable by which a batch lets its kernels take the tables as they are (`vouch`)."""
PACKAGE, ENVIRONMENT = "package", "environment"
"""What a table or page is made with, besides its data: hpedu itself, and the versions it runs on."""

_REQUIREMENT = re.compile(r"^Requires-Dist: *([\w.-]+)([^\n]*)$", re.MULTILINE)
_VERSION = re.compile(r"^Version: *(.+)$", re.MULTILINE)
# A file in the list of what was installed, with its digest; not scripts, nor the package's own tests.
_INSTALLED = re.compile(r"^(?![^,\n]*/tests/)([^.\n][^,\n]*),sha256=([^,\n]+),", re.MULTILINE)

# What an administrator has set up for all profiles of IPython.
_IPYTHON = (Path(sys.prefix, "etc/ipython"), Path("/usr/local/etc/ipython"), Path("/etc/ipython"))


@dataclass(frozen=True)
class Prepared:
    """The record of the tables of data/processed: their origin and contents, known without reading one.

    A *part* is what a report can ask for by itself, such as the values of one indicator in one territory. Equal
    digests mean equal rows: that is how `hpedu report` knows what a changed file touches.
    """

    made_from: dict[str, str]  # "raw/..." per file, PACKAGE, ENVIRONMENT -> SHA-256
    tables: dict[str, str]  # file name -> SHA-256
    counts: dict[str, int]  # files read, figures published and derived, cells set aside, findings
    newest_year: int | None  # for which anything was counted; None without any figure
    years: list[int]  # up to the newest, with any value
    territories: list[str]  # that reports can be about
    city: str  # the one of them that reports are about unless another is wanted
    languages: list[str]
    groups: list[str]  # of targets that have a page, in the order of the registry
    commune_groups: list[str]  # that have a page for each commune
    communes: dict[str, dict[str, Any]]  # id -> name, and the school years for which its schools are listed
    sources: list[dict[str, Any]]  # the resources of data/raw, as `hpedu.ingest.schema.Resource`
    parts: dict[str, str]  # part -> digest
    unread: list[dict[str, str]]  # file, vi, en: files set aside whole, and layouts that cannot be used

    @property
    def digest(self) -> str:
        """One digest of everything the tables were made from."""
        return _digest_json(self.made_from)

    def digest_of(self, part: str) -> str:
        """Return the digest of a part; "" if there is no such part, which is a state like any other."""
        return self.parts.get(part) or self.made_from.get(part, "")


def read_fresh(project: Project) -> Prepared | None:
    """Return the record of the tables if they are what this code makes of these files, untouched; else None.

    Where a batch that is under way vouches for this record, nothing is compared again: a batch of many kernels
    looks at data/raw once.
    """
    record = read_prepared(project)
    if record is None or _is_vouched(record.digest):
        return record
    untouched = all(digest_file(project.processed / name) == digest for name, digest in record.tables.items())
    return record if untouched and record.made_from == describe_inputs(project) else None


_KINDS: dict[type, tuple[str, ...]] = {
    dict: ("made_from", "tables", "counts", "communes", "parts"),
    list: ("years", "territories", "languages", "groups", "commune_groups", "sources", "unread"),
}


def vouch(digest: str) -> str:
    """Return the value of `PREPARED_VARIABLE` by which those that this process starts take a record as it is."""
    return f"{os.getpid()} {digest}"


def _is_vouched(digest: str) -> bool:
    """Return whether this process, or one that it was started by, vouches: a variable left behind does not."""
    voucher, _, vouched = os.environ.get(PREPARED_VARIABLE, "").partition(" ")
    if vouched != digest:
        return False
    import psutil  # in kernels only: where nothing has changed, the command does without

    process = psutil.Process()
    while process is not None and str(process.pid) != voucher:
        process = process.parent()
    return process is not None


def read_prepared(project: Project) -> Prepared | None:
    """Return the record of the tables; None if there is none, or one that cannot be read, or not every table."""
    fields = read_record(project.processed / RECORD)
    whole = fields.keys() == Prepared.__dataclass_fields__.keys() and all(
        isinstance(fields[name], kind) for kind, names in _KINDS.items() for name in names
    )
    return Prepared(**fields) if whole and all((project.processed / name).exists() for name in TABLES) else None


def encode_record(prepared: Prepared) -> bytes:
    """Return the record as it is stored."""
    return json.dumps(asdict(prepared), ensure_ascii=False, sort_keys=True).encode()


def raw_files(raw: Path) -> list[Path]:
    """List the data files of data/raw: all but the package itself, and what `not_data.toml` names."""
    return list_raw(raw)[0]


def list_raw(raw: Path) -> tuple[list[Path], list[Path]]:
    """List the data files of data/raw, and the links that are not followed: they lead out of it, or to nothing.

    A link within data/raw is read as what it leads to, unless that is a folder it lies in.
    """
    home = raw.resolve()
    files, outside, folders = [], [], [raw]
    while folders:
        for path in folders.pop().iterdir():
            if _is_no_data(path.name):
                continue
            # `Path.resolve` fails at a link that leads to itself.
            target = Path(os.path.realpath(path))
            if path.is_symlink() and not (target.is_relative_to(home) and target.exists()):
                outside.append(path)
            elif path.is_file():
                files.append(path)
            elif path.is_dir() and not any(parent.resolve() == target for parent in path.parents):
                folders.append(path)
    return sorted(files), sorted(outside)


def _is_no_data(name: str) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for pattern in _read_patterns())


@cache
def _read_patterns() -> tuple[str, ...]:
    return tuple(read_toml(__file__, "not_data.toml")["patterns"])


def describe_inputs(project: Project) -> dict[str, str]:
    """Return SHA-256 of everything the tables depend on: raw files, the package, versions and Python."""
    files, links = list_raw(project.raw)
    digests = {f"raw/{file.relative_to(project.raw).as_posix()}": digest_file(file) for file in files}
    # Not read, but reported.
    digests |= {f"raw/{link.relative_to(project.raw).as_posix()}": "link" for link in links}
    digests["raw/datapackage.json"] = digest_file(project.raw / "datapackage.json")
    return digests | {
        PACKAGE: digest_package(project.registry, project.layouts),
        ENVIRONMENT: _digest_json(list_versions()),
    }


def digest_package(*own: Path) -> str:
    """Return one SHA-256 over hpedu itself: code, registry, layouts, texts, templates; and over `own` folders."""
    return digest_folders(Path(__file__).parent, *own)


@cache
def list_versions() -> dict[str, str]:
    """List the versions of Python and of every package that hpedu needs, directly or through another.

    A package edited where it is installed has another version, and what runs at the start of each Python or kernel
    is listed, too.
    """
    versions = {"python": f"{platform.python_implementation()} {platform.python_version()}"}
    if started := [digest_file(file) for file in _list_startup()]:
        versions["start-up files"] = _digest_json(started)[:12]
    wanted, seen = ["hpedu"], set()
    while wanted:
        name = re.sub(r"[-_.]+", "-", wanted.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # needed on another system or by an older Python
        head = _read_head(found)
        if name != "hpedu":  # known by its code
            versions[name] = "".join(_VERSION.findall(head)) + _mark_edited(found)
        wanted += [other for other, condition in _REQUIREMENT.findall(head) if "extra" not in condition]
    return dict(sorted(versions.items()))


def _mark_edited(found: Distribution) -> str:
    """Return what tells files that were edited where they are installed from those that were installed; else "".

    Only files newer than the list of what was installed are read: to look at the times of all takes some 50 ms.
    """
    listed, folder = found.read_text("RECORD") or "", str(found.locate_file(""))
    own = re.search(r"^[^/\n]+\.dist-info/RECORD(?=,)", listed, re.MULTILINE)
    if own is None:
        return ""
    written = Path(folder, own[0]).stat().st_mtime
    edited = []
    for path, digest in _INSTALLED.findall(listed):
        there = _digest_if_newer(f"{folder}/{path}", written)
        if there is not None and there != digest:
            edited.append([path, there])
    return f"+{_digest_json(edited)[:12]}" if edited else ""


def _digest_if_newer(path: str, written: float) -> str | None:
    """Return the digest of a file as such a list has it, "" if it is gone; None if it is no newer than that."""
    try:
        if os.stat(path).st_mtime <= written:  # noqa: PTH116 - of 12,000 files, where a Path each takes as long
            return None
        return urlsafe_b64encode(hashlib.sha256(Path(path).read_bytes()).digest()).rstrip(b"=").decode()
    except FileNotFoundError:
        return ""


def _list_startup() -> Iterator[Path]:
    """List what runs at the start of every Python, and of every kernel whatever its profile."""
    for name in ("sitecustomize", "usercustomize"):
        if place := getattr(sys.modules.get(name), "__file__", None):
            yield Path(place)
    for folder in _IPYTHON:
        yield from sorted(file for file in folder.rglob("*") if file.is_file())


def _read_head(found: Distribution) -> str:
    """Return the fields of a package's metadata without its long description, which is most of it."""
    text = found.read_text("METADATA") or found.read_text("PKG-INFO") or ""
    return text.partition("\n\n")[0] + "\n"


def _digest_json(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
