"""Append-only, hash-chained JSON Lines; one file per process, one thread that writes it.

Each line is `{"seq","time","type",…,"prev","hash"}` where `hash` is the SHA-256 of the line's raw
bytes without it and `prev` the hash of the line before. Texts lie in a companion file,
`<session>.content.jsonl`, outside the chain: what the chain holds of them is a keyed commitment,
which tells nothing once text and nonce are purged. Callers only put on a queue: an interrupt in the
caller cannot tear a line, and a finalizer cannot deadlock.

fsync: at the end of each cell that used AI and at close; a killed process loses nothing (the page
cache survives it), a power cut at most the cell that was running.
"""

from jupyter_aiprov.journal._folder import README, folder_for, parts_of, prepare, sessions_in
from jupyter_aiprov.journal._lines import GENESIS, Event, encode, new_id, now, number_of, sealed
from jupyter_aiprov.journal._purging import Purged, append, expired, purge
from jupyter_aiprov.journal._reading import Verdict, read, verify
from jupyter_aiprov.journal._texts import KeptTexts, read_texts, references, texts_of, verify_texts
from jupyter_aiprov.journal._writer import PENDING_MAX, ROTATE_AT, Journal

__all__ = [
    "GENESIS",
    "PENDING_MAX",
    "README",
    "ROTATE_AT",
    "Event",
    "Journal",
    "KeptTexts",
    "Purged",
    "Verdict",
    "append",
    "encode",
    "expired",
    "folder_for",
    "new_id",
    "now",
    "number_of",
    "parts_of",
    "prepare",
    "purge",
    "read",
    "read_texts",
    "references",
    "sealed",
    "sessions_in",
    "texts_of",
    "verify",
    "verify_texts",
]
