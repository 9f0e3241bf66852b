"""The record as W3C PROV statements: agents, activities, entities and what relates them.

One activity per group of alike calls, one entity per result. Identifiers are digests under our own
namespace, so that nothing a record says can be read as an identifier; names are labels.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from jupyter_aiprov import semconv
from jupyter_aiprov.exporters._cards import Card, cards
from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.exporters._facts import Check, facts
from jupyter_aiprov.proof import text_sha256
from jupyter_aiprov.provenance import Provenance, Use

NAMESPACES: Final = {
    "aiprov": "urn:jupyter-aiprov:",
    "gen_ai": "https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#",
}


@dataclass
class Document:
    """PROV statements in order; attributes are (qualified name, value) with plain values."""

    agents: dict[str, dict[str, Any]] = field(default_factory=dict)
    activities: dict[str, dict[str, Any]] = field(default_factory=dict)
    entities: dict[str, dict[str, Any]] = field(default_factory=dict)
    relations: list[tuple[str, str, str, dict[str, Any]]] = field(default_factory=list)  # kind, first, second

    def relate(self, kind: str, first: str, second: str, **attributes: Any) -> None:
        """Add a relation once."""
        if (kind, first, second, attributes) not in self.relations:
            self.relations.append((kind, first, second, attributes))


def name(kind: str, text: str) -> str:
    """A qualified name from whatever text: `aiprov:model-1a2b…`."""
    return f"aiprov:{kind}-{text_sha256(text)[:20]}"


def document(provenance: Provenance) -> Document:
    """The statements of one notebook."""
    known = facts([provenance], impact=False)
    doc = Document()
    notebook = name("notebook", provenance.notebook or "notebook")
    doc.entities[notebook] = {"prov:type": "aiprov:Notebook", "prov:label": clean(provenance.notebook or "notebook")}
    people = [_person(doc, dict(p)) for p in known.people]
    for card in cards([provenance]):
        _model(doc, card, people)
    made_by: dict[str, list[str]] = {}
    seen: Counter[str] = Counter()
    for use in provenance.uses:
        activity = _use(doc, use, seen, notebook)
        if use.standing in ("shown", "cached"):
            made_by.setdefault(use.execution, []).append(activity)
    _results(doc, provenance, made_by, notebook)
    _sources(doc, provenance, notebook)
    for check in known.checks:
        _review(doc, check)
    return doc


def _person(doc: Document, person: dict[str, str]) -> str:
    id_ = name("person", person.get("orcid") or person["name"])
    doc.agents[id_] = {"prov:type": "prov:Person", "prov:label": person["name"]}
    if person.get("orcid"):
        doc.agents[id_]["aiprov:orcid"] = person["orcid"]
    return id_


def _model(doc: Document, card: Card, people: list[str]) -> None:
    id_ = name("model", f"{card.model}|{card.sha256 or ''}")
    doc.agents[id_] = {"prov:type": "prov:SoftwareAgent", "prov:label": card.model, "aiprov:reported": card.reported}
    for key in ("revision", "repository", "sha256", "quantisation", "licence"):
        if value := getattr(card, key):
            doc.agents[id_][f"aiprov:{key}"] = value
    if card.maker:
        maker = name("organisation", card.maker)
        doc.agents[maker] = {"prov:type": "prov:Organization", "prov:label": card.maker}
        doc.relate("actedOnBehalfOf", id_, maker)
    for person in people:
        doc.relate("actedOnBehalfOf", id_, person)


def _use(doc: Document, use: Use, seen: Counter[str], notebook: str) -> str:
    key = f"{use.execution}|{use.id}|{use.standing}|{use.cell_index}"
    seen[key] += 1
    id_ = name("use", f"{key}|{seen[key]}")
    attributes: dict[str, Any] = {
        "prov:type": "aiprov:Invocations",
        "prov:label": clean(f"{use.attributes.get(semconv.OPERATION) or 'call'} ×{use.count}"),
        "aiprov:count": use.count,
        "aiprov:status": use.status,
        "aiprov:standing": use.standing,
        "aiprov:evidence": use.evidence,
    }
    if use.cell_index is not None:
        attributes["aiprov:cell"] = use.cell_index + 1
    for key_, value in sorted({**use.attributes, **use.usage}.items()):
        if key_.startswith("gen_ai.") and isinstance(value, str | int | float | bool):
            attributes[f"gen_ai:{_local(key_.removeprefix('gen_ai.'))}"] = (
                clean(value) if isinstance(value, str) else value
            )
    if use.attributes.get(semconv.DESTINATION):
        attributes["aiprov:destination"] = clean(use.attributes[semconv.DESTINATION])
    if use.first:
        attributes["prov:startTime"], attributes["prov:endTime"] = use.first, use.last or use.first
    doc.activities[id_] = attributes
    weights = use.attributes.get("weights")
    digest = weights.get("sha256") if isinstance(weights, dict) else None
    model = name("model", f"{clean(use.model or '', 300)}|{digest or ''}")
    if model in doc.agents:
        doc.relate("wasAssociatedWith", id_, model)
    doc.relate("used", id_, notebook)
    return id_


def _local(text: str) -> str:
    """A local name of letters, digits, dots, hyphens and underscores."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in text).strip(".") or "attribute"


