"""Bilingual tables by district, as the city publishes them: tiers under each year, or one year."""

from __future__ import annotations

from pathlib import Path

from hpedu.ingest.propose import stand_in
from hpedu.ingest.reading import read_file
from hpedu.ingest.source import open_source
from hpedu.registry import Registry

TWO_YEARS = """
<p>Số trường mầm non phân theo huyện, quận<br>Number of schools of preschool education by district</p>
<table>
<tr><td rowspan=3></td><td colspan=3>Năm học – School year<br>2014-2015</td>
<td colspan=3>Năm học – School year<br>2015-<br>2016</td></tr>
<tr><td rowspan=2>Tổng số<br>Total</td><td colspan=2>Chia ra – Of which</td>
<td rowspan=2>Tổng số<br>Total</td><td colspan=2>Chia ra – Of which</td></tr>
<tr><td>Công lập<br>Public</td><td>Ngoài<br>Công lập<br>Non-<br>Public</td>
<td>Công lập<br>Public</td><td>Ngoài<br>Công lập<br>Non-<br>Public</td></tr>
<tr><td>TỔNG SỐ -TOTAL<td>307<td>240<td>67<td>1.313<td>1.245<td>68
<tr><td>Quận Hồng Bàng - Hong Bang urban district<td>21<td>15<td>6<td>25<td>17<td>-
<tr><td>Quận Bốn - Bon urban district<td>1<td>1<td>1<td>1<td>1<td>1
</table>"""

ONE_YEAR = """Số trường phổ thông năm học 2015-2016 phân theo huyện, quận;;;;;
Number of schools of  general education in school year 2015-2016 by district;;;;;
;;;;;ĐVT: Trường – Unit: School
;Tổng số Total;Chia ra – Of which;;;
;;Tiểu học Primary;Trung học cơ sở Lower secondary;Trung học phổ thông Upper secondary;{}
TỔNG SỐ -TOTAL;468;216;184;57;11
Quận Hồng Bàng - Hong Bang urban district;20;9;8;3;-
H. Thủy Nguyên – Thuy Nguyen rural district;82;38;36;8;
""".format("Phổ thông cơ sở Primary and Lower secondary")


def test_two_tiers_under_each_year(registry: Registry) -> None:
    reading = read_file(open_source(TWO_YEARS.encode()), stand_in(Path("x.html")), registry)
    found = {(r["place"], r["ownership"], r["year"]): r["value"] for r in reading.observations}
    assert {row["territory"] for row in reading.observations} == {"hai_phong_old"}
    assert found["", "all", 2014] == 307
    assert found["", "public", 2015] == 1245
    assert found["hong_bang", "private", 2014] == 6
    assert found["hong_bang", "private", 2015] == 0  # "-" is none
    assert [row["reason"] for row in reading.issues] == ["unknown_place"] * 6
    assert "Quận Bốn" in next(iter(reading.issues))["message_en"]


def test_the_year_in_the_title(registry: Registry) -> None:
    reading = read_file(open_source(ONE_YEAR.encode()), stand_in(Path("x.csv")), registry)
    found = {(r["place"], r["level"]): r["value"] for r in reading.observations}
    assert {row["year"] for row in reading.observations} == {2015}
    assert found["", "general"] == 468
    assert found["thuy_nguyen", "upper_secondary"] == 8
    assert found["hong_bang", "primary_lower_secondary"] == 0
    assert len(found) == 5 * 3 - 1
