"""What a request is, decided by the request alone, and what its exchange says.

A dialect is one file here, or one function of another package behind the entry point group
`jupyter_aiprov.readers`, declared with `@reads(host=…, path=…)`; nothing else has to know of it.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import entry_points

from jupyter_aiprov.model import Request
from jupyter_aiprov.readers import _generic
from jupyter_aiprov.readers._registry import Reader, Registry, Rule, reads, rules_of

__all__ = ["Reader", "failures", "load", "reads", "recognise"]

GROUP = "jupyter_aiprov.readers"
# everything that importing or declaring can go wrong with in somebody else's package
_BROKEN = (
    ImportError,
    SyntaxError,
    NameError,
    AttributeError,
    TypeError,
    ValueError,
    LookupError,
    OSError,
    RuntimeError,
    AssertionError,
    ArithmeticError,
)
_log = logging.getLogger(__name__)


def recognise(request: Request, hosts: Sequence[str] = ()) -> Reader | None:
    """The reader for a request, or None for ordinary web traffic; `hosts` are the user's own AI hosts."""
    return _registry()[0].recognise(request, hosts)


def load() -> tuple[str, ...]:
    """Load all readers now, so that no request waits for them; what could not be loaded, and why."""
    return failures()


def failures() -> tuple[str, ...]:
    """Plug-in readers that were skipped, each with its reason."""
    return _registry()[1]


@cache
def _registry() -> tuple[Registry, tuple[str, ...]]:
    failed: list[str] = []
    rules = [*_plugged_in(failed), *_built_in()]
    return Registry(rules, _generic.fallback), tuple(failed)


def _built_in() -> Iterator[Rule]:
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            yield from rules_of(importlib.import_module(f"{__name__}.{module.name}"))


def _plugged_in(failed: list[str]) -> Iterator[Rule]:
    for point in entry_points(group=GROUP):
        try:
            yield from tuple(rules_of(point.load()))
        except _BROKEN as error:
            failed.append(f"{point.name} ({point.value}): {type(error).__name__}: {error}")
            _log.warning("reader %s was not loaded: %s", point.name, failed[-1])
