"""RO-Crate 1.1 with the Process Run Crate 0.5 profile, as a zip: what an archive takes.

Holds the notebook, the record, the statement, the content-free journal, the environment, and exported
data with their passports where the files lie beside the notebook and are still the ones recorded.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from jupyter_aiprov import semconv
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.exporters import _facts, available
from jupyter_aiprov.exporters._cards import Card, cards
from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.proof import text_sha256
from jupyter_aiprov.provenance import Event, Provenance, Use

NAME = "ro-crate"
EXTENSION = ".crate.zip"
PROFILE: Final = "https://w3id.org/ro/wfrun/process/0.5"
_CONTEXT: Final[list[Any]] = [
    "https://w3id.org/ro/crate/1.1/context",
    {
        "digitalSourceType": {"@id": "https://schema.org/digitalSourceType", "@type": "@id"},
        "sha256": "https://w3id.org/ro/terms/workflow-run#sha256",
    },
]
_LICENCE: Final = "https://jupyter-aiprov.example/licence-not-stated"


def export(
    provenance: Provenance,
    notebook: Mapping[str, Any] | None = None,
    path: Path | str | None = None,
    journal: Path | str | None = None,
    events: Iterable[Event] | None = None,
    language: str = "en",
    data: bool = True,
) -> bytes:
    """The crate's bytes; the same for the same record, notebook and files."""
    files = dict(_files(provenance, notebook, path, journal, events, language))
    if data and path is not None and not provenance.declared("confidential"):
        files.update(_exported(provenance, Path(path).parent))
    metadata = json.dumps(crate(provenance, files), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [("ro-crate-metadata.json", metadata.encode()), *sorted(files.items())]:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _files(
    provenance: Provenance,
    notebook: Mapping[str, Any] | None,
    path: Path | str | None,
    journal: Path | str | None,
    events: Iterable[Event] | None,
    language: str,
) -> Iterator[tuple[str, bytes]]:
    name = _name(provenance.notebook or "notebook.ipynb")
    if path is not None and Path(path).is_file():
        yield name, Path(path).read_bytes()
    elif notebook is not None:
        yield name, (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")
    others = available()
    yield "aiprov.json", others["json"].export(provenance).encode("utf-8", "backslashreplace")
    yield f"use-of-ai-systems.{language}.md", others["statement"].export(provenance, language=language).encode()
    passport: str = others["passport"].export(provenance, language=language)
    yield f"data-passport.{language}.md", passport.encode("utf-8", "backslashreplace")
    with suppress(UsageError):  # a notebook without its journal still makes a crate
        yield (
            "aiprov-audit-log.jsonl",
            others["audit-log"].export(provenance, journal, events).encode("utf-8", "surrogateescape"),
        )
    if lock := _environment(provenance):
        yield "requirements.txt", lock.encode()


def _name(text: str) -> str:
    """A plain file name: no folder, nothing but word characters, dots and hyphens."""
    return re.sub(r"[^\w.-]+", "_", Path(clean(text, 200)).name).lstrip(".") or "file"


def _environment(provenance: Provenance) -> str:
    lines: dict[str, None] = {}
    for session in provenance.sessions.values():
        environment = session.get("environment")
        if not isinstance(environment, Mapping):
            continue
        if environment.get("python"):
            lines[f"# Python {clean(environment['python'], 100)}, {clean(environment.get('platform') or '', 200)}"] = (
                None
            )
        packages = environment.get("packages")
        for name, version in sorted(packages.items()) if isinstance(packages, Mapping) else ():
            if re.fullmatch(r"[A-Za-z0-9._-]+", str(name)) and re.fullmatch(r"[A-Za-z0-9.!+_-]+", str(version)):
                lines[f"{name}=={version}"] = None
    return "\n".join(lines) + "\n" if lines else ""


def _exported(provenance: Provenance, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Recorded files that are still the same, each with the passport beside it."""
    for one in provenance.ai_subjects().values():
        file = one.get("file")
        name = file.get("name") if isinstance(file, Mapping) else None
        if not isinstance(name, str) or name != Path(name).name or not isinstance(file, Mapping):
            continue
        source = folder / name
        if source.is_symlink() or not source.is_file():
            continue
        content = source.read_bytes()
        if hashlib.sha256(content).hexdigest() == file.get("sha256"):
            yield f"data/{_name(name)}", content
            passport = folder / f"{name}-metadata.json"
            if passport.is_file() and not passport.is_symlink():
                yield f"data/{_name(passport.name)}", passport.read_bytes()


# ── metadata ─────────────────────────────────────────────────────────────────────────


def crate(provenance: Provenance, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The JSON-LD graph; every value from the record is a string, never an object of its own."""
    known = _facts.facts([provenance], impact=False)
    found = cards([provenance])
    people = [_person(p) for p in known.people]
    actions = [_action(n, u, provenance, files, people) for n, u in enumerate(provenance.uses)]
    dates = sorted(str(e.get("time")) for e in provenance.events if e.get("time"))
    title = known.notebooks[0] if known.notebooks else "notebook"
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"{title} with its record of AI use",
        "description": f"The notebook {title}, its record of the use of AI systems, and the data that came of it.",
        "datePublished": (dates[-1] if dates else "1970-01-01")[:10],
        "conformsTo": {"@id": PROFILE},
        "license": {"@id": _LICENCE},
        "hasPart": [{"@id": name} for name in sorted(files)],
    }
    if people:
        root["author"] = [{"@id": p["@id"]} for p in people]
    if actions:
        root["mentions"] = {"@id": actions[0]["@id"]} if len(actions) == 1 else [{"@id": a["@id"]} for a in actions]
    makers = {
        c.maker: {"@id": _urn("organisation", c.maker), "@type": "Organization", "name": c.maker}
        for c in found
        if c.maker
    }
    graph: list[dict[str, Any]] = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "about": {"@id": "./"},
        },
        root,
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        {
            "@id": _LICENCE,
            "@type": "CreativeWork",
            "name": "Licence not stated",
            "description": "The authors have not stated a licence in the record.",
        },
        *(_part(name, content, provenance) for name, content in sorted(files.items())),
        *(_model(c) for c in found),
        *makers.values(),
        *people,
        *actions,
    ]
    if any("object" in a and _urn("model", "unknown") == a["instrument"]["@id"] for a in actions):
        graph.append(
            {
                "@id": _urn("model", "unknown"),
                "@type": "SoftwareApplication",
                "name": "model not recorded",
                "url": _urn("model", "unknown"),
                "softwareVersion": "not recorded",
            }
        )
    return {"@context": _CONTEXT, "@graph": graph}


