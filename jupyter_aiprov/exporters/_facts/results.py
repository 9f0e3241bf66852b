"""What holds AI content: columns, tables, files, figures, variables, and cells whose source an AI wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.exporters._facts.kinds import Made, Written
from jupyter_aiprov.provenance import Event, Provenance


def named(subject: object) -> str:
    """The subject as people call it: `labels.csv`, not `file:labels.csv`."""
    return clean(subject, 300).removeprefix("file:").removeprefix("figure:").removeprefix("output:")


def place_of(provenance: Provenance) -> Callable[[Event], int | None]:
    """The position from 1 of the cell that a record is about: by its id, by the run it came of, by its position."""
    by_id = {c.id: c.index + 1 for c in provenance.cells if c.id}
    by_run = {run: c.index + 1 for c in provenance.cells for run in c.executions}
    by_index = {str(c.index): c.index + 1 for c in provenance.cells if not c.id}  # older documents have no ids
    return lambda event: (
        by_id.get(str(event.get("cell_id")))
        or by_run.get(str(event.get("execution")))
        or by_index.get(str(event.get("cell_index")))
    )


def mapped(value: Any) -> Mapping[str, Any]:
    """The mapping, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def counted(value: Any) -> int | None:
    """A count, or None where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def made(provenance: Provenance) -> Iterable[Made]:
    """Current subjects with AI content."""
    place = place_of(provenance)
    labels = {str(d.get("subject")): _label(d.get("value")) for d in provenance.declared("label")}
    for subject, one in provenance.ai_subjects().items():
        file = one.get("file")
        yield Made(
            subject=named(subject),
            kind=str(one.get("kind") or "variable"),
            origin=str(one.get("origin")),
            evidence=str(one.get("evidence") or "inferred"),
            confidence=one.get("confidence") if one.get("confidence") in semconv.CONFIDENCE else None,
            models=tuple(clean(m, 300) for m in one.get("models") or () if isinstance(m, str)),
            rows_ai=counted(one.get("rows_ai")),
            rows_total=counted(one.get("rows_total")),
            rows_edited=counted(one.get("rows_edited")),
            notebook=provenance.notebook,
            cell=place(one),
            execution=str(one.get("execution") or ""),
            label=labels.get(subject),
            file=dict(file) if isinstance(file, Mapping) else None,
        )


def _author(event: Event) -> tuple[Any, Any]:
    return event.get("model"), event.get("tool")


def _label(value: Any) -> str | None:
    name = value.get("label") if isinstance(value, Mapping) else value
    return clean(name, 200) or None if isinstance(name, str) else None


def written(provenance: Provenance) -> Iterable[Written]:
    """Cells that an AI wrote or changed; of each the records of its latest source, one for each author."""
    place = place_of(provenance)
    latest: dict[str, list[Event]] = {}
    own = {
        str(d.get("subject"))
        for d in provenance.declared("authorship")
        if mapped(d.get("value")).get("origin") == "human"
    }
    for said in provenance.declared("authorship"):
        value, name = mapped(said.get("value")), str(said.get("subject") or "")
        if value.get("origin") in semconv.AI_ORIGINS and name.startswith("cell:"):
            where = name.removeprefix("cell:")
            latest[where] = [{"evidence": "declared", "cell_id": where, **value}]
    for one in provenance.authorship:  # what was seen or found names more than what was declared
        if one.get("origin") in semconv.AI_ORIGINS:
            where = str(one.get("cell_id") or one.get("source_sha256"))
            before = [e for e in latest.get(where, ()) if e.get("source_sha256") == one.get("source_sha256")]
            latest[where] = [*(e for e in before if _author(e) != _author(one)), one]
    for one in (one for authors in latest.values() for one in authors):
        share = one.get("share")
        pair = (float(share[0]), float(share[1])) if isinstance(share, list | tuple) and len(share) == 2 else None
        yield Written(
            notebook=provenance.notebook,
            cell=place(one),
            origin=str(one["origin"]),
            tool=clean(one["tool"], 200) if one.get("tool") else None,
            model=clean(one["model"], 300) if one.get("model") else None,
            share=pair,
            evidence=str(one.get("evidence") or "inferred"),
            edited=f"cell:{one.get('cell_id')}" in own,
        )
