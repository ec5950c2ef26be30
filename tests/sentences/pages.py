"""Say what pages say beside the targets: pupils to come, communes, what is missing, on a small project."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from hpedu import Report, Review, store
from hpedu.folders import HOME_VARIABLE
from hpedu.ingest.panel import HEAD
from hpedu.present.commune import CommuneReport
from hpedu.present.page.blocks import Block, Prose
from hpedu.present.page.display import Chart, Fragment
from hpedu.present.registers import list_findings, list_set_aside
from hpedu.present.scorecard import list_lines
from hpedu.registry import load_registry
from hpedu.texts import Language, say

YEAR, CITY, COMMUNE = 2025, "hai_phong", "commune_10525_2025"
ROWS = 8  # of a table of a commune: the sentences are the same in the others
COLUMNS = "territory,place,level,measure,ownership,sex,detail,period,year,value,qualifier,unit,flags,note"
PUPILS = {
    "kindergarten": [1000 - 10 * n for n in range(11)],
    "primary": [2000 + 25 * n for n in range(11)],
    "lower_secondary": [1500, 1550],
}
COUNTED = [  # measure, level, ownership, year, value, unit
    ("classes", "primary", "", 2025, 75, "classes"),
    ("teachers", "primary", "", 2025, 110, "persons"),
    ("schools", "preschool", "", 2025, 40, "schools"),
    ("schools", "preschool", "private", 2025, 8, "schools"),
    ("schools_national_standard", "preschool", "", 2025, 30, "schools"),
    ("pupils", "upper_secondary", "", 2025, "–n/a", "persons"),
]
SCHOOLS = """Năm học,Mã trường,Tên trường,Cấp học,Mã xã,Xã/phường,Loại hình,Số lớp,Học sinh,HS nữ,Giáo viên,Lạ
2025-2026,31000001,Trường A,Tiểu học,10525,Phường Hải Dương,Công lập,12,400,190,20,
2025-2026,31000002,Trường B,Tiểu học,10525,Phường Hải Dương,,,300,140,,
2025-2026,31000002,Trường B,Tiểu học,10525,Phường Hải Dương,Công lập,9,300,140,14,
2025-2026,31000003,Trường C,Tiểu học,99999,Phường Khác,Công lập,9,ba trăm,140,14,
2025-2026,31000004,Trường D,THPT,10525,Phường Hải Dương,Tư thục,9,300,340,14,
2025-2026,31000006,Trường G,Tiểu học,10525,Phường Hải Dương,Tư thục,5,120,60,8,
2020-2021,31000005,Trường E,Tiểu học,10525,Phường Hải Dương,Công lập,9,300,140,14,
"""


@contextmanager
def small_project() -> Iterator[None]:
    """Let hpedu find a project of two small files while it lasts."""
    before = os.environ.get(HOME_VARIABLE)
    with TemporaryDirectory() as folder:
        raw = Path(folder) / "data" / "raw"
        raw.mkdir(parents=True)
        files = {"figures": _write_figures(), "schools": SCHOOLS, "panel": _write_panel()}
        entry = {
            "title": "Bảng thử", "publisher": "Sở thử", "table": "1", "url": "u", "published": "2026-03",
            "scope": "s", "confidence": "high", "transcription": True, "licenses": [],
        }  # fmt: skip
        resources = [entry | {"name": name, "path": f"{name}.csv"} for name in files]
        for name, text in files.items():
            (raw / f"{name}.csv").write_text(text, encoding="utf-8")
        (raw / "datapackage.json").write_text(json.dumps({"resources": resources}), encoding="utf-8")
        os.environ[HOME_VARIABLE] = folder
        store.forget()
        try:
            yield
        finally:
            store.forget()
            os.environ.pop(HOME_VARIABLE)
            os.environ.update({} if before is None else {HOME_VARIABLE: before})


def _write_figures() -> str:
    rows = [COLUMNS]
    for level, values in PUPILS.items():
        for year, value in zip(range(YEAR - len(values) + 1, YEAR + 1), values, strict=True):
            rows.append(f"{CITY},,{level},pupils,,,,{year},{year},{value},,persons,,")
    for measure, level, ownership, year, number, unit in COUNTED:
        rows.append(f"{CITY},,{level},{measure},{ownership},,,{year},{year},{number},,{unit},,")
    return "\n".join(rows) + "\n"


LINT: dict[str, dict[str, object]] = {
    "done": {"count": 12},
    "label": {"label": "preschool_private_school_share 2025-2026", "first": "22,0", "second": "22,1"},
    "name": {"label": "preschool_private_school_share", "first": "A", "second": "B"},
    "claim": {"claim": "count(//tr) = 3", "words": "..."},
    "superlative": {"word": "...", "words": "..."},
    "contradicted": {"cell": "a.csv!B2", "words": "17%"},
    "now": {"word": "...", "words": "..."},
    "link": {"link": "../en/overview.html"},
    "developers": {"word": "data/raw", "words": "..."},
    "decimals": {"shown": "17,0", "printed": "17", "cell": "a.csv!B2"},
    "blocked": {"tag": "iframe", "source": "https://a.vn/map"},
}


def _write_panel() -> str:
    """Return the primary pupils of all old provinces, one class each."""
    years = (2010, 2020)
    rows = [",".join([*HEAD, *map(str, years)])]
    # Without old Hai Duong, so that the merged city has no sum of both.
    old = {t.id for t in load_registry().territories.values() if t.role in ("part", "province")}
    old -= {"ha_tay", "hai_duong_old"}
    for number, territory in enumerate(sorted(old)):
        rows.append(f"{territory},pupils,primary,all,both,persons,{20 + number},{90 - number}")
        rows.append(f"{territory},classes,primary,all,both,classes,1,1")
    return "\n".join(rows) + "\n"


def _say_edition(language: Language) -> str:
    words = {"number": 7, "name": "A", "year": "2025", "old": "22%", "new": "20%", "why": "B"}
    said = say("edition_said", language, version=2, date="1/3/2026", note="A.")
    return f"{said}\n{say('edition_correction', language, **words)}"


def say_pages(language: Language) -> dict[str, list[str]]:
    """Say what follows the targets on pages of the small project."""
    with small_project():
        general = partial(Report, "general", territory=CITY, year=YEAR, language=language)
        report = general()
        preschool = Report("preschool", territory=CITY, year=YEAR, language=language)
        old_city = Report("preschool", territory="hai_phong_old", year=YEAR, language=language)
        long_ago = Report("general", territory=CITY, year=1990, language=language)
        pages = {
            "enrolment": general(pupil_growth=2.0).enrolment("kindergarten", "primary", "lower_secondary"),
            "enrolment: nothing counted": long_ago.enrolment(),
            "requirements": general(class_size={"primary": 20}).requirements("primary", "preschool", "general"),
            "private schools": report.private_schools("preschool", "lower_secondary"),
            "peers": report.peers(),
            "peers: none": preschool.peers(),
            "peers: left out": general(peers=False).peers(),
            "peers: of the country": Report("general", territory="viet_nam", year=YEAR, language=language).peers(),
            "requirements: nothing counted": long_ago.requirements(),
            "form offered": preschool.missing().pieces[0],
            "form not offered": old_city.missing().pieces[0],
            "brief": preschool.brief(),
            "set aside": list_set_aside(store.issues(), report.wording),
            "findings: none": list_findings(store.findings(), report.wording),
            "figures lacking": _lack(report),
            "files not read": Prose(say("unread_page", language, count=2, files="a.csv, b.xlsx")),
            "head": Prose(report.head(title="", questions=[]).subtitle),
            "head of an old territory": Prose(old_city.head(title="", questions=[]).title),
            "figures until": Prose(say("figures_until", language, date="5/12/2025")),
            "blocked": Prose(say("blocked_said", language, what="<iframe> https://a.vn/map")),
            "an edition": Prose(_say_edition(language)),
            "made by": Prose(say("made_by", language, name="Sở Giáo dục và Đào tạo")),
            "lint": Prose("\n".join(say(f"lint_{key}", language, **words) for key, words in LINT.items())),
        }
        sections = {name: read_lines(page) for name, page in pages.items()}
        for group in ("general", "continuing"):
            sections[f"commune: {group}"] = _say_commune(group, language)
        listed = list_lines(group="preschool", territory=CITY, language=language, width=300)
        sections |= _say_reviews(language)
        return sections | {"listing": list(listed)}


def _say_reviews(language: Language) -> dict[str, list[str]]:
    """Say what the report that the Director signs says of each kind beside tables: of the first one, all of it."""
    periods = {"year": "", "half": "2026-06-30", "five-year": "", "ten-year": ""}
    sections = {}
    for kind, until in periods.items():
        review = Review(kind, year=YEAR, until=until, language=language)
        parts = [*review.sections(), *review.appendices()] if kind == "year" else review.sections()[:1]
        pieces = [piece for part in parts for piece in part.flatten()]
        told = [line for piece in pieces if isinstance(piece, Prose) for line in read_lines(piece)]
        sections[f"review: {kind}"] = [review.subject(), *review.opening(), *told]
    sections["review: files not read"] = [say("review_unread", language, files="a.csv, b.xlsx")]
    columns = next(piece for piece in pieces if isinstance(piece, Fragment)).plain.splitlines()[:2]
    return sections | {"review: the sector": columns}


def _lack(report: Report) -> Prose:
    """Say what a paragraph lacks: a figure that nobody counted, and a change of one that was counted once."""
    told = "{one}"
    lacking = [report.last("nursery_enrolment_rate"), report.change("primary_pupils_per_class", since=2020)]
    return Prose("\n".join(report.say(vi=told, en=told, one=one).text for one in lacking))


def _say_commune(group: str, language: Language) -> list[str]:
    page = CommuneReport(group, territory=COMMUNE, year=YEAR, language=language)
    head, figures = page.head(), page.figures()
    pieces = figures.pieces if isinstance(figures, Block) else (figures,)
    cells = [line for piece in pieces if isinstance(piece, Fragment) for line in _read_cells(piece)[:ROWS]]
    lists = [line for piece in (page.schools(), page.unreported()) for line in read_lines(piece)[:ROWS]]
    return [head.title, head.subtitle, *read_lines(page.summary()), *cells, *lists]


def _read_cells(table: Fragment) -> list[str]:
    """Return the rows of a table as they stand on the page, where its plain text says less."""
    rows = re.split(r"</tr>|</caption>", str(table.html))
    texts = (" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows)
    return [text for text in texts if text]


def read_lines(page: Block | Fragment | Prose | Chart) -> list[str]:
    """Return the lines of a part of a page as they are read, without empty ones."""
    if isinstance(page, Block):
        return [line for piece in page.pieces for line in read_lines(piece)]
    if isinstance(page, Chart):
        return [
            page.text.title,
            page.text.alt,
            *filter(None, [page.text.measure, page.text.source]),
            *page.remarks.splitlines(),
        ]
    text = page.text if isinstance(page, Prose) else page.plain
    return [line for line in text.splitlines() if line.strip()]
