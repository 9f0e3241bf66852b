"""What a file can show of itself: the four answers, in words.

*Consistent and anchored on DATE* · *consistent, not anchored (its author could have rebuilt it)* ·
*N records not supplied* · *changed: cells …*. Never "intact", never "authentic".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from jupyter_aiprov.said import Said

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
        "whole": "notebook",
        "colon": ": ",
        "anchor": "anchor: ",
        "missing": "not supplied: ",
        "open": "not covered: ",
        "none": "holds no record of AI use; {answer}",
        "copy": "recorded in {name}: this file is a copy of it, or was renamed",
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
        "whole": "carnet",
        "colon": " : ",
        "anchor": "ancre : ",
        "missing": "non fourni : ",
        "open": "non couvert : ",
        "none": "aucun usage d'IA n'y est enregistré ; {answer}",
        "copy": "enregistré dans {name} : ce fichier en est une copie, ou a été renommé",
    },
}


@dataclass(frozen=True)
class Change:
    """Something that is no longer as it was recorded; `index` is the cell's position, None elsewhere."""

    kind: Kind
    index: int | None
    text: Said


@dataclass(frozen=True)
class Integrity:
    """The answer with its reasons."""

    changes: tuple[Change, ...] = ()
    missing: tuple[tuple[Said, int], ...] = ()  # (what, how many) records that others here point to
    not_covered: tuple[Said, ...] = ()
    records: int = 0
    anchored: str | None = None  # date
    anchors: tuple[Said, ...] = ()  # what was found of them, whether it counts or not

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

    def said(self, language: str = "en", *, title: str = "", recorded_in: str | None = None) -> Iterator[str]:
        """Answer and reasons for people, the first line with the notebook's name."""
        say, name = _ANSWERS[language], f"{title}{_ANSWERS[language]['colon']}" if title else ""
        if not self.records:
            yield name + say["none"].format(answer=self.text(language))
            return
        yield f"{name}{self.text(language)}"
        if recorded_in:
            yield f"  {say['copy'].format(name=recorded_in)}"
        yield from (f"  {line}" for line in self.lines(language))

    def _where(self, say: Mapping[str, str]) -> str:
        found = sorted({c.index for c in self.changes if c.index is not None})
        names = [f"{say['cell']} {index + 1}" for index in found]
        elsewhere = {c.kind == "journal-changed" for c in self.changes if c.index is None}
        names += [say["notebook"]] * (False in elsewhere) + [say["journal"]] * (True in elsewhere)
        return ", ".join(names)

    def lines(self, language: str = "en") -> Iterator[str]:
        """The reasons, one a line: anchors, changes with their cell, what is missing, what is not covered."""
        say = _ANSWERS[language]
        for anchor in self.anchors:
            yield f"{say['anchor']}{anchor.text(language)}"
        for change in self.changes:
            where = say["whole"] if change.index is None else f"{say['cell']} {change.index + 1}"
            yield f"{where}{say['colon']}{change.text.text(language)}"
        for what, count in self.missing:
            yield f"{say['missing']}{what.text(language)} ({count})"
        for what in self.not_covered:
            yield f"{say['open']}{what.text(language)}"

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The answer as JSON; texts in that language."""
        return {
            "answer": self.answer,
            "text": self.text(language),
            "records": self.records,
            "changes": [
                {"kind": c.kind, "cell": None if c.index is None else c.index + 1, "text": c.text.text(language)}
                for c in self.changes
            ],
            "missing": [{"what": what.text(language), "count": count} for what, count in self.missing],
            "not_covered": [what.text(language) for what in self.not_covered],
            "anchored": self.anchored,
            "anchors": [anchor.text(language) for anchor in self.anchors],
        }
