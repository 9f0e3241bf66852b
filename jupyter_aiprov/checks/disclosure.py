"""AIP1xx: what must be said is said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jupyter_aiprov import semconv
from jupyter_aiprov.checks._check import Check, Document, Place
from jupyter_aiprov.document import cells, source

_HEADING = re.compile(
    r"^\s{0,3}#{1,6}\s*(?:use of (?:ai|artificial intelligence)|utilisation de (?:l[’']|syst[eè]mes d[’'])|"
    r"declaration of generative ai|d[eé]claration .*\bia\b|ai (?:use|usage|disclosure))",
    re.I | re.M,
)


class AIP100(Check):
    """AI libraries are recorded"""

    severity = "error"
    hint = (
        "run `jupyter aiprov enable` for its kernel (or `%load_ext jupyter_aiprov` in the first cell) and run it again"
    )

    def check(self, document: Document) -> Iterator[Place]:
        """Not recorded: this notebook brings in {subject} but holds no record of AI use, so none can be told."""
        if not document.is_recorded:
            for index, name in document.ai_imports:
                yield Place(index, name)


class AIP101(Check):
    """AI-made outputs carry a stamp"""

    severity = "error"
    hint = "run `jupyter aiprov annotate` with the journal at hand, or run the cell again"

    def check(self, document: Document) -> Iterator[Place]:
        """This cell is marked as made with AI, but its stamp is gone, and with it how often which model answered."""
        for gap in document.provenance.gaps:
            if gap.get("reason") == "stamp-missing":
                yield Place(gap.get("cell_index"), str(gap.get("cell_index")))


class AIP102(Check):
    """The notebook has a section on its use of AI"""

    hint = "`jupyter aiprov disclose NOTEBOOK` writes the section; put it in a Markdown cell or in the article"

    def check(self, document: Document) -> Iterator[Place]:
        """AI use is on record, but no Markdown cell has a section "Use of AI systems"."""
        if document.provenance.uses and not document.options.get("section_elsewhere"):
            texts = (source(c) for _, c in cells(document.nb) if c.get("cell_type") == "markdown")
            if not any(_HEADING.search(text) for text in texts):
                yield Place()


class AIP103(Check):
    """The purpose of each use is stated"""

    hint = '`%aiprov declare purpose "…"` in the notebook, or fill the slot in the panel'

    def check(self, document: Document) -> Iterator[Place]:
        """AI was used, but nobody stated what for."""
        found = document.provenance
        if found.shown() and not (found.declared("purpose") or _slot(document, "purpose")):
            yield Place()


class AIP104(Check):
    """Someone answers for the use of AI"""

    severity = "note"
    hint = '`%aiprov declare person name="…" orcid=…`'

    def check(self, document: Document) -> Iterator[Place]:
        """AI was used, but no person is named who answers for it."""
        found = document.provenance
        if found.shown() and not (found.declared("person") or _slot(document, "person")):
            yield Place()


class AIP105(Check):
    """The model that answered is named"""

    recommendation = 2
    hint = "ask the server's operator for the model's name and declare it with `%aiprov declare`"

    def check(self, document: Document) -> Iterator[Place]:
        """Answers stand behind the results, but neither request nor answer names their model."""
        for use in document.provenance.shown():
            if use.model is None and use.status != "failed":
                yield Place(use.cell_index, use.id)


class AIP106(Check):
    """AI-written code is declared with its model"""

    severity = "note"
    recommendation = 2
    hint = '`%%aiprov ai tool="…"` as the first line of the cell'

    def check(self, document: Document) -> Iterator[Place]:
        """This cell's code is on record as written with AI, but by which tool or model is not."""
        for event in document.provenance.authorship:
            if event.get("origin") in semconv.AI_ORIGINS and not (event.get("model") or event.get("tool")):
                yield Place(_cell_of(document, event.get("cell_id"), event.get("cell_index")), str(event.get("id")))


class AIP107(Check):
    """Results were checked by a person"""

    recommendation = 4
    hint = "open the panel's Review list, read them (all or a sample) and sign off"

    def check(self, document: Document) -> Iterator[Place]:
        """No person is on record as having checked this AI result ({subject})."""
        reviewed = {r.get("cell_id") for r in document.provenance.reviews.values()}
        reviewed |= {(r.get("subject") or {}).get("cell_id") for r in document.provenance.reviews.values()}
        reviewed |= {(r.get("subject") or {}).get("name") for r in document.provenance.reviews.values()}
        for cell in document.provenance.cells:
            uses = [u for u in document.provenance.of_cell(cell) if u.standing in ("shown", "cached")]
            if uses and cell.id not in reviewed and not cell.mark.get("reviews"):
                yield Place(cell.index, ", ".join(sorted({u.model or "model not named" for u in uses})))


class AIP108(Check):
    """Exported AI data carry their label"""

    severity = "error"
    recommendation = 5
    hint = "write the file again with `AIProv.mark_files = 'beside'` (or 'inside'), or add `<file>-metadata.json`"

    def check(self, document: Document) -> Iterator[Place]:
        """The exported file {subject} holds AI content, but carries no label, neither beside it nor inside."""
        for name in document.options.get("unlabelled_files", ()):
            yield Place(None, name)


def _slot(document: Document, name: str) -> bool:
    return any((d.get("value") or {}).get("slots", {}).get(name) for d in document.provenance.declared("disclosure"))


def _cell_of(document: Document, cell_id: object, index: object) -> int | None:
    if isinstance(index, int):
        return index
    return next((c.index for c in document.provenance.cells if cell_id and c.id == cell_id), None)