def _results(doc: Document, provenance: Provenance, made_by: dict[str, list[str]], notebook: str) -> None:
    ids = {s: name("entity", s) for s in provenance.ai_subjects()}
    for subject, one in provenance.ai_subjects().items():
        origin = str(one.get("origin"))
        attributes: dict[str, Any] = {
            "prov:type": f"aiprov:{_local(str(one.get('kind') or 'variable'))}",
            "prov:label": clean(subject),
            "aiprov:origin": origin,
            "aiprov:digitalSourceType": semconv.DIGITAL_SOURCE_TYPES.get(
                origin, semconv.DIGITAL_SOURCE_TYPES["unknown"]
            ),
            "aiprov:evidence": clean(one.get("evidence") or "inferred"),
        }
        for key in ("rows_ai", "rows_total", "rows_edited"):
            if isinstance(one.get(key), int):
                attributes[f"aiprov:{key}"] = one[key]
        file = one.get("file")
        if isinstance(file, dict) and file.get("sha256"):
            attributes["aiprov:sha256"] = clean(file["sha256"], 64)
        doc.entities[ids[subject]] = attributes
        if origin == "ai-generated":
            for activity in made_by.get(str(one.get("execution") or ""), ()):
                doc.relate("wasGeneratedBy", ids[subject], activity)
        for model in one.get("models") or ():
            agent = name("model", f"{clean(model, 300)}|")
            if agent in doc.agents:  # what code computed from answers is not the model's own
                doc.relate("wasInfluencedBy" if origin == "ai-derived" else "wasAttributedTo", ids[subject], agent)
        for root in one.get("path") or ():
            if root in ids and root != subject:
                doc.relate("wasDerivedFrom", ids[subject], ids[root])
        doc.relate("wasInfluencedBy", ids[subject], notebook)


def _sources(doc: Document, provenance: Provenance, notebook: str) -> None:
    """Sources of cells that an AI drafted; what a person edited is a revision of the draft."""
    for one in provenance.authorship:
        if one.get("origin") not in semconv.AI_ORIGINS:
            continue
        place = str(one.get("cell_id") or one.get("source_sha256"))
        source, draft = name("source", f"{place}|{one.get('source_sha256')}"), name("draft", place)
        author = clean(one.get("model") or one.get("tool") or "AI not named", 300)
        agent = name("model", f"{author}|")
        doc.agents.setdefault(agent, {"prov:type": "prov:SoftwareAgent", "prov:label": author})
        doc.entities[source] = {
            "prov:type": "aiprov:CellSource",
            "prov:label": clean(f"source of cell {place}", 300),
            "aiprov:origin": str(one["origin"]),
            "aiprov:evidence": clean(one.get("evidence") or "inferred"),
            "aiprov:sha256": clean(one.get("source_sha256") or "", 64),
        }
        written = source
        if one["origin"] == "ai-assisted":
            doc.entities[draft] = {"prov:type": "aiprov:Draft", "prov:label": clean(f"draft of cell {place}", 300)}
            doc.relate("wasDerivedFrom", source, draft, **{"prov:type": "prov:Revision"})  # PROV's wasRevisionOf
            written = draft
        doc.relate("wasAttributedTo", written, agent)
        doc.relate("wasInfluencedBy", source, notebook)


def _review(doc: Document, check: Check) -> None:
    subject = name("entity", check.subject)
    if subject not in doc.entities:
        doc.entities[subject] = {
            "prov:type": f"aiprov:{_local(check.kind)}",
            "prov:label": check.subject or (f"cell {check.cell}" if check.cell else "cell"),
        }
    id_ = name("review", f"{check.subject}|{check.cell}|{check.who}|{check.method}|{check.status}|{check.read}")
    doc.activities[id_] = {
        "prov:type": "aiprov:Review",
        "aiprov:status": check.status,
        "aiprov:stale": check.stale,
        "aiprov:method": check.method,
        **{
            f"aiprov:{k}": v
            for k in ("unit", "total", "read", "corrected", "rejected")
            if (v := getattr(check, k)) is not None
        },
    }
    doc.relate("used", id_, subject)
    if check.who:
        person = _person(doc, {"name": check.who, **({"orcid": check.orcid} if check.orcid else {})})
        doc.agents[person]["aiprov:identity"] = check.identity or "asserted"
        doc.relate("wasAssociatedWith", id_, person)
