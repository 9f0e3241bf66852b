"""What is certainly not in an index, told in one look: most of what leaves has nothing to do with any column.

A sieve is a row of marks, two for each hash. It never says no to what was put in, seldom yes to what
was not, and keeps neither values nor hashes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from jupyter_aiprov.guard import _many
from jupyter_aiprov.guard._many import Array

_LEAST: Final = 2**12
_MOST: Final = 2**25  # bytes: beyond, it lets more through
_MARKS: Final = ((0, 40), (33, 28))  # the bits of a hash that choose a byte, and one of its bits


class Sieve:
    """Marks for hashes. Readers need no lock: a sieve that grows is replaced whole."""

    def __init__(self, hashes: Collection[int] = ()) -> None:
        self.slots = bytearray(_LEAST)
        self._marked = 0
        self.add(hashes)

    @classmethod
    def of(cls, slots: bytes) -> Sieve:
        """A sieve that was one before; raises ValueError for what cannot be."""
        if len(slots) < _LEAST or len(slots) & (len(slots) - 1):
            raise ValueError("no sieve")
        made = cls()
        made.slots = bytearray(slots)
        return made

    def add(self, hashes: Collection[int]) -> None:
        """Put them in."""
        self._marked += len(hashes)
        slots = self._grown(2 * self._marked)
        mask = len(slots) - 1
        np = _many.numpy(len(hashes))
        if np is not None:
            _mark_all(np, slots, np.fromiter(hashes, np.int64, len(hashes)).view(np.uint64))
        else:
            for one in hashes:
                slots[one & mask] |= 1 << (one >> 40 & 7)
                slots[one >> 33 & mask] |= 1 << (one >> 28 & 7)
        self.slots = slots

    def join(self, other: Sieve) -> None:
        """Put in what another one has."""
        self._marked += other._marked
        if not other._marked:
            return
        size = max(len(self.slots), len(other.slots))
        mine, theirs = (int.from_bytes(s * (size // len(s)), "little") for s in (self.slots, other.slots))
        self.slots = bytearray((mine | theirs).to_bytes(size, "little"))

    def _grown(self, wanted: int) -> bytearray:
        size = len(self.slots)
        while size < min(wanted, _MOST):
            size *= 2
        return self.slots * (size // len(self.slots))

    def passed(self, hashes: Iterable[int]) -> list[int]:
        """The places of those that may have been put in."""
        slots, mask = self.slots, len(self.slots) - 1
        return [
            at
            for at, one in enumerate(hashes)
            if slots[one & mask] >> (one >> 40 & 7) & 1 and slots[one >> 33 & mask] >> (one >> 28 & 7) & 1
        ]

    def passed_at_once(self, np: Any, hashes: Array) -> Array:
        """The places of those that may have been put in."""
        slots = np.frombuffer(self.slots, np.uint8)
        at = np.flatnonzero(_marked(np, slots, hashes, *_MARKS[0]))
        return at[_marked(np, slots, hashes[at], *_MARKS[1])] if len(at) else at


def _place(np: Any, hashes: Array, slots: int, byte: int, bit: int) -> tuple[Array, Array]:
    at = (hashes >> np.uint64(byte)) & np.uint64(slots - 1)
    return at.astype(np.intp), ((hashes >> np.uint64(bit)) & np.uint64(7)).astype(np.uint8)


def _marked(np: Any, slots: Array, hashes: Array, byte: int, bit: int) -> Array:
    at, which = _place(np, hashes, len(slots), byte, bit)
    return (slots[at] >> which) & np.uint8(1) != 0


def _mark_all(np: Any, data: bytearray, hashes: Array) -> None:
    slots = np.frombuffer(data, np.uint8)
    for byte, bit in _MARKS:
        at, which = _place(np, hashes, len(slots), byte, bit)
        for one in range(8):
            slots[at[which == one]] |= np.uint8(1 << one)