def _urn(kind: str, text: str) -> str:
    """An absolute address of our own namespace: what the record says stays out of it."""
    return f"https://jupyter-aiprov.example/{kind}/{text_sha256(text)[:20]}"


def _model_id(model: str | None, sha256: str | None) -> str:
    return _urn("model", f"{clean(model, 300)}|{sha256 or ''}" if model else "unknown")


def _model(card: Card) -> dict[str, Any]:
    id_ = _model_id(card.model, card.sha256)
    out: dict[str, Any] = {
        "@id": id_,
        "@type": "SoftwareApplication",
        "name": card.asked[0] if card.asked else card.model,
        "softwareVersion": card.revision or card.model,
        "url": card.url or id_,
    }
    if card.maker:
        out["publisher"] = {"@id": _urn("organisation", card.maker)}
    return out


def _person(person: Mapping[str, str]) -> dict[str, Any]:
    found = re.search(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", person.get("orcid", ""))
    return {
        "@id": f"https://orcid.org/{found.group()}" if found else _urn("person", person["name"]),
        "@type": "Person",
        "name": person["name"],
    }


def _action(
    n: int, use: Use, provenance: Provenance, files: Mapping[str, bytes], people: list[dict[str, Any]]
) -> dict[str, Any]:
    digest = text_sha256(f"{use.execution}|{use.id}|{use.standing}|{n}")
    weights = use.attributes.get("weights")
    failed = use.status in ("failed", "unread")
    model = use.model if use.standing not in ("failed", "withdrawn") else None
    sha = weights.get("sha256") if isinstance(weights, Mapping) else None
    out: dict[str, Any] = {
        "@id": f"urn:uuid:{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}",
        "@type": "CreateAction",
        "name": clean(f"{use.attributes.get(semconv.OPERATION) or 'call'}, {use.count} alike requests, {use.standing}"),
        "instrument": {"@id": _model_id(model, sha)},
        "actionStatus": f"http://schema.org/{'FailedActionStatus' if failed else 'CompletedActionStatus'}",
    }
    if use.first and (start := _time(use.first)):
        out["startTime"], out["endTime"] = start, _time(use.last or use.first) or start
    if people:
        out["agent"] = {"@id": people[0]["@id"]}
    book = _name(provenance.notebook or "notebook.ipynb")
    out["object"] = [{"@id": book}] if book in files else [{"@id": "aiprov.json"}]
    results = [
        f"data/{_name(str(d['file']['name']))}"
        for d in provenance.ai_subjects().values()
        if isinstance(d.get("file"), Mapping)
        and d["file"].get("name")
        and (not use.execution or d.get("execution") == use.execution)
    ]
    kept = [r for r in results if r in files]
    if kept and use.standing == "shown":
        out["result"] = [{"@id": r} for r in kept]
    if failed:
        out["error"] = clean(", ".join(use.errors) or use.status)
    return out


def _time(text: str) -> str | None:
    """RFC 3339 with +00:00 and three or no digits of a second: what the profile's validator takes."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="milliseconds")
    except ValueError:
        return None


_FORMATS: Final = {
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".jsonl": "application/jsonlines",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".csv": "text/csv",
}
_NAMES: Final = {
    "aiprov.json": "Record of AI use",
    "aiprov-audit-log.jsonl": "Journal without texts",
    "requirements.txt": "Packages at run time",
}


def _part(name: str, content: bytes, provenance: Provenance) -> dict[str, Any]:
    suffix = "." + name.rpartition(".")[2]
    out: dict[str, Any] = {
        "@id": name,
        "@type": "File",
        "name": _NAMES.get(name, name),
        "encodingFormat": _FORMATS.get(suffix, "application/octet-stream"),
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    for one in provenance.ai_subjects().values():
        file = one.get("file")
        if isinstance(file, Mapping) and f"data/{_name(str(file.get('name')))}" == name:
            out["digitalSourceType"] = {
                "@id": semconv.DIGITAL_SOURCE_TYPES.get(str(one.get("origin")), semconv.DIGITAL_SOURCE_TYPES["unknown"])
            }
    return out
