"""BibTeX: one entry per model that answered, written so that no value can leave its braces."""

from __future__ import annotations

import re

from jupyter_aiprov.exporters._cards import Card, cards, kind_in_words
from jupyter_aiprov.exporters._document import clean, tex_text
from jupyter_aiprov.provenance import Provenance

NAME = "bibtex"
EXTENSION = ".bib"


def export(provenance: Provenance) -> str:
    """Entries in order of first use; an empty record makes a comment that says so."""
    found = cards([provenance])
    keys: dict[str, int] = {}
    entries = []
    for card in found:
        keys[card.key] = keys.get(card.key, 0) + 1
        key = card.key if keys[card.key] == 1 else f"{card.key}-{keys[card.key]}"
        entries.append(entry(card, key))
    return "\n".join(entries) if entries else "% no model that answered is on record\n"


def entry(card: Card, key: str) -> str:
    """One `@software` entry; unknown fields are left out, an alias says that it is one."""
    notes = [kind_in_words(card)]
    if card.last:
        notes.append(f"accessed {card.last[:10]}")
    if not card.reported:
        notes.append("name as asked for")
    if card.alias:
        notes.append("alias, not reproducible by name")
    fields = {
        "author": f"{{{_value(card.maker)}}}" if card.maker else None,
        "title": _value(card.model),
        "version": _value(card.revision or card.model),
        "year": card.year,
        "url": _url(card.url),
        "note": _value("; ".join(notes)),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@software{{{key},\n" + ",\n".join(lines) + "\n}\n"


def _value(text: str | None) -> str:
    """LaTeX-safe, and without any unbalanced brace: BibTeX counts escaped ones too."""
    safe = tex_text(clean(text or ""))
    return safe.replace(r"\{", r"\textbraceleft{}").replace(r"\}", r"\textbraceright{}").replace("@", "{@}")


def _url(text: str | None) -> str | None:
    return re.sub(r"[{}%\\\s]", "", text) if text else None
