"""Comparison of arrays: by memory, by pointer, by value. Knows numpy and Arrow buffers, no frames."""

from __future__ import annotations

from typing import Any

_EXACT = 2**53


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


def ranges(mask: Any) -> list[list[int]]:
    """Inclusive ranges of the true positions: the form in which events write rows."""
    import numpy as np

    padded = np.concatenate(([False], np.asarray(mask, dtype=bool), [False]))
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return [[int(start), int(end) - 1] for start, end in edges.reshape(-1, 2)]
