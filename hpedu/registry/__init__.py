"""What hpedu knows without any data: targets, indicators, measures, territories, communes, tasks, errata."""

from hpedu.registry.load import Registry, registry
from hpedu.registry.models import LANGUAGES, Language, Text

__all__ = ["LANGUAGES", "Language", "Registry", "Text", "registry"]
