"""The journals that belong to a notebook: beside it, in Jupyter's data folder, or where they are said to be."""

from __future__ import annotations

import atexit
import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir

from jupyter_aiprov import journal
from jupyter_aiprov.annotate import recorded_runs
from jupyter_aiprov.document import Notebook, cells, mark, source
from jupyter_aiprov.errors import JournalError
from jupyter_aiprov.notebook import resolve, stamps_of
from jupyter_aiprov.proof import text_sha256
from jupyter_aiprov.provenance import Event
from jupyter_aiprov.seal import source_digest


def journals_of(nb: Notebook, name: str, given: str = "") -> dict[str, list[Path]]:
    """Session -> files, for the sessions that this notebook names or that ran its cells."""
    folders = _folders(name, given)
    if not folders:
        return {}
    wanted = sessions_of(nb)
    out: dict[str, list[Path]] = {}
    for folder in folders:
        for session, known in _index(folder).items():
            if session in wanted or known.is_about(nb, name):
                out.setdefault(session, list(known.files))
    return out


def sessions_of(nb: Notebook) -> set[str]:
    """Sessions that stamps and log of a notebook name."""
    said = mark(nb).get("sessions")
    out = set(said) if isinstance(said, dict) else set()
    for one in stamps_of(nb):
        out |= {str(one.execution["session"])} if one.execution.get("session") else set()
        link = (one.clean or {}).get("journal") or {}
        out |= {str(link["session"])} if link.get("session") else set()
    return out


def _folders(name: str, given: str) -> list[Path]:
    if given:
        path = Path(given)
        if not path.exists():
            raise JournalError(
                f"{given}: no such journal", hint="name a .aiprov folder, a folder in it, or a .jsonl file"
            )
        if path.is_file():
            return [path]
        return [path, *sorted(p for p in path.glob("*") if p.is_dir()), *sorted(path.glob(".aiprov/*/"))]
    beside = Path() if name == "-" else Path(name).parent
    return [*_folders_in(beside / ".aiprov"), *_folders_in(Path(jupyter_data_dir()) / "aiprov")]


def _folders_in(root: Path) -> tuple[Path, ...]:
    return tuple(sorted(p for p in root.glob("*") if p.is_dir()))


@dataclass(frozen=True)
class _Known:
    """What tells to which notebook a session belongs."""

    files: tuple[Path, ...]
    notebook: str | None
    runs: Mapping[str, Mapping[str, Any]]
    sources: frozenset[str]
    written: frozenset[tuple[str | None, str]]  # notebook and digest of cells that an agent's server wrote

    def is_about(self, nb: Notebook, name: str) -> bool:
        return self._ran(nb, name) or self._wrote(nb, name)

    def _wrote(self, nb: Notebook, name: str) -> bool:
        if not self.written:
            return False
        here = {source_digest(c.get("source")) for _, c in cells(nb)}
        return any(sha in here for notebook, sha in self.written if notebook in (None, Path(name).name) or name == "-")

    def _ran(self, nb: Notebook, name: str) -> bool:
        if not self.runs or (self.notebook and self.notebook != Path(name).name):
            return False
        if not self.sources & _sources(nb):
            return False
        return bool(resolve(self.runs, nb))


def _sources(nb: Notebook) -> set[str]:
    return {text_sha256(source(c).replace("\r\n", "\n")) for _, c in cells(nb) if c.get("cell_type") == "code"}


def _index(folder: Path) -> dict[str, _Known]:
    """The sessions of a folder, or of one file that holds several (an audit log)."""
    if folder.is_file():
        return {s: _known(((path, *_state(path)),)) for s, path in _parted(folder, *_state(folder)).items()}
    parts = {session: tuple(journal.parts_of(folder, session)) for session in journal.sessions_in(folder)}
    return {s: _known(tuple((path, *_state(path)) for path in files)) for s, files in parts.items() if files}


def _state(path: Path) -> tuple[int, int]:
    """What changes when the file does: a journal is read again only then."""
    try:
        known = path.stat()
    except OSError:
        return 0, 0
    return known.st_mtime_ns, known.st_size


@lru_cache(maxsize=16)
def _parted(path: Path, _changed: int, _size: int) -> dict[str, Path]:
    """A file by session; one that holds several (an audit log) is parted into files that go away at exit."""
    lines: dict[str, list[bytes]] = {}
    with path.open("rb") as file:
        for line in file:
            with suppress(ValueError, RecursionError):
                event = json.loads(line)
                if isinstance(event, dict) and isinstance(event.get("session"), str):
                    lines.setdefault(event["session"], []).append(line)
    if len(lines) <= 1:
        return dict.fromkeys(lines, path)
    folder = tempfile.TemporaryDirectory(prefix="aiprov-")
    atexit.register(folder.cleanup)
    out = {}
    for number, (session, part) in enumerate(lines.items()):
        out[session] = Path(folder.name) / f"{number}.jsonl"
        out[session].write_bytes(b"".join(part))
    return out


@lru_cache(maxsize=4096)
def _known(states: tuple[tuple[Path, int, int], ...]) -> _Known:
    files = tuple(path for path, _, _ in states)
    told = [event for path in files for event in journal.read(path)]
    names = [e.get("notebook") for e in told if e.get("type") == "session" and e.get("notebook")]
    runs = recorded_runs(told, stated=True)
    written = {
        (e.get("notebook"), str(e.get("source_sha256")))
        for e in told
        if e.get("type") == "authorship" and not e.get("execution") and not e.get("cell_id")
    }
    sources = frozenset(str(r.get("source_sha256")) for r in runs.values())
    return _Known(files, str(names[0]) if names else None, runs, sources, frozenset(written))


def events_beside(nb: Notebook, name: str, given: str = "") -> list[Event]:
    """What the notebook's journals say, session after session."""
    found = journals_of(nb, name, given)
    return [event for files in found.values() for path in files for event in journal.read(path)]
