"""What is certainly not in an index, told in one look: most of what leaves has nothing to do with any column.

A sieve is a row of marks. It never says no to what was put in, seldom yes to what was not, and keeps
neither values nor hashes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

_LEAST: Final = 2**12
_MOST: Final = 2**25  # bytes: beyond, it lets more through


class Sieve:
    """Marks for hashes. Readers need no lock: a sieve that grows is replaced whole."""

    def __init__(self, hashes: Collection[int] = ()) -> None:
        self.slots = bytearray(_LEAST)
        self._marked = 0
        self.add(hashes)

    def add(self, hashes: Collection[int]) -> None:
        """Put them in."""
        self._marked += len(hashes)
        slots = self._grown(2 * self._marked)
        mask = len(slots) - 1
        for one in hashes:
            slots[one & mask] |= 1 << (one >> 40 & 7)
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
        return self.slots * (size // len(self.slots)) if size > len(self.slots) else self.slots

    def passed(self, hashes: Iterable[int]) -> list[int]:
        """The places of those that may have been put in."""
        slots, mask = self.slots, len(self.slots) - 1
        return [at for at, one in enumerate(hashes) if slots[one & mask] >> (one >> 40 & 7) & 1]
