"""Small files made to do harm: cut, forged, or asking for more than any machine has. Each is made here."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from zipfile import ZIP_DEFLATED, ZipFile

from hpedu.ingest.interpret import Progress
from hpedu.registry import Registry
from tests.ingest.readers.test_excel import write_formatted_xls, write_ods, write_xls
from tests.ingest.test_source import SHEET, with_sheet

_XML = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="S"><Table>{}</Table></Worksheet>'
    "</Workbook>"
)
_DATA = '<Data ss:Type="String">Hai Phong</Data>'
_CELL = '<c r="A1"><v>1</v></c>'
_ODS = '<table:table-cell office:value-type="float" office:value="1"{}><text:p>1</text:p></table:table-cell>'
_PX = 'CHARSET="ANSI";\nTITLE="x by a";\nSTUB="a";\nHEADING="b";\nVALUES("a")="1";\nVALUES("b")="2015";\n'
_TITLE = '"Pupils by province"\n\n'


def _sheet(rows: str, after: str = "") -> bytes:
    return with_sheet(SHEET.format(rows).replace("</worksheet>", after + "</worksheet>"))


def _merges(*ranges: str) -> str:
    return "<mergeCells>" + "".join(f'<mergeCell ref="{name}"/>' for name in ranges) + "</mergeCells>"


def _moved() -> bytes:
    """Return a workbook whose sheet, with a cell far off, is not where sheets mostly are."""
    file = io.BytesIO()
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    old = ZipFile(io.BytesIO(_sheet(f'<row r="1">{_CELL}</row>{far}')))
    with ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name).replace(b"worksheets/sheet1.xml", b"other/part.xml")
            new.writestr(name.replace("worksheets/sheet1.xml", "other/part.xml"), data)
    return file.getvalue()


def _changed(data: bytes, change: Callable[[bytes], bytes], name: str) -> bytes:
    """Return a zip in which one part has another content."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part == name else old.read(part))
    return file.getvalue()


def _xls() -> bytes:
    return write_xls({"S": {(row, column): float(row) for row in range(60) for column in range(3)}})


def _jsonstat(size: list[int], value: object) -> bytes:
    dimension: dict[str, object] = {
        f"d{i}": {"category": {"index": {"a": 0}, "label": {"a": "A"}}} for i in range(len(size))
    }
    dataset = {"class": "dataset", "version": "2.0", "id": list(dimension), "size": size, "value": value}
    return json.dumps({**dataset, "label": "x", "dimension": dimension}).encode()


def _bomb(size: int) -> bytes:
    return _sheet("<row>" + '<c r="A1" t="inlineStr"><is><t>' + "A" * size + "</t></is></c></row>")


def _many_sheets() -> bytes:
    """Return a workbook whose book names one part as many sheets."""
    rows = "".join(
        f'<row r="{i}"><c r="A{i}"><v>{i}</v></c><c r="B{i}"><v>2</v></c></row>' for i in range(1, 2000)
    )
    relations = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def name_again(book: bytes) -> bytes:
        part = book.partition(b'r:id="')[2].partition(b'"')[0]
        sheet = b'<sheet name="s%d" sheetId="%d" xmlns:r="' + relations + b'" r:id="' + part + b'"/>'
        return book.replace(b"</sheets>", b"".join(sheet % (n, n) for n in range(9, 3_000)) + b"</sheets>")

    return _changed(_sheet(rows), name_again, "xl/workbook.xml")


