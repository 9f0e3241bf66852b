"""Energy and emissions of inference per model: a range with method and version, or "not estimated"."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from jupyter_aiprov.exporters._facts import Tool, facts
from jupyter_aiprov.provenance import Provenance

NAME = "impact"
EXTENSION = ".json"


def export(provenance: Provenance) -> str:
    """Per model: calls, tokens, time, and the estimate where there is one."""
    tools = facts([provenance]).tools
    return json.dumps({"kind": "impact", "models": [_tool(t) for t in tools]}, ensure_ascii=False, indent=2) + "\n"


def _tool(tool: Tool) -> dict[str, Any]:
    estimate: Any = asdict(tool.impact) if tool.impact else "not estimated"
    return {
        "model": tool.model,
        "requests": tool.shown + sum(tool.other.values()),
        "usage": dict(tool.usage),
        "requests_without_usage": tool.usage_missing,
        "seconds": tool.seconds,
        "covers": "inference only",
        "estimate": estimate,
    }
