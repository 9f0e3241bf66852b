"""Provenance out of a notebook: stamps in outputs, cell marks and notebook log, joined by id.

Every record passes the public schema first; what does not fit is dropped and named in `problems`.
What the journal tells, when there is one, takes the place of what stamps summarise.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jupyter_aiprov import schema, semconv
from jupyter_aiprov.document import (
    Node,
    Notebook,
    cell_id,
    cells,
    mark,
    metadata,
    notebook_digest,
    outputs,
    read,
    write,
)
from jupyter_aiprov.proof import digest
from jupyter_aiprov.provenance import Cell, Event, Provenance
from jupyter_aiprov.seal import is_source, is_stamp, source_digest, text

__all__ = [
    "Found",
    "Mark",
    "events_of",
    "marks_of",
    "notebook_digest",
    "provenance_of",
    "read",
    "resolve",
    "stamps_of",
    "write",
]

LOG = "notebook"
_MAX_JSON = 8 * 2**20


@dataclass(frozen=True)
class Found:
    """A stamp where it was found: the record, its execution's id, and what was wrong with it."""

    index: int  # of the cell
    output: int
    record: dict[str, Any]  # as it lies there
    clean: dict[str, Any] | None  # without what the schema does not allow; None when unusable
    problems: tuple[str, ...] = ()

    @property
    def execution(self) -> dict[str, Any]:
        """The run that it is about."""
        made = (self.clean or {}).get("execution")
        return made if isinstance(made, dict) else {}

    @property
    def id(self) -> str:
        """Id of the execution; where stamps are stable and carry none, one made of what they say."""
        return str(self.execution.get("id") or "stable-" + digest([self.clean, self.index])[:24])

    @property
    def sound(self) -> dict[str, Any]:
        """The record as it lies there, without what the schema does not allow."""
        return (self.clean or {}) if self.problems else self.record

    @property
    def is_broken(self) -> bool:
        """True when it is no record of ours, or not a whole one."""
        return self.clean is None


@dataclass(frozen=True)
class Mark:
    """`metadata.aiprov` of a cell or of the notebook, as the schema lets it pass."""

    index: int | None
    value: dict[str, Any]
    problems: tuple[str, ...] = ()


def stamps_of(nb: Notebook) -> list[Found]:
    """Every stamp, in the order of the document; twice where a record lies there twice."""
    return [
        _found(index, number, output["data"][semconv.MIME])
        for index, cell in cells(nb)
        for number, output in enumerate(outputs(cell))
        if is_stamp(output)
    ]


def _found(index: int, number: int, raw: Any) -> Found:
    if isinstance(raw, str | list):  # some tools save JSON as text, or as a list of lines
        joined = text(raw)
        try:
            raw = json.loads(joined) if len(joined) <= _MAX_JSON else None
        except (ValueError, RecursionError):
            raw = None
    if not isinstance(raw, dict):
        return Found(index, number, {}, None, ("stamp: not a JSON object",))
    clean, problems = schema.conformed("stamp", raw)
    return Found(index, number, raw, clean, tuple(problems))


def marks_of(nb: Notebook) -> list[Mark]:
    """The notebook log (if any) and then the cell marks, in the order of the document."""
    out: list[Mark] = []
    if raw := mark(nb):
        clean, problems = schema.conformed("notebookLog", raw)
        out.append(Mark(None, clean or {}, tuple(problems)))
    for index, cell in cells(nb):
        if raw := mark(cell):
            clean, problems = schema.conformed("cellMark", raw)
            out.append(Mark(index, clean or {}, tuple(problems)))
    return out


def conflicts_of(nb: Notebook) -> list[int | None]:
    """Where nbdime left an undecided merge of our keys: cell positions, None for the notebook."""
    out: list[int | None] = [None] if "nbdime-conflicts" in metadata(nb) else []
    for index, cell in cells(nb):
        nodes = [cell, *outputs(cell)]
        if any("nbdime-conflicts" in metadata(node) or "nbdime-conflicts" in mark(node) for node in nodes):
            out.append(index)
    return out


