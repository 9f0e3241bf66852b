"""What answers became where cells are not followed: by the values alone, with low confidence, never for certain.

For a Python on which following is not tested. Only texts and numbers that do not stand in an answer
by chance count: a column of short categories says nothing about where it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from jupyter_aiprov.lineage.content import Answers, is_strong
from jupyter_aiprov.lineage.labels import GENERATED, MIXED, Label
from jupyter_aiprov.lineage.lift import columns_of, kind_of
from jupyter_aiprov.lineage.settle import Entry, _values
from jupyter_aiprov.lineage.sites import Sites

_LISTS: Final = frozenset({list, tuple, set})
_STRONG: Final = 0.8  # share of a column's values that must be telling
_ORIGINS: Final = {"generated": GENERATED, "mixed": MIXED}


def entries(live: Mapping[str, Any], names: Iterable[str], answers: Answers, sites: Sites) -> dict[str, Entry]:
    """What the named objects hold of the answers so far."""
    invocations = frozenset(sites.of_call)
    numbers = frozenset(sites.groups)
    out: dict[str, Entry] = {}
    for name in names:
        if name.startswith("_") or name not in live:
            continue
        obj = live[name]
        found = {key: _said(values, answers, invocations) for key, values in _parts(obj).items()}
        labels = {key: Label(origin, low=True, sites=numbers) for key, origin in found.items() if origin is not None}
        for key, label in labels.items():
            out[name if key is None else f"{name}.{key}"] = Entry(label, "variable" if key is None else "column")
        if labels and None not in labels:
            whole = Label(GENERATED if len(labels) == len(found) else MIXED, low=True, sites=numbers)
            out[name] = Entry(whole, "frame")
    return out


def _parts(obj: Any) -> dict[Any, list[Any]]:
    """First values by column; of what has no columns under None."""
    kind = kind_of(obj)
    if kind == "frame":
        return {column: _values(obj, column) for column in columns_of(obj)}
    if kind == "series":
        return {None: _values(obj, None)}
    if type(obj) in _LISTS:
        return {None: list(obj)[:400]}
    return {None: [obj]} if type(obj) is str else {}


def _said(values: list[Any], answers: Answers, invocations: frozenset[str]) -> int | None:
    known = [v for v in values if v is not None]
    strong = sum(is_strong(v) for v in known)
    if not known or strong < _STRONG * len(known):
        return None
    return _ORIGINS.get(answers.judge(known, invocations))
