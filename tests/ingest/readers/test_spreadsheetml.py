"""Excel's XML of 2003: cells by place, merges, dates."""

from __future__ import annotations

import pytest

from hpedu.ingest.readers.html import is_html
from hpedu.ingest.readers.spreadsheetml import is_spreadsheetml, read_spreadsheetml
from hpedu.ingest.tables.grid import Merge

BOOK = """<?xml version="1.0"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">
 <Worksheet ss:Name="Dữ liệu"><Table>
  <Row><Cell ss:MergeAcross="2"><Data ss:Type="String">Số trường</Data></Cell>
   <Cell><Data ss:Type="String">x</Data></Cell></Row>
  <Row ss:Index="4"><Cell ss:Index="2" ss:MergeDown="1">
    <ss:Data ss:Type="String"><html:B>Hải</html:B> An</ss:Data></Cell>
   <Cell/><Cell><Data ss:Type="Number">2416</Data></Cell></Row>
  <Row><Cell><Data ss:Type="DateTime">2024-09-05T00:00:00.000</Data></Cell></Row>
 </Table></Worksheet>
 <Worksheet ss:Name="Danh mục"/>
</Workbook>"""


def test_cells_stand_where_their_index_says() -> None:
    data, catalogue = read_spreadsheetml(BOOK.encode())
    assert (data.sheet, catalogue.sheet) == ("Dữ liệu", "Danh mục")
    assert data.rows == [
        ["Số trường", "", "", "x"],
        ["", "", "", ""],
        ["", "", "", ""],
        ["", "Hải An", "", "2416"],
        ["2024-09-05", "", "", ""],
    ]
    assert data.merged == [Merge(0, 0, 0, 2), Merge(3, 1, 4, 1)]
    assert catalogue.rows == []


def test_it_is_told_by_its_namespace() -> None:
    assert is_spreadsheetml(BOOK.encode())
    assert is_spreadsheetml(BOOK.replace('"1.0"?', '"1.0" encoding="UTF-16"?').encode("utf-16"))
    assert not is_html(BOOK.encode())
    assert not is_spreadsheetml(b"<html><table></table></html>")


def test_damaged_xml_is_refused() -> None:
    with pytest.raises(ValueError, match="damaged"):
        read_spreadsheetml(BOOK.encode()[:-20])