# ── events ─────────────────────────────────────────────────────────────────────────
def events_of(nb: Notebook) -> tuple[list[Event], list[Cell]]:
    """What the document says, as events for the fold, and its cells."""
    stamps = _unique(nb, [one for one in stamps_of(nb) if not one.is_broken])
    marks = {one.index: one.value for one in marks_of(nb)}
    placed: dict[int, list[str]] = {}
    for one in stamps:
        placed.setdefault(one.index, []).append(one.id)
    found = [
        Cell(
            index=index,
            id=cell_id(cell),
            type=str(cell.get("cell_type") or ""),
            source_sha256=source_digest(cell.get("source")),
            execution_count=_whole(cell.get("execution_count")),
            mark=marks.get(index, {}),
            executions=tuple(placed.get(index, ())),
        )
        for index, cell in cells(nb)
    ]
    by_index = {c.index: c for c in found}
    events: list[Event] = list(_log_events(marks.get(None, {})))
    for one in stamps:
        events += _stamp_events(one, by_index[one.index])
    nodes = dict(cells(nb))
    above: Node | None = None
    for cell in found:
        events += _mark_events(cell)
        events += _foreign_events(nodes[cell.index], cell, above)
        above = nodes[cell.index]
    return events, found


def _unique(nb: Notebook, stamps: list[Found]) -> list[Found]:
    """One stamp an execution: a copied cell carries a copy, which counts once, where it belongs."""
    nodes = dict(cells(nb))
    best: dict[str, Found] = {}
    for one in stamps:
        known = best.get(one.id)
        if known is None or _fit(nodes[one.index], one) > _fit(nodes[known.index], known):
            best[one.id] = one
    return list(best.values())


def _fit(cell: Node, stamp: Found) -> int:
    made = stamp.execution
    same_id = cell_id(cell) is not None and cell_id(cell) == made.get("cell_id")
    return 2 * same_id + is_source(cell.get("source"), made.get("source_sha256"))


def _stamp_events(stamp: Found, cell: Cell) -> Iterator[Event]:
    record = stamp.clean or {}
    made = {**stamp.execution, "id": stamp.id}
    where: dict[str, Any] = {
        "session": made.get("session"),
        "execution": stamp.id,
        "cell_id": cell.id,
        "execution_count": made.get("execution_count"),
        **({"time": made["time"]} if made.get("time") else {}),
    }
    yield {**record, **where, "type": "stamp", "id": f"stamp:{stamp.id}", "execution": made}
    for kind, key in (("derivation", "derivations"), ("authorship", "authorship"), ("gap", "gaps")):
        for number, summary in enumerate(record.get(key) or ()):
            name = summary.get("subject") or summary.get("source_sha256") or number
            extra = {"source_sha256": cell.source_sha256} if kind == "authorship" else {}
            yield {**where, **extra, **summary, "type": kind, "id": f"{kind}:{stamp.id}:{name}", "from_stamp": True}


def _mark_events(cell: Cell) -> Iterator[Event]:
    said = cell.mark
    for kind, key in (("review", "reviews"), ("declaration", "declarations")):
        for id_, event in (said.get(key) or {}).items():
            yield {"cell_id": cell.id, **event, "type": kind, "id": id_, "cell_index": cell.index}
    for summary in said.get("authorship") or ():
        yield {
            "source_sha256": said.get("source_sha256") or cell.source_sha256,
            **summary,
            "type": "authorship",
            "id": f"authorship:{cell.id or cell.index}:{digest(summary)[:16]}",
            "cell_id": cell.id,
            "cell_index": cell.index,
            "from_stamp": True,
        }
    if said.get("origin") in semconv.AI_ORIGINS and not cell.executions and not said.get("authorship"):
        yield from _lost_stamp(cell)


