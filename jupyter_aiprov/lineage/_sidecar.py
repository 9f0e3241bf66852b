"""`<file>-metadata.json`: the labels of a file beside it, in the terms of CSVW.

One JSON object that a CSVW reader takes as it is (https://www.w3.org/TR/tabular-metadata/):

    {"@context": "http://www.w3.org/ns/csvw",
     "url": "labels.csv",
     "tableSchema": {"columns": [
        {"name": "text", "titles": "text"},
        {"name": "label", "titles": "label",
         "schema:digitalSourceType": {"@id": "http://c2pa.org/digitalsourcetype/trainedAlgorithmicData"}}]},
     "notes": [{"type": "aiprov", "schema_version": "1.0", "tool": "jupyter_aiprov",
                "sha256": "…", "bytes": 120, "table": null,
                "columns": {"label": {"origin": "ai-generated", "evidence": "captured",
                                      "confidence": "high", "models": ["gpt-4o-mini-2024-07-18"]}}}]}

A file that is no table, or a label of the whole file, has `schema:digitalSourceType` on top and the
column name "" in the note. Tables of a database or workbook are several notes that name their `table`. A column
without `schema:digitalSourceType` has no known origin; it is not thereby a person's. Whatever
somebody else wrote into the file stays. Pure: values in, values out.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, unquote

from jupyter_aiprov import semconv

SUFFIX: Final = "-metadata.json"
CONTEXT: Final = "http://www.w3.org/ns/csvw"
SOURCE_TYPE: Final = "schema:digitalSourceType"
_OWN_COLUMN: Final = frozenset({"name", "titles", SOURCE_TYPE})
_MEDIA: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".pdf", ".txt", ".md", ".wav", ".mp3", ".mp4")

Labels = Mapping[str, Mapping[str, Any]]


def source_type(origin: str, name: str) -> dict[str, str]:
    """The digital source type of an origin: of media for pictures and texts, else of data."""
    if origin == "ai-generated" and name.lower().endswith(_MEDIA):
        return {"@id": semconv.IPTC + "trainedAlgorithmicMedia"}
    return {"@id": semconv.DIGITAL_SOURCE_TYPES.get(origin, semconv.DIGITAL_SOURCE_TYPES["unknown"])}


def described(
    document: Any,
    name: str,
    labels: Labels,
    *,
    file: Mapping[str, Any],
    header: Sequence[str] = (),
    table: str | None = None,
) -> dict[str, Any] | None:
    """The document with these labels in it; None when the given one is about something else.

    `document` None: there is none yet. `header`: the file's columns in order, where they are known.
    """
    if document is None:
        document = {"@context": CONTEXT, "url": quote(name)}
    if not isinstance(document, dict) or not _is_about(document, name):
        return None
    out = withdrawn(document, name, table=table) or {"@context": CONTEXT, "url": quote(name)}
    at = _table(out, name)
    if "" in labels:
        at.setdefault(SOURCE_TYPE, source_type(str(labels[""].get("origin")), name))
    columns = [c for c in dict.fromkeys([*header, *labels]) if c != ""]
    if columns and table is None:
        _describe_columns(at, name, columns, labels)
    note: dict[str, Any] = {
        "type": semconv.KEY,
        "schema_version": semconv.SCHEMA_VERSION,
        "tool": "jupyter_aiprov",
        **file,
        "table": table,
        "columns": {column: dict(label) for column, label in labels.items()},
    }
    at["notes"] = [*_listed(at.get("notes")), note]
    return out


def _describe_columns(at: dict[str, Any], name: str, columns: Sequence[str], labels: Labels) -> None:
    schema = at.setdefault("tableSchema", {})
    if not isinstance(schema, dict):
        return  # a reference to a schema elsewhere: the note says it all
    listed = schema.setdefault("columns", [])
    if not isinstance(listed, list):
        return
    known = {title: c for c in listed if isinstance(c, dict) for title in _titles(c)}
    for column in columns:
        one = known.get(column)
        if one is None:
            one = {"name": _name(column), "titles": column}
            listed.append(one)
        if column in labels:
            one.setdefault(SOURCE_TYPE, source_type(str(labels[column].get("origin")), name))


def withdrawn(document: Any, name: str, *, table: str | None = None) -> dict[str, Any] | None:
    """The document without our labels of this table; None when nothing of anybody else is left."""
    if not isinstance(document, dict) or not _is_about(document, name):
        return document if isinstance(document, dict) else None
    out = copy.deepcopy(document)
    at = _table(out, name)
    notes = _listed(at.get("notes"))
    own = [n for n in notes if _is_ours(n) and n.get("table") == table]
    marked = {column for n in own for column in n.get("columns") or {}}
    at["notes"] = [n for n in notes if n not in own]
    if not at["notes"]:
        del at["notes"]
    if "" in marked:
        at.pop(SOURCE_TYPE, None)
    schema = at.get("tableSchema")
    columns = _listed(schema.get("columns")) if isinstance(schema, dict) else []
    for column in columns:
        if isinstance(column, dict) and marked.intersection(_titles(column)):
            column.pop(SOURCE_TYPE, None)
    is_bare = all(isinstance(c, dict) and set(c) <= _OWN_COLUMN - {SOURCE_TYPE} for c in columns)
    if own and is_bare and isinstance(schema, dict) and set(schema) == {"columns"}:
        del at["tableSchema"]  # names alone, which we had listed: they say nothing without labels
    return out if set(out) - {"@context", "url"} or not own else None


def labels_of(document: Any, name: str, *, table: str | None = None) -> dict[str, Any] | None:
    """Our note on this table, checked: {"sha256", "columns": {column: label}}; None when there is none."""
    if not isinstance(document, dict) or not _is_about(document, name):
        return None
    for note in reversed(_listed(_table(copy.deepcopy(document), name).get("notes"))):
        if _is_ours(note) and note.get("table") == table and isinstance(note.get("columns"), dict):
            columns = {
                str(column): dict(label)
                for column, label in note["columns"].items()
                if isinstance(label, dict) and label.get("origin") in semconv.ORIGINS
            }
            return {**note, "columns": columns}
    return None


def tables_of(document: Any, name: str) -> set[str]:
    """The tables of a file that our notes speak of."""
    if not isinstance(document, dict) or not _is_about(document, name):
        return set()
    notes = _listed(_table(copy.deepcopy(document), name).get("notes"))
    return {n["table"] for n in notes if _is_ours(n) and isinstance(n.get("table"), str)}


def has_labels(document: Any, name: str) -> bool:
    """True when the description says of this file, or of a column of it, where it comes from; by anybody."""
    if not isinstance(document, dict) or not _is_about(document, name):
        return False
    at = _table(document, name)
    schema = at.get("tableSchema")
    columns = _listed(schema.get("columns")) if isinstance(schema, dict) else []
    places = [document, at, *(c for c in columns if isinstance(c, dict))]
    return any(SOURCE_TYPE in p for p in places) or any(
        _is_ours(n) for p in (document, at) for n in _listed(p.get("notes"))
    )


def parsed(data: bytes) -> Any:
    """The JSON in a sidecar. Raises ValueError when it is not JSON."""
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def written(document: Mapping[str, Any]) -> bytes:
    """The document as it is stored: readable, and free of code points that UTF-8 has not."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _is_about(document: Mapping[str, Any], name: str) -> bool:
    """True when a description names this file, or names none and is one of a table."""
    tables = document.get("tables")
    if isinstance(tables, list):
        return any(isinstance(t, dict) and _url(t) == name for t in tables)
    if "url" in document:
        return _url(document) == name
    return "tableSchema" in document or not document


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    tables: Iterator[dict[str, Any]] = (
        t for t in _listed(document.get("tables")) if isinstance(t, dict) and _url(t) == name
    )
    return next(tables, document)


def _url(table: Mapping[str, Any]) -> str | None:
    url = table.get("url")
    return unquote(url).removeprefix("./") if isinstance(url, str) else None


def _is_ours(note: Any) -> bool:
    return isinstance(note, dict) and note.get("type") == semconv.KEY


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _titles(column: Mapping[str, Any]) -> list[str]:
    """The labels by which a CSVW column is known: titles in any of their three forms, else its name."""
    titles = column.get("titles")
    found = [t for v in titles.values() for t in _listed(v)] if isinstance(titles, dict) else _listed(titles)
    if not found and isinstance(column.get("name"), str):
        found = [unquote(column["name"])]
    return [t for t in found if isinstance(t, str)]


def _name(column: str) -> str:
    """A CSVW name: a URI template variable, so everything unusual is percent-encoded."""
    safe = quote(column.encode("utf-8", "backslashreplace"), safe="").replace("-", "%2D").replace("~", "%7E")
    return "%5F" + safe[1:] if safe.startswith("_") else safe or "%20"
