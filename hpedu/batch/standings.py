"""Where targets stand, as a part of what a page is made from: known by a digest, not read from a table.

How far one can move in a year is learnt from every series of a territory. A page stands or falls with what came of
it for its own targets: a new figure on universities may leave every standing of the preschools as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from hpedu.files import write_whole
from hpedu.paths import Project
from hpedu.tables.record import Prepared

NAME = "standings.json"
PREFIX = "standings/"


@dataclass
class Standings:
    """Digests of standings, part by part, for the tables and the library as they are now."""

    project: Project
    made_from: str
    parts: dict[str, str] = field(default_factory=dict)
    changed: bool = False

    def digest_of(self, part: str) -> str:
        """The digest of `standings/YEAR/HORIZON/TERRITORY/TARGET`; all of its like are assessed if need be."""
        if part not in self.parts:
            _, year, horizon, territory, _ = part.split("/")
            self.add(_assess(int(year), int(horizon), territory))
        return self.parts.get(part, "")

    def add(self, parts: Mapping[str, str]) -> None:
        """Take over what a notebook has assessed already."""
        new = {part: digest for part, digest in parts.items() if part.startswith(PREFIX)}
        self.changed |= bool(new.keys() - self.parts.keys())
        self.parts |= new

    def keep(self) -> None:
        """Keep the digests for the next batch."""
        if self.changed:
            content = {"made_from": self.made_from, "parts": self.parts}
            write_whole(self.project.processed / NAME, json.dumps(content, indent=0, sort_keys=True).encode())
            self.changed = False


def read_standings(project: Project, prepared: Prepared, library: str) -> Standings:
    """The digests kept by an earlier batch, if neither the tables nor the library have changed since."""
    standings = Standings(project, f"{prepared.digest}/{library}")
    path = project.processed / NAME
    if path.exists():
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["made_from"] == standings.made_from:
            standings.parts = content["parts"]
    return standings


def _assess(year: int, horizon: int, territory: str) -> dict[str, str]:
    from hpedu import data  # polars, the registry and the statistics: only where something has changed
    from hpedu.outlook import assess_targets, digest_standings
    from hpedu.registry import registry

    book = registry()
    if territory not in book.reported_territories():
        return {}
    values = data.territory_values(territory)
    return digest_standings(assess_targets(values, book, territory, year, horizon=horizon), year, horizon)
