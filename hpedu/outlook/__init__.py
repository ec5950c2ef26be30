"""Indicator values -> where each target stands: its state, the gap, the pace there is and the pace it takes."""

from hpedu.outlook.standing import Standing, assess_targets

__all__ = ["Standing", "assess_targets"]
