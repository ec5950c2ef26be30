"""Whatever is changed between two batches, the second leaves what one from nothing would, byte by byte."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest

from hpedu import store
from hpedu.batch import build
from hpedu.batch.build import Settings, run_batch
from hpedu.batch.plan import Outcome, Run
from hpedu.cache import locate_cache
from hpedu.digest import PREPARED_VARIABLE, TABLES, list_versions, read_prepared
from hpedu.folders import HOME_VARIABLE, Project, write_whole
from hpedu.texts import Message
from tests.batch.conftest import write_raw
from tests.conftest import ROOT

PLAN = [Run(2025, "hai_phong", "vi", "general"), Run(2025, "hai_phong", "vi", "overview")]
PARAMETERS = "territory, year = 'hai_phong_old', 2024"
GENERAL = """import hpedu
from hpedu.cache import recall
figures = hpedu.indicator_values(["primary_pupils"], [territory]).to_dicts()
print(figures, hpedu.newest_year(), year)
for name in ("one", "two"):
    print(recall([name, figures], lambda: f"{name}: {len(figures)} figures"))
print(hpedu.observations(levels=["primary"])["printed"].to_list())"""
OVERVIEW = """import hpedu
from hpedu.registry import load_registry
from hpedu.store import sources
from hpedu.texts import say, school_year
print(say("time_hours", "en", hours=1, minutes=2), school_year(2025, "en"))
print(load_registry().territories["hai_phong"].name.en)
print(hpedu.issues(["primary.csv", "kindergarten.csv"]).height, [one.title for one in sources(["primary"])])"""


class Runner:
    """An engine that runs the cells of a notebook here, and takes what they print, and metadata, for the page."""

    name, workers = "fast", 1

    def __init__(self, project: Project) -> None:
        self.project, self.ran = project, list[str]()

    def run(self, run: Run) -> Outcome:
        store.forget()
        self.ran.append(run.group)
        notebook = json.loads((self.project.notebooks / run.notebook).read_text(encoding="utf-8"))
        names: dict[str, Any] = {}
        printed = io.StringIO(json.dumps(notebook["metadata"], sort_keys=True))
        printed.seek(0, io.SEEK_END)
        with contextlib.redirect_stdout(printed):
            for cell in notebook["cells"]:
                if cell["cell_type"] == "code":
                    exec("".join(cell["source"]), names)
                else:
                    print("".join(cell["source"]))
                if "parameters" in cell["metadata"].get("tags", []):
                    names |= run.parameters
        write_whole(self.project.reports / run.page, printed.getvalue().encode())
        return Outcome(run, 0.1, inputs=store.inputs_used())

    def lint(self, pages: Sequence[Path]) -> list[tuple[Path, Message]]:
        return []


def make_pages(project: Project, *, force: bool = False) -> tuple[dict[str, bytes], list[str]]:
    """Run a batch; return all that stands in reports/ and data/processed, and which reports were run."""
    runner = Runner(project)

    @contextmanager
    def open_engine(settings: Settings, project: Project) -> Iterator[Runner]:
        yield runner

    store.forget()
    list_versions.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "open_engine", open_engine)
        patch.setenv(HOME_VARIABLE, str(project.root))
        batch = run_batch(PLAN, project, Settings(force=force))
    assert not batch.trouble
    return read_all(project), runner.ran


def read_all(project: Project) -> dict[str, bytes]:
    files = [file for folder in (project.reports, project.processed) for file in folder.rglob("*")]
    return {file.relative_to(project.root).as_posix(): file.read_bytes() for file in files if file.is_file()}


def make_from_nothing(project: Project) -> dict[str, bytes]:
    """Return what a batch makes of the same inputs where nothing was made before."""
    bare = Project(project.root.with_name("bare"))
    for name in ("data/raw", "data/registry", "data/layouts", "notebooks"):
        if (project.root / name).exists():
            shutil.copytree(project.root / name, bare.root / name)
    with pytest.MonkeyPatch.context() as patch:
        # Made from nothing, by whomever the variable vouches.
        patch.delenv(PREPARED_VARIABLE, raising=False)
        made, _ = make_pages(bare, force=True)
    return made


def write_project(project: Project) -> Project:
    write_raw(project, primary=100, kindergarten=50)
    project.notebooks.mkdir()
    for name, source in (("general", GENERAL), ("overview", OVERVIEW)):
        write_cells(project, name, source)
    return project


def write_cells(project: Project, name: str, *sources: str) -> None:
    cells = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate((PARAMETERS, *sources))]
    cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), project.notebooks / f"{name}.ipynb")


BOTH, ONE, OTHER, NONE = ["general", "overview"], ["general"], ["overview"], list[str]()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose pages are made."""
    project = write_project(Project(tmp_path_factory.mktemp("made") / "project"))
    make_pages(project)
    return project


