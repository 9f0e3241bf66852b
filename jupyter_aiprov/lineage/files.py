"""Files that hold AI values: what was written where, and the labels back when they are read.

`wrote` puts path digest, content digest and column labels on the ledger in the journal's folder and,
if `mode` says so, beside or inside the file. `read` asks the ledger by content, then the sidecar, then
the inside; a file that changed since gets its labels back with low confidence and says so.
Nothing here raises into the user's cell: what cannot be read or written is None.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from jupyter_aiprov import semconv
from jupyter_aiprov.lineage import _formats, _sidecar

LEDGER: Final = "files.jsonl"
_CAP: Final = 5 * 2**20  # a sidecar larger than this is not ours to rewrite
_RANGES: Final = 1000
# What a label keeps in a file that travels; identifiers of calls stay in the ledger.
_TRAVELS: Final = ("origin", "evidence", "confidence", "models", "rows_ai", "rows_edited", "rows_total", "selected_by")
_KEPT: Final = (*_TRAVELS, "invocations", "invocation_count", "rows")

Labels = dict[str, dict[str, Any]]


class FileLedger:
    """The files of a project that hold AI values. `folder` is the journal's; `mode` off, beside or inside."""

    def __init__(self, folder: str | os.PathLike[str] | None, mode: str = "beside") -> None:
        self.folder = None if folder is None else Path(folder)
        self.mode = mode
        self.cleaned: Callable[[str], str] = str  # a file's name as it may be written down
        self._entries: list[dict[str, Any]] = []
        self._offset = 0
        self._digests: dict[tuple[Any, ...], dict[str, Any]] = {}

    def wrote(
        self,
        path: str | os.PathLike[str],
        labels: Mapping[str, Mapping[str, Any]],
        *,
        table: str | None = None,
        beside: bool = True,
    ) -> dict[str, Any] | None:
        """A file was written with these labels: column -> label, "" for the file as a whole.

        Gives the `file` of a derivation event, or None when nothing is to be said: no such file, or
        no labels now and none before. Without labels, earlier ones are taken back. `beside` false: the
        file is one of many (a cache), and gets no description of its own.
        """
        file = _regular(path)
        own: Labels = {str(c): dict(v) for c, v in labels.items() if v.get("origin") in semconv.ORIGINS}
        if file is None:
            return None
        try:
            if not own:
                self._take_back(file, table)
                return None
            inside = self.mode == "inside" and table is None and _mark_inside(file, own)
            digest = self._digest(file, table)
            self._append(file, digest, own, table)
            beside = beside and self.mode != "off" and not inside and _mark_beside(file, digest, own, table)
        except _formats.ERRORS:
            return None
        event = {
            "name": file.name.encode("utf-8", "backslashreplace").decode(),
            "bytes": digest["bytes"],
            "columns": {column: str(label["origin"]) for column, label in own.items()},
        }
        event |= {k: digest[k] for k in ("sha256", "sampled") if k in digest}
        event |= {"table": table} if table is not None else {}
        event |= {"sidecar": event["name"] + _sidecar.SUFFIX} if beside else {}
        return event

    def read(self, path: str | os.PathLike[str], *, table: str | None = None) -> Labels | None:
        """The labels of a file by column, or None when nothing is on record.

        A file that changed since its labels were written gives them with confidence low and
        `"changed": "changed since"`, without rows.
        """
        file = _regular(path)
        if file is None:
            return None
        beside = _beside(file, table)
        digest: dict[str, Any] = {}
        with contextlib.suppress(*_formats.ERRORS):
            # Only a file that may be on record is digested: reading ordinary files costs nothing.
            if beside is not None or self._may_know(file, table):
                digest = self._digest(file, table)
        stale = None
        for found in (self._recorded(file, digest, table), beside):
            if found is not None:
                if _is_same(found, digest):
                    return _fresh(found["columns"])
                stale = stale or found["columns"]
        inside = _inside(file)
        if inside is not None:
            return _fresh(inside)
        return None if not stale else _stale(stale)

    def tables(self, path: str | os.PathLike[str]) -> set[str]:
        """The tables (or sheets) of a file that labels are on record for."""
        file = _regular(path)
        if file is None:
            return set()
        self._refresh()
        here = _path_digest(file)
        found = {str(e["table"]) for e in self._entries if e.get("table") is not None and e.get("path") == here}
        with contextlib.suppress(*_formats.ERRORS):
            found |= _sidecar.tables_of(_document(file.with_name(file.name + _sidecar.SUFFIX)), file.name)
        return found

    # ── the ledger ──────────────────────────────────────────────────────────────────

    def _digest(self, file: Path, table: str | None) -> dict[str, Any]:
        if table is not None and _formats.is_database(file):
            return _formats.table_digest(file, table)
        at = file.stat()
        key = (str(file), at.st_size, at.st_mtime_ns, at.st_ino)
        if key not in self._digests:
            self._digests[key] = _formats.file_digest(file)
        return self._digests[key]

    def _append(self, file: Path, digest: Mapping[str, Any], labels: Labels, table: str | None) -> None:
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "name": self.cleaned(file.name),
            "path": _path_digest(file),
            **digest,
            "table": table,
            "columns": {c: _label(label, _KEPT) for c, label in labels.items()},
        }
        self._refresh()
        if self.folder is None or not self._stored(entry):
            self._entries.append(entry)

    def _stored(self, entry: Mapping[str, Any]) -> bool:
        """True when the line is in the ledger, from where `_refresh` will read it."""
        assert self.folder is not None
        line = (json.dumps(entry, ensure_ascii=True) + "\n").encode()
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            descriptor = os.open(self.folder / LEDGER, flags, 0o600)
            try:
                return os.write(descriptor, line) == len(line)
            finally:
                os.close(descriptor)
        except OSError:
            return False  # kept in this kernel's memory only

    def _refresh(self) -> None:
        """Read the lines that came since, those of other kernels too; a torn last line waits."""
        if self.folder is None:
            return
        try:
            with (self.folder / LEDGER).open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            with contextlib.suppress(ValueError, RecursionError):
                entry = json.loads(line)
                if isinstance(entry, dict) and isinstance(entry.get("columns"), dict):
                    self._entries.append(entry)

    def _may_know(self, file: Path, table: str | None) -> bool:
        self._refresh()
        here, size = _path_digest(file), file.stat().st_size
        return any(
            e.get("table") == table and (table is not None or e.get("bytes") == size or e.get("path") == here)
            for e in self._entries
        )

    def _recorded(self, file: Path, digest: Mapping[str, Any], table: str | None) -> dict[str, Any] | None:
        """The latest entry of this content; else the latest of this path."""
        self._refresh()
        here = _path_digest(file)
        of_path: dict[str, Any] | None = None
        entry: dict[str, Any]
        for entry in reversed(self._entries):
            if entry.get("table") != table:
                continue
            if entry.get("path") == here and of_path is None:
                of_path = entry
                if not entry["columns"]:
                    return None  # written without AI values since
            if _is_same(entry, digest) and entry["columns"]:
                return entry
        return of_path

    def _take_back(self, file: Path, table: str | None) -> None:
        known = self._recorded(file, {}, table)
        if known is not None:
            self._append(file, {}, {}, table)
        sidecar = file.with_name(file.name + _sidecar.SUFFIX)
        document = _document(sidecar)
        if _sidecar.labels_of(document, file.name, table=table) is None:
            return
        left = _sidecar.withdrawn(document, file.name, table=table)
        if left is None:
            sidecar.unlink()
        else:
            _write(sidecar, _sidecar.written(left), file.stat().st_mode)


