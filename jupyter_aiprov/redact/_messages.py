"""What stands in several messages of a conversation may be one secret, cut: a reader puts it together again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from jupyter_aiprov.redact._spans import Span

_MARGIN: Final = 256  # characters around a cut that are read as one
_KEYS: Final = ("content", "text")
_IN_KEYS: Final = re.compile(r"[A-Za-z0-9_-]")
_LONG_END: Final = re.compile(r"[A-Za-z0-9_.+/=-]{16}\s*\Z")  # of a key, or of a line of one
_LONG_BEGIN: Final = re.compile(r"\s*[A-Za-z0-9_.+/=-]{8}")

Place = tuple[int, int, str]  # message, part, key


class Glued:
    """Pieces as one text; of the middle of long ones nothing reaches a cut."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = pieces
        self._stretches: list[
            tuple[int, int, int, int]
        ] = []  # where a stretch begins and ends, of which, and its shift
        texts: list[str] = []
        at = 0
        for n, piece in enumerate(pieces):
            for start, end in _ends(piece):
                texts.append(piece[start:end])
                self._stretches.append((at, at + end - start, n, at - start))
                at += end - start
                if end < len(piece):
                    texts.append("\n")
                    at += 1
        self.text = "".join(texts)

    def across(self, spans: Iterable[Span]) -> dict[int, list[Span]]:
        """Of spans of the text those that touch more than one piece: what they are in each, by number."""
        out: dict[int, list[Span]] = {}
        for span in spans:
            touched = [s for s in self._stretches if s[0] < span.end and s[1] > span.start]
            if len({n for _, _, n, _ in touched}) > 1:
                for start, end, n, shift in touched:
                    own = Span(max(start, span.start) - shift, min(end, span.end) - shift, span.rule)
                    out.setdefault(n, []).append(own)
        return out


def joints(pieces: Sequence[str]) -> Iterator[str]:
    """What stands around the cuts that may be in the middle of a key: most messages end and begin otherwise."""
    at = 0
    while at < len(pieces):
        end = at + 1
        while end < len(pieces) and _is_joint(pieces[end - 1], pieces[end]):
            end += 1
        if end - at > 1:
            yield Glued([pieces[at][-_MARGIN:], *pieces[at + 1 : end - 1], pieces[end - 1][:_MARGIN]]).text
        at = end


def _is_joint(before: str, behind: str) -> bool:
    if not before or not behind:
        return True  # nothing stands between what is around it
    if _IN_KEYS.match(before[-1]) and _IN_KEYS.match(behind[0]):
        return True
    return _LONG_END.search(before[-40:]) is not None and _LONG_BEGIN.match(behind[:40]) is not None


def _ends(piece: str) -> list[tuple[int, int]]:
    if len(piece) <= 2 * _MARGIN:
        return [(0, len(piece))]
    return [(0, _MARGIN), (len(piece) - _MARGIN, len(piece))]


def conversations(items: Sequence[Any]) -> list[list[Place]]:
    """Where the texts of several messages stand, in order: of all, and of each who said more than one of them."""
    all_: list[Place] = []
    said: dict[str, list[Place]] = {}
    for i, item in enumerate(items):
        parts = item.get("parts") if isinstance(item, dict) else None
        if not isinstance(parts, list):
            continue
        own = [
            (i, j, k) for j, p in enumerate(parts) if isinstance(p, dict) for k in _KEYS if isinstance(p.get(k), str)
        ]
        all_ += own
        said.setdefault(str(item.get("role")), []).extend(own)
    found = [all_, *said.values()] if len(said) > 1 else [all_]
    return [places for places in found if len({i for i, _, _ in places}) > 1]
