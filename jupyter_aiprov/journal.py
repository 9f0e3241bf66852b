"""Append-only, hash-chained JSON Lines; one file per process, one thread that writes it.

Each line is `{"seq","time","type",…,"prev","hash"}` where `hash` is the SHA-256 of the line's raw
bytes without it and `prev` the hash of the line before. Texts lie in a companion file,
`<session>.content.jsonl`, outside the chain: what the chain holds of them is a keyed commitment,
which tells nothing once text and nonce are purged. Callers only put on a queue: an interrupt in the
caller cannot tear a line, and a finalizer cannot deadlock.

fsync: at the end of each cell that used AI and at close; a killed process loses nothing (the page
cache survives it), a power cut at most the cell that was running.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4
from weakref import WeakSet

from jupyter_aiprov.proof import encoder, total

Event = dict[str, Any]
GENESIS = "0" * 64
ROTATE_AT = 64 * 2**20  # bytes
_FORK_WAIT = 5  # seconds that a fork waits for the writer to be between two pieces of work
_RETRY = 5  # seconds until a disk that refused is tried again
_LINGER = 0.05  # seconds that work which may wait does wait: it costs less done together, and while the user's waits
PENDING_MAX = 20_000  # lines kept in memory while the disk refuses them
_TOGETHER = 16  # lines that are put on disk in one piece, if they may wait for each other
_TOGETHER_SIZE = 2**18  # bytes of texts that wait with them
_TAIL = len(',"hash":""}') + 64

README = """\
This folder holds the record of AI use of the notebooks beside it, written by jupyter_aiprov.

<session>.jsonl          one event a line: what was asked of which model, when, from which cell,
                         and what became of the answer. No prompt and no answer is in it.
                         "hash" is the SHA-256 of the line's bytes with `,"hash":"…"}` replaced by `}`;
                         "prev" is the hash of the line before (64 zeros in the first).
<session>.content.jsonl  the texts, redacted: {"commitment","nonce","invocation","part","value"}.
                         commitment = HMAC-SHA256(nonce, RFC 8785 form of value). Delete this file and
                         the other one still verifies, but tells nothing of the texts.

