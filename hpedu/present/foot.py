"""What the foot of a page says of its origin: sources, the cells behind each figure, what it was made from."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from typing import Any

from hpedu.present.numbers import format_date, school_year
from hpedu.present.picture import VEGALITE
from hpedu.present.wording import phrase
from hpedu.registry.models import Language


def describe_source(source: dict[str, str], language: Language) -> dict[str, str]:
    """A source as the footer names it. Only web addresses become links: a page must not carry other schemes."""
    text = {key: source.get(key) or "" for key in ("name", "publisher", "title", "confidence", "file", "digest")}
    address = source.get("url") or ""
    is_web = address.startswith(("https://", "http://"))
    date = format_date(source.get("published") or "", language)
    return text | {"url": address if is_web else "", "published": date}


def describe_origin(cells: list[str], sources: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The cells behind a figure, by file: `file`, `cells`, and the number of its `source` in the footer or 0."""
    numbers = {source.get("file"): number for number, source in enumerate(sources, start=1)}
    by_file: dict[str, list[str]] = {}
    for cell in cells:
        file, _, place = cell.partition("!")
        by_file.setdefault(file, []).append(place)
    return [
        {"file": file, "cells": ", ".join(places), "source": numbers.get(file, 0)}
        for file, places in by_file.items()
    ]


def describe_making(head: dict[str, Any]) -> list[tuple[str, str]]:
    """What the page was made from: parameters, the newest source, the digest of the inputs, versions."""
    language: Language = head["language"]
    say = partial(phrase, language=language)
    parameters = (head["group"], head["territory"], school_year(head["year"], language), language)
    newest = max((source.get("published") or "" for source in head["sources"]), default="")
    versions = (f"hpedu {version('hpedu')}", f"Vega-Lite {VEGALITE}", f"vl-convert {version('vl-convert-python')}")
    facts = [
        (say("parameters"), " · ".join(parameters)),
        (say("newest_source"), format_date(newest, language)),
        (say("inputs_digest"), head["inputs_digest"]),
        (say("versions"), ", ".join(versions)),
    ]
    return [(term, text) for term, text in facts if text]
