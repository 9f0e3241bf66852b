"""Declared columns for child processes: hashes sealed under a key and sieves over them, never values.

A file beside the journal holds them, enciphered; the key is in the environment of the session's own children.
Who has both can test a guess, as the child does; who has the file alone learns its size.
"""

from __future__ import annotations

import json
import secrets
from array import array
from collections.abc import Callable, Iterable
from hashlib import blake2b, shake_256
from hmac import compare_digest
from typing import Any, Final

from jupyter_aiprov.guard._keys import Cased, Keys, Sieves
from jupyter_aiprov.guard._sieve import Sieve
from jupyter_aiprov.guard.columns import Column, Columns

_NONCE: Final = 16  # bytes
_TAG: Final = 32


def sealing(key: bytes) -> Callable[[int], int]:
    """What a hash is called under this key."""

    def seal(plain: int) -> int:
        mark = blake2b(plain.to_bytes(8, "little", signed=True), key=key, digest_size=8).digest()
        return int.from_bytes(mark, "little", signed=True)

    return seal


def packed(columns: Columns, key: bytes) -> bytes:
    """The columns as bytes: one line of JSON that says what follows, sealed hashes, sieves; all of it enciphered."""
    seal = sealing(key)
    numbers = array("q")

    def put(hashes: Iterable[int]) -> int:
        before = len(numbers)
        numbers.extend(map(seal, hashes))
        return len(numbers) - before

    said: list[dict[str, Any]] = [
        {
            "name": c.name,
            "level": c.level,
            "candidate": c.candidate,
            "size": c.size,
            "weak": put(c.weak),
            "keys": [[kind, size, put(found)] for (kind, size), found in columns.keys_of(c).items()],
        }
        for c in columns
    ]
    cased = [[seal(digest), sorted(map(seal, found))] for digest, found in columns.cased.items()]
    sieves = [(kind, size, bytes(sieve.slots)) for (kind, size), sieve in columns.sieves.items()]
    head = {"columns": said, "cased": cased, "sieves": [[kind, size, len(slots)] for kind, size, slots in sieves]}
    rest = b"".join([numbers.tobytes(), *(slots for _, _, slots in sieves)])
    return _enciphered(json.dumps(head).encode() + b"\n" + rest, key)


def unpacked(data: bytes, key: bytes) -> Columns:
    """The columns again; raises ValueError, KeyError or TypeError for what `packed` did not write."""
    head, _, rest = _deciphered(data, key).partition(b"\n")
    said = json.loads(head)
    sieves: Sieves = {}
    for kind, size, length in reversed(said["sieves"]):
        sieves[str(kind), int(size)] = Sieve.of(rest[len(rest) - length :])
        rest = rest[: len(rest) - length]
    numbers = array("q")
    numbers.frombytes(rest)
    place = 0

    def take(count: int) -> set[int]:
        nonlocal place
        found = set(numbers[place : place + count])
        if len(numbers) < place + count:
            raise ValueError("hashes are missing")
        place += count
        return found

    cased: Cased = {int(digest): set(map(int, found)) for digest, found in said["cased"]}
    columns = Columns(seal=sealing(key))
    for one in said["columns"]:
        weak = frozenset(take(one["weak"]))
        keys: Keys = {(str(kind), int(size)): take(count) for kind, size, count in one["keys"]}
        columns.add(Column(one["name"], one["level"], bool(one["candidate"]), int(one["size"]), weak), keys, cased)
    if place != len(numbers):
        raise ValueError("more hashes than columns")
    columns.sieves.update(sieves)
    return columns


# A sieve tells much of what it was made from: no part of this is to be read without the key. The standard library
# has no cipher; SHAKE-256 over nonce and key is a stream for one, and BLAKE2's keyed tag tells what was changed.


def _enciphered(plain: bytes, key: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    body = nonce + _stirred(plain, key, nonce)
    return _tag(body, key) + body


def _deciphered(data: bytes, key: bytes) -> bytes:
    tag, body = data[:_TAG], data[_TAG:]
    if not key or not compare_digest(tag, _tag(body, key)):
        raise ValueError("not written by this session, or changed")
    return _stirred(body[_NONCE:], key, body[:_NONCE])


def _stirred(data: bytes, key: bytes, nonce: bytes) -> bytes:
    """Bytes with a stream of this key and nonce added; a second time takes it away."""
    stream = shake_256(b"aiprov columns" + nonce + key).digest(len(data))
    return (int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")).to_bytes(len(data), "little")


def _tag(body: bytes, key: bytes) -> bytes:
    return blake2b(body, key=key, digest_size=_TAG, person=b"aiprov columns").digest()
