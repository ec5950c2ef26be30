# The public names of hpedu, each with the module it lives in, for type checkers and for __init__.py.

from hpedu.data import findings as findings
from hpedu.data import indicator_values as indicator_values
from hpedu.data import issues as issues
from hpedu.data import newest_year as newest_year
from hpedu.data import observations as observations
from hpedu.data import revisions as revisions
from hpedu.data import schools as schools
from hpedu.frames import to_pandas as to_pandas
from hpedu.ingest.check import read as read
from hpedu.outlook import judge as judge
from hpedu.outlook import project as project
from hpedu.present.commune import CommuneReport as CommuneReport
from hpedu.present.report import Report as Report
from hpedu.present.report import list_targets as list_targets

__version__: str
