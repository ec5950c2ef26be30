# The public names of hpedu, each with the module it lives in, for type checkers and for __init__.py.

from hpedu.desk.explore import explore as explore
from hpedu.desk.tables import findings as findings
from hpedu.desk.tables import indicator_values as indicator_values
from hpedu.desk.tables import indicators as indicators
from hpedu.desk.tables import issues as issues
from hpedu.desk.tables import judge as judge
from hpedu.desk.tables import measures as measures
from hpedu.desk.tables import observations as observations
from hpedu.desk.tables import project as project
from hpedu.desk.tables import read as read
from hpedu.desk.tables import revisions as revisions
from hpedu.desk.tables import schools as schools
from hpedu.desk.tables import targets as targets
from hpedu.desk.tables import tasks as tasks
from hpedu.desk.tables import territories as territories
from hpedu.present.commune import CommuneReport as CommuneReport
from hpedu.present.report import Report as Report
from hpedu.present.review.contents import Review as Review
from hpedu.present.review.edition import write_review as write_review
from hpedu.store import newest_year as newest_year
from hpedu.store import to_pandas as to_pandas

__version__: str
