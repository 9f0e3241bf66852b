"""Credentials that can be told by format or by context."""

from __future__ import annotations

from jupyter_aiprov.redact._contexts import context_spans
from jupyter_aiprov.redact._formats import RUN_NEEDLE, RUN_TABLE, token_spans
from jupyter_aiprov.redact._names import MIN_SECRET
from jupyter_aiprov.redact._spans import Span, merged


def credentials(text: str) -> list[Span]:
    """The credentials of a text that can be told by format or context, in order, not overlapping."""
    if len(text) < MIN_SECRET:
        return []
    raw = text.encode("latin-1", "replace")  # one byte per character: offsets stay those of the text
    mapped = raw.translate(RUN_TABLE)
    start = mapped.find(RUN_NEEDLE)
    return merged(token_spans(text, raw, mapped, start) + context_spans(text, raw, start >= 0))
