"""What a file can show of itself: the four answers, in words.

*Consistent and anchored on DATE* · *consistent, not anchored (its author could have rebuilt it)* ·
*N records not supplied* · *changed: cells …*. Never "intact", never "authentic".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Answer = Literal["anchored", "consistent", "not-supplied", "changed"]
Kind = Literal[
    "edited",
    "removed",
    "reordered",
    "duplicated",
    "foreign",
    "source-changed",
    "outputs-changed",
    "review-outdated",
    "merge-undecided",
    "journal-changed",
]

_ANSWERS = {
    "en": {
        "anchored": "consistent, anchored on {date}",
        "consistent": "consistent, not anchored (its author could have rebuilt it)",
        "not-supplied": "{count} records not supplied",
        "one": "1 record not supplied",
        "changed": "changed: {cells}",
        "cell": "cell",
        "notebook": "notebook log",
        "journal": "journal",
    },
    "fr": {
        "anchored": "cohérent, ancré le {date}",
        "consistent": "cohérent, non ancré (son auteur aurait pu le reconstruire)",
        "not-supplied": "{count} enregistrements non fournis",
        "one": "1 enregistrement non fourni",
        "changed": "modifié : {cells}",
        "cell": "cellule",
        "notebook": "registre du carnet",
        "journal": "registre des appels",
    },
}


@dataclass(frozen=True)
class Change:
    """Something that is no longer as it was recorded; `index` is the cell's position, None elsewhere."""

    kind: Kind
    index: int | None
    text: str


@dataclass(frozen=True)
class Integrity:
    """The answer with its reasons."""

    changes: tuple[Change, ...] = ()
    missing: tuple[tuple[str, int], ...] = ()  # (what, how many) records that others here point to
    not_covered: tuple[str, ...] = ()
    records: int = 0
    anchored: str | None = None  # date
    anchors: tuple[str, ...] = ()  # what was found of them, whether it counts or not

    @property
    def count_missing(self) -> int:
        """How many records are pointed to and not at hand."""
        return sum(count for _, count in self.missing)

    @property
    def answer(self) -> Answer:
        """One of the four."""
        if self.changes:
            return "changed"
        if self.missing:
            return "not-supplied"
        return "anchored" if self.anchored else "consistent"

    def text(self, language: str = "en") -> str:
        """The answer in words."""
        say = _ANSWERS[language]
        if self.answer == "not-supplied" and self.count_missing == 1:
            return say["one"]
        return say[self.answer].format(date=self.anchored, count=self.count_missing, cells=self._where(say))

    def _where(self, say: Mapping[str, str]) -> str:
        found = sorted({c.index for c in self.changes if c.index is not None})
        names = [f"{say['cell']} {index + 1}" for index in found]
        elsewhere = {c.kind == "journal-changed" for c in self.changes if c.index is None}
        names += [say["notebook"]] * (False in elsewhere) + [say["journal"]] * (True in elsewhere)
        return ", ".join(names)

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON."""
        return {
            "answer": self.answer,
            "text": self.text(),
            "records": self.records,
            "changes": [
                {"kind": c.kind, "cell": None if c.index is None else c.index + 1, "text": c.text} for c in self.changes
            ],
            "missing": [{"what": what, "count": count} for what, count in self.missing],
            "not_covered": list(self.not_covered),
            "anchored": self.anchored,
            "anchors": list(self.anchors),
        }
