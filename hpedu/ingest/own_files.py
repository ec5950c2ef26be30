"""Files that say themselves what they are: hpedu's input form and the department's school list.

They need no entry in datapackage.json; an entry, where there is one, goes first.
"""

from __future__ import annotations

import re
from pathlib import Path

from hpedu.ingest.forms.reading import find_cover, is_form
from hpedu.ingest.readers.excel import read_workbook
from hpedu.ingest.resource import Resource
from hpedu.ingest.schools.reading import newest_school_year
from hpedu.ingest.unreadable import refuse_hopeless, told_as_damage
from hpedu.registry import registry

DEPARTMENT = "Sở Giáo dục và Đào tạo thành phố Hải Phòng"


def describe_own(path: Path, name: str) -> Resource | None:
    """The origin of a form or a school list; None for any other file.

    It is taken as published in the year in which its school year ends, when it is handed in.

    Raises
    ------
    Unreadable
        If the file is damaged or no table at all.
    """
    data = path.read_bytes()
    refuse_hopeless(data)
    with told_as_damage():
        if is_form(data):
            cover = find_cover(read_workbook(data), registry())
            year = cover.year if cover else None
            return _describe(name, "Biểu nhập liệu của hpedu", year, "Số liệu các phòng của Sở điền vào biểu")
        year = newest_school_year(data, registry())
    if year is not None:
        return _describe(
            name, "Danh sách trường", year, "Số liệu từng trường, cộng thành số của xã, phường và thành phố"
        )
    return None


def _describe(name: str, table: str, year: int | None, scope: str) -> Resource:
    return Resource(
        name=re.sub(r"[^a-z0-9._-]+", "-", f"own-{name.lower()}"),
        path=name,
        title=f"{table}: {Path(name).name}",
        publisher=DEPARTMENT,
        table=table,
        url="",
        published="0000" if year is None else str(year + 1),
        scope=scope,
        confidence="high",
        transcription=False,
        licenses=[],
    )
