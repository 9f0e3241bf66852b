"""What the record says, language-free and JSON-able: the facts that statements and summaries word.

Nothing here is a sentence and nothing is guessed. Uses are grouped by model and declared purpose;
counts keep answers behind the results shown apart from everything else. Claims about people come
from review and declaration records only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from jupyter_aiprov import semconv
from jupyter_aiprov.exporters import _cards, _impact
from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.provenance import Event, Provenance, Use

# Sentences only a person can make true; a `confirmed` declaration names one of them.
CONFIRMATIONS: Final = (
    "responsibility",
    "reviewed-and-edited",
    "full-human-supervision",
    "accountability",
    "authors-only",
)
_DEVELOPMENT: Final = ("superseded", "deleted", "failed", "cached")


@dataclass(frozen=True)
class Place:
    """Where in one notebook: cell positions from 1; prompts in `In []` where no document is known."""

    notebook: str | None
    cells: tuple[int, ...] = ()
    executions: tuple[int, ...] = ()
    outside: bool = False


@dataclass(frozen=True)
class Tool:
    """Alike uses: one answering model, one purpose, one way in."""

    key: str
    model: str
    reported: bool
    asked: tuple[str, ...]
    card: _cards.Card | None
    provider: str | None
    operations: tuple[str, ...]
    destination: str | None
    purposes: tuple[str, ...]
    tasks: tuple[str, ...]
    places: tuple[Place, ...]
    subjects: Mapping[str, tuple[str, ...]]  # kind -> names of what it made
    shown: int
    other: Mapping[str, int]  # standing -> count
    parameters: Mapping[str, tuple[Any, ...]]
    first: str | None
    last: str | None
    incomplete: int
    usage: Mapping[str, int]
    usage_missing: int
    seconds: float | None
    inferred: int
    impact: _impact.Estimate | None = None


@dataclass(frozen=True)
class Check:
    """One review record: what was read, by whom, how, in which unit."""

    subject: str
    kind: str
    cell: int | None
    status: str
    stale: bool
    who: str | None
    orcid: str | None
    identity: str | None
    method: str
    unit: str
    total: int | None
    read: int | None
    corrected: int
    rejected: int
    notebook: str | None
    note: str | None = None


@dataclass(frozen=True)
class Made:
    """Something that holds AI content: a column, table, file, figure, variable or output."""

    subject: str
    kind: str
    origin: str
    evidence: str
    confidence: str | None
    models: tuple[str, ...]
    rows_ai: int | None
    rows_total: int | None
    rows_edited: int | None
    notebook: str | None
    cell: int | None
    file: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Written:
    """A cell whose source an AI wrote or changed."""

    notebook: str | None
    cell: int | None
    origin: str
    tool: str | None
    model: str | None
    share: tuple[float, float] | None
    evidence: str
    edited: bool = False  # a person declared the cell their own afterwards


@dataclass(frozen=True)
class Facts:
    """All that a statement can rest on."""

    state: str  # uses | nothing-recorded | no-record
    notebooks: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    cards: tuple[_cards.Card, ...] = ()
    made: tuple[Made, ...] = ()
    written: tuple[Written, ...] = ()
    checks: tuple[Check, ...] = ()
    people: tuple[Mapping[str, str], ...] = ()
    prompts: tuple[Mapping[str, str], ...] = ()
    stated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # kind -> what people declared
    confirmed: tuple[str, ...] = ()
    outside: tuple[Mapping[str, str], ...] = ()  # tools declared by hand
    screening: Mapping[str, int] = field(default_factory=dict)
    hooked: tuple[str, ...] = ()
    gaps: Mapping[str, int] = field(default_factory=dict)
    gap_details: tuple[tuple[str, str], ...] = ()
    anchors: tuple[str, ...] = ()
    writer: str | None = None
    labelled_files: bool = False
    failed_only: int = 0

    @property
    def shown(self) -> int:
        """Answers behind the results shown."""
        return sum(t.shown for t in self.tools)

    @property
    def other(self) -> Counter[str]:
        """Further requests by standing."""
        out: Counter[str] = Counter()
        for tool in self.tools:
            out.update(tool.other)
        return out

    def to_dict(self) -> dict[str, Any]:
        """The facts as JSON."""
        out = asdict(self)
        out["cards"] = [c.to_dict() for c in self.cards]
        return out


def facts(provenances: Sequence[Provenance], *, impact: bool = True) -> Facts:
    """Gather from one or several notebooks what their records say."""
    numbered = {id(p): _positions(p) for p in provenances}
    cards = _cards.cards(provenances)
    tools = _tools(provenances, cards, impact=impact)
    outside = tuple(x for p in provenances for d in p.declared("ai-tool") if (x := _outside(d)))
    written = tuple(w for p in provenances for w in _written(p))
    made = tuple(m for p in provenances for m in _made(p))
    if tools or outside or written or made:
        state = "uses"
    else:
        state = "nothing-recorded" if any(p.sessions for p in provenances) else "no-record"
    gaps, details = _gaps(provenances)
    return Facts(
        state=state,
        notebooks=tuple(dict.fromkeys(clean(p.notebook, 255) for p in provenances if p.notebook)),
        tools=tuple(tools),
        cards=tuple(cards),
        made=made,
        written=written,
        checks=tuple(c for p in provenances for c in _checks(p, numbered[id(p)])),
        people=_people(provenances),
        prompts=tuple(x for p in provenances for d in p.declared("prompt") if (x := _prompt(d))),
        stated=_stated(provenances),
        confirmed=_confirmed(provenances),
        outside=outside,
        screening=_screening(provenances),
        hooked=_hooked(provenances),
        gaps=gaps,
        gap_details=details,
        writer=_writer(provenances),
        labelled_files=_labelled(provenances),
    )


def named(subject: object) -> str:
    """The subject as people call it: `labels.csv`, not `file:labels.csv`."""
    return clean(subject, 300).removeprefix("file:").removeprefix("figure:").removeprefix("output:")


# ── tools ────────────────────────────────────────────────────────────────────────────


def _tools(provenances: Sequence[Provenance], cards: Sequence[_cards.Card], *, impact: bool) -> list[Tool]:
    groups: dict[tuple[Any, ...], list[tuple[Provenance, Use]]] = {}
    said: dict[tuple[Any, ...], tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for provenance in provenances:
        for use in provenance.uses:
            if use.standing == "withdrawn":
                continue
            purposes = _declared_for(provenance, use, "purpose")
            tasks = _declared_for(provenance, use, "task")
            key = _identity(use, purposes)
            groups.setdefault(key, []).append((provenance, use))
            said[key] = (purposes, tuple(dict.fromkeys((*said.get(key, ((), ()))[1], *tasks))))
    _fold_failures(groups)
    keys: Counter[str] = Counter()
    out = []
    for key, pairs in groups.items():
        name = clean(pairs[0][1].model or "unknown", 300)
        keys[name] += 1
        slot = name if keys[name] == 1 else f"{name}#{keys[name]}"
        out.append(_tool(slot, pairs, *said[key], cards, impact=impact))
    return out


def _identity(use: Use, purposes: tuple[str, ...]) -> tuple[Any, ...]:
    attributes = use.attributes
    return (
        use.model,
        attributes.get(semconv.PROVIDER),
        attributes.get(semconv.DESTINATION),
        str(_cards.weights(use).get("sha256") or ""),
        purposes,
    )


def _fold_failures(groups: dict[tuple[Any, ...], list[tuple[Provenance, Use]]]) -> None:
    """A request that failed has no answering model: it counts with the answers to the same asked-for name."""
    for key in [k for k, pairs in groups.items() if all(u.standing == "failed" for _, u in pairs)]:
        asked = {u.attributes.get(semconv.REQUEST_MODEL) for _, u in groups[key]}
        for other, pairs in groups.items():
            if (
                other != key
                and other[1:3] == key[1:3]
                and any(u.attributes.get(semconv.REQUEST_MODEL) in asked - {None} for _, u in pairs)
            ):
                pairs.extend(groups.pop(key))
                break


def _tool(
    slot: str,
    pairs: Sequence[tuple[Provenance, Use]],
    purposes: tuple[str, ...],
    tasks: tuple[str, ...],
    cards: Sequence[_cards.Card],
    *,
    impact: bool,
) -> Tool:
    uses = [u for _, u in pairs]
    answered = [u for u in uses if u.standing != "failed"] or uses
    head = answered[0]
    model = clean(head.model or "unknown", 300)
    card = next(
        (c for c in cards if c.model == model and (c.sha256 or "") == str(_cards.weights(head).get("sha256") or "")),
        None,
    )
    other: Counter[str] = Counter()
    for use in uses:
        if use.standing in _DEVELOPMENT:
            other[use.standing] += use.count
    usage: Counter[str] = Counter()
    for use in uses:
        usage.update(use.usage)
    spent = [u.seconds for u in uses if u.seconds is not None]
    names = (
        clean(u.attributes.get(semconv.REQUEST_MODEL), 300) for u in uses if u.attributes.get(semconv.REQUEST_MODEL)
    )
    return Tool(
        key=slot,
        model=model,
        reported=bool(head.attributes.get(semconv.RESPONSE_MODEL)),
        asked=tuple(dict.fromkeys(names)),
        card=card,
        provider=_cards._text(head.attributes.get(semconv.PROVIDER)),
        operations=tuple(dict.fromkeys(clean(u.attributes.get(semconv.OPERATION) or "", 100) for u in uses)),
        destination=head.attributes.get(semconv.DESTINATION)
        if head.attributes.get(semconv.DESTINATION) in semconv.DESTINATIONS
        else None,
        purposes=purposes,
        tasks=tasks,
        places=_places((p, u) for p, u in pairs if u.standing in ("shown", "cached")) or _places(pairs),
        subjects=_subjects(pairs, model),
        shown=sum(u.count for u in uses if u.standing == "shown"),
        other=dict(other),
        parameters=_parameters(u for u in uses if u.standing in ("shown", "cached")),
        first=min((u.first for u in uses if u.first), default=None),
        last=max((u.last for u in uses if u.last), default=None),
        incomplete=sum(u.incomplete for u in uses if u.standing == "shown"),
        usage=dict(usage),
        usage_missing=sum(u.usage_missing for u in uses if u.status != "failed"),
        seconds=round(sum(spent), 3) if spent else None,
        inferred=sum(u.count for u in uses if u.evidence == "inferred"),
        impact=_impact.estimate(answered) if impact else None,
    )


def _places(pairs: Iterable[tuple[Provenance, Use]]) -> tuple[Place, ...]:
    found: dict[str | None, tuple[set[int], set[int], list[bool]]] = {}
    for provenance, use in pairs:
        cells, executions, outside = found.setdefault(provenance.notebook, (set(), set(), [False]))
        if use.cell_index is not None:
            cells.add(use.cell_index + 1)
        elif use.execution_count:
            executions.add(use.execution_count)
        else:
            outside[0] = True
    return tuple(
        Place(clean(name, 255) if name else None, tuple(sorted(c)), tuple(sorted(x)), outside=o[0])
        for name, (c, x, o) in found.items()
    )


def _subjects(pairs: Sequence[tuple[Provenance, Use]], model: str) -> dict[str, tuple[str, ...]]:
    out: dict[str, list[str]] = defaultdict(list)
    executions = {u.execution for _, u in pairs if u.execution}
    alone = {id(p): len({u.model for u in p.uses if u.model and u.standing != "failed"}) == 1 for p, _ in pairs}
    for provenance in dict.fromkeys(id(p) for p, _ in pairs):
        one = next(p for p, _ in pairs if id(p) == provenance)
        for subject, derivation in one.ai_subjects().items():
            models = derivation.get("models") or ()
            if model in models or (not models and (alone[id(one)] or derivation.get("execution") in executions)):
                out[str(derivation.get("kind") or "variable")].append(named(subject))
    return {k: tuple(dict.fromkeys(v)) for k, v in out.items()}


def _parameters(uses: Iterable[Use]) -> dict[str, tuple[Any, ...]]:
    out: dict[str, dict[str, Any]] = defaultdict(dict)
    for use in uses:
        for key, value in use.attributes.items():
            if key.startswith(semconv.REQUEST_PREFIX) and key != semconv.REQUEST_MODEL:
                out[clean(key.removeprefix(semconv.REQUEST_PREFIX), 100)].setdefault(repr(value), value)
    return {k: tuple(clean(v, 200) if isinstance(v, str) else v for v in out[k].values()) for k in sorted(out)}


# ── people's records ─────────────────────────────────────────────────────────────────


def _declared_for(provenance: Provenance, use: Use, kind: str) -> tuple[str, ...]:
    """Declarations that speak of this use: of its cell or of what it made first, then its model, then all."""
    near, model, everywhere = [], [], []
    for one in provenance.declared(kind):
        subject = one.get("subject")
        texts = _texts(one.get("value"), kind)
        if not subject:
            everywhere += texts
        elif subject in {f"model:{use.attributes.get(k)}" for k in (semconv.RESPONSE_MODEL, semconv.REQUEST_MODEL)}:
            model += texts
        elif (use.cell_id and subject == f"cell:{use.cell_id}") or _made_by(provenance, str(subject), use):
            near += texts
    return tuple(dict.fromkeys(near or model or everywhere))


def _made_by(provenance: Provenance, subject: str, use: Use) -> bool:
    derivation = provenance.derivations.get(subject)
    return derivation is not None and bool(use.execution) and derivation.get("execution") == use.execution


def _texts(value: Any, kind: str) -> list[str]:
    """The texts of a declared value: itself, its list, or the entry that says it."""
    if isinstance(value, str):
        return [text] if (text := clean(value)) else []
    if isinstance(value, int) and not isinstance(value, bool):
        return [str(value)]
    if isinstance(value, Mapping):
        for key in ("text", kind, "value", "tasks", "uri", "label"):
            if key in value:
                return _texts(value[key], kind)
        return []
    if isinstance(value, list | tuple):
        return [t for v in value for t in _texts(v, kind)]
    return []


def _stated(provenances: Sequence[Provenance]) -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for kind in ("purpose", "task", "oversight", "privacy", "impact", "usage"):
        texts = [t for p in provenances for d in p.declared(kind) for t in _texts(d.get("value"), kind)]
        if texts:
            out[kind] = tuple(dict.fromkeys(texts))
    return out


def _confirmed(provenances: Sequence[Provenance]) -> tuple[str, ...]:
    """Sentences that a person confirmed, each by a record that names that very sentence."""
    found = set()
    for provenance in provenances:
        for one in provenance.declared("confirmed"):
            value = one.get("value")
            if value is False or (isinstance(value, Mapping) and value.get("confirmed") is False):
                continue
            named = [one.get("subject"), value, value.get("sentence") if isinstance(value, Mapping) else None]
            found |= {str(n).removeprefix("statement:") for n in named if isinstance(n, str)}
    return tuple(c for c in CONFIRMATIONS if c in found)


def _people(provenances: Sequence[Provenance]) -> tuple[Mapping[str, str], ...]:
    out: dict[str, dict[str, str]] = {}
    for provenance in provenances:
        for one in provenance.declared("person"):
            value = one.get("value")
            person = (
                value
                if isinstance(value, Mapping)
                else one.get("by")
                if not isinstance(value, str)
                else {"name": value}
            )
            if isinstance(person, Mapping) and person.get("name"):
                entry = {k: clean(person[k], 200) for k in ("name", "orcid", "role") if person.get(k)}
                out[entry["name"]] = entry
    return tuple(out.values())


def _prompt(declaration: Event) -> dict[str, str] | None:
    """A template that a person gave or confirmed; a proposal is not published."""
    value = declaration.get("value")
    if isinstance(value, str):
        return {"name": clean(declaration.get("subject") or "", 200), "template": clean(value)}
    if not isinstance(value, Mapping) or value.get("confirmed") is False or declaration.get("status") == "proposed":
        return None
    out = {k: clean(value[k]) for k in ("name", "template", "system", "withheld", "place") if value.get(k)}
    out.setdefault("name", clean(declaration.get("subject") or "", 200))
    return out if {"template", "withheld", "place", "system"} & set(out) else None


def _outside(declaration: Event) -> dict[str, str] | None:
    """A tool used outside the notebook's kernel, as a person declared it; not one of the recorded models."""
    subject, value = declaration.get("subject"), declaration.get("value")
    if isinstance(subject, str) and subject.startswith("model:"):
        return None
    if isinstance(value, str):
        return {"tool": clean(value)}
    if not isinstance(value, Mapping):
        return None
    out = {
        k: clean(value[k])
        for k in ("tool", "name", "model", "version", "maker", "purpose", "dates", "where")
        if value.get(k)
    }
    if "name" in out:
        out.setdefault("tool", out.pop("name"))
    return out if "tool" in out or "model" in out else None