def _regular(path: str | os.PathLike[str]) -> Path | None:
    """The regular file at this path; None for URLs, devices, folders and what is not there."""
    try:
        given = os.fsdecode(path)
        if "://" in given:
            return None
        file = Path(given).expanduser()
        return file.absolute() if stat.S_ISREG(file.stat().st_mode) else None
    except (OSError, ValueError, TypeError, RuntimeError):
        return None


def _path_digest(file: Path) -> str:
    """A path is compared, never kept."""
    return hashlib.sha256(os.fsencode(file.resolve())).hexdigest()


def _label(label: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    kept = {k: label[k] for k in keys if label.get(k) is not None}
    if len(kept.get("rows") or ()) > _RANGES:
        del kept["rows"]
    return kept


def _is_same(entry: Mapping[str, Any], digest: Mapping[str, Any]) -> bool:
    return any(digest.get(k) is not None and entry.get(k) == digest[k] for k in ("sha256", "sampled"))


def _checked(columns: Mapping[str, Any]) -> Labels:
    """Labels from a file that anybody may have written: known words only."""
    out: Labels = {}
    for column, label in columns.items():
        if isinstance(label, dict) and label.get("origin") in semconv.ORIGINS:
            kept = _label(label, _KEPT)
            kept["evidence"] = kept["evidence"] if kept.get("evidence") in semconv.EVIDENCE else "imported"
            kept["confidence"] = kept["confidence"] if kept.get("confidence") in semconv.CONFIDENCE else "low"
            out[str(column)] = kept
    return out


def _fresh(columns: Mapping[str, Any]) -> Labels | None:
    return _checked(columns) or None


def _stale(columns: Mapping[str, Any]) -> Labels | None:
    out = _checked(columns)
    for label in out.values():
        for key in ("rows", "rows_ai", "rows_edited", "rows_total"):
            label.pop(key, None)
        label |= {"confidence": "low", "evidence": "inferred", "changed": "changed since"}
    return out or None


# ── beside and inside ───────────────────────────────────────────────────────────────


def _document(sidecar: Path) -> Any:
    """The sidecar's JSON; None when there is none. Raises when it is not to be touched."""
    try:
        found = os.lstat(sidecar)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode) or found.st_size > _CAP:
        raise ValueError("not a file of ours")
    return _sidecar.parsed(sidecar.read_bytes())


