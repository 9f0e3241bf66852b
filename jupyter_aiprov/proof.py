"""Digests that Python and TypeScript compute alike: total canonical JSON, SHA-256, Merkle roots.

Knows bytes and values, not what a record means. Test vectors shared with the front end:
`tests/vectors/proof.json`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import rfc8785

_SAFE = 2**53 - 1


def total(value: Any) -> Any:
    """The value with everything that RFC 8785 refuses spelled out.

    Integers beyond 2^53-1 and non-finite floats become `{"$n": "…"}`, strings with lone
    surrogates `{"$u16": [code units]}`, other objects their `str`.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if -_SAFE <= value <= _SAFE else {"$n": str(value)}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$n": _spelled(value)}
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {_key(k): total(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [total(v) for v in value]
    return _text(str(value))


def _spelled(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _text(value: str) -> Any:
    with suppress(UnicodeEncodeError):
        value.encode()
        return str(value)
    with suppress(UnicodeEncodeError):
        joined = _joined(value)
        joined.encode()
        return joined
    data = value.encode("utf-16-le", "surrogatepass")
    return {"$u16": [int.from_bytes(data[i : i + 2], "little") for i in range(0, len(data), 2)]}


def _joined(value: str) -> str:
    """With the two halves of a character made one, as whoever reads it from JSON has it."""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _key(value: Any) -> str:
    """A key; a lone surrogate in one is replaced by its escape, so that the key stays a string."""
    text = str(value)
    return text if text.isascii() else _joined(text).encode("utf-8", "backslashreplace").decode()


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of any JSON-like value; never raises on what JSON or Python can hold."""
    return plain_canonical(value) or bytes(rfc8785.dumps(total(value)))


def plain_canonical(value: Any) -> bytes | None:
    """The RFC 8785 bytes where sorted compact JSON in UTF-8 is just that: texts, lists and objects; else None."""
    try:
        return _SORTED(value).encode() if _is_plain(value) else None
    except (UnicodeEncodeError, RecursionError):  # lone surrogates; deeper than the interpreter goes
        return None


def encoder(*, sort_keys: bool, ascii_only: bool) -> Callable[[Any], str]:
    """Compact JSON that refuses NaN, without what `JSONEncoder.encode` sets up at each call of it."""
    whole = json.JSONEncoder(
        ensure_ascii=ascii_only, sort_keys=sort_keys, separators=(",", ":"), allow_nan=False, check_circular=False
    )
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return whole.encode
    text = json.encoder.encode_basestring_ascii if ascii_only else json.encoder.encode_basestring
    pieces = make(None, whole.default, text, None, ":", ",", sort_keys, False, False)
    return lambda value: "".join(pieces(value, 0))


_SORTED = encoder(sort_keys=True, ascii_only=False)


def _is_plain(value: Any) -> bool:
    """No number but whole safe ones, no key beyond ASCII (RFC 8785 sorts by UTF-16), no other types."""
    kind = type(value)
    if kind is dict:
        for key, inner in value.items():
            if type(key) is not str or not key.isascii() or (type(inner) is not str and not _is_plain(inner)):
                return False
        return True
    if kind is list:
        for inner in value:  # noqa: SIM110 - a loop costs half of what `all` does
            if type(inner) is not str and not _is_plain(inner):
                return False
        return True
    return kind is str or value is None or kind is bool or (kind is int and -_SAFE <= value <= _SAFE)


def digest(value: Any) -> str:
    """SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def text_sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8 (lone surrogates passed through), in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def commitment(nonce: bytes, value: Any) -> str:
    """HMAC-SHA256 of the canonical form under a nonce: shows nothing once the nonce is gone."""
    return hmac.digest(nonce, canonical(value), "sha256").hex()


def merkle_root(hashes: Iterable[str]) -> str | None:
    """Root over hex hashes in order (RFC 6962 prefixes 0x00 and 0x01; an odd node moves up); None if empty."""
    level = [hashlib.sha256(b"\x00" + bytes.fromhex(h)).digest() for h in hashes]
    if not level:
        return None
    while len(level) > 1:
        paired = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = paired + ([level[-1]] if len(level) % 2 else [])
    return level[0].hex()
