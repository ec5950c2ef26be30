"""hpedu tells a city whether its schools will reach their goals.

Four words hold it together: an *observation* is one published figure, an *indicator* is computed from
observations, a *target* is what a plan wants of an indicator, the *outlook* says whether it will be met.

What a notebook may use is listed in `__init__.pyi`. A name is loaded when it is first asked for, so that
`hpedu --help` does not wait for the chart library.
"""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any


def _read_homes() -> dict[str, str]:
    """Read which module each public name lives in."""
    stub = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [line for line in stub.body if isinstance(line, ast.ImportFrom)]
    return {name.name: line.module or "" for line in imports for name in line.names}


_HOMES = _read_homes()
__all__ = sorted(_HOMES)


def __dir__() -> list[str]:
    """List the public names, for the Tab key."""
    return __all__


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for; the version is that of what is installed."""
    if name == "__version__":
        return import_module("importlib.metadata").version("hpedu")
    if name not in _HOMES:
        raise AttributeError(f"module 'hpedu' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


class _LateGrammar(ModuleType):
    """A stand-in for `rfc3987_syntax`, which takes a second to build its grammar when it is imported.

    jsonschema, which altair and nbformat bring, imports it for web addresses with letters of all scripts: nothing
    here asks for one. Who does gets the real one.
    """

    @staticmethod
    def is_valid_syntax(*words: str) -> bool:
        """Ask the real one, loaded now."""
        del sys.modules["rfc3987_syntax"]
        valid: bool = import_module("rfc3987_syntax").is_valid_syntax(*words)
        return valid


sys.modules.setdefault("rfc3987_syntax", _LateGrammar("rfc3987_syntax"))

# In a notebook, charts of the analyst's own are drawn as those of the reports are.
if "IPython" in sys.modules:
    import_module("hpedu.desk.notebook").set_up()
