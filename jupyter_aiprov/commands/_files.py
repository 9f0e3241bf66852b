"""Notebooks named on a command line, and the journals that belong to them."""

from __future__ import annotations

import glob
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from jupyter_aiprov import journal, semconv
from jupyter_aiprov.document import Notebook, dumps, is_trusted, read, trust, write
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.journals import journals_of
from jupyter_aiprov.notebook import provenance_of
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
        found = (journal.texts_of(session, files) for session, files in self.journals.items())
        return [path for path in found if path is not None]

    @property
    def title(self) -> str:
        """File name without its folder: no path of this machine goes into what is handed on."""
        return "notebook.ipynb" if self.name == "-" else Path(self.name).name

    @property
    def recorded_in(self) -> str | None:
        """The notebook that the journals name, where it is another file than this one: a copy, or renamed."""
        named = {str(e["notebook"]) for e in self.events if e.get("type") == "session" and e.get("notebook")}
        return None if not named or self.name == "-" or self.title in named else sorted(named)[0]

    def provenance(self) -> Provenance:
        """The fold over document and journal."""
        return provenance_of(self.nb, self.events, notebook=self.title)


def opened(name: str, given: str = "") -> Opened:
    """Read a notebook and find its journal: where `given` says, else beside it, else in Jupyter's data."""
    nb = read(name)
    return Opened(name, nb, journals_of(nb, name, given))


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
