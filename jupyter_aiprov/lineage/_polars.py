"""What row tracking asks of polars; same questions as `_pandas`. Rows have no labels here.

Never imports polars, and asks pyarrow for buffer addresses only when it is loaded already.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from jupyter_aiprov.lineage import _values


def matches(value: Any) -> bool:
    """True for a polars DataFrame or Series (not a LazyFrame, which holds no rows)."""
    pl = sys.modules.get("polars")
    return pl is not None and isinstance(value, (pl.DataFrame, pl.Series))


def is_protected() -> bool:
    """A clone always keeps its values: buffers with a second owner are never written."""
    return True


def shallow(value: Any) -> Any:
    """A clone, which shares every buffer."""
    return value.clone()


def deep(value: Any) -> Any:
    """A copy that shares no buffer."""
    return value[list(range(len(value)))].rechunk()


def size(value: Any) -> int:
    """Estimated bytes of the buffers."""
    return int(value.estimated_size())


def columns(value: Any, skip: frozenset[int] = frozenset()) -> Iterator[tuple[Hashable, Any]]:
    """Name and column in order, without the positions to skip; a Series is one column under None."""
    if hasattr(value, "get_columns"):
        yield from ((one.name, one) for i, one in enumerate(value.get_columns()) if i not in skip)
    else:
        yield None, value


def untouched(was: Any, now: Any) -> frozenset[int]:
    """No column without a look: asking them one by one is quick here."""
    del was, now
    return frozenset()


def column(value: Any, label: Hashable) -> Any | None:
    """The column of this name, or None."""
    if not hasattr(value, "get_columns"):
        return value if label is None else None
    return value.get_column(label) if isinstance(label, str) and label in value.columns else None


def take(value: Any, positions: Any) -> Any:
    """The rows at these positions, in own buffers."""
    return value[positions]


def is_same(a: Any, b: Any) -> bool:
    """True only when both columns lie in the same memory: then their values are the same."""
    if len(a) != len(b) or a.dtype != b.dtype:
        return False
    pl, pa = sys.modules["polars"], sys.modules.get("pyarrow")
    if a.dtype == pl.Object:
        return False
    if pa is not None and hasattr(a, "__arrow_c_stream__"):
        try:
            left, right = pa.chunked_array(a), pa.chunked_array(b)
        except (TypeError, ValueError, pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return False
        # nested columns keep their values in children, which buffers() lists; dictionaries are read by arrow_address
        return _values.is_same_memory(left, right)
    if a.dtype.is_numeric() and not a.null_count() and not b.null_count() and a.n_chunks() == b.n_chunks() == 1:
        return _values.is_same_memory(a.to_numpy(), b.to_numpy())
    return False


def unwritten(series: Any) -> Any | None:
    """None: every access makes a new object of the same memory, so that none can be remembered by it."""
    del series
    return None


def differs(a: Any, b: Any) -> Any:
    """Mask of the positions where two columns of one length hold different values; nulls are equal."""
    import numpy as np

    pl = sys.modules["polars"]
    if pl.Object not in (a.dtype, b.dtype):
        try:
            return np.asarray(a.ne_missing(b).to_numpy(), dtype=bool)
        except (pl.exceptions.PolarsError, TypeError, ValueError):
            pass  # types without a common one are compared as Python objects
    return _values.objects_differ(_objects(a), _objects(b))


def _objects(series: Any) -> Any:
    import numpy as np

    out: Any = np.empty(len(series), dtype=object)
    for i, value in enumerate(series.to_list()):  # assigned one by one: lists are values here, not rows
        out[i] = value
    return out


def compact(series: Any) -> Any:
    """A reference to the column that keeps no other memory alive."""
    pa = sys.modules.get("pyarrow")
    pl = sys.modules["polars"]
    if pa is not None and series.dtype != pl.Object and hasattr(series, "__arrow_c_stream__"):
        arrow = pa.chunked_array(series)
        if arrow.get_total_buffer_size() <= 1.2 * arrow.nbytes + 4096:
            return shallow(series)
    return deep(series)


def index(value: Any) -> Any:
    """Rows have no labels in polars."""
    del value


def hashes(frame: Any, labels: Sequence[Hashable]) -> Any | None:
    """One 64-bit hash a row over these columns; equal numbers of other types hash alike."""
    pl = sys.modules["polars"]
    out = []
    for i, label in enumerate(labels):
        one = column(frame, label)
        if one is None or one.dtype == pl.Object or one.dtype.is_nested():
            return None
        if one.dtype.is_numeric() or one.dtype == pl.Boolean:
            one = one.cast(pl.Float64) + 0.0
        elif one.dtype in (pl.Categorical, pl.Enum):
            one = one.cast(pl.String)
        out.append(one.alias(str(i)))
    return pl.DataFrame(out).hash_rows(seed=7).to_numpy() if out else None


def nulls(frame: Any, labels: Sequence[Hashable]) -> Any:
    """Mask of the rows where all of these columns are null."""
    import numpy as np

    out: Any = np.ones(len(frame), dtype=bool)
    for label in labels:
        one = column(frame, label)
        if one is not None:
            out &= one.is_null().to_numpy()
    return out
