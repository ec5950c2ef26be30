"""Be `hpedu fetch`: say what there is, or bring it in."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import click

from hpedu.console import SpokenCommand, refuse_together, spoken, tell
from hpedu.errors import Refused, check_name
from hpedu.texts import Message


@click.command(cls=SpokenCommand)
@click.argument("service")
@click.option("--list", "listed", is_flag=True)
@click.option("--dry-run", is_flag=True)
@click.option("--force", is_flag=True)
@click.option("--allow-gone", is_flag=True)
def fetch(service: str, listed: bool, **how: bool) -> None:
    """Bring published tables of SERVICE (nso, uis, worldbank or all) into data/raw; nothing else goes online."""
    refuse_together("--list", "--dry-run", "--force", "--allow-gone")
    if find_spec("httpx") is None:
        raise Refused("no_fetch")
    from hpedu.fetch.arrivals import Arrivals
    from hpedu.fetch.routes import load_services
    from hpedu.fetch.visitor import Visitor
    from hpedu.folders import find_project
    from hpedu.registry import load_registry

    services = load_services()
    check_name("service", service, [*services, "all"])
    chosen = [one for one in services.values() if service in (one.id, "all")]
    if listed:
        for name, table in ((one.id, table) for one in chosen for table in one.tables):
            tell("fetch_listed", name=name, file=table.file, title=table.name)
        return
    failed = Arrivals(find_project(), load_registry(), Visitor(_echo), _echo, **how).fetch(chosen)
    if failed:
        tell("fetch_not_all", err=True, count=failed)
        sys.exit(1)


def _echo(line: Message) -> None:
    click.echo(line.say(spoken()))
