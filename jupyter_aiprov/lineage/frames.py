"""Before-images of frames and the rows that changed, by buffer first, by value only where it differs.

Images live from the first AI call of a cell to its end. They are shallow where the library keeps a
shared buffer from being written (pandas with copy-on-write, polars); elsewhere they are own copies
under a byte budget, and a frame over the budget is a stated gap. Knows nothing of models or calls.
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Mapping
from dataclasses import dataclass
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

    def changes(
        self, namespace: Mapping[str, Any], names: Container[str] | None = None
    ) -> dict[str, dict[Hashable, Change]]:
        """For each frame (of these names) its changed columns; unchanged ones are left out.

        A frame bound anew to other rows is followed by its row labels or by columns without
        repeated values; where neither tells, the masks of its columns are None.
        """
        out: dict[str, dict[Hashable, Change]] = {}
        seen: dict[tuple[int, int], dict[Hashable, Change]] = {}
        for name, value in list(namespace.items()):
            module = dialect(value)
            if module is None or _is_cache(name) or (names is not None and name not in names):
                continue
            image = self._images.get(name)
            key = (id(value), id(image and image.kept))
            if key not in seen:
                seen[key] = _changes(module, image, value)
            if seen[key]:
                out[name] = seen[key]
        return out


def _is_cache(name: str) -> bool:
    """True for `_`, `__`, `_12`: the shell's own references to earlier outputs."""
    return name.startswith("_") and (name.strip("_") == "" or name[1:].isdigit())


def _labels(value: Any) -> frozenset[Hashable]:
    return frozenset(value.columns) if hasattr(value, "columns") else frozenset((None,))


def _changes(module: Dialect, image: _Image | None, value: Any) -> dict[Hashable, Change]:
    import numpy as np

    now = module.shallow(value)
    total = len(now)
    if image is None or image.dialect is not module:
        return {label: Change(np.ones(total, dtype=bool), total, is_new=True) for label, _ in module.columns(now)}
    if image.kept is None:
        return {
            label: Change(np.ones(total, dtype=bool), total, is_new=True)
            for label, _ in module.columns(now)
            if label not in image.labels
        }
    stood = module.untouched(image.kept, now)
    before: dict[Hashable, list[Any]] = {}
    for label, one in module.columns(image.kept, stood):
        before.setdefault(label, []).append(one)
    pairs: list[tuple[Hashable, Any, Any | None]] = []
    for label, one in module.columns(now, stood):
        old = before.get(label)
        pairs.append((label, one, old.pop(0) if old else None))
    rows = SAME if stood else moved(image.kept, now) if pairs else SAME
    return _merged(_differences(module, rows, total, pairs), total)


def _merged(found: list[tuple[Hashable, Change]], total: int) -> dict[Hashable, Change]:
    """One change a label: columns of one name are joined."""
    out: dict[Hashable, Change] = {}
    for label, change in found:
        other = out.get(label)
        if other is not None:
            masks = other.mask, change.mask
            mask = None if masks[0] is None or masks[1] is None else masks[0] | masks[1]
            change = Change(mask, total, other.is_new and change.is_new)
        out[label] = change
    return out


def _differences(
    module: Dialect, rows: Any, total: int, pairs: list[tuple[Hashable, Any, Any | None]]
) -> list[tuple[Hashable, Change]]:
    import numpy as np

    new = [(label, Change(np.ones(total, dtype=bool), total, is_new=True)) for label, _, old in pairs if old is None]
    both = [(label, one, old) for label, one, old in pairs if old is not None]
    if rows is None:
        return new + [(label, Change(None, total)) for label, _, _ in both]
    if rows is SAME:
        touched = [(label, one, old) for label, one, old in both if not module.is_same(old, one)]
        found = [(label, module.differs(old, one)) for label, one, old in touched]
        return new + [(label, Change(mask, total)) for label, mask in found if mask.any()]
    known = np.flatnonzero(rows >= 0)
    out = []
    for label, one, old in both:
        mask: Any = np.ones(total, dtype=bool)
        mask[known] = module.differs(module.take(old, rows[known]), module.take(one, known))
        if mask.any():
            out.append((label, Change(mask, total)))
    return new + out
