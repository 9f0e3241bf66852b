"""What the cells wrote to files and tables and read back: values by path, checked by the ledger."""

# ruff: noqa: ARG002 - one signature for every operation, so that tables can hold them

# ruff: noqa: E501 - tables of names read best in few lines

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from jupyter_aiprov.lineage import paths, queries
from jupyter_aiprov.lineage.files import FileLedger
from jupyter_aiprov.lineage.labels import DERIVED, GENERATED, MIXED, NONE, Label, joined
from jupyter_aiprov.lineage.queries import Tables
from jupyter_aiprov.lineage.state import (
    CONTAINERS,
    Value,
    anything,
    clone,
    merged,
    repeated,
    scalar,
    summary,
)

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

Args = list[Value]
Keywords = dict[str, Value]
_TEXTS: Final = frozenset({"to_csv", "to_json", "to_string", "to_markdown", "to_html", "to_latex", "write_csv", "write_json",
                           "write_ndjson"})  # fmt: skip
_WRITERS: Final = _TEXTS | frozenset(
    "to_parquet to_excel to_feather to_pickle to_sql to_stata to_hdf to_orc to_clipboard to_xml write_parquet write_ipc "
    "write_excel write_database write_avro write_delta sink_parquet sink_csv to_file tofile save dump".split()
)
_READERS: Final = frozenset(
    "read_csv read_table read_json read_parquet read_excel read_feather read_pickle read_ndjson read_ipc read_hdf read_orc "
    "read_stata read_xml read_html read_fwf scan_csv scan_parquet scan_ndjson scan_ipc load loadtxt genfromtxt read_file "
    "read_avro safe_load read_clipboard".split()
)
_SQL: Final = frozenset({"read_sql", "read_sql_query", "read_sql_table", "read_database", "sql", "query", "execute"})
_DUMPERS: Final = frozenset(
    {"dump", "save", "savez", "savetxt", "savez_compressed", "safe_dump", "write_table", "imsave"}
)
_PATHS: Final = frozenset({"Path", "PurePath", "PosixPath", "WindowsPath", "ExcelWriter", "ExcelFile"})
_ASKS: Final = re.compile(r"exists|is_file|isfile|is_dir|isdir")
_SHEET: Final = "\0"
_ORIGINS: Final = {"ai-generated": GENERATED, "synthetic": GENERATED, "ai-assisted": MIXED, "ai-derived": DERIVED}


