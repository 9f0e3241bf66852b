"""Whether a value is as the schema has it, asked of functions made once: most records are whole.

Knows the same keywords as the tolerant reading beside it and answers as that would ("no problem"); a test
holds the two against each other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

Valid = Callable[[Any], bool]
_TYPES: dict[str, Any] = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def validators(definitions: Mapping[str, Any]) -> Mapping[str, Valid]:
    """Name of a definition -> whether a value is one."""
    made: dict[str, Valid] = {}

    def of(schema: Mapping[str, Any]) -> Valid:
        if ref := schema.get("$ref"):
            name = ref.rsplit("/", 1)[1]
            return lambda value: made[name](value)  # noqa: PLW0108 - definitions name each other before they are made
        tests = [of(part) for part in schema.get("allOf", ())] + _whole(schema)
        if "anyOf" in schema and "type" not in schema:
            choices = [of(choice) for choice in schema["anyOf"]]
            tests.append(lambda value: any(choice(value) for choice in choices))
        else:
            if schema.keys() & {"properties", "additionalProperties", "required", "anyOf"}:
                tests.append(_object(schema, of))
            if isinstance(schema.get("items"), Mapping):
                item = of(schema["items"])
                tests.append(lambda value: not isinstance(value, list) or all(map(item, value)))
        if len(tests) == 1:
            return tests[0]
        return lambda value: all(test(value) for test in tests)

    made.update({name: of(schema) for name, schema in definitions.items()})
    return made


def _object(schema: Mapping[str, Any], of: Callable[[Mapping[str, Any]], Valid]) -> Valid:
    named = {key: of(part) for key, part in schema.get("properties", {}).items()}
    rest = of(schema["additionalProperties"]) if isinstance(schema.get("additionalProperties"), Mapping) else None
    required = tuple(schema.get("required", ()))
    choices = [tuple(choice["required"]) for choice in schema.get("anyOf", ())]

    def valid(value: Any) -> bool:
        if not isinstance(value, dict):
            return True
        for key, one in value.items():
            test = named.get(key, rest)
            if test is not None and not test(one):
                return False
        for key in required:
            if key not in value:
                return False
        return not choices or any(all(key in value for key in choice) for choice in choices)

    return valid


def _whole(schema: Mapping[str, Any]) -> list[Valid]:
    """What refuses a value whole."""
    out: list[Valid] = []
    if kind := schema.get("type"):
        out.append(_type(kind))
    if "const" in schema:
        const = schema["const"]
        out.append(lambda value: bool(value == const))
    if "enum" in schema:
        allowed = schema["enum"]
        out.append(lambda value: value in allowed)
    if "pattern" in schema:
        pattern = re.compile(schema["pattern"])
        out.append(lambda value: not isinstance(value, str) or pattern.search(value) is not None)
    for type_, low, high in (
        (str, "minLength", "maxLength"),
        (list, "minItems", "maxItems"),
        (dict, "minProperties", "maxProperties"),
    ):
        if low in schema or high in schema:
            out.append(_size(type_, schema.get(low, 0), schema.get(high, math.inf)))
    if "minimum" in schema or "maximum" in schema:
        out.append(_range(schema.get("minimum", -math.inf), schema.get("maximum", math.inf)))
    return out


def _type(kind: str) -> Valid:
    if kind in ("integer", "number"):
        whole = kind == "integer"

        def number(value: Any) -> bool:
            if isinstance(value, bool) or not isinstance(value, int | float):
                return False
            return isinstance(value, int) or (math.isfinite(value) and (not whole or value == int(value)))

        return number
    type_ = _TYPES[kind]
    return lambda value: isinstance(value, type_)


def _size(type_: Any, low: float, high: float) -> Valid:
    return lambda value: not isinstance(value, type_) or low <= len(value) <= high


def _range(low: float, high: float) -> Valid:
    return lambda value: isinstance(value, bool) or not isinstance(value, int | float) or low <= value <= high
