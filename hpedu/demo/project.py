"""Write the project of `hpedu demo DIR`: its every figure is invented, so that every chart can be seen."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
from itertools import cycle
from pathlib import Path

import polars as pl
from openpyxl import load_workbook

from hpedu.demo.histories import FIRST_YEAR, PLANTED, YEAR, Rows, invent_histories
from hpedu.demo.schools import DAY, make_schools, write_school_list
from hpedu.errors import Refused
from hpedu.folders import Project, write_whole
from hpedu.ingest.derive import GROUPS
from hpedu.ingest.forms.design import COMPUTED, MARKER, MILESTONES, print_figure, read_key
from hpedu.ingest.pipeline import read_package_file
from hpedu.ingest.propose import stand_in
from hpedu.ingest.schema import SERIES_FIELDS
from hpedu.ingest.schools.totals import total_schools
from hpedu.present.exports.form import write_form
from hpedu.present.exports.form_workbook import FIRST, HEAD
from hpedu.present.exports.history import write_history
from hpedu.present.exports.workbook import save_workbook
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef
from hpedu.texts import say

INVENTED = "mô phỏng"  # the remark behind every figure
CONTRADICTION = "mô phỏng, cố ý mâu thuẫn"  # behind the two that are at odds on purpose
DECIDED = {"decision": f"01/QĐ ({INVENTED})", "date": DAY, "evidence": "mo_phong.pdf"}


BOOK = range(2019, YEAR + 1)
GROWTH = 8  # schools that open in a year
PROJECTED = range(2018, 2035)
COLUMNS = (
    *("territory", "place", "level", "measure", "ownership", "sex", "detail", "period", "year", "value"),
    *("qualifier", "unit", "flags", "note", "status"),
)
SCHOOLS, HISTORY = "danh_sach_truong_mo_phong.xlsx", "lich_su_mo_phong.csv"


def write_demo(folder: Path, registry: Registry, *, seed: int = 2025, history: bool = False) -> Project:
    """Write a project with a synthetic school list, histories, filled-in forms, population, and the notebooks.

    With `history` the figures come in by one filled-in history book, and every target has its trend; without it
    they come in as they may, so that every state of a target can be seen. All of it has the status `synthetic`.
    The same seed gives the same bytes. Raises `Refused` under data/raw, and for a folder that holds anything.
    """
    demo = _open_folder(folder)
    schools = make_schools(seed=seed, year=YEAR)
    write_school_list(schools, demo.raw / SCHOOLS)
    listed = total_schools(schools, registry).filter(pl.col("place") == "")
    known = listed.with_columns(
        current=pl.lit(True),
        qualifier=pl.lit(""),
        edition=pl.lit(""),
        source=pl.lit(SCHOOLS),
        file=pl.lit(SCHOOLS),
    )
    rows = invent_histories(registry, _list_past(schools, registry), seed, complete=history)
    if history:
        path = demo.raw / "so_lieu_mo_phong.xlsx"
        write_history(path, years=BOOK, observations=known, titles={}, registry=registry)
        _fill_in(path, rows, registry)
        rows = {}
    else:
        # A form would refuse a part that exceeds its whole.
        now = {key: value for key, value in rows.items() if key[1] == YEAR and key[0] not in PLANTED}
        for group in registry.target_groups():
            path = demo.raw / f"phieu_{group}_mo_phong.xlsx"
            write_form(path, subject=group, year=YEAR, observations=known, registry=registry)
            _fill_in(path, now, registry)
        # What a form gives, the history does not give again.
        rows = {key: value for key, value in rows.items() if key not in now}
    rows |= _project_population(seed)
    write_whole(demo.raw / HISTORY, _print_history(rows, registry).encode())
    write_whole(demo.raw / "datapackage.json", json.dumps(_PACKAGE, ensure_ascii=False, indent=1).encode())
    copy_notebooks(demo)
    return demo


def write_project(folder: Path) -> int:
    """Write a new project to start a year or another office with; return how many published files are in it.

    The tables that come with hpedu are copied as its data package names them. Forms and school lists have no entry
    there, so what one office has typed never comes into the project of another. Raises as `write_demo` does.
    """
    project = _open_folder(folder)
    shipped = Project(find_shipped("data").parent)
    entries = read_package_file(shipped.raw)["resources"]
    for name in ("datapackage.json", *(str(entry["path"]) for entry in entries)):
        write_whole(project.raw / name, (shipped.raw / name).read_bytes())
    for empty in (project.processed, project.reports):
        empty.mkdir(parents=True)
    copy_notebooks(project)
    write_whole(project.root / "README.md", say("init_readme", "vi").lstrip().encode())
    return len(entries)


def _fill_in(path: Path, rows: Rows, registry: Registry) -> None:
    """Fill in a form or a book of the city: what is open and in `rows`, and states in turn."""
    workbook = load_workbook(path)
    for page in workbook.worksheets:
        heads = {str(cell.value).removeprefix(f"{MARKER}:"): cell.column for cell in page[HEAD]}
        # A book is filled in to the last row; in a form one state is not reported.
        left_out = [""] if "state" in heads else []
        states = {
            kind: cycle([*(code.name.vi for code in registry.codes_of(kind).values()), *left_out])
            for kind in ("milestone_state", "task_state")
        }
        for row in range(FIRST, page.max_row + 1) if "key" in heads else ():
            cells = {name: page.cell(row, column) for name, column in heads.items()}
            key = str(cells["key"].value or COMPUTED)
            # Above a run of rows there is a line without a key.
            if key == COMPUTED:
                continue
            territory, ref, detail = read_key(key)
            years = {name: int(name) for name in cells if name.isdigit()} or {"value": YEAR}
            if territory not in ("", registry.city):
                continue
            if detail:
                cells[str(YEAR)].value = DECIDED[detail]
                continue
            if registry.measures[ref.measure].unit == "status":
                kind = "task_state" if ref.measure in ("task_done", "duty_done") else MILESTONES
                state = next(states[kind])
                cells["state" if "state" in cells else str(YEAR)].value = state
                cells["note"].value = INVENTED if state else ""
                continue
            for name, year in years.items():
                if (ref, year) in rows and not cells[name].protection.locked:
                    cells[name].value = print_figure(rows[ref, year], registry.measures[ref.measure].unit)
                    cells["origin"].value = INVENTED
    write_whole(path, save_workbook(workbook, DAY))


def _open_folder(folder: Path) -> Project:
    """Make the folder of a new project, with a place for its files."""
    folder = folder.resolve()
    if any(parent.name == "raw" and parent.parent.name == "data" for parent in (folder, *folder.parents)):
        raise Refused("demo_in_raw", folder=folder)
    if folder.exists() and not folder.is_dir():
        raise Refused("demo_not_folder", folder=folder)
    if folder.exists() and any(folder.iterdir()):
        raise Refused("demo_not_empty", folder=folder)
    project = Project(folder)
    project.raw.mkdir(parents=True)
    return project


def copy_notebooks(project: Project) -> None:
    """Copy the notebooks that come with hpedu into a project."""
    ignored = shutil.ignore_patterns(".ipynb_checkpoints")
    shutil.copytree(find_shipped("notebooks"), project.notebooks, ignore=ignored)


def find_shipped(name: str) -> Path:
    """Find a folder that comes with hpedu: in the package where it is installed, beside it in a clone."""
    package = Path(__file__).parents[1]
    packaged = package / name
    return packaged if packaged.is_dir() else package.parent / name


def _list_past(schools: pl.DataFrame, registry: Registry) -> Rows:
    """Sum the schools for each year of the demo, by series and year; in earlier years there were fewer of them."""
    rows: Rows = {}
    for year in range(FIRST_YEAR, YEAR + 1):
        there = schools.head(schools.height - GROWTH * (YEAR - year))
        sums = total_schools(there, registry).filter(pl.col("place") == "")
        rows |= {(SeriesRef(*row[:-1]), year): row[-1] for row in sums.select(*SERIES_FIELDS, "value").iter_rows()}
    return rows


def _project_population(seed: int) -> Rows:
    dice = random.Random(seed)
    rows: Rows = {}
    for year in PROJECTED:
        for group in GROUPS:
            rows[SeriesRef("population_projected", "population", detail=group), year] = dice.randrange(
                240_000, 330_000
            )
        rows[SeriesRef("population_projected", "population"), year] = 4_000_000 + 20_000 * (year - YEAR)
    return rows


def _print_history(rows: Rows, registry: Registry) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for (ref, year), value in rows.items():
        codes = (ref.level, ref.measure, ref.ownership, ref.sex, ref.detail)
        unit = registry.measures[ref.measure].unit
        note = CONTRADICTION if ref in PLANTED and year == YEAR else INVENTED
        writer.writerow(
            [registry.city, "", *codes, year, year, print_figure(value, unit), "", unit, "", note, "synthetic"]
        )
    return buffer.getvalue()


_SCOPE = "Dữ liệu mô phỏng do hpedu demo tạo ra; không phải số liệu thật"
_PACKAGE = {
    "profile": "data-package",
    "name": "hpedu-demo",
    "title": "Synthetic figures: none of them is real",
    "resources": [
        stand_in(Path(path)).model_dump()
        | {
            "name": f"synthetic-{name}",
            "title": title,
            "table": title,
            "publisher": "hpedu demo (DỮ LIỆU MÔ PHỎNG / SYNTHETIC)",
            "published": str(YEAR + 1),
            "scope": _SCOPE,
        }
        for name, path, title in (
            ("schools", SCHOOLS, "Danh sách trường mô phỏng"),
            ("history", HISTORY, "Chuỗi số liệu mô phỏng"),
        )
    ],
}
