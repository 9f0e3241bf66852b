"""Exporters: one small module per format with `NAME`, `EXTENSION` and `export(provenance, **options)`.

Built-ins are found in this folder, others through the entry point group `jupyter_aiprov.exporters`.
"""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points
from types import ModuleType

__all__ = ["available"]


def available() -> dict[str, ModuleType]:
    """Name of the format -> module; a plugged-in one of the same name replaces ours."""
    found: dict[str, ModuleType] = {}
    for info in pkgutil.iter_modules(__path__):
        if not info.ispkg and not info.name.startswith("_"):
            module = importlib.import_module(f"{__name__}.{info.name}")
            found[module.NAME] = module
    for point in entry_points(group="jupyter_aiprov.exporters"):
        found[point.name] = point.load()
    return found
