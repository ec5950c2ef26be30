"""`make backtest`: how hpedu's projections would have done. Writes build/backtest.json, docs/track_record.md, its
chart, and hpedu/outlook/track_record.toml, which the reports quote."""

from __future__ import annotations

import json
from typing import Any

from tests.backtest.outside import SETTINGS as OUTSIDE
from tests.backtest.outside import answer_outside, load_outside
from tests.backtest.page import draw_reliability, write_page, write_quote
from tests.backtest.panel import load_panel
from tests.backtest.run import SETTINGS, answer
from tests.backtest.score import bar, compare_rivals, score, score_by, score_chances, score_ranges
from tests.conftest import ROOT

HEADLINE = "together"
BARS = ("relative_mae", "coverage80", "coverage95", "likely_met_share")


def main() -> None:
    panel = load_panel()
    settings: dict[str, Any] = {}
    for setting in SETTINGS:
        answers = answer(panel, "held_out", setting, rivals=setting == HEADLINE)
        settings[setting] = score(answers) | {
            "bars": {what: bar(answers, what) for what in BARS},
            **{f"by_{name}": score_by(answers, name) for name in ("group", "period", "ahead", "history")},
        }
        if setting == HEADLINE:
            rivals = compare_rivals(answers)
            draw_reliability(answers, ROOT / "docs/pictures/reliability.svg")
        if setting == "one_city":
            quoted = score(answers) | score_chances(answers)
    foreign = load_outside()
    outside = {setting: score_ranges(answer_outside(foreign, setting)) for setting in OUTSIDE}
    figures = {
        "setting": HEADLINE,
        **settings[HEADLINE],
        "rivals": rivals,
        "settings": settings,
        "outside": outside,
    }
    (ROOT / "build").mkdir(exist_ok=True)
    text = json.dumps(figures, indent=1, ensure_ascii=False).replace("NaN", "null")
    (ROOT / "build/backtest.json").write_text(text + "\n", encoding="utf-8")
    write_page(figures, ROOT / "docs/track_record.md")
    write_quote(quoted, ROOT / "hpedu/outlook/track_record.toml")
    for name in ("relative_mae", "coverage80", "coverage95", "brier", "calibration_error", "likely_met_share"):
        print(f"{name:20}", *(f"{setting} {settings[setting][name]:.3f}  " for setting in SETTINGS))
    for setting, row in outside.items():
        print(f"outside, {setting}", *(f"{name} {row[name]:.3f}" for name in ("coverage80", "coverage95")))


if __name__ == "__main__":
    main()
