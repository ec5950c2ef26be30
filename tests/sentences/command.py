"""Say what the command prints: its errors, its answer to what is mistyped, and how a batch goes."""

from __future__ import annotations

import errno
import importlib
import pkgutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from pydantic import BaseModel, ConfigDict, ValidationError

import hpedu
from hpedu.batch.build import Batch
from hpedu.batch.plan import Outcome, Run
from hpedu.batch.progress import describe_outcome, describe_start, spell_seconds
from hpedu.batch.recap import recap
from hpedu.cli import commands
from hpedu.console import describe_os_error
from hpedu.errors import HpeduError, NoYear, Problem, Refused, UnknownName, list_problems
from hpedu.texts import Language, Message, message, say

FOLDER, NOTEBOOK = Path("du_an"), "preschool.ipynb"
ASKED = Run(2025, "hai_phong_old", "en", "preschool")
RUNS = [Run(2025, "hai_phong", "vi", group) for group in ("overview", "preschool", "general")]


def find_errors() -> dict[str, Any]:
    """Return all error classes of hpedu by name, wherever they are defined."""
    for module in pkgutil.walk_packages(hpedu.__path__, "hpedu."):
        importlib.import_module(module.name)
    found: dict[str, Any] = {}
    left: list[type[HpeduError]] = [HpeduError]
    while left:
        kinds = left.pop().__subclasses__()
        found |= {kind.__name__: kind for kind in kinds if kind.__module__.startswith("hpedu.")}
        left += kinds
    return found


def make_errors() -> list[HpeduError]:
    """Return every error with example data; some of them with more than one reason."""
    kinds = find_errors()
    problems = [
        Problem("units.csv", "line 2", message("registry_unknown", kind=message("kind_unit")), "heads"),
        Problem("b", "", "x"),
    ]
    lists = [kinds[name](problems) for name in ("RegistryError", "IngestError", "SeriesError")]
    filled: dict[str, list[tuple[Any, ...]]] = {
        "NoFigures": [()],
        "NoProject": [(FOLDER,)],
        "PrintFailed": [("preschool.html", "no space left")],
        "UnfinishedNotebook": [()],
        "WrongParameters": [([UnknownName("territory", "hai_fong", ["hai_phong"]), NoYear(20300)], "vi")],
        "NoWarmStart": [("no entry point",)],
        "NoCluster": [
            ("tcp://10.0.0.1:8786", message("cluster_without_dask")),
            ("tcp://10.0.0.1:8786", message("cluster_without_workers")),
        ],
        "ClusterDiffers": [(["tcp://10.0.0.2: polars 1.0 ≠ 1.1"],)],
        "NoYear": [(26,)],
        "NoYears": [("2019-2099",)],
        "WrongEnding": [(Path("phieu.pdf"), ".xlsx")],
        "BatchUnderWay": [("4321",)],
        "FetchFailed": [(message(key, **EXAMPLES), 404) for key in FETCH_REASONS],
    }
    return [*lists, *(kinds[name](*values) for name, cases in filled.items() for values in cases)]


def say_errors(language: Language) -> dict[str, list[str]]:
    """Say every error, every refusal of a name, and every problem of a field."""
    names = [
        UnknownName("group", "preschol", ["preschool", "general"]),
        UnknownName("territory", "x", [f"province_{n}" for n in range(20)]),
        UnknownName("school year", "2031", ["2013", "2024", "2025"]),
        UnknownName("scheme of province codes", "x", ["nso"]),
        UnknownName("something unnamed", "x", ["y"]),
    ]
    return {
        "errors": [f"{type(e).__name__} ({e.status}): {join_lines(e.say(language))}" for e in make_errors()],
        "names mistyped": [error.say(language) for error in names],
        "fields refused": [problem.say(language) for problem in _refuse_fields()],
        "refused": [
            *(join_lines(refusal.say(language)) for refusal in _refuse_all()),
            Refused("no_delimiter").say(language),
            Refused("workbook_locked", detail="x").say(language),
            Refused("file_limits", name="HPEDU_FILE_LIMITS", given="nhiều").say(language),
            Refused("issue_exists", folder=Path("reports/issued/2026-01-05")).say(language),
            Refused("issue_nothing", pages="2025/hai_phong/vi/higher").say(language),
            Refused("map_unreadable", file="xa.geojson", error="KeyError: 'features'").say(language),
            Refused("map_no_degrees", file="xa.geojson").say(language),
        ],
        "reports that were stopped": [
            message("limit_time", seconds=900).say(language),
            message("limit_memory", held=812, most=600).say(language),
            message("in_cell", verdict=message("limit_asked", most=600), cell=2, line="import os").say(language),
            message("in_cell", verdict=message("UnfinishedNotebook"), cell=2, line="import os").say(language),
        ],
        "files set aside": [text.say(language) for text in _list_files_set_aside()],
        "the system refuses": _say_system(language),
    }