def _foreign_events(node: Node, cell: Cell, above: Node | None) -> Iterator[Event]:
    """What other tools wrote about AI, where our own record says nothing of it."""
    from jupyter_aiprov.readers import marks  # not in a kernel's way

    where = {"cell_id": cell.id, "cell_index": cell.index, "from_mark": True}
    told = {a.get("tool") for a in cell.mark.get("authorship") or ()}
    for event in marks.authorship_of(node, above):
        if event["tool"] not in told:
            yield {**event, **where, "source_sha256": cell.source_sha256}
    if cell.executions or cell.mark.get("origin"):
        return
    for one in marks.marks_of(node):
        if one.of == "outputs":
            yield {
                **where,
                **{k: v for k, v in one.to_dict().items() if k not in ("tool", "model", "method")},
                "type": "derivation",
                "id": f"mark:{cell.id or cell.index}:{one.tool}",
                "subject": f"outputs of cell {cell.index + 1}",
                "kind": "output",
                "models": [one.model] if one.model else [],
                "path": [one.tool],
            }


def _lost_stamp(cell: Cell) -> Iterator[Event]:
    """A mark whose stamp is gone (nbstripout, cleared outputs): what it still tells, and that it is not all."""
    name = f"cell {cell.index + 1}"
    models = list(cell.mark.get("models") or ())
    where = {"cell_id": cell.id, "cell_index": cell.index, "from_mark": True}
    yield {
        **where,
        "type": "derivation",
        "id": f"mark:{cell.id or cell.index}",
        "subject": f"outputs of {name}",
        "kind": "output",
        "origin": cell.mark["origin"],
        "evidence": "imported",
        "confidence": "medium",
        "models": models,
    }
    said = f" ({', '.join(models)})" if models else ""
    yield {
        **where,
        "type": "gap",
        "id": f"mark-gap:{cell.id or cell.index}",
        "reason": "stamp-missing",
        "detail": f"{name} is marked as made with AI{said}, but its stamp is gone: counts and parameters are not here",
    }


def _log_events(log: Mapping[str, Any]) -> Iterator[Event]:
    for session, said in (log.get("sessions") or {}).items():
        tool = said.get("tool")
        yield {
            **said,
            "type": "session",
            "id": session,
            "session": session,
            "status": "ended" if said.get("ended") else "updated",
            "tool": _tool(tool) if isinstance(tool, str) else tool,
            "schema_version": log.get("schema_version"),
            **({"time": said["started"]} if said.get("started") else {}),
        }
        if groups := said.get("superseded"):
            standing = [{"standing": "superseded", **g} for g in groups]
            id_ = f"superseded:{session}"
            yield {"type": "stamp", "id": id_, "execution": {"id": id_, "session": session}, "groups": standing}
        for number, gap in enumerate(said.get("gaps") or ()):
            yield {**gap, "type": "gap", "id": f"gap:{session}:{number}", "session": session, "from_stamp": True}
    for kind, key in (("declaration", "declarations"), ("review", "reviews"), ("withdrawal", "withdrawals")):
        for id_, event in (log.get(key) or {}).items():
            yield {**event, "type": kind, "id": id_}
    if slots := log.get("disclosure"):
        yield {"type": "declaration", "id": "disclosure", "kind": "disclosure", "subject": LOG, "value": slots}


def _tool(name: str) -> dict[str, str]:
    parts = name.split(" ", 1)
    return {"name": parts[0], "version": parts[1]} if len(parts) == 2 else {"name": name}


# ── with the journal ───────────────────────────────────────────────────────────────
def provenance_of(nb: Notebook, journal_events: Iterable[Event] = (), *, notebook: str | None = None) -> Provenance:
    """The fold over what the document says and, where it is at hand, what the journal says."""
    events, found = events_of(nb)
    told = list(journal_events)
    if not told:
        return Provenance.of(events, cells=found, notebook=notebook)
    sessions = {str(e.get("session")) for e in told}
    executions = _executions(told)
    home = resolve(executions, nb)
    taken = {home[id_] for id_ in home}
    kept = [e for e in events if not _is_told(e, sessions, taken)]
    found = [_with_run(c, executions, home) for c in found]
    ids = {c.index: c.id for c in found}
    chained = ("seq", "prev", "hash")  # of journal lines: what is added here is none
    located = [
        {**{k: v for k, v in executions[id_].items() if k not in chained}, "cell_id": ids[index]}
        for id_, index in home.items()
        if ids.get(index)
    ]
    outside = [e for one in written_outside(told, found, notebook).values() for e in one]
    told = [e for e in told if not _is_outside(e)]
    return Provenance.of(_in_time([*kept, *told, *located, *outside]), cells=found, notebook=notebook)


