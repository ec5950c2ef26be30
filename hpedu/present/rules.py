"""How targets are judged, in plain words, with the numbers the rules really use."""

from __future__ import annotations

from hpedu.outlook.judgement import LIKELY, STALE_YEARS, UNLIKELY
from hpedu.outlook.method import METHOD
from hpedu.present.wording import phrase
from hpedu.registry import Language


def explain_rules(language: Language) -> list[str]:
    """A sentence or two for each rule: state, projection, verdict, pace, merger, years."""
    return [
        phrase("rule_state", language, least=METHOD.least_points, stale=STALE_YEARS),
        phrase("rule_projection", language),
        phrase("rule_verdict", language, likely=round(LIKELY * 100), unlikely=round(UNLIKELY * 100)),
        phrase("rule_pace", language),
        phrase("rule_merger", language),
        phrase("rule_year", language),
    ]
