"""`make backtest`: how hpedu's projections would have done. Writes build/backtest.json, docs/track_record.md, its
chart, and hpedu/outlook/track_record.toml, which the reports quote."""

from __future__ import annotations

import json
from typing import Any

from tests.backtest.outside import SETTINGS as OUTSIDE
from tests.backtest.outside import answer_outside, load_outside
from tests.backtest.page import draw_reliability, write_page, write_quote
from tests.backtest.panel import load_counts, load_panel
from tests.backtest.pupils import answer_pupils, score_pupils
from tests.backtest.questions import TEST
from tests.backtest.run import SETTINGS, answer
from tests.backtest.score import bar, compare, compare_rivals, score, score_by, score_ranges
from tests.conftest import ROOT

HEADLINE, ALONE = "background", "one_city"
BARS = ("relative_mae", "coverage80", "coverage95", "likely_met_share")


def main() -> None:
    panel = load_panel()
    answers = {name: answer(panel, "held_out", name, TEST, rivals=name == HEADLINE) for name in SETTINGS}
    settings: dict[str, Any] = {
        name: score(found)
        | {
            "bars": {what: bar(found, what) for what in BARS},
            **{f"by_{column}": score_by(found, column) for column in ("group", "ahead", "history")},
            "group_bars": {
                str(group): bar(part, "relative_mae")
                for (group,), part in found.sort("group").group_by("group", maintain_order=True)
            },
        }
        for name, found in answers.items()
    }
    draw_reliability(answers[HEADLINE], ROOT / "docs/pictures/reliability.svg")
    counts = load_counts()
    counted = {name: answer(counts, "held_out", name, TEST) for name in (HEADLINE, ALONE)}
    foreign = load_outside()
    figures = {
        "setting": HEADLINE,
        "settings": settings,
        "paired": compare(answers[HEADLINE], answers[ALONE]),
        "rivals": compare_rivals(answers[HEADLINE]),
        "counts": {name: score_by(found, "group") for name, found in counted.items()},
        "pupils": score_pupils(answer_pupils()),
        "outside": {name: score_ranges(answer_outside(foreign, name)) for name in OUTSIDE},
    }
    (ROOT / "build").mkdir(exist_ok=True)
    text = json.dumps(figures, indent=1, ensure_ascii=False).replace("NaN", "null")
    (ROOT / "build/backtest.json").write_text(text + "\n", encoding="utf-8")
    write_page(figures, ROOT / "docs/track_record.md")
    write_quote(
        {"alone": settings[ALONE], "company": settings[HEADLINE]}, ROOT / "hpedu/outlook/track_record.toml"
    )
    for name in ("relative_mae", "coverage80", "coverage95", "brier", "calibration_error", "likely_met_share"):
        print(f"{name:20}", *(f"{setting} {settings[setting][name]:.3f}  " for setting in SETTINGS))
    print("with background over without", figures["paired"])


if __name__ == "__main__":
    main()
