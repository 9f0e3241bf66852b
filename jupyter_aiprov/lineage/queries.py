"""Tables of databases: what was put into them, and what a query brings back, column by column.

SQL is read as far as labels need it: which tables, which columns, what they are called.
"""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from jupyter_aiprov.lineage import paths
from jupyter_aiprov.lineage.labels import chosen, computed
from jupyter_aiprov.lineage.methods import column, described, has_names, items_of
from jupyter_aiprov.lineage.rows_flow import row_of
from jupyter_aiprov.lineage.state import (
    CONTAINERS,
    SEQUENCES,
    Unnamed,
    Value,
    anything,
    clone,
    element,
    is_tainted,
    merged,
    relabelled,
    repeated,
    scalar,
    summary,
    touched,
)

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow
    from jupyter_aiprov.lineage.store import Store

Args = list[Value]
Keywords = dict[str, Value]
_NAME: Final = r"[\"`\[]?([\w.]+)[\"`\]]?"
_CREATED: Final = re.compile(
    rf"create\s+(?:temp\w*\s+)?table\s+(?:if\s+not\s+exists\s+)?{_NAME}\s*\((.*)\)", re.I | re.S
)
_MADE: Final = re.compile(
    rf"create\s+(?:or\s+replace\s+)?(?:temp\w*\s+)?(?:table|view)\s+(?:if\s+not\s+exists\s+)?{_NAME}\s+as\b", re.I
)
_INSERTED: Final = re.compile(
    rf"(?:insert|replace)\s+(?:or\s+\w+\s+)?into\s+{_NAME}\s*(?:\(([^)]*)\))?\s*(.*)", re.I | re.S
)
_UPDATED: Final = re.compile(rf"update\s+{_NAME}\s+set\s+(.*?)(?:\swhere\b|$)", re.I | re.S)
_SELECTED: Final = re.compile(
    r"select\s+(?:distinct\s+)?(.*?)\s+from\b(.*?)(?:\swhere\s(.*?))?(?:\sgroup\s+by\s(.*?))?(?:\s(?:order|limit|having)\b.*)?$",
    re.I | re.S,
)
_HOLES: Final = re.compile(r"\?|%s|%\(\w+\)s|\$\d+|:\w+|\{[^}]*\}|\*")
_CONSTRAINTS: Final = frozenset({"primary", "foreign", "unique", "check", "constraint", "key"})
FETCH: Final = frozenset(
    {"fetchall", "fetchmany", "fetchone", "fetch", "all", "first", "one", "scalar", "scalars", "mappings"}
)
_FRAMES: Final = frozenset(
    {"df", "fetchdf", "fetch_df", "to_df", "pl", "arrow", "fetch_arrow_table", "to_arrow_table", "collect"}
)

Key = tuple[str, str]  # database, table


@dataclass
class Tables:
    """What the tables of databases hold. A database is its path; unknown ones and those in memory are ''."""

    known: dict[Key, Value] = field(default_factory=dict)
    written: dict[Key, Value] = field(default_factory=dict)

    def find(self, store: Store, database: str | None, table: str) -> Value | None:
        """A table by its name; of another database only where this one is not known."""
        name = table.lower()
        found = self.known.get((database or "", name))
        if found is None and not database:
            found = next((v for (_, t), v in self.known.items() if t == name), None)
        if found is None and database:
            found = self.known.get(("", name)) or store.recorded_table(database, table)
        return found

    def put(self, database: str | None, table: str, value: Value, *, more: bool = False) -> None:
        """A table was written, or rows were added to it."""
        key = (database or "", table.lower())
        before = self.known.get(key) if more else None
        if before is not None:
            from jupyter_aiprov.lineage.libraries import concatenated
            from jupyter_aiprov.lineage.state import sequence

            value = concatenated(None, [sequence("list", [before, value])], {})  # type: ignore[arg-type]
        self.known[key] = value
        if database:
            self.written[key] = value


def database_of(value: Value | None) -> str | None:
    """The path of the database that a connection leads to."""
    if value is None:
        return None
    data = value.data if isinstance(value.data, dict) else {}
    found = data.get("database")
    if isinstance(found, str):
        return found
    text = value.const if type(value.const) is str else None
    return _database(text) if text is not None and "://" in text else None


def _database(text: str) -> str:
    text = re.sub(r"^\w+(?:\+\w+)?:///?", "", text) if "://" in text else text
    text = re.sub(r"^file:|\?.*$", "", text)
    return "" if text in {":memory:", "", ":default:"} else paths.absolute(scalar(const=text)) or ""


