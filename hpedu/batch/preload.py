"""Make a forkserver warm: `multiprocessing` imports this module there by its name.

Importing it anywhere else, as a tool that walks through the package does, changes nothing.
"""

import sys

from hpedu.batch.warm import load

if any("multiprocessing.forkserver" in word for word in sys.orig_argv):
    load()
