"""What people stated, confirmed and checked: every claim about people comes from a record of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.exporters._facts.kinds import CONFIRMATIONS, Check
from jupyter_aiprov.exporters._facts.results import counted, mapped, named, place_of
from jupyter_aiprov.provenance import Event, Provenance, Use
from jupyter_aiprov.words import LANGUAGES, Language


def declared_for(provenance: Provenance, use: Use, kind: str, language: Language) -> tuple[str, ...]:
    """Declarations that speak of this use: of its cell or of what it made first, then its model, then all."""
    near, model, everywhere = [], [], []
    for one in provenance.declared(kind):
        subject = one.get("subject")
        said = texts(one.get("value"), kind, language)
        if not subject:
            everywhere += said
        elif subject in {f"model:{use.attributes.get(k)}" for k in (semconv.RESPONSE_MODEL, semconv.REQUEST_MODEL)}:
            model += said
        elif (use.cell_id and subject == f"cell:{use.cell_id}") or _made_by(provenance, str(subject), use):
            near += said
    return tuple(dict.fromkeys(near or model or everywhere))


def _made_by(provenance: Provenance, subject: str, use: Use) -> bool:
    derivation = provenance.derivations.get(subject)
    return derivation is not None and bool(use.execution) and derivation.get("execution") == use.execution


def texts(value: Any, kind: str, language: Language) -> list[str]:
    """The texts of a declared value: itself, its list, or the entry that says it; of both languages the one asked."""
    if isinstance(value, str):
        return [text] if (text := clean(value)) else []
    if isinstance(value, int) and not isinstance(value, bool):
        return [str(value)]
    if isinstance(value, Mapping):
        for key in (language, *LANGUAGES, "text", kind, "value", "tasks", "uri", "label"):
            if key in value:
                return texts(value[key], kind, language)
        return []
    if isinstance(value, list | tuple):
        return [t for v in value for t in texts(v, kind, language)]
    return []


def stated(provenances: Sequence[Provenance], language: Language) -> dict[str, tuple[str, ...]]:
    """What was declared of the whole work, by kind."""
    out: dict[str, tuple[str, ...]] = {}
    for kind in ("purpose", "task", "oversight", "privacy", "impact", "usage"):
        said = [t for p in provenances for d in p.declared(kind) for t in texts(d.get("value"), kind, language)]
        if said:
            out[kind] = tuple(dict.fromkeys(said))
    return out


def confirmed(provenances: Sequence[Provenance]) -> tuple[str, ...]:
    """Sentences that a person confirmed, each by a record that names that very sentence."""
    found = set()
    for provenance in provenances:
        for one in provenance.declared("confirmed"):
            value = one.get("value")
            if value is False or (isinstance(value, Mapping) and value.get("confirmed") is False):
                continue
            names = [one.get("subject"), value, value.get("sentence") if isinstance(value, Mapping) else None]
            found |= {str(n).removeprefix("statement:") for n in names if isinstance(n, str)}
    return tuple(c for c in CONFIRMATIONS if c in found)


def people(provenances: Sequence[Provenance]) -> tuple[Mapping[str, str], ...]:
    """Persons whom declarations name, each once."""
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


def prompt(declaration: Event) -> dict[str, str] | None:
    """A template that a person gave or confirmed; a proposal is not published."""
    value = declaration.get("value")
    if isinstance(value, str):
        return {"name": clean(declaration.get("subject") or "", 200), "template": clean(value)}
    if not isinstance(value, Mapping) or value.get("confirmed") is False or declaration.get("status") == "proposed":
        return None
    out = {k: clean(value[k]) for k in ("name", "template", "system", "withheld", "place") if value.get(k)}
    out.setdefault("name", clean(declaration.get("subject") or "", 200))
    return out if {"template", "withheld", "place", "system"} & set(out) else None


def outside(declaration: Event) -> dict[str, str] | None:
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


def checks(provenance: Provenance) -> Iterable[Check]:
    """Review records; stale where the source changed since."""
    place = place_of(provenance)
    sources = {c.id: c.source_sha256 for c in provenance.cells if c.id}
    for one in provenance.reviews.values():
        subject, units, by = (mapped(one.get(k)) for k in ("subject", "units", "by"))
        cell = subject.get("cell_id") or one.get("cell_id")
        kept = sources.get(cell) if cell else None
        read = counted(units.get("read"))
        method = str(one.get("method") or "other")
        total = counted(units.get("total"))
        yield Check(
            subject=named(subject.get("name") or ""),
            kind=str(subject.get("kind") or "cell"),
            cell=place({"cell_id": cell}) if cell else None,
            status=str(one.get("status") or "unverified"),
            stale=bool(kept and one.get("source_sha256") and kept != one["source_sha256"]),
            who=clean(by["name"], 200) if by.get("name") else None,
            orcid=clean(by["orcid"], 100) if by.get("orcid") else None,
            identity=str(by["identity"]) if by.get("identity") in ("asserted", "authenticated") else None,
            method=method if method in ("read-all", "sampled", "compared", "rerun") else "other",
            unit=clean(units.get("unit") or ("rows" if subject.get("kind") in ("rows", "column") else "cells"), 50),
            total=total,
            read=read if read is not None else (total if method == "read-all" else None),
            corrected=counted(units.get("corrected")) or 0,
            rejected=counted(units.get("rejected")) or 0,
            notebook=provenance.notebook,
            note=clean(one["note"], 500) if one.get("note") else None,
        )
