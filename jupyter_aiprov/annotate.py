"""Stamps, cell marks and notebook log restored from each other and from the journal.

For notebooks run without our front end (nbclient, papermill, nbconvert --execute), merged, or
stripped of their outputs. Nothing is invented: what cannot be restored is said. Annotating twice
changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_aiprov import journal as journals
from jupyter_aiprov import semconv, stamp
from jupyter_aiprov.authorship import answers_of, authorship_of_notebook, first_runs
from jupyter_aiprov.document import Node, Notebook, cell_id, cells, mark, metadata, outputs, set_mark
from jupyter_aiprov.marks import KEPT, cell_mark, entry_of_stamps, session_entry, withdrawn_of
from jupyter_aiprov.notebook import Found, events_of, marks_of, provenance_of, resolve, stamps_of, written_outside
from jupyter_aiprov.proof import merkle_root
from jupyter_aiprov.provenance import Event, uses_of
from jupyter_aiprov.seal import is_source, sealed

CONFLICTS = "nbdime-conflicts"


@dataclass
class Annotated:
    """The annotated notebook, what was done and what could not be restored."""

    notebook: Notebook
    done: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def annotate(
    nb: Notebook, journal: Iterable[Event | Path] = (), *, language: str = "en", name: str | None = None
) -> Annotated:
    """A copy of the notebook with its stamps, marks and log as far as records are at hand.

    `journal` holds events in order, or the files that hold them; `name` is the notebook's file, without its folder.
    """
    out = Annotated(deepcopy(nb))
    journal = list(journal)
    events = [event for one in journal for event in (_read(one) if isinstance(one, Path) else (one,))]
    _restore_stamps(out, events, language)
    _complete_stamps(out.notebook)
    _mark_cells(out)
    _mark_authors(out, events, [one for one in journal if isinstance(one, Path)], name)
    _write_log(out.notebook, events)
    return out


def _read(path: Path) -> Iterable[Event]:
    return () if _is_texts(path) else journals.read(path)


# ── stamps ─────────────────────────────────────────────────────────────────────────
def recorded_runs(events: Iterable[Event], *, stated: bool = False) -> dict[str, dict[str, Any]]:
    """Runs of the journal that a stamp belongs to, with the place of each in the order of events.

    `stated`: also those in which a person declared or reviewed something; they have no stamp.
    """
    kinds = {"invocation", "derivation", "authorship", *(("declaration", "review") if stated else ())}
    runs: dict[str, dict[str, Any]] = {}
    used: set[str] = set()
    muted = False
    for order, event in enumerate(events):
        if event.get("type") == "execution":
            runs.setdefault(str(event.get("id")), {}).update({**event, "order": order})
        elif str(event.get("type")) in kinds and event.get("execution"):
            used.add(str(event["execution"]))
        muted = muted or event.get("reason") == "stamp-off"
    return {} if muted else {id_: run for id_, run in runs.items() if id_ in used}


def _restore_stamps(out: Annotated, events: Sequence[Event], language: str) -> None:
    nodes = dict(cells(out.notebook))
    runs = recorded_runs(events)
    present = {one.id for one in stamps_of(out.notebook)}
    stable = {one.index for one in stamps_of(out.notebook) if not one.execution.get("id")}
    home = resolve(runs, out.notebook)
    for index in sorted(set(home.values())):
        mine = [id_ for id_, at in home.items() if at == index]
        latest = max(mine, key=lambda id_: runs[id_]["order"])
        cell = nodes[index]
        if latest in present or index in stable or any(id_ in present for id_ in mine):
            continue
        if not is_source(cell.get("source"), runs[latest].get("source_sha256")):
            out.lost.append(f"cell {index + 1} was edited after its last recorded run: run it again to stamp it")
            continue
        record = _record(runs[latest], events, cell)
        if not isinstance(cell.get("outputs"), list):
            cell["outputs"] = []
        cell["outputs"].append(_output(record, language))
        out.done.append(f"stamp of cell {index + 1} restored from the journal")
    for id_, run in runs.items():
        if id_ not in home and id_ not in present:
            out.lost.append(f"run [{run.get('execution_count')}] of the journal has no cell in this notebook")


def _record(run: Mapping[str, Any], events: Sequence[Event], cell: Node) -> dict[str, Any]:
    """The stamp as the kernel would have written it after the last line about this run."""
    own = [e for e in events if e.get("execution") == run["id"] and e.get("type") != "execution"]
    calls: dict[str, dict[str, Any]] = {}
    for event in own:
        if event.get("type") == "invocation":
            calls.setdefault(str(event.get("id")), {}).update(event)
    hashes = [str(e["hash"]) for e in own if isinstance(e.get("hash"), str)]
    seqs = [int(e["seq"]) for e in own if isinstance(e.get("seq"), int)]
    link = None
    if hashes and seqs:
        session = str(run.get("session"))
        link = {"session": session, "file": f"{session}.jsonl", "lines": len(hashes), "seq": [min(seqs), max(seqs)]}
        link["root"] = merkle_root(hashes)
    made = {**run, "cell_id": run.get("cell_id") or cell_id(cell)}
    if not outputs(cell):  # they were stripped: nothing is left to compare
        made.pop("outputs", None)
    return stamp.record(made, uses_of(calls.values()), own, journal=link)


def _output(record: Mapping[str, Any], language: str) -> Node:
    return {
        "output_type": "display_data",
        "data": stamp.bundle(record, language),
        "metadata": {semconv.KEY: stamp.mark(record)},
    }


def _complete_stamps(nb: Notebook) -> None:
    """Give headless stamps the id of their cell, and their outputs their mark."""
    nodes = dict(cells(nb))
    for one in stamps_of(nb):
        if one.is_broken:
            continue
        cell, output = nodes[one.index], outputs(nodes[one.index])[one.output]
        record = one.sound
        made = record.get("execution") or {}
        here = is_source(cell.get("source"), made.get("source_sha256"))
        if cell_id(cell) and made.get("id") and not made.get("cell_id") and here and not one.problems:
            record = {**record, "execution": {**made, "cell_id": cell_id(cell)}}
            record = sealed(record) if "seal" in record else record
            output["data"][semconv.MIME] = record
        if not mark(output):
            set_mark(output, stamp.mark(record))


# ── marks ──────────────────────────────────────────────────────────────────────────
def _mark_cells(out: Annotated) -> None:
    by_cell: dict[int, list[Found]] = {}
    for one in stamps_of(out.notebook):
        if not one.is_broken:
            by_cell.setdefault(one.index, []).append(one)
    said = {m.index: m.value for m in marks_of(out.notebook)}
    withdrawn = withdrawn_of(said.get(None, {}))
    for index, cell in cells(out.notebook):
        before = said.get(index, {})
        stamps = [one.sound for one in by_cell.get(index, ())]
        if not stamps:
            if before.get("origin") in semconv.AI_ORIGINS and not before.get("authorship"):
                out.lost.append(
                    f"cell {index + 1} is marked as made with AI, but its stamp is gone and no journal has it"
                )
            continue
        made = cell_mark(stamps, before, cell.get("source"), outputs(cell), withdrawn)
        if made != mark(cell):
            set_mark(cell, made)
            out.done.append(f"cell {index + 1} marked")
        _settle(cell)
    _settle(out.notebook)


_AUTHORSHIP = ("source_sha256", "origin", "tool", "model", "share", "method", "evidence", "confidence")


def _mark_authors(out: Annotated, events: Sequence[Event], files: Sequence[Path], name: str | None) -> None:
    """Who wrote a cell, from other tools' marks and, where their texts were kept, from the answers."""
    kept = {t["commitment"]: t["value"] for path in files if _is_texts(path) for t in journals.read_texts(path)}
    by_cell = {one.index: one.sound for one in stamps_of(out.notebook) if not one.is_broken}
    answers = answers_of(events, kept)
    found_in = authorship_of_notebook(out.notebook, answers, first_runs(events))
    for index, placed in written_outside(events, events_of(out.notebook)[1], name).items():
        found_in[index] = [*map(dict, placed), *found_in.get(index, ())]
    for index, said in found_in.items():
        cell = dict(cells(out.notebook))[index]
        before = mark(cell)
        known = list(before.get("authorship") or ())
        seen = (by_cell.get(index) or {}).get("authorship")  # by the kernel, which knew the order of things
        found = [{k: e[k] for k in _AUTHORSHIP if e.get(k) is not None} for e in said if not seen or e.get("tool")]
        new = [one for one in map(sealed, found) if one not in known]
        if not new:
            continue
        models = {*before.get("models", ()), *(one["model"] for one in new if one.get("model"))}
        made = {"schema_version": semconv.SCHEMA_VERSION, **before, "authorship": [*known, *new]}
        made.setdefault("origin", new[-1]["origin"])
        made.setdefault("source_sha256", new[-1]["source_sha256"])
        made.setdefault("state", "unverified")
        set_mark(cell, {**made, **({"models": sorted(models)} if models else {})})
        out.done.append(f"cell {index + 1} marked as drafted with AI")


