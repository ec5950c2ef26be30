"""How targets are judged, in plain words, with the numbers the rules really use."""

from __future__ import annotations

from hpedu.outlook.judgement import LIKELY, STALE_YEARS, UNLIKELY
from hpedu.outlook.method import METHOD
from hpedu.outlook.record import read_track_record
from hpedu.present.numbers import format_number
from hpedu.present.wording import phrase
from hpedu.registry import Language


def explain_rules(language: Language) -> list[str]:
    """A sentence or two for each rule: state, projection, verdict, pace, merger, years."""
    return [
        phrase("rule_state", language, least=METHOD.least_points, stale=STALE_YEARS),
        phrase("rule_projection", language),
        phrase("rule_verdict", language, likely=round(LIKELY * 100), unlikely=round(UNLIKELY * 100)),
        _say_record(language),
        phrase("rule_pace", language),
        phrase("rule_merger", language),
        phrase("rule_year", language),
    ]


def _say_record(language: Language) -> str:
    record = read_track_record()
    return phrase(
        "rule_record",
        language,
        questions=format_number(record.questions, 0, language),
        held=round(record.coverage80 * 10),
        likely=round(record.likely_met_share * 100),
        unlikely=round(record.unlikely_met_share * 100),
    )
