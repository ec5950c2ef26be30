"""A form that hpedu 0.1.0 handed out, filled in years later, is still read.

The workbook is described here word for word, as that version wrote it: sheets, headings, keys and seals are not
taken from the code that writes forms now, so that a change of the writer cannot change what is tested. Nothing
here may be brought up to date.
"""

from __future__ import annotations

import io

from openpyxl import Workbook

from hpedu.ingest.forms.filled import is_form, read_form
from hpedu.ingest.propose import stand_in
from hpedu.ingest.source import Source, open_source
from hpedu.registry import Registry
from tests.conftest import ROOT

TITLE = (
    "PHIẾU CUNG CẤP SỐ LIỆU: Giáo dục mầm non, Thành phố Hải Phòng, năm học 2026-2027 (năm 2026)\n"
    "DATA FORM: Preschool education, Hai Phong City, school year 2026-27 (year 2026)"
)
SYNTHETIC_TITLE = (
    "DỮ LIỆU MÔ PHỎNG, không phải số liệu thật – PHIẾU CUNG CẤP SỐ LIỆU: Giáo dục mầm non, Thành phố Hải Phòng, "
    "năm học 2025-2026 (năm 2025)\n"
    "SYNTHETIC DATA, not real figures – DATA FORM: Preschool education, Hai Phong City, "
    "school year 2025-26 (year 2025)"
)
CODE = "hpedu-form 1 preschool hai_phong 2026 #bcd94d0f"
SYNTHETIC_CODE = "hpedu-form 1 preschool hai_phong 2025 synthetic #c2cbede3"

NUMBERS = [
    [
        *("hpedu-form:number", "hpedu-form:series", "hpedu-form:unit", "hpedu-form:value", "hpedu-form:origin"),
        *("hpedu-form:note", "hpedu-form:definition", "hpedu-form:targets", "hpedu-form:legal"),
        *("hpedu-form:department", "hpedu-form:key"),
    ],
    [
        *("STT\nNo.", "Số liệu cần điền\nFigure wanted", "Đơn vị tính\nUnit", "Giá trị\nValue"),
        *("Ngày, nguồn\nDate, source", "Ghi chú\nRemark", "Định nghĩa\nDefinition", "Chỉ tiêu\nTargets fed"),
        *("Căn cứ\nLegal source", "Đơn vị phụ trách\nResponsible", "Khóa\nKey"),
    ],
    [
        *(1, "Học sinh, trẻ em – Nhà trẻ (2026-2027)\nPupils enrolled – Nursery (2026-27)", "người"),
        *("41.250", "30/9/2026", "ước tính", None, None, None, None, "pupils/nursery #5d26d228"),
    ],
    [
        2,
        "Dân số cư trú trong độ tuổi của cấp học – Nhà trẻ (2026)\n"
        "Resident population of the official age for the level – Nursery (2026)",
        *("người", 96000, None, None, None, None, None, None),
        "resident_population_school_age/nursery #d4655a8f",
    ],
]
MILESTONES = [
    [
        *("hpedu-form:number", "hpedu-form:milestone", "hpedu-form:state", "hpedu-form:decision"),
        *("hpedu-form:date", "hpedu-form:note", "hpedu-form:definition", "hpedu-form:legal"),
        *("hpedu-form:department", "hpedu-form:key"),
    ],
    [
        *("STT\nNo.", "Cột mốc\nMilestone", "Trạng thái\nState", "Số quyết định, văn bản\nNumber of the decision"),
        *("Ngày văn bản\nIts date", "Ghi chú\nRemark", "Định nghĩa\nDefinition", "Căn cứ\nLegal source"),
        *("Đơn vị phụ trách\nResponsible", "Khóa\nKey"),
    ],
    [
        1,
        "Giữ vững phổ cập giáo dục mầm non cho trẻ em 5 tuổi\n"
        "Universal preschool education for 5-year-olds maintained",
        *("Đạt", "12/QĐ-UBND", "05/06/2026", None, None, None, None),
        "milestone_reached/kindergarten/detail=preschool_universalisation_5yo_maintained #f7b61fce",
    ],
]
TASKS = [
    [
        *("hpedu-form:number", "hpedu-form:task", "hpedu-form:state", "hpedu-form:decision", "hpedu-form:date"),
        *("hpedu-form:note", "hpedu-form:department", "hpedu-form:timing", "hpedu-form:key"),
    ],
    [
        *("STT\nNo.", "Nhiệm vụ\nTask", "Trạng thái\nState", "Số quyết định, văn bản\nNumber of the decision"),
        *("Ngày văn bản\nIts date", "Ghi chú\nRemark", "Đơn vị phụ trách\nResponsible", "Thời gian\nTiming"),
        "Khóa\nKey",
    ],
    [
        4,
        "Chiến lược giáo dục 4. Thí điểm chương trình Cambridge ở trường công lập\n"
        "Cambridge pilot in public schools",
        *("Hoàn thành", None, None, None, None, None),
        "task_done/all/detail=strategy_plan-4 #cf4fef1a",
    ],
]
SHEETS = {"Số liệu": NUMBERS, "Cột mốc": MILESTONES, "Nhiệm vụ": TASKS}

READ = {
    ("pupils", "nursery", ""): (41250, "Số liệu", "D4", "30/9/2026; ước tính"),
    ("resident_population_school_age", "nursery", ""): (96000, "Số liệu", "D5", ""),
    ("milestone_reached", "kindergarten", "preschool_universalisation_5yo_maintained"): (
        *(1, "Cột mốc", "C4"),
        "12/QĐ-UBND; 2026-06-05",
    ),
    ("task_done", "all", "strategy_plan-4"): (1, "Nhiệm vụ", "C4", ""),
}


def open_form(title: str, code: str) -> Source:
    """Return the form as the department hands it in."""
    workbook = Workbook()
    cover = workbook.active
    assert cover is not None
    cover.title = "Hướng dẫn"
    cover.append([title])
    cover.append([])
    cover.append(["Mã mẫu (không sửa)\nForm code (do not change)", code])
    for name, rows in SHEETS.items():
        sheet = workbook.create_sheet(name)
        for row in [[title.partition("\n")[0]], *rows]:
            sheet.append(row)
    content = io.BytesIO()
    workbook.save(content)
    return open_source(content.getvalue())


def test_every_answer_is_read(registry: Registry) -> None:
    source = open_form(TITLE, CODE)
    assert is_form(source)
    reading = read_form(source, stand_in(ROOT / "form.xlsx"), registry)
    assert not reading.issues
    assert {
        (row["measure"], row["level"], row["detail"]): (row["value"], row["sheet"], row["cell"], row["note"])
        for row in reading.observations
    } == READ
    assert {(row["territory"], row["year"], row["status"]) for row in reading.observations} == {
        ("hai_phong", 2026, "final")
    }


def test_a_synthetic_form_stays_synthetic(registry: Registry) -> None:
    reading = read_form(open_form(SYNTHETIC_TITLE, SYNTHETIC_CODE), stand_in(ROOT / "form.xlsx"), registry)
    assert not reading.issues
    assert {row["status"] for row in reading.observations} == {"synthetic"}


def test_a_code_that_was_copied_to_another_year_is_noticed(registry: Registry) -> None:
    reading = read_form(open_form(TITLE.replace("2026", "2027"), CODE), stand_in(ROOT / "form.xlsx"), registry)
    assert reading.observations == []
    assert {issue["reason"] for issue in reading.issues} == {"form_cover"}
