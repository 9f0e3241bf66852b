"""Every text of a JSON value, to be looked at as one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from jupyter_aiprov.redact._credentials import credentials
from jupyter_aiprov.redact._messages import conversations, joints
from jupyter_aiprov.redact._names import is_secret_name

MAX_DEPTH: Final = 100
_KEY: Final = re.compile("[a-z]+(?:_[a-z]+)*")
_NAME_MAX: Final = 32


def gathered(value: Any, texts: list[str], names: list[str], depth: int) -> bool:
    """Take every text of a JSON value, those that belong together also as one; False where it must be walked.

    Whatever is found in one of the texts is found in them joined by line ends, too. Keys that are
    plain words go to `names`: no credential looks like them.
    """
    kind = type(value)
    if kind is str:
        texts.append(value)
    elif kind is dict:
        if depth > MAX_DEPTH:
            return False
        for key, inner in value.items():
            if type(key) is not str:
                return False
            if key not in _KNOWN_KEYS:
                (names if len(key) < _NAME_MAX and _is_plain_key(key) else texts).append(key)
                if inner and type(inner) is str and is_secret_name(key):
                    return False
            within = type(inner)
            if within is str:
                texts.append(inner)
            elif within is not int and inner is not None and not gathered(inner, texts, names, depth + 1):
                return False
    elif kind is list:
        if depth > MAX_DEPTH:
            return False
        for inner in value:
            if type(inner) is str:
                texts.append(inner)
            elif not gathered(inner, texts, names, depth + 1):
                return False
        if len(value) > 1:
            texts += _belonging(value)
            for number, places in enumerate(conversations(value)):
                said = [value[i]["parts"][j][key] for i, j, key in places]
                texts += joints(said)
                if number:  # declared values may stand in what one of them says, with answers between
                    names.append("\n".join(said))
    else:
        return value is None or kind is bool or kind is int or kind is float
    return True


# The keys of nearly every message and counter: plain words, and no name of a secret.
_KNOWN_KEYS: Final = frozenset(
    {"role", "parts", "type", "content", "finish_reason", "prompt_tokens", "completion_tokens", "total_tokens"}
)


@lru_cache(maxsize=1024)
def _is_plain_key(key: str) -> bool:
    return _KEY.fullmatch(key) is not None and not credentials(key)


def _belonging(items: list[Any]) -> Iterable[str]:
    """The texts that a list holds in pieces."""
    if type(items[0]) is str:
        return ["".join(items)] if all(type(i) is str for i in items) else ()
    pieces = [[i[key] for i in items if type(i) is dict and type(i.get(key)) is str] for key in ("content", "text")]
    return ["".join(p) for p in pieces if len(p) > 1]
