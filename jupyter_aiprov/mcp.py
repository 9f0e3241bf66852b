"""Cells that an agent writes through jupyter-mcp-server, on record where that server runs.

    JUPYTER_MCP_AUDIT_SINK_CLASS=jupyter_aiprov.mcp:AuditSink

The server calls `on_event` before and after each tool call; a call that put a source in a cell and
did not fail is an authorship event in a journal of its own, in the folder `AIPROV_JOURNAL` or where
a kernel in the server's folder would write. The sources themselves are not kept, only their digests.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Final
from uuid import uuid4

from jupyter_aiprov import journal, semconv
from jupyter_aiprov._version import __version__
from jupyter_aiprov.seal import source_digest

TOOL: Final = "jupyter-mcp-server"
# Tools that put a whole source in a cell; `edit_cell_source` puts a piece in one.
_WRITES: Final = {
    "insert_cell": "cell_source",
    "insert_execute_code_cell": "cell_source",
    "overwrite_cell_source": "cell_source",
    "edit_cell_source": "new_string",
}


class AuditSink:
    """Told of each tool call; the server logs a failure here and goes on with the call."""

    propagate_errors = False

    def __init__(self) -> None:
        from jupyter_core.paths import jupyter_data_dir

        folder = journal.folder_for(
            os.environ.get("AIPROV_JOURNAL", ""), cwd=Path.cwd(), session_name=None, data_dir=Path(jupyter_data_dir())
        )
        journal.prepare(folder)
        self.session = uuid4().hex
        self._notebooks: dict[str, str] = {}  # the server's name for a notebook -> its file
        self.journal = journal.Journal(folder, self.session)
        self._emit(
            {
                "type": "session",
                "id": self.session,
                "status": "started",
                "tool": {"name": "jupyter_aiprov", "version": __version__},
                "schema_version": semconv.SCHEMA_VERSION,
                "semconv": semconv.SEMCONV,
            }
        )

    async def on_event(self, event: Any, **details: Any) -> None:
        """One thing that happened; `event` is an enumeration of the server's, or its value."""
        if getattr(event, "value", event) != "after_tool_call" or details.get("error") is not None:
            return
        tool, given = str(details.get("tool_name") or ""), details.get("arguments")
        if tool == "use_notebook" and isinstance(given, Mapping) and given.get("notebook_path"):
            name = str(given.get("notebook_name"))
            self._notebooks.pop(name, None)
            self._notebooks[name] = PurePath(str(given["notebook_path"])).name
        found = authorship(tool, given)
        if found is not None:
            notebook = self._notebook(given or {})
            self._emit({**found, **({"notebook": notebook} if notebook else {})})
            self.journal.flush(2)

    def _notebook(self, given: Mapping[str, Any]) -> str | None:
        """The file that a call is about: the one it names, else the one used last."""
        if given.get("notebook_name"):
            return self._notebooks.get(str(given["notebook_name"]))
        return next(reversed(self._notebooks.values()), None)

    def close(self) -> None:
        """Write what is left and stop."""
        self._emit({"type": "session", "id": self.session, "status": "ended"})
        self.journal.close()

    def _emit(self, event: dict[str, Any]) -> None:
        whole = {"time": journal.now(), "id": str(uuid4()), "session": self.session, **event}
        self.journal.run(lambda: self.journal.write(whole))


def authorship(tool: str, arguments: Any) -> dict[str, Any] | None:
    """The authorship event of a tool call that wrote a cell; None for all others."""
    source = arguments.get(_WRITES.get(tool, "")) if isinstance(arguments, Mapping) else None
    if not isinstance(source, str) or not source.strip():
        return None
    return {
        "type": "authorship",
        "cell_id": None,
        "source_sha256": source_digest(source),
        "origin": "ai-assisted" if tool == "edit_cell_source" else "ai-generated",
        "tool": TOOL,
        "method": tool,
        "evidence": "captured",
        "confidence": "high",
    }
