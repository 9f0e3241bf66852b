"""What one examination found: types and counts, what was done, what to tell; never a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from jupyter_aiprov._version import __version__

ENGINE: Final = "jupyter_aiprov"
SEVERITY: Final = {"none": 0, "warn": 1, "block": 2}


@dataclass(frozen=True)
class Finding:
    """How often a rule matched and what follows; `column` for values of declared columns."""

    type: str
    count: int
    action: str  # none | warn | block
    column: str | None = None
    candidate: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As `privacy_scan.findings` has it."""
        out: dict[str, Any] = {"type": self.type, "count": self.count}
        return {**out, "column": self.column} if self.column else out


@dataclass(frozen=True)
class Scan:
    """The outcome of one examination; `warning` is the text to show, once per cell."""

    findings: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()
    warning: str | None = None
    action: str = field(init=False, default="none")

    def __post_init__(self) -> None:
        actions = [f.action for f in self.findings]
        object.__setattr__(self, "action", max(actions, key=SEVERITY.__getitem__, default="none"))

    def of(self, action: str) -> tuple[Finding, ...]:
        """The findings with this action."""
        return tuple(f for f in self.findings if f.action == action)

    def to_dict(self) -> dict[str, Any]:
        """The record's `privacy_scan`."""
        if not (self.findings or self.unread):
            return {**_CLEAN, "findings": []}
        out: dict[str, Any] = {
            "engine": ENGINE,
            "version": __version__,
            "findings": [f.to_dict() for f in self.findings],
            "action": self.action,
        }
        return {**out, "unread": sorted(set(self.unread))} if self.unread else out


_CLEAN: Final = {"engine": ENGINE, "version": __version__, "findings": [], "action": "none"}  # in the record's order
