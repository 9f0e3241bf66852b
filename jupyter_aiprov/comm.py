"""Live events to JupyterLab and Notebook 7, and people's records back, over one comm.

The front end opens the comm; the kernel says hello once on iopub, so that a page that was open
before `%load_ext` finds it. Messages leave through ipykernel's iopub thread, which may be asked
from any thread; what arrives is put on the recorder's queue and nothing else.

    kernel → page   snapshot · events · state · mark
    page → kernel   declare · review · withdraw · author · assert
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from jupyter_aiprov import semconv
from jupyter_aiprov.marks import cell_mark, session_entry
from jupyter_aiprov.provenance import Use
from jupyter_aiprov.seal import sealed
from jupyter_aiprov.stamp import public

TARGET = "aiprov"
HELLO = "aiprov_hello"
SNAPSHOT_MAX = 5000  # events; older ones are in the journal and summed up in the stamps
_EVENT_MAX = 64 * 1024  # characters of what a page may send
_FROM_PAGE = {
    "declare": "declaration",
    "assert": "declaration",
    "review": "review",
    "withdraw": "withdrawal",
    "author": "authorship",
}
# What the panel does not show stays here: hashes, commitments, raw usage.
_NOT_SHOWN = frozenset({"prev", "hash", "input", "output", "system", "tools", "usage_raw", "privacy_scan", "packages"})

Event = Mapping[str, Any]


class Records(Protocol):
    """What is needed of the recorder."""

    session: str
    on: bool

    @property
    def tallies(self) -> Mapping[str, Any]: ...  # noqa: D102
    def subscribe(self, heard: Callable[[dict[str, Any]], None]) -> Callable[[], None]: ...  # noqa: D102
    def emit(self, event: dict[str, Any]) -> str: ...  # noqa: D102


class Live:
    """One session's comms. Does nothing where there is no kernel (a terminal)."""

    def __init__(self, shell: Any, recorder: Records, config: Any = None) -> None:
        self.kernel = getattr(shell, "kernel", None)
        self.recorder = recorder
        self.config = config
        self.notice: Callable[[], str] = str
        self._comms: dict[str, Any] = {}
        self._events: deque[dict[str, Any]] = deque(maxlen=SNAPSHOT_MAX)
        self._heard = 0
        self._chain: dict[str, Any] = {}  # newest line: seq and hash
        self._log: list[dict[str, Any]] = []  # what the notebook log is made of: session lines, open gaps
        self._executions: dict[str, dict[str, Any]] = {}
        self._pending: deque[dict[str, Any]] = deque()
        self._scheduled = False
        self._clients: dict[str, Any] = {}  # comm -> session of the page behind it
        self._waiting: dict[str, dict[str, Any]] = {}  # marks whose page was not there to write them, by cell
        self._lock = threading.Lock()
        self._deaf = recorder.subscribe(self._on_event)

    @contextmanager
    def install(self) -> Iterator[None]:
        """Listen to pages for the length of the block, and to the recorder until its end."""
        manager = _manager() if self.kernel is not None else None
        if manager is not None:
            manager.register_target(TARGET, self._opened)
            self._hello()
        try:
            yield
        finally:
            self._deaf()
            if manager is not None:
                self._flush()
                manager.unregister_target(TARGET, self._opened)
                for comm in list(self._comms.values()):
                    comm.close()
                self._comms.clear()
                self._clients.clear()

    # ── what the session tells ────────────────────────────────────────────────────
    def stamped(self, execution: Any, record: Mapping[str, Any]) -> None:
        """A cell was stamped: the page whose session asked writes the cell's mark and the session's entry.

        A page that asked for several cells at once opens its comm behind them: its marks wait for it,
        whoever else is there.
        """
        header = (getattr(execution, "parent", None) or {}).get("header") or {}
        mark = {
            "type": "mark",
            "client": header.get("session"),
            "session": self.recorder.session,
            "execution": execution.id,
            "cell_id": execution.cell_id,
            "mark": cell_mark([record], {}, execution.source, []),
            "entry": self.entry(),
        }
        if mark["client"] in self._clients.values():
            self._send(mark)
        elif execution.cell_id:
            self._waiting[execution.cell_id] = mark

    def entry(self) -> dict[str, Any]:
        """This session as the notebook log has it: head, coverage, what is no longer behind the results."""
        made = session_entry(self._log, {}, self._superseded())
        if self._chain:
            made["head"], made["lines"] = self._chain["hash"], self._chain["seq"]
        return sealed(made)

    def switched(self, on: bool) -> None:
        """Recording was switched on or off."""
        self._send(self._state("state", on=on))

    # ── events: the journal's thread ──────────────────────────────────────────────
    def _on_event(self, event: dict[str, Any]) -> None:
        self._heard += 1
        if event.get("hash") and isinstance(event.get("seq"), int):
            self._chain = {"seq": event["seq"], "hash": event["hash"]}
        kind = event.get("type")
        if kind == "session" or (kind == "gap" and not event.get("execution")):
            self._log.append(event)
        if kind == "execution":
            self._executions[str(event.get("id"))] = {k: event.get(k) for k in ("cell_id", "source_sha256", "ordinal")}
        shown = _shown(event)
        self._events.append(shown)
        if self._comms:
            self._send(shown)
            if event.get("reason") in {"switched-on", "switched-off"}:
                self.switched(event["reason"] == "switched-on")

    def _superseded(self) -> list[dict[str, Any]]:
        """Calls of runs whose cell was run again, one summary per model and status."""
        last: dict[str, str] = {}
        for id_, run in self._executions.items():
            last[_place(run)] = id_
        groups: dict[tuple[str, ...], dict[str, Any]] = {}
        keys = (semconv.OPERATION, semconv.PROVIDER, semconv.REQUEST_MODEL, semconv.RESPONSE_MODEL, semconv.DESTINATION)
        for id_, tally in list(self.recorder.tallies.items()):
            known = self._executions.get(id_)
            if known is None or last.get(_place(known)) == id_:
                continue
            uses: list[Use] = tally.uses()
            for use in uses:
                said = public(use.to_dict())
                head = {k: said[k] for k in keys if k in said}
                standing = "failed" if use.status in {"failed", "unread", "started"} else "superseded"
                group = groups.setdefault((*map(str, head.values()), use.status), {**head, "count": 0})
                group["count"] += use.count
                group["status"], group["standing"] = use.status, standing
        return list(groups.values())

    # ── the page's side ───────────────────────────────────────────────────────────
    def _opened(self, comm: Any, message: Mapping[str, Any]) -> None:
        """A page opened its end, perhaps in a subshell beside a running cell."""
        client = (message.get("header") or {}).get("session")
        comm.on_msg(self._received)
        comm.on_close(lambda _message: self._closed(comm.comm_id))
        self._comms[comm.comm_id], self._clients[comm.comm_id] = comm, client
        self._send({"type": "snapshot", "comm": comm.comm_id})
        for cell_id in [c for c, mark in self._waiting.items() if mark["client"] == client]:
            self._send(self._waiting.pop(cell_id))

    def _closed(self, comm_id: str) -> None:
        self._comms.pop(comm_id, None)
        self._clients.pop(comm_id, None)

    def _received(self, message: Mapping[str, Any]) -> None:
        """Only enqueues: handlers may run beside a cell."""
        data = (message.get("content") or {}).get("data")
        kind = _FROM_PAGE.get(str(data.get("type"))) if isinstance(data, Mapping) else None
        event = data.get("event") if isinstance(data, Mapping) else None
        if kind is None or not isinstance(event, Mapping) or len(repr(event)) > _EVENT_MAX:
            return
        said = {k: v for k, v in event.items() if k != "seal"}  # of the record in the notebook, not of this line
        self.recorder.emit({**said, "type": kind})

    # ── sending, from any thread ──────────────────────────────────────────────────
    def _send(self, message: dict[str, Any]) -> None:
        self._pending.append(message)
        with self._lock:
            if self._scheduled:
                return
            self._scheduled = True
        thread = getattr(self.kernel, "iopub_thread", None)
        if thread is None or not hasattr(thread, "schedule"):
            self._flush()  # a kernel without threads (Pyodide)
        else:
            thread.schedule(self._flush)

    def _flush(self) -> None:
        """Everything that waits, events in one message."""
        with self._lock:
            self._scheduled = False
        events: list[dict[str, Any]] = []
        while self._pending:
            message = self._pending.popleft()
            if "type" in message and message["type"] not in {"snapshot", "state", "mark"}:
                events.append(message)
                continue
            events = self._flushed(events)
            if message["type"] == "snapshot":
                self._post(self._snapshot(), only=message["comm"])
            else:
                self._post(message)
        self._flushed(events)

    def _flushed(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if events:
            self._post({"type": "events", "events": events})
        return []

    def _snapshot(self) -> dict[str, Any]:
        events = list(self._events)
        return {
            **self._state("snapshot", on=self.recorder.on),
            "session": self.recorder.session,
            "notice": self.notice(),
            "events": events,
            "left_out": max(0, self._heard - len(events)),
        }

    def _state(self, kind: str, *, on: bool) -> dict[str, Any]:
        return {"type": kind, "schema_version": semconv.SCHEMA_VERSION, "state": "recording" if on else "off"}

    def _post(self, data: dict[str, Any], *, only: str | None = None) -> None:
        for comm_id in list(self._comms):
            if only is None or only == comm_id:
                self._message("comm_msg", {"comm_id": comm_id, "data": data})

    def _hello(self) -> None:
        get_parent = getattr(self.kernel, "get_parent", None)
        parent = get_parent() if get_parent is not None else {}
        self._message(HELLO, {"schema_version": semconv.SCHEMA_VERSION}, parent=parent)

    def _message(self, kind: str, content: dict[str, Any], *, parent: Any = None) -> None:
        session, socket = getattr(self.kernel, "session", None), getattr(self.kernel, "iopub_socket", None)
        if session is not None and socket is not None:
            session.send(socket, kind, content, parent=parent or {})
        elif kind == "comm_msg" and content["comm_id"] in self._comms:
            self._comms[content["comm_id"]].send(content["data"])


def _place(run: Mapping[str, Any]) -> str:
    return str(run.get("cell_id") or f"{run.get('source_sha256')}/{run.get('ordinal')}")


def _shown(event: Event) -> dict[str, Any]:
    """The event without what the panel does not show: small messages."""
    out = {k: v for k, v in event.items() if k not in _NOT_SHOWN}
    if event.get("type") == "session":
        out.pop("environment", None)
    return out


def _manager() -> Any:
    try:
        from comm import get_comm_manager
    except ImportError:
        return None
    return get_comm_manager()
