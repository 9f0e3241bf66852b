"""Looking into JSON of unknown truth: a step that is not there is None, never an exception."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

Dict = dict[str, Any]


def dig(value: Any, *path: str | int) -> Any:
    """The value at the end of a path of keys and indexes, or None."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
        if value is None:
            return None
    return value


def mapping(value: Any) -> Dict:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def mappings(value: Any) -> Iterator[Dict]:
    """The objects of a list; anything else in it is passed over."""
    return (item for item in items(value) if isinstance(item, dict))


def string(value: Any) -> str | None:
    """The value if it is a string with something in it."""
    return value if isinstance(value, str) and value else None


def whole(value: Any) -> int | None:
    """The value if it is a count (28.0 is 28); true and false are no counts."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    return None


def first(value: Mapping[str, Any], *keys: str) -> Any:
    """The first of several spellings that is present and not null."""
    for key in keys:
        found = value.get(key)
        if found is not None:
            return found
    return None


def parsed(text: Any) -> Any:
    """Text as JSON, or None when it is not (whole) JSON."""
    if not isinstance(text, str | bytes | bytearray) or not text:
        return None
    try:
        if type(text) is str and text[0] in "{[":
            value, end = _SCAN(text, 0)  # what `loads` comes to, without its way there
            if end == len(text):
                return value
        return json.loads(text)
    except (ValueError, RecursionError, StopIteration):
        return None


_SCAN = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # typeshed leaves it out


def unpacked(value: Any) -> Any:
    """Arguments of a call: the object inside a JSON string; the string itself when it holds none."""
    if isinstance(value, str):
        inner = parsed(value)
        return value if inner is None else inner
    return value
