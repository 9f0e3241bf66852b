"""Subgroups of a table: how many rows, how much is missing, how much an AI filled, how often it was wrong.

A group of fewer than `k` rows is left out; where only one would be, the next smallest goes with it, for
the total would tell it. A share of which either side counts fewer than `k` rows is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.passport.quality import LEAST, column_of

MOST: Final = 50  # groups; a column with more tells persons, not groups


def by_group(
    frame: Any,
    by: str,
    *,
    ai_rows: Mapping[str, Sequence[int] | None] | None = None,
    reference: Mapping[str, str] | None = None,
    k: int = LEAST,
) -> dict[str, Any]:
    """The groups of column `by`. `ai_rows`: AI column -> positions that an AI filled; None: not known, left out.

    `reference`: AI column -> the column that a person filled; the share of rows where they differ.
    """
    for column in [by, *(reference or {}), *(reference or {}).values()]:
        if column not in list(map(str, frame.columns)):
            raise UsageError(f"there is no column {column!r}", hint="columns: " + ", ".join(map(str, frame.columns)))
    places = _places(frame, by)
    if len(places) > MOST:
        raise UsageError(f"{by!r} has {len(places)} groups", hint=f"at most {MOST}: describe a coarser column")
    sizes = sorted((len(rows), name) for name, rows in places.items())
    small = [name for n, name in sizes if n < k]
    if len(small) == 1 and len(sizes) > 1:
        small.append(sizes[1][1])
    columns = {str(c): column_of(frame, c).to_list() for c in frame.columns}
    shown = {name: rows for name, rows in places.items() if name not in small}
    told = [_group(columns, name, rows, ai_rows or {}, reference or {}, k) for name, rows in shown.items()]
    return {"by": by, "groups": told, "left_out": len(small)}


def _places(frame: Any, by: str) -> dict[str, list[int]]:
    """Group -> positions of its rows, in the order of names; missing values are a group of their own."""
    places: dict[str, list[int]] = {}
    for position, value in enumerate(column_of(frame, by).to_list()):
        places.setdefault("" if _is_missing(value) else str(value), []).append(position)
    return dict(sorted(places.items()))


def _group(
    columns: Mapping[str, Sequence[Any]],
    name: str,
    rows: list[int],
    ai_rows: Mapping[str, Sequence[int] | None],
    reference: Mapping[str, str],
    k: int,
) -> dict[str, Any]:
    cells = [columns[c][i] for c in columns for i in rows]
    gaps = sum(map(_is_missing, cells))
    out: dict[str, Any] = {"group": name, "rows": len(rows), "missing": _share(gaps, len(cells), k)}
    inside = set(rows)
    out["ai"] = {
        c: _share(len(inside.intersection(filled)), len(rows), k) for c, filled in ai_rows.items() if filled is not None
    }
    out["differs"] = {
        ai: _share(sum(columns[ai][i] != columns[own][i] for i in rows), len(rows), k) for ai, own in reference.items()
    }
    return out


def _share(part: int, whole: int, k: int) -> float | None:
    """Two decimals; None where either side is a small cell."""
    if not whole or 0 < part < k or 0 < whole - part < k:
        return None
    return round(part / whole, 2)


def _is_missing(value: Any) -> bool:
    try:
        return value is None or bool(value != value)  # NaN is not itself
    except (TypeError, ValueError):  # pandas.NA, arrays
        return type(value).__name__ == "NAType"