def _mark_beside(file: Path, digest: Mapping[str, Any], labels: Labels, table: str | None) -> bool:
    sidecar = file.with_name(file.name + _sidecar.SUFFIX)
    try:
        document = _document(sidecar)
        if document is not None and not isinstance(document, dict):
            return False
        travelling = {c: _label(label, _TRAVELS) for c, label in labels.items()}
        header = [] if table is not None else _formats.header(file)
        described = _sidecar.described(document, file.name, travelling, file=digest, header=header, table=table)
        if described is None:
            return False  # somebody else's description of something else
        if described != document:
            _write(sidecar, _sidecar.written(described), file.stat().st_mode)
    except _formats.ERRORS:
        return False
    return True


def _beside(file: Path, table: str | None) -> dict[str, Any] | None:
    try:
        found = _sidecar.labels_of(_document(file.with_name(file.name + _sidecar.SUFFIX)), file.name, table=table)
    except _formats.ERRORS:
        return None
    return None if found is None else {**found, "columns": _imported(found["columns"])}


def _mark_inside(file: Path, labels: Labels) -> bool:
    """True when the labels are in the file now; False for formats without a place for them."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".aiprov-", suffix=file.suffix)
    os.close(handle)
    target = Path(name)
    try:
        travelling = {c: _label(label, _TRAVELS) for c, label in labels.items()}
        if not _formats.mark_inside(file, target, _formats.note(travelling)):
            return False
        target.chmod(stat.S_IMODE(file.stat().st_mode))
        target.replace(file)
    except _formats.ERRORS:
        return False
    finally:
        target.unlink(missing_ok=True)
    return True


def _inside(file: Path) -> dict[str, Any] | None:
    try:
        found = _formats.note_inside(file)
    except _formats.ERRORS:
        return None
    columns = found.get("columns") if isinstance(found, dict) else None
    return _imported(columns) if isinstance(columns, dict) else None


def is_labelled(path: str | os.PathLike[str]) -> bool:
    """True when a label of its origin lies beside the file or inside it, whatever became of the file since."""
    file = _regular(path)
    if file is None:
        return False
    for beside in (file.name + _sidecar.SUFFIX, file.stem + _sidecar.SUFFIX):
        with contextlib.suppress(*_formats.ERRORS):
            if _sidecar.has_labels(_document(file.with_name(beside)), file.name):
                return True
    with contextlib.suppress(*_formats.ERRORS):
        return _formats.has_note(file)
    return False


def _imported(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {c: {**v, "evidence": "imported"} for c, v in columns.items() if isinstance(v, dict)}


def _write(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all; readable by whom the file is that it speaks of."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".aiprov-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(stat.S_IMODE(mode) & 0o666)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
