"""Notebooks named on a command line, and the journals that belong to them."""

from __future__ import annotations

import atexit
import glob
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir

from jupyter_aiprov import journal, semconv
from jupyter_aiprov.annotate import recorded_runs
from jupyter_aiprov.document import Notebook, cells, dumps, is_trusted, mark, read, source, trust, write
from jupyter_aiprov.errors import JournalError, UsageError
from jupyter_aiprov.notebook import provenance_of, resolve, stamps_of
from jupyter_aiprov.proof import text_sha256
from jupyter_aiprov.provenance import Event, Provenance

PROGRESS_FROM = 20  # files


def named(words: Sequence[str], command: str) -> list[str]:
    """The files that the words stand for: patterns are expanded, folders searched for notebooks."""
    if not words:
        raise UsageError(
            f"{command} needs a notebook", hint=f"jupyter aiprov {command} NOTEBOOK.ipynb (or - for standard input)"
        )
    out: list[str] = []
    for word in words:
        path = Path(word)
        if word == "-" or path.is_file():
            out.append(word)
        elif path.is_dir():
            inside = sorted(p for p in path.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
            if not inside:
                raise UsageError(f"{word}: no notebook in this folder")
            out += map(str, inside)
        elif found := _globbed(word):
            out += found
        else:
            out.append(word)  # reading it says what is wrong
    return list(dict.fromkeys(out))


def _globbed(word: str) -> list[str]:
    """Patterns that the shell left alone (Windows, quotes)."""
    if not any(c in word for c in "*?["):
        return []
    return sorted(glob.glob(word, recursive=True))  # noqa: PTH207 - patterns may be absolute


def progress(files: Sequence[str], what: str) -> Iterator[str]:
    """The files one by one; a counter on a terminal where there are many."""
    shows = len(files) >= PROGRESS_FROM and sys.stderr.isatty()
    for number, name in enumerate(files, 1):
        if shows:
            sys.stderr.write(f"\r{what} {number}/{len(files)}")
            sys.stderr.flush()
        yield name
    if shows:
        sys.stderr.write("\r" + " " * (len(what) + 20) + "\r")


@dataclass(frozen=True)
class Opened:
    """A notebook with its journal, as far as that is at hand."""

    name: str
    nb: Notebook
    journals: Mapping[str, list[Path]] = field(default_factory=dict)  # session -> files

    @property
    def events(self) -> list[Event]:
        """What these journals say, session after session."""
        return [event for files in self.journals.values() for path in files for event in journal.read(path)]

    @property
    def texts(self) -> list[Path]:
        """The files that keep these sessions' texts, where there are any."""
        found = [files[0].with_name(f"{session}.content.jsonl") for session, files in self.journals.items() if files]
        return [path for path in found if path.exists()]

    @property
    def title(self) -> str:
        """File name without its folder: no path of this machine goes into what is handed on."""
        return "notebook.ipynb" if self.name == "-" else Path(self.name).name

    def provenance(self) -> Provenance:
        """The fold over document and journal."""
        return provenance_of(self.nb, self.events, notebook=self.title)


def opened(name: str, given: str = "") -> Opened:
    """Read a notebook and find its journal: where `given` says, else beside it, else in Jupyter's data."""
    nb = read(name)
    return Opened(name, nb, journals_of(nb, name, given))


def journals_of(nb: Notebook, name: str, given: str = "") -> dict[str, list[Path]]:
    """Session -> files, for the sessions that this notebook names or that ran its cells."""
    folders = _folders(name, given)
    if not folders:
        return {}
    wanted = sessions_of(nb)
    out: dict[str, list[Path]] = {}
    for folder in folders:
        for session, known in _index(folder).items():
            if session in wanted or known.ran(nb, name):
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


@cache
def _folders_in(root: Path) -> tuple[Path, ...]:
    return tuple(sorted(p for p in root.glob("*") if p.is_dir()))


@dataclass(frozen=True)
class _Known:
    """What tells to which notebook a session belongs."""

    files: tuple[Path, ...]
    notebook: str | None
    runs: Mapping[str, Mapping[str, Any]]
    sources: frozenset[str]

    def ran(self, nb: Notebook, name: str) -> bool:
        if not self.runs or (self.notebook and self.notebook != Path(name).name):
            return False
        if not self.sources & _sources(nb):
            return False
        return bool(resolve(self.runs, nb))


def _sources(nb: Notebook) -> set[str]:
    return {text_sha256(source(c).replace("\r\n", "\n")) for _, c in cells(nb) if c.get("cell_type") == "code"}


@cache
def _index(folder: Path) -> dict[str, _Known]:
    """The sessions of a folder, or of one file that holds several (an audit log)."""
    if folder.is_file():
        return {s: _known((path,), list(journal.read(path))) for s, path in _parted(folder).items()}
    out: dict[str, _Known] = {}
    for session in journal.sessions_in(folder):
        files = tuple(journal.parts_of(folder, session))
        if files:
            out[session] = _known(files, [event for path in files for event in journal.read(path)])
    return out


def _parted(path: Path) -> dict[str, Path]:
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


def _known(files: tuple[Path, ...], events: Iterable[Event]) -> _Known:
    told = list(events)
    names = [e.get("notebook") for e in told if e.get("type") == "session" and e.get("notebook")]
    runs = recorded_runs(told)
    return _Known(
        files, str(names[0]) if names else None, runs, frozenset(str(r.get("source_sha256")) for r in runs.values())
    )


def save(one: Opened, nb: Notebook, output: str) -> str:
    """Write a changed notebook: in place, to `output`, or from standard input to standard output.

    Signed again if and only if this Jupyter had signed what it was before. Returns where it went.
    """
    target = output or one.name
    if target == "-":
        sys.stdout.buffer.write(dumps(nb))
        sys.stdout.buffer.flush()
        return "standard output"
    trusted = _has_signatures() and one.name != "-" and is_trusted(one.nb)
    write(nb, target)
    if trusted:
        trust(nb)
    return target


def _has_signatures() -> bool:
    """False where nothing was ever signed: asking would make the data base."""
    return (Path(jupyter_data_dir()) / "nbsignatures.db").exists()


def models(found: Provenance) -> list[str]:
    """The models on record, by name."""
    return sorted(
        {u.model for u in found.uses if u.model}
        | {str(m) for d in found.derivations.values() for m in d.get("models") or ()}
    )


def is_ai(origin: object) -> bool:
    """True for origins that are AI's."""
    return origin in semconv.AI_ORIGINS
