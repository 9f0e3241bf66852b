"""THE schema, `aiprov.schema.json`, and a tolerant reading by it.

`conformed` keeps what the schema allows and drops the rest, saying what it dropped: documents come
from other tools, other versions and strangers. It knows the keywords that our schema uses and no
others (a test compares it with the jsonschema library). Imports neither jsonschema nor referencing.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from typing import Any

from jupyter_aiprov.schema._valid import Valid, validators

MAX_PROBLEMS = 50
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}
_SIZES = (
    (str, "minLength", "maxLength", "characters"),
    (list, "minItems", "maxItems", "items"),
    (dict, "minProperties", "maxProperties", "keys"),
)
_DROP = object()


@cache
def load() -> dict[str, Any]:
    """The public schema as it is shipped."""
    schema: dict[str, Any] = json.loads((files(__name__) / "aiprov.schema.json").read_text(encoding="utf-8"))
    return schema


def problems(name: str, value: Any) -> list[str]:
    """What is wrong with a record of this kind (`stamp`, `cellMark`, …), as `path: reason`."""
    return conformed(name, value)[1]


def conformed(name: str, value: Any) -> tuple[Any, list[str]]:
    """The record without what the schema does not allow, and what that was; None if nothing is left."""
    with suppress(RecursionError):  # nested beyond reason: the slower reading looks at what the schema names
        if _validators()[name](value):
            return _copied(value), []
    found: list[str] = []
    kept = _conform(load()["$defs"][name], value, name, found)
    return (None if kept is _DROP else kept), found


@cache
def _validators() -> Mapping[str, Valid]:
    return validators(load()["$defs"])


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _conform(schema: Mapping[str, Any], value: Any, path: str, found: list[str]) -> Any:
    if ref := schema.get("$ref"):
        return _conform(load()["$defs"][ref.rsplit("/", 1)[1]], value, path, found)
    for part in schema.get("allOf", ()):
        value = _conform(part, value, path, found)
        if value is _DROP:
            return _DROP
    if reason := _refusal(schema, value):
        return _drop(f"{path}: {reason}", found)
    if "anyOf" in schema and "type" not in schema:
        return _any_of(schema["anyOf"], value, path, found)
    if isinstance(value, dict):
        return _object(schema, value, path, found)
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        kept = [_conform(schema["items"], one, f"{path}[{i}]", found) for i, one in enumerate(value)]
        return [one for one in kept if one is not _DROP]
    return value


def _refusal(schema: Mapping[str, Any], value: Any) -> str | None:
    """Why a value is refused whole, or None."""
    kind = schema.get("type")
    if kind and not _is(kind, value):
        return f"not {_article(kind)}"
    if "const" in schema and value != schema["const"]:
        return f"not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        return "not one of " + ", ".join(map(str, schema["enum"]))
    if isinstance(value, str) and "pattern" in schema and not _pattern(schema["pattern"]).search(value):
        return f"not of the form {schema['pattern']}"
    for type_, low, high, unit in _SIZES:
        if isinstance(value, type_) and not schema.get(low, 0) <= len(value) <= schema.get(high, math.inf):
            return f"{len(value)} {unit}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return None if schema.get("minimum", -math.inf) <= value <= schema.get("maximum", math.inf) else "out of range"
    return None


def _is(kind: str, value: Any) -> bool:
    if kind in ("integer", "number"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return isinstance(value, int) or (math.isfinite(value) and (kind == "number" or value == int(value)))
    return isinstance(value, _TYPES[kind])


def _article(kind: str) -> str:
    return {"object": "an object", "array": "a list", "integer": "a whole number", "string": "a text"}.get(
        kind, f"a {kind}"
    )


def _any_of(choices: list[Any], value: Any, path: str, found: list[str]) -> Any:
    best: list[str] | None = None
    for choice in choices:
        tried: list[str] = []
        kept = _conform(choice, value, path, tried)
        if kept is not _DROP and not tried:
            return kept
        if kept is not _DROP and (best is None or len(tried) < len(best)):
            best, found_value = tried, kept
    if best is None:
        return _drop(f"{path}: of no known form", found)
    found.extend(best[: MAX_PROBLEMS - len(found)])
    return found_value


def _object(schema: Mapping[str, Any], value: dict[str, Any], path: str, found: list[str]) -> Any:
    named = schema.get("properties", {})
    rest = schema.get("additionalProperties")
    out: dict[str, Any] = {}
    for key, one in value.items():
        part = named.get(key) or (rest if isinstance(rest, Mapping) else None)
        kept = one if part is None else _conform(part, one, f"{path}.{str(key)[:80]}", found)
        if kept is not _DROP:
            out[key] = kept
    for key in schema.get("required", ()):
        if key not in out:
            return _drop(f"{path}: lacks {key}", found)
    choices = schema.get("anyOf")
    if choices and not any(all(key in out for key in choice["required"]) for choice in choices):
        return _drop(f"{path}: of no known form", found)
    return out


def _drop(problem: str, found: list[str]) -> Any:
    if len(found) < MAX_PROBLEMS:
        found.append(problem)
    return _DROP
