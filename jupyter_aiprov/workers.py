"""Child processes: reached by a start-up file and a variable, each with a journal file of its own.

`jupyter aiprov enable --workers` writes one line into site-packages; it does nothing unless the
variable AIPROV_WORKERS is set, which a session does for its children. The running cell stands in
a small file beside the journal. Work of a pool is credited to the cell that submitted it, other
calls to the cell that started the process (`inferred`). Every line is on disk before a call goes
on. Columns that were declared confidential lie beside it as sealed hashes; a child that cannot
read them lets nothing go to external servers.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_aiprov.capture._workers import STEM as _STEM
from jupyter_aiprov.capture._workers import VARIABLE
from jupyter_aiprov.capture.process_pools import submitted

if TYPE_CHECKING:
    from jupyter_aiprov.cells import Execution
    from jupyter_aiprov.config import AIProv
    from jupyter_aiprov.guard import Scan
    from jupyter_aiprov.guard.columns import Columns
    from jupyter_aiprov.model import Invocation, Request
    from jupyter_aiprov.recorder import Recorder

_LINE = f"import os; os.environ.get({VARIABLE!r}) and __import__('jupyter_aiprov.workers').workers.start()\n"
_ENTRY = "jupyter_aiprov.workers:start\n"  # Python 3.15 reads this and then passes over the `import` lines
_FLUSH = 2.0  # seconds a child waits for its line


# ── the start-up file ─────────────────────────────────────────────────────────────────


def site() -> Path:
    """This environment's site-packages."""
    return Path(sysconfig.get_path("purelib"))


def write_startup(folder: Path) -> list[Path]:
    """Write the start-up file (two of them for Python 3.15 and later); again changes nothing."""
    written = [(folder / f"{_STEM}.pth", _LINE)]
    if sys.version_info >= (3, 15):
        written.append((folder / f"{_STEM}.start", _ENTRY))
    for path, text in written:
        path.write_text(text, encoding="utf-8")
    return [path for path, _ in written]


def remove_startup(folder: Path) -> list[Path]:
    """Remove what `write_startup` wrote; names what was there."""
    found = [path for path in startup_files(folder) if path.exists()]
    for path in found:
        path.unlink()
    return found


def startup_files(folder: Path) -> list[Path]:
    """Where the start-up files would be."""
    return [folder / f"{_STEM}.pth", folder / f"{_STEM}.start"]


def is_enabled(folder: Path | None = None) -> bool:
    """True when child processes of this environment start with us."""
    return any(path.exists() for path in startup_files(folder or site()))


# ── in the parent ─────────────────────────────────────────────────────────────────────


class Workers:
    """What a session does for its child processes, and what it hears from them."""

    def __init__(self, recorder: Recorder, config: AIProv, key: bytes | None = None) -> None:
        self._recorder = recorder
        self._folder = recorder.journal.folder
        self._config = config
        self._pid = os.getpid()
        self._read: dict[Path, int] = {}
        self._key = key or secrets.token_bytes(16)
        self._open = False

    @contextmanager
    def installed(self) -> Iterator[Workers]:
        """Children started inside find the journal; forked ones go on with the parent's hooks."""
        if self._folder is None:
            yield self
            return
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = json.dumps(self.settings())
        self._open = True
        os.register_at_fork(after_in_child=self._forked)
        try:
            yield self
        finally:
            if os.getpid() == self._pid:
                self._open = False
                if before is None:
                    os.environ.pop(VARIABLE, None)
                else:
                    os.environ[VARIABLE] = before
                for file in (_cell_file, columns_file):
                    with suppress(OSError):
                        file(self._folder, self._recorder.session).unlink()

    def settings(self) -> dict[str, Any]:
        """What a child needs, as JSON: session, folder and the policy."""
        held = self._config.trait_values(config=True)
        policy = {k: v for k, v in held.items() if isinstance(v, str | bool | int | list | dict)}
        known = {"session": self._recorder.session, "folder": str(self._folder), "config": policy}
        return {**known, "columns_key": self._key.hex()}

    def columns(self, columns: Columns) -> None:
        """Hand over the columns that are declared now, as hashes sealed under this session's key."""
        if self._folder is None or not self._open:
            return
        from jupyter_aiprov.guard.handover import packed

        file = columns_file(self._folder, self._recorder.session)
        beside = file.with_suffix(".new")
        try:
            beside.touch(mode=0o600)
            beside.write_bytes(packed(columns, self._key))
            beside.replace(file)
            os.environ[VARIABLE] = json.dumps({**self.settings(), "declared": bool(columns)})
        except OSError as error:
            self._recorder.gap("confidential-not-watched", f"in child processes: {type(error).__name__}")

    def cell(self, execution: Execution | None) -> None:
        """The cell that runs now; None between cells."""
        if self._folder is None or not self._open:
            return
        file = _cell_file(self._folder, self._recorder.session)
        facts = {"id": execution.id, "cell_id": execution.cell_id} if execution is not None else {}
        with suppress(OSError):
            if facts or file.exists():
                beside = file.with_suffix(".new")
                beside.write_text(json.dumps(facts))
                beside.replace(file)

    def files(self) -> list[Path]:
        """The journals of this session's children."""
        if self._folder is None:
            return []
        name = f"{self._recorder.session[:36]}-*.jsonl"
        return sorted(p for p in self._folder.glob(name) if not p.name.endswith(".content.jsonl"))

    def harvest(self) -> list[dict[str, Any]]:
        """The children's events since the last time, whole lines only."""
        out: list[dict[str, Any]] = []
        for path in self.files():
            with suppress(OSError), path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                held = file.read()
                whole = held[: held.rfind(b"\n") + 1]
                self._read[path] = self._read.get(path, 0) + len(whole)
                for line in whole.splitlines():
                    with suppress(ValueError):
                        out.append(json.loads(line))
        return out

    def _forked(self) -> None:
        if self._open and self._folder is not None:
            self._open = False
            cells = WorkerCells(self._folder, self._recorder.session)
            settle(self._recorder, cells, lambda: None)


