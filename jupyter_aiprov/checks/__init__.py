"""Rules that a record is held against: AIP1xx disclosure, 2xx reproducibility, 3xx integrity, 4xx privacy.

Every public module here is a family; every `Check` in it is a rule. Further ones come through the
entry point `jupyter_aiprov.checks` (a module or a class). No check reads a file or a journal's texts.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from jupyter_aiprov.checks._check import SEVERITIES, Check, Document, Finding, Place, Severity
from jupyter_aiprov.checks._policy import Policy, named

__all__ = ["SEVERITIES", "Check", "Document", "Finding", "Place", "Policy", "Severity", "findings", "named", "registry"]


@cache
def registry() -> dict[str, Check]:
    """Code -> check, in order of codes."""
    found: dict[str, Check] = {}
    for info in pkgutil.iter_modules(__path__, __name__ + "."):
        if not info.name.rpartition(".")[2].startswith("_"):
            found |= _checks_in(importlib.import_module(info.name))
    for point in entry_points(group="jupyter_aiprov.checks"):
        loaded: Any = point.load()
        found |= {loaded.__name__: loaded()} if isinstance(loaded, type) else _checks_in(loaded)
    return dict(sorted(found.items()))


def _checks_in(module: Any) -> dict[str, Check]:
    classes = [c for c in vars(module).values() if isinstance(c, type) and issubclass(c, Check) and c is not Check]
    return {c.code(): c() for c in classes if c.__module__ == module.__name__}


def findings(document: Document, policy: Policy) -> list[Finding]:
    """What the selected checks find, with the policy's severities, in the order of the document."""
    out: list[Finding] = []
    for code, check in registry().items():
        if policy.wants(code, document.path):
            out += [policy.weighed(finding) for finding in check.findings(document)]
    return sorted(dict.fromkeys(out), key=lambda f: (f.cell or 0, f.code))
