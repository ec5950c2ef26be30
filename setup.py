"""Put the notebooks into the wheel: in a clone they are at the top, in the package they are `hpedu/notebooks`.

All else about the package is in pyproject.toml.
"""

from __future__ import annotations

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithNotebooks(build_py):
    """A build of the package that adds the notebooks `hpedu demo` hands out."""

    def run(self) -> None:
        super().run()
        # An editable installation runs from the clone, where the notebooks are.
        if not self.editable_mode:
            for source, target in self._pair_notebooks():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target)

    def get_source_files(self) -> list[str]:
        return [*super().get_source_files(), *(source for source, _ in self._pair_notebooks())]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *(target for _, target in self._pair_notebooks())]

    def _pair_notebooks(self) -> list[tuple[str, str]]:
        built = Path(self.build_lib) / "hpedu" / "notebooks"
        return [(str(path), str(built / path.name)) for path in sorted(Path("notebooks").glob("*.ipynb"))]


setup(cmdclass={"build_py": BuildWithNotebooks})
