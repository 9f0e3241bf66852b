"""Before-images of frames and the rows that changed, by buffer first, by value only where it differs.

Images live from the first AI call of a cell to its end. They are shallow where the library keeps a
shared buffer from being written (pandas with copy-on-write, polars); elsewhere they are own copies
under a byte budget, and a frame over the budget is a stated gap. Knows nothing of models or calls.
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from jupyter_aiprov.lineage import _values
from jupyter_aiprov.lineage._dialects import Dialect, dialect
from jupyter_aiprov.lineage.rows import SAME, moved

BUDGET: Final = 64 * 2**20


@dataclass(frozen=True)
class Change:
    """Which rows of a column, as it is now, are not what they were. `mask` None: not known which."""

    mask: Any | None
    total: int
    is_new: bool = False  # the column (or its frame) was not there before

    @property
    def rows(self) -> Any | None:
        """Positions of the changed rows, or None when not known."""
        return None if self.mask is None else self.mask.nonzero()[0]

    @property
    def ranges(self) -> list[list[int]] | None:
        """Inclusive ranges of the changed rows, as events write them."""
        return None if self.mask is None else _values.ranges(self.mask)


@dataclass(frozen=True)
class _Image:
    kept: Any | None  # None: over the budget
    labels: frozenset[Hashable]
    dialect: Dialect


class Snapshots:
    """Frames as they were before a cell's AI calls, and what changed since."""

    def __init__(self, *, budget: int = BUDGET) -> None:
        self.budget = budget
        self.untracked: tuple[str, ...] = ()  # names over the budget: edits of theirs are not tracked
        self._images: dict[str, _Image] = {}
        self._spent = 0

    @property
    def is_empty(self) -> bool:
        """True when no image is held."""
        return not self._images

    def before(self, namespace: Mapping[str, Any]) -> None:
        """Take an image of every frame that has none yet; cheap to call again in the same cell."""
        found = {name: (value, module) for name, value in list(namespace.items()) if (module := dialect(value))}
        kept: dict[int, Any] = {}
        unprotected = []
        for name, (value, module) in found.items():
            if name in self._images or _is_cache(name):
                continue  # an image is of the first sight
            if module.is_protected():
                image = kept.setdefault(id(value), module.shallow(value))
                self._images[name] = _Image(image, _labels(value), module)
            else:
                unprotected.append((module.size(value), name, value, module))
        self._copy(unprotected)

    def _copy(self, unprotected: list[tuple[int, str, Any, Dialect]]) -> None:
        left = self.budget - self._spent
        kept: dict[int, Any] = {}
        for size, name, value, module in sorted(unprotected, key=lambda one: one[0]):
            if id(value) not in kept:
                kept[id(value)] = module.deep(value) if size <= left else None
                if size <= left:
                    left -= size
                    self._spent += size
            if kept[id(value)] is None:
                self.untracked += (name,)
            self._images[name] = _Image(kept[id(value)], _labels(value), module)

    def image(self, name: str) -> Any | None:
        """The frame of this name as it was, or None."""
        image = self._images.get(name)
        return None if image is None else image.kept

    def drop(self) -> None:
        """Let every image go: called at the end of each cell."""
        self._images.clear()
        self._spent = 0
        self.untracked = ()

    def changes(self, namespace: Mapping[str, Any], names: Iterable[str] | None = None) -> dict[str, Changes]:
        """For each frame (of these names) its changed columns, compared when asked for.

        A frame bound anew to other rows is followed by its row labels or by columns without
        repeated values; where neither tells, the masks of its columns are None.
        """
        out: dict[str, Changes] = {}
        seen: dict[tuple[int, int], Changes] = {}
        for name in list(namespace if names is None else names):
            value = namespace.get(name)
            module = dialect(value)
            if module is None or _is_cache(name):
                continue
            image = self._images.get(name)
            key = (id(value), id(image and image.kept))
            if key not in seen:
                seen[key] = Changes(module, image, value)
            out[name] = seen[key]
        return out


def _is_cache(name: str) -> bool:
    """True for `_`, `__`, `_12`: the shell's own references to earlier outputs."""
    return name.startswith("_") and (name.strip("_") == "" or name[1:].isdigit())


def _labels(value: Any) -> frozenset[Hashable]:
    return frozenset(value.columns) if hasattr(value, "columns") else frozenset((None,))


class Changes(Mapping[Hashable, Change]):
    """The changed columns of one frame by label. A column is compared when it is asked for, and once."""

    def __init__(self, module: Dialect, image: _Image | None, value: Any) -> None:
        self.total = len(value)
        self._module = module
        self._image = image
        self._now = module.shallow(value)
        self._found: dict[Hashable, Change | None] = {}
        self._stood = False
        self._rows: Any = None
        self._is_followed = False

    @cached_property
    def _pairs(self) -> dict[Hashable, list[tuple[Any, Any | None]]]:
        """By label, its columns (several of one name) that may have changed, each beside the one it was."""
        module, image, now = self._module, self._image, self._now
        out: dict[Hashable, list[tuple[Any, Any | None]]] = {}
        if image is None or image.dialect is not module or image.kept is None:
            known: Container[Hashable] = image.labels if image is not None and image.dialect is module else ()
            for label, one in module.columns(now):
                if label not in known:
                    out.setdefault(label, []).append((one, None))
            return out
        stood = module.untouched(image.kept, now)
        before: dict[Hashable, list[Any]] = {}
        for label, one in module.columns(image.kept, stood):
            before.setdefault(label, []).append(one)
        for label, one in module.columns(now, stood):
            old = before.get(label)
            out.setdefault(label, []).append((one, old.pop(0) if old else None))
        self._stood = bool(stood)
        return out

    def get(self, label: Hashable, default: Any = None) -> Any:
        """The change of a column, or the default where it is what it was."""
        if label not in self._found:
            self._found[label] = self._joined([self._compared(*pair) for pair in self._pairs.get(label, ())])
        found = self._found[label]
        return default if found is None else found

    def __getitem__(self, label: Hashable) -> Change:
        found = self.get(label)
        if found is None:
            raise KeyError(label)
        return found  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Hashable]:
        return (label for label in self._pairs if self.get(label) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, label: Any) -> bool:
        return self.get(label) is not None

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def _followed(self) -> Any:
        """For each row where it was; asked once, and not at all for frames nobody asks about."""
        if not self._is_followed:
            self._is_followed = True
            kept = None if self._image is None else self._image.kept
            self._rows = SAME if self._stood or kept is None else moved(kept, self._now)
        return self._rows

    def _compared(self, one: Any, old: Any | None) -> Change | None:
        import numpy as np

        module, total = self._module, self.total
        if old is None:
            return Change(np.ones(total, dtype=bool), total, is_new=True)
        rows = self._followed()
        if rows is None:
            return Change(None, total)
        if rows is SAME:
            mask = None if module.is_same(old, one) else module.differs(old, one)
        else:
            known = np.flatnonzero(rows >= 0)
            mask = np.ones(total, dtype=bool)
            mask[known] = module.differs(module.take(old, rows[known]), module.take(one, known))
        return Change(mask, total) if mask is not None and mask.any() else None

    def _joined(self, found: list[Change | None]) -> Change | None:
        """One change a label: columns of one name are joined."""
        out: Change | None = None
        for change in found:
            if out is None or change is None:
                out = out or change
                continue
            mask = None if out.mask is None or change.mask is None else out.mask | change.mask
            out = Change(mask, self.total, out.is_new and change.is_new)
        return out
