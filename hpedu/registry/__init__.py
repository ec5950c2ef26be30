"""Give what hpedu knows without data: targets, indicators, measures, territories, communes, tasks, errata."""

from hpedu.registry.load import load_registry
from hpedu.registry.registry import Registry
from hpedu.registry.row import Text

__all__ = ["Registry", "Text", "load_registry"]