def _cell_file(folder: Path, session: str) -> Path:
    return folder / f".{session[:36]}.cell"


def columns_file(folder: Path, session: str) -> Path:
    """Where a session's declared columns lie for its children."""
    return folder / f".{session[:36]}.columns"


# ── in the child ──────────────────────────────────────────────────────────────────────


class WorkerCells:
    """Which cell of the parent asks: the one that submitted the work, else the one that started this process.

    `told` names the submitting cell where somebody knows it: a pool, a cluster. A cluster's workers
    outlive the cell that started them: there the cell that runs now is asked for (`lives_on`).
    """

    def __init__(self, folder: Path, session: str, told: Callable[[], Mapping[str, Any] | None] | None = None) -> None:
        self._file = _cell_file(folder, session)
        self._parent = session
        self._told = told or submitted
        self._lives_on = told is not None
        self._born = os.getpid(), self.running()
        self.session = session

    def running(self) -> Mapping[str, Any]:
        """The cell the parent runs now, from the parent's file; empty between cells."""
        with suppress(OSError, ValueError):
            facts = json.loads(self._file.read_bytes())
            if isinstance(facts, dict):
                return facts
        return {}

    def current(self) -> tuple[Execution | None, str]:
        """The asking cell, and how we know: `inferred` unless it was told; None where it cannot be told."""
        facts = self._told()
        if facts is None:
            if self._born[0] != os.getpid():  # forked off a child of ours
                self._born = os.getpid(), self.running()
            facts = self.running() if self._lives_on or not self._born[1] else self._born[1]
            facts = {**facts, "evidence": "inferred"}
        with suppress(KeyError, TypeError):
            from jupyter_aiprov.cells import Execution

            asking = Execution(str(facts["id"]), self._parent, "", "", "", 0, cell_id=facts["cell_id"])
            return asking, str(facts.get("evidence") or "inferred")
        return None, "inferred"


class _Site:
    """Where a call was made: in which process, in which task of a cluster."""

    def __init__(self, task: Callable[[], str | None]) -> None:
        self._task = task

    def called(self, _invocation: str, _reader: str, _request: Request | None) -> Mapping[str, Any]:
        """The process, and the task's key where there is one."""
        key = self._task()
        return {"process": os.getpid(), **({"task": key} if key else {})}

    def answered(self, _invocation: str, _answer: Invocation) -> None:
        """Nothing follows an answer here: lineage is the parent's."""


def settle(recorder: Recorder, cells: WorkerCells, task: Callable[[], str | None]) -> None:
    """Make a recorder a child's: the parent's cell, no lineage, every end on disk before going on."""
    recorder.cells = cells  # type: ignore[assignment] # of a Cells, a recorder uses these two members only
    recorder.lineage = _Site(task)
    ended = recorder.ended

    def flushed(call: Any, how: Any, error: BaseException | None, invocation: Invocation | None) -> None:
        ended(call, how, error, invocation)
        if how != "gc":  # a finalizer must not wait
            recorder.journal.flush(_FLUSH)

    recorder.ended = flushed  # type: ignore[method-assign,assignment] # a wrapper of this one object


