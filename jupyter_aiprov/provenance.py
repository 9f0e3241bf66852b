"""The fold: events, from a journal or out of a notebook, into what everything below sees.

Exporters, checks, the panel and the portal know this module and nothing upstream of it. No I/O.
Withdrawn events leave the counts, never `events`. Standing is derived here and never stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.proof import digest

Event = Mapping[str, Any]

# What makes calls alike: everything asked for and where it went; not when, not how much.
GROUP_KEYS = (
    semconv.OPERATION,
    semconv.PROVIDER,
    semconv.REQUEST_MODEL,
    semconv.RESPONSE_MODEL,
    semconv.DESTINATION,
    "status",
    "weights",
)
_GROUP = frozenset(GROUP_KEYS)
_FAILED = frozenset({"failed", "unread", "started"})


@dataclass(frozen=True)
class Cell:
    """A cell of the document as far as provenance needs it; `mark` is its `metadata.aiprov`."""

    index: int
    id: str | None
    type: str
    source_sha256: str
    execution_count: int | None = None
    mark: Mapping[str, Any] = field(default_factory=dict)
    executions: tuple[str, ...] = ()  # of the stamps in its outputs


@dataclass(frozen=True)
class Use:
    """Alike calls of one execution: same operation, models, parameters, destination and status."""

    execution: str
    session: str
    count: int
    status: str
    standing: str
    attributes: Mapping[str, Any]  # GROUP_KEYS and gen_ai.request.*
    cell_id: str | None = None
    cell_index: int | None = None
    execution_count: int | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    usage_missing: int = 0
    first: str | None = None
    last: str | None = None
    errors: Mapping[str, int] = field(default_factory=dict)
    streamed: int = 0
    incomplete: int = 0
    attempts: int = 0  # how many of them repeat an earlier attempt
    repeats: int = 0  # how many sent an input that had been sent before
    evidence: str = "captured"
    seconds: float | None = None
    invocations: tuple[str, ...] = ()

    @property
    def model(self) -> str | None:
        """The model that answered, else the one asked for."""
        said = self.attributes.get(semconv.RESPONSE_MODEL) or self.attributes.get(semconv.REQUEST_MODEL)
        return str(said) if said else None

    @property
    def id(self) -> str:
        """Stable within an execution."""
        return digest([self.execution, dict(self.attributes)])[:16]

    def to_dict(self) -> dict[str, Any]:
        """The group as a stamp writes it (schema: `group`)."""
        out: dict[str, Any] = {**self.attributes, "count": self.count, "status": self.status}
        out.update(self.usage)
        for key in ("usage_missing", "streamed", "incomplete", "attempts", "repeats", "errors", "seconds"):
            if value := getattr(self, key):
                out[key] = dict(value) if isinstance(value, Mapping) else value
        if self.evidence != "captured":
            out["evidence"] = self.evidence
        if self.first:
            out["first"], out["last"] = self.first, self.last
        return out


def group_attributes(invocation: Event) -> dict[str, Any]:
    """The attributes by which calls are alike; parameters included, absent ones left out."""
    keys = [*GROUP_KEYS, *sorted(k for k in invocation if k.startswith(semconv.REQUEST_PREFIX))]
    return {k: invocation[k] for k in dict.fromkeys(keys) if invocation.get(k) is not None}


def alike(invocation: Event) -> str:
    """A key that two invocations share when they belong to one group."""
    found = [
        (k, v) for k, v in invocation.items() if v is not None and (k in _GROUP or k.startswith(semconv.REQUEST_PREFIX))
    ]
    found.sort(key=_name)
    return repr(found)


_name = itemgetter(0)


def uses_of(invocations: Iterable[Event], *, standing: str = "shown", **where: Any) -> list[Use]:
    """Alike calls joined, in order of their first appearance."""
    groups: dict[str, Count] = {}
    for one in invocations:
        key = alike(one)
        if key not in groups:
            groups[key] = Count(one)
        groups[key].add(one)
    return [group.use(standing, **where) for group in groups.values()]


class Count:
    """Alike calls as they are counted: `head` is the first of them, and `most` of their ids are kept."""

    def __init__(self, head: Event, most: int | None = None) -> None:
        self.head = head
        self.count = self.missing = self.streamed = self.incomplete = self.attempts = self.repeats = 0
        self.usage: dict[str, int] = {}
        self.errors: dict[str, int] = {}
        self.first: str | None = None
        self.last: str | None = None
        self.seconds: float | None = None
        self.evidence = str(head.get("evidence") or "captured")
        self._most = most
        self._ids: list[str] = []

    def add(self, call: Event) -> None:
        """One more."""
        self.count += 1
        sent = False
        for key in semconv.USAGE_KEYS:
            if key in call:
                sent = True
                if isinstance(call[key], int):
                    self.usage[key] = self.usage.get(key, 0) + call[key]
        self.missing += not sent
        capture = call.get(semconv.CAPTURE) or {}
        self.streamed += bool(capture.get("streamed"))
        self.incomplete += capture.get("complete") is False
        self.attempts += (capture.get("attempt") or 1) > 1
        self.repeats += bool(call.get("repeat"))
        start = call.get("start_time")
        if start:
            start, end = str(start), str(call.get("end_time") or start)
            self.first = start if self.first is None or start < self.first else self.first
            self.last = end if self.last is None or end > self.last else self.last
        error = call.get(semconv.ERROR_TYPE)
        if error:
            self.errors[str(error)] = self.errors.get(str(error), 0) + 1
        spent = call.get("seconds")
        if isinstance(spent, int | float):
            self.seconds = (self.seconds or 0) + spent
        if self.evidence != (call.get("evidence") or "captured"):
            self.evidence = "inferred"
        if self._most is None or len(self._ids) < self._most:
            self._ids.append(str(call.get("id")))

    def use(self, standing: str = "shown", **where: Any) -> Use:
        """What they come to so far."""
        head = self.head
        return Use(
            execution=str(head.get("execution") or ""),
            session=str(head.get("session") or ""),
            count=self.count,
            status=str(head.get("status") or "started"),
            standing=standing,
            attributes=group_attributes(head),
            usage=dict(self.usage),
            usage_missing=self.missing,
            first=self.first,
            last=self.last,
            errors=dict(self.errors),
            streamed=self.streamed,
            incomplete=self.incomplete,
            attempts=self.attempts,
            repeats=self.repeats,
            evidence=self.evidence,
            seconds=None if self.seconds is None else round(self.seconds, 3),
            invocations=tuple(self._ids),
            cell_id=where.get("cell_id", head.get("cell_id")),
            cell_index=where.get("cell_index"),
            execution_count=where.get("execution_count", head.get("execution_count")),
        )


def use_of_group(group: Mapping[str, Any], **where: Any) -> Use:
    """The `Use` that a stamp's group was written from; the inverse of `Use.to_dict`."""
    attributes = {k: v for k, v in group.items() if k in GROUP_KEYS or k.startswith(semconv.REQUEST_PREFIX)}
    errors = group.get("errors")
    return Use(
        attributes=attributes,
        count=_whole(group.get("count"), 1),
        status=str(group.get("status") or "completed"),
        usage={k: _whole(group.get(k)) for k in semconv.USAGE_KEYS if isinstance(group.get(k), int)},
        usage_missing=_whole(group.get("usage_missing")),
        streamed=_whole(group.get("streamed")),
        incomplete=_whole(group.get("incomplete")),
        attempts=_whole(group.get("attempts")),
        repeats=_whole(group.get("repeats")),
        errors={str(k): _whole(v) for k, v in errors.items()} if isinstance(errors, Mapping) else {},
        evidence=str(group.get("evidence") or "captured"),
        first=group.get("first"),
        last=group.get("last"),
        seconds=group.get("seconds"),
        **{"standing": "shown", "execution": "", "session": "", **where},
    )


