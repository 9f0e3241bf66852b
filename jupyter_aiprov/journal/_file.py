"""One append-only file on disk."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


class File:
    """One append-only file; a short or failed write is undone so that lines stay whole."""

    def __init__(self, path: Path, mode: int) -> None:
        self.path = path
        self.fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), mode)
        self.size = os.fstat(self.fd).st_size
        self.torn = False
        self.stayed = 0  # bytes of a failed write that could not be undone

    def append(self, line: bytes) -> None:
        data = b"\n" + line if self.torn else line
        self.stayed = 0
        try:
            written = os.write(self.fd, data)
            while written < len(data):
                more = os.write(self.fd, data[written:])
                written += more
        except OSError:
            try:
                os.ftruncate(self.fd, self.size)
            except OSError:
                with suppress(OSError):
                    size = os.fstat(self.fd).st_size
                    self.size, self.stayed = size, size - self.size - (len(data) - len(line))
                self.torn = True  # the next line starts on a fresh one; readers skip the torn piece
            raise
        self.torn = False
        self.size += len(data)

    @property
    def gone(self) -> bool:
        """True when the file was deleted under us."""
        try:
            return os.fstat(self.fd).st_nlink == 0
        except OSError:
            return True

    def close(self) -> None:
        with suppress(OSError):
            os.fsync(self.fd)
        with suppress(OSError):
            os.close(self.fd)
