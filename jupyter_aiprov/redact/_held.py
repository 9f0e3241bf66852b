"""Which of many words a text may hold at all: one look instead of a search for each."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

_LONG_TEXT: Final = 8192  # characters
_FEW: Final = 6  # words that are sooner searched for
_THREES: Final = 2**18 - 1


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
    global _last  # noqa: PLW0603 - of the text that is looked at, for all that look at it
    mark, last = (len(text), hash(text)), _last  # by name: another thread may be at another text
    codes = np.frombuffer(text, np.uint8)
    if last.mark != mark:
        _last = last = _Held(mark, _seen(np, (codes[:-1].astype(np.uint16) << 8) | codes[1:], 2**16))
    pairs = last.pairs
    held = [word for word in words if all(pairs[a << 8 | b] for a, b in pairwise(word))]
    if len(held) > _FEW:
        if last.threes is None:
            wide = codes.astype(np.uint32)
            last.threes = _seen(np, _place(wide[:-2], wide[1:-1], wide[2:]), _THREES + 1)
        threes = last.threes
        held = [word for word in held if all(threes[at] for at in map(_place, word, word[1:], word[2:]))]
    return held


def _place(first: Any, second: Any, third: Any) -> Any:
    """Where three characters are marked; many threes share one."""
    return (first << 12 ^ second << 6 ^ third) & _THREES


def _seen(np: Any, numbers: Any, size: int) -> bytes:
    marks = np.zeros(size, np.bool_)
    marks[numbers] = True
    return bytes(marks.tobytes())


class _Held:
    """Which two, and which three, characters stand side by side in a text."""

    def __init__(self, mark: tuple[int, int], pairs: bytes) -> None:
        self.mark, self.pairs = mark, pairs
        self.threes: bytes | None = None


_last = _Held((0, 0), b"")  # of the text looked at last: several rules look at each