def _whole(value: Any, default: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default


@dataclass(frozen=True)
class Provenance:
    """All that is on record, joined by id. Mappings are keyed by event id unless said otherwise."""

    events: tuple[Event, ...] = ()
    cells: tuple[Cell, ...] = ()
    notebook: str | None = None
    sessions: Mapping[str, Event] = field(default_factory=dict)
    executions: Mapping[str, Event] = field(default_factory=dict)
    invocations: Mapping[str, Event] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()
    derivations: Mapping[str, Event] = field(default_factory=dict)  # latest by subject
    authorship: tuple[Event, ...] = ()
    declarations: Mapping[str, Event] = field(default_factory=dict)
    reviews: Mapping[str, Event] = field(default_factory=dict)
    withdrawals: Mapping[str, Event] = field(default_factory=dict)  # by target
    gaps: tuple[Event, ...] = ()

    @staticmethod
    def of(
        events: Iterable[Event],
        *,
        cells: Sequence[Cell] | None = None,
        notebook: str | None = None,
    ) -> Provenance:
        """Fold events in the order they happened; `cells` is the document, when there is one.

        A `stamp` event (see `notebook.events_of`) stands for the invocations of its execution
        wherever these are not present themselves.
        """
        return _Fold(tuple(events), cells, notebook).result()

    @property
    def is_empty(self) -> bool:
        """True when no AI use, no AI-made data and no declaration is on record."""
        return not (self.uses or self.derivations or self.declarations or self.authorship)

    def shown(self) -> list[Use]:
        """The uses behind the results shown."""
        return [u for u in self.uses if u.standing == "shown"]

    def count(self, *standings: str) -> int:
        """How many calls have one of these standings; all calls without any."""
        return sum(u.count for u in self.uses if not standings or u.standing in standings)

    def of_cell(self, cell: Cell) -> list[Use]:
        """The uses whose asking cell this is."""
        return [u for u in self.uses if u.cell_index == cell.index]

    def declared(self, kind: str) -> list[Event]:
        """Declarations of one kind, oldest first."""
        return [d for d in self.declarations.values() if d.get("kind") == kind]

    def ai_subjects(self) -> dict[str, Event]:
        """What holds AI content now: subject -> its derivation."""
        return {
            k: d
            for k, d in self.derivations.items()
            if d.get("origin") in semconv.AI_ORIGINS and d.get("state", "current") == "current"
        }


class _Fold:
    def __init__(self, events: tuple[Event, ...], cells: Sequence[Cell] | None, notebook: str | None) -> None:
        self.all = events
        self.cells = tuple(cells or ())
        self.has_document = cells is not None
        self.notebook = notebook
        self.by_type: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            if isinstance(event, Mapping):
                self.by_type[str(event.get("type"))].append(event)
        self.withdrawn = {str(e.get("target")): e for e in self.by_type["withdrawal"]}
        self.at = {x: c for c in self.cells for x in c.executions}
        self.by_id = {c.id: c for c in self.cells if c.id}

    def result(self) -> Provenance:
        self.executions = _joined(self.by_type["execution"])
        for stamp in self.by_type["stamp"]:
            made = stamp.get("execution")
            if isinstance(made, Mapping) and made.get("id"):
                self.executions.setdefault(str(made["id"]), {**made, "type": "execution"})
        self.last = self._last_runs()
        joined = _joined(self.by_type["invocation"])
        invocations = {k: e for k, e in joined.items() if e.get("kind") != "housekeeping"}
        return Provenance(
            events=self.all,
            cells=self.cells,
            notebook=self.notebook,
            sessions=_joined(self.by_type["session"]),
            executions=self.executions,
            invocations=invocations,
            uses=tuple(self._uses(invocations)),
            derivations=self._latest("derivation", "subject"),
            authorship=tuple(self._kept("authorship")),
            declarations={str(e.get("id")): e for e in self._kept("declaration")},
            reviews={str(e.get("id")): e for e in self._kept("review")},
            withdrawals=self.withdrawn,
            gaps=tuple(self._kept("gap")),
        )

    def _kept(self, kind: str) -> Iterator[Event]:
        return (e for e in self.by_type[kind] if str(e.get("id")) not in self.withdrawn)

    def _latest(self, kind: str, key: str) -> dict[str, Event]:
        out: dict[str, Event] = {}
        for event in self._kept(kind):
            out.pop(str(event.get(key)), None)
            out[str(event.get(key))] = event
        return out

    def _place(self, execution: Event) -> str:
        """Where a run belongs: its cell when known, else the source and its ordinal."""
        cell = execution.get("cell_id") or (
            self.at[str(execution.get("id"))].id if str(execution.get("id")) in self.at else None
        )
        return str(cell or f"{execution.get('source_sha256')}/{execution.get('ordinal')}")

    def _last_runs(self) -> dict[str, str]:
        last: dict[str, str] = {}
        for execution in sorted(
            self.executions.values(), key=lambda e: str(e.get("time") or e.get("start_time") or "")
        ):
            last[self._place(execution)] = str(execution.get("id"))
        return last

    def _standing(self, execution: Event, status: str, id_: str) -> str:
        if id_ in self.withdrawn or str(execution.get("id")) in self.withdrawn:
            return "withdrawn"
        if status in _FAILED:
            return "failed"
        if execution.get("id"):
            key = str(execution["id"])
            if key in self.at:
                return "cached" if status == "cached" else "shown"
            if self.last.get(self._place(execution)) != key:
                return "superseded"
            cell = execution.get("cell_id")
            if self.has_document and cell and cell not in self.by_id:
                return "deleted"
        return "cached" if status == "cached" else "shown"

    def _batches(self, invocations: Mapping[str, Event]) -> Iterator[Event]:
        """A batch that was handed in and fetched later is one call, by the service's own id.

        It belongs to the cell that handed it in, unless only the one that fetched it is behind the results.
        """
        by_batch: dict[str, dict[bool, Event]] = defaultdict(dict)  # -> answered -> the latest
        for one in invocations.values():
            if one.get("batch.id"):
                is_answered = bool((one.get(semconv.CAPTURE) or {}).get("complete"))
                by_batch[str(one["batch.id"])][is_answered] = one
        whole = {str(found[False]["id"]): found for found in by_batch.values() if len(found) == 2}
        fetched = {str(found[True]["id"]): found[False] for found in whole.values()}
        for key, one in invocations.items():
            if key in whole:
                answer = whole[key][True]
                if self._stands(one):
                    here = {k: one.get(k) for k in ("id", "execution", "cell_id", "session", "start_time")}
                    yield {**one, **answer, **here, "read_in": answer.get("execution")}
            elif key not in fetched:
                yield one
            elif not self._stands(fetched[key]):
                yield {**{k: v for k, v in fetched[key].items() if k.startswith(semconv.REQUEST_PREFIX)}, **one}

    def _stands(self, invocation: Event) -> bool:
        execution = self.executions.get(str(invocation.get("execution") or ""), {})
        return self._standing(execution, "completed", str(invocation.get("id"))) == "shown"

    def _uses(self, invocations: Mapping[str, Event]) -> Iterator[Use]:
        told = {str(one.get("execution") or "") for one in invocations.values()}
        by_execution: dict[str, list[Event]] = defaultdict(list)
        for one in self._batches(invocations):
            by_execution[str(one.get("execution") or "")].append(one)
        for key, calls in by_execution.items():
            execution = self.executions.get(key, {"id": key, **_where(calls[0])})
            by_standing: dict[str, list[Event]] = defaultdict(list)
            for call in calls:
                by_standing[self._standing(execution, str(call.get("status")), str(call.get("id")))].append(call)
            for standing, group in by_standing.items():
                for use in uses_of(group, standing=standing):
                    yield self._placed(use, execution)
        for stamp in self.by_type["stamp"]:
            made = stamp.get("execution")
            made = made if isinstance(made, Mapping) else {}
            if str(made.get("id")) in told:
                continue
            for raw in stamp.get("groups") or ():
                if isinstance(raw, Mapping):
                    use = use_of_group(raw, execution=str(made.get("id") or ""), session=str(made.get("session") or ""))
                    standing = str(raw.get("standing") or self._standing(made, use.status, ""))
                    yield self._placed(replace(use, standing=standing), made)

    def _placed(self, use: Use, execution: Event) -> Use:
        cell = self.at.get(str(execution.get("id"))) or self.by_id.get(execution.get("cell_id") or "")
        return replace(
            use,
            cell_id=cell.id if cell else execution.get("cell_id"),
            cell_index=cell.index if cell else None,
            execution_count=execution.get("execution_count") or (cell.execution_count if cell else None),
        )


def _where(event: Event) -> dict[str, Any]:
    return {k: event.get(k) for k in ("cell_id", "execution_count", "session")}


def _joined(events: Iterable[Event]) -> dict[str, Event]:
    """Events of one id merged in order: the later line completes the earlier one."""
    out: dict[str, dict[str, Any]] = {}
    for event in events:
        out.setdefault(str(event.get("id")), {}).update(event)
    return dict(out)
