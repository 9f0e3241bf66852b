"""Taking texts out of journals that keep their chain."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from jupyter_aiprov.journal._file import File
from jupyter_aiprov.journal._folder import parts_of
from jupyter_aiprov.journal._lines import Event, encode, now, number_of, parsed, sealed
from jupyter_aiprov.journal._reading import read, verify


def append(path: Path, event: Event) -> Event:
    """Append one event to a journal that no process writes any more; returns it as written.

    Used by `purge`, so that what was removed is on record. Raises OSError.
    """
    verdict = verify(path)
    seq = max((number_of(event) for event in read(path)), default=0)
    body = {"seq": seq + 1, "time": now(), **event, "prev": verdict.head}
    line, mark = sealed(encode(body))
    file = File(path, 0o600)
    file.torn = verdict.torn_tail
    try:
        file.append(line)
    finally:
        file.close()
    return {**body, "hash": mark}


@dataclass(frozen=True)
class Purged:
    """What a purge removed and what it could not reach."""

    sessions: int
    texts: int
    bytes: int


def purge(
    folder: Path,
    doomed: Callable[[Event], bool],
    *,
    criterion: str,
    live: Callable[[Event], None] | None = None,
    live_session: str | None = None,
) -> Purged:
    """Remove the text records for which `doomed` is true, with their nonces; chains stay valid.

    A `content` event with status `purged` and the commitments goes to each journal concerned;
    `live` takes it for the session that is still being written. Raises OSError.
    """
    sessions = texts = size = 0
    for path in sorted(folder.glob("*.content.jsonl")):
        kept: list[bytes] = []
        gone: list[str] = []
        with path.open("rb") as file:
            for line in file:
                record = parsed(line)
                if record is None or doomed(record):
                    gone.append(str((record or {}).get("commitment") or ""))
                    size += len(line)
                else:
                    kept.append(line)
        if not gone:
            continue
        _replace(path, b"".join(kept))
        sessions, texts = sessions + 1, texts + len(gone)
        session = path.name.removesuffix(".content.jsonl")
        event: Event = {
            "type": "content",
            "id": str(uuid4()),
            "status": "purged",
            "session": session,
            "criterion": criterion,
            "count": len(gone),
            "commitments": [c for c in gone if c],
        }
        if live is not None and session == live_session:
            live(event)
        elif parts := parts_of(folder, session):
            append(parts[-1], event)
    return Purged(sessions, texts, size)


def _replace(path: Path, data: bytes) -> None:
    """Put the new file in the old one's place, then overwrite the old bytes; empty files go away."""
    with path.open("r+b") as old:
        status = os.fstat(old.fileno())
        if data:
            beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
            beside.write_bytes(data)
            beside.chmod(status.st_mode & 0o777)
            beside.replace(path)
        else:
            path.unlink()
        with suppress(OSError):
            old.write(b"\0" * status.st_size)
            old.flush()
            os.fsync(old.fileno())


def expired(days: int) -> Callable[[Event], bool]:
    """A `doomed` for `purge`: texts older than so many days (by their `time`)."""
    limit = datetime.fromtimestamp(time.time() - days * 86400, UTC).isoformat(timespec="milliseconds")
    return lambda record: str(record.get("time") or "") < limit
