"""AIP4xx: what must not travel does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jupyter_aiprov import semconv
from jupyter_aiprov.checks._check import Check, Document, Place
from jupyter_aiprov.document import cells, outputs
from jupyter_aiprov.redact import Redactor
from jupyter_aiprov.seal import is_stamp, text

_PATHS = re.compile(r"(?:/home/|/Users/|[A-Z]:\\+Users\\+)([A-Za-z0-9._-]+)")


class AIP401(Check):
    """No credential stands in the notebook"""

    severity = "error"
    hint = "take it out of source and outputs, revoke it where it was issued, and read it from the environment"

    def check(self, document: Document) -> Iterator[Place]:
        """A credential stands in this cell's {subject}."""
        redactor = Redactor()
        for index, cell in cells(document.nb):
            if _has_secret(redactor, text(cell.get("source"))):
                yield Place(index, "source")
            if any(_has_secret(redactor, one) for one in _shown(cell)):
                yield Place(index, "outputs")


class AIP402(Check):
    """Texts travel only where somebody chose so"""

    hint = "set `AIProv.notebook_content = 'digest'` and run again, or `jupyter aiprov share --for public`"

    def check(self, document: Document) -> Iterator[Place]:
        """Prompts or answers travel with this notebook (`notebook_content` was raised)."""
        for stamp in document.stamps:
            if (stamp.clean or {}).get("content"):
                yield Place(stamp.index, stamp.id)


class AIP403(Check):
    """Personal data did not leave unexamined"""

    severity = "error"
    recommendation = 9
    hint = 'declare what was sent and on which basis: `%aiprov declare privacy "…"`'

    def check(self, document: Document) -> Iterator[Place]:
        """A request that left held {subject}, and nobody stated on which basis."""
        if document.provenance.declared("privacy"):
            return
        for call in document.provenance.invocations.values():
            scan = call.get("privacy_scan") or {}
            if scan.get("findings") and scan.get("action") != "block":
                found = ", ".join(sorted({str(f.get("type")) for f in scan["findings"] if isinstance(f, dict)}))
                yield Place(_cell_of(document, call.get("execution")), found)


class AIP404(Check):
    """Where data went is known"""

    severity = "note"
    recommendation = 6
    hint = (
        "name hosts of your institution in `AIProv.institutional_hosts`; `%aiprov declare privacy` says what was sent"
    )

    def check(self, document: Document) -> Iterator[Place]:
        """Data went to an external service ({subject}), and nobody stated whether it held personal data."""
        if document.provenance.declared("privacy"):
            return
        seen: set[str] = set()
        for use in document.provenance.shown():
            name = str(use.attributes.get(semconv.PROVIDER) or use.model or "unnamed")
            if use.attributes.get(semconv.DESTINATION) == "external" and name not in seen:
                seen.add(name)
                yield Place(use.cell_index, name)


class AIP405(Check):
    """Records name no person and no folder of this machine"""

    severity = "error"
    hint = "`jupyter aiprov annotate` writes the marks anew; please report how it came about"

    def check(self, document: Document) -> Iterator[Place]:
        """A record holds a path of somebody's home folder ({subject})."""
        for stamp in document.stamps:
            if found := _PATHS.search(str(stamp.record)):
                yield Place(stamp.index, found.group(1))


def _has_secret(redactor: Redactor, value: str) -> bool:
    return bool(value) and redactor.text(value) != value


def _shown(cell: dict[str, object]) -> Iterator[str]:
    for output in outputs(cell):
        if is_stamp(output):
            continue
        yield text(output.get("text"))
        data = output.get("data")
        if isinstance(data, dict):
            yield from (text(v) for k, v in data.items() if isinstance(k, str) and k.startswith("text/"))


def _cell_of(document: Document, execution: object) -> int | None:
    return next((c.index for c in document.provenance.cells if execution in c.executions), None)
