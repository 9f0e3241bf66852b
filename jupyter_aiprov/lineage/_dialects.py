"""Which library a frame or column belongs to, and what each of them answers."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Protocol, cast

from jupyter_aiprov.lineage import _pandas, _polars


class Dialect(Protocol):
    """The questions that `_pandas` and `_polars` answer about their own frames."""

    def is_protected(self) -> bool:
        """True when a shallow copy keeps its values while the original is edited."""

    def shallow(self, value: Any) -> Any:
        """A copy that shares every buffer."""

    def deep(self, value: Any) -> Any:
        """A copy that shares no buffer."""

    def size(self, value: Any) -> int:
        """Bytes of the buffers."""

    def columns(self, value: Any, skip: frozenset[int] = frozenset()) -> Iterator[tuple[Hashable, Any]]:
        """Label and column in order, without the positions to skip; a Series is one column under None."""

    def untouched(self, was: Any, now: Any) -> frozenset[int]:
        """Positions of columns that stand where they stood in the same memory; perhaps not all of them."""

    def column(self, value: Any, label: Hashable) -> Any | None:
        """The column of this label; None when there is none, or more than one."""

    def take(self, value: Any, positions: Any) -> Any:
        """The rows at these positions, in own buffers."""

    def is_same(self, a: Any, b: Any) -> bool:
        """True only when both columns lie in the same memory."""

    def unwritten(self, series: Any) -> Any | None:
        """An object for memory that is never written in place, the same as long as the values are; or None."""

    def differs(self, a: Any, b: Any) -> Any:
        """Mask of the positions with different values."""

    def compact(self, series: Any) -> Any:
        """A reference to the column that keeps no other memory alive."""

    def index(self, value: Any) -> Any:
        """The row labels; None where the library has none."""

    def hashes(self, frame: Any, labels: Sequence[Hashable]) -> Any | None:
        """One hash a row over these columns; None when some value has no hash."""

    def nulls(self, frame: Any, labels: Sequence[Hashable]) -> Any:
        """Mask of the rows where all of these columns are null."""


def dialect(value: Any) -> Dialect | None:
    """The library of this frame or column; None for anything else."""
    if _pandas.matches(value):
        return cast(Dialect, _pandas)
    return cast(Dialect, _polars) if _polars.matches(value) else None