Keep it with your data; it is private (0700) and ignored by git. It is tamper-evident, not
tamper-proof: whoever holds the files can rebuild them.
"""


def new_id() -> str:
    """A random UUID (version 4) as text; a third of what `uuid.uuid4` costs, on the way of every call."""
    mark = f"{int.from_bytes(os.urandom(16)) & _RANDOM | _VERSION_4:032x}"
    return f"{mark[:8]}-{mark[8:12]}-{mark[12:16]}-{mark[16:20]}-{mark[20:]}"


_RANDOM = ~((0xF000 << 64) | (0xC000 << 48)) & (1 << 128) - 1
_VERSION_4 = (0x4000 << 64) | (0x8000 << 48)


def now(at: int | None = None) -> str:
    """This instant, or that of `time.time_ns()`, as RFC 3339 in UTC with milliseconds and `+00:00`."""
    global _second  # noqa: PLW0603 - the text of the second that is, for all that happens in it
    seconds, milliseconds = divmod((time.time_ns() if at is None else at) // 1_000_000, 1000)
    known = _second
    if known[0] != seconds:
        known = _second = seconds, datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")[:19]
    return f"{known[1]}.{milliseconds:03d}+00:00"


_second = (-1, "")


_COMPACT = encoder(sort_keys=False, ascii_only=True)


def encode(event: Mapping[str, Any]) -> bytes:
    """An event as one line of ASCII JSON, without line end; what JSON cannot hold is spelled out."""
    try:
        return _COMPACT(event).encode()
    except (ValueError, TypeError, RecursionError):
        return json.dumps(total(event), separators=(",", ":")).encode()


def sealed(body: bytes) -> tuple[bytes, str]:
    """The line with its hash appended, and the hash."""
    mark = sha256(body).hexdigest()
    return body[:-1] + b',"hash":"' + mark.encode() + b'"}\n', mark


def folder_for(configured: str, *, cwd: Path, session_name: str | None, data_dir: Path) -> Path:
    """Where the journal goes: the configured folder, else beside the notebook, else `data_dir`.

    Beside the notebook means the folder of JPY_SESSION_NAME, or the working directory at load if
    it is in the home (or a notebook's own folder) and writable.
    """
    user = _user()
    if configured:
        return Path(configured).expanduser().absolute()
    if session_name:
        beside = Path(session_name).expanduser()
        beside = (beside if beside.is_absolute() else cwd / beside).parent
        if beside.is_dir() and os.access(beside, os.W_OK):
            return beside / ".aiprov" / user
    if os.access(cwd, os.W_OK) and _is_personal(cwd):
        return cwd / ".aiprov" / user
    return data_dir / "aiprov" / user


def _is_personal(folder: Path) -> bool:
    """In the home, or owned by this user: not `/`, not a system folder."""
    with suppress(OSError, RuntimeError):
        if folder.resolve().is_relative_to(Path.home().resolve()):
            return True
        return folder != Path(folder.anchor) and folder.stat().st_uid == getattr(os, "getuid", int)()
    return False


def _user() -> str:
    name = os.environ.get("JUPYTERHUB_USER") or os.environ.get("USER") or os.environ.get("USERNAME") or "me"
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name).lstrip(".") or "me"


def prepare(folder: Path, *, group_readable: bool = False) -> bool:
    """Make the folder with its README and .gitignore; True when it was not there before."""
    mode = 0o750 if group_readable else 0o700
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True, mode=mode)
    if new:
        folder.chmod(mode)
        with suppress(OSError):
            if folder.parent.name == ".aiprov":
                (folder.parent / ".gitignore").write_text("*\n")
            else:
                (folder / ".gitignore").write_text("*\n")
            (folder / "README.txt").write_text(README)
    return new


class _File:
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
        self._file: _File | None = None
        self._texts: _File | None = None
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
        return None if self.folder is None else self.folder / _name(self.session, self._part)

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

    def keep_text(self, record: Mapping[str, Any]) -> None:
        """Append a text record to the companion file; only from functions given to `run`."""
        self.keep_texts(encode(record) + b"\n")

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
                self._texts = _File(self.folder / f"{self.session}.content.jsonl", self._mode)
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
            self._file = _File(self.folder / _name(self.session, self._part), self._mode)
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


def _name(session: str, part: int) -> str:
    return f"{session}.jsonl" if not part else f"{session}.{part}.jsonl"


def parts_of(folder: Path, session: str) -> list[Path]:
    """The files of one session in order of rotation."""
    found = [folder / _name(session, 0)] if (folder / _name(session, 0)).exists() else []
    part = 1
    while (path := folder / _name(session, part)).exists():
        found.append(path)
        part += 1
    return found


def sessions_in(folder: Path) -> list[str]:
    """Ids of the sessions whose files lie in a folder, oldest first."""
    names = [p for p in folder.glob("*.jsonl") if not p.name.endswith(".content.jsonl")]
    dated = {p.name.split(".")[0]: p.stat().st_mtime for p in sorted(names)}
    return sorted(dated, key=lambda s: dated[s])


def read(path: Path) -> Iterator[Event]:
    """Events of one file; a torn or unreadable line is passed over (`verify` counts it)."""
    with path.open("rb") as file:
        for line in file:
            with suppress(ValueError, RecursionError):
                event = json.loads(line)
                if isinstance(event, dict):
                    yield event


def read_texts(path: Path) -> Iterator[Event]:
    """Text records of a companion file; none when it was purged."""
    if path.exists():
        yield from read(path)


@dataclass(frozen=True)
class Verdict:
    """What a chain can show: how far it holds and where it first breaks."""

    lines: int
    head: str
    problems: tuple[str, ...] = ()
    torn_tail: bool = False
    hashes: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_whole(self) -> bool:
        """True when every line is the one that was written after the line before it."""
        return not self.problems


def verify(paths: list[Path] | Path) -> Verdict:
    """Check a session's chain over its files in order; a torn last line is said, not a break."""
    prev, expected, hashes, problems, torn = GENESIS, 1, list[str](), list[str](), False
    for path in [paths] if isinstance(paths, Path) else paths:
        raw = path.read_bytes()
        lines = raw.split(b"\n")
        last = lines.pop()
        torn = bool(last)
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            where = f"{path.name} line {number}"
            problem, event = _line_problem(line)
            if problem:
                problems.append(f"{where}: {problem}")
                continue
            if event.get("seq") != expected or event.get("prev") != prev:
                problems.append(f"{where}: does not follow the line before (has {event.get('seq')}, not {expected})")
            prev, expected = str(event.get("hash")), int(event.get("seq") or 0) + 1
            hashes.append(prev)
    return Verdict(len(hashes), prev, tuple(problems), torn, tuple(hashes))


def _line_problem(line: bytes) -> tuple[str | None, Event]:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return "not a whole line", {}
    if not isinstance(event, dict) or not isinstance(event.get("hash"), str) or len(line) <= _TAIL:
        return "not a record", {}
    mark = sha256(line[:-_TAIL] + b"}").hexdigest()
    if mark != event["hash"] or not line.endswith(f',"hash":"{mark}"}}'.encode()):
        return "changed after it was written", event
    return None, event


def append(path: Path, event: Event) -> Event:
    """Append one event to a journal that no process writes any more; returns it as written.

    Used by `purge`, so that what was removed is on record. Raises OSError.
    """
    verdict = verify(path)
    seq = 0
    for last in read(path):
        seq = max(seq, int(last.get("seq") or 0))
    body = {"seq": seq + 1, "time": now(), **event, "prev": verdict.head}
    line, mark = sealed(encode(body))
    file = _File(path, 0o600)
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
                record = _parsed(line)
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


def _parsed(line: bytes) -> Event | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


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
