"""How many rows and columns, of which types, how much is missing."""

from __future__ import annotations

from typing import Any, Final

from jupyter_aiprov.errors import UsageError

LEAST: Final = 5  # rows; smaller cells could point at persons


def quality(frame: Any, k: int = LEAST) -> dict[str, Any]:
    """Rows, and of each column its type, missing and distinct values; pandas and polars."""
    if not hasattr(frame, "columns") or not hasattr(frame, "__len__"):
        raise UsageError("only a table can be described", hint="a pandas or polars DataFrame")
    return {"rows": counted(len(frame), k), "k": k, "columns": [_column(frame, name, k) for name in frame.columns]}


def counted(number: int, k: int) -> int | None:
    """The count, or None where it is small enough to point at somebody."""
    return None if 0 < number < k else number


def column_of(frame: Any, name: Any) -> Any:
    """One column; the first where several have this name."""
    found = frame[name]
    return found.iloc[:, 0] if getattr(found, "ndim", 1) > 1 else found


def _column(frame: Any, name: Any, k: int) -> dict[str, Any]:
    values = column_of(frame, name)
    missing = values.null_count() if hasattr(values, "null_count") else int(values.isna().sum())
    out: dict[str, Any] = {"name": str(name), "type": str(values.dtype), "missing": counted(int(missing), k)}
    try:
        out["distinct"] = int(values.n_unique() if hasattr(values, "n_unique") else values.nunique())
    except TypeError:  # lists and dicts have no distinct values
        out["distinct"] = None
    return out
