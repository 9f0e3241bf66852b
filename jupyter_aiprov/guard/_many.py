"""What `hash` says of every word, number and run of them in a text, all at once, where numpy is loaded already.

pandas loads it; the guard never does. The hashes are those of Python itself, to the bit: an index made
without numpy serves with it. Where they would not agree (another Python, another machine) nothing is done here.
"""

from __future__ import annotations

import sys
from functools import cache
from itertools import pairwise
from typing import Any, Final

from jupyter_aiprov.redact import loaded_numpy

_PRIME: Final = 2**61 - 1  # `hash` of numbers is modulo this
_P1, _P2, _P5 = 11400714785074694791, 14029467366897019727, 2870177450012600261  # of tuples: xxHash
_LONG: Final = 64  # bytes: words beyond are read one by one
_FEW: Final = 1024  # characters: below, Python is faster

Array = Any  # numpy.ndarray: numpy is no dependency


def numpy(size: int) -> Any:
    """numpy, where it is loaded whole, agrees with Python on hashes, and so many characters are worth it; or None."""
    module = loaded_numpy() if size >= _FEW else None
    return module if module is not None and _agrees(module) else None


@cache
def _agrees(np: Any) -> bool:
    try:
        words = [b"a", b"thorax", b"hospitalisation", b"z" * 30]
        lanes, _ = word_lanes(np, b" ".join(words))
        values = [0.0, 7.0, 0.1, 54.125, 123456789012.5, 1e-9]
        plain = [int.from_bytes(w, "little") for w in words]
        return (
            sys.byteorder == "little"
            and signed(np, runs(np, [lanes[:-1], lanes[1:]])) == list(map(hash, pairwise(plain)))
            and signed(np, float_lanes(np, np.array(values))) == list(map(hash, values))
        )
    except (AttributeError, ArithmeticError, LookupError, TypeError, ValueError):  # a numpy that is none is not used
        return False


def signed(np: Any, hashes: Array) -> list[int]:
    """As Python has them."""
    return list(hashes.view(np.int64).tolist())


def _modulo(np: Any, values: Array) -> Array:
    prime = np.uint64(_PRIME)
    out = (values & prime) + (values >> np.uint64(61))
    return np.where(out >= prime, out - prime, out)


def _turned(np: Any, values: Array, by: Array) -> Array:
    """`values * 2**by` modulo the prime."""
    return ((values << by) & np.uint64(_PRIME)) | (values >> (np.uint64(61) - by))


def word_lanes(np: Any, line: bytes) -> tuple[Array, Array]:
    """The hash of each word of folded text as a number, and its length; spaces part words."""
    data = b" " + line + b" " * (_LONG + 8)
    is_word = np.frombuffer(data, np.uint8) != 32
    edges = np.flatnonzero(is_word[1:] != is_word[:-1]) + 1
    starts, ends = edges[::2], edges[1::2]
    sizes = ends - starts
    eights = np.ndarray((len(data) - 7,), "<u8", data, 0, (1,))
    masks = np.array([2 ** (8 * n) - 1 for n in range(9)], np.uint64)
    lanes = _modulo(np, eights[starts] & masks[np.minimum(sizes, 8)])
    at = np.flatnonzero(sizes > 8)
    for done in range(8, _LONG, 8):
        if not len(at):
            break
        more = _modulo(np, eights[starts[at] + done] & masks[np.minimum(sizes[at] - done, 8)])
        lanes[at] = _modulo(np, lanes[at] + _turned(np, more, np.uint64(8 * done % 61)))
        at = at[sizes[at] > done + 8]
    for i in at.tolist():
        lanes[i] = hash(int.from_bytes(data[starts[i] : ends[i]], "little"))
    return lanes, sizes


def float_lanes(np: Any, values: Array) -> Array:
    """The hash of each of these numbers, none of which is negative."""
    mantissas, exponents = np.frexp(values)
    wholes = np.ldexp(mantissas, 53).astype(np.uint64)
    return _modulo(np, _turned(np, wholes, ((exponents - 53) % 61).astype(np.uint64)))


def runs(np: Any, columns: list[Array]) -> Array:
    """The hash of each tuple whose members' hashes are in these columns."""
    total = None
    for lane in columns:
        total = _next(np, total, lane)
    return _last(np, total, len(columns))


def among(np: Any, lanes: Array, some: frozenset[int]) -> Array:
    """Which of them are among a few."""
    few = np.array(sorted(some), np.uint64)
    marks = np.zeros(2**16, bool)
    marks[(few & np.uint64(0xFFFF)).astype(np.intp)] = True
    out = marks[(lanes & np.uint64(0xFFFF)).astype(np.intp)]
    at = np.flatnonzero(out)
    found = np.minimum(np.searchsorted(few, lanes[at]), len(few) - 1)
    out[at] = few[found] == lanes[at]
    return out


def _next(np: Any, total: Array, lane: Array) -> Array:
    total = lane * np.uint64(_P2) + (np.uint64(_P5) if total is None else total)
    return ((total << np.uint64(31)) | (total >> np.uint64(33))) * np.uint64(_P1)


def _last(np: Any, total: Array, size: int) -> Array:
    total = total + np.uint64(size ^ _P5 ^ 3527539)
    total[total == np.uint64(2**64 - 1)] = np.uint64(1546275796)
    return total


class Runs:
    """The hashes of all runs of neighbours in a row of lanes; longer runs are made from shorter ones."""

    def __init__(self, np: Any, lanes: Array) -> None:
        self._np, self._lanes = np, lanes
        self._made: dict[int, Array] = {}

    def of(self, size: int) -> Array:
        """The hashes of all runs of so many."""
        if len(self._lanes) < size:
            return self._lanes[:0]
        return _last(self._np, self._begun(size), size)

    def _begun(self, size: int) -> Array:
        if size not in self._made:
            shorter = self._begun(size - 1)[:-1] if size > 1 else None
            self._made[size] = _next(self._np, shorter, self._lanes[size - 1 :])
        return self._made[size]
