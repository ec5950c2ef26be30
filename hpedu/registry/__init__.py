"""Give what hpedu knows without data: targets, indicators, measures, territories, communes, tasks, errata."""

from hpedu.registry.load import load_registry
from hpedu.registry.models import Text
from hpedu.registry.registry import Registry

__all__ = ["Registry", "Text", "load_registry"]