def _is_texts(path: Path) -> bool:
    return path.name.endswith(".content.jsonl")


def _settle(node: Node) -> None:
    """Take our key out of what nbdime left undecided: it was just written anew."""
    for one in [node, *outputs(node)]:
        left = metadata(one).get(CONFLICTS)
        if not isinstance(left, dict):
            continue
        for side in ("local_diff", "remote_diff"):
            diff = left.get(side)
            if isinstance(diff, list):
                left[side] = [d for d in diff if not (isinstance(d, dict) and d.get("key") == semconv.KEY)]
        if not any(left.get(side) for side in ("local_diff", "remote_diff")):
            metadata(one).pop(CONFLICTS)


# ── the log ────────────────────────────────────────────────────────────────────────
def _write_log(nb: Notebook, events: Sequence[Event]) -> None:
    log = next((m.value for m in marks_of(nb) if m.index is None), {})
    known: dict[str, Any] = dict(log.get("sessions") or {})
    told: dict[str, list[Event]] = {}
    for event in events:
        told.setdefault(str(event.get("session")), []).append(event)
    stamps: dict[str, list[dict[str, Any]]] = {}
    for one in stamps_of(nb):
        if one.execution.get("session"):
            stamps.setdefault(str(one.execution["session"]), []).append(one.sound)
    relevant = [s for s in told if s in stamps or s in known or _is_about(nb, told[s])]
    if not known and not relevant and not stamps:
        return
    for session in dict.fromkeys([*stamps, *relevant]):
        if session in told:
            known[session] = session_entry(told[session], known.get(session, {}), _superseded(nb, told[session]))
        else:
            known[session] = entry_of_stamps(stamps[session], known.get(session, {}))
    in_cells = {id_ for m in marks_of(nb) if m.index is not None for key in KEPT for id_ in m.value.get(key) or ()}
    for kind, key in _PEOPLES.items():
        people = [e for s in relevant for e in told[s] if e.get("type") == kind and e.get("id")]
        said = {str(e["id"]): _told(e) for e in people if str(e["id"]) not in in_cells}
        if said:
            log = {**log, key: {**said, **(log.get(key) or {})}}
    first = next((s["schema_version"] for rest in stamps.values() for s in rest), semconv.SCHEMA_VERSION)
    set_mark(nb, {"schema_version": log.get("schema_version", first), **log, "sessions": dict(sorted(known.items()))})


