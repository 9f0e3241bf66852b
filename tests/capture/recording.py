"""The chain from capture to journal in this process, and what it wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jupyter_aiprov import journal, readers
from jupyter_aiprov.capture import install
from jupyter_aiprov.cells import Cells
from jupyter_aiprov.config import AIProv
from jupyter_aiprov.guard import Guard
from jupyter_aiprov.recorder import Recorder
from jupyter_aiprov.redact import Redactor


class Recording:
    """A running recorder and its journal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "journal"
        journal.prepare(self.folder)
        session = "5" * 32
        guard = Guard(AIProv())
        self.recorder = Recorder(
            session=session,
            cells=Cells(SimpleNamespace(execution_count=1), session),
            journal=journal.Journal(self.folder, session),
            redactor=Redactor.of_environment,
            recognise=readers.recognise,
            destination=guard.destination,
        )
        self.recorder.cells.begin(SimpleNamespace(raw_cell="ask()", cell_id="c"))

    def events(self, kind: str) -> list[dict[str, Any]]:
        assert self.recorder.flush(60)
        return [e for e in self.recorder.events() if e["type"] == kind]

    def calls(self) -> list[dict[str, Any]]:
        """Invocations joined by id."""
        joined: dict[str, dict[str, Any]] = {}
        for event in self.events("invocation"):
            joined.setdefault(event["id"], {}).update(event)
        return list(joined.values())

    @property
    def call(self) -> dict[str, Any]:
        """The only call."""
        (one,) = self.calls()
        return one

    def text(self) -> str:
        """All that lies in the folder."""
        assert self.recorder.flush(60)
        return "".join(p.read_text("utf-8", "replace") for p in self.folder.rglob("*") if p.is_file())


@contextmanager
def recording(folder: Path) -> Iterator[Recording]:
    made = Recording(folder)
    try:
        with install(made.recorder):
            yield made
    finally:
        made.recorder.journal.close()
