"""Find out once for all its pages where the targets of a territory stand; kept in the cache, by the tables.

Nothing heavy is imported here: where nothing has changed, a batch asks for no more than digests.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from hpedu.cache import find_cache, recall

if TYPE_CHECKING:
    import polars as pl

    from hpedu.assess.standing import Standing

PREFIX = "standings/"


def recall_rows(tables: str, territory: str, year: int, horizon: int) -> dict[str, list[Any]]:
    """Return digest and fields of each standing, by `standings/YEAR/HORIZON/TERRITORY/TARGET`.

    Parameters
    ----------
    tables
        The digest of the tables as they are now (`hpedu.digest.Prepared`).
    """
    made_from = [PREFIX, tables, territory, year, horizon]
    rows: dict[str, list[Any]] = json.loads(recall(made_from, lambda: _assess(territory, year, horizon)))
    return rows


def recall_standings(territory: str, year: int, horizon: int) -> list[Standing]:
    """Return where all targets stand by all that is known, as `hpedu.assess.standing.assess_targets` does."""
    from hpedu import store
    from hpedu.assess.standing import Standing
    from hpedu.registry import load_registry

    targets = load_registry().targets
    rows = [row for _, row in recall_rows(store.digest_tables(), territory, year, horizon).values()]
    return [
        Standing(**row | {"target": targets[row["target"]], "projection": tuple(row["projection"])})
        for row in rows
    ]


def recall_made(name: str, arguments: Sequence[object], make: Callable[[], str]) -> str:
    """Return what `make` makes of nothing but `arguments` and the registry; kept by them, code and versions."""
    from hpedu import store

    return make() if find_cache() is None else recall([name, store.digest_making(), arguments], make)


def recall_frame(
    name: str, arguments: Sequence[object], make: Callable[[], pl.DataFrame], schema: Mapping[str, Any]
) -> pl.DataFrame:
    """Return the frame that `make` makes, kept as of `recall_made`."""
    import polars as pl

    rows = json.loads(recall_made(name, arguments, lambda: json.dumps(make().rows())))
    return pl.DataFrame(rows, schema=schema, orient="row")


def _assess(territory: str, year: int, horizon: int) -> str:
    # polars, the registry and the statistics come with these: only where something has changed.
    from hpedu import store
    from hpedu.assess.standing import assess_targets, digest_standings
    from hpedu.registry import load_registry

    registry = load_registry()
    if territory not in registry.reported_territories():
        return "{}"
    standings = assess_targets(store.territory_values(territory), registry, territory, year, horizon=horizon)
    digests = digest_standings(standings, year, horizon)
    rows = [
        {field.name: getattr(one, field.name) for field in fields(one)} | {"target": one.target.id}
        for one in standings
    ]
    return json.dumps({part: [digest, row] for (part, digest), row in zip(digests.items(), rows, strict=True)})