@pytest.fixture
def mine(made: Project, tmp_path: Path, fresh_tables: None) -> Iterator[Project]:
    """A copy of it to change."""
    shutil.copytree(made.root, tmp_path / "project")
    yield Project(tmp_path / "project")
    list_versions.cache_clear()


Change = Callable[[Project, pytest.MonkeyPatch], object]


def edit(path: str, old: str, new: str) -> Change:
    """Replace a text in a file of the project."""

    def change(project: Project, patch: pytest.MonkeyPatch) -> None:
        file = project.root / path
        before = file.read_text(encoding="utf-8")
        assert old in before
        file.write_text(before.replace(old, new), encoding="utf-8")

    return change


def rewrite(path: str, change: Callable[[Any], object]) -> Change:
    """Change a JSON file of the project."""

    def rewrite_file(project: Project, patch: pytest.MonkeyPatch) -> None:
        content = json.loads((project.root / path).read_bytes())
        change(content)
        (project.root / path).write_text(json.dumps(content), encoding="utf-8")

    return rewrite_file


def put(path: str, content: bytes | None) -> Change:
    """Write a file, or delete it."""

    def change(project: Project, patch: pytest.MonkeyPatch) -> None:
        if content is None:
            (project.root / path).unlink()
        else:
            write_whole(project.root / path, content)

    return change


def cut(path: str, size: int) -> Change:
    """Cut a file short."""
    return lambda project, patch: os.truncate(project.root / path, size)


def say(**variables: str) -> Change:
    return lambda project, patch: [patch.setenv(name, value) for name, value in variables.items()]


def all_of(*changes: Change) -> Change:
    return lambda project, patch: [change(project, patch) for change in changes]


def multiply(project: Project, patch: pytest.MonkeyPatch) -> None:
    """Multiply all values by hand."""
    import polars as pl

    path = project.processed / "values.parquet"
    pl.read_parquet(path).with_columns(pl.col("value") * 0.9).write_parquet(path)


def touch(project: Project, patch: pytest.MonkeyPatch) -> None:
    for file in project.root.rglob("*"):
        os.utime(file, (1, 1))


def same_time(project: Project, patch: pytest.MonkeyPatch) -> None:
    """Change a figure in a file whose time and size stay as they were."""
    file = project.raw / "primary.csv"
    before = file.stat()
    edit("data/raw/primary.csv", "100", "101")(project, patch)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def vouch_as_before(project: Project, patch: pytest.MonkeyPatch) -> None:
    """Leave the variable of a batch that has ended in the environment."""
    prepared = read_prepared(project)
    assert prepared is not None
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    patch.setenv(PREPARED_VARIABLE, f"{ended.pid} {prepared.digest}")


def exchange(project: Project, patch: pytest.MonkeyPatch) -> None:
    """Put each entry of the cache under the name of the next."""
    entries = sorted(locate_cache(project).iterdir())
    contents = [entry.read_bytes() for entry in entries]
    assert len(set(contents)) > 1
    for entry, content in zip(entries, [*contents[1:], contents[0]], strict=True):
        entry.write_bytes(content)


def spoil(entry: bytes) -> Change:
    """Put something else into every entry of the cache."""

    def change(project: Project, patch: pytest.MonkeyPatch) -> None:
        for path in locate_cache(project).iterdir():
            path.write_bytes(entry)

    return change


def install(version: str, edited: bytes = b"") -> Change:
    """Put a library of another version, or with a file edited since, before the installed one."""

    def change(project: Project, patch: pytest.MonkeyPatch) -> None:
        site = project.root.parent / "site"
        about = site / f"mistune-{version}.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: mistune\nVersion: {version}\n\n")
        digest = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"  # of no bytes
        (about / "RECORD").write_text(
            f"mistune-there.py,sha256={digest},0\nmistune-{version}.dist-info/RECORD,,\n"
        )
        (site / "mistune-there.py").write_bytes(edited)
        os.utime(about / "RECORD", (1, 1))
        os.utime(site / "mistune-there.py", (2, 2))
        patch.syspath_prepend(site)

    return change


def start_with(name: str) -> Change:
    """Let Python run a file of that name at each start."""

    def change(project: Project, patch: pytest.MonkeyPatch) -> None:
        module = type(sys)(name)
        module.__file__ = str(project.root.parent / f"{name}.py")
        Path(module.__file__).write_text("round = int")
        patch.setitem(sys.modules, name, module)

    return change


