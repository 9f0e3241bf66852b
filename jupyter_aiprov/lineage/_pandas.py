"""What row tracking asks of pandas: shallow images, same buffers, changed rows, row hashes.

Never imports pandas: a user's frame means that it is in `sys.modules`. Reads only; works on its
own shallow copies, so that no cache of the user's frame is filled.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from jupyter_aiprov.lineage import _values


def matches(value: Any) -> bool:
    """True for a pandas DataFrame or Series."""
    pd = sys.modules.get("pandas")
    return pd is not None and isinstance(value, (pd.DataFrame, pd.Series))


def is_protected() -> bool:
    """True when a shallow copy keeps its values while the original is edited (copy-on-write)."""
    pd = sys.modules["pandas"]
    if int(str(pd.__version__).split(".", maxsplit=1)[0]) >= 3:
        return True
    return bool(pd.get_option("mode.copy_on_write") is True)


def shallow(value: Any) -> Any:
    """A copy that shares every buffer."""
    return value.copy(deep=False)


def deep(value: Any) -> Any:
    """A copy that shares no buffer."""
    return value.copy(deep=True)


def size(value: Any) -> int:
    """Bytes of the buffers, without what object columns point at."""
    used = value.memory_usage(index=False)
    return int(used.sum() if hasattr(used, "sum") else used)


def columns(value: Any, skip: frozenset[int] = frozenset()) -> Iterator[tuple[Hashable, Any]]:
    """Label and column in order, without the positions to skip; a Series is one column under None."""
    if not hasattr(value, "columns"):
        yield None, value
    elif skip:
        yield from ((label, value.iloc[:, i]) for i, label in enumerate(value.columns) if i not in skip)
    else:
        yield from value.items()


def untouched(was: Any, now: Any) -> frozenset[int]:
    """Positions of columns that stand where they stood in the same memory: perhaps not all of these, never others.

    Asks blocks, some forty times faster than column by column. A block that pandas split for an edit
    lies where it lay, except for the column that was written. The blocks are pandas' own affair:
    where they are not what they are today, nothing is said and columns are asked.
    """
    if not hasattr(now, "columns") or len(was) != len(now) or not _is_labelled_alike(was.index, now.index):
        return frozenset()
    before, after = _places(was), _places(now)
    names, others = list(was.columns), list(now.columns)
    both = (i for i in after if i in before and i < len(names) and _is_one(names[i], others[i]))
    return frozenset(i for i in both if _is_same_place(before[i], after[i]))


def _is_labelled_alike(a: Any, b: Any) -> bool:
    return bool(a.is_(b) or a.equals(b))


def _places(frame: Any) -> dict[int, Any]:
    """By position of a column: address, stride and type, or the array that is its own."""
    out: dict[int, Any] = {}
    for block in getattr(getattr(frame, "_mgr", None), "blocks", ()):
        positions = getattr(getattr(block, "mgr_locs", None), "as_array", None)
        if positions is None:
            return {}
        array = getattr(block.values, "_ndarray", block.values)  # dates keep theirs within
        interface = getattr(array, "__array_interface__", None)
        if isinstance(interface, dict) and len(interface["shape"]) == 2:
            start, (step, stride) = interface["data"][0], array.strides
            kind = (block.values.dtype, stride)
            out.update((i, (start + n * step, kind)) for n, i in enumerate(positions.tolist()))
        else:
            out.update((i, block.values) for i in positions.tolist())
    return out


def _is_same_place(a: Any, b: Any) -> bool:
    return a == b if isinstance(a, tuple) and isinstance(b, tuple) else _is_same_array(a, b)


def _is_one(a: Hashable, b: Hashable) -> bool:
    return a is b or (type(a) is type(b) and a == b)


def column(value: Any, label: Hashable) -> Any | None:
    """The column of this label; None when there is none, or more than one."""
    if not hasattr(value, "columns"):
        return value if label is None else None
    try:
        at = value.columns.get_loc(label)
    except (KeyError, TypeError, ValueError):
        return None
    return value.iloc[:, at] if isinstance(at, int) else None  # a slice or a mask: several of this name


def take(value: Any, positions: Any) -> Any:
    """The rows at these positions, in own buffers."""
    return value.take(positions)


def is_same(a: Any, b: Any) -> bool:
    """True only when both columns lie in the same memory: then their values are the same."""
    return _is_same_array(a.array, b.array)


def _is_same_array(x: Any, y: Any) -> bool:
    if x is y:
        return True
    if type(x) is not type(y) or x.shape != y.shape or x.dtype != y.dtype:
        return False
    if isinstance(getattr(x, "__array_interface__", None), dict):
        return _values.is_same_memory(x, y)
    categories = getattr(x, "categories", None)
    if categories is not None and not categories.equals(y.categories):
        return False  # unordered dtypes are equal whatever the order of their categories
    if getattr(x, "_mask", None) is not None and not _values.is_same_memory(x._mask, y._mask):
        return False
    for name in ("_ndarray", "_pa_array", "_data"):
        left, right = getattr(x, name, None), getattr(y, name, None)
        if left is not None and right is not None:
            return _values.is_same_memory(left, right)
    return False


def unwritten(series: Any) -> Any | None:
    """The memory of a column that is never written in place, only replaced: Arrow's; None for other columns."""
    return getattr(series.array, "_pa_array", None)


