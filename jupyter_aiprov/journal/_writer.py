"""The writer: one thread that owns file, sequence and head."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import uuid4
from weakref import WeakSet

from jupyter_aiprov.journal._file import File
from jupyter_aiprov.journal._folder import file_name, parts_of, prepare
from jupyter_aiprov.journal._lines import GENESIS, Event, encode, now, sealed
from jupyter_aiprov.journal._reading import read

ROTATE_AT = 64 * 2**20  # bytes
_FORK_WAIT = 5  # seconds that a fork waits for the writer to be between two pieces of work
_RETRY = 5  # seconds until a disk that refused is tried again
_LINGER = 0.05  # seconds that work which may wait does wait: it costs less done together, and while the user's waits
PENDING_MAX = 20_000  # lines kept in memory while the disk refuses them
_TOGETHER = 16  # lines that are put on disk in one piece, if they may wait for each other
_TOGETHER_SIZE = 2**18  # bytes of texts that wait with them
_forks = 0  # how often this process is a child of the one that loaded us; its number may come again
_open: WeakSet[Journal] = WeakSet()
_held: list[Journal] = []  # kept from working while this process forks


def _forking() -> None:
    """A writer in the middle of an import would leave its lock to a child that waits for it for ever."""
    _held.extend([j for j in list(_open) if j.pause(_FORK_WAIT)])


def _went_on() -> None:
    while _held:
        _held.pop().resume()


def _forked() -> None:
    global _forks  # noqa: PLW0603 - a fact of the process
    _forks += 1
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_forking, after_in_parent=_went_on, after_in_child=_forked)


class Journal:
    """The writer. `put` an event, `run` a function on the writer's thread, `flush`, `close`.

    `failed(error)` is called (on the writer's thread) with what went wrong in a `run` function.
    A disk that refuses a line leaves it in memory; it is written when the disk takes lines again,
    after a `journal-unwritable` gap with its times.
    """

    def __init__(
        self,
        folder: Path | None,
        session: str,
        *,
        group_readable: bool = False,
        failed: Callable[[BaseException], None] = lambda _error: None,
        rotate_at: int = ROTATE_AT,
    ) -> None:
        self.folder = folder
        self.session = session
        self.head = GENESIS
        self.seq = 0
        self.written: Callable[[Event], None] | None = None  # told of each line, in order, with seq and hash
        self.failed = failed
        self.rotate_at = rotate_at
        self._mode = 0o640 if group_readable else 0o600
        self._forks = _forks
        self._queue: deque[tuple[Callable[[], None] | None, bool]] = deque()  # work, and may it wait; None: the end
        self._urgent: deque[Callable[[], None]] = deque()
        self._asleep = _taken()  # let go of to wake the writer
        self._working = threading.Lock()  # held by the writer while it does a piece of work
        self._is_lingering = False
        self._is_pressed = False  # something in the queue should not wait
        self._file: File | None = None
        self._texts: File | None = None
        self._part = 0
        self._lines: list[tuple[Event, bytes, int, str]] = []  # to be put on disk together: sealed, in order
        self._told: list[bytes] = []  # texts that go with them, to the companion file
        self._before = 0, GENESIS  # sequence and head without them
        self._pending: deque[Event] = deque()
        self._dropped = 0
        self._refused_since: str | None = None
        self._refusal = ""
        self._memory: list[bytes] = []
        self._thread = self._started()
        _open.add(self)

    # ── any thread ────────────────────────────────────────────────────────────────
    @property
    def path(self) -> Path | None:
        """The file being written; None where no folder could be used."""
        return None if self.folder is None else self.folder / file_name(self.session, self._part)

    @property
    def is_writable(self) -> bool:
        """False while lines wait in memory for a disk that refuses them."""
        return self.folder is not None and self._refused_since is None

    @property
    def is_of_parent(self) -> bool:
        """True in a child process that was forked since: the writer's thread is not here."""
        return self._forks != _forks

    def put(self, event: Event, *, wait: float = 0) -> bool:
        """Queue a line; with `wait`, True when it was on disk within that many seconds."""
        if not wait:
            self.run(partial(self.write, event))
            return True
        done = _taken()
        self.run(partial(_then_release, partial(self.write, event), done))
        return done.acquire(timeout=wait)

    def run(self, work: Callable[[], None], *, urgent: bool = False, lazily: bool = False) -> None:
        """Queue a function for the writer's thread; `urgent` ones overtake those that are not.

        Work done `lazily` waits a little, at most until a flush. Never blocks and takes no lock:
        finalizers call it.
        """
        if urgent:
            self._urgent.append(work)
        else:
            self._queue.append((work, lazily))
            if lazily and self._is_lingering:
                return  # the writer wakes by itself, and looks after it said so
            if not lazily:
                self._is_pressed = True
        self._wake()

    def _wake(self) -> None:
        try:
            self._asleep.release()
        except RuntimeError:  # it was told already
            return

    def flush(self, timeout: float, *, sync: bool = False) -> bool:
        """Wait until all that was queued before is written; False when that takes too long."""
        if threading.current_thread() is self._thread or not self._thread.is_alive():
            return True
        done = _taken()
        self.run(partial(_then_release, self._sync if sync else _nothing, done))
        return done.acquire(timeout=timeout)

    def close(self, timeout: float = 5) -> bool:
        """Write what is queued, sync and stop; True when all of it was written."""
        if self.is_of_parent or not self._thread.is_alive():
            return True
        self._queue.append((None, False))
        self._is_pressed = True
        self._wake()
        self._thread.join(timeout)
        return not self._thread.is_alive() and not self._pending

    def pause(self, timeout: float) -> bool:
        """Let the writer end the piece of work it is at and begin no other; False when that takes too long."""
        if self.is_of_parent or threading.current_thread() is self._thread:
            return False
        return self._working.acquire(timeout=timeout)

    def resume(self) -> None:
        """Let the writer go on."""
        self._working.release()

    def after_fork(self, session: str) -> None:
        """In a child process: a file of its own, under the new session's id."""
        for file in (self._file, self._texts):
            if file is not None:
                with suppress(OSError):
                    os.close(file.fd)
        self.session, self.head, self.seq, self._part = session, GENESIS, 0, 0
        self._forks = _forks
        self._queue, self._urgent = deque(), deque()
        self._asleep, self._is_lingering, self._is_pressed = _taken(), False, False
        self._working = threading.Lock()
        self._file = self._texts = None
        self._lines, self._told = [], []
        self._pending, self._memory = deque(), []
        self._refused_since = None
        self._thread = self._started()

    # ── the writer's thread ───────────────────────────────────────────────────────
    def write(self, event: Event, placed: Callable[[], None] | None = None, *, lazily: bool = False) -> None:
        """Append one event; only from functions given to `run`. `placed` is called as soon as it is on disk.

        One written `lazily` goes to disk with the next that is not, or when no such work is left.
        """
        if self._pending:
            self._retry()
        if self._pending:
            self._keep(event)
            return
        if not self._lines:
            self._before = self.seq, self.head
        line, mark, seq = self._line(event)
        self.seq, self.head = seq, mark
        self._lines.append((event, line, seq, mark))
        if lazily and len(self._lines) < _TOGETHER:
            return
        if self._place_lines() and placed is not None:
            placed()  # last: whoever waits for it needs the interpreter that is ours until we sleep

    def keep_texts(self, lines: bytes, *, lazily: bool = False) -> None:
        """Append whole lines to the companion file; only from functions given to `run`.

        `lazily`: just before the line that is written lazily next.
        """
        if self.folder is None:
            return
        if lazily and len(lines) < _TOGETHER_SIZE:
            self._told.append(lines)
            return
        try:
            if self._texts is None or self._texts.gone:
                self._texts = File(self.folder / f"{self.session}.content.jsonl", self._mode)
            self._texts.append(lines)
        except OSError as error:
            self._refuse(error)

    def _started(self) -> threading.Thread:
        # Not the patched Thread.start: the writer belongs to no cell.
        thread = threading.Thread(target=self._serve, name="aiprov-journal", daemon=True)
        thread.start()
        return thread

    def _serve(self) -> None:
        asleep, queue, urgent = self._asleep, self._queue, self._urgent
        due = 0.0
        while True:
            if not queue:
                self._is_lingering = False
            if queue and not self._is_lingering:  # nothing in it presses: its like may join it
                self._is_lingering, due = True, time.monotonic() + _LINGER
            left = max(due - time.monotonic(), 0) if queue else _RETRY if self._pending else -1
            if not asleep.acquire(timeout=left) and not queue:
                self._retry()
            while urgent:
                self._attempt(urgent.popleft())
            if self._is_pressed or (self._is_lingering and time.monotonic() >= due):
                self._is_lingering = self._is_pressed = False
                if not self._worked_off():
                    self._stop()
                    return

    def _worked_off(self) -> bool:
        """Do what is queued, urgent work first; False when the end was asked for."""
        while self._queue:
            while self._urgent:
                self._attempt(self._urgent.popleft())
            work, lazily = self._queue.popleft()
            if not lazily:  # it may look at what was written
                self._attempt(self._place_lines)
            if work is None:
                return False
            self._attempt(work)
        self._attempt(self._place_lines)
        return True

    def _attempt(self, work: Callable[[], object]) -> None:
        try:
            with self._working:
                work()
        except BaseException as error:  # noqa: BLE001 - a writer that dies would silence the whole record
            self.failed(error)

    def _place_lines(self) -> bool:
        """Put on disk what waits for it, in one piece; what the disk refuses is kept for later, outside the chain."""
        if self._told:
            texts, self._told = b"".join(self._told), []
            self.keep_texts(texts)
        if not self._lines:
            return True
        lines, self._lines = self._lines, []
        try:
            self._place(lines[0][1] if len(lines) == 1 else b"".join([line for _, line, _, _ in lines]))
        except OSError as error:
            self.seq, self.head = self._before
            stayed = self._whole(lines)
            self._refuse(error)
            for event, *_ in lines[stayed:]:
                self._keep(event)
            return False
        self._tell(lines)
        return True

    def _whole(self, lines: list[tuple[Event, bytes, int, str]]) -> int:
        """How many lines of a failed write stay on disk whole: they are part of the chain."""
        left = self._file.stayed if self._file is not None else 0
        count = 0
        for _, line, seq, mark in lines:
            left -= len(line)
            if left < -1:  # of the last one the line end may lack: the next write begins with one
                break
            self.seq, self.head, count = seq, mark, count + 1
        self._tell(lines[:count])
        return count

    def _tell(self, lines: list[tuple[Event, bytes, int, str]]) -> None:
        if self.written is not None:
            for event, _, seq, mark in lines:
                self.written({**event, "seq": seq, "hash": mark})

    def _line(self, event: Event) -> tuple[bytes, str, int]:
        seq = self.seq + 1
        line, mark = sealed(encode({"seq": seq, **event, "prev": self.head}))
        return line, mark, seq

    def _advance(self, event: Event, seq: int, mark: str) -> None:
        self.seq, self.head = seq, mark
        if self.written is not None:
            self.written({**event, "seq": seq, "hash": mark})

    def _place(self, line: bytes) -> None:
        if self.folder is None:
            self._memory.append(line)
            return
        if self._file is not None and self._file.size > self.rotate_at:
            self._file.close()
            self._file, self._part = None, self._part + 1
        if self._file is not None and self._file.gone:
            self._file, self._part = None, self._part + 1
        if self._file is None:
            if not self.folder.is_dir():
                prepare(self.folder)
            self._file = File(self.folder / file_name(self.session, self._part), self._mode)
        self._file.append(line)

    def _keep(self, event: Event) -> None:
        if len(self._pending) >= PENDING_MAX:
            self._dropped += 1
            return
        self._pending.append(event)
        if self.written is not None:  # readers of the running session must not wait for the disk
            self.written({**event, "seq": None, "hash": None})

    def _refuse(self, error: OSError) -> None:
        if self._refused_since is None:
            self._refused_since, self._refusal = now(), error.strerror or type(error).__name__

    def _retry(self) -> None:
        """Write what waited, after a gap that says since when and why."""
        since = self._refused_since
        if since is not None:
            lost = f"; {self._dropped} lines lost" if self._dropped else ""
            gap = {
                "time": now(),
                "type": "gap",
                "id": str(uuid4()),
                "session": self.session,
                "reason": "journal-unwritable",
                "detail": self._refusal + lost,
                "from": since,
                "to": now(),
            }
            line, mark, seq = self._line(gap)
            try:
                self._place(line)
            except OSError:
                return
            self._advance(gap, seq, mark)
            self._refused_since, self._dropped = None, 0
        while self._pending:
            event = self._pending[0]
            line, mark, seq = self._line(event)
            try:
                self._place(line)
            except OSError as error:
                self._refuse(error)
                return
            self.seq, self.head = seq, mark
            self._pending.popleft()

    def _sync(self) -> None:
        for file in (self._file, self._texts):
            if file is not None:
                with suppress(OSError):
                    os.fsync(file.fd)

    def _stop(self) -> None:
        self._retry()
        for file in (self._file, self._texts):
            if file is not None:
                file.close()
        self._file = self._texts = None

    # ── reading back ──────────────────────────────────────────────────────────────
    def events(self) -> Iterator[Event]:
        """What was recorded in this session, in order: from disk, else from memory."""
        if self.folder is not None:
            for path in parts_of(self.folder, self.session):
                yield from read(path)
        for line in self._memory:
            yield json.loads(line)
        yield from list(self._pending)


def _taken() -> threading.Lock:
    """A lock to wait for: the cheapest way to be told something once."""
    lock = threading.Lock()
    lock.acquire()
    return lock


def _then_release(work: Callable[[], None], lock: threading.Lock) -> None:
    try:
        work()
    finally:
        lock.release()


def _nothing() -> None:
    """Nothing to do but to have come by."""
