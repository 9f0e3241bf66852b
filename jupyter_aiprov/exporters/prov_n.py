"""W3C PROV-N of the record: the same statements as `prov`, in the notation that people read."""

from __future__ import annotations

from typing import Any

from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.exporters._prov import NAMESPACES, document
from jupyter_aiprov.provenance import Provenance

NAME = "prov-n"
EXTENSION = ".provn"


def export(provenance: Provenance) -> str:
    """PROV-N; the same text for the same record."""
    doc = document(provenance)
    lines = ["document", *(f"  prefix {p} <{uri}>" for p, uri in NAMESPACES.items()), ""]
    lines += [f"  agent({id_}{_attributes(a)})" for id_, a in doc.agents.items()]
    for id_, a in doc.activities.items():
        start, end = a.get("prov:startTime", "-"), a.get("prov:endTime", "-")
        rest = {k: v for k, v in a.items() if k not in ("prov:startTime", "prov:endTime")}
        lines.append(f"  activity({id_}, {start}, {end}{_attributes(rest)})")
    lines += [f"  entity({id_}{_attributes(a)})" for id_, a in doc.entities.items()]
    for kind, first, second, attributes in doc.relations:
        middle = f"{first}, {second}" + (", -" if kind in ("wasGeneratedBy", "used", "wasAssociatedWith") else "")
        lines.append(f"  {kind}({middle}{_attributes(attributes)})")
    return "\n".join([*lines, "endDocument"]) + "\n"


def _attributes(attributes: dict[str, Any]) -> str:
    if not attributes:
        return ""
    return ", [" + ", ".join(f"{k}={_value(k, v)}" for k, v in attributes.items()) + "]"


def _value(key: str, value: Any) -> str:
    if key == "prov:type":
        return f"'{value}'"
    if isinstance(value, bool):
        return f'"{str(value).lower()}" %% xsd:boolean'
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f'"{value!r}" %% xsd:double'
    text = clean(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
