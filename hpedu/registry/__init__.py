"""What hpedu knows without any data: targets, indicators, measures, territories, communes, tasks, errata."""

from hpedu.registry.load import load_registry
from hpedu.registry.models import LANGUAGES, Language, Registry, Text

__all__ = ["LANGUAGES", "Language", "Registry", "Text", "load_registry"]
