"""What the formats of files allow: digests, column names, labels inside a Parquet or PNG file.

Everything here raises what the libraries raise (`ERRORS`); `files` decides what that means.
"""

from __future__ import annotations

import csv
import hashlib
import importlib
import json
import os
import sqlite3
import struct
import sys
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from jupyter_aiprov import semconv

ERRORS: Final = (OSError, ValueError, LookupError, TypeError, csv.Error, sqlite3.Error, struct.error, RuntimeError)
WHOLE: Final = 256 * 2**20  # bytes up to which a file is digested whole: about a fifth of a second
_BLOCK: Final = 2**20
_ROWS: Final = 200_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_KEYWORD: Final = b"aiprov"


def file_digest(path: Path) -> dict[str, Any]:
    """`sha256` and `bytes` of a file; of a very large one `sampled`: a digest of 64 blocks and the size."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= WHOLE:
            return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": size}
        sampled = hashlib.sha256(str(size).encode())
        for i in range(64):
            file.seek((size - _BLOCK) * i // 63)
            sampled.update(file.read(_BLOCK))
        return {"sampled": sampled.hexdigest(), "bytes": size}


def table_digest(path: Path, table: str) -> dict[str, Any]:
    """`sampled`: digest of a database table's columns and first rows, whatever else the file holds."""
    rows = _sqlite_rows(path, table) if _is_sqlite(path) else _duckdb_rows(path, table)
    found = hashlib.sha256()
    for row in rows:
        found.update(repr(tuple(row)).encode("utf-8", "backslashreplace"))
    return {"sampled": found.hexdigest(), "bytes": path.stat().st_size}


def is_database(path: Path) -> bool:
    """True for a file whose tables are digested one by one."""
    return path.suffix.lower() in (".db", ".sqlite", ".sqlite3", ".duckdb", ".ddb") or _is_sqlite(path)


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\x00"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sqlite_rows(path: Path, table: str) -> list[Any]:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=0.2)
    try:
        cursor = connection.execute(f"SELECT * FROM {_quoted(table)} LIMIT {_ROWS}")  # noqa: S608  quoted above
        return [[one[0] for one in cursor.description], *cursor]
    finally:
        connection.close()


def _duckdb_rows(path: Path, table: str) -> list[Any]:
    duckdb = sys.modules.get("duckdb")
    if duckdb is None:
        raise ValueError("duckdb is not loaded")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.ConnectionException:  # open for writing in this process: the same database is shared
        connection = duckdb.connect(str(path))
    except duckdb.Error as error:
        raise ValueError(str(error)) from error
    try:
        cursor = connection.execute(f"SELECT * FROM {_quoted(table)} LIMIT {_ROWS}")  # noqa: S608  quoted above
        return [[one[0] for one in cursor.description], *cursor.fetchall()]
    except duckdb.Error as error:
        raise ValueError(str(error)) from error
    finally:
        connection.close()


def header(path: Path) -> list[str]:
    """Column names of a csv or tsv file in order, read from its first line; [] elsewhere."""
    separators = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
    if path.suffix.lower() not in separators:
        return []
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        first = file.readline(100_000)
    return next(csv.reader([first], delimiter=separators[path.suffix.lower()]), [])


# ── labels inside a file: only where somebody chose so ──────────────────────────────


def mark_inside(path: Path, target: Path, note: Mapping[str, Any]) -> bool:
    """Write a copy of a Parquet or PNG file with the note in it to `target`; False for other formats."""
    suffix = path.suffix.lower()
    text = json.dumps(note, ensure_ascii=True)
    if suffix == ".png":
        target.write_bytes(b"".join(_png_with(path.read_bytes(), text)))
        return True
    if suffix in (".parquet", ".pq"):
        _parquet_with(path, target, text)
        return True
    return False


def note_inside(path: Path) -> Any:
    """The note that `mark_inside` put into a file, or None."""
    suffix = path.suffix.lower()
    if suffix == ".png":
        for kind, body in _chunks(path.read_bytes()):
            if kind == b"iTXt" and body.startswith(_KEYWORD + b"\0\0\0\0\0"):
                return json.loads(body[len(_KEYWORD) + 5 :])
    elif suffix in (".parquet", ".pq") and "pyarrow" in sys.modules:
        metadata = importlib.import_module("pyarrow.parquet").read_schema(path).metadata or {}
        if _KEYWORD in metadata:
            return json.loads(metadata[_KEYWORD])
    return None


def has_note(path: Path) -> bool:
    """True when the file holds a note of ours; asks no library, and reads of a Parquet file its footer only."""
    with path.open("rb") as file:
        if file.read(len(_PNG)) == _PNG:
            return any(k == b"iTXt" and b.startswith(_KEYWORD + b"\0") for k, b in _chunks(_PNG + file.read()))
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 8))
        length, magic = struct.unpack("<I4s", file.read(8)) if size >= 12 else (0, b"")
        if magic != b"PAR1" or length > size - 12:
            return False
        file.seek(size - 8 - length)
        return bytes([len(_KEYWORD)]) + _KEYWORD in file.read(length)  # a Thrift string: its length before it


def _chunks(data: bytes) -> Iterable[tuple[bytes, bytes]]:
    if not data.startswith(_PNG):
        raise ValueError("not a PNG file")
    at = len(_PNG)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if at + 12 + length > len(data):
            raise ValueError("a chunk ends after the file")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _png_with(data: bytes, text: str) -> Iterable[bytes]:
    yield _PNG
    for kind, body in _chunks(data):
        if kind == b"iTXt" and body.startswith(_KEYWORD + b"\0"):
            continue
        yield _chunk(kind, body)
        if kind == b"IHDR":
            yield _chunk(b"iTXt", _KEYWORD + b"\0\0\0\0\0" + text.encode())


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _parquet_with(path: Path, target: Path, text: str) -> None:
    parquet = importlib.import_module("pyarrow.parquet")
    with parquet.ParquetFile(path) as source:
        schema = source.schema_arrow
        schema = schema.with_metadata({**(schema.metadata or {}), _KEYWORD: text.encode()})
        meta = source.metadata
        group = meta.row_group(0) if meta.num_row_groups else None
        compression = group.column(0).compression if group is not None and group.num_columns else "SNAPPY"
        with parquet.ParquetWriter(target, schema, compression=compression) as writer:
            for i in range(source.num_row_groups):
                writer.write_table(source.read_row_group(i).replace_schema_metadata(schema.metadata))


def note(labels: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What is put inside a file: the labels, without a digest of a file that would hold its own."""
    return {
        "type": semconv.KEY,
        "schema_version": semconv.SCHEMA_VERSION,
        "columns": {column: dict(label) for column, label in labels.items()},
    }
