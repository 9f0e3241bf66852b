"""AIP3xx: the record is what was written."""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_aiprov.checks._check import Check, Document, Place

_RECORD = ("edited", "duplicated", "foreign", "reordered", "removed")


class AIP301(Check):
    """Records are as they were written"""

    severity = "error"
    recommendation = 6
    hint = "restore the notebook from version control, or run the cell again; `jupyter aiprov verify` says more"

    def check(self, document: Document) -> Iterator[Place]:
        """The record was changed after it was written: {subject}."""
        for change in document.integrity.changes:
            if change.kind in _RECORD:
                yield Place(change.index, change.text)


class AIP302(Check):
    """Outputs are those that were stamped"""

    severity = "error"
    recommendation = 6
    hint = "run the cell again"

    def check(self, document: Document) -> Iterator[Place]:
        """Outputs were changed after they were stamped."""
        for change in document.integrity.changes:
            if change.kind == "outputs-changed":
                yield Place(change.index, str(change.index))


class AIP303(Check):
    """Reviews are about what is there"""

    recommendation = 4
    hint = "review it again"

    def check(self, document: Document) -> Iterator[Place]:
        """This was reviewed before it changed: {subject}."""
        for change in document.integrity.changes:
            if change.kind == "review-outdated":
                yield Place(change.index, change.text)


class AIP304(Check):
    """Merges are decided"""

    severity = "error"
    recommendation = 6
    hint = "decide the merge, then run `jupyter aiprov annotate`"

    def check(self, document: Document) -> Iterator[Place]:
        """A merge was left undecided here (nbdime-conflicts): the marks are those of the common base."""
        for change in document.integrity.changes:
            if change.kind == "merge-undecided":
                yield Place(change.index, str(change.index))


class AIP305(Check):
    """The journal is whole"""

    severity = "error"
    recommendation = 6
    hint = "restore the journal from a backup; `jupyter aiprov journal verify` names the line"

    def check(self, document: Document) -> Iterator[Place]:
        """The journal that belongs to this notebook was changed: {subject}."""
        for change in document.integrity.changes:
            if change.kind == "journal-changed":
                yield Place(change.index, change.text)


class AIP306(Check):
    """What was not captured is small and said"""

    severity = "note"
    hint = "`jupyter aiprov show` lists it; `jupyter aiprov doctor` says what can be hooked"

    def check(self, document: Document) -> Iterator[Place]:
        """Something was not captured: {subject}."""
        for gap in document.provenance.gaps:
            if gap.get("reason") != "stamp-missing":
                index = gap.get("cell_index")
                if index is None and gap.get("cell_id"):
                    index = next((c.index for c in document.provenance.cells if c.id == gap["cell_id"]), None)
                yield Place(index, " – ".join(str(gap[k]) for k in ("reason", "detail") if gap.get(k)))
