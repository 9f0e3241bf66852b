"""What the cells wrote to files and tables and read back: values by path, checked by the ledger."""

# ruff: noqa: ARG002 - one signature for every operation, so that tables can hold them

# ruff: noqa: E501 - tables of names read best in few lines

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final

from jupyter_aiprov.lineage.files import FileLedger
from jupyter_aiprov.lineage.labels import DERIVED, GENERATED, MIXED, NONE, Label, joined
from jupyter_aiprov.lineage.state import (
    CONTAINERS,
    Value,
    anything,
    clone,
    is_tainted,
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
_ORIGINS: Final = {"ai-generated": GENERATED, "synthetic": GENERATED, "ai-assisted": MIXED, "ai-derived": DERIVED}


class Store:
    """Values by absolute path and by table name."""

    def __init__(self, ledger: FileLedger) -> None:
        self.ledger = ledger
        self.contents: dict[str, Value] = {}
        self.tables: dict[str, Value] = {}
        self.written: dict[str, Value] = {}  # by the cell that is being followed
        self.names: dict[str, Value] = {}

    def begin(self) -> None:
        """A new cell."""
        self.written = {}

    def finish(self) -> list[dict[str, Any]]:
        """Put the labels of what was written on the ledger; the `file` parts of events."""
        events = []
        for path, value in self.written.items():
            labels = {k: v for k, v in labels_of(value).items() if v["origin"] != "unknown"}
            found = self.ledger.wrote(path, labels)
            if found is not None:
                events.append(found)
        return events

    # ── paths ─────────────────────────────────────────────────────────────────────
    def path(self, value: Value | None) -> str | None:
        """The absolute path that a value names."""
        if value is None:
            return None
        text = value.const if type(value.const) is str else None
        if text is None and isinstance(value.data, dict) and "path" in value.data:
            text = value.data["path"]
        if not isinstance(text, str) or not text or len(text) > 1000 or "\n" in text or "://" in text:
            return None
        return os.path.abspath(os.path.expanduser(text))  # noqa: PTH100, PTH111

    def content(self, path: str | None) -> Value | None:
        """What a file holds: as this session wrote it, else as the ledger or a sidecar says."""
        if path is None:
            return None
        known = self.contents.get(path)
        if known is not None:
            return known
        labels = self.ledger.read(path)
        return value_of(labels) if labels else None

    def put(self, path: str | None, value: Value, *, more: bool = False) -> None:
        """A file was written."""
        if path is None:
            return
        before = self.contents.get(path) if more else None
        self.contents[path] = value if before is None else merged(before, value, rows=True)
        self.written[path] = self.contents[path]

    # ── frames ────────────────────────────────────────────────────────────────────
    def is_writer(self, name: str) -> bool:
        """True for `to_csv` and its like."""
        return name in _WRITERS

    def write(self, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
        """`df.to_csv(path)`; the text itself without a path."""
        if name in {"to_sql", "write_database"}:
            target = args[0] if args else kwargs.get("name", kwargs.get("table_name"))
            if target is not None and type(target.const) is str:
                self.tables[target.const.lower()] = clone(owner)
            return scalar(const=None)
        keys = ("path", "path_or_buf", "file", "buf", "excel_writer", "target")
        target = args[0] if args else next((kwargs[k] for k in keys if k in kwargs), None)
        if target is None or target.const is None:
            out = scalar(summary(owner))
            out.data = {"text_of": owner}
            return out if name in _TEXTS else anything(summary(owner))
        if target.kind == "file":
            self._into(target, owner)
        else:
            self.put(self.path(target), clone(owner))
        return scalar(const=None)

    # ── functions ─────────────────────────────────────────────────────────────────
    def is_file_function(self, top: str, last: str) -> bool:
        """True for functions that read or write files."""
        if last in _SQL or last in _READERS or last == "Path" or last in _DUMPERS:
            return top not in {"time"}
        return False

    def function(self, flow: Flow, top: str, name: str, last: str, args: Args, kwargs: Keywords) -> Value | None:
        """A library function that reads or writes; None when it is another thing."""
        if last == "Path":
            out = anything()
            texts = [a.const for a in args]
            if texts and all(type(t) is str for t in texts):
                out.data = {"path": os.path.join(*texts)}  # noqa: PTH118
            return out
        if last in _SQL:
            return self.queried(flow, [*args, *kwargs.values()])
        if last in _DUMPERS and args:
            return self._dumped(top, args, kwargs)
        given = args[0] if args else next(iter(kwargs.values()), None)
        return self._read(given, top) if given is not None else None

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

    def _read(self, given: Value, top: str) -> Value | None:
        tables = top in {"pandas", "polars", "pyarrow", "geopandas"}
        if given.kind == "file":
            found = self.content(given.data.get("path")) or given.rest
        else:
            path = self.path(given)
            found = self.content(path)
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

    def queried(self, flow: Flow, args: Args) -> Value | None:
        """SQL: the labels of the tables (and of the frames of the notebook) that it names."""
        text = next((a.const for a in args if type(a.const) is str), None)
        if text is None:
            return None
        words = {w.lower() for w in re.findall(r"\w+", text)}
        found = [v for k, v in self.tables.items() if k in words]
        found += [v for k, v in flow.main.vars.items() if k.lower() in words and v.kind == "frame" and is_tainted(v)]
        created = re.search(r"create\s+(?:or\s+replace\s+)?table\s+(\w+)\s+as\b", text, re.I)
        inserted = re.search(r"insert\s+(?:or\s+\w+\s+)?into\s+(\w+)\s*(?:\(([^)]*)\))?", text, re.I)
        if inserted:
            return self._inserted(inserted, args)
        if not found:
            return None
        out = clone(found[0])
        for other in found[1:]:
            out.fields.update({k: v for k, v in other.fields.items() if k not in out.fields or summary(v).is_ai})
        out = _selected(out, text)
        if created:
            self.tables[created[1].lower()] = out
        return out

    def _inserted(self, match: re.Match[str], args: Args) -> Value | None:
        from jupyter_aiprov.lineage.state import element

        given = next((a for a in args if a.kind in {"list", "tuple", "iter", "map"}), None)
        if given is None:
            return None
        row = element(given) if given.kind in {"list", "iter"} and given.rest is not None else given
        row = row if row is not None and row.kind in {"tuple", "list", "map"} else given
        table = self.tables.setdefault(match[1].lower(), Value("frame"))
        names = [n.strip() for n in match[2].split(",")] if match[2] else []
        items = row.items
        if row.kind == "map":
            fields = row.fields
        elif items is not None and len(names) == len(items):
            fields = dict(zip(names, items, strict=True))
        else:
            fields = {}
            table.rest = repeated("series", scalar(summary(given)))
        for key, item in fields.items():
            old = table.fields.get(key)
            new = repeated("series", item)
            table.fields[key] = new if old is None else merged(old, new, rows=True)
        return anything()

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
        elif "w" in mode and path is not None:
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
        if name in {"joinpath", "with_suffix", "with_name", "resolve", "absolute", "expanduser"}:
            out = anything()
            if name in {"resolve", "absolute", "expanduser"}:
                out.data = owner.data
            elif name == "joinpath" and all(type(a.const) is str for a in args) and path is not None:
                out.data = {"path": os.path.join(path, *(a.const for a in args))}  # noqa: PTH118
            return out
        return (
            anything() if name in {"exists", "mkdir", "unlink", "is_file", "stat", "touch", "glob", "iterdir"} else None
        )


def _line(found: Value) -> Value:
    """One line of a file."""
    if isinstance(found.data, dict) and "lines" in found.data:
        inner: Value = found.data["lines"]
        return inner
    return scalar(summary(found))


def _selected(frame: Value, text: str) -> Value:
    """Columns computed in the query are derived from the columns they name."""
    from jupyter_aiprov.lineage.labels import computed
    from jupyter_aiprov.lineage.state import contents, touched

    for expression, name in re.findall(r"(\w+\s*\([^()]*\)|[\w.*+/ -]+?)\s+as\s+(\w+)", text, re.I):
        used = [v for k, v in frame.fields.items() if type(k) is str and re.search(rf"\b{re.escape(k)}\b", expression)]
        grouped = re.search(r"group\s+by\s+([\w, ]+)", text, re.I)
        keys = [
            v for k, v in frame.fields.items() if grouped and type(k) is str and k in re.findall(r"\w+", grouped[1])
        ]
        if "(" in expression or len(used) != 1 or not re.fullmatch(r"[\w.]+", expression.strip()):
            frame.fields[name] = repeated("series", scalar(computed(*(touched(v) for v in (*used, *keys)))))
        else:
            frame.fields[name] = used[0]
    _ = contents
    return frame


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
