"""Make a forkserver warm: `multiprocessing` imports this module there by its name, and nobody else does."""

from hpedu.batch.warm import load

load()