def _positions(provenance: Provenance) -> dict[str, int]:
    return {c.id: c.index + 1 for c in provenance.cells if c.id}


def _checks(provenance: Provenance, numbered: Mapping[str, int]) -> Iterable[Check]:
    sources = {c.id: c.source_sha256 for c in provenance.cells if c.id}
    for one in provenance.reviews.values():
        subject, units, by = (_mapping(one.get(k)) for k in ("subject", "units", "by"))
        cell = subject.get("cell_id") or one.get("cell_id")
        kept = sources.get(cell) if cell else None
        read = _count(units.get("read"))
        method = str(one.get("method") or "other")
        total = _count(units.get("total"))
        yield Check(
            subject=named(subject.get("name") or ""),
            kind=str(subject.get("kind") or "cell"),
            cell=numbered.get(str(cell)) if cell else None,
            status=str(one.get("status") or "unverified"),
            stale=bool(kept and one.get("source_sha256") and kept != one["source_sha256"]),
            who=clean(by["name"], 200) if by.get("name") else None,
            orcid=clean(by["orcid"], 100) if by.get("orcid") else None,
            identity=str(by["identity"]) if by.get("identity") in ("asserted", "authenticated") else None,
            method=method if method in ("read-all", "sampled", "compared", "rerun") else "other",
            unit=clean(units.get("unit") or ("rows" if subject.get("kind") in ("rows", "column") else "cells"), 50),
            total=total,
            read=read if read is not None else (total if method == "read-all" else None),
            corrected=_count(units.get("corrected")) or 0,
            rejected=_count(units.get("rejected")) or 0,
            notebook=provenance.notebook,
            note=clean(one["note"], 500) if one.get("note") else None,
        )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