def written_outside(events: Iterable[Event], found: Sequence[Cell], notebook: str | None) -> dict[int, list[Event]]:
    """What an agent's server says it wrote, by the cells that still hold it; a cell that says so itself is left out."""
    by_source: dict[str, list[Cell]] = {}
    for cell in found:
        by_source.setdefault(cell.source_sha256, []).append(cell)
    out: dict[int, list[Event]] = {}
    for event in events:
        if not _is_outside(event) or (notebook and event.get("notebook") not in (None, notebook)):
            continue
        for cell in by_source.get(str(event.get("source_sha256")), ()):
            said = [*(cell.mark.get("authorship") or ()), *out.get(cell.index, ())]
            if event.get("tool") not in {a.get("tool") for a in said}:
                placed = {k: v for k, v in event.items() if k not in ("seq", "prev", "hash")}
                out.setdefault(cell.index, []).append({**placed, "cell_id": cell.id, "cell_index": cell.index})
    return out


def _is_outside(event: Event) -> bool:
    """True for a cell written past the kernel, where no run and no cell is known."""
    return event.get("type") == "authorship" and not event.get("execution") and not event.get("cell_id")


def _is_told(event: Event, sessions: set[str], taken: set[int]) -> bool:
    """True for a summary whose story the journal tells itself."""
    if event.get("from_mark"):
        return event.get("cell_index") in taken
    if str(event.get("id", "")).startswith("superseded:"):
        return str(event["id"]).removeprefix("superseded:") in sessions
    return bool(event.get("from_stamp")) and str(event.get("session")) in sessions


def _executions(events: Sequence[Event]) -> dict[str, dict[str, Any]]:
    """Runs by id, their lines joined."""
    out: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.get("type") == "execution" and event.get("id"):
            out.setdefault(str(event["id"]), {}).update(event)
    return out


def resolve(executions: Mapping[str, Mapping[str, Any]], nb: Notebook) -> dict[str, int]:
    """Run -> cell position, by stamp, by cell id, else by source, count and ordinal (headless runs carry no id)."""
    nodes = [(i, c) for i, c in cells(nb) if c.get("cell_type") == "code"]
    by_id = {cell_id(c): i for i, c in nodes if cell_id(c)}
    out = {s.id: s.index for s in _unique(nb, [s for s in stamps_of(nb) if not s.is_broken]) if s.id in executions}
    for id_, run in executions.items():
        if id_ in out:
            continue
        if run.get("cell_id") in by_id:
            out[id_] = by_id[run["cell_id"]]
        elif (index := _by_source(run, nodes)) is not None:
            out[id_] = index
    return out


def _by_source(run: Mapping[str, Any], nodes: Sequence[tuple[int, Node]]) -> int | None:
    same = [(i, c) for i, c in nodes if is_source(c.get("source"), run.get("source_sha256"))]
    counted = [
        i
        for i, c in same
        if c.get("execution_count") is not None and c["execution_count"] == run.get("execution_count")
    ]
    if len(counted) == 1:
        return counted[0]
    ordinal = run.get("ordinal")
    if len(same) == 1:
        return same[0][0]
    if isinstance(ordinal, int) and 0 <= ordinal < len(same):
        return same[ordinal][0]
    return None


def _with_run(cell: Cell, executions: Mapping[str, Mapping[str, Any]], home: Mapping[str, int]) -> Cell:
    """The cell with its latest run, where no stamp names one."""
    if cell.executions:
        return cell
    runs = [id_ for id_, index in home.items() if index == cell.index]
    if not runs:
        return cell
    latest = max(runs, key=lambda r: str(executions[r].get("start_time") or executions[r].get("time") or ""))
    return replace(cell, executions=(latest,))


def _in_time(events: Sequence[Event]) -> list[Event]:
    """In order of time; what has none stays behind what it followed."""
    timed: list[tuple[str, Event]] = []
    last = ""
    for event in events:
        last = str(event.get("time") or last)
        timed.append((last, event))
    return [event for _, event in sorted(timed, key=lambda pair: pair[0])]


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
