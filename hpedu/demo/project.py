"""`hpedu demo DIR`: a project of its own whose every figure is invented, so that every chart can be seen."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
from pathlib import Path

import polars as pl

from hpedu.demo.schools import make_schools, write_school_list
from hpedu.errors import HpeduError
from hpedu.files import write_whole
from hpedu.ingest.ages import GROUPS
from hpedu.ingest.schema import OBSERVATIONS
from hpedu.messages import Note, note
from hpedu.paths import Project
from hpedu.present.form import write_form
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Target

YEAR = 2025
HISTORY = range(2018, YEAR)
PROJECTED = range(2018, 2035)
COLUMNS = (
    *("territory", "place", "level", "measure", "ownership", "sex", "detail", "period", "year", "value"),
    *("qualifier", "unit", "flags", "note", "status"),
)
FORMS = ("preschool", "general", "higher", "continuing", "cross_cutting")
LEFT_OUT = 7  # every seventh target gets no history, so that "no figure" can be seen too


class NotHere(HpeduError):
    """Invented figures must never stand where real ones do."""

    def __init__(self, folder: Path, reason: Note) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(folder, reason)


def write_demo(folder: Path, project: Project, book: Registry, *, seed: int = 2025) -> Project:
    """Write a project with a synthetic school list, history and population, and copies of the notebooks.

    Empty input forms stand in `forms`, to try out what happens when one is filled in and put into data/raw.

    All of it has the status `synthetic`, which every page and chart that uses it says. The same seed gives the
    same figures.

    Raises
    ------
    NotHere
        If the folder lies under data/raw of a project, or holds anything.
    """
    folder = folder.resolve()
    if any(parent.name == "raw" and parent.parent.name == "data" for parent in (folder, *folder.parents)):
        raise NotHere(folder, note("demo_in_raw"))
    if folder.exists() and not folder.is_dir():
        raise NotHere(folder, note("demo_not_folder"))
    if folder.exists() and any(folder.iterdir()):
        raise NotHere(folder, note("demo_not_empty"))
    demo = Project(folder)
    demo.raw.mkdir(parents=True)
    write_school_list(make_schools(seed=seed, year=YEAR), demo.raw / "danh_sach_truong_mo_phong.xlsx")
    write_whole(demo.raw / "lich_su_mo_phong.csv", _make_history(book, seed).encode())
    write_whole(demo.raw / "datapackage.json", json.dumps(_PACKAGE, ensure_ascii=False, indent=1).encode())
    (folder / "forms").mkdir()
    for group in FORMS:
        nothing = pl.DataFrame(schema=OBSERVATIONS)
        write_form(folder / "forms" / f"{group}.xlsx", group=group, year=YEAR, observations=nothing, book=book)
    shutil.copytree(project.notebooks, demo.notebooks, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(project.root / "requirements.lock", folder / "requirements.lock")
    return demo


def _make_history(book: Registry, seed: int) -> str:
    """Values of `HISTORY` for the series of most targets, moving evenly from a start to an end."""
    dice = random.Random(seed)
    rows: dict[tuple[SeriesRef, int], float] = {}
    for target in book.targets.values():
        if target.number % LEFT_OUT and target.kind != "milestone":
            _invent(target, book, dice, rows)
        elif target.milestone_indicator:
            (state,) = parse_formula(book.indicators[target.milestone_indicator].numerator)
            rows[state, YEAR] = float(dice.random() < 0.5)
    for year in PROJECTED:
        for group in GROUPS:
            ref = SeriesRef("population_projected", "population", detail=group)
            rows[ref, year] = dice.randrange(240_000, 330_000)
        rows[SeriesRef("population_projected", "population"), year] = 4_000_000 + 20_000 * (year - YEAR)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for (ref, year), value in rows.items():
        codes = (ref.level, ref.measure, ref.ownership, ref.sex, ref.detail)
        unit = book.measures[ref.measure].unit
        writer.writerow(["hai_phong", "", *codes, year, year, round(value), "", unit, "", "mô phỏng", "synthetic"])
    return buffer.getvalue()


def _invent(target: Target, book: Registry, dice: random.Random, rows: dict[tuple[SeriesRef, int], float]) -> None:
    indicator = book.indicators[target.id]
    above = parse_formula(indicator.numerator)
    below = parse_formula(indicator.denominator) if indicator.denominator else ()
    goal = float(target.value / indicator.scale)
    start, end = goal * dice.uniform(0.4, 0.9), goal * dice.uniform(0.7, 1.05)
    size = dice.randrange(20_000, 80_000)
    for place, year in enumerate(HISTORY):
        for term in below:
            rows.setdefault((term, year), size / len(below))
        whole = sum(rows[term, year] for term in below) if below else 1.0
        share = start + (end - start) * place / (len(HISTORY) - 1)
        for term in above:
            rows.setdefault((term, year), share * whole / len(above))


_SCOPE = "Dữ liệu mô phỏng do hpedu demo tạo ra; không phải số liệu thật"
_PACKAGE = {
    "profile": "data-package",
    "name": "hpedu-demo",
    "title": "Synthetic figures: none of them is real",
    "resources": [
        {
            "name": f"synthetic-{name}",
            "path": path,
            "title": title,
            "publisher": "hpedu demo (DỮ LIỆU MÔ PHỎNG / SYNTHETIC)",
            "table": title,
            "url": "",
            "published": str(YEAR + 1),
            "scope": _SCOPE,
            "confidence": "low",
            "transcription": False,
            "licenses": [],
        }
        for name, path, title in (
            ("schools", "danh_sach_truong_mo_phong.xlsx", "Danh sách trường mô phỏng"),
            ("history", "lich_su_mo_phong.csv", "Chuỗi số liệu mô phỏng"),
        )
    ],
}
