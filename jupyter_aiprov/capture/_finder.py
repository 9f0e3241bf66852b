"""Runs our hooks right after the user imports a module; imports nothing itself.

Modules that are there already are hooked at once. A reload runs the hooks again.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType, TracebackType

Hook = Callable[[ModuleType], None]


class Finder(MetaPathFinder):
    """Stands first on `sys.meta_path`, finds nothing itself, and adds a step to what others find.

    `wanted` names modules; a name ending in `.*` stands for everything below.
    """

    def __init__(self, wanted: Sequence[str], hook: Hook) -> None:
        self._hook = hook
        self._looking = threading.local()
        self.want(wanted)

    def want(self, wanted: Sequence[str]) -> None:
        """Wait for these modules from now on."""
        self._exact = frozenset(name for name in wanted if not name.endswith(".*"))
        self._below = tuple(name[:-1] for name in wanted if name.endswith(".*"))

    def __enter__(self) -> Finder:
        sys.meta_path.insert(0, self)
        for module in self.present():
            self._hook(module)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def present(self) -> list[ModuleType]:
        """The wanted modules that are imported, in the order of their import."""
        found = [module for name, module in list(sys.modules.items()) if self._wants(name)]
        return [module for module in found if hasattr(module, "__name__") and not _importing(module)]

    def _wants(self, name: str) -> bool:
        return name in self._exact or name.startswith(self._below)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the other finders find, with our hook after the module's own code."""
        if not self._wants(fullname) or getattr(self._looking, "name", None) == fullname:
            return None
        self._looking.name = fullname  # other hooks ask every finder in their turn
        try:
            for finder in sys.meta_path:
                if finder is self or not hasattr(finder, "find_spec"):
                    continue
                spec = finder.find_spec(fullname, path, target)
                if spec is not None:
                    self._follow(spec)
                    return spec
        finally:
            self._looking.name = None
        return None

    def _follow(self, spec: ModuleSpec) -> None:
        loader, name = spec.loader, spec.name
        if loader is None or not hasattr(loader, "exec_module"):
            return
        execute = loader.exec_module
        before = vars(loader).get("exec_module")  # another of our finders, in the same process
        hook = self._hook

        def exec_module(module: ModuleType) -> None:
            __tracebackhide__ = True
            if module.__name__ != name:  # a loader shared by several modules, as of a zip file
                return execute(module)
            vars(loader).pop("exec_module", None)  # the loader is as it was before the user can look
            if before is not None:
                vars(loader)["exec_module"] = before
            execute(module)
            hook(module)
            return None

        try:
            loader.exec_module = exec_module  # type: ignore[method-assign]
        except (AttributeError, TypeError):  # a loader without room for it: hooked when next asked
            return


def _importing(module: ModuleType) -> bool:
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))
