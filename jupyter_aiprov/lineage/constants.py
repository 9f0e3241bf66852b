"""Texts and names that are known without running anything: column names above all."""

from __future__ import annotations

from typing import Any, Final

from jupyter_aiprov.lineage.state import UNKNOWN, Value, scalar, sequence

_LIMIT: Final = 2000
_TEXT: Final = frozenset(
    "lower upper strip lstrip rstrip title capitalize casefold swapcase replace removeprefix removesuffix ljust "
    "split rsplit splitlines partition rpartition startswith endswith isdigit isalpha isalnum isnumeric isupper "
    "islower find count zfill format rjust center".split()
)
_PLAIN: Final = frozenset({str, int, float, bool, type(None), tuple})


def is_known(value: Value) -> bool:
    """A constant that no model had a part in."""
    return value.const is not UNKNOWN and type(value.const) in _PLAIN and not value.label.is_ai


def lifted(found: Any) -> Value:
    """The value of a constant; lists of constants item by item."""
    if type(found) in {list, tuple} and type(found) is not tuple:
        return sequence("list", [scalar(const=x) for x in found])
    return scalar(const=found)


def method(owner: Value, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
    """A method of a known text with known arguments; None when that is not what it is."""
    if name not in _TEXT or kwargs or type(owner.const) is not str or owner.label.is_ai:
        return None
    if not all(is_known(a) for a in args) or len(owner.const) > _LIMIT:
        return None
    if name in {"zfill", "ljust", "rjust", "center"} and not all(type(a.const) is int and a.const < 100 for a in args):
        return None
    try:
        found = getattr(owner.const, name)(*(a.const for a in args))
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return None
    return lifted(found) if not isinstance(found, str) or len(found) <= _LIMIT else None


def of_names(names: list[Value], name: str, args: list[Value], kwargs: dict[str, Value]) -> list[Value] | None:
    """`columns.str.lower()`: the method on each of the names."""
    options = {k: v for k, v in kwargs.items() if k != "regex"}
    out = []
    for one in names:
        found = method(one, name, args, options)
        if found is None:
            return None
        out.append(found)
    return out


def join(separator: Value, pieces: list[Value]) -> Value | None:
    """`"_".join(parts)` of known parts."""
    if type(separator.const) is not str or not all(type(p.const) is str and is_known(p) for p in pieces):
        return None
    text = separator.const.join(p.const for p in pieces)
    return scalar(const=text) if len(text) <= _LIMIT else None


def item(owner: Value, key: Value) -> Value | None:
    """`name[0]` of a known tuple or text."""
    if type(owner.const) not in {tuple, str} or type(key.const) is not int or owner.label.is_ai:
        return None
    return scalar(const=owner.const[key.const]) if -len(owner.const) <= key.const < len(owner.const) else None
