"""Comparison of arrays: by memory, by pointer, by value. Knows numpy and Arrow buffers, no frames."""

from __future__ import annotations

import sys
from typing import Any, Final

_EXACT: Final = 2**53
_STEP: Final = 2**16


class _Pointers:
    """The pointers of an object array seen as integers, for a vectorised `is`."""

    def __init__(self, array: Any) -> None:
        self.kept = array
        interface = array.__array_interface__
        self.__array_interface__ = {
            "data": (interface["data"][0], True),
            "shape": array.shape,
            "strides": array.strides,
            "typestr": f"<i{array.itemsize}",
            "version": 3,
        }


def is_same_memory(a: Any, b: Any) -> bool:
    """True when two numpy arrays or two Arrow arrays are one piece of memory, seen alike."""
    if a is b:
        return True
    if hasattr(a, "__array_interface__") and hasattr(b, "__array_interface__"):
        return bool(
            a.__array_interface__["data"][0] == b.__array_interface__["data"][0]
            and a.shape == b.shape
            and a.strides == b.strides
            and a.dtype == b.dtype
        )
    if hasattr(a, "chunks") and hasattr(b, "chunks"):
        return bool(a.type == b.type) and arrow_address(a) == arrow_address(b)
    return False


def arrow_address(chunked: Any) -> tuple[Any, ...]:
    """Where an Arrow array lies: offset, length, buffers (and a dictionary's) of each chunk with rows."""
    return tuple(
        (chunk.offset, len(chunk), _addresses(chunk), _addresses(getattr(chunk, "dictionary", None)))
        for chunk in chunked.chunks
        if len(chunk)
    )


def _addresses(array: Any) -> tuple[int | None, ...] | None:
    return None if array is None else tuple(None if b is None else int(b.address) for b in array.buffers())


def arrow_differs(a: Any, b: Any) -> Any:
    """Mask of differing values of two Arrow arrays of one type and length; null equals null.

    Where bytes at both ends agree, as after the edit of some values, only what lies between is compared.
    """
    import numpy as np

    compute = sys.modules["pyarrow"].compute
    first, last = _texts_between(a, b)
    unequal = compute.fill_null(compute.not_equal(a[first:last], b[first:last]), False)
    out: Any = np.zeros(len(a), dtype=bool)
    out[first:last] = unequal.to_numpy()
    if a.null_count or b.null_count:
        nulls = np.asarray(compute.is_null(a)), np.asarray(compute.is_null(b))
        out = np.where(nulls[0] | nulls[1], nulls[0] != nulls[1], out)
    return out


def _texts_between(a: Any, b: Any) -> tuple[int, int]:
    """The rows outside of which two arrays of texts hold the same bytes; all rows where that is not cheaply known."""
    import numpy as np

    types = sys.modules["pyarrow"].types
    wide = types.is_large_string(a.type)
    if not (wide or types.is_string(a.type)) or a.num_chunks != 1 or b.num_chunks != 1 or not len(a):
        return 0, len(a)
    ends, texts = [], []
    for one in (a.chunk(0), b.chunk(0)):
        _, offsets, data = one.buffers()
        start = one.offset
        ends.append(np.frombuffer(offsets, dtype=np.int64 if wide else np.int32)[start : start + len(one) + 1])
        texts.append(np.frombuffer(data or b"", dtype=np.uint8)[ends[-1][0] : ends[-1][-1]])
    own, other = ends
    rows, size = _agree(own, other, int(own[0] - other[0])), _agree(*texts)
    first = min(rows - 1, int(np.searchsorted(own, own[0] + size, side="right")) - 1, len(a))
    rows, size = _agree(own, other, int(own[-1] - other[-1]), back=True), _agree(*texts, back=True)
    last = max(len(own) - rows, int(np.searchsorted(own, own[-1] - size, side="left")), first)
    return first, last