HOSTILE: dict[str, Callable[[], bytes]] = {
    "html: 40,000 tables": lambda: b"<html>" + b"<table><tr><td>a<td>2015<tr><td>x<td>1</table>" * 40_000,
    "xlsx: 100,000 ranges of hidden columns": lambda: _sheet(
        f'<row r="1">{_CELL}</row>', "<cols>" + '<col min="1" max="16384" hidden="1"/>' * 100_000 + "</cols>"
    ),
    "panel: 20,000 years": lambda: (
        f"territory,measure,level,ownership,sex,unit,{','.join(['2015'] * 20_000)}\n"
        f"hai_phong_old,pupils,primary,all,both,persons,{','.join('1' * 20_000)}\n"
    ).encode(),
    "csv: 20,000 names in a cell": lambda: f'{_TITLE}"";"2015"\n"{"ông Nguyễn Văn A " * 20_000}";1\n'.encode(),
    # Numbers beyond any.
    "csv with 29 digits": lambda: f'{_TITLE}"";"2015"\n"Hai Phong";{"9" * 29}\n'.encode(),
    "csv with 4000 digits": lambda: f'{_TITLE}"";"2015"\n"Hai Phong";{"9" * 4000}\n'.encode(),
    "csv with 1e5 percent signs": lambda: f'{_TITLE}"";"2015"\n"Hai Phong";9{"%" * 30_000}\n'.encode(),
    "json-stat of 400 digits": lambda: _jsonstat([1], [10**400]),
    "json-stat that is infinite": lambda: _jsonstat([1], [1e400]),
    "json-stat of sizes beyond any": lambda: _jsonstat([10**9, 10**9], [1]),
    "json-stat of one value far off": lambda: _jsonstat([1], {"999999999999": 1}),
    "json nested deep": lambda: b'{"dimension": ' + b"[" * 30_000 + b"]" * 30_000 + b', "value": 1}',
    "xlsx with 1e308": lambda: _sheet('<row r="1"><c r="A1"><v>1e308</v></c><c r="B1"><v>1e999</v></c></row>'),
    "xml workbook with an infinite number": lambda: _XML.format(
        f'<Row><Cell>{_DATA}</Cell><Cell><Data ss:Type="Number">INF</Data></Cell></Row>'
    ).encode(),
    "xml workbook with no number": lambda: _XML.format(
        f'<Row><Cell>{_DATA}</Cell><Cell><Data ss:Type="Number">NaN</Data></Cell></Row>'
    ).encode(),
    "ods with 1e999": lambda: write_ods(
        f"<table:table-row>{_ODS.replace(chr(34) + '1' + chr(34), chr(34) + '1e999' + chr(34)).format('')}"
        "</table:table-row>"
    ),
    # Headers.
    "short csv with 6,000 years in a cell": lambda: f'{_TITLE}"";"{"2014 " * 6_000}"\n"a";1\n"b";2\n'.encode(),
    "short csv with 15,000 brackets": lambda: f'{_TITLE}"";"{"(" * 15_000}2015"\n"a";1\n"b";2\n'.encode(),
    "short csv with 15,000 points": lambda: f'{_TITLE}"";"2015"\n"a";{"1." * 15_000}\n"b";2\n'.encode(),
    "short csv with 30,000 blanks": lambda: f'{_TITLE}"";"2015{" " * 30_000}x"\n"a";1\n"b";2\n'.encode(),
    "short csv with 10,000 commas": lambda: f'{_TITLE}"";"2015{", " * 10_000}"\n"a";1\n"b";2\n'.encode(),
    "short text of 10,000 dashes": lambda: b"a  - - " + b"- " * 10_000 + b"x\n" + b"b  1 2\n" * 5,
    "tidy csv with a lone carriage return": lambda: b"a\rb,value\n1,2\n",
    "csv with 30,000 years in a cell": lambda: f'{_TITLE}"";"{"2014 " * 30_000}"\n"a";1\n'.encode(),
    "csv with 300,000 columns": lambda: f'{_TITLE}"";{";".join(["2015"] * 300_000)}\n"a";1\n"b";2\n'.encode(),
    "csv with 30,000 open quotes": lambda: f'{_TITLE}"";"2015"\n{"a;" + chr(34) * 3} \n'.encode() * 9_000,
    "csv of 1e6 delimiters": lambda: b"a;b\n1;2\n" + b";" * 1_000_000 + b"\n3;4\n",
    "csv with 4,000 brackets": lambda: f'{_TITLE}"{"(" * 4_000}";"2015"\n"a";1\n'.encode(),
    # Workbooks with cells far off.
    "xlsx: far cell in single quotes": lambda: _sheet(
        f"<row r='1'>{_CELL}</row><row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"
    ),
    "xlsx: far cell with blanks": lambda: _sheet(
        f'<row r = "1">{_CELL}</row><row r = "1048576"><c r = "XFD1048576"><v>1</v></c></row>'
    ),
    "xlsx: far cell without r of its row": lambda: _sheet(
        f'<row>{_CELL}</row><row><c r="XFD1048576"><v>1</v></c></row>'
    ),
    "xlsx: far cell in a part elsewhere": _moved,
    "xlsx: far cell before 17 MB of line breaks": lambda: _sheet(
        f'<row r="1">{_CELL}</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' + "\n" * (17 << 20)
    ),
    "xlsx: error far off": lambda: _sheet(
        f'<row r="1">{_CELL}</row><row r="1048576"><c r="XFD1048576" t="e"><v>#REF!</v></c></row>'
    ),
    "xlsx: cell beyond any sheet": lambda: _sheet(
        f'<row r="1">{_CELL}<c r="ZZZZZZZ99999999999"><v>1</v></c></row>'
    ),
    "xlsx: merge beyond any sheet": lambda: _sheet(f'<row r="1">{_CELL}</row>', _merges("A1:ZZZZZZZZ99999999999")),
    "xlsx: 2,000 merges of a whole sheet": lambda: _sheet(
        f'<row r="1">{_CELL}</row><row r="2"><c r="B2"><v>1</v></c></row>', _merges(*["A1:XFD1048576"] * 2_000)
    ),
    "xlsx: billion laughs": lambda: with_sheet(
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9))
        + "]>"
        + SHEET.format('<row r="1"><c r="A1" t="inlineStr"><is><t>&j;</t></is></c></row>')
    ),
    "xlsx: one cell of 200 MB": lambda: _bomb(200 << 20),
    "xlsx: three million empty rows": lambda: _sheet("<row/>" * 3_000_000),
    "xlsx: cut in the middle": lambda: _sheet(f'<row r="1">{_CELL}</row>')[:1500],
    "xlsx: a part that lies of its size": lambda: _sheet(f'<row r="1">{_CELL}</row>' * 99).replace(
        b"\x14\x00\x00\x00\x08", b"\x14\x00\x01\x00\x08"
    ),
    "xlsx: relations that are none": lambda: _changed(
        _sheet(f'<row r="1">{_CELL}</row>'), lambda _: b"<x/>", "xl/_rels/workbook.xml.rels"
    ),
    "xlsx: shared texts missing": lambda: _sheet('<row r="1"><c r="A1" t="s"><v>99999999999</v></c></row>'),
    # Excel's XML of 2003.
    "xml workbook: Index of a row": lambda: _XML.format(
        f'<Row ss:Index="300000000"><Cell>{_DATA}</Cell></Row>'
    ).encode(),
    "xml workbook: Index of a cell": lambda: _XML.format(
        f'<Row><Cell ss:Index="300000000">{_DATA}</Cell></Row>'
    ).encode(),
    "xml workbook: Span": lambda: _XML.format(
        f'<Row ss:Span="300000000"/><Row><Cell>{_DATA}</Cell></Row>'
    ).encode(),
    "xml workbook: MergeDown": lambda: _XML.format(
        f'<Row><Cell ss:MergeDown="300000000">{_DATA}</Cell></Row><Row><Cell>{_DATA}</Cell></Row>'
    ).encode(),
    "xml workbook: MergeAcross": lambda: _XML.format(
        f'<Row><Cell ss:MergeAcross="300000000">{_DATA}</Cell><Cell>{_DATA}</Cell></Row>'
    ).encode(),
    "xml workbook: Index below zero": lambda: _XML.format(
        f'<Row ss:Index="-5"><Cell ss:Index="-7">{_DATA}</Cell></Row>'
    ).encode(),
    "xml nested deep": lambda: _XML.format("<a>" * 200_000).encode(),
    # OpenDocument.
    "ods: a row repeated to the end": lambda: write_ods(
        f'<table:table-row table:number-rows-repeated="1048576">{_ODS.format("")}</table:table-row>'
    ),
    "ods: a cell repeated in a repeated row": lambda: write_ods(
        f'<table:table-row table:number-rows-repeated="1048576">'
        f"{_ODS.format(' table:number-columns-repeated=' + chr(34) + '16384' + chr(34))}</table:table-row>"
    ),
    "ods: a row repeated 1e12 times": lambda: write_ods(
        f'<table:table-row table:number-rows-repeated="1000000000000">{_ODS.format("")}</table:table-row>'
    ),
    "ods: a span over all": lambda: write_ods(
        "<table:table-row>"
        + _ODS.format(' table:number-rows-spanned="99999999" table:number-columns-spanned="99999999"')
        + f"</table:table-row><table:table-row>{_ODS.format('')}</table:table-row>"
    ),
    "ods: a cell repeated below zero": lambda: write_ods(
        f'<table:table-row table:number-rows-repeated="-4">{_ODS.format("")}</table:table-row>'
    ),
    # Web pages.
    "html: 20,000 rows of colspan 1000": lambda: (
        b"<table>" + b"<tr><td colspan=1000>a<td>b</tr>" * 20_000 + b"</table>"
    ),
    "html: 3,000 rows of rowspan 0": lambda: (
        b"<table>" + b"<tr><td rowspan=0>a<td rowspan=0>b</tr>" * 3_000 + b"</table>"
    ),
    "html: 300,000 comments": lambda: b"<table><tr><td>a<td>b</tr><tr><td>a<td>1</tr></table>" + b"<!--" * 300_000,
    "html: tables nested 5,000 deep": lambda: b"<table><tr><td>1<td>2" * 5_000,
    "html: 100,000 raised marks": lambda: b"<table><tr><td>1" + b"<sup>" * 100_000 + b"<td>2</table>",
    # Old workbooks, cut and doubled.
    "xls: cut short": lambda: _xls()[:2100],
    "xls: cut in its head": lambda: _xls()[:600],
    "xls: a piece doubled": lambda: _xls()[:1700] + _xls()[1500:],
    "xls: 100 bytes inserted": lambda: _xls()[:1650] + b"\x7f" * 100 + _xls()[1650:],
    "xls: sectors in a circle": lambda: _xls()[:524] + b"\x02\0\0\0" * 10 + _xls()[564:],
    "xls: sectors of 2 GB": lambda: _xls()[:30] + b"\x1f\0" + _xls()[32:],
    "xls: a stream of 4 GB": lambda: _xls().replace(b"\x00\x10\x00\x00\x00\x00\x00\x00", b"\xff" * 8),
    "xls: a cell at the far end": lambda: write_xls({"S": {(0, 0): 1.0, (65535, 65535): 2.0}}),
    "xls: a billion shared texts": lambda: write_formatted_xls(
        b"\xfd\x00\x0a\x00" + bytes(10), fonts=[1], texts=b"\xfc\x00\x08\x00" + b"\xff\xff\xff\x7f" * 2
    ),
    "xls: 8,000 merges of all": lambda: write_formatted_xls(
        (b"\xe5\x00\x0a\x00\x01\x00" + b"\x00\x00\xff\xff\x00\x00\xff\xff") * 3_000
        + b"\x03\x02\x0e\x00\x05\x00\x05\x00\x00\x00"
        + b"\x00\x00\x00\x00\x00\x00\xf0\x3f"
    ),
    # PX and plain text.
    "px: values without end": lambda: (_PX + 'DATA="' + '"" ' * 20_000).encode(),
    "px: years of ten thousand": lambda: (
        _PX.replace('VALUES("b")="2015"', 'VALUES("b")="2015";\nTIMEVAL("b")=TLIST(A1,"0000"-"999999999")')
        + "DATA=1 2;"
    ).encode(),
    "px: 200 variables": lambda: _px_of(200, 'VALUES("{}")="1","2"'),
    "px: blanks between statements": lambda: (_PX + "\n" * 400_000 + "x\nDATA=1;").encode(),
    "px: a word without end": lambda: (_PX + "A" * 400_000 + "\nDATA=1;").encode(),
    "px: quotes without commas in an open bracket": lambda: (_PX + "NOTE(" + '"a" ' * 60 + "\nDATA=1;").encode(),
    "xlsx: 3,000 sheets of one part": _many_sheets,
    "text: 1,500 lines of words over 60 columns": lambda: (
        b"Pupils\n" + (b"Tinh     " + b"   12" * 60 + b"\n") * 5 + (b" " * 10 + b"abc " * 90 + b"\n") * 1_500
    ),
    "text: one letter a line": lambda: b"a\n" * 40_000,
    "text: blanks without end": lambda: (b"a" + b" " * 30_000 + b"1\n") * 40,
    "text: 30,000 columns of one blank": lambda: (b"1  " * 30_000 + b"\n") * 4,
    "text in utf-16, half a letter": lambda: b"\xff\xfea\0;\0b\0\n\0" + b"\x00\xd8" * 30_001 + b"\0",
}


