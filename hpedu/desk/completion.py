"""Complete the ids of options of the command in a shell."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from hpedu.texts import LANGUAGES


def complete_ids(kind: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what completes an option in a shell: the ids of a table of the registry, or codes of it."""

    def complete(_context: click.Context, _param: click.Parameter, begun: str) -> list[str]:
        from hpedu.registry import load_registry

        registry = load_registry()
        known: dict[str, Iterable[str]] = {
            "target": registry.targets,
            "group": registry.groups,
            "territory": registry.reported_territories(),
            "department": registry.departments,
            "state": registry.codes_of("state"),
            "language": LANGUAGES,
        }
        return [name for name in known[kind] if name.startswith(begun)]

    return complete