def join_lines(text: str) -> str:
    """Return the lines of a text in one line."""
    return " | ".join(line.strip() for line in text.strip().splitlines())


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)

    needed: str
    text: str
    number: int


def _refuse_fields() -> list[Problem]:
    """Return the problems of a row with a field missing, one too many, and two of the wrong type."""
    try:
        _Row.model_validate({"text": 1, "number": "x", "more": 1})
    except ValidationError as error:
        return list_problems(error, "units.csv", "line 2")
    raise AssertionError("the row was taken")


def _refuse_all() -> list[Refused]:
    """Return what the command refuses, but for what needs no value."""
    close = message("commune_meant", communes=["Phường Hải Dương (commune_10525_2025)"])
    lacking = ("publisher", "published")
    options = [message("entry_option", name=name, what=message(f"entry_{name}")) for name in lacking]
    answer = {"notebook": NOTEBOOK, "asked": ASKED.id, "answered": replace(ASKED, territory="hai_phong").id}
    what = {limit: message(f"too_little_{limit}") for limit in "nv"}
    return [
        Refused("notebook_failed", notebook=NOTEBOOK, name="KeyError", text="'a'"),
        Refused("notebook_heads", notebook=NOTEBOOK, count=2),
        Refused("answer_wrong", **answer, tags=""),
        Refused("answer_wrong", **answer, tags=message("parameters_no_tag", count=0)),
        Refused("answer_wrong", **answer, tags=message("parameters_tags", count=2)),
        Refused("no_document", path=Path("bao-cao.docx")),
        Refused("form_exists", path=Path("phieu.xlsx")),
        Refused("form_choose", options=["--group", "--department", "--school-list"]),
        Refused("issue_reason", count=2),
        *(Refused(f"demo_{why}", folder=FOLDER) for why in ("in_raw", "not_empty", "not_folder")),
        Refused("record_broken", place="reports/2024/hai_phong/standings.json", reason="line 3"),
        Refused("not_together", one="--only", other="--group"),
        Refused("not_in_list", communes=["Phường Hải Dương", "Xã Gia Lộc"]),
        Refused("bare_code", code="10525", meant=close),
        Refused("bare_code", code="99999", meant=message("commune_of_nobody")),
        Refused("too_little", limit="n", what=what["n"], found=24, needed=160),
        Refused("too_little", limit="v", what=what["v"], found=1_500_000, needed=83_886_080),
        Refused("stream_closed", name="stdout", redirect=">log.txt"),
        *(Refused(f"entry_{why}", file="a.xlsx") for why in ("there", "no_data", "not_needed", "not_there")),
        Refused("entry_not_in_raw", file="a.csv", folder="data/raw"),
        Refused("entry_lacking", file="nso/a.csv", fields=options),
    ]


def _list_files_set_aside() -> list[Message]:
    return [
        message("ingest_unread", count=2),
        message("package_name_twice", name="nso_2019"),
        message("layout_no_toml", text="line 3"),
        message("field_string_pattern_mismatch", text="String should match", expected="^[a-z]+$"),
        message("check_broken_layout", file="a.toml"),
        message("registry_too_many_cells", where="line 2", width=7),
        message("registry_letters_lost", where="line 2", text="H?i Phòng"),
        message("add_done", path="nso/a.csv", title="Số trường học", publisher="Cục Thống kê"),
    ]


