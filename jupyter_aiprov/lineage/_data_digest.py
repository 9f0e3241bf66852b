"""Digests of data that a person speaks of: a frame's columns, a file. Knows no declaration."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

from jupyter_aiprov.lineage import _formats
from jupyter_aiprov.lineage._dialects import dialect


def labels_of(frame: Any) -> list[Hashable]:
    """The column labels of a frame; none of a Series or of anything else."""
    return list(frame.columns) if dialect(frame) is not None and hasattr(frame, "columns") else []


def of_frame(frame: Any, columns: Sequence[Hashable] = ()) -> dict[str, Any]:
    """Row count of a frame and, where values allow it, a SHA-256 and what it was taken of."""
    module = dialect(frame)
    if module is None:
        return {"rows": len(frame)} if hasattr(frame, "__len__") else {}
    out: dict[str, Any] = {"rows": len(frame)}
    chosen = frame[list(columns)] if columns and hasattr(frame, "columns") else frame
    try:
        sha256, what = _pandas(chosen) if module.index(frame) is not None else _polars(chosen)
    except (TypeError, ValueError, RuntimeError):
        return out  # lists and dicts in cells: no digest, no claim
    return {**out, "sha256": sha256, "sha256_of": what}


def _pandas(chosen: Any) -> tuple[str, str]:
    """Rows hashed by pandas' documented row hash, without the index; names and types stand first."""
    pd = sys.modules["pandas"]
    names = [[str(c), str(t)] for c, t in chosen.dtypes.items()] if hasattr(chosen, "columns") else [str(chosen.dtype)]
    found = hashlib.sha256(json.dumps(names).encode())
    found.update(pd.util.hash_pandas_object(chosen, index=False).to_numpy().astype("<u8").tobytes())
    return found.hexdigest(), "pandas.util.hash_pandas_object"


def _polars(chosen: Any) -> tuple[str, str]:
    pl = sys.modules["polars"]
    frame = chosen if hasattr(chosen, "columns") else chosen.to_frame()
    try:
        text = frame.write_csv()
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error
    return hashlib.sha256(text.encode()).hexdigest(), "polars.DataFrame.write_csv"


def of_file(source: str) -> dict[str, Any] | None:
    """Name (never the path), digest and size of a file; None when there is no such file."""
    try:
        path = Path(source).expanduser()
        if not path.is_file():
            return None
        return {"name": path.name, **_formats.file_digest(path)}
    except (OSError, ValueError, RuntimeError):
        return None