# ── results, coverage ────────────────────────────────────────────────────────────────


def _made(provenance: Provenance) -> Iterable[Made]:
    numbered = _positions(provenance)
    for subject, one in provenance.ai_subjects().items():
        file = one.get("file")
        yield Made(
            subject=named(subject),
            kind=str(one.get("kind") or "variable"),
            origin=str(one.get("origin")),
            evidence=str(one.get("evidence") or "inferred"),
            confidence=one.get("confidence") if one.get("confidence") in semconv.CONFIDENCE else None,
            models=tuple(clean(m, 300) for m in one.get("models") or () if isinstance(m, str)),
            rows_ai=_count(one.get("rows_ai")),
            rows_total=_count(one.get("rows_total")),
            rows_edited=_count(one.get("rows_edited")),
            notebook=provenance.notebook,
            cell=numbered.get(str(one.get("cell_id"))),
            file=dict(file) if isinstance(file, Mapping) else None,
        )


def _written(provenance: Provenance) -> Iterable[Written]:
    numbered = _positions(provenance)
    latest: dict[str, Event] = {}
    own = {
        str(d.get("subject"))
        for d in provenance.declared("authorship")
        if _mapping(d.get("value")).get("origin") == "human"
    }
    for one in provenance.authorship:
        if one.get("origin") in semconv.AI_ORIGINS:
            latest[str(one.get("cell_id") or one.get("source_sha256"))] = one
    for one in latest.values():
        share = one.get("share")
        pair = (float(share[0]), float(share[1])) if isinstance(share, list | tuple) and len(share) == 2 else None
        yield Written(
            notebook=provenance.notebook,
            cell=numbered.get(str(one.get("cell_id"))),
            origin=str(one["origin"]),
            tool=clean(one["tool"], 200) if one.get("tool") else None,
            model=clean(one["model"], 300) if one.get("model") else None,
            share=pair,
            evidence=str(one.get("evidence") or "inferred"),
            edited=f"cell:{one.get('cell_id')}" in own,
        )


