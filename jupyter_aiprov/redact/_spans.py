"""Stretches of a text that must not be written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of text that must not be written, and the rule that says so."""

    start: int
    end: int
    rule: str


Finder = Callable[[str], Iterable[Span]]


def merged(spans: list[Span]) -> list[Span]:
    """Spans in order, overlapping ones joined under the name of the one that starts first."""
    if len(spans) < 2:
        return spans
    spans = sorted(spans, key=lambda s: (s.start, -s.end))
    out = [spans[0]]
    for span in spans[1:]:
        last = out[-1]
        if span.start < last.end:
            out[-1] = Span(last.start, max(last.end, span.end), last.rule)
        else:
            out.append(span)
    return out


def cut(text: str, spans: Sequence[Span]) -> str:
    """The text with each span replaced by `[redacted:rule]`; the same object when there is none."""
    if not spans:
        return text
    pieces, at = [], 0
    for start, end, rule in spans:
        pieces += [text[at:start], f"[redacted:{rule}]"]
        at = end
    return "".join([*pieces, text[at:]])


def touching(spans: Sequence[Span], start: int, end: int) -> Iterable[Span]:
    """Those of some spans that reach into a stretch."""
    return (s for s in spans if s.start < end and s.end > start)
