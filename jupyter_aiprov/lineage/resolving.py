"""What is shown where people's statements meet evidence.

The rule: a signed declaration wins over inferred evidence and is shown beside it ("inferred AI;
author states …"), never over what was captured or imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

ORIGIN_OF: Final = {"observed": "real-observation", "synthetic": "synthetic", "human": "human"}
WORDS: Final = {
    "ai-generated": ("AI-generated", "contenu généré par IA"),
    "ai-assisted": ("AI-assisted (mixed)", "contenu en partie produit par IA"),
    "ai-derived": ("derived from AI output", "issu d'un résultat d'IA"),
    "synthetic": ("synthetic data", "données synthétiques"),
    "real-observation": ("measured or collected", "mesuré ou recueilli"),
    "human": ("written by a person", "rédigé par une personne"),
    "computed": ("computed", "calculé"),
    "unknown": ("origin not declared", "origine non déclarée"),
}
_EVIDENCE: Final = {
    "captured": ("captured", "(capté)"),
    "inferred": ("inferred", "(déduit)"),
    "imported": ("imported", "(importé)"),
}
_STATES: Final = {
    True: ("author states", "l'auteur déclare"),
    False: ("stated without a name", "déclaré sans nom"),
}


def _last(path: str) -> str:
    return re.split(r"[\\/]", path)[-1] or path


def file_name(source: str) -> str:
    """A source as text; of a path only the last part, since records travel."""
    text = source.strip()
    return _last(text) if re.match(r"([\\/~.]|[A-Za-z]:[\\/])", text) else text


def applies(declaration: Mapping[str, Any], subject: str, files: Iterable[str] = ()) -> bool:
    """True when a declaration speaks of this subject: itself, its frame, or a file that it came from."""
    about = declaration.get("subject")
    if not isinstance(about, str):
        return False
    value = declaration.get("value")
    columns = value.get("columns") if isinstance(value, Mapping) else None
    columns = columns if isinstance(columns, list) else []
    frame, _, column = subject.partition(".")
    if about.startswith("file:") and not subject.startswith("file:"):
        # A file's own name in the subject is not a column: `files` says where the data came from.
        return _last(about.removeprefix("file:")) in {_last(f) for f in files} and (not columns or column in columns)
    if about == subject:
        return True
    return about == frame and not subject.startswith("file:") and (not columns or column in columns)


def subjects_of(declarations: Iterable[Mapping[str, Any]]) -> list[str]:
    """The objects and columns of the notebook whose origin people state."""
    out: dict[str, None] = {}
    for one in declarations:
        about, value = one.get("subject"), one.get("value")
        if str(one.get("kind")) not in ORIGIN_OF or not isinstance(about, str) or about.startswith("file:"):
            continue
        columns = value.get("columns") if isinstance(value, Mapping) else None
        out.update(
            dict.fromkeys([f"{about}.{c}" for c in columns] if isinstance(columns, list) and columns else [about])
        )
    return list(out)


def is_signed(declaration: Mapping[str, Any]) -> bool:
    """True when a person put a name or an ORCID iD to it."""
    by = declaration.get("by")
    return isinstance(by, Mapping) and bool(by.get("name") or by.get("orcid"))


def resolve(
    derivation: Mapping[str, Any] | None,
    declarations: Iterable[Mapping[str, Any]],
    *,
    subject: str | None = None,
    files: Iterable[str] = (),
) -> dict[str, Any]:
    """The origin to show: the derivation's fields, `declared` where a person spoke, `overruled` where that won.

    Of several declarations the latest signed one counts, else the latest. Give only those that stand
    (not withdrawn), oldest first. Without evidence the declaration is what is known.
    """
    name = subject or str((derivation or {}).get("subject") or "")
    origin_files = tuple(files)
    matching = [d for d in declarations if str(d.get("kind")) in ORIGIN_OF and applies(d, name, origin_files)]
    evidence = (
        dict(derivation) if derivation is not None and derivation.get("origin") not in (None, "unknown") else None
    )
    if not matching:
        return evidence or {"subject": name, "origin": "unknown", "evidence": None, "confidence": None}
    stated = next((d for d in reversed(matching) if is_signed(d)), matching[-1])
    declared = {"origin": ORIGIN_OF[str(stated["kind"])], "signed": is_signed(stated), "by": stated.get("by")}
    declared |= {"id": stated["id"]} if "id" in stated else {}
    shown = {
        "origin": declared["origin"],
        "evidence": "declared",
        "confidence": "high" if declared["signed"] else "medium",
    }
    if evidence is None:
        return {**(derivation or {}), "subject": name, **shown, "declared": declared}
    if evidence.get("evidence") == "inferred" and declared["signed"]:
        was = {k: evidence.get(k) for k in ("origin", "evidence", "confidence")}
        return {**evidence, **shown, "declared": declared, "overruled": was}
    return {**evidence, "declared": declared}


def in_words(shown: Mapping[str, Any], language: str = "en") -> str:
    """What `resolve` gave, in a phrase: "inferred AI-generated; author states measured or collected"."""
    at = 1 if language == "fr" else 0
    evidence = dict(shown.get("overruled") or shown)
    found = WORDS.get(str(evidence.get("origin")), WORDS["unknown"])[at]
    how = _EVIDENCE.get(str(evidence.get("evidence")), ("", ""))[at]
    declared = shown.get("declared")
    if not isinstance(declared, Mapping):
        return f"{how} {found}".strip() if at == 0 else f"{found} {how}".strip()
    states = f"{_STATES[bool(declared.get('signed'))][at]} {WORDS[str(declared['origin'])][at]}"
    if evidence.get("evidence") == "declared":
        return states
    return f"{how} {found}; {states}" if at == 0 else f"{found} {how} ; {states}"