class Store:
    """Values by absolute path (and sheet), and the tables of databases."""

    def __init__(self, ledger: FileLedger) -> None:
        self.ledger = ledger
        self.contents: dict[str, Value] = {}
        self.tables = Tables()
        self.written: dict[str, Value] = {}  # by the cell that is being followed
        self.since = 0  # when the cell began, in nanoseconds
        self.before: dict[str | None, bool] = {}  # which files that the cell asks for were there when it began
        self.literals = paths.Literals()

    def look(self, source: str, live: Mapping[str, Any]) -> None:
        """Before a cell runs: which of the files that it asks for are there."""
        self.since = time.time_ns()
        self.before = {}
        if _ASKS.search(source):
            names = [live[w] for w in set(re.findall(r"[^\W\d]\w*", source)) if w in live]
            texts = [str(v) for v in names if type(v) is str or isinstance(v, PurePath)]
            self.before = {p: os.path.exists(p) for p in self.literals.named(source, texts)}  # noqa: PTH110

    def reads_labelled(self, source: str) -> bool:
        """A cell names a file (or a folder and a file) that is known to hold AI values."""
        return any(self.ledger.read(p) or self.ledger.tables(p) for p in self.literals.named(source))

    def begin(self) -> None:
        """A cell is followed."""
        self.written = {}

    def finish(self) -> list[dict[str, Any]]:
        """Put the labels of what was written on the ledger; the `file` parts of events."""
        events = []
        for key, value in self.written.items():
            path, _, sheet = key.partition(_SHEET)
            labels = {k: v for k, v in labels_of(value).items() if v["origin"] != "unknown"}
            for file in paths.files(path, since=self.since):
                found = self.ledger.wrote(file, labels, table=sheet or None, beside=paths.ANY not in path)
                if found is not None:
                    events.append(found)
        for at, value in list(self.tables.written.items()):
            labels = {k: v for k, v in labels_of(value).items() if v["origin"] != "unknown"}
            found = self.ledger.wrote(at[0], labels, table=at[1])
            if found is not None or not labels:
                del self.tables.written[at]  # else it is not committed yet: once more after the next cell
                events.extend([found] if found is not None else [])
        return events

    # ── paths ─────────────────────────────────────────────────────────────────────
    def path(self, value: Value | None) -> str | None:
        """The absolute path that a value names, with `*` for what is not known of it."""
        return paths.absolute(value)

    def content(self, path: str | None, sheet: str | None = None) -> Value | None:
        """What a file holds: as this session wrote it, else as the ledger or a sidecar says."""
        if path is None:
            return None
        if sheet is not None:
            known = self.contents.get(path + _SHEET + sheet)
            if known is not None or any(k.startswith(path + _SHEET) for k in self.contents):
                return known
            labels = self.ledger.read(path, table=sheet)
            if labels or self.ledger.tables(path):
                return value_of(labels) if labels else None
        out: Value | None = self.contents.get(path)
        if out is not None and paths.ANY not in path:
            return out
        for other, value in self.contents.items():
            if other != path and _SHEET not in other and paths.is_match(path, other):
                out = value if out is None else merged(out, value, rows=True)
        if out is not None:
            return out
        for file in paths.files(path, most=20):
            labels = self.ledger.read(file)
            if labels:
                return value_of(labels)
        return None

    def recorded_table(self, database: str, table: str) -> Value | None:
        """A table of a database that another kernel wrote."""
        labels = (
            self.ledger.read(database, table=table.lower()) if table.lower() in self.ledger.tables(database) else None
        )
        return value_of(labels) if labels else None

    def put(self, path: str | None, value: Value, *, more: bool = False, sheet: str | None = None) -> None:
        """A file was written."""
        if path is None:
            return
        if sheet is not None:
            self.contents[path + _SHEET + sheet] = self.written[path + _SHEET + sheet] = value
            more = self.written.get(path) is not None  # other sheets of the same file
        before = self.contents.get(path) if more or paths.ANY in path else None
        self.contents[path] = value if before is None else merged(before, value, rows=sheet is None)
        self.written[path] = self.contents[path]

    def exists(self, path: str | None) -> Value:
        """Whether a file was there when the cell asked: as it was before, or written since."""
        if path is not None and path in self.written:
            return scalar(const=True)
        return scalar(const=self.before[path]) if path in self.before else anything()

    # ── frames ────────────────────────────────────────────────────────────────────
    def is_writer(self, name: str) -> bool:
        """True for `to_csv` and its like."""
        return name in _WRITERS

    def write(self, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
        """`df.to_csv(path)`; the text itself without a path."""
        if name in {"to_sql", "write_database"}:
            target = args[0] if args else kwargs.get("name", kwargs.get("table_name"))
            con = args[1] if len(args) > 1 else kwargs.get("con", kwargs.get("connection"))
            more = any(kwargs[k].const == "append" for k in ("if_exists", "if_table_exists") if k in kwargs)
            if target is not None and type(target.const) is str:
                self.tables.put(queries.database_of(con), target.const, clone(owner), more=more)
            return scalar(const=None)
        keys = ("path", "path_or_buf", "file", "buf", "excel_writer", "target")
        target = args[0] if args else next((kwargs[k] for k in keys if k in kwargs), None)
        if target is None or target.const is None:
            out = scalar(summary(owner))
            out.data = {"text_of": owner}
            return out if name in _TEXTS else anything(summary(owner))
        if target.kind == "file":
            self._into(target, owner)
        elif name in {"to_excel", "write_excel"}:
            sheet = kwargs.get(
                "sheet_name", kwargs.get("worksheet", args[1] if len(args) > 1 else scalar(const="Sheet1"))
            )
            self.put(self.path(target), clone(owner), sheet=sheet.const if type(sheet.const) is str else None)
        else:
            appends = "mode" in kwargs and type(kwargs["mode"].const) is str and "a" in kwargs["mode"].const
            self.put(self.path(target), clone(owner), more=appends)
        return scalar(const=None)

    # ── functions ─────────────────────────────────────────────────────────────────
    def is_file_function(self, top: str, last: str) -> bool:
        """True for functions that read or write files."""
        return last in _SQL or last in _READERS or last in _PATHS or last in _DUMPERS

    def function(self, flow: Flow, top: str, name: str, last: str, args: Args, kwargs: Keywords) -> Value | None:
        """A library function that reads or writes; None when it is another thing."""
        if last in _PATHS:
            return (paths.under(args[0], args[1:]) if args else None) or anything()
        if last in _SQL:
            con = next((kwargs[k] for k in ("con", "connection", "connection_uri") if k in kwargs), None)
            con = con if con is not None else args[1] if len(args) > 1 else None
            found = self.queried(flow, [*args, *kwargs.values()], queries.database_of(con))
            is_cursor = found is not None and found.kind == "frame" and not last.startswith("read_") and top != "polars"
            return queries.cursor(found) if found is not None and is_cursor else found
        if last in _DUMPERS and args:
            return self._dumped(top, args, kwargs)
        given = args[0] if args else next(iter(kwargs.values()), None)
        if given is None:
            return None
        sheet = (
            kwargs.get("sheet_name", args[1] if len(args) > 1 else None) if last in {"read_excel", "parse"} else None
        )
        if sheet is not None and sheet.const is None:
            return self._all_sheets(given)
        return self._read(given, top, sheet.const if sheet is not None and type(sheet.const) is str else None)

    def _all_sheets(self, given: Value) -> Value:
        path = self.path(given)
        out = Value("map", rest=Value("frame", rest=repeated("series", scalar())))
        for key, value in self.contents.items():
            if path is not None and key.startswith(path + _SHEET):
                out.fields[key.partition(_SHEET)[2]] = clone(value)
        return out

    def _dumped(self, top: str, args: Args, kwargs: Keywords) -> Value:
        target, value = (args[1], args[0]) if len(args) > 1 else (args[0], anything())
        if self.path(args[0]) is not None and (len(args) < 2 or self.path(args[1]) is None):
            target, value = args[0], args[1] if len(args) > 1 else next(iter(kwargs.values()), anything())
        if top == "pyarrow" and len(args) > 1:
            target, value = args[1], args[0]
        if target.kind == "file":
            self._into(target, value)
        else:
            self.put(self.path(target), value)
        return scalar(const=None)

    def _into(self, target: Value, value: Value) -> None:
        path = target.data.get("path")
        self.put(path, value, more="a" in target.data.get("mode", "w"))
        if path is None:
            target.rest = value if target.rest is None else merged(target.rest, value, rows=True)

    def _read(self, given: Value, top: str, sheet: str | None = None) -> Value | None:
        tables = top in {"pandas", "polars", "pyarrow", "geopandas"}
        if given.kind == "file":
            found = self.content(given.data.get("path")) or given.rest
        else:
            path = self.path(given)
            found = self.content(path, sheet)
            if path is None and found is None:
                if isinstance(given.data, dict) and "text_of" in given.data:
                    found = given.data["text_of"]
                elif summary(given).is_ai:
                    return self._parsed(given, tables)
        if found is None:
            if tables:
                return Value("frame", rest=repeated("series", scalar()))
            return anything()
        if isinstance(found.data, dict) and "lines" in found.data:
            inner = found.data["lines"]
            source = inner.data.get("text_of") if isinstance(inner.data, dict) else None
            if tables and source is not None:
                return Value("frame", fields={k: repeated("series", v) for k, v in source.fields.items()})
            found = source if source is not None else inner
        if tables and found.kind != "frame":
            return self._framed(found, tables)
        return clone(found) if found.kind in CONTAINERS else anything(summary(found))

    def _framed(self, found: Value, tables: bool) -> Value:
        from jupyter_aiprov.lineage.libraries import _frame_of

        return _frame_of(None, found, None) if found.kind in {"map", "list"} else self._parsed(found, tables)  # type: ignore[arg-type]

    def _parsed(self, given: Value, tables: bool) -> Value:
        label = summary(given)
        return Value("frame", rest=repeated("series", anything(label))) if tables else anything(label)

    def queried(self, flow: Flow, args: Args, database: str | None = None) -> Value | None:
        """SQL: the labels of the tables (and of the frames of the notebook) that it names."""
        text = next((a.const for a in args if type(a.const) is str), None)
        if text is None:
            found = next((a.data["pattern"] for a in args if isinstance(a.data, dict) and "pattern" in a.data), None)
            text = found
        return queries.run(flow, text, args[1:], database) if isinstance(text, str) else None

    # ── open files ────────────────────────────────────────────────────────────────
    def open(self, args: Args, kwargs: Keywords) -> Value:
        """`open(path, mode)`."""
        path = self.path(args[0]) if args else None
        mode = args[1].const if len(args) > 1 else kwargs["mode"].const if "mode" in kwargs else "r"
        mode = mode if type(mode) is str else "r"
        out = Value("file", data={"path": path, "mode": mode})
        if "r" in mode:
            found = self.content(path)
            out.rest = _line(found) if found is not None else scalar()
        elif "w" in mode and path is not None and paths.ANY not in path:
            self.contents.pop(path, None)
        return out

    def method(self, flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
        """`f.write(…)`, `f.read()`."""
        path = owner.data.get("path")
        if name in {"write", "writelines", "write_text"} and args:
            text = args[0]
            if isinstance(text.data, dict) and "text_of" in text.data:
                value = Value("any", summary(text), data={"lines": text})
            else:
                value = anything(summary(text))
            if path is not None:
                before = self.contents.get(path)
                self.put(
                    path, value if before is None or "lines" in (value.data or {}) else merged(before, value, rows=True)
                )
            else:
                self._into(owner, value)
            return scalar()
        if name in {"read", "readlines", "readline", "getvalue"}:
            found = self.content(path)
            if found is None:
                return owner.rest or scalar()
            if name == "readlines":
                return repeated("list", _line(found))
            out = scalar(summary(found))
            out.data = {"text_of": found}
            return out
        return anything()

    def of_path(self, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value | None:
        """`Path(…).write_text(…)` and its like; None when it is another method."""
        path = self.path(owner)
        if name in {"write_text", "write_bytes"} and args:
            text = args[0]
            source = text.data.get("text_of") if isinstance(text.data, dict) else None
            self.put(path, source if source is not None else anything(summary(text)))
            return scalar()
        if name in {"read_text", "read_bytes"}:
            found = self.content(path)
            if found is None:
                return scalar()
            out = scalar(summary(found))
            out.data = {"text_of": found} if found.kind in CONTAINERS else None
            return out
        if name == "open":
            return self.open([owner, *args], kwargs)
        other = paths.of_path(owner, name, args)
        if other is not None:
            return other
        if name in {"exists", "is_file", "is_dir"}:
            return self.exists(path)
        return anything() if name in {"mkdir", "unlink", "stat", "touch"} else None


def _line(found: Value) -> Value:
    """One line of a file."""
    if isinstance(found.data, dict) and "lines" in found.data:
        inner: Value = found.data["lines"]
        return inner
    return scalar(summary(found))


def labels_of(value: Value) -> dict[str, dict[str, Any]]:
    """Column labels as the ledger writes them; the whole under the empty string."""
    from jupyter_aiprov.lineage.labels import NAMES

    def one(label: Label) -> dict[str, Any]:
        return {"origin": NAMES[label.origin], "evidence": "captured", "confidence": "low" if label.low else "high"}

    if value.kind == "frame":
        out = {str(k): one(summary(v)) for k, v in value.fields.items() if summary(v).is_ai}
        if value.rest is not None and summary(value.rest).is_ai:
            out[""] = one(summary(value))
        return out
    label = summary(value)
    return {"": one(label)} if label.is_ai else {}


def value_of(labels: dict[str, dict[str, Any]]) -> Value:
    """A value with the labels that the ledger remembers."""

    def one(entry: dict[str, Any]) -> Label:
        origin = _ORIGINS.get(str(entry.get("origin")), NONE)
        return Label(origin, entry.get("confidence") == "low")

    fields = {k: repeated("series", scalar(one(v))) for k, v in labels.items() if k}
    whole = labels.get("")
    if not fields and whole is not None:
        return anything(one(whole))
    rest = repeated("series", scalar(one(whole))) if whole is not None else repeated("series", scalar())
    return Value("frame", fields=fields, rest=rest)


_ = joined
