"""Croissant 1.1 with RAI 1.0: one record set per table, the AI origin on each Field.

Describes data without giving any of it: no example, no value, no digest of a row. What the format
requires and nobody stated is written as "not stated", never made up.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from jupyter_aiprov import semconv
from jupyter_aiprov.exporters._cards import cards
from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.exporters._facts import facts, people
from jupyter_aiprov.exporters.passport import datasets
from jupyter_aiprov.provenance import Event, Provenance
from jupyter_aiprov.words import word

NAME = "croissant"
EXTENSION = ".croissant.json"

CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "digitalSourceType": {"@id": "https://schema.org/digitalSourceType", "@type": "@id"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_NOT_STATED: Final = "not stated"
# What the passport asks of people -> where Croissant and RAI have a place for the answer.
_ANSWERS: Final = {
    "collection": "rai:dataCollection",
    "period": "rai:dataCollectionTimeframe",
    "source": "rai:dataCollectionRawData",
    "personal": "rai:personalSensitiveInformation",
    "sensitive": "rai:personalSensitiveInformation",
    "biases": "rai:dataBiases",
    "limitations": "rai:dataLimitations",
    "uses": "rai:dataUseCases",
    "maintenance": "rai:dataReleaseMaintenancePlan",
}
_TYPES: Final = {
    ".csv": "text/csv",
    ".parquet": "application/x-parquet",
    ".json": "application/json",
    ".tsv": "text/tab-separated-values",
    ".jsonl": "application/jsonlines",
}


def export(provenance: Provenance) -> str:
    """The metadata as JSON-LD; the same bytes for the same record."""
    known = facts([provenance], impact=False)
    models = {c.model: c for c in cards([provenance])}
    subjects = provenance.ai_subjects()
    files = {s: d for s, d in subjects.items() if isinstance(d.get("file"), dict) and d["file"].get("name")}
    title = known.notebooks[0] if known.notebooks else "notebook"
    answers = _answers(provenance)
    dates = sorted(str(e.get("time"))[:10] for e in provenance.events if e.get("time"))
    out: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": _id(f"data of {title}"),
        "description": " ".join(answers.get("description") or [])
        or clean(f"Data of {title} that hold AI content, as recorded by jupyter_aiprov."),
        "license": "; ".join(answers.get("licence") or [_NOT_STATED]),
        "url": "https://example.org/not-stated",
        "datePublished": dates[-1] if dates else "1970-01-01",
        "version": "1.0.0",
        "creator": [{"@type": "sc:Person", "name": p["name"]} for p in known.people]
        or [{"@type": "sc:Person", "name": name} for name in answers.get("creator") or [_NOT_STATED]],
        "distribution": [_file(s, d) for s, d in files.items()],
        "recordSet": _record_sets(files),
    }
    if models:
        out["rai:machineAnnotationTools"] = [f"{m}{f' ({c.maker})' if c.maker else ''}" for m, c in models.items()]
    if checks := [
        f"{c.subject or 'cell'}: {c.read} of {c.total} {c.unit} read, {c.corrected} corrected"
        for c in known.checks
        if c.read is not None and not c.stale
    ]:
        out["rai:dataAnnotationAnalysis"] = checks
    # a Field must have a file as its source: columns that stayed in memory are told of in words
    if columns := [_in_memory(s, d) for s, d in subjects.items() if d.get("kind") == "column"]:
        out["rai:dataAnnotationProtocol"] = columns
    for name, key in _ANSWERS.items():
        if answers.get(name):
            out[key] = [*out.get(key, ()), *answers[name]]
    if known.stated.get("impact"):
        out["rai:dataLimitations"] = [*out.get("rai:dataLimitations", ()), *known.stated["impact"]]
    return json.dumps(out, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _answers(provenance: Provenance) -> dict[str, list[str]]:
    """What people answered in the passports of this notebook's datasets, in English where they gave both."""
    out: dict[str, list[str]] = {}
    for one in datasets(provenance):
        for name, said in one.answers.items():
            out.setdefault(name, []).extend(t for t in people.texts(said, "text", "en") if t not in out.get(name, ()))
    return out


def _in_memory(subject: str, derivation: Event) -> str:
    models = ", ".join(clean(m, 300) for m in derivation.get("models") or ()) or "a model not recorded"
    return f"column {clean(subject, 300)}: {word(clean(derivation.get('origin')), 'en')}; model {models}"


def _id(text: str) -> str:
    """An identifier or name that holds nothing a JSON-LD reader could take for a URL or keyword."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", clean(text)).strip("_.-")[:200] or "unnamed"


def _file(subject: str, derivation: Event) -> dict[str, Any]:
    file = derivation["file"]
    name = clean(file["name"], 255)
    suffix = "." + name.rpartition(".")[2].lower()
    out: dict[str, Any] = {
        "@type": "cr:FileObject",
        "@id": _id(f"file-{subject}"),
        "name": _id(name),
        "contentUrl": re.sub(r"[^A-Za-z0-9._-]", "_", name),
        "encodingFormat": _TYPES.get(suffix, "application/octet-stream"),
        "sha256": file["sha256"] if re.fullmatch(r"[0-9a-f]{64}", str(file.get("sha256"))) else "0" * 64,
        "digitalSourceType": semconv.DIGITAL_SOURCE_TYPES.get(
            str(derivation.get("origin")), semconv.DIGITAL_SOURCE_TYPES["unknown"]
        ),
    }
    if isinstance(file.get("bytes"), int):
        out["contentSize"] = f"{file['bytes']} B"
    return out


def _record_sets(files: dict[str, Event]) -> list[dict[str, Any]]:
    sets: list[dict[str, Any]] = []
    for subject, derivation in files.items():
        columns = derivation["file"].get("columns")
        if isinstance(columns, dict) and columns:
            table = _id(f"table-{derivation['file']['name']}")
            fields = [_field(table, c, str(o), derivation, _id(f"file-{subject}")) for c, o in columns.items()]
            sets.append({"@type": "cr:RecordSet", "@id": table, "name": table, "field": fields})
    return sets


def _field(table: str, column: str, origin: str, derivation: Event, file: str) -> dict[str, Any]:
    known = origin if origin in semconv.ORIGINS else "unknown"
    out: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table}/{_id(column)}",
        "name": _id(column),
        "description": f"origin: {known}",
        "dataType": "sc:Text",
        "digitalSourceType": semconv.DIGITAL_SOURCE_TYPES[known],
    }
    out["source"] = {"fileObject": {"@id": file}, "extract": {"column": clean(column, 300)}}
    if known in semconv.AI_ORIGINS:
        agents = [{"@type": "prov:SoftwareAgent", "name": clean(m, 300)} for m in derivation.get("models") or ()]
        if agents:
            out["prov:wasAttributedTo"] = agents
    return out
