"""Nothing of the machine that made a report stands in it."""

from __future__ import annotations

import getpass
import re
import socket

from hpedu.batch.build import Batch
from hpedu.folders import Project


def test_no_page_names_a_path_a_user_or_a_host(site: tuple[Project, Batch]) -> None:
    project, _ = site
    host, user = re.escape(socket.gethostname()), re.escape(getpass.getuser())
    telling = re.compile(
        rf"{re.escape(str(project.root))}|file://|\b{host}\b|/(?:home|root|tmp|Users)/|\b{user}@|/{user}/|ipykernel"
    )
    pages = sorted(project.reports.rglob("*.html"))
    assert len(pages) > 12
    found = [
        f"{page.name}: {match[0]}"
        for page in pages
        for match in telling.finditer(page.read_text(encoding="utf-8"))
    ]
    assert found == []
