"""`jupyter aiprov show`: what a notebook says of its AI uses, for people or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from traitlets import CaselessStrEnum, Unicode

from jupyter_aiprov import semconv
from jupyter_aiprov.commands._command import Command, options
from jupyter_aiprov.commands._files import Opened, models, named, opened
from jupyter_aiprov.provenance import Event, Provenance, Use

_ORIGIN = {
    "ai-generated": "AI-generated",
    "ai-assisted": "AI-assisted (mixed)",
    "ai-derived": "derived from AI output",
    "synthetic": "synthetic data",
}
_STATE = {"unverified": "to review", "stale": "to review again"}


class Show(Command):
    """The AI uses that a notebook has on record, by cell, and what was not captured."""

    name = "jupyter aiprov show"
    description = "Show the AI uses that notebooks have on record. `-` reads standard input."
    examples = "jupyter aiprov show study.ipynb\njupyter aiprov show --format json study.ipynb"
    format = CaselessStrEnum(["text", "json"], default_value="text", help="text or json.").tag(config=True)
    journal = Unicode("", help="Journal folder or file; else it is looked for beside the notebook.").tag(config=True)
    aliases = options("Show", "format", "journal")

    def run(self) -> int:
        """Print each notebook's record."""
        shown = [opened(name, self.journal) for name in named(self.extra_args, "show")]
        if self.format == "json":
            told = [as_dict(one) for one in shown]
            self.say(json.dumps(told[0] if len(told) == 1 else told, indent=2, ensure_ascii=False))
            return 0
        for number, one in enumerate(shown):
            if number:
                self.say()
            for line in as_text(one):
                self.say(line)
        return 0


def as_dict(one: Opened) -> dict[str, Any]:
    """The record as JSON."""
    found = one.provenance()
    return {
        "notebook": one.title,
        "schema_version": semconv.SCHEMA_VERSION,
        "recorded": not found.is_empty,
        "models": models(found),
        "counts": {standing: n for standing in semconv.STANDINGS if (n := found.count(standing))},
        "uses": [
            {
                "cell": None if u.cell_index is None else u.cell_index + 1,
                "cell_id": u.cell_id,
                "execution_count": u.execution_count,
                "standing": u.standing,
                **u.to_dict(),
            }
            for u in found.uses
        ],
        "derivations": [_public(d) for d in found.derivations.values()],
        "authorship": [_public(a) for a in found.authorship],
        "declarations": [_public(d) for d in found.declarations.values()],
        "reviews": [_public(r) for r in found.reviews.values()],
        "gaps": [_public(g) for g in found.gaps],
        "sessions": [_public(s) for s in found.sessions.values()],
    }


def _public(event: Event) -> dict[str, Any]:
    return {k: v for k, v in event.items() if k not in ("prev", "hash", "seq", "from_stamp", "from_mark")}


def as_text(one: Opened) -> Iterator[str]:
    """The record in lines for people."""
    found = one.provenance()
    if found.is_empty:
        yield f"{one.title}: no AI use is on record. (That none was used cannot be told from the file.)"
        yield from _gaps(found)
        return
    subjects = found.ai_subjects()
    names = models(found)
    head = [f"{found.count('shown')} AI answers behind the results shown", _some(len(names), "model")]
    if subjects:
        head.append(f"{_some(len(subjects), 'subject')} with AI content")
    yield f"{one.title}: {' · '.join(head)}"
    if one.recorded_in:
        yield f"Recorded in {one.recorded_in}: this file is a copy of it, or was renamed"
    for cell in found.cells:
        lines = list(_cell_lines(found, cell.index))
        mark = cell.mark
        state = str(mark.get("state") or "unverified")
        for line in lines:
            yield f"  cell {cell.index + 1:<3} {line} · {_STATE.get(state, state)}"
    homeless = [u for u in found.uses if u.cell_index is None and u.standing == "shown"]
    yield from (f"  no cell  {_use(u)}" for u in homeless)
    others = [u for u in found.uses if u.standing not in ("shown",)]
    if others:
        counts = {s: sum(u.count for u in others if u.standing == s) for s in semconv.STANDINGS}
        yield "Further requests during development: " + ", ".join(f"{n} {s}" for s, n in counts.items() if n)
    yield from _gaps(found)


def _cell_lines(found: Provenance, index: int) -> Iterator[str]:
    uses = [u for u in found.uses if u.cell_index == index and u.standing in ("shown", "cached")]
    executions = set(found.cells[[c.index for c in found.cells].index(index)].executions)
    made = [d for d in found.derivations.values() if d.get("execution") in executions or d.get("cell_index") == index]
    made = [d for d in made if d.get("origin") in semconv.AI_ORIGINS]
    for use in uses:
        yield " · ".join(["AI-generated  " + _use(use), *(str(d.get("subject")) for d in made)])
    if not uses:
        for d in made:
            who = ", ".join(d.get("models") or ()) or "model not named"
            yield f"{_word(d)}  {d.get('subject')} ({who})"
    for a in found.authorship:
        if a.get("cell_index") == index or a.get("execution") in executions:
            yield f"{_word(a)} code  {a.get('model') or a.get('tool') or ''}".rstrip()


def _word(event: Event) -> str:
    origin = str(event.get("origin"))
    return _ORIGIN.get(origin, origin)


def _use(use: Use) -> str:
    asked, said = use.attributes.get(semconv.REQUEST_MODEL), use.attributes.get(semconv.RESPONSE_MODEL)
    model = f"{asked} → {said}" if asked and said and asked != said else str(said or asked or "model not named")
    parts = [model, f"{use.attributes.get(semconv.OPERATION, 'call')} ×{use.count}"]
    if use.status != "completed":
        parts.append(use.status)
    tokens = sum(use.usage.get(key, 0) for key in (semconv.INPUT_TOKENS, semconv.OUTPUT_TOKENS))  # the others are parts
    if tokens:
        parts.append(f"{tokens} tokens")
    if use.seconds:
        parts.append(f"{use.seconds:.1f} s")
    return " · ".join(parts)


def _gaps(found: Provenance) -> Iterator[str]:
    for gap in found.gaps:
        yield f"Not captured: {gap.get('reason')}" + (f" – {gap['detail']}" if gap.get("detail") else "")


def _some(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
