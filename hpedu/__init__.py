"""hpedu tells a city whether its schools will reach their goals.

Four words hold it together: an *observation* is one published figure, an *indicator* is computed from
observations, a *target* is what a plan wants of an indicator, the *outlook* says whether it will be met.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpedu.data import findings, indicator_values, issues, newest_year, observations, revisions, schools
    from hpedu.frames import to_pandas
    from hpedu.ingest.check import read
    from hpedu.outlook import judge, project
    from hpedu.present.commune import CommuneReport
    from hpedu.present.report import Report, list_targets

__version__ = "0.1.0"
__all__ = [
    "CommuneReport",
    "Report",
    "findings",
    "indicator_values",
    "issues",
    "judge",
    "list_targets",
    "newest_year",
    "observations",
    "project",
    "read",
    "revisions",
    "schools",
    "to_pandas",
]

_HOMES = {
    "CommuneReport": "hpedu.present.commune",
    "Report": "hpedu.present.report",
    "list_targets": "hpedu.present.report",
    "findings": "hpedu.data",
    "indicator_values": "hpedu.data",
    "issues": "hpedu.data",
    "judge": "hpedu.outlook",
    "newest_year": "hpedu.data",
    "observations": "hpedu.data",
    "project": "hpedu.outlook",
    "read": "hpedu.ingest.check",
    "revisions": "hpedu.data",
    "schools": "hpedu.data",
    "to_pandas": "hpedu.frames",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: `hpedu --help` does not wait for the chart library."""
    if name not in _HOMES:
        raise AttributeError(f"module 'hpedu' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