def configure_ipython(project: Project, patch: pytest.MonkeyPatch) -> None:
    folder = project.root.parent / "etc"
    write_whole(folder / "startup/00.py", b"round = int")
    patch.setattr("hpedu.digest._IPYTHON", (folder,))


HEAD, *ROWS = (ROOT / "hpedu/registry/territories.csv").read_text(encoding="utf-8").splitlines(keepends=True)
TERRITORY = HEAD + next(row for row in ROWS if row.startswith("hai_phong,")).replace("Hai Phong", "Hai Fong")
INSTALLED = list_versions()["mistune"]
CELL = "notebooks/general.ipynb"
RAW = "data/raw/primary.csv"
PAGE = "reports/2025/hai_phong/vi/general.html"

CHANGES: dict[str, tuple[Change, list[str]]] = {
    "nothing": (all_of(), NONE),
    # data/raw
    "a figure": (edit(RAW, "100", "101"), ONE),
    "a figure, time and size as before": (same_time, ONE),
    "a figure of another page": (edit("data/raw/kindergarten.csv", ",50,", ",fifty,"), OTHER),
    "a figure of no page": (edit("data/raw/kindergarten.csv", ",50,", ",51,"), NONE),
    "a figure and back": (all_of(edit(RAW, "100", "101"), edit(RAW, "101", "100")), NONE),
    "every file touched": (touch, NONE),
    "a file deleted": (put(RAW, None), BOTH),
    "a file that no entry names": (put("data/raw/more.csv", b"a,b\n1,2\n"), NONE),
    "a file emptied": (put(RAW, b""), BOTH),
    "another year": (edit(RAW, "2025,2025", "2024,2024"), ONE),
    "a year later than all": (edit(RAW, "2025,2025", "2026,2026"), ONE),
    "another unit": (edit(RAW, "persons", "percent"), BOTH),
    "a line break of another kind": (edit(RAW, ",,\n", ",,\r\n"), ONE),
    "a title in the package": (
        rewrite("data/raw/datapackage.json", lambda package: package["resources"][0].update(title="T")),
        OTHER,
    ),
    "an entry taken out": (
        rewrite("data/raw/datapackage.json", lambda package: package["resources"].pop()),
        OTHER,
    ),
    # data/registry, data/layouts
    "a row of the registry": (put("data/registry/territories.csv", TERRITORY.encode()), BOTH),
    "a layout": (put("data/layouts/transcription.toml", b""), BOTH),
    # notebooks
    "a cell": (edit(CELL, "hpedu.newest_year()", "hpedu.newest_year() + 1"), ONE),
    "a text": (
        rewrite(CELL, lambda nb: nb["cells"].append({"cell_type": "markdown", "source": "x", "metadata": {}})),
        ONE,
    ),
    "kernelspec": (rewrite(CELL, lambda nb: nb["metadata"].update(kernelspec={"name": "another"})), ONE),
    "metadata": (rewrite(CELL, lambda nb: nb["metadata"].update(title="x")), ONE),
    "a tag": (rewrite(CELL, lambda nb: nb["cells"][1]["metadata"].update(tags=["en"])), ONE),
    "no tag": (rewrite(CELL, lambda nb: nb["cells"][0]["metadata"].clear()), ONE),
    "outputs": (rewrite(CELL, lambda nb: nb["cells"][1].update(outputs=[{"output_type": "stream"}])), NONE),
    # data/processed
    "values multiplied": (multiply, NONE),
    **{f"{name} cut": (cut(f"data/processed/{name}", 500), NONE) for name in TABLES},
    "a table deleted": (put("data/processed/values.parquet", None), NONE),
    "a table of another": (put("data/processed/values.parquet", b"PAR1"), NONE),
    "tables.json cut": (cut("data/processed/tables.json", 100), NONE),
    "tables.json of another shape": (put("data/processed/tables.json", b"[3]"), NONE),
    # reports, build
    "a page edited": (edit(PAGE, "2025", "2026"), ONE),
    "a page cut": (cut(PAGE, 10), ONE),
    "a page deleted": (put(PAGE, None), ONE),
    "the index edited": (put("reports/index.html", b"index"), NONE),
    "the index deleted": (put("reports/index.html", None), NONE),
    "build.json cut": (cut("reports/build.json", 100), BOTH),
    "build.json of another shape": (put("reports/build.json", b'{"reports": [], "beside": {}}'), BOTH),
    "an entry of another shape": (
        rewrite("reports/build.json", lambda b: b["reports"].update({PLAN[0].id: 3})),
        ONE,
    ),
    "build.json deleted": (put("reports/build.json", None), BOTH),
    "inputs of an entry": (
        rewrite("reports/build.json", lambda b: b["reports"][PLAN[0].id].update(inputs=[3])),
        ONE,
    ),
    "exports of an entry": (
        rewrite("reports/build.json", lambda b: b["reports"][PLAN[0].id].update(exports={"pdf": 3})),
        ONE,
    ),
    "a journal of another shape": (put("build/journal.jsonl", b'[1,2]\n["id", {}]\n\xff\n{'), NONE),
    "times.json of another shape": (put("build/times.json", b'{"fast": {"a": "b"}}'), NONE),
    "times.json cut": (put("build/times.json", b'{"fast'), NONE),
    "the cache damaged": (spoil(b"x"), NONE),
    "a page of a cache whose entries are cut": (all_of(put(PAGE, None), spoil(b"")), ONE),
    "a page of a cache whose entries were edited": (all_of(put(PAGE, None), spoil(b"0" * 64 + b"\nx")), ONE),
    "a page of a cache whose entries are each other's": (all_of(put(PAGE, None), exchange), ONE),
    "a page of a cache of earlier figures": (edit(RAW, "100", "102"), ONE),
    "a page without cache": (all_of(put(PAGE, None), say(HPEDU_CACHE="off")), ONE),
    # what it runs on
    "a library of another version": (install("99.0"), BOTH),
    "a library edited where it is installed": (install(INSTALLED, b"edited"), BOTH),
    "a library installed once more": (install(INSTALLED), NONE),
    "another Python": (lambda _, patch: patch.setattr("platform.python_version", lambda: "3.99.0"), BOTH),
    "sitecustomize": (start_with("sitecustomize"), BOTH),
    "usercustomize": (start_with("usercustomize"), BOTH),
    "IPython for all users": (configure_ipython, BOTH),
    # environment
    "a variable left by a batch": (all_of(vouch_as_before, edit(RAW, "100", "101")), ONE),
    "a variable left, tables edited": (all_of(vouch_as_before, multiply), NONE),
    "a variable of another batch": (say(HPEDU_PREPARED="1 x"), NONE),
    "English": (say(HPEDU_LANGUAGE="en"), NONE),
    "Vietnamese": (say(HPEDU_LANGUAGE="vi"), NONE),
    "locale and time zone": (say(LC_ALL="C", TZ="Asia/Tokyo"), NONE),
    "how frames are printed": (say(POLARS_FMT_MAX_ROWS="1", COLUMNS="20"), NONE),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_the_next_batch_makes_what_a_batch_from_nothing_makes(
    mine: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    change, again = CHANGES[name]
    change(mine, monkeypatch)
    found, ran = make_pages(mine)
    assert found == make_from_nothing(mine)
    # Nor is more run than has to be.
    assert ran == again


SAME_ELSEWHERE = """
import json, sys
from pathlib import Path
from hpedu.folders import Project
from tests.batch.test_nothing_stale import make_from_nothing, make_pages

project = Project(Path(sys.argv[1]))
found, ran = make_pages(project)
assert found == make_from_nothing(project)
print(json.dumps([ran, (project.reports / sys.argv[2]).read_text()]))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of hpedu, to change."""
    folder = tmp_path_factory.mktemp("library")
    shutil.copytree(ROOT / "hpedu", folder / "hpedu", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new", "page"),
    [
        ("sums.py", "", "", ""),
        ("texts.py", "{year}-{(year + 1) % 100:02d}", "{year} to {year + 1}", "2025 to 2026"),
        ("registry/territories.csv", "Hai Phong", "Hai Fong", "Hai Fong"),
        ("present/page/templates/hpedu/style.css", "body {", "body { border: 1px;", ""),
    ],
)
def test_the_same_where_hpedu_itself_was_changed(
    mine: Project, library: Path, file: str, old: str, new: str, page: str
) -> None:
    path = library / "hpedu" / file
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new, -1 if old else 1), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(library), str(ROOT)])}
    command = [sys.executable, "-c", SAME_ELSEWHERE, str(mine.root), str(PLAN[1].page)]
    try:
        done = subprocess.run(
            command, env=environment, cwd=library, check=True, capture_output=True, encoding="utf-8"
        )
    finally:
        path.write_text(before, encoding="utf-8")
    ran, text = json.loads(done.stdout)
    assert ran == (BOTH if new else NONE)
    assert page in text
