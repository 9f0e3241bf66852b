"""The content-free journal that the roots in the stamps belong to, line for line.

Lines are handed on as their bytes are: a line that was parsed and written again would no longer
have its hash. The texts are in another file and never part of this one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.provenance import Event, Provenance

NAME = "audit-log"
EXTENSION = ".jsonl"


def export(provenance: Provenance, journal: Path | str | None = None, events: Iterable[Event] | None = None) -> str:
    """The journal lines of the sessions that the record names, one session after the other."""
    lines = list(of_files(provenance, Path(journal))) if journal is not None else []
    if not lines:
        lines = [_line(e) for e in (events or provenance.events) if e.get("hash") and e.get("type") != "stamp"]
    if not lines:
        raise UsageError("no journal of this notebook is at hand", hint="name its folder with --journal")
    return "".join(line + "\n" for line in lines)


def of_files(provenance: Provenance, folder: Path) -> Iterable[str]:
    """The lines as they lie in the folder's files."""
    wanted = {str(s) for s in provenance.sessions} | {u.session for u in provenance.uses if u.session}
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else [folder]:
        if path.name.endswith(".content.jsonl") or (folder.is_dir() and path.name.partition(".")[0] not in wanted):
            continue
        with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as handle:
            for line in handle:
                if line.strip():
                    yield line.rstrip("\n")


def _line(event: Event) -> str:
    return json.dumps(dict(event), separators=(",", ":"), default=str)  # as the journal writes a line
