"""Put notebooks and published tables into the wheel: at the top in a clone, in the package under `hpedu/`.

All else about the package is in pyproject.toml.
"""

from __future__ import annotations

import json
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithShipped(build_py):
    """A build of the package that adds what `hpedu demo` and `hpedu init` hand out."""

    def run(self) -> None:
        super().run()
        # An editable installation runs from the clone, where the notebooks are.
        if not self.editable_mode:
            for source, target in self._pair_shipped():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target)

    def get_source_files(self) -> list[str]:
        return [*super().get_source_files(), *(source for source, _ in self._pair_shipped())]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *(target for _, target in self._pair_shipped())]

    def _pair_shipped(self) -> list[tuple[str, str]]:
        package = Path("data/raw/datapackage.json")
        entries = json.loads(package.read_text(encoding="utf-8"))["resources"]
        # Forms and school lists of an office have no entry, and go nowhere.
        files = [package, *(package.parent / entry["path"] for entry in entries)]
        files += sorted(Path("notebooks").glob("*.ipynb"))
        built = Path(self.build_lib) / "hpedu"
        return [(str(path), str(built / path)) for path in files]


setup(cmdclass={"build_py": BuildWithShipped})