def _say_system(language: Language) -> list[str]:
    known = [errno.ENOENT, errno.EACCES, errno.EISDIR, errno.ENOTDIR, errno.ENOSPC, errno.EROFS, errno.EXDEV]
    named = [describe_os_error(OSError(number, "said by the system", "a.csv"), language) for number in known]
    return [*named, describe_os_error(OSError(errno.ENOSPC, "said by the system"), language)]


TYPED = (
    "reprot",
    "report --grup x",
    "report --year two",
    "report --limit 0",
    "report --engine slow",
    "report --year",
    "report --force=1",
    "report --only a --group b",
    "form --year 2025 a.xlsx",
    "review --kind yaer a.docx",
    "review --kind half a.docx",
    "demo",
    "demo a b",
    "outlook nothing.csv",
    "outlook .",
)


def say_typed(language: Language) -> dict[str, list[str]]:
    """Say what the command answers to a line that is typed wrongly, and its help."""
    runner = CliRunner()
    lines = []
    for typed in TYPED:
        done = runner.invoke(commands, [f"--language={language}", *typed.split()], prog_name="hpedu")
        lines.append(f"hpedu {typed} → {done.exit_code}: {join_lines(done.output)}")
    helps = {}
    for name in ("", *commands.commands):
        asked = [f"--language={language}", *name.split(), "--help"]
        done = runner.invoke(commands, asked, prog_name="hpedu", terminal_width=400)
        helps[f"help: hpedu {name}".rstrip()] = [line for line in done.output.splitlines() if line.strip()]
    return {"mistyped": lines} | helps


def make_batch() -> Batch:
    """Return a batch in which everything happens: done, fresh, failed, left, unmade, without a record."""
    error = message("cell_failed", cell=4, name="KeyError", text="'a'")
    failed = Outcome(RUNS[1], 12.34, error=error, notebook="build/failed/preschool.ipynb")
    return Batch(
        FOLDER / "index.html",
        fresh=[RUNS[2]],
        outcomes=[Outcome(RUNS[0], 61.0), failed],
        left=[RUNS[2]],
        unmade={RUNS[0].id: "NoBrowser"},
        damage=message("record_damaged", file="reports/build.json"),
        trouble="OSError: disk full",
    )


def say_batches(language: Language) -> dict[str, list[str]]:
    """Say how a batch starts, goes and ends."""
    whole, fine = make_batch(), Batch(FOLDER / "index.html", outcomes=[Outcome(RUNS[0], 61.0)])
    many = Batch(FOLDER / "index.html", left=RUNS * 10)
    progress = [
        describe_start(RUNS, 3, None, 2),
        describe_start(RUNS, 0, [60.0, 90.0, 30.0], 2),
        *(describe_outcome(n, 3, outcome) for n, outcome in enumerate(whole.outcomes, start=1)),
        *(spell_seconds(seconds) for seconds in (0.4, 89.4, 89.6, 150.0, 5399.0, 7260.0)),
    ]
    endings = {"all went well": fine, "everything happens": whole, "many left": many}
    recaps = {f"recap: {name}": [line.say(language) for line in recap(one)] for name, one in endings.items()}
    return {"progress": [line.say(language) for line in progress]} | recaps


