"""Carry series of any place forward, judge targets, measure paces, merge parts and project enrolment.

Every function takes tables and returns one. What is wrong with any of them is said in one `SeriesError`.
"""

from hpedu.outlook.enrolment import project_enrolment
from hpedu.outlook.intake import SeriesError
from hpedu.outlook.judgement import judge
from hpedu.outlook.levels import project_levels
from hpedu.outlook.merging import merge_parts
from hpedu.outlook.method import TrackRecord, read_track_record
from hpedu.outlook.open_sdg import combine_progress, measure_progress
from hpedu.outlook.pace import measure_pace
from hpedu.outlook.projection import project
from hpedu.outlook.revisions import revisions

__all__ = [
    "SeriesError",
    "TrackRecord",
    "combine_progress",
    "judge",
    "measure_pace",
    "measure_progress",
    "merge_parts",
    "project",
    "project_enrolment",
    "project_levels",
    "read_track_record",
    "revisions",
]
