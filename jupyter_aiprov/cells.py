"""Which execution is asking: threads, tasks, pools, subshells, widget callbacks, nested runs, headless.

An execution is keyed by the parent header's msg_id. The truth is, in this order: the context a
task was created in, the thread that was started (or the work that was submitted) by it, the cell
that opened the comm being served, the stack of the own thread, any cell that runs (inferred).
Knows IPython's events; knows nothing of AI. IPython is never imported: the shell is handed over.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from jupyter_aiprov.journal import now
from jupyter_aiprov.proof import text_sha256

_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

# The library's reversible patch: (owner, attribute, (original, patch) -> replacement) -> undone on exit.
Patched = Callable[[Any, str, Callable[[Any, Any], Any]], AbstractContextManager[Any]]


@dataclass(eq=False)
class Execution:
    """One run of one cell. `status` ∈ started, completed, error, aborted."""

    id: str
    session: str
    msg_id: str
    source: str
    source_sha256: str
    ordinal: int
    cell_id: str | None = None
    execution_count: int | None = None
    status: str = "started"
    start_time: str = field(default_factory=now)
    end_time: str | None = None
    depth: int = 1
    parent: Mapping[str, Any] | None = None  # the execute_request, to reply to it later
    called: bool = False  # a call was credited to it
    outputs: list[str] | None = None  # digests of what it displayed, as far as the kernel saw it
    submitted: int = 0  # pool work of it that has not ended

    def to_dict(self) -> dict[str, Any]:
        """The execution as an event, without the envelope."""
        out = {
            "type": "execution",
            "id": self.id,
            "status": self.status,
            "session": self.session,
            "cell_id": self.cell_id,
            "execution_count": self.execution_count,
            "source_sha256": self.source_sha256,
            "ordinal": self.ordinal,
            "start_time": self.start_time,
            "end_time": self.end_time,
            "outputs": self.outputs,
        }
        return {k: v for k, v in out.items() if v is not None or k == "cell_id"}


class Cells:
    """Follows one shell's executions. `current()` is cheap and safe from any thread."""

    def __init__(self, shell: Any, session: str) -> None:
        self.shell = shell
        self.session = session
        self._asking: ContextVar[tuple[Execution, str] | None] = ContextVar("aiprov_execution", default=None)
        self._stacks: dict[int, list[Execution]] = {}
        self._threads: WeakKeyDictionary[threading.Thread, tuple[Execution, str]] = WeakKeyDictionary()
        self._comms: dict[str, Execution] = {}
        self._known_comms: set[str] = set()
        self._ordinals: Counter[str] = Counter()
        self.unfinished: list[Execution] = []  # ended without their post_run_cell

    # ── IPython's events ──────────────────────────────────────────────────────────
    def begin(self, info: Any) -> Execution:
        """pre_run_cell: push; a run inside a run belongs to the outer one."""
        parent = self._parent()
        header = parent.get("header") or {}
        stack = self._stacks.get(threading.get_ident())
        if stack and stack[-1].msg_id == header.get("msg_id", stack[-1].msg_id):
            stack[-1].depth += 1
            return stack[-1]
        if stack:  # an interrupt took the end of that cell from us
            self.unfinished.append(self._close(stack[-1], "aborted", None))
        self._note_comms(None)
        source = str(getattr(info, "raw_cell", "") or "")
        digest = text_sha256(source)
        execution = Execution(
            id=str(uuid4()),
            session=self.session,
            msg_id=str(header.get("msg_id") or uuid4()),
            source=source,
            source_sha256=digest,
            ordinal=self._ordinals[digest],
            cell_id=_cell_id(info, parent),
            parent=parent if header else None,
        )
        self._ordinals[digest] += 1
        self._stacks[threading.get_ident()] = [execution]
        self._asking.set((execution, "captured"))
        return execution

    def end(self, result: Any) -> Execution | None:
        """post_run_cell: pop; the execution if the outermost run ended, else None."""
        stack = self._stacks.get(threading.get_ident())
        if not stack:
            return None
        execution = stack[-1]
        execution.depth -= 1
        if execution.depth:
            return None
        count = getattr(result, "execution_count", None)
        if result is None:  # ipykernel's word for an interrupted await
            count = getattr(self.shell, "execution_count", 1) - 1
        failed = getattr(result, "error_in_exec", None) or getattr(result, "error_before_exec", None)
        interrupted = result is None or isinstance(failed, KeyboardInterrupt)
        return self._close(execution, "aborted" if interrupted else "error" if failed else "completed", count)

    def _close(self, execution: Execution, status: str, count: int | None) -> Execution:
        self._stacks.pop(threading.get_ident(), None)
        self._asking.set(None)  # it survives the cell otherwise; tasks keep their own copy
        execution.execution_count = count
        execution.end_time = now()
        execution.status = status
        self._note_comms(execution)
        return execution

    def adopt(self) -> Execution | None:
        """The cell that is running while the extension loads, if one is: calls after it are its own."""
        parent = self._parent()
        header = parent.get("header") or {}
        if header.get("msg_type") != "execute_request":
            return None
        source = str((parent.get("content") or {}).get("code") or "")

        class _Info:
            raw_cell = source

        execution = self.begin(_Info)
        execution.cell_id = _cell_id(_Info, parent)
        return execution

    # ── who asks now ──────────────────────────────────────────────────────────────
    def current(self) -> tuple[Execution | None, str]:
        """The asking execution and the evidence for it (`captured` or `inferred`); None outside any cell."""
        carried = self._asking.get() or self._threads.get(threading.current_thread())
        if carried is not None:
            return carried
        parent = self._parent()
        if str((parent.get("header") or {}).get("msg_type") or "").startswith("comm_"):
            # A callback runs beside the cell of its own thread or of another: never credited to that one.
            return self._comms.get(str((parent.get("content") or {}).get("comm_id"))), "inferred"
        stack = self._stacks.get(threading.get_ident())
        if stack:
            return stack[-1], "captured"
        for stack in list(self._stacks.values()):
            if stack:
                return stack[-1], "inferred"
        return None, "inferred"

    def running(self) -> Execution | None:
        """The cell that runs in this thread now, if any."""
        stack = self._stacks.get(threading.get_ident())
        return stack[-1] if stack else None

    def has_pending(self, execution: Execution) -> bool:
        """True while work that the execution started or submitted goes on in other threads."""
        if execution.submitted > 0:
            return True
        threads = list(self._threads.items())
        return any(whose[0] is execution and t.is_alive() and not t.daemon for t, whose in threads)

    # ── threads and pools ─────────────────────────────────────────────────────────
    def carried(self, patched: Patched) -> AbstractContextManager[Any]:
        """Threads belong to the execution that started them, pool work to the one that submitted it."""
        stack = ExitStack()
        stack.enter_context(patched(threading.Thread, "start", self._start))
        stack.enter_context(patched(ThreadPoolExecutor, "submit", self._submit))
        return stack

    def _start(self, original: Callable[..., Any], _patch: Any) -> Callable[..., Any]:
        def start(thread: threading.Thread, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            execution, evidence = self.current()
            if execution is not None:
                self._threads[thread] = (execution, evidence)
            return original(thread, *args, **kwargs)

        return start

    def _submit(self, original: Callable[..., Any], _patch: Any) -> Callable[..., Any]:
        def submit(pool: ThreadPoolExecutor, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            execution, evidence = self.current()
            if execution is not None and callable(fn):
                fn = _Carried(fn, (execution, evidence), self._asking)
            return original(pool, fn, *args, **kwargs)

        return submit

    # ── comms ─────────────────────────────────────────────────────────────────────
    def _note_comms(self, execution: Execution | None) -> None:
        """Credit the comms opened since the last look to `execution`; those of front ends to nobody."""
        manager = getattr(getattr(self.shell, "kernel", None), "comm_manager", None)
        comms = getattr(manager, "comms", None)
        if not isinstance(comms, Mapping) or len(comms) == len(self._known_comms):
            return
        now_open = {str(c) for c in comms}
        if execution is not None:
            self._comms.update(dict.fromkeys(now_open - self._known_comms, execution))
        for comm_id in self._known_comms - now_open:
            self._comms.pop(comm_id, None)
        self._known_comms = now_open

    def _parent(self) -> Mapping[str, Any]:
        kernel = getattr(self.shell, "kernel", None)
        get_parent = getattr(kernel, "get_parent", None)
        if get_parent is None:
            return {}
        try:
            parent = get_parent("shell")
        except (LookupError, TypeError, RuntimeError):
            return {}
        return parent if isinstance(parent, Mapping) else {}


class _Carried:
    """A submitted function with the execution it belongs to; its frame hides from tracebacks."""

    __slots__ = ("_asking", "_fn", "_whose")

    def __init__(
        self,
        fn: Callable[..., Any],
        whose: tuple[Execution, str],
        asking: ContextVar[tuple[Execution, str] | None],
    ) -> None:
        self._fn, self._whose, self._asking = fn, whose, asking
        whose[0].submitted += 1

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        before = self._asking.get()
        self._asking.set(self._whose)
        try:
            return self._fn(*args, **kwargs)
        finally:
            self._asking.set(before)
            self._whose[0].submitted -= 1


def _cell_id(info: Any, parent: Mapping[str, Any]) -> str | None:
    """The front end's cell id, if it looks like one (VS Code sends a URI with the local path)."""
    for value in (getattr(info, "cell_id", None), (parent.get("metadata") or {}).get("cellId")):
        if isinstance(value, str) and _CELL_ID.fullmatch(value):
            return value
    return None
