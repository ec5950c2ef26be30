"""Hold what a report on the city and one on a commune have in common: language, names, tables, sources."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from hpedu.errors import UnknownName, check_language
from hpedu.folders import PAGES_VARIABLE, find_project
from hpedu.ingest.schema import Resource
from hpedu.present.page.blocks import Prose
from hpedu.registry import load_registry
from hpedu.registry.models import Indicator
from hpedu.texts import format_number, read_texts, remember_language, say, school_year


def is_made(place: str) -> bool:
    """Return whether a page under reports/ is there, or the batch under way makes it; without a batch, it may."""
    made = os.environ.get(PAGES_VARIABLE)
    return made is None or place in made.split() or (find_project().reports / place).exists()


def _find_common(names: Sequence[Sequence[str]]) -> list[str]:
    """Return the words that all names begin with."""
    return [words[0] for words in takewhile(lambda words: len(set(words)) == 1, zip(*names, strict=False))]


class BaseReport:
    """A report in one language, on one place, up to one school year; its subclass sets the place and the year.

    Raises `UnknownName` for a language that hpedu does not speak.
    """

    notebook: str  # the one whose texts `say` and `text` know by name
    territory: str  # id of a territory or commune
    year: int  # in which the school year reported on starts

    def __init__(self, language: str) -> None:
        self.registry = load_registry()
        self.language = check_language(language)
        remember_language(self.language)

    def school_year(self, year: int) -> str:
        """Name the school year that starts in `year` in the page's language."""
        return school_year(year, self.language)

    def indicator(self, name: str) -> Indicator:
        """Return the row of an indicator in the registry."""
        return self.registry.indicators[name]

    def text(self, key: str = "", *, vi: str = "", en: str = "", **values: object) -> str:
        """Return a text of this notebook (`hpedu/texts/notebooks`), or one given here, with values filled in.

        Raises `UnknownName` if there is no text of that name.
        """
        given = {"vi": vi or en, "en": en or vi}[self.language]
        template = given or self._find_text(key)
        return template.format(**{name: self._spell(value) for name, value in values.items()})

    def say(self, key: str = "", *, vi: str = "", en: str = "", **values: object) -> Prose:
        """Write a paragraph: `text` as it stands in the notebook and on its page."""
        return Prose(self.text(key, vi=vi, en=en, **values))

    def _find_text(self, key: str) -> str:
        """Return a text of this notebook, or one that several have in common."""
        texts = read_texts()
        places = (f"{self.notebook}.", "page.")
        for place in places:
            if place + key in texts:
                return texts[place + key][self.language]
        raise UnknownName("text", key, [name.partition(".")[2] for name in texts if name.startswith(places)])

    def _spell(self, value: object) -> object:
        """Return a value as a text takes it."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return value
        return self._write(value, 0 if isinstance(value, int) else 1)

    def _say(self, key: str, **values: object) -> str:
        return say(key, self.language, **values)

    def _write(self, value: float | None, decimals: int = 0) -> str:
        return format_number(value, decimals, self.language)

    def _name_group(self, group: str) -> str:
        return self.registry.groups[group].name.get(self.language)

    def _name_indicator(self, name: str) -> str:
        return self.indicator(name).name.get(self.language)

    def _tell_apart(self, indicators: Sequence[str]) -> tuple[dict[str, str], str]:
        """Return what tells indicators apart, by id: their levels, or words; and what all of them measure."""
        names = {name: self._name_indicator(name) for name in indicators}
        start = _find_common([name.split() for name in names.values()])
        left = {name: words.split()[len(start) :] for name, words in names.items()}
        end = _find_common([words[::-1] for words in left.values()])[::-1]
        left = {name: words[: len(words) - len(end)] for name, words in left.items()}
        # What begins or ends with such a word is no name of its own.
        joining = set(self._say("joining_words").split())
        levels = {name: self.registry.name("level", self.indicator(name).level, self.language) for name in names}
        labels = {name: " ".join(words) for name, words in left.items()}
        # "Projected population aged …": what the names go on with stands in the key.
        open_ended = start and (end or start[-1] in joining)
        measure = " ".join([*start, "…", *end] if open_ended else start or end).rstrip(",")
        if len(set(levels.values())) == len(names) > 1:
            told = all(label.lower() in levels[name].lower() for name, label in labels.items())
            labels = levels
        else:
            # A word of Vietnamese has two syllables as a rule: what is common has to be more than one.
            told = len(start) > 1 and all(left.values())
            told = told and joining.isdisjoint(words[at] for words in left.values() for at in (0, -1))
        if not told:
            return names, "" if len(names) > 1 else names[indicators[0]]
        told_apart = {name: label[:1].upper() + label[1:] for name, label in labels.items()}
        return told_apart, measure[:1].upper() + measure[1:]

    def list_sources(
        self, resources: Iterable[Resource], digests: Mapping[str, str] | None = None
    ) -> list[dict[str, str]]:
        """List sources as the head of a page names them; `digests` are those of the files, by path under data."""
        return [
            {
                "name": resource.name,
                "publisher": self.registry.name_publisher(resource.publisher, self.language),
                "title": resource.title_in(self.language),
                "url": resource.url,
                "published": resource.published,
                "confidence": self._say(f"confidence_{resource.confidence}"),
                "file": resource.path,
                "digest": (digests or {}).get(f"raw/{resource.path}", ""),
            }
            for resource in resources
        ]
