"""What the back-test found of ranges and words like those of a report; `make backtest` rewrites the file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class TrackRecord:
    """One province at a time, held-out provinces (docs/track_record.md). Shares are of 1."""

    questions: int
    relative_mae: float  # error over that of "no change"
    coverage80: float  # later values inside the 80% range
    coverage95: float
    likely_calls: int
    likely_met_share: float
    unlikely_calls: int
    unlikely_met_share: float
    calibration_error: float


@cache
def read_track_record() -> TrackRecord:
    text = files("hpedu.outlook").joinpath("track_record.toml").read_text(encoding="utf-8")
    return TrackRecord(**tomllib.loads(text))
