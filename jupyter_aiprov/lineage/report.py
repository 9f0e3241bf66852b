"""Entries as events, as `origins()` gives them, and in words."""

# ruff: noqa: E501 - tables of names read best in few lines

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jupyter_aiprov.lineage import _values
from jupyter_aiprov.lineage.labels import GENERATED, NAMES, Label

if TYPE_CHECKING:
    from jupyter_aiprov.lineage import Lineage
    from jupyter_aiprov.lineage.settle import Entry

_MANY: Final = 20


def ranges(mask: Any) -> list[list[int]]:
    """Inclusive ranges of the rows of a mask."""
    return _values.ranges(mask)


def calls_of(lineage: Lineage, label: Label) -> tuple[list[str], int, list[str]]:
    """Invocations (the first ones), how many there are, and the models that answered."""
    ids: list[str] = []
    count = 0
    models: set[str] = set()
    for number in sorted(label.sites):
        group = lineage.sites.groups.get(number)
        if group is not None:
            count += group.count
            ids.extend(group.invocations[: _MANY - len(ids)] if len(ids) < _MANY else [])
            models |= group.models
    return ids, count, sorted(models)


def path_of(lineage: Lineage, subject: str, label: Label) -> list[str]:
    """From the asking cell to the subject."""
    out: list[str] = []
    for number in sorted(label.sites)[:3]:
        group = lineage.sites.groups.get(number)
        if group is None:
            continue
        cell = lineage.cell_number(group.execution)
        out.append(f"[{cell}]" if cell else "a cell")  # the run's number, as beside the cell
        out.extend(f"{name}()" for name in group.names)
        out.append(f"{', '.join(sorted(group.models)) or 'a model'} ×{group.count}")
    return [*out, subject]


def confidence_of(label: Label) -> str:
    """High where flow knows, low where it had to guess."""
    return "low" if label.low else "high"


def origin_of(lineage: Lineage, entry: Entry) -> dict[str, Any]:
    """An entry as `origins()` gives it; `rows` are positions, None for all or not known."""
    label = entry.label
    ids, count, models = calls_of(lineage, label)
    return {
        "origin": NAMES[label.origin],
        "evidence": "inferred" if label.low else "captured",
        "confidence": confidence_of(label),
        "invocations": ids,
        "invocation_count": count,
        "models": models,
        "rows": None if entry.rows is None else entry.rows.nonzero()[0].tolist(),
        "selected_by": sorted(label.selected) or None,
    }


def event_of(
    lineage: Lineage,
    subject: str,
    entry: Entry | None,
    execution: Any,
    *,
    state: str = "current",
    file: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """An entry as a derivation event, without the envelope."""
    event: dict[str, Any] = {"type": "derivation", "subject": subject, "state": state}
    if entry is None:
        order = ("ai-generated", "ai-assisted", "ai-derived")
        found = set((file or {}).get("columns", {}).values())
        origin = next((o for o in order if o in found), "unknown")
        return {**event, "kind": "file", "origin": origin, "evidence": "captured", "confidence": "high", "file": file,
                "execution": execution.id, "cell_id": execution.cell_id}  # fmt: skip
    label = entry.label
    ids, count, models = calls_of(lineage, label)
    event |= {
        "kind": entry.kind,
        "origin": NAMES[label.origin],
        "evidence": "inferred" if label.low else "captured",
        "confidence": confidence_of(label),
        "invocations": ids,
        "invocation_count": count,
        "rows": None if entry.rows is None else ranges(entry.rows),
        "models": models,
        "path": path_of(lineage, subject, label),
        "execution": execution.id,
        "cell_id": execution.cell_id,
    }
    if entry.rows is not None:
        event |= {"rows_ai": _values.count(entry.rows), "rows_total": entry.total, "rows_edited": entry.edited}
    elif entry.kind == "column" and entry.total and label.origin == GENERATED and not label.low:  # all of them
        event |= {"rows_ai": entry.total, "rows_total": entry.total, "rows_edited": entry.edited}
    if label.selected:
        event["selected_by"] = sorted(label.selected)
    return event


_WORDS: Final = {
    "ai-generated": "holds what a model answered",
    "ai-derived": "was computed from a model's answers",
    "ai-assisted": "holds a model's answers beside other values",
    "unknown": "holds no AI content",
}


def in_words(lineage: Lineage, subject: str) -> str:
    """The way from the call to the subject, in words."""
    entry = lineage.entries.get(subject)
    if entry is None:
        return f"{subject}: no AI use recorded."
    label = entry.label
    said = f"{subject} {_WORDS[NAMES[label.origin]]}"
    if label.low:
        said += " (derived? flow had to guess: low confidence)"
    lines = [said + "."]
    for number in sorted(label.sites)[:10]:
        group = lineage.sites.groups.get(number)
        if group is None:
            continue
        cell = lineage.cell_number(group.execution)
        through = " → ".join(f"{n}()" for n in group.names)
        where = f"[{cell}]" if cell else "a cell"
        models = ", ".join(sorted(group.models)) or "a model"
        lines.append(
            f"  {where}{' → ' + through if through else ''} asked {models}, {group.count} call(s), line {group.chain[-1][1]}"
        )
    if entry.rows is not None:
        lines.append(f"  AI rows: {_values.count(entry.rows)} of {entry.total}")
    if label.selected:
        lines.append(f"  rows were selected by a model: {', '.join(sorted(label.selected))}")
    return "\n".join(lines)