_PEOPLES = {"declaration": "declarations", "review": "reviews", "withdrawal": "withdrawals"}


def _told(event: Event) -> Event:
    """A person's record as the notebook keeps it: without its place in the chain, under its own seal."""
    return sealed({k: v for k, v in event.items() if k not in {"seq", "prev", "hash"}})


def _is_about(nb: Notebook, events: Sequence[Event]) -> bool:
    """True when a run of this session belongs to a cell of this notebook."""
    return bool(resolve(recorded_runs(events, stated=True), nb))


def _superseded(nb: Notebook, events: Sequence[Event]) -> list[dict[str, Any]]:
    """One summary per model, status and standing of what is not behind the results shown."""
    found = provenance_of(nb, events)
    groups: dict[tuple[str, ...], dict[str, Any]] = {}
    for use in found.uses:
        if use.standing in ("shown", "cached") or use.session not in {str(e.get("session")) for e in events}:
            continue
        public = stamp.public(use.to_dict())
        keys = (semconv.OPERATION, semconv.PROVIDER, semconv.REQUEST_MODEL, semconv.RESPONSE_MODEL, semconv.DESTINATION)
        head = {k: public[k] for k in keys if k in public}
        entry = groups.setdefault((*map(str, head.values()), use.status, use.standing), {**head, "count": 0})
        entry["count"] += use.count
        entry["status"], entry["standing"] = use.status, use.standing
    return list(groups.values())
