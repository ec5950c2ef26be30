"""Fit pages for the site that `make docs` builds: those above docs come in, links to code name the file."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
ABOVE = {
    "README.md": "index.md",
    "README.vi.md": "vi.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
LINK = re.compile(r"(!?)\[((?:[^\]`]|`[^`]*`)*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that stand above docs."""
    for source, page in ABOVE.items():
        content = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Let each link lead to a page of the site, or name the file that it leads to."""
    homes = {page: source for source, page in ABOVE.items()}
    home = PurePosixPath(homes.get(page.file.src_uri, f"docs/{page.file.src_uri}")).parent
    own = PurePosixPath(page.file.src_uri).parent

    def lead(match: re.Match[str]) -> str:
        mark, text, target, anchor = match.groups()
        if "://" in target:
            return match[0]
        path = (ROOT / home / target).resolve().relative_to(ROOT).as_posix()
        inside = ABOVE.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else "")
        if not inside or (ROOT / path).is_dir():
            return f"{text} (`{path}`)" if text.strip("`") != path else f"`{path}`"
        away = "../" * len(own.parts) + inside
        return f"{mark}[{text}]({away}{anchor or ''})"

    return LINK.sub(lead, markdown)
