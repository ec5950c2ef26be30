# The public names of hpedu, each with the module it lives in, for type checkers and for __init__.py.

from hpedu.ingest.propose import read as read
from hpedu.outlook import judge as judge
from hpedu.outlook import project as project
from hpedu.present.commune import CommuneReport as CommuneReport
from hpedu.present.report import Report as Report
from hpedu.present.report import list_targets as list_targets
from hpedu.present.review.contents import Review as Review
from hpedu.present.review.edition import write_review as write_review
from hpedu.store import findings as findings
from hpedu.store import indicator_values as indicator_values
from hpedu.store import issues as issues
from hpedu.store import newest_year as newest_year
from hpedu.store import observations as observations
from hpedu.store import revisions as revisions
from hpedu.store import schools as schools
from hpedu.store import to_pandas as to_pandas

__version__: str
