"""AI columns and their rows: which a model wrote, which a person edited since.

A reference to each AI column, as the model left it, finds later edits exactly. It is one column
and no more: a view of a larger block is copied out first. Masks move with the rows through
filter, sort, merge, concat and reset_index where that is provable (`rows.positions`); where it is
not, the rows of the column are unknown from then on, never guessed.
"""

from __future__ import annotations

import weakref
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from jupyter_aiprov.lineage import _values
from jupyter_aiprov.lineage._dialects import Dialect, dialect
from jupyter_aiprov.lineage.rows import SAME, Source, moved, positions

BUDGET: Final = 256 * 2**20
Column = tuple[str, Hashable]  # name of the frame in the namespace, label of the column


@dataclass(frozen=True)
class Marks:
    """Rows of one AI column as it is now: written by a model, and of these edited since."""

    ai: Any
    edited: Any

    @property
    def total(self) -> int:
        """Number of rows."""
        return len(self.ai)

    @cached_property
    def untouched(self) -> Any:
        """Mask of the rows that still hold what the model wrote."""
        return self.ai & ~self.edited

    @cached_property
    def is_mixed(self) -> bool:
        """True when some rows are not (or no longer) as a model wrote them: `ai-assisted`."""
        return not bool(self.untouched.all())

    @cached_property
    def rows_edited(self) -> int:
        """How many of the model's rows a person edited since."""
        return _values.count(self.ai & self.edited)

    def to_dict(self) -> dict[str, Any]:
        """Row fields of a derivation event; `rows` are those still as the model wrote them."""
        untouched = self.untouched
        return {
            "rows": _values.ranges(untouched),
            "rows_ai": _values.count(untouched),
            "rows_edited": self.rows_edited,
            "rows_total": self.total,
        }


@dataclass(frozen=True)
class _Kept:
    reference: Any | None  # the column as the model left it; None: over the budget, edits not tracked
    marks: Marks
    settled: Any  # mask: edited before the reference was taken
    dialect: Dialect
    seen: weakref.ref[Any] | None = None  # memory that was found edited so: not compared twice, not kept alive


@dataclass(frozen=True)
class Origin:
    """A tracked column (or None for rows that hold no AI) that a new column took rows from.

    `frame` is that column's frame as it was then; `names` maps the new frame's labels to its own.
    """

    column: Column | None
    frame: Any
    names: Mapping[Hashable, Hashable] | None = None