FETCH_REASONS = (
    *("fetch_no_answer", "fetch_refused", "fetch_redirected", "fetch_not_data", "fetch_no_table", "fetch_several"),
    *("fetch_pages", "fetch_unreadable", "fetch_nothing_read", "fetch_kept"),
)
EXAMPLES: dict[str, object] = {
    "added": 3, "after": "181", "aside": 2, "before": "180", "changed": 1, "close": "Bảng 2", "code": 404,
    "databases": "Education / Giáo dục", "gone": 0, "indicator": "pupils primary", "indicators": "CR.1, CR.2",
    "issues": "B7", "kind": "text/html", "page": "http://so.example", "seconds": 4,
    "titles": "Bảng 1 | Bảng 2", "version": "20250917",
    "action": "scale", "address": "10.0.0.1", "cell": "B7", "cells": 120, "cells_at": "B2:F31", "command": "hpedu",
    "contradicted": 4, "errors": 2, "notes": 3, "out": 4, "printed": "83755", "severity": "Error",
    "table": "nso_area", "territory": "hai_phong_old", "warnings": 1, "year": 2015,
    "count": 3, "derived": 40, "detail": "x", "error": "line 3", "expected": "3|4", "file": "a.csv", "files": 12,
    "findings": 5, "folder": "demo", "found": 11, "id": "2025/hai_phong/vi/overview", "known": "level, sex",
    "layout": "nso_area", "name": "Year", "one": "hai_phong", "option": "sexx", "other": "hai_duong",
    "part": "newest_year", "path": "phieu.xlsx", "place": "", "published": 900, "read": 118,
    "reason": message("stale_new"), "schools": 40, "set_aside": 2, "sheet": "Trang1", "stale": 3, "text": "x/y",
    "time": message("time_minutes", minutes=3), "title": "Bảng 1",
    "times": message("check_times", count=4, cells=": D9, D12"),
    "lines": "  report", "lock": "requirements.lock", "what": "hexbin", "kinds": ["line", "bar"],
    "columns": ["name"], "ending": ".doc", "endings": [".svg", ".png"],
    "since": "31/12/2025", "rows": "3, 4", "state": "no figure", "subject": "Quality", "saved": "2/2/2026",
    "sender": "A",
    "measure": "pupils", "report": "completed", "figures": 12, "judged": 8, "number": 1,
    "targets": "7, 10", "value": "60", "last": "596",
    "change": "-536", "share": "-89.9", "school_year": "2026-2027",
    "old": "bao-cao.docx", "new": "bao-cao-2.docx", "changes": "bao-cao-2.txt",
    "rests": "số giáo viên", "variable": "HPEDU_HOME", "width": 12, "numbers": "5, 9",
}  # fmt: skip
FILLED = (
    *("workbook_damaged", "xml_workbook_damaged", "px_no_values", "px_wrong_count", "jsonstat_wrong_count"),
    *("rows_ragged", "records_wrong"),
    *("fetch_listed", "fetch_table", "fetch_again", "fetch_compared", "fetch_new", "fetch_changed", "fetch_gone"),
    *("fetch_done", "fetch_failed", "fetch_not_all", "fetch_by_hand_nso", "fetch_by_hand_uis"),
    "fetch_by_hand_worldbank",
    *("formula_shape", "formula_option", "is_damaged", "package_not_one", "field_refused", "registry_same_day"),
    *("print_not_met", "ingest_errors", "check_findings", "check_findings_alone", "check_finding"),
    *("check_more_findings", "ingest_done", "ingest_fresh", "check_table", "check_sheet"),
    *("check_layout", "check_schools", "check_times", "check_counts", "check_reason", "check_more", "cells_done"),
    *(
        "proposal_close",
        "report_fresh",
        "report_to_run",
        "report_later",
        "report_plan",
        "report_work",
        "stale_data",
    ),
    *("plot_unknown", "plot_no_numbers", "chart_ending", "notebook_name", "notebook_taken", "new_done"),
    *("owed_form", "owed_line", "returned_head", "returned_line", "telling_head", "telling_line", "form_rows"),
    *("owed_no_row", "duty_reported", "school_form_title", "school_form_done", "init_done"),
    *("impact_first", "impact_change", "impact_misplaced", "impact_targets", "impact_target"),
    *("review_written", "review_same", "review_kept", "review_gone", "review_came", "issue_done"),
    *("watch_changed", "watch_waiting", "watch_ended"),
    *("demo_done", "form_done", "outlook_done", "field_literal_error", "plain", "run_tasks", "run_installing"),
)
"""Texts that need a damaged file, a whole project or a run to be said: said here with example values."""


def say_filled(language: Language) -> dict[str, list[str]]:
    """Say the texts of `FILLED`."""
    return {"said with example values": [f"{key}: {join_lines(say(key, language, **EXAMPLES))}" for key in FILLED]}