def differs(a: Any, b: Any) -> Any:
    """Mask of the positions where two columns of one length hold different values; nulls are equal."""
    import numpy as np

    x, y = a.array, b.array
    if x.dtype == y.dtype:
        codes = getattr(x, "codes", None)
        if codes is not None and x.categories.equals(y.categories):
            return np.asarray(codes) != np.asarray(y.codes)
        if hasattr(x, "asi8"):
            return x.asi8 != y.asi8
        if isinstance(getattr(x, "_ndarray", None), np.ndarray) and codes is None:
            return _values.differs(a.to_numpy(), b.to_numpy())
        if codes is None and not isinstance(x.dtype, np.dtype) and _is_plain(x):
            return _extension_differs(a, b)
    if isinstance(x.dtype, np.dtype) and isinstance(y.dtype, np.dtype):
        return _values.differs(a.to_numpy(), b.to_numpy())
    return _values.objects_differ(_objects(a), _objects(b))


def _is_plain(array: Any) -> bool:
    """True for strings and for masked or Arrow numbers, whose `!=` is elementwise and does not raise."""
    kind = getattr(array.dtype, "kind", "O")
    return kind in "biufmM" or str(array.dtype).startswith(("str", "string"))


def _extension_differs(a: Any, b: Any) -> Any:
    import numpy as np

    x, y = getattr(a.array, "_pa_array", None), getattr(b.array, "_pa_array", None)
    if x is not None and y is not None and x.type == y.type:
        return _values.arrow_differs(x, y)
    nulls_a, nulls_b = np.asarray(a.isna()), np.asarray(b.isna())
    unequal = a.array != b.array
    filled = unequal.to_numpy(dtype=bool, na_value=False) if hasattr(unequal, "to_numpy") else np.asarray(unequal)
    return np.where(nulls_a | nulls_b, nulls_a != nulls_b, filled)


def _objects(series: Any) -> Any:
    return series.astype(object).to_numpy()


def compact(series: Any) -> Any:
    """A reference to the column that keeps no other memory alive: shallow where it owns its buffer."""
    import numpy as np

    array = series.array
    arrow = getattr(array, "_pa_array", None)
    if arrow is not None:
        if arrow.get_total_buffer_size() <= 1.2 * arrow.nbytes + 4096:
            return shallow(series)
        return series.take(np.arange(len(series)))
    inner = getattr(array, "_ndarray", None)
    if is_protected() and isinstance(inner, np.ndarray) and _values.owned(inner):
        return shallow(series)
    return deep(series)


def index(value: Any) -> Any:
    """The row labels."""
    return value.index


def hashes(frame: Any, labels: Sequence[Hashable]) -> Any | None:
    """One 64-bit hash a row over these columns; equal values of other numeric types hash alike."""
    import numpy as np

    pd = sys.modules["pandas"]
    out: Any = np.zeros(len(frame), dtype=np.uint64)
    for label in labels:
        one = column(frame, label)
        if one is None:
            return None
        kind = getattr(one.dtype, "kind", "O")
        if kind in "iufb":
            array = one.to_numpy(dtype=float, na_value=np.nan) + 0.0  # -0.0 and 0.0 are one value
        elif kind in "mM" and hasattr(one, "dt"):
            array = np.asarray(one.dt.as_unit("ns").array.asi8)
        else:
            array = _objects(one)
        try:
            hashed = pd.util.hash_array(array, categorize=True)
        except (TypeError, ValueError):
            return None  # lists, dicts and mixed objects have no hash
        hashed = np.where(np.asarray(one.isna()), np.uint64(0x9E3779B97F4A7C15), hashed)
        out = (out ^ hashed) * np.uint64(0x100000001B3) + np.uint64(0x9E3779B9)
    return out


def nulls(frame: Any, labels: Sequence[Hashable]) -> Any:
    """Mask of the rows where all of these columns are null."""
    import numpy as np

    out: Any = np.ones(len(frame), dtype=bool)
    for label in labels:
        one = column(frame, label)
        if one is not None:
            out &= np.asarray(one.isna())
    return out