class Tracked:
    """The AI columns of a kernel session by frame name and column label (None: a Series itself)."""

    def __init__(self, *, budget: int = BUDGET) -> None:
        self.budget = budget  # bytes of own copies where the library does not protect shared buffers
        self._kept: dict[Column, _Kept | None] = {}

    def __iter__(self) -> Iterator[Column]:
        return iter(self._kept)

    def marks(self, column: Column) -> Marks | None:
        """Rows of a tracked column; None when they are not known, or when it is not tracked."""
        kept = self._kept.get(column)
        return None if kept is None else kept.marks

    def is_tracked(self, column: Column) -> bool:
        """False when later edits of this column cannot be seen: unknown, or over the budget."""
        kept = self._kept.get(column)
        return kept is not None and kept.reference is not None

    def mark(self, column: Column, frame: Any, mask: Any | None = None) -> None:
        """A model wrote these rows of the column (all without a mask); rows marked before stay marked."""
        import numpy as np

        module, one = _column(frame, column[1])
        if module is None or one is None:
            self._kept[column] = None
            return
        ai: Any = np.ones(len(one), dtype=bool) if mask is None else np.array(mask, dtype=bool)
        edited: Any = np.zeros(len(one), dtype=bool)
        before = self._kept.get(column)
        if mask is not None and before is not None and before.marks.total == len(ai):
            edited = before.marks.edited & ~ai
            if before.reference is not None and before.dialect is module:
                edited |= module.differs(before.reference, one) & before.marks.ai & ~ai
            ai = ai | before.marks.ai
        self._keep(column, module, one, Marks(ai, edited))

    def _keep(self, column: Column, module: Dialect, one: Any, marks: Marks) -> None:
        self._kept.pop(column, None)
        fits = module.is_protected() or module.size(one) <= self.budget - self._spent()
        self._kept[column] = _Kept(module.compact(one) if fits else None, marks, marks.edited, module)

    def _spent(self) -> int:
        kept = [k for k in self._kept.values() if k is not None and k.reference is not None]
        return sum(k.dialect.size(k.reference) for k in kept if not k.dialect.is_protected())

    def follow(
        self,
        column: Column,
        frame: Any,
        origins: Sequence[Origin],
        *,
        relabelled: bool = True,
        in_order: bool = False,
        columns: Sequence[Hashable] | None = None,
    ) -> Marks | None:
        """A column took its values from other frames' columns: carry their marks by row, or know none.

        Every frame that rows may have come from must be among the origins, those without AI too
        (`Origin(None, frame)`). For `relabelled` and `in_order` see `rows.positions`.
        """
        import numpy as np

        module, one = _column(frame, column[1])
        parts = [_carried(origin, self._kept.get(origin.column) if origin.column else None) for origin in origins]
        self._kept[column] = None
        if module is None or one is None or any(part is None for part in parts):
            return None
        known = [part for part in parts if part is not None]
        sources = [
            Source(origin.frame, codes, origin.names) for origin, (codes, _, _) in zip(origins, known, strict=True)
        ]
        found = positions(sources, frame, columns=columns, relabelled=relabelled, in_order=in_order)
        if found is None:
            return None
        inside = found >= 0
        ai = np.concatenate([ai for _, ai, _ in known])[found] & inside
        edited = np.concatenate([edited for _, _, edited in known])[found] & inside
        self._keep(column, module, one, Marks(ai, edited))
        return self.marks(column)

    def edits(self, column: Column, frame: Any, before: Any | None = None) -> Marks | None:
        """Look for AI rows that no longer hold what the model wrote; call where no model wrote them.

        `before` is the frame as it was when the marks were last right (`Snapshots.image`): with it
        rows are followed by every column, without it by this column alone. None: rows not known.
        """
        kept = self._kept.get(column)
        module, one = _column(frame, column[1])
        if kept is None or module is None or one is None or module is not kept.dialect:
            self._kept[column] = None
            return None
        if kept.reference is None:
            if len(one) != kept.marks.total:
                self._kept[column] = None
            return self.marks(column)
        if module.is_same(kept.reference, one) or _is_seen(kept, module.unwritten(one)):
            return kept.marks
        rows = moved(kept.reference, one) if before is None else moved(before, frame)
        if rows is None or len(kept.reference if before is None else before) != kept.marks.total:
            self._kept[column] = None
            return None
        self._kept[column] = self._edited(kept, module, one, rows)
        return self.marks(column)

    def _edited(self, kept: _Kept, module: Dialect, one: Any, rows: Any) -> _Kept:
        import numpy as np

        marks, reference, settled = kept.marks, kept.reference, kept.settled
        if rows is not SAME:
            if not marks.total:
                return _Kept(module.compact(one), Marks(rows >= 0, rows >= 0), rows >= 0, module)
            inside = rows >= 0
            reference = module.take(reference, np.maximum(rows, 0))
            if (labels := module.index(one)) is not None:
                reference = reference.set_axis(labels)
            marks, settled = Marks(marks.ai[rows] & inside, marks.edited[rows] & inside), settled[rows] & inside
        edited = (module.differs(reference, one) | settled) & marks.ai
        memory = module.unwritten(one)
        seen = None if memory is None else weakref.ref(memory)
        return _Kept(reference, Marks(marks.ai, edited), settled, module, seen)

    def drop(self, column: Column) -> None:
        """The column holds no AI values."""
        self._kept.pop(column, None)

    def unknown(self, column: Column) -> None:
        """The column holds AI values, its rows are not known."""
        self._kept[column] = None

    def forget(self, namespace: Mapping[str, Any]) -> list[Column]:
        """Let go of columns whose frame or column is gone; returns them."""
        gone = [key for key in self._kept if _column(namespace.get(key[0]), key[1])[1] is None]
        for key in gone:
            del self._kept[key]
        return gone


def _is_seen(kept: _Kept, memory: Any | None) -> bool:
    return memory is not None and kept.seen is not None and kept.seen() is memory


def _column(frame: Any, label: Hashable) -> tuple[Dialect | None, Any | None]:
    module = dialect(frame)
    return module, None if module is None else module.column(frame, label)


def _carried(origin: Origin, kept: _Kept | None) -> tuple[Any, Any, Any] | None:
    """What each row of the origin carries: a code for equality, the AI mask, the mask of edits."""
    import numpy as np

    total = len(origin.frame)
    if origin.column is None:
        nothing: Any = np.zeros(total, dtype=bool)
        return np.zeros(total, dtype=int), nothing, nothing
    if kept is None or kept.marks.total != total:
        return None
    return kept.marks.ai + 2 * (kept.marks.ai & kept.marks.edited), kept.marks.ai, kept.marks.edited
