"""AIP2xx: somebody else could ask again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from jupyter_aiprov import semconv
from jupyter_aiprov.checks._check import Check, Document, Place
from jupyter_aiprov.provenance import Use

# A name that its maker moves to another model: no date, no version that stands still.
_PINNED = re.compile(r"\d{4}-?\d{2}-?\d{2}|-\d{4}$|[@:][0-9a-f]{7,}|\.gguf|\bQ\d|-v\d+[.:]\d+", re.I)
_SAMPLED = ("chat", "text_completion", "generate_content")


def _identified(use: Use) -> bool:
    """True when the record says which weights answered."""
    weights = use.attributes.get(semconv.WEIGHTS)
    return isinstance(weights, Mapping) and bool(weights) and weights.get("identified") is not False


class AIP201(Check):
    """Models are named by a version that stands still"""

    recommendation = 2
    hint = "ask for the dated version that the server reports"

    def check(self, document: Document) -> Iterator[Place]:
        """{subject} is a moving name and the server reported no version: the same model cannot be asked again."""
        for use in document.provenance.shown():
            name = use.model
            if name and not _identified(use) and not _PINNED.search(name):
                yield Place(use.cell_index, name)


class AIP202(Check):
    """Answers were received whole"""

    severity = "error"
    hint = "run the cell again, or say in the text that the answer was stopped early"

    def check(self, document: Document) -> Iterator[Place]:
        """Answers behind these results are recorded as incomplete ({subject})."""
        for use in document.provenance.shown():
            if use.status in ("abandoned", "unread", "started") or use.incomplete:
                yield Place(use.cell_index, f"{use.incomplete or use.count} × {use.model or 'model not named'}")


class AIP203(Check):
    """Sampling parameters were set"""

    severity = "note"
    hint = "send `temperature` (and `seed` where the server knows it), so that they are on record"

    def check(self, document: Document) -> Iterator[Place]:
        """Neither temperature nor seed was set in these requests: the server's defaults, which may change, held."""
        for use in document.provenance.shown():
            asked = {semconv.REQUEST_PREFIX + key for key in ("temperature", "seed", "top_p")}
            if use.attributes.get(semconv.OPERATION) in _SAMPLED and not asked & set(use.attributes):
                yield Place(use.cell_index, use.id)


class AIP204(Check):
    """The source is the one that ran"""

    severity = "error"
    hint = "run the cell again"

    def check(self, document: Document) -> Iterator[Place]:
        """The cell was edited after the AI answered: its outputs are not this source's."""
        for change in document.integrity.changes:
            if change.kind == "source-changed":
                yield Place(change.index, str(change.index))


class AIP205(Check):
    """Cells ran from top to bottom"""

    severity = "note"
    hint = "Restart and Run All, then save"

    def check(self, document: Document) -> Iterator[Place]:
        """AI cells of this notebook did not run in the order in which they stand."""
        last = 0
        for cell in document.provenance.cells:
            if cell.execution_count is None or not document.provenance.of_cell(cell):
                continue
            if cell.execution_count < last:
                yield Place(cell.index, str(cell.index))
            last = max(last, cell.execution_count)


class AIP206(Check):
    """The environment is on record"""

    severity = "note"
    hint = "run `jupyter aiprov annotate` with the journal at hand"

    def check(self, document: Document) -> Iterator[Place]:
        """AI use is on record, but not the Python and package versions that it ran with."""
        found = document.provenance
        if found.uses and not any(s.get("environment") for s in found.sessions.values()):
            yield Place()


class AIP207(Check):
    """Local weights are identified"""

    recommendation = 2
    severity = "note"
    hint = "set `AIProv.ask_local_servers = True`, or name revision and digest of the weights in the text"

    def check(self, document: Document) -> Iterator[Place]:
        """{subject} ran on this machine, but which weights it had (digest or revision) is not on record."""
        for use in document.provenance.shown():
            if use.attributes.get(semconv.DESTINATION) in ("in-process", "loopback") and not _identified(use):
                yield Place(use.cell_index, use.model or "a model")


class AIP208(Check):
    """Identical requests are not repeated"""

    severity = "note"
    recommendation = 7
    hint = "keep the answers (a file, a cache) instead of asking again"

    def check(self, document: Document) -> Iterator[Place]:
        """{subject} of the requests of this cell had been sent before with the same input."""
        for use in document.provenance.shown():
            if use.repeats:
                yield Place(use.cell_index, f"{use.repeats} of {use.count}")


class AIP209(Check):
    """Answers of a batch name their batch"""

    hint = "look the batch up by its id in the notebook that fetches its result file, or name it in the text"

    def check(self, document: Document) -> Iterator[Place]:
        """{subject} answers of a batch were fetched here, but which batch asked for them is not on record."""
        for call in document.provenance.invocations.values():
            is_result = call.get(semconv.OPERATION) == "batch" and "batch.failed" in call
            if is_result and call.get("status") == "completed" and not call.get("batch.id"):
                yield Place(_cell_of(document, call.get("execution")), str(call.get("batch.count") or "some"))


def _cell_of(document: Document, execution: object) -> int | None:
    return next((c.index for c in document.provenance.cells if execution in c.executions), None)
