"""The record as one JSON document of our own public schema: events as they are, and their fold."""

from __future__ import annotations

import json
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.exporters._cards import cards
from jupyter_aiprov.proof import total
from jupyter_aiprov.provenance import Provenance

NAME = "json"
EXTENSION = ".json"


def export(provenance: Provenance) -> str:
    """Events without texts, uses by standing, models; the same bytes for the same record."""
    document: dict[str, Any] = {
        "schema_version": semconv.SCHEMA_VERSION,
        "kind": "export",
        "semconv": semconv.SEMCONV,
        "notebook": provenance.notebook,
        "events": [dict(e) for e in provenance.events if e.get("type") in semconv.EVENT_TYPES],
        "stamps": [dict(e) for e in provenance.events if e.get("type") == "stamp"],
        "uses": [
            {**use.to_dict(), "standing": use.standing, "cell_id": use.cell_id, "execution_count": use.execution_count}
            for use in provenance.uses
        ],
        "models": [card.to_dict() for card in cards([provenance])],
    }
    return json.dumps(total(document), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
