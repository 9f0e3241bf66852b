"""The csv module: rows written one by one, and read back."""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_aiprov.lineage.methods import items_of
from jupyter_aiprov.lineage.rows_flow import row_of
from jupyter_aiprov.lineage.state import (
    SEQUENCES,
    Unnamed,
    Value,
    anything,
    element,
    merged,
    repeated,
    scalar,
    sequence,
    summary,
)

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

Args = list[Value]
Keywords = dict[str, Value]


def writer(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    """`csv.writer(f)`, `csv.DictWriter(f, fieldnames)`."""
    given = args[0] if args else kwargs.get("f", anything())
    names = kwargs.get("fieldnames", args[1] if len(args) > 1 else None)
    known = items_of(flow, names)[0] if names is not None else None
    header = [n.const for n in known] if known is not None else None
    return Value("any", data={"csv": given, "header": header})


def method(flow: Flow, owner: Value, name: str, args: Args) -> Value | None:
    """`w.writerow(row)`, `w.writerows(rows)`; None for other methods."""
    if name == "writeheader":
        return scalar()
    if name not in {"writerow", "writerows"} or not args:
        return None
    row = args[0] if name == "writerow" else _one(args[0])
    file: Value = owner.data["csv"]
    path = file.data.get("path") if isinstance(file.data, dict) else None
    if row is None:
        return scalar()
    known = items_of(flow, row)[0] if row.kind != "map" else None
    if known and owner.data["header"] is None and all(type(k.const) is str for k in known):
        owner.data["header"] = [k.const for k in known]
        return scalar()
    added = _frame(row, known, owner.data["header"])
    before = flow.files.contents.get(path) if path is not None else file.rest
    if before is not None and before.kind == "frame" and added.kind == "frame":
        for key, one in added.fields.items():
            old = before.fields.get(key)
            before.fields[key] = one if old is None else merged(old, one, rows=True)
        added = before
    if path is not None:
        flow.files.put(path, added)
    else:
        file.rest = added
    return scalar()


def _one(rows: Value) -> Value | None:
    return element(rows) if rows.kind in SEQUENCES else rows.rest if rows.kind == "any" else rows


def _frame(row: Value, known: list[Value] | None, header: list[Any] | None) -> Value:
    if row.kind in {"map", "object"} and row.fields and not (row.data or {}).get("plain"):
        rest = repeated("series", row.rest) if row.rest is not None else None
        return Value("frame", fields={k: repeated("series", v) for k, v in row.fields.items()}, rest=rest)
    if known is not None:
        names = header if header is not None and len(header) == len(known) else [Unnamed() for _ in known]
        return Value("frame", fields={n: repeated("series", v) for n, v in zip(names, known, strict=True)})
    return Value("frame", rest=repeated("series", scalar(summary(row))))


def reader(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    """`csv.reader(f)`: rows as lists."""
    return _rows(flow, args, dicts=False)


def dict_reader(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    """`csv.DictReader(f)`: rows as dictionaries."""
    return _rows(flow, args, dicts=True)


def _rows(flow: Flow, args: Args, *, dicts: bool) -> Value:
    if not args:
        return anything()
    given = args[0]
    found = given
    if given.kind == "file":
        content = flow.files.content(given.data.get("path"))
        found = content if content is not None else given.rest or scalar()
    if found.kind == "frame":
        row = row_of(found)
        if dicts or row.rest is not None:
            return repeated("iter", row)
        return repeated("iter", sequence("list", list(row.fields.values())))
    inner = element(found) if found.kind in SEQUENCES else None
    label = summary(inner if inner is not None else found)
    return repeated("iter", anything(label))
