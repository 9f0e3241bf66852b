"""W3C PROV-JSON of the record."""

from __future__ import annotations

import json
from typing import Any, Final

from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.exporters._prov import NAMESPACES, document
from jupyter_aiprov.provenance import Provenance

NAME = "prov"
EXTENSION = ".prov.json"

ROLES: Final = {
    "wasGeneratedBy": ("prov:entity", "prov:activity"),
    "used": ("prov:activity", "prov:entity"),
    "wasAssociatedWith": ("prov:activity", "prov:agent"),
    "actedOnBehalfOf": ("prov:delegate", "prov:responsible"),
    "wasAttributedTo": ("prov:entity", "prov:agent"),
    "wasDerivedFrom": ("prov:generatedEntity", "prov:usedEntity"),
    "wasInfluencedBy": ("prov:influencee", "prov:influencer"),
}


def export(provenance: Provenance) -> str:
    """PROV-JSON; the same bytes for the same record."""
    doc = document(provenance)
    out: dict[str, Any] = {"prefix": dict(NAMESPACES)}
    for kind, records in (("agent", doc.agents), ("activity", doc.activities), ("entity", doc.entities)):
        if records:
            out[kind] = {id_: {k: _typed(k, v) for k, v in attributes.items()} for id_, attributes in records.items()}
    for n, (kind, first, second, attributes) in enumerate(doc.relations):
        a, b = ROLES[kind]
        out.setdefault(kind, {})[f"_:r{n}"] = {a: first, b: second, **{k: _typed(k, v) for k, v in attributes.items()}}
    return json.dumps(out, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _typed(key: str, value: Any) -> Any:
    if key == "prov:type":
        return {"$": value, "type": "prov:QUALIFIED_NAME"}
    if key in ("prov:startTime", "prov:endTime"):
        return value
    if isinstance(value, float):
        return {"$": repr(value), "type": "xsd:double"}
    return clean(value) if isinstance(value, str) else value
