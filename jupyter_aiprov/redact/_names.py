"""Names whose values are secrets whatever they look like, and values that are no secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

MIN_SECRET: Final = 8  # shorter values are words; replacing them would change innocent text

# A mapping's value under one of these names is a secret whatever it looks like; `token` and `key`
# alone are not here: log-probabilities and JSON schemas use them.
_SECRET_NAME: Final = re.compile(
    r"(?i)(?:.*[_-])?(?:api[_-]?key|authorization|passw(?:or)?d|client[_-]?secret|secret[_-]?access[_-]?key|secret[_-]?key"
    r"|(?:access|auth|refresh|bearer|session|security|id)[_-]?token|set-cookie|cookie|private[_-]?key)"
)
_SECRET_VARIABLE: Final = re.compile(
    r"(?i)(?:^|.*_)(?:(?:api|access|secret|private|master|encryption)?_?key|\w*token|\w*secret|pass|passwd|\w*password|pwd|pat"
    r"|credentials?|auth)(?:_(?:id|v?\d+|\w{1,4}))?"
)
_PLAIN: Final = re.compile(r"[A-Za-z]*(?:[-_. ][A-Za-z]+)*|[0-9.,:_-]{0,15}|[/~.].*|[A-Za-z]:\\.*")
_SECRET_HEADER: Final = re.compile(r"(?i)authorization|.*(?:key|token|secret|cookie|auth|signature|credential).*")
SCHEME: Final = re.compile(r"(?i)(?:bearer|basic|token|apikey|key)\s+")


def is_secret_name(name: str) -> bool:
    """True when a value under this key is a secret whatever it looks like."""
    return _is_secret_key(name) if len(name) < 100 else _SECRET_NAME.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _is_secret_key(name: str) -> bool:
    return _SECRET_NAME.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def is_secret_header(name: str) -> bool:
    """True when a header or a parameter of this name carries a credential."""
    return _SECRET_HEADER.fullmatch(name) is not None


def environment_secrets(environ: Mapping[str, str]) -> list[str]:
    """Values of the variables whose names look secret; paths, words, short numbers are left out."""
    return [
        value
        for name, value in environ.items()
        if len(value) >= MIN_SECRET and _SECRET_VARIABLE.fullmatch(name) and not is_plain(value)
    ]


def is_plain(value: str) -> bool:
    """A word, a number or a path: replacing it everywhere would change innocent text."""
    return len(value) < MIN_SECRET or (_PLAIN.fullmatch(value) is not None and (len(value) < 24 or value[0] in "/~."))
