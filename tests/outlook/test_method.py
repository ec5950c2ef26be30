"""What the reports quote of the back-test."""

from __future__ import annotations

from hpedu.outlook import read_track_record
from tests.conftest import ROOT


def test_series_with_company_have_a_record_of_their_own() -> None:
    alone, among = read_track_record(), read_track_record(company=True)
    assert among.relative_mae < alone.relative_mae


def test_the_record_is_whole_and_says_what_the_page_says() -> None:
    record = read_track_record()
    for name in ("coverage80", "coverage95", "likely_met_share", "unlikely_met_share", "calibration_error"):
        assert 0 <= getattr(record, name) <= 1
    assert record.coverage80 < record.coverage95
    assert record.unlikely_met_share < record.likely_met_share
    page = (ROOT / "docs/track_record.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith("| one province at a time"))
    told = [cell.strip() for cell in row.split("|")[2:5]]
    assert told == [f"{record.questions:,}", f"{record.relative_mae:.3f}", f"{record.coverage80:.1%}"]
