"""The kinds of facts: plain values, each traceable to records. Nothing here is a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from jupyter_aiprov.exporters import _cards, _impact

# Sentences only a person can make true; a `confirmed` declaration names one of them.
CONFIRMATIONS: Final = (
    "responsibility",
    "reviewed-and-edited",
    "full-human-supervision",
    "accountability",
    "authors-only",
    "core-design-decisions",
)


@dataclass(frozen=True)
class Place:
    """Where in one notebook: cell positions from 1; prompts in `In []` where no document is known."""

    notebook: str | None
    cells: tuple[int, ...] = ()
    executions: tuple[int, ...] = ()
    outside: bool = False


@dataclass(frozen=True)
class Made:
    """Something that holds AI content: a column, table, file, figure, variable or output."""

    subject: str
    kind: str
    origin: str
    evidence: str
    confidence: str | None
    models: tuple[str, ...]
    rows_ai: int | None
    rows_total: int | None
    rows_edited: int | None
    notebook: str | None
    cell: int | None
    execution: str = ""
    label: str | None = None  # the manuscript's name for it, as declared
    file: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Tool:
    """Alike uses: one answering model, one purpose, one way in."""

    key: str
    model: str
    reported: bool
    asked: tuple[str, ...]
    card: _cards.Card | None
    provider: str | None
    operations: tuple[str, ...]
    destination: str | None
    purposes: tuple[str, ...]
    tasks: tuple[str, ...]
    places: tuple[Place, ...]
    made: tuple[Made, ...]  # what holds its answers, or was computed from them
    shown: int
    other: Mapping[str, int]  # standing -> count
    parameters: Mapping[str, tuple[Any, ...]]
    first: str | None
    last: str | None
    incomplete: int
    usage: Mapping[str, int]
    usage_missing: int
    seconds: float | None
    impact: _impact.Estimate | None = None


@dataclass(frozen=True)
class Check:
    """One review record: what was read, by whom, how, in which unit."""

    subject: str
    kind: str
    cell: int | None
    status: str
    stale: bool
    who: str | None
    orcid: str | None
    identity: str | None
    method: str
    unit: str
    total: int | None
    read: int | None
    corrected: int
    rejected: int
    notebook: str | None
    note: str | None = None


@dataclass(frozen=True)
class Written:
    """A cell whose source an AI wrote or changed."""

    notebook: str | None
    cell: int | None
    origin: str
    tool: str | None
    model: str | None
    share: tuple[float, float] | None
    evidence: str
    edited: bool = False  # a person declared the cell their own afterwards


@dataclass(frozen=True)
class Facts:
    """All that a statement can rest on."""

    state: str  # uses | nothing-recorded | no-record
    notebooks: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    cards: tuple[_cards.Card, ...] = ()
    made: tuple[Made, ...] = ()
    written: tuple[Written, ...] = ()
    checks: tuple[Check, ...] = ()
    people: tuple[Mapping[str, str], ...] = ()
    prompts: tuple[Mapping[str, str], ...] = ()
    stated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # kind -> what people declared
    confirmed: tuple[str, ...] = ()
    outside: tuple[Mapping[str, str], ...] = ()  # tools declared by hand
    screening: Mapping[str, int] = field(default_factory=dict)
    hooked: tuple[str, ...] = ()
    gaps: Mapping[str, int] = field(default_factory=dict)
    gap_details: tuple[tuple[str, str], ...] = ()
    writer: str | None = None
    labelled_files: bool = False

    @property
    def shown(self) -> int:
        """Answers behind the results shown."""
        return sum(t.shown for t in self.tools)

    @property
    def other(self) -> Counter[str]:
        """Further requests by standing."""
        out: Counter[str] = Counter()
        for tool in self.tools:
            out.update(tool.other)
        return out

    def to_dict(self) -> dict[str, Any]:
        """The facts as JSON."""
        out = asdict(self)
        out["cards"] = [c.to_dict() for c in self.cards]
        return out
