"""CITATION.cff 1.2.0 of the notebook, with every model that answered among its references.

Strings are written as JSON strings, which YAML reads as they are: no value can start a key of its own.
"""

from __future__ import annotations

import json
import re

from jupyter_aiprov.exporters._cards import Card, cards
from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.exporters._facts import facts
from jupyter_aiprov.provenance import Provenance

NAME = "cff"
EXTENSION = ".cff"


def export(provenance: Provenance) -> str:
    """The file; authors are the people that declarations name, else it says that none is named."""
    known = facts([provenance], impact=False)
    title = known.notebooks[0] if known.notebooks else "Notebook"
    lines = [
        "cff-version: 1.2.0",
        'message: "If you use this notebook, please cite it and the models it used."',
        f"title: {_string(title)}",
        "authors:",
    ]
    for person in known.people or ({"name": "Authors not named in the record"},):
        lines.append(f"  - name: {_string(person['name'])}")
        if orcid := _orcid(person.get("orcid", "")):
            lines.append(f"    orcid: {_string(orcid)}")
    if found := cards([provenance]):
        lines.append("references:")
        for card in found:
            lines += _reference(card)
    return "\n".join(lines) + "\n"


def _reference(card: Card) -> list[str]:
    out = [
        "  - type: software",
        f"    title: {_string(card.model)}",
        f"    version: {_string(card.revision or card.model)}",
        "    authors:",
        f"      - name: {_string(card.maker or 'maker not recorded')}",
    ]
    if card.url:
        out.append(f"    url: {_string(card.url)}")
    if card.last:
        out.append(f"    date-accessed: {_string(card.last[:10])}")
    if card.alias:
        out.append(f"    notes: {_string('alias, not reproducible by name')}")
    return out


def _string(text: str) -> str:
    return json.dumps(clean(text), ensure_ascii=False)


def _orcid(text: str) -> str | None:
    found = re.search(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", text)
    return f"https://orcid.org/{found.group()}" if found else None
