"""environment.yml, pyproject.toml and the lock files say the same."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import hpedu

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = {
    "requirements.lock": [*PROJECT["dependencies"], *EXTRAS["lab"]],
    "requirements-test.lock": [*PROJECT["dependencies"], *EXTRAS["lab"], *EXTRAS["docs"], *EXTRAS["test"]],
}


def bounds(lines: list[str]) -> dict[str, SpecifierSet]:
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(requirement.name): requirement.specifier for requirement in requirements}


def pins(lock: str) -> dict[str, Version]:
    """Package -> pinned version; where markers pin several, the lowest."""
    found: dict[str, Version] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.!+]+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE):
        key = canonicalize_name(name)
        found[key] = min(Version(version), found.get(key, Version(version)))
    return found


# Started by name, or by their own command, and never imported.
RUN_ONLY = {"jupyterlab"}
OWN = {"hpedu", "run", "tests"}


def imported(folder: str) -> set[str]:
    """Packages that the modules of a folder import, inside functions too; those of Python itself left out."""
    names: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    found = packages_distributions()
    return {canonicalize_name(found[name][0]) for name in names - sys.stdlib_module_names - OWN}


def test_what_is_imported_is_declared_and_the_other_way_round() -> None:
    """What comes with another package today need not tomorrow."""
    extra = {name for kind in ("cluster", "fetch", "lab") for name in bounds(EXTRAS[kind])}
    assert imported("hpedu") - extra == set(bounds(PROJECT["dependencies"])) - RUN_ONLY
    assert extra <= imported("hpedu")


def test_what_the_tests_import_is_declared() -> None:
    assert imported("tests") <= set(bounds(LOCKS["requirements-test.lock"]))


def test_every_dependency_has_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    bare = [line for line in lines if re.match(r'\s+"[\w.-]+>=.*",', line) and "#" not in line]
    assert bare == []


def test_conda_users_get_the_same_packages_with_the_same_bounds() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda = bounds([line for line in environment["dependencies"] if isinstance(line, str)])
    assert conda.pop("python") == SpecifierSet(PROJECT["requires-python"])
    assert conda == bounds(PROJECT["dependencies"])


def test_conda_packages_come_from_conda_forge() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge"]
    assert environment["name"] == PROJECT["name"]


def test_every_dependency_is_bounded_on_both_sides() -> None:
    for name, specifier in bounds(LOCKS["requirements-test.lock"]).items():
        assert {clause.operator for clause in specifier} == {">=", "<"}, name


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_pins_every_dependency_within_its_bounds(lock: str) -> None:
    pinned = pins(lock)
    for name, specifier in bounds(LOCKS[lock]).items():
        assert pinned[name] in specifier, name


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_has_a_hash_for_every_pin_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) > 50
    for block in blocks:
        assert "--hash=sha256:" in block, block[:80]
    assert "://" not in text
    assert set(re.findall(r"(?<![\w-])--\w[\w-]*", text)) == {"--hash"}  # no option that says where from


def test_the_test_lock_only_adds_to_the_lock() -> None:
    base, tests = pins("requirements.lock"), pins("requirements-test.lock")
    assert base.items() <= tests.items()


def test_the_version_is_said_once() -> None:
    """In pyproject.toml; hpedu says that of what is installed."""
    assert hpedu.__version__ == PROJECT["version"]
    assert PROJECT["version"] not in (ROOT / "hpedu/__init__.py").read_text(encoding="utf-8")
