"""The chain from an exchange to the record: recognise, guard, read, redact, commit, journal, tell.

Implements the `Tap` that capture is given. In the caller's thread only what cannot wait happens
(recognising, the guard, a queue); reading and writing happen on the journal's thread. Holds the
package's only broad `except`: a failure of ours is a gap, never the user's exception.
"""

from __future__ import annotations

import logging
import math
import os
import secrets
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.cells import Cells, Execution
from jupyter_aiprov.errors import ConfidentialDataError
from jupyter_aiprov.journal import Event, Journal, new_id, now
from jupyter_aiprov.model import Ended, Exchange, Invocation, Request, Response
from jupyter_aiprov.provenance import Provenance
from jupyter_aiprov.recorder._attempt import Attempt, number_of, status_of
from jupyter_aiprov.recorder._given import Examines, Follows, Reads, Redacts
from jupyter_aiprov.recorder._guarded import guarded, where
from jupyter_aiprov.recorder._tally import Tally
from jupyter_aiprov.recorder._texts import Texts, parts_of

log = logging.getLogger("jupyter_aiprov")

SETTLED = 0.2  # seconds without a word after which an answer with its reason to end is over
STARTED_WAIT = 0.05  # seconds a call waits for its `started` line


class Recorder:
    """One kernel session's record. Thread-safe; see the module for what happens where."""

    def __init__(
        self,
        *,
        session: str,
        cells: Cells,
        journal: Journal,
        redactor: Callable[[], Redacts],
        recognise: Callable[[Request], Reads | None],
        destination: Callable[[Request], str],
    ) -> None:
        self.session = session
        self.cells = cells
        self.journal = journal
        self._make_redactor = redactor
        self.recognise = recognise
        self.destination = destination
        self.examine: Examines | None = None
        self.holds: Callable[[Request | None], bool] = lambda _request: True  # False where the guard can only warn
        self.warn: Callable[[str], None] = lambda text: print(text, file=sys.stderr)  # noqa: T201
        self.lineage: Follows | None = None
        self.place: Callable[[Request | None, str, Invocation], Event] | None = None
        # told of each answer on the journal's thread, with the source of the cell that asked
        self.answers: Callable[[str, Invocation, str], None] | None = None
        self.content = "full"  # full | digest | none: what is kept of texts
        self.content_of: Callable[[Execution | None], str] = lambda _execution: self.content
        self.keeps_excerpts = False  # the notebook is to carry texts too
        self.on = True
        self.coverage: Counter[str] = Counter()
        self.tallies: dict[str, Tally] = defaultdict(Tally)
        self.unwritten = 0  # calls that ended and whose line is not written yet
        self._subscribers: list[Callable[[Event], None]] = []
        self._said: set[tuple[str, ...]] = set()
        self._batches: dict[str, str] = {}
        self._held: dict[str, tuple[int, float]] = {}  # open streams: how much had come of each, and when it was seen
        self._texts = Texts(partial(journal.keep_texts, lazily=True))
        self._lock = threading.Lock()
        journal.written = self._written
        journal.failed = lambda error: self.failed("writing the journal", error)

    @cached_property
    def redactor(self) -> Redacts:
        """The only door to anything written; made when it is first needed."""
        return self._make_redactor()

    # ── the tap: any thread ───────────────────────────────────────────────────────
    def start(self, request: Request, *, method: str, version: str | None = None) -> Attempt | None:
        """A request is about to leave; None when it is no AI call. Only the guard raises."""
        if not self.on:
            return None
        with guarded(self.failed, "recognising a request"):
            reader = self.recognise(request)
            if reader is None:
                return None
            if reader.kind == "housekeeping":
                self.coverage["housekeeping"] += 1
                if request.body:  # files go up this way
                    self._look(request, self.destination(request))
                return None
            return self._begin(reader, request, None, self.destination(request), method, version)
        # Reached only after a failure of ours: what the request is, is not known, but what is in it can still be seen.
        place = "external"
        with guarded(self.failed, "classifying a destination"):
            place = self.destination(request)
        with guarded(self.failed, "examining a request"):
            self._look(request, place)
        return None

    def _look(self, request: Request, destination: str) -> None:
        """Examine a request that is no call of its own on record."""
        if self.examine is None:
            return
        execution: Execution | None = None
        with guarded(self.failed, "finding the cell of a request"):  # it must not keep the guard from looking
            execution, _ = self.cells.current()
        scan = self.examine(request, destination, None, execution)
        if scan is not None and scan.warning:
            self.warn(scan.warning)

    def begin(self, invocation: Invocation, *, method: str, destination: str = "in-process") -> Attempt:
        """A call that no HTTP library sees begins. Only the guard raises."""
        call = Attempt(self, None, None)
        if self.on:
            with guarded(self.failed, "beginning a call"):
                return self._begin(None, None, invocation, destination, method, None)
        next(call._once)  # switched off, or failed: what comes of it is not recorded
        return call

    def record(self, invocation: Invocation, *, method: str, status: str = "completed") -> None:
        """A call known only when it was over."""
        call = self.begin(invocation, method=method)
        call.status_when_over = status
        call.complete(invocation)

    def gap(self, reason: str, detail: str = "", **more: Any) -> None:
        """Something could not be observed: on record once per reason and detail."""
        if (reason, detail) in self._said:
            return
        self._said.add((reason, detail))
        self.emit({"type": "gap", "reason": reason, "detail": detail, **more})

    def _begin(
        self,
        reader: Reads | None,
        request: Request | None,
        invocation: Invocation | None,
        destination: str,
        method: str,
        version: str | None,
    ) -> Attempt:
        if self.journal.is_of_parent:
            self._forked()
        call = Attempt(self, reader, request)
        call.destination, call.method, call.version = destination, method, version
        execution, call.evidence = self.cells.current()
        if execution is not None:
            call.execution = execution
            execution.called = True
        if self.examine is None or self.holds(request):
            self._examine(call, invocation)
        if self.lineage is not None and call.stopped is None:
            with guarded(self.failed, "following a call"):
                site = self.lineage.called(call.id, reader.name if reader else method, request)
                if site:
                    call.site = dict(site)
        written = threading.Lock()
        written.acquire()
        self.journal.run(partial(self._start_line, call, invocation, written), urgent=True)
        # What can only warn is examined beside the started line, which this waits for.
        in_time = call.stopped is not None or written.acquire(timeout=STARTED_WAIT)
        if call.warning:
            self._tell(call)
        if call.stopped is not None:
            call.finish("error", call.stopped)
            raise call.stopped
        if not in_time:
            detail = "a started line was not confirmed on disk within 50 ms"
            self.gap("queue-timeout", detail, execution=execution.id if execution else None)
        return call

    def _examine(self, call: Attempt, invocation: Invocation | None) -> None:
        """Have the guard look; what it stops is for the caller to raise."""
        call.examined = True
        if self.examine is None:
            return
        try:
            with guarded(self.failed, "examining a request"):  # the guard itself decides what fails closed
                scan = self.examine(call.request, call.destination, invocation, call.execution)
                if scan is not None:
                    call.scan, call.warning = scan.to_dict(), scan.warning
        except ConfidentialDataError as error:
            call.stopped, call.scan = error, dict(error.scan or {})

    def _tell(self, call: Attempt) -> None:
        """Warn the user, in the thread that asked."""
        text, call.warning = call.warning, None
        with guarded(self.failed, "warning of a finding"):
            if text:
                self.warn(text)

    def settle(self, calls: Iterable[Any], *, at_once: bool = False) -> None:
        """End the calls whose stream is held by somebody who reads no more.

        Some clients stop at the reason an answer ended for, and keep the stream: nothing tells of that. Settled is what
        has such a reason and has not grown for a while; `at_once`, when recording ends, whatever has begun to answer.
        """
        held = {
            call.id: call for call in calls if isinstance(call, Attempt) and call.recorder is self and call.body.size
        }
        seen, self._held = self._held, {}
        for call in held.values():
            size, at = seen.get(call.id, (-1, 0.0))
            if not at_once and size != call.body.size:
                self._held[call.id] = call.body.size, time.monotonic()
            elif not at_once and time.monotonic() - at <= SETTLED:
                self._held[call.id] = size, at
            elif at_once or self._has_ended(call):
                call.finish("gc")  # by whom it was read last is not known
            else:  # read once: not again before it grows
                self._held[call.id] = size, math.inf

    def _has_ended(self, call: Attempt) -> bool:
        if call.reader is None or call.request is None or call.status is None:
            return False
        response = Response(call.status, call.headers, call.body.value(), call.body.truncated, call.body.size)
        found = self._read(call.reader, Exchange(call.request, response, "closed"))
        return found.complete or bool(found.finish_reasons)

    # ── events ────────────────────────────────────────────────────────────────────
    def emit(self, event: Event, *, wait: float = 0) -> str:
        """Put an event on record: id, time and session are added, secrets removed. Returns its id."""
        whole = self._enveloped(event)
        written = threading.Event() if wait else None
        self.journal.run(lambda: self._write(whole, written))
        if written is not None:
            written.wait(wait)
        return str(whole["id"])

    def _enveloped(self, event: Event) -> Event:
        return {"time": now(), "id": new_id(), "session": self.session, **event}

    def _write(self, event: Event, written: threading.Event | None) -> None:
        try:
            self.journal.write(self.redactor.value(event))
        finally:
            if written is not None:
                written.set()

    def absorb(self, event: Event) -> None:
        """Hear of a line that a child process wrote to its own journal; it is no part of this chain."""
        told = {k: v for k, v in event.items() if k not in {"seq", "hash", "prev"}}
        if told.get("type") != "session":
            self.journal.run(lambda: self._written(told))

    def subscribe(self, heard: Callable[[Event], None]) -> Callable[[], None]:
        """Tell `heard` of each line, on the journal's thread; returns what undoes it."""
        self._subscribers.append(heard)
        return lambda: self._subscribers.remove(heard) if heard in self._subscribers else None

    def flush(self, timeout: float, *, sync: bool = False) -> bool:
        """Wait until all that happened so far is on record; False when that takes too long."""
        return self.journal.flush(timeout, sync=sync)

    def events(self) -> Iterator[Event]:
        """What this session recorded so far."""
        return self.journal.events()

    def provenance(self) -> Provenance:
        """The fold of this session."""
        self.flush(5)
        return Provenance.of(self.events())

    def tally(self, execution: str) -> Tally | None:
        """What a stamp needs of one execution; None when nothing was recorded for it."""
        return self.tallies.get(execution)

    def ended(self, call: Attempt, ended: Ended, error: BaseException | None, invocation: Invocation | None) -> None:
        """A call is over: the rest happens on the journal's thread."""
        read_in: str | None = None
        if ended != "gc":  # a finalizer runs anywhere: who reads cannot be told, and only a queue is safe
            with guarded(self.failed, "finding the reading cell"):
                reading, evidence = self.cells.current()
                if reading is not None and reading is not call.execution and evidence == "captured":
                    read_in = reading.id
            if call.warning:
                self._tell(call)
        at, spent = time.time_ns(), time.perf_counter() - call.began
        failure = None if error is None else type(error).__name__
        self.unwritten += 1
        self.journal.run(partial(self._end_line, call, ended, failure, invocation, at, spent, read_in), lazily=True)

    # ── the journal's thread ──────────────────────────────────────────────────────
    def _start_line(self, call: Attempt, invocation: Invocation | None, written: threading.Lock) -> None:
        try:
            if not call.examined:
                self._examine(call, invocation)
            with guarded(self.failed, "reading a request"):
                if call.request is not None:
                    self.redactor.learn_request(call.request.url, call.request.headers)
                    if call.reader is not None:
                        invocation = self._read(call.reader, Exchange(call.request))
            call.base = self._base(call)
            line: Event = {
                "time": now(),
                "type": "invocation",
                "status": "started",
                "session": self.session,
                **call.base,
            }
            if invocation is not None:
                call.asked, call.is_clean = self._clean(self._attributes(invocation, call))
                line.update(call.asked)
            self.journal.write(line, written.release)
        finally:
            if written.locked():
                written.release()

    def _base(self, call: Attempt) -> Event:
        """What both lines of a call say."""
        execution = call.execution
        capture: Event = {"method": call.method}
        if call.version:
            capture["version"] = call.version
        if call.request is not None:
            capture["attempt"] = number_of(call.request)
        base: Event = {
            "id": call.id,
            "execution": execution.id if execution else None,
            "cell_id": execution.cell_id if execution else None,
            "evidence": call.evidence,
            "start_time": now(call.at),
            semconv.DESTINATION: call.destination,
            semconv.CAPTURE: capture,
        }
        if call.scan:
            base["privacy_scan"] = call.scan
        if call.site:
            base["site"] = call.site
        return base

    def _end_line(
        self,
        call: Attempt,
        ended: Ended,
        failure: str | None,
        invocation: Invocation | None,
        at: int,
        spent: float,
        read_in: str | None,
    ) -> None:
        self.unwritten -= 1
        answer = invocation
        if answer is None and call.reader is not None and call.request is not None:
            response = None
            if call.status is not None:
                response = Response(call.status, call.headers, call.body.value(), call.body.truncated, call.body.size)
            answer = self._read(call.reader, Exchange(call.request, response, ended, failure))
        if answer is None:
            answer = Invocation(operation="unknown", unparsed="not understood")
        base = call.base or self._base(call)
        status = call.status_when_over or status_of(call, ended, failure, answer)
        policy = self.content_of(call.execution)
        attributes, parts = self._attributes(answer, call), parts_of(answer) if policy != "none" else {}
        if not self.redactor.is_clean(
            [*_fresh(attributes, call).values(), *_read_as_one(parts)]
        ):  # one look, most often
            attributes, parts = self._cleaned(attributes, call), self._clean_parts(parts)
        line: Event = {
            "time": now(),
            "type": "invocation",
            "status": status,
            "session": self.session,
            **base,
            "end_time": now(at),
            "seconds": round(spent, 4),
            **attributes,
        }
        if self.place is not None and status in ("completed", "abandoned"):
            with guarded(self.failed, "placing an answer"):
                line.update(self.place(call.request, call.destination, answer))
        if status == "failed" and semconv.ERROR_TYPE not in line:
            line[semconv.ERROR_TYPE] = failure or (str(call.status) if call.status else "unknown")
        if call.first is not None and answer.streamed:
            line[semconv.TIME_TO_FIRST] = round(call.first - call.began, 4)
        line[semconv.CAPTURE] = capture = {
            **base[semconv.CAPTURE],
            "streamed": answer.streamed,
            "complete": answer.complete,
            "cached": status == "cached",
            "unparsed": self.redactor.text(answer.unparsed) if answer.unparsed else None,
            "ended": ended,
        }
        if call.status is not None:
            capture["bytes"] = call.body.size
        if read_in is not None:
            line["read_in"] = read_in
        if answer.unparsed:
            self.coverage["unparsed"] += 1
        if answer.kind == "housekeeping":  # the answer shows that it was no call: a plain file, a batch not ready
            self.coverage["housekeeping"] += 1
            line["kind"] = "housekeeping"
        if policy != "none":
            line.update(self._texts.committed(call.id, parts, time=line["time"], kept=policy == "full"))
            if self.keeps_excerpts and parts and call.execution is not None:
                self.tallies[call.execution.id].texts.append(
                    {"invocation": call.id, "input": parts["system"] + parts["input"], "output": parts["output"]}
                )
        self.journal.write(line, lazily=True)
        if self.lineage is not None:
            with guarded(self.failed, "following an answer"):
                self.lineage.answered(call.id, answer)
        if self.answers is not None and answer.output:
            with guarded(self.failed, "remembering an answer"):
                self.answers(call.id, answer, call.execution.source if call.execution else "")

    def _read(self, reader: Reads, exchange: Exchange) -> Invocation:
        try:
            return reader.read(exchange)
        except Exception as error:  # noqa: BLE001 - a reader meets whatever a server sends
            if exchange.response is not None:
                self.gap("reader-failed", f"{reader.name}: {type(error).__name__}")
            return Invocation(operation="unknown", unparsed=f"{reader.name} failed: {type(error).__name__}")

    def _attributes(self, invocation: Invocation, call: Attempt) -> Event:
        """What came from outside, as it came; the names of the keys are ours."""
        out = invocation.attributes()
        if call.request is not None:
            out[semconv.SERVER_ADDRESS] = call.request.host
            if call.request.port is not None:
                out[semconv.SERVER_PORT] = call.request.port
        batch = out.get("batch.id")
        if isinstance(batch, str):
            asked = self._batches.setdefault(batch, call.id)
            if asked != call.id:
                out["asked_by"] = asked
        return out

    def _clean(self, attributes: Event) -> tuple[Event, bool]:
        """Attributes without secrets, and whether there was none. The names are ours, and all is looked at as one."""
        if self.redactor.is_clean(attributes.values()):
            return attributes, True
        value = self.redactor.value
        return {k: value(v) if isinstance(v, str | list | dict) else v for k, v in attributes.items()}, False

    def _cleaned(self, attributes: Event, call: Attempt) -> Event:
        """As `_clean`, where what the started line said already is not looked at again."""
        cleaned, was_clean = self._clean(_fresh(attributes, call))
        return attributes if was_clean else {**attributes, **cleaned}

    def _clean_parts(self, parts: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """The texts of a call without secrets."""
        if self.redactor.is_clean(_read_as_one(parts)):
            return parts
        asked, *others = (self.redactor.value(values) for values in _read_as_one(parts))
        count = len(parts["system"])
        return dict(zip(parts, [asked[:count], asked[count:], *others], strict=True))

    def _written(self, event: Event) -> None:
        execution = event.get("execution")
        if execution and event["type"] != "execution":
            self.tallies[execution].add(event)
        for heard in list(self._subscribers):
            with guarded(self.failed, "telling a subscriber"):
                heard(event)

    def failed(self, what: str, error: BaseException) -> None:
        """A failure of ours: logged once per cause with where it happened, and on record as a gap."""
        cause = (what, type(error).__name__, where(error))
        if cause in self._said:
            return
        self._said.add(cause)
        log.warning("jupyter_aiprov: %s failed (%s at %s); your code is unaffected.", *cause)
        self.emit({"type": "gap", "reason": "internal", "detail": " ".join(cause)})

    def _forked(self) -> None:
        with self._lock:
            if not self.journal.is_of_parent:
                return
            # Process numbers come again: a name of its own for each child.
            parent, self.session = self.session, f"{self.session[:36]}-{os.getpid()}-{secrets.token_hex(3)}"
            self.cells.session = self.session
            self.journal.after_fork(self.session)
            self.emit(
                {"type": "session", "id": self.session, "status": "started", "parent": parent, "pid": os.getpid()}
            )


def _read_as_one(parts: dict[str, list[Any]]) -> list[list[Any]]:
    """The texts of a call, those that were asked together: a secret may begin in one message and end in another."""
    if not parts:
        return []
    system, asked, *others = parts.values()
    return [[*system, *asked], *others]


def _fresh(attributes: Event, call: Attempt) -> Event:
    """What the started line did not say already without a secret in it."""
    asked = call.asked
    return {k: v for k, v in attributes.items() if k not in asked or asked[k] != v} if call.is_clean else attributes
