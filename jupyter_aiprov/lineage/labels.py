"""What is known of a value's origin, and how origins combine. No I/O, no libraries.

`joined` is for values that stand beside each other (rows of a column, items of a list) or that are
alternatives of one variable; `computed` is for what was calculated from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

NONE: Final = 0
DERIVED: Final = 1
MIXED: Final = 2
GENERATED: Final = 3

NAMES: Final = {NONE: "unknown", DERIVED: "ai-derived", MIXED: "ai-assisted", GENERATED: "ai-generated"}

_EMPTY: Final[frozenset[int]] = frozenset()
_NO_TEXT: Final[frozenset[str]] = frozenset()
_NO_CONST: Final[frozenset[object]] = frozenset()


@dataclass(frozen=True, slots=True)
class Label:
    """Origin of one value. `sites` are the groups of calls behind it, `low` says that flow had to guess.

    `selected` names what a model's answer chose; `constants` are fixed values that may stand among
    AI values (a fallback in an `except`), `edits` are fixed values written over AI values.
    """

    origin: int = NONE
    low: bool = False
    sites: frozenset[int] = _EMPTY
    selected: frozenset[str] = _NO_TEXT
    constants: frozenset[object] = field(default=_NO_CONST)
    edits: frozenset[object] = field(default=_NO_CONST)

    @property
    def is_ai(self) -> bool:
        """True when a model's answer is in it."""
        return self.origin != NONE

    @property
    def is_plain(self) -> bool:
        """True when nothing is to be said of it."""
        return self.origin == NONE and not self.selected


CLEAN: Final = Label()


def joined(a: Label, b: Label, *, rows: bool = True) -> Label:
    """Both stand side by side (rows); or, not rows, both had their part in it and clean ones add nothing."""
    if a is b or (b is CLEAN and a.is_plain):
        return a
    if a is CLEAN and b.is_plain:
        return b
    x, y = sorted((a.origin, b.origin))
    if x == y:
        origin = x
    elif x != NONE:
        origin = MIXED if MIXED in {x, y} else GENERATED
    else:
        origin = MIXED if rows else y
    return Label(
        origin,
        a.low or b.low,
        a.sites | b.sites,
        a.selected | b.selected,
        a.constants | b.constants,
        a.edits | b.edits,
    )


def all_joined(labels: Iterable[Label], *, rows: bool = True) -> Label:
    """The labels of many values side by side; CLEAN for none."""
    out: Label | None = None
    for label in labels:
        out = label if out is None else joined(out, label, rows=rows)
    return CLEAN if out is None else out


def computed(*labels: Label) -> Label:
    """Calculated from values with these labels."""
    if all(label.is_plain for label in labels):
        return CLEAN
    ai = [label for label in labels if label.is_ai]
    selected = frozenset().union(*(label.selected for label in labels))
    if not ai:
        return Label(selected=selected)
    return Label(
        DERIVED,
        any(label.low for label in ai),
        frozenset().union(*(label.sites for label in ai)),
        selected,
    )


def reduced(*labels: Label) -> Label:
    """Calculated over many values: which rows a model selected now counts, too."""
    out = computed(*labels)
    if out.origin == NONE and out.selected:
        return replace(out, origin=DERIVED)
    return out


def guessed(label: Label) -> Label:
    """The same, said with low confidence."""
    return label if label.low or not label.is_ai else replace(label, low=True)


def chosen(label: Label, by: Label, name: str = "") -> Label:
    """The value was selected by AI values: another thing than being one."""
    if not by.is_ai and not by.selected:
        return label
    names = by.selected | ({name} if name and by.is_ai else frozenset())
    return replace(label, selected=label.selected | names, sites=label.sites | by.sites)
