"""Times of the school list, for tests/bench.py: the city's list, a national one, pandas on the same workbook.

What bounds `ingest_ratio`: of the processor time from file to checked table, fastexcel alone takes three
quarters (unzip and parse a half, cells to text a quarter), which is a twentieth of what pandas with openpyxl
takes. Checks on top of it make 20 times out of reach: 14.9 on a quiet machine. Reading by types, two threads,
python-calamine and a second look for the header cost as much or more. excelreader-native parses four to six
times as fast, but leaves out the empty rows of a sheet, so that no cell could be found again by its address,
and gives dates as bare serials.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any
from xml.sax.saxutils import escape

import fastexcel

from hpedu.communes import current_communes
from hpedu.demo.project import SCHOOLS
from hpedu.demo.schools import make_schools, print_schools, write_school_list
from hpedu.folders import HOME_VARIABLE, Project, announce, write_whole
from hpedu.ingest.schema import column_letters
from hpedu.ingest.schools.lists import read_school_list
from hpedu.ingest.schools.totals import total_schools
from hpedu.ingest.source import open_source
from hpedu.registry import load_registry
from hpedu.registry.load import HOME
from tests.conftest import ROOT

ROWS, COLUMNS, BOOKS = 50_000, 40, 15
COUNTRY, SCHOOLS_EACH = 3_321, 2
"""Communes of the country, and the schools of each: few, for it is communes that cost."""
_DAY_ZERO = date(1899, 12, 30)  # of spreadsheet serials

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="DS" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/>'
    '</font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill '
    'patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/>'
    "</border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="1" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
_TEXT, _WHOLE, _DAY = range(3)  # cell styles above


def write_lists(folder: Path, books: int = BOOKS, rows: int = ROWS, columns: int | None = COLUMNS) -> list[Path]:
    """Write workbooks of so many columns of synthetic schools, quickly; no code stands in two of them."""
    printed = print_schools(make_schools(rows), columns)
    strings: dict[str, int] = {}
    cells = "".join(_write_row(number, row, strings) for number, row in enumerate(printed, start=1))
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>'
    shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
    paths = []
    for book in range(books):
        parts = _PARTS | {
            "xl/worksheets/sheet1.xml": sheet,
            "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{shared.replace("<t>99", f"<t>{10 + book}")}</sst>',
        }
        paths.append(folder / f"schools_{book:02d}.xlsx")
        with zipfile.ZipFile(paths[-1], "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, text in parts.items():
                archive.writestr(name, text)
    return paths


def write_country(project: Project) -> None:
    """Give a demo project as many communes as the country has, invented but for the city's, and their schools."""
    codes = range(90_000, 90_000 + COUNTRY - len(current_communes(load_registry())))
    for name, row in (
        ("communes", "{0},2025-07-01,,Xã {0},commune,31,,synthetic"),
        ("conversions", "{0},,,whole"),
    ):
        head = (HOME / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        write_whole(project.registry / f"{name}.csv", "\n".join([head, *map(row.format, codes)]).encode())
    with announce(HOME_VARIABLE, str(project.root)):
        [path] = write_lists(project.raw, 1, COUNTRY * SCHOOLS_EACH, None)
    path.replace(project.raw / SCHOOLS)


def time_city(folder: Path) -> dict[str, float]:
    """Seconds for the 1,588 schools of the city, from file to checked table and to observations."""
    path, registry = folder / "city.xlsx", load_registry()
    write_school_list(make_schools(), path)
    started = time.perf_counter()
    schools = read_school_list(open_source(path.read_bytes()), path.name, registry)
    read = time.perf_counter()
    total_schools(schools.frame, registry)
    return {"city_list_seconds": read - started, "city_totals_seconds": time.perf_counter() - read}


def time_national(paths: Sequence[Path]) -> dict[str, float]:
    """Seconds and highest memory of a fresh process that reads, checks and totals all the workbooks."""
    found = _run("read_national", *paths)
    return {"national_ingest_seconds": found["seconds"], "national_ingest_peak_mb": found["peak_mb"]}


def time_against_pandas(path: Path, rounds: int = 1) -> dict[str, float]:
    """Seconds to read one workbook, by turns: into a checked table here, unchecked by pandas with openpyxl.

    Both begin with the path of the file. Here it becomes typed columns with every doubt named, known communes, no
    school twice (`read_school_list`); there a frame of guessed types (`pandas.read_excel`), which is all that
    route gives. Both start with their libraries loaded (`ingest_ratio`); `ingest_process_ratio` is of whole
    processes, Python's start and all imports included. Medians of so many rounds.
    """
    found: dict[str, list[dict[str, float]]] = {"read_one": [], "read_with_pandas": []}
    for _ in range(rounds):
        for task, times in found.items():
            times.append(_run(task, path))
    ours, theirs = (
        {key: median(one[key] for one in times) for key in ("seconds", "process_seconds")}
        for times in found.values()
    )
    return {
        "one_list_seconds": ours["seconds"],
        "one_list_pandas_seconds": theirs["seconds"],
        "ingest_ratio": theirs["seconds"] / ours["seconds"],
        "ingest_process_ratio": theirs["process_seconds"] / ours["process_seconds"],
    }


def time_against_parser(path: Path, rounds: int = 3) -> dict[str, float]:
    """Seconds from the bytes of a workbook to its screened sheets, and those of the parser alone."""
    data = path.read_bytes()

    def parse() -> None:
        book = fastexcel.read_excel(data)
        for place in range(len(book.sheet_names)):
            book.load_sheet(place, header_row=None, dtypes="string").to_polars()

    def read() -> None:
        assert open_source(data).frames

    figures = {}
    for kind, clock in (("seconds", time.perf_counter), ("cpu", time.process_time)):
        ours, theirs = (min(_time(task, clock) for _ in range(rounds)) for task in (read, parse))
        found = {"workbook": ours, "workbook_parser": theirs, "workbook_ratio": ours / theirs}
        figures |= {f"{name}_{kind}": figure for name, figure in found.items()}
    return figures


def _time(task: Callable[[], None], clock: Callable[[], float]) -> float:
    started = clock()
    task()
    return clock() - started


def measure_lists(folder: Path) -> dict[str, float]:
    """All figures about school lists, by their names in build/bench.json; writes its workbooks into `folder`."""
    lists = write_lists(folder)
    lists_alone = time_against_parser(lists[0]) | time_against_pandas(lists[0])
    return time_city(folder) | time_national(lists) | lists_alone


def read_national(paths: Sequence[str]) -> None:
    """Read and sum one workbook after the other."""
    registry = load_registry()
    for path in map(Path, paths):
        schools = read_school_list(open_source(path.read_bytes()), path.name, registry)
        assert schools.issues.filter(schools.issues["reason"] != "school_standard_lapsed").is_empty()
        assert total_schools(schools.frame, registry).height


def read_one(paths: Sequence[str]) -> None:
    """Read and check one workbook."""
    path = Path(paths[0])
    assert read_school_list(open_source(path.read_bytes()), path.name, load_registry()).frame.height


def read_with_pandas(paths: Sequence[str]) -> None:
    """Read one workbook as most analysts would."""
    import pandas

    assert len(pandas.read_excel(paths[0], engine="openpyxl"))


def run(task: str, paths: Sequence[str]) -> None:
    """Do one of the readings above in this process, registry and libraries being loaded; print what it took."""
    load_registry()
    if task == "read_with_pandas":
        import openpyxl  # noqa: F401 - loaded before the clock starts, like the libraries of the other route
        import pandas  # noqa: F401
    started = time.perf_counter()
    globals()[task](paths)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def _run(task: str, *paths: Path) -> dict[str, float]:
    code = "import sys; from tests.bench_schools import run; run(sys.argv[1], sys.argv[2:])"
    command = [sys.executable, "-c", code, task, *map(str, paths)]
    started = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout)
    return found | {"process_seconds": time.perf_counter() - started}


def _write_row(number: int, values: Sequence[Any], strings: dict[str, int]) -> str:
    cells = []
    for place, value in enumerate(values):
        if value is None:
            continue
        address = f"{column_letters(place)}{number}"
        if isinstance(value, str):
            place_of = strings.setdefault(value, len(strings))
            cells.append(f'<c r="{address}" s="{_TEXT}" t="s"><v>{place_of}</v></c>')
        elif isinstance(value, date):
            cells.append(f'<c r="{address}" s="{_DAY}"><v>{(value - _DAY_ZERO).days}</v></c>')
        else:
            cells.append(f'<c r="{address}" s="{_WHOLE}"><v>{value}</v></c>')
    return f'<row r="{number}" spans="1:{len(values)}">{"".join(cells)}</row>'
