"""hpedu as others install it: a wheel, and no clone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hpedu.folders import HOME_VARIABLE

ROOT = Path(__file__).parents[1]
BUILT_FROM = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "hpedu", "notebooks", "data/raw")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the package is built from, in a folder of the package's name, since a build leaves files in it."""
    clone = tmp_path_factory.mktemp("above") / "hpedu"
    clone.mkdir()
    passing = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for name in BUILT_FROM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, clone / name, ignore=passing)
        else:
            shutil.copy(source, clone / name)
    return clone


@pytest.fixture(scope="module")
def wheel(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, as pip builds it."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", str(out)]
    subprocess.run([*command, *options, str(clone)], check=True)
    return next(out.glob("hpedu-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds hpedu as the wheel brings it, to be put before the clone."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_every_file_of_the_package_the_notebooks_and_the_published_tables(wheel: Path) -> None:
    files = [path for path in (ROOT / "hpedu").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    wanted = {path.relative_to(ROOT).as_posix() for path in files}
    wanted |= {f"hpedu/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    package = "data/raw/datapackage.json"
    entries = json.loads((ROOT / package).read_text(encoding="utf-8"))["resources"]
    wanted |= {f"hpedu/{package}", *(f"hpedu/data/raw/{entry['path']}" for entry in entries)}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == wanted


def test_an_installed_hpedu_writes_a_demo_and_reports_on_it(installed: Path, tmp_path: Path) -> None:
    """From an empty folder, without a clone."""
    environment = os.environ | {"PYTHONPATH": str(installed)}
    environment.pop(HOME_VARIABLE, None)

    def run(*words: str, folder: Path) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout.strip()

    assert Path(run("-c", "import hpedu; print(hpedu.__file__)", folder=tmp_path)).is_relative_to(installed)
    run("-m", "hpedu", "init", "begun", folder=tmp_path)
    assert run("-m", "hpedu", "ingest", folder=tmp_path / "begun").split()[0].isdigit()
    run("-m", "hpedu", "demo", "invented", folder=tmp_path)
    invented = tmp_path / "invented"
    run("-m", "hpedu", "report", "--group", "higher", "--language", "vi", folder=invented)
    assert (invented / "reports/2025/hai_phong/vi/higher.html").stat().st_size > 100_000


def test_the_folder_of_a_clone_does_not_shadow_the_package(clone: Path, tmp_path: Path) -> None:
    """Above a clone named hpedu, `import hpedu` finds the package that was installed from it for editing."""
    build = "import sys; from setuptools.build_meta import build_editable; build_editable(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=clone, check=True, capture_output=True)
    site = tmp_path / "site"
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as archive:
        archive.extractall(site)
    # Without the packages of this Python, among which is another hpedu.
    code = "import site, sys; site.addsitedir(sys.argv[1]); import hpedu; print(hpedu.__file__)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, str(site)],
        cwd=clone.parent,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert Path(done.stdout.strip()) == clone / "hpedu" / "__init__.py"
