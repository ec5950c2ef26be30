"""Names of pages that others lead to."""

from __future__ import annotations


def name_index(language: str) -> str:
    """The file of the index in a language: the Vietnamese one is what opens first."""
    return "index.html" if language == "vi" else f"index.{language}.html"