def _screening(provenances: Sequence[Provenance]) -> dict[str, int]:
    """Findings by type; a screening that found nothing leaves nothing here."""
    found: Counter[str] = Counter()
    for provenance in provenances:
        for call in provenance.invocations.values():
            scan = call.get("privacy_scan")
            for one in (scan.get("findings") or ()) if isinstance(scan, Mapping) else ():
                if isinstance(one, Mapping) and one.get("type"):
                    found[clean(one["type"], 100)] += _count(one.get("count")) or 0
    return {k: n for k, n in sorted(found.items()) if n}


def _coverage(provenances: Sequence[Provenance]) -> Iterable[Mapping[str, Any]]:
    for provenance in provenances:
        for session in provenance.sessions.values():
            if isinstance(session.get("coverage"), Mapping):
                yield session["coverage"]


def _hooked(provenances: Sequence[Provenance]) -> tuple[str, ...]:
    return tuple(sorted({clean(n, 100) for c in _coverage(provenances) for n in c.get("hooked") or ()}))


def _gaps(provenances: Sequence[Provenance]) -> tuple[dict[str, int], tuple[tuple[str, str], ...]]:
    """Reasons with their counts, and the details that records give; coverage counters are gaps too."""
    counts: Counter[str] = Counter()
    details: dict[tuple[str, str], None] = {}
    for provenance in provenances:
        for gap in provenance.gaps:
            reason = clean(gap.get("reason") or "unknown", 100)
            counts[reason] += _count(gap.get("count")) or 1
            if gap.get("detail"):
                details[reason, clean(gap["detail"], 300)] = None
        counts["no-end"] += sum(u.count for u in provenance.uses if u.status == "started")
    for coverage in _coverage(provenances):
        for name in coverage.get("not_covered") or ():
            counts["not-covered"] += 1
            details["not-covered", clean(name, 100)] = None
        counts["reader-failed"] = max(counts["reader-failed"], _count(coverage.get("unparsed")) or 0)
        for key, reason in (("child_processes", "child-process"), ("shell_cells", "shell-command")):
            counts[reason] = max(counts[reason], _count(coverage.get(key)) or 0)
    return {k: n for k, n in counts.items() if n}, tuple(details)


def _writer(provenances: Sequence[Provenance]) -> str | None:
    for provenance in provenances:
        for session in provenance.sessions.values():
            tool = session.get("tool")
            if isinstance(tool, Mapping) and tool.get("name"):
                return clean(f"{tool['name']} {tool.get('version') or ''}", 100).strip()
            if isinstance(tool, str):
                return clean(tool, 100)
    return None


def _labelled(provenances: Sequence[Provenance]) -> bool:
    """True when files were written and every session labelled them."""
    policies = [s.get("policy") for p in provenances for s in p.sessions.values()]
    labelled = bool(policies) and all(
        isinstance(p, Mapping) and p.get("mark_files") in ("beside", "inside") for p in policies
    )
    return labelled and any(d.get("kind") == "file" for p in provenances for d in p.ai_subjects().values())
