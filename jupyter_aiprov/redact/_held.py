"""Which of many words a text may hold at all: one look instead of a search for each."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

_LONG_TEXT: Final = 8192  # characters


def loaded_numpy() -> Any:
    """numpy where it was loaded already, and whole; or None. Nothing here loads it."""
    module = sys.modules.get("numpy")
    return None if getattr(getattr(module, "__spec__", None), "_initializing", True) else module


def may_hold(text: bytes, words: Sequence[bytes]) -> Sequence[bytes]:
    """Those of some words that a text may hold: told from which characters stand side by side in it.

    One look for all of them, where numpy is loaded already; elsewhere, and for short texts, all of them.
    """
    np = loaded_numpy() if len(text) >= _LONG_TEXT else None
    if np is None:
        return words
    global _last_pairs  # noqa: PLW0603 - of the text that is looked at, for all that look at it
    mark, last = (len(text), hash(text)), _last_pairs  # by name: another thread may be at another text
    if last[0] != mark:
        codes = np.frombuffer(text, np.uint8)
        pairs = np.zeros(2**16, np.bool_)
        pairs[(codes[:-1].astype(np.uint16) << 8) | codes[1:]] = True
        _last_pairs = last = mark, pairs.tobytes()
    held = last[1]
    return [word for word in words if all(held[a << 8 | b] for a, b in pairwise(word))]


_last_pairs: tuple[tuple[int, int], bytes] = (0, 0), b""  # of the text looked at last: several rules look at each