def start() -> None:
    """Follow the calls of this process for the session that started it; a second time does nothing."""
    held = os.environ.get(VARIABLE)
    if not held or getattr(sys, "_aiprov_worker", None) is not None:
        return
    try:
        settings = json.loads(held)
        worker = Worker(settings)
    except (ValueError, KeyError, TypeError, OSError, ImportError):
        return  # not for us, or an environment without our dependencies: the parent counts it as a gap
    sys._aiprov_worker = worker  # type: ignore[attr-defined]


class Worker:
    """Capture in one child process, writing `<session>-<process>.jsonl`."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        task: Callable[[], str | None] = lambda: None,
        told: Callable[[], Mapping[str, Any] | None] | None = None,
    ) -> None:
        from jupyter_aiprov import capture, readers
        from jupyter_aiprov.config import AIProv
        from jupyter_aiprov.guard import Guard
        from jupyter_aiprov.journal import Journal
        from jupyter_aiprov.recorder import Recorder
        from jupyter_aiprov.redact import Redactor

        parent, folder = str(settings["session"]), Path(settings["folder"])
        config = AIProv(**settings.get("config", {}))
        hosts = tuple(h if isinstance(h, str) else str(h.get("host") or "") for h in config.hosts)
        self.guard = guard = Guard(config)
        self._columns = columns_file(folder, parent)
        self._key = bytes.fromhex(str(settings.get("columns_key", "")))
        self._known: tuple[int, ...] | None = None

        def redactor() -> Redactor:
            made = Redactor.of_environment()
            made.learn(self._key.hex())
            made.finders.append(guard.spans)
            return made

        session = _unused(folder, f"{parent[:36]}-{os.getpid()}")
        cells = WorkerCells(folder, parent, told)
        self.journal = Journal(folder, session, group_readable=config.group_readable)
        self.recorder = Recorder(
            session=session,
            cells=cells,  # type: ignore[arg-type] # see `settle`
            journal=self.journal,
            redactor=redactor,
            recognise=lambda request: readers.recognise(request, hosts),
            destination=guard.destination,
        )
        level = "digest" if config.journal_content == "full" and config.personal_data else config.journal_content
        self.recorder.content = level
        if config.guard == "on":
            self.recorder.examine, self.recorder.holds = self._examine, self._holds
        self.watch(settings.get("columns"))
        if settings.get("declared") and not self.guard.columns and not self.guard.is_blind:
            self.guard.is_blind = True
            self.recorder.gap("confidential-not-watched", "the declared columns are gone from beside the journal")
        settle(self.recorder, cells, task)
        self.recorder.emit(
            {"type": "session", "id": session, "status": "started", "parent": parent, "pid": os.getpid()}
        )
        self._stack = ExitStack()
        self.installed = self._stack.enter_context(capture.install(self.recorder))
        atexit.register(self.close)

    def close(self) -> None:
        """Put everything back and close the journal."""
        atexit.unregister(self.close)
        self._stack.close()
        self.journal.close()

    def watch(self, handed: bytes | None = None) -> None:
        """Know the columns that are declared now: `handed` over, else as their file has them, if it changed."""
        from jupyter_aiprov.guard.handover import unpacked

        with suppress(FileNotFoundError):
            try:
                if handed is None:
                    status = self._columns.stat()
                    state = (status.st_mtime_ns, status.st_size, status.st_ino)
                    if state == self._known:
                        return
                    self._known, handed = state, self._columns.read_bytes()
                self.guard.columns, self.guard.is_blind = unpacked(handed, self._key), False
            except FileNotFoundError:
                raise
            except (OSError, ValueError, KeyError, TypeError) as error:
                self.guard.is_blind = True
                self.recorder.gap("confidential-not-watched", f"the declared columns: {type(error).__name__}")
            if self.guard.has_columns and self.recorder.content == "full":
                self.recorder.content = "digest"

    def _holds(self, request: Request | None) -> bool:
        """Whether a request is examined first, by what is declared now."""
        self.watch()
        return self.guard.holds(request)

    def _examine(
        self, request: Request | None, destination: str, invocation: Invocation | None, _execution: Execution | None, /
    ) -> Scan:
        self.watch()
        texts = None if request is not None or invocation is None else list(_strings(invocation.content()))
        return self.guard.examine(request, destination, texts, cell=None)


def _unused(folder: Path, session: str) -> str:
    """A name without a file: process numbers come again, and one process may start twice."""
    names = (f"{session}-{n}" if n else session for n in range(1000))
    return next(name for name in names if not (folder / f"{name}.jsonl").exists())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