_HEAD = "territory,measure,level,ownership,sex,unit"
_SERIES = "hai_phong_old,pupils,primary,all,both,persons"


def _px_of(count: int, statement: str) -> bytes:
    """Return a PX file of so many variables, with a statement on each."""
    names = [f"v{number}" for number in range(count)]
    stub = ",".join(f'"{name}"' for name in names)
    each = "".join(f"{statement.format(name)};\n" for name in names)
    return f'CHARSET="ANSI";\nTITLE="x";\nSTUB={stub};\n{each}DATA=1;'.encode()


def _with_texts(items: str) -> bytes:
    """Return a workbook with shared texts."""
    file = io.BytesIO(_sheet(f'<row r="1">{_CELL}</row>'))
    with ZipFile(file, "a", ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst>{items}</sst>")
    return file.getvalue()


def _unpacks_to(size: int) -> Callable[[], bytes]:
    """Return what makes a workbook that says of its sheet that it is so large."""

    def make() -> bytes:
        file = io.BytesIO(_sheet(f'<row r="1">{_CELL}</row>'))
        with ZipFile(file, "a") as archive:
            archive.getinfo("xl/worksheets/sheet1.xml").file_size = size
            # The list of parts is only written anew if one has come.
            archive.writestr("more", b"")
        return file.getvalue()

    return make


TOO_LARGE: dict[str, Callable[[], bytes]] = {
    "json-stat of 16 million values that are not there": lambda: _jsonstat_of(12, 4),
    "px: every month of all years, in 100 variables": lambda: _px_of(
        100, 'TIMEVAL("{}")=TLIST(M1,"000001"-"999912")'
    ),
    "px: more values than can be labelled": lambda: (
        _PX.replace('VALUES("a")="1"', f'VALUES("a")={",".join([chr(34) * 2] * 300_001)}')
        + "DATA="
        + "1 " * 300_001
        + ";"
    ).encode(),
    "tidy csv of more rows than can be labelled": lambda: b"year,value\n" + b"2015,1\n" * 300_001,
    "records: more than can be labelled": lambda: (
        b'{"records": ['
        + b'{"indicatorId":"a","geoUnit":"b","year":1},' * 300_001
        + b'{"indicatorId":"a","year":1}]}'
    ),
    "panel: a million figures": lambda: (
        f"{_HEAD},{','.join(map(str, range(1980, 2020)))}\n" + f"{_SERIES},{','.join('1' * 40)}\n" * 22_000
    ).encode(),
    "xml workbook: 700 rows that end far off": lambda: _XML.format(
        f'<Row><Cell ss:Index="16000">{_DATA}</Cell></Row>' * 700
    ).encode(),
    "ods: 3,000 cells over each other": lambda: write_ods(
        f"<table:table-row>{_ODS}</table:table-row>".format(' table:number-rows-spanned="3000"') * 3_000
    ),
    "html: 20,000 raised marks in a cell": lambda: (
        b"<table><tr><td>a<td>1" + b"<sup>1</sup>" * 20_000 + b"</table>"
    ),
    "xlsx: 100,001 raised marks": lambda: _with_texts(
        '<si><r><rPr><vertAlign val="superscript"/></rPr><t>a</t></r></si>' * 100_001
    ),
    "xlsx: a sheet of half a gigabyte": _unpacks_to(512 << 20),
    "docx: 60,001 paragraphs": lambda: _document("<w:p/>" * 60_001 + "<w:tbl/>"),
    "csv of 100,001 rows": lambda: b'"";2015\n' + b"a;1\n" * 100_001,
    "csv of two million lines without a cell": lambda: (
        f'{_TITLE}"";"2015"\n"a";1\n"b";2\n'.encode() + b"\r" * 2_200_000
    ),
    "text of a million lines": lambda: b"a  1\nb  2\n" + b"\n" * 1_100_000,
}
"""Files whose reader sees how much they ask for before anything is laid out."""


def _document(body: str) -> bytes:
    file = io.BytesIO()
    name = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document {name}><w:body>{body}</w:body></w:document>")
    return file.getvalue()


def _jsonstat_of(dimensions: int, size: int) -> bytes:
    """Return a dataset whose dimensions promise many values, of which it gives one."""
    categories = {"index": {str(place): place for place in range(size)}}
    names = [f"d{number}" for number in range(dimensions)]
    dataset = {"class": "dataset", "id": names, "size": [size] * dimensions, "value": {"5": 1}, "label": "x"}
    return json.dumps(dataset | {"dimension": {name: {"category": categories} for name in names}}).encode()


HELD: list[bytes] = []


def hold_memory(data: bytes, registry: Registry, tell: Progress) -> int:
    """Leave much behind, and return the number of the process that reads."""
    HELD.append(b"x" * (400 << 20))
    return os.getpid()


def die(data: bytes, registry: Registry, tell: Progress) -> int:
    """End as a library does that asks for more memory than there is."""
    os.abort()


def fill_memory(data: bytes, registry: Registry, tell: Progress) -> int:
    return len(bytearray(1 << 40))


def work_on(data: bytes, registry: Registry, tell: Progress) -> int:
    while True:
        pass


def stop_iteration(data: bytes, registry: Registry, tell: Progress) -> int:
    return next(iter(()))


def ask_number(data: bytes, registry: Registry, tell: Progress) -> int:
    """Return the number of the process that reads."""
    tell(1, 2)
    return os.getpid()
