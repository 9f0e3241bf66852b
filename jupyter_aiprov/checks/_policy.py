"""Which checks are asked, how much each weighs, for which paths."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path, PurePath
from typing import Any

from jupyter_aiprov.checks._check import SEVERITIES, Finding, Severity
from jupyter_aiprov.errors import UsageError

# Readings of what different readers insist on; a file in the same form can be named instead.
POLICIES: Mapping[str, Mapping[str, Any]] = {
    "default": {"about": "every check with its own weight"},
    "inserm": {
        "about": "the ten recommendations: purpose, named models, human checks and labelled data must be there",
        "severity": {"AIP103": "error", "AIP105": "error", "AIP107": "error", "AIP108": "error", "AIP404": "warning"},
    },
    "journal": {
        "about": "what is to be handed in with an article: section, purpose, responsible person, named versions",
        "severity": {"AIP102": "error", "AIP103": "error", "AIP104": "error", "AIP105": "error", "AIP201": "error"},
    },
    "draft": {
        "about": "work in progress: what is missing for publication is left out",
        "ignore": ["AIP102", "AIP103", "AIP104", "AIP107", "AIP205"],
    },
    "integrity": {"about": "records and privacy only", "select": ["AIP100", "AIP3", "AIP4"]},
}


@dataclass(frozen=True)
class Policy:
    """Selected and ignored codes (or their beginnings), severities by code, ignored codes by path pattern."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    per_path: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def wants(self, code: str, path: str) -> bool:
        """True when this check is asked of this file; the longer beginning wins."""
        ignored = [c for pattern, codes in self.per_path.items() if _is_at(path, pattern) for c in codes]
        if any(code.startswith(c) for c in ignored):
            return False
        chosen = max((len(c) for c in self.select if code.startswith(c)), default=0 if not self.select else -1)
        left = max((len(c) for c in self.ignore if code.startswith(c)), default=-1)
        return chosen > left if left >= 0 else chosen >= 0

    def weighed(self, finding: Finding) -> Finding:
        """The finding with this policy's severity."""
        level = self.severity.get(finding.code)
        return replace(finding, severity=level) if level else finding

    def narrowed(self, select: Sequence[str], ignore: Sequence[str]) -> Policy:
        """With what the command line selects and ignores."""
        return replace(self, select=tuple(select) or self.select, ignore=(*self.ignore, *ignore))


def named(name: str) -> Policy:
    """A policy by its name, or from a JSON file in the same form."""
    if name in POLICIES:
        return _policy(name, POLICIES[name])
    path = Path(name)
    if not path.is_file():
        known = ", ".join(POLICIES)
        raise UsageError(
            f"no policy {name!r}", hint=f"one of {known}, or a JSON file with select, ignore, severity, per_path"
        )
    try:
        return _policy(name, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise UsageError(f"{name}: not a policy: {error}") from None


def _policy(name: str, said: Any) -> Policy:
    if not isinstance(said, Mapping):
        raise UsageError(f"{name}: not a policy: no JSON object")
    unknown = set(said) - {"about", "select", "ignore", "severity", "per_path"}
    levels = said.get("severity") or {}
    if unknown or not isinstance(levels, Mapping) or not all(v in SEVERITIES for v in levels.values()):
        what = ", ".join(sorted(unknown)) or "severity is one of " + ", ".join(SEVERITIES)
        raise UsageError(f"{name}: not a policy: {what}", hint="keys: select, ignore, severity, per_path")
    per_path = said.get("per_path") or {}
    return Policy(
        select=tuple(map(str, said.get("select") or ())),
        ignore=tuple(map(str, said.get("ignore") or ())),
        severity=dict(levels),
        per_path={str(k): tuple(map(str, v)) for k, v in per_path.items()} if isinstance(per_path, Mapping) else {},
    )


def _is_at(path: str, pattern: str) -> bool:
    return fnmatch(PurePath(path).as_posix(), pattern) or fnmatch(PurePath(path).name, pattern)
