"""Prompt templates proposed from calls: the constant part of calls of one function, with its slots named.

A proposal is shown to a person and never published by itself: what all prompts of a group share may still be
somebody's data. Pure: calls with their texts in, plain values out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from jupyter_aiprov import semconv

_TOKEN: Final = re.compile(r"\w+|\s+|[^\w\s]")
_GAP: Final = "\0"
MOST_TOKENS: Final = 3000  # of one prompt; longer ones are documents
MOST_COMPARED: Final = 200  # prompts that change the template; more have nothing in common
_WORDS_BETWEEN: Final = 3  # fewer words between two slots are chance


def proposals(calls: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One proposal a function that asked twice or more: name, template, system, model, calls, cells."""
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for call in calls:
        site: Mapping[str, Any] = call.get("site") or {}
        where = str(site.get("function") or ""), str(site.get("line") or ""), str(call.get("execution") or "")
        groups.setdefault(where, []).append(call)
    return list(_proposed(groups))


def _proposed(groups: Mapping[tuple[str, str, str], Sequence[Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
    seen: set[tuple[str, str]] = set()
    for (function, _, _), alike in groups.items():
        texts = [text for call in alike if (text := _asked(call))]
        template = template_of(texts) if len(texts) > 1 else None
        if template is None:
            continue
        name = function.strip("<>") if function and function not in ("<module>", "<lambda>") else "prompt"
        if (name, template) in seen:  # the same cell, run again
            continue
        seen.add((name, template))
        system = template_of([text for call in alike if (text := _system(call))])
        models = (call.get(semconv.RESPONSE_MODEL) or call.get(semconv.REQUEST_MODEL) for call in alike)
        yield {
            "name": name,
            "template": template,
            "system": system,
            "models": list(dict.fromkeys(str(m) for m in models if m)),
            "calls": len(texts),
            "cells": list(dict.fromkeys(c["execution_count"] for c in alike if c.get("execution_count"))),
        }


def template_of(texts: Sequence[str]) -> str | None:
    """`Classify this note: {text}`: what all texts share, in order; None where that is next to nothing."""
    different = list(dict.fromkeys(texts))
    if not different or any(len(_TOKEN.findall(text)) > MOST_TOKENS for text in different):
        return None
    shared = _TOKEN.findall(different[0])
    compared = 0
    for text in different[1:]:
        if _fits(shared, text):
            continue
        compared += 1
        if compared > MOST_COMPARED:
            return None
        shared = _common(shared, _TOKEN.findall(text))
    return _written(shared)


def _common(shared: list[str], tokens: list[str]) -> list[str]:
    """The tokens that both have, with a gap wherever either has more between them."""
    out: list[str] = []
    at, other = 0, 0
    for block in SequenceMatcher(None, shared, tokens, autojunk=False).get_matching_blocks():
        if (block.a > at or block.b > other) and out[-1:] != [_GAP]:
            out.append(_GAP)
        out += shared[block.a : block.a + block.size]
        at, other = block.a + block.size, block.b + block.size
    return out


def _fits(shared: Sequence[str], text: str) -> bool:
    """True when the text has all shared parts in order, whole at its ends."""
    parts = "".join(shared).split(_GAP)
    if len(parts) == 1:
        return text == parts[0]
    if not (text.startswith(parts[0]) and text.endswith(parts[-1])):
        return False
    at, end = len(parts[0]), len(text) - len(parts[-1])
    for part in parts[1:-1]:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return at <= end


def _written(shared: Sequence[str]) -> str | None:
    parts = "".join(shared).split(_GAP)
    last = len(parts) - 1
    kept = [p if n in (0, last) or len(re.findall(r"\w+", p)) >= _WORDS_BETWEEN else None for n, p in enumerate(parts)]
    if sum(len(re.findall(r"\w+", part)) for part in kept if part) < 2:
        return None
    out = kept[0] or ""
    for slot, piece in enumerate((p for p in kept[1:] if p is not None), 1):
        out += ("{text}" if slot == 1 else f"{{text{slot}}}") + piece
    return out


def _asked(call: Mapping[str, Any]) -> str:
    """The last thing that was asked."""
    asked = [m for m in _messages(call) if m.get("role") == "user"]
    return "\n".join(_texts(asked[-1].get("parts"))) if asked else ""


def _system(call: Mapping[str, Any]) -> str:
    said = _texts(call.get(semconv.SYSTEM_INSTRUCTIONS))
    for one in _messages(call):
        if one.get("role") in ("system", "developer"):
            said += _texts(one.get("parts"))
    return "\n".join(said)


def _messages(call: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = call.get(semconv.INPUT_MESSAGES)
    return [m for m in found if isinstance(m, Mapping)] if isinstance(found, list | tuple) else []


def _texts(parts: Any) -> list[str]:
    if isinstance(parts, str):
        return [parts]
    if not isinstance(parts, list | tuple):
        return []
    found = [p.get("content") if "content" in p else p.get("parts") for p in parts if isinstance(p, Mapping)]
    return [text for one in found for text in ([one] if isinstance(one, str) else _texts(one))]
