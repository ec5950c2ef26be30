"""The chart forms of the reports: `trend` over years, `stacked` parts by year, `ranked` bars.

Each takes a tidy frame and returns a `Chart` that fits its container on a page and 640 pixels as a picture.
"""

from hpedu.present.charts.axes import Break, Goal, Route
from hpedu.present.charts.bars import ranked, stacked
from hpedu.present.charts.trend import trend

__all__ = ["Break", "Goal", "Route", "ranked", "stacked", "trend"]