def connection(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    """`sqlite3.connect(path)` and its like."""
    given = args[0] if args else next((kwargs[k] for k in ("database", "url", "dbname", "path") if k in kwargs), None)
    text = paths.text_of(given)
    return Value("any", data={"database": _database(text) if text is not None else ""})


# ── statements ────────────────────────────────────────────────────────────────────
def run(flow: Flow, text: str, args: Args, database: str | None) -> Value | None:
    """What a statement brings back: a frame; None when it names no table that is known."""
    store: Store = flow.files
    text = re.sub(r"--[^\n]*", " ", text).strip().rstrip(";")
    made = _MADE.search(text)
    created = None if made else _CREATED.search(text)
    if created:
        names = _columns(created[2])
        if names and store.tables.find(store, database, created[1]) is None:
            store.tables.put(database, created[1], Value("frame", fields={n: Value("series") for n in names}))
        return anything()
    inserted = _INSERTED.match(text)
    if inserted:
        return _insert(flow, inserted, args, database)
    updated = _UPDATED.match(text)
    if updated:
        return _update(flow, updated, args, database)
    out = _select(flow, text, args, database)
    copied = re.search(r"\bcopy\b.*\bto\s+'([^']+)'", text, re.I | re.S)
    if out is not None and copied:
        store.put(paths.absolute(scalar(const=copied[1])), out)
    if out is not None and made:
        store.tables.put(database, made[1], out)
    return out


def _columns(text: str) -> list[str]:
    """Names of the columns that `create table` lists."""
    out = []
    for part in _parts(text):
        words = re.findall(r"[\w]+", part)
        if words and words[0].lower() not in _CONSTRAINTS:
            out.append(words[0])
    return out


def _parts(text: str) -> list[str]:
    """Split at commas outside of brackets."""
    out, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            out.append(text[start:i])
            start = i + 1
    return [p.strip() for p in [*out, text[start:]] if p.strip()]


def _row(flow: Flow, args: Args) -> Value | None:
    """The parameters of one row."""
    given = next((a for a in args if a.kind in CONTAINERS or (a.label.is_ai and a.const is not str)), None)
    if given is None:
        return None
    if given.kind in SEQUENCES and given.kind != "tuple":
        inner = element(given)
        if inner is not None and inner.kind in CONTAINERS:
            return inner
    return given


def _filled(flow: Flow, expressions: list[str], row: Value | None) -> list[Value]:
    """A value for each expression of a statement: its parameters in turn, or by name."""
    known = items_of(flow, row)[0] if row is not None and row.kind != "map" else None
    rest = scalar(summary(row)) if row is not None else scalar()
    out, at = [], 0
    for text in expressions:
        holes = _HOLES.findall(text)
        if not holes:
            out.append(scalar())
            continue
        found = []
        for hole in holes:
            name = re.sub(r"\W", "", hole) if hole[0] in ":%$" else ""
            if row is not None and row.kind == "map" and name:
                found.append(row.fields.get(name, row.rest or scalar()))
            else:
                found.append(known[at] if known is not None and at < len(known) else rest)
                at += 1
        out.append(found[0] if len(found) == 1 and text.strip() == holes[0] else scalar(computed(*map(touched, found))))
    return out


def _insert(flow: Flow, match: re.Match[str], args: Args, database: str | None) -> Value:
    store: Store = flow.files
    before = store.tables.find(store, database, match[1])
    names: list[Any] = [re.sub(r"\W", "", n) for n in match[2].split(",")] if match[2] else []
    if re.match(r"\(?\s*select\b", match[3], re.I):
        found = _select(flow, match[3], args, database)
        given = list(found.fields.values()) if found is not None else []
    else:
        values = re.search(r"values\s*\((.*?)\)\s*(?:on\s+conflict.*|returning.*)?$", match[3], re.I | re.S)
        row = _row(flow, args)
        if row is None and not any(a.label.is_ai for a in args):
            return anything()
        expressions = _parts(values[1]) if values else ["?"] * max(1, len(names))
        given = [repeated("series", v) for v in _filled(flow, expressions, row)]
    if not names and before is not None and has_names(before):
        names = list(before.fields)
    if len(names) != len(given):
        places = list(before.fields) if before is not None and len(before.fields) == len(given) else []
        names = places or [Unnamed() for _ in given]
    added = Value("frame", fields=dict(zip(names, given, strict=True)))
    store.tables.put(database, match[1], _added(before, added))
    return anything()


def _added(before: Value | None, added: Value) -> Value:
    """A table with rows more; columns that were not given are empty there."""
    if before is None:
        return added
    out = clone(before)
    for name, one in added.fields.items():
        old = out.fields.get(name)
        inner = element(old) if old is not None else None
        new = element(one)
        out.fields[name] = one if inner is None or new is None else repeated("series", merged(inner, new, rows=True))
    return out


def _update(flow: Flow, match: re.Match[str], args: Args, database: str | None) -> Value:
    store: Store = flow.files
    pairs = [p.split("=", 1) for p in _parts(match[2]) if "=" in p]
    given = _filled(flow, [p[1] for p in pairs], _row(flow, args))
    before = store.tables.find(store, database, match[1]) or Value("frame", rest=repeated("series", scalar()))
    added = Value(
        "frame", fields={re.sub(r"\W", "", p[0]): repeated("series", v) for p, v in zip(pairs, given, strict=True)}
    )
    out = _added(before, added)
    for name, one in added.fields.items():
        old = before.fields.get(name)
        if old is not None and not is_tainted(old) and is_tainted(one):
            out.fields[name] = one  # empty until it is filled in: the rows will tell
    store.tables.put(database, match[1], out)
    return anything()


def _select(flow: Flow, text: str, args: Args, database: str | None) -> Value | None:
    store: Store = flow.files
    found: list[Value] = []
    for name in dict.fromkeys(re.findall(r"\w+", text)):
        table = store.tables.find(store, database, name)
        if table is not None:
            found.append(table)
        elif name in flow.main.vars and is_tainted(flow.main.vars[name]):
            held = flow.main.vars[name]
            held = held.data["table"] if isinstance(held.data, dict) and "table" in held.data else held
            if held.kind == "frame":
                found.append(held)
    for quoted in re.findall(r"(?:from|join)\s+(?:\w+\(\s*)?'([^']+)'", text, re.I):
        content = store.content(paths.absolute(scalar(const=quoted)))
        if content is not None and content.kind == "frame":
            found.append(content)
    if not found:
        return None
    frame = clone(found[0])
    for other in found[1:]:
        frame.fields.update({k: v for k, v in other.fields.items() if k not in frame.fields or summary(v).is_ai})
        frame.rest = frame.rest or other.rest
    match = _SELECTED.search(text)
    return _columns_of(flow, frame, match, args) if match else frame


def _columns_of(flow: Flow, frame: Value, match: re.Match[str], args: Args) -> Value:
    keys = computed(*(touched(v) for v in _named(frame, match[4] or "")))
    out = Value("frame", frame.label)
    out.origin = frame
    for part in _parts(match[1]):
        if part == "*" or part.endswith(".*"):
            out.fields.update(frame.fields)
            out.rest = frame.rest
            continue
        alias = re.match(r"(.*?)(?:\s+as\s+|\s+)[\"`]?(\w+)[\"`]?$", part, re.I | re.S)
        expression, name = (alias[1], alias[2]) if alias else (part, part.rsplit(".", 1)[-1].strip('"`[] '))
        if re.fullmatch(r"[\w.\"`\[\]]+", expression.strip()) and not expression.strip().isdigit():
            out.fields[name] = column(frame, expression.strip('"`[] ').rsplit(".", 1)[-1])
        else:
            label = computed(*(touched(v) for v in _named(frame, expression)))
            is_total = re.search(
                r"\b(?:count|sum|avg|min|max|total|median|stddev\w*|group_concat|string_agg)\s*\(", expression, re.I
            )
            label = computed(label, keys) if is_total else label
            out.fields[name] = repeated("series", scalar(label))
    by = computed(*(touched(v) for v in _named(frame, match[3] or "")))
    if by.is_ai and not re.search(r"=\s*(?:\?|%s|:\w+|\$\d)", match[3] or ""):
        out = relabelled(out, lambda x: chosen(x, by, described(flow, by)))
        out.label = chosen(frame.label, by, described(flow, by))
    return out


def _named(frame: Value, text: str) -> list[Value]:
    words = set(re.findall(r"\w+", re.sub(r"'[^']*'", " ", text)))
    return [column(frame, k) for k in frame.fields if type(k) is str and k in words]


# ── results ───────────────────────────────────────────────────────────────────────
def cursor(frame: Value) -> Value:
    """What `execute` gives: rows to go through, or to fetch."""
    row = row_of(frame, "object")
    row.data = {"tuple": row.rest is None and has_names(frame), "plain": True}
    if not row.data["tuple"]:
        row = anything(summary(frame))
    return Value("iter", frame.label, rest=row, data={"table": frame})


def fetched(owner: Value, name: str) -> Value | None:
    """A method of what `execute` gave; None when it is another method."""
    frame: Value = owner.data["table"]
    if name in _FRAMES:
        return clone(frame)
    if name in {"fetchone", "first", "one", "one_or_none"}:
        return owner.rest
    if name in {"scalar", "scalar_one"}:
        return next(iter(owner.rest.fields.values()), owner.rest) if owner.rest is not None else anything()
    if name == "scalars":
        first = next(iter(owner.rest.fields.values()), owner.rest) if owner.rest is not None else None
        return repeated("list", first)
    if name == "mappings":
        return repeated("list", row_of(frame))
    if name in FETCH:
        return Value("list", owner.label, rest=owner.rest)
    return None