def _agree(a: Any, b: Any, shift: int = 0, *, back: bool = False) -> int:
    """How many values two arrays have in common from their start (or back from their end), one being shifted."""
    import numpy as np

    size, buffer = min(len(a), len(b)), sys.modules["pyarrow"].py_buffer
    moved: Any = np.empty(min(_STEP, size), dtype=b.dtype) if shift else None
    for done in range(0, size, _STEP):
        step = min(_STEP, size - done)
        x = a[len(a) - done - step : len(a) - done] if back else a[done : done + step]
        y = b[len(b) - done - step : len(b) - done] if back else b[done : done + step]
        if shift:
            y = np.add(y, shift, out=moved[:step])
        if not buffer(x).equals(buffer(y)):  # compared as memory: no mask is made of what is the same
            unequal = x != y
            return done + int(unequal[::-1].argmax() if back else unequal.argmax())
    return size


def owned(array: Any) -> bool:
    """True when a numpy array's memory is (almost) all its own."""
    root = array
    while getattr(root, "base", None) is not None and hasattr(root.base, "nbytes"):
        root = root.base
    if getattr(root, "base", None) is not None:
        return False  # somebody else's memory, of unknown size
    return bool(root.nbytes <= 1.2 * array.nbytes + 4096)


def differs(a: Any, b: Any) -> Any:
    """Mask of differing values of two numpy arrays of one length; NaN equals NaN, NaT equals NaT."""
    import numpy as np

    if a.dtype.kind == "O" or b.dtype.kind == "O":
        return objects_differ(a.astype(object, copy=False), b.astype(object, copy=False))
    if a.dtype.kind in "mM" and a.dtype == b.dtype:
        return a.view("i8") != b.view("i8")
    numbers = "biufc"
    if (a.dtype.kind in numbers) != (b.dtype.kind in numbers) or a.dtype.kind not in numbers + "SU":
        return objects_differ(a.astype(object), b.astype(object))
    if a.dtype != b.dtype and not (_is_exact(a) and _is_exact(b)):
        return objects_differ(a.astype(object), b.astype(object))
    unequal = a != b
    if a.dtype.kind in "fc" and b.dtype.kind in "fc":
        both = np.isnan(a) & np.isnan(b) if unequal.any() else None
        return unequal if both is None else unequal & ~both
    return unequal


def _is_exact(array: Any) -> bool:
    """False for integers that a float cannot hold, which numpy would compare as floats."""
    if array.dtype.kind not in "iu" or not len(array) or array.dtype.itemsize < 8:
        return True
    return bool(int(array.min()) >= -_EXACT and int(array.max()) <= _EXACT)


def objects_differ(a: Any, b: Any) -> Any:
    """Mask of differing objects: by pointer all at once, by value only where pointers differ."""
    import numpy as np

    out = np.asarray(_Pointers(a)) != np.asarray(_Pointers(b))
    for i in np.flatnonzero(out):
        out[i] = not is_equal(a[i], b[i])
    return out


def is_equal(x: Any, y: Any) -> bool:
    """Equality of two values that never raises; null equals null, True is not 1, arrays by content."""
    if x is y:
        return True
    if is_null(x) or is_null(y):
        return is_null(x) and is_null(y)
    if isinstance(x, str) or isinstance(y, str):
        return isinstance(x, str) and isinstance(y, str) and str.__eq__(x, y) is True
    try:
        equal = x == y
        if hasattr(equal, "all") and hasattr(equal, "shape") and equal.shape != ():
            return getattr(x, "shape", None) == getattr(y, "shape", None) and bool(equal.all())
        return bool(equal) and isinstance(x, bool) == isinstance(y, bool)
    except (TypeError, ValueError, AttributeError, ArithmeticError, LookupError, RecursionError):
        return False  # not comparable: told apart


def is_null(value: Any) -> bool:
    """True for None, NaN, NaT and NA."""
    if value is None:
        return True
    if isinstance(value, float):
        return value != value
    return type(value).__name__ in ("NaTType", "NAType") or (
        type(value).__name__ in ("float64", "float32", "float16", "datetime64", "timedelta64") and bool(value != value)
    )


def count(mask: Any) -> int:
    """How many positions of a mask are true."""
    import numpy as np

    return int(np.count_nonzero(mask))


def ranges(mask: Any) -> list[list[int]]:
    """Inclusive ranges of the true positions: the form in which events write rows."""
    import numpy as np

    padded = np.concatenate(([False], np.asarray(mask, dtype=bool), [False]))
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return [[int(start), int(end) - 1] for start, end in edges.reshape(-1, 2)]
